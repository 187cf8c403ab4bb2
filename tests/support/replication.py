"""A primary and its standbys, made with the programs of the embedded server alone.

For every test that needs a standby, and for the drill of failovers where Patroni is missing::

    with replicated(standbys=2, synchronous=True) as group:
        migrate.apply(group.primary.uri("postgres"))
        group.wait_for_standbys()
        group.primary.signal(signal.SIGSTOP)
        group.fail_over_to(group.standbys[0])

Each server listens on a free port of 127.0.0.1 and ends with this process.  A commit survives the
death of a server, not that of the machine (no fsync).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from reana_db import embedded
from reana_db.embedded.server import binaries
from reana_db.embedded.server.account import choose_account
from reana_db.embedded.server.cluster import Cluster, scratch_directory
from reana_db.embedded.server.supervisor import Postmaster
from reana_db.errors import ServerError

SETTINGS = {
    "timezone": "UTC",
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "wal_log_hints": "on",  # for pg_rewind
    "wal_keep_size": "1GB",
    "wal_retrieve_retry_interval": "100ms",
}
_PAUSE = 0.02


class Node:
    """One server: a primary or a standby, whatever it is at the moment."""

    def __init__(self, home: Cluster, bindir: Path, settings: Mapping[str, str]) -> None:
        self.home = home
        self.bindir = bindir
        self.port = 0
        sockets = {"unix_socket_directories": str(home.sockets)}
        self._postmaster = Postmaster(home, bindir, {**SETTINGS, **settings, **sockets})

    @property
    def address(self) -> str:
        """Where its superuser connects, as a connection string of libpq without a database."""
        password = self.home.password.read_text()
        return f"host=127.0.0.1 port={self.port} user=postgres password={password}"

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return int((self.home.data / "postmaster.pid").read_text().split()[0])

    def uri(self, dbname: str = "postgres") -> str:
        """Return the URI of a database, for the superuser."""
        password = self.home.password.read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{dbname}"

    def execute(self, query: str) -> Any:
        """Execute a statement outside a transaction; return the first value of its result."""
        with psycopg.connect(f"{self.address} dbname=postgres", autocommit=True) as conn:
            cursor = conn.execute(query.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def start(self) -> None:
        """Start it, at the port that it had, and wait until it accepts connections."""
        if self.port:
            self._postmaster.start(self.port)
        else:
            self.port = self._postmaster.start_on_free_port()

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it, also if it is frozen: fast, or immediately, like a crash."""
        with contextlib.suppress(OSError):
            self.signal(signal.SIGCONT)
        self._postmaster.stop(immediate=immediate)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all processes of the server: SIGSTOP, SIGCONT, SIGKILL."""
        for pid in self.processes():
            os.kill(pid, number)

    def processes(self) -> list[int]:
        """Return the process ids of the postmaster and its children."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *map(int, children.split())]

    def is_standby(self) -> bool:
        return bool(self.execute("SELECT pg_is_in_recovery()"))

    def promote(self) -> None:
        """Make it a primary, and wait until it is one."""
        self.execute("SELECT pg_promote()")

    def follow(self, primary: Node) -> None:
        """Let a running standby stream from another primary."""
        self.execute(f"ALTER SYSTEM SET primary_conninfo = '{primary.address}'")
        self.execute("SELECT pg_reload_conf()")

    def rejoin(self, primary: Node) -> None:
        """Make a former primary that is stopped a standby of the new one."""
        source = f"--source-server={primary.address} dbname=postgres"
        data = f"--target-pgdata={self.home.data}"
        self.home.account.run([self.bindir / "pg_rewind", data, source, "-R"])
        self.start()

    def wait_for(self, position: str) -> None:
        """Wait until a standby has replayed the WAL up to a position."""
        behind = f"SELECT pg_last_wal_replay_lsn() < '{position}'"
        while self.execute(behind):
            time.sleep(_PAUSE)


class Group:
    """A primary and its standbys."""

    def __init__(self, primary: Node, standbys: list[Node]) -> None:
        self.primary = primary
        self.standbys = standbys

    def wait_for_standbys(self) -> None:
        """Wait until the standbys have replayed what the primary has written."""
        position = self.primary.execute("SELECT pg_current_wal_insert_lsn()")
        for standby in self.standbys:
            standby.wait_for(position)

    def make_synchronous(self) -> None:
        """Let a commit wait until one standby, whichever it is, has the WAL."""
        self.primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
        self.primary.execute("SELECT pg_reload_conf()")

    def fail_over_to(self, standby: Node) -> None:
        """Promote a standby, and let the others follow it; the old primary is left as it is."""
        self.standbys.remove(standby)
        standby.promote()
        self.primary = standby
        for other in self.standbys:
            other.follow(standby)

    def addresses(self) -> str:
        """Return the hosts and ports of all, the primary first, for a connection string."""
        nodes = [self.primary, *self.standbys]
        hosts, ports = ",".join("127.0.0.1" for _ in nodes), ",".join(str(n.port) for n in nodes)
        return f"host={hosts} port={ports} user=postgres password={self._password()}"

    def _password(self) -> str:
        return self.primary.home.password.read_text()


@contextmanager
def replicated(
    *,
    standbys: int = 1,
    synchronous: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Group]:
    """Start a primary and standbys; stop them and remove their data at the end.

    ``synchronous``: a commit waits until one standby, whichever it is, has the WAL.
    """
    found, version = embedded.find_binaries()
    account = choose_account(None)
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_directory(account))
        bindir = binaries.usable(found, account, scratch)
        nodes: list[Node] = []
        for number in range(standbys + 1):
            home = Cluster(None, account, account.make_directory(scratch / f"node{number}"))
            if nodes:
                copy(nodes[0], home)
            else:
                home.create(bindir, int(version.partition(".")[0]))
            nodes.append(node := Node(home, bindir, settings or {}))
            node.start()
            stack.callback(node.stop, immediate=True)
        group = Group(nodes[0], nodes[1:])
        if synchronous:
            group.make_synchronous()
        yield group


def available() -> bool:
    """Tell whether the programs can do this: PostgreSQL 13 or newer, with pg_basebackup."""
    try:
        bindir, version = embedded.find_binaries()
    except ServerError:
        return False
    return int(version.partition(".")[0]) >= 13 and (bindir / "pg_basebackup").exists()


def copy(primary: Node, home: Cluster) -> None:
    """Make the data of a standby out of a base backup."""
    account = home.account
    home.password.write_text(primary.home.password.read_text())
    data = account.make_directory(home.data)
    source = f"{primary.address} dbname=postgres application_name={home.home.name}"
    options = ["--write-recovery-conf", "--no-sync", "--checkpoint=fast", "--no-manifest"]
    account.run([primary.bindir / "pg_basebackup", "-D", data, "-d", source, *options])
