"""The programs of the drill: ``python -m tests.failover.programs`` fetches Patroni.

etcd, HAProxy and PgBouncer are those on the PATH; PostgreSQL is that of the embedded server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from reana_db import embedded
from reana_db.embedded.server import binaries
from reana_db.embedded.server.account import Account
from tests.pgbouncer import pooler

VARIABLE = "REANA_DB_FAILOVER_DIR"
"""Where Patroni is kept."""
PATRONI = "patroni[etcd3,psycopg3]>=4.1,<5"
_SBIN = ":/usr/sbin:/usr/local/sbin"


@dataclass(frozen=True)
class Programs:
    """What was found."""

    bindir: Path
    """Of PostgreSQL."""
    version: str
    etcd: str | None
    patroni: tuple[str | Path, ...]
    """The command, empty if there is none."""
    haproxy: str | None
    pgbouncer: pooler.Program | None

    @property
    def missing(self) -> list[str]:
        """What Patroni's cluster would need and is not there."""
        needed = {"etcd": self.etcd, "Patroni": self.patroni, "HAProxy": self.haproxy}
        return [name for name, found in needed.items() if not found]


def directory() -> Path:
    """Return where Patroni is kept."""
    return Path(os.environ.get(VARIABLE) or Path.home() / ".cache" / "reana-db" / "failover")


def find(account: Account, scratch: Path) -> Programs:
    """Return the programs, those that the account cannot reach as copies."""
    found, version = embedded.find_binaries()
    poolers = pooler.programs()
    return Programs(
        binaries.usable(found, account, scratch),
        version,
        _which("etcd"),
        _patroni(account, scratch),
        _which("haproxy"),
        poolers[0] if poolers else None,
    )


def _which(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + _SBIN)


def _patroni(account: Account, scratch: Path) -> tuple[str | Path, ...]:
    """Return a command that the account can execute: a virtual environment may be closed to it."""
    if not (directory() / "patroni").exists():
        return ()
    folder = scratch / "patroni"
    shutil.copytree(directory(), folder, symlinks=True)
    for path in (folder, *folder.rglob("*")):
        account.own(path)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, shutil.which(name, path="/usr/local/bin:/usr/bin")):
        if python is None:
            continue
        command = ("/usr/bin/env", f"PYTHONPATH={folder}", python, "-m", "patroni")
        if account.spawn([*command, "--version"], subprocess.DEVNULL).wait() == 0:
            return command
    return ()


def fetch() -> None:
    """Install Patroni where the drill looks for it, unless it is there."""
    if (directory() / "patroni").exists():
        return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(directory()), PATRONI]
    if subprocess.run(pip, check=False).returncode:
        sys.stderr.write(f"{PATRONI} cannot be installed: the drill does without\n")


if __name__ == "__main__":
    fetch()
