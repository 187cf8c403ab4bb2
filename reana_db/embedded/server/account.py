"""The user that the server runs as, and how programs are run as that user."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Failure(Exception):
    """The server cannot be started; the message is for the user."""


@dataclass(frozen=True)
class Account:
    """A user and a group; ``change`` says that we are root and have to become them."""

    uid: int
    gid: int
    change: bool

    @property
    def name(self) -> str | None:
        """The name, None if there is no passwd entry."""
        with contextlib.suppress(KeyError):
            return pwd.getpwuid(self.uid).pw_name
        return None

    def __str__(self) -> str:
        """Return what to call the account in messages."""
        return self.name or f"user id {self.uid}"

    def own(self, path: Path) -> None:
        """Give a path that we created to the account."""
        if self.change:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def make_directory(self, path: Path) -> Path:
        """Create a directory that only the account (and root) can enter."""
        path.mkdir(mode=0o700)
        self.own(path)
        return path

    def can_use(self, path: Path) -> bool:
        """Whether the account reaches the directory and may write in it."""
        child = os.fork()
        if child:
            return os.waitpid(child, 0)[1] == 0
        try:
            if self.change:
                os.setgroups([])
                os.setgid(self.gid)
                os.setuid(self.uid)
            os._exit(0 if os.access(path, os.R_OK | os.W_OK | os.X_OK) else 1)
        finally:
            os._exit(1)

    def spawn(
        self, command: list[str | Path], output: int, descriptors: Iterable[int] = ()
    ) -> subprocess.Popen[bytes]:
        """Start a program with a clean environment, no privileges and no input."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}
        return subprocess.Popen(  # noqa: S603 - no shell; the caller chose the binaries
            command,
            cwd="/",
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(descriptors),
            preexec_fn=end_with_supervisor,  # noqa: PLW1509 - this process has no threads
            user=self.uid if self.change else None,
            group=self.gid if self.change else None,
            extra_groups=[] if self.change else None,
        )

    def run(self, command: list[str | Path], descriptors: Iterable[int] = ()) -> None:
        """Run a program to its end; raise with what it complained about if it failed."""
        process = self.spawn(command, subprocess.PIPE, descriptors)
        output = process.communicate()[0].decode(errors="replace")
        if process.returncode != 0:
            msg = f"{command[0]} as {self} failed: {complaint(output)}"
            raise Failure(msg)


def complaint(output: str) -> str:
    """Return the errors and hints in what a program printed, else its last words."""
    said = re.findall(r"(?i)\b(?:error|fatal|panic|hint): +(.+)", output)
    return "; ".join(said) or output.strip()[-2000:] or "it printed nothing"


def end_with_supervisor() -> None:
    """Ask Linux for a fast shutdown in case the supervisor itself is killed."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def choose_account(data: Path | None) -> Account:
    """Return ourselves, but for root the owner of existing data, or else nobody."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), change=False)
    if data is not None and data.is_dir():
        status = data.stat()
        if status.st_uid != 0:
            return Account(status.st_uid, status.st_gid, change=True)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        msg = "PostgreSQL refuses to run as root, and there is no account 'nobody' to run it"
        raise Failure(msg) from None
    return Account(entry.pw_uid, entry.pw_gid, change=True)
