"""A primary and two standbys without Patroni: the drill itself looks after them.

It has only the programs of the embedded server.  A primary that does not answer for a while is
killed, so that there are never two, and the standby that has most is promoted.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from signal import Signals
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg

from reana_db.embedded.server.account import Failure
from tests.failover.cluster import Node
from tests.support import replication

LEASE = 10.0
_PAUSE = 0.2


class HandNode:
    """A server, as the drill sees it."""

    def __init__(self, server: replication.Node) -> None:
        self.server = server

    @property
    def name(self) -> str:
        return self.server.home.home.name

    def uri(self, dbname: str) -> str:
        """Return the URI of a database of this server, whatever it is at the moment."""
        return self.server.uri(dbname)

    def signal(self, number: Signals, *, manager: bool = False) -> None:
        """Send a signal to all processes of the server; it has no manager of its own."""
        del manager
        with suppress(OSError):
            self.server.signal(number)

    def stop_server(self, number: Signals) -> None:
        """Tell the postmaster to stop: SIGINT is fast, SIGQUIT immediate."""
        os.kill(self.server.pid, number)


class HandCluster:
    """Three nodes, and a thread that fails over."""

    lease = LEASE

    def __init__(self, stack: ExitStack) -> None:
        self._group = stack.enter_context(
            replication.replicated(
                standbys=2, synchronous=True, settings={"max_connections": "200"}
            )
        )
        self._servers = [self._group.primary, *self._group.standbys]
        self._lost: list[replication.Node] = []
        self._busy = threading.Lock()
        self._over = threading.Event()
        thread = threading.Thread(target=self._look_after)
        stack.callback(thread.join)
        stack.callback(self._over.set)
        thread.start()

    @cached_property
    def nodes(self) -> Sequence[HandNode]:
        return [HandNode(server) for server in self._servers]

    @property
    def primary(self) -> HandNode:
        return self._node(self._group.primary)

    @property
    def standby(self) -> HandNode:
        """The standby that has most."""
        return self._node(self._best())

    def _node(self, server: replication.Node) -> HandNode:
        return next(node for node in self.nodes if node.server is server)

    def describe(self) -> Any:
        """Return which node is what, for a message."""
        standbys = [self._node(server).name for server in self._group.standbys]
        return {"primary": self.primary.name, "standbys": standbys}

    def place(self, dbname: str) -> str:
        """Return a connection string that finds the primary among all hosts."""
        ports = ",".join(str(server.port) for server in self._servers)
        hosts = ",".join("127.0.0.1" for _ in self._servers)
        password = self._group.primary.home.password.read_text()
        return (
            f"host={hosts} port={ports} user=postgres password={password} dbname={dbname}"
            " target_session_attrs=read-write load_balance_hosts=random connect_timeout=2"
        )

    def switch_over(self, primary: Node, standby: Node) -> None:
        """Exchange the two: stop the primary when the standby has everything, then promote."""
        del standby
        assert isinstance(primary, HandNode)
        with self._busy:
            primary.server.stop()
            self._promote()

    def wait_until_whole(self, seconds: float = 180) -> None:
        """Bring back what was lost, and wait until a standby has every commit."""
        ends = time.monotonic() + seconds
        while not self._is_whole():
            assert time.monotonic() < ends, self.describe()
            time.sleep(_PAUSE)

    def _is_whole(self) -> bool:
        with self._busy, suppress(psycopg.Error):
            for server in [*self._lost, *filter(self._is_dead, self._group.standbys)]:
                self._bring_back(server)
            self._group.make_synchronous()
            synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'"
            return bool(self._group.primary.execute(synchronous) == 2)
        return False

    def _bring_back(self, server: replication.Node) -> None:
        """Make a server that stopped a standby: by pg_rewind, else from a new base backup."""
        if server in self._group.standbys:
            self._group.standbys.remove(server)
        server.stop(immediate=True)
        try:
            server.rejoin(self._group.primary)
        except Failure:
            server.stop(immediate=True)
            shutil.rmtree(server.home.data)
            replication.copy(self._group.primary, server.home)
            server.start()
        if server in self._lost:
            self._lost.remove(server)
        self._group.standbys.append(server)

    def _is_dead(self, server: replication.Node) -> bool:
        try:
            return bool(psutil.Process(server.pid).status() == psutil.STATUS_ZOMBIE)
        except (OSError, psutil.NoSuchProcess):
            return True

    def _look_after(self) -> None:
        """Fail over when the primary was silent for as long as its lease."""
        last = time.monotonic()
        while not self._over.wait(_PAUSE):
            with self._busy:
                if self._answers() or not self._group.standbys:
                    last = time.monotonic()
                elif self._is_dead(self._group.primary) or time.monotonic() - last > LEASE:
                    self._promote()

    def _answers(self) -> bool:
        place = f"{self._group.primary.address} dbname=postgres connect_timeout=2"
        try:
            psycopg.connect(place).close()
        except psycopg.Error:
            return False
        return True

    def _promote(self) -> None:
        """End the primary for good, and promote the standby that has most."""
        lost = self._group.primary
        with suppress(OSError):
            lost.signal(signal.SIGKILL)
        self._group.fail_over_to(self._best())
        self._lost.append(lost)

    def _best(self) -> replication.Node:
        def received(server: replication.Node) -> int:
            query = "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::bigint"
            return int(server.execute(query) or 0)

        alive = [server for server in self._group.standbys if not self._is_dead(server)]
        return max(alive, key=received)

    def logs(self) -> Iterator[str]:
        """Yield the ends of the logs, for a failure that must be understood."""
        for node in self.nodes:
            lines = node.server.home.log.read_text(errors="replace").splitlines()
            yield from (f"{node.name}: {line}" for line in lines[-30:])
