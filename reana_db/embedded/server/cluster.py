"""The directory of a server: a temporary one, or that of the caller.

::

    DIRECTORY/
        data/           the cluster
        run/            the Unix socket, in a directory closed to other users
        password        of the superuser postgres; there once the cluster is complete
        server.log
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import hmac
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .account import LIBC, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .account import Account

SOCKET_PATH_BYTES = 100  # sun_path has 108 on Linux, 104 on macOS
NO_NAME = (
    "user id {uid} has no name, and initdb needs one: add a line to /etc/passwd (reana:x:{uid}:0:"
    ":/tmp:/bin/sh), or run under a user id that has one, or set the REANA_DB_* variables to a "
    "server that runs already"
)
OURS = frozenset({"data", "run", "password", "password.new", "server.log"})


@contextlib.contextmanager
def scratch_directory(account: Account) -> Iterator[Path]:
    """Make a private temporary directory, and remove it at the end."""
    path = make_scratch(account)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def make_scratch(account: Account) -> Path:
    """Make it where the account can go and the path is short enough for a socket."""
    bases = [tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108 - mkdtemp makes it private
    for base in bases:
        if len(os.fsencode(base)) > SOCKET_PATH_BYTES - 40 or not os.access(base, os.W_OK):
            continue
        path = Path(tempfile.mkdtemp(prefix="reana-db-", dir=base))
        try:
            account.own(path)
        except OSError as error:
            path.rmdir()
            msg = f"PostgreSQL refuses to run as root, and this root may not become {account}"
            raise Failure(msg) from error
        if account.can_use(path):
            return path
        path.rmdir()
    msg = f"no temporary directory that {account} can use and that is short: tried {bases}"
    raise Failure(msg)


class Cluster:
    """The cluster in a directory, made if there is none."""

    def __init__(self, home: Path | None, account: Account, scratch: Path) -> None:
        self.home = home or scratch
        self.scratch = scratch
        self.account = account
        self.descriptors: list[int] = []
        if home is not None:
            _take(home, account)
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        if not self.log.exists():
            self._write(self.log, "")
        self.password = self.home / "password"

    @property
    def sockets(self) -> Path:
        """The directory of the Unix socket: in ours, unless its path is too long."""
        path = self.home / "run"
        if len(os.fsencode(path / ".s.PGSQL.65535.lock")) > SOCKET_PATH_BYTES:
            path = self.scratch / "run"
        return path if path.is_dir() else self.account.make_directory(path)

    def seen(self, path: Path) -> str:
        """Return the path as the account reaches it, also below a directory closed to it."""
        if self.account.can_use(path):
            return str(path)
        if LIBC is None or not self.account.change:
            msg = f"{self.account} cannot use {path}: it needs to read, write and enter it"
            raise Failure(msg)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.descriptors.append(descriptor)
        return f"/proc/self/fd/{descriptor}"

    def require(self, bindir: Path, version: str) -> None:
        """Make the cluster, or check that the existing one fits the programs."""
        major = re.match(r"\d+", version)
        assert major is not None
        if not self.password.exists():
            self.create(bindir, int(major[0]))
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != major[0]:
            msg = (
                f"{self.home} was made by PostgreSQL {found}, and the programs are {version}: set "
                "REANA_DB_EMBEDDED_BINDIR to those of that version, or choose another directory"
            )
            raise Failure(msg)

    def create(self, bindir: Path, major: int) -> None:
        """Run initdb; the password gets its name when the cluster is complete."""
        if self.account.name is None:
            raise Failure(NO_NAME.format(uid=self.account.uid))
        shutil.rmtree(self.data, ignore_errors=True)  # of an initdb that was interrupted
        password = self._write(self.home / "password.new", secrets.token_hex(16))
        secret = password.read_text()
        if major >= 14:  # before, initdb reads no more than 100 bytes
            secret = scram_verifier(secret)
        pwfile = self._write(self.scratch / "pwfile", secret)
        data = self.seen(self.account.make_directory(self.data))
        options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={pwfile}"]
        options += ["--no-locale", "--encoding=UTF8"]
        if self.home == self.scratch:
            options.append("--no-sync")
        self.account.run([bindir / "initdb", "-D", data, *options], self.descriptors)
        password.rename(self.password)

    def _write(self, path: Path, content: str) -> Path:
        """Write a file that only the account can read."""
        path.write_text(content)
        self.account.own(path)
        return path


def _take(home: Path, account: Account) -> None:
    """Make the caller's directory if missing, and keep other servers and other data out of it."""
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        account.make_directory(home)
    _lock(home)
    entries = {path.name for path in home.iterdir()}
    if entries and (entries - OURS or not entries & {"password", "password.new"}):
        msg = f"{home} is not empty and not a directory made by reana-db: choose another one"
        raise Failure(msg)


def _lock(home: Path) -> None:
    """Take the directory for as long as this process lives."""
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = "still starting"
        with contextlib.suppress(OSError, IndexError):
            pid = "pid " + (home / "data" / "postmaster.pid").read_text().split()[0]
        msg = f"{home} is in use by a running PostgreSQL server ({pid}): stop that one first"
        raise Failure(msg) from None


def scram_verifier(password: str) -> str:
    """Return what PostgreSQL stores for the password (RFC 5803), with a single iteration.

    More iterations protect guessable passwords; for a random one they would only make each
    connection 5 ms slower.
    """

    def text(value: bytes) -> str:
        return base64.b64encode(value).decode()

    salt = secrets.token_bytes(16)
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(key, b"Client Key", "sha256")).digest()
    server = hmac.digest(key, b"Server Key", "sha256")
    return f"SCRAM-SHA-256$1:{text(salt)}${text(stored)}:{text(server)}"
