"""Where the drill takes place: a folder, a network and disks of its own, and no process left.

A guard forks off the drill and adopts every process that it leaves.  When the drill has ended,
however it did, the guard kills them and removes the folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from reana_db.embedded.server.account import Account, choose_account
from reana_db.embedded.server.cluster import make_scratch

_SET_CHILD_SUBREAPER = 36
_NEW_MOUNTS, _NEW_NETWORK = 0x20000, 0x40000000
_RULES = """
table inet drill {
    set cut { type ipv4_addr; }
    chain incoming {
        type filter hook input priority 0;
        ip daddr @cut drop
        ip saddr @cut drop
    }
}
"""


@dataclass(frozen=True)
class Ground:
    """A folder, addresses of loopback, and what can be done with them."""

    folder: Path
    account: Account
    """Who runs the servers."""
    private: bool
    """Whether network and mounts are of the drill alone, so that disks can be of any size."""
    subnet: str

    @property
    def can_partition(self) -> bool:
        """Whether packets can be dropped."""
        return self.private and shutil.which("nft", path=_PATH) is not None

    def address(self, last: int) -> str:
        """Return an address of loopback."""
        return f"{self.subnet}.{last}"

    def make_directory(self, name: str) -> Path:
        """Make a directory of the account's in the folder."""
        return self.account.make_directory(self.folder / name)

    def mount(self, path: Path, megabytes: int) -> None:
        """Make a directory a disk of a size."""
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "drill", str(path))
        self.account.own(path)

    def cut(self, *addresses: str) -> None:
        """Drop all packets from and to some addresses."""
        _run("nft", "add element inet drill cut { " + ", ".join(addresses) + " }")

    def join(self) -> None:
        """Let all packets through again."""
        _run("nft", "flush set inet drill cut")


_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


def _run(*command: str, text: str | None = None) -> None:
    environment = os.environ | {"PATH": _PATH}
    subprocess.run(command, check=True, env=environment, input=text, text=True)


def on_ground(drill: Callable[[Ground], int]) -> int:
    """Run the drill in a process of its own, remove what it leaves, and return its status."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1)
    account = choose_account(None)
    folder = make_scratch(account)
    child = os.fork()
    if child == 0:
        os._exit(_in_child(drill, account, folder))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the drill hears it too
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    try:
        while True:
            ended, status = os.wait()
            if ended == child:
                return os.waitstatus_to_exitcode(status)
    finally:
        _kill_all()
        shutil.rmtree(folder)


def _in_child(drill: Callable[[Ground], int], account: Account, folder: Path) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        private = _separate()
        if private:
            _run("mount", "-t", "tmpfs", "-o", "size=8g,mode=700", "drill", str(folder))
            account.own(folder)
        subnet = f"127.0.{random.randint(1, 254)}"
        return drill(Ground(folder, account, private, subnet))
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _separate() -> bool:
    """Give this process a network and mounts of its own, where it may."""
    if ctypes.CDLL(None).unshare(_NEW_MOUNTS | _NEW_NETWORK):
        return False
    _run("mount", "--make-rprivate", "/")
    _run("ip", "link", "set", "lo", "up")
    if shutil.which("nft", path=_PATH):
        _run("nft", "-f", "-", text=_RULES)
    return True


def _kill_all() -> None:
    """Kill whatever is left, frozen or not, and wait for it."""
    while left := psutil.Process().children(recursive=True):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        with contextlib.suppress(ChildProcessError):
            while os.wait():
                pass
