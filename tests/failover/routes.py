"""The ways by which clients come: all hosts by name, HAProxy, and PgBouncer behind it."""

from __future__ import annotations

import signal
import subprocess
import time

from psycopg.conninfo import make_conninfo

from reana_db import Settings
from reana_db.config import PGBOUNCER_PORT
from tests.failover.cluster import Cluster
from tests.failover.patroni import API, PORT, PatroniCluster
from tests.failover.programs import Programs
from tests.pgbouncer import pooler
from tests.support.databases import Databases

DEADLINE = 3
"""Seconds after which a client gives up on a server that does not answer."""
LONG_DEADLINE = 20
"""The same, for a refresh and a rotation, whose statements are long."""

_HAPROXY = """
global
    maxconn 500
    log stdout format iso local0
defaults
    mode tcp
    log global
    option tcplog
    timeout connect 2s
    retries 0
    timeout client 1h
    timeout server 1h
    timeout check 3s
listen primary
    bind {host}:{port}
    option httpchk GET /primary
    http-check expect status 200
    default-server inter 200ms fall 3 rise 1 on-marked-down shutdown-sessions
"""
_POOLER = {
    "server_connect_timeout": 2,
    "query_wait_timeout": 5,
    "server_login_retry": 0.2,
    "tcp_user_timeout": 5000,
    "log_disconnections": 1,
}


class Routes:
    """The names of all hosts; under Patroni, HAProxy and PgBouncer in front of them too."""

    def __init__(self, cluster: Cluster, programs: Programs) -> None:
        self._cluster = cluster
        self._pooler: subprocess.Popen[bytes] | None = None
        self.names = ["hosts"]
        """The ways there are."""
        if isinstance(cluster, PatroniCluster):
            self._ground = cluster.ground
            self._start_proxy(cluster, str(programs.haproxy))
            if programs.pgbouncer:
                self._program = programs.pgbouncer
                self._prepare_pooler(cluster)
                self.start_pooler()

    @property
    def _proxy(self) -> str:
        return self._ground.address(30)

    def _start_proxy(self, cluster: PatroniCluster, program: str) -> None:
        self.names.append("haproxy")
        folder = self._ground.make_directory("haproxy")
        servers = "".join(
            f"    server {node.name} {node.host}:{PORT} check port {API}\n"
            for node in cluster.nodes
        )
        file = folder / "haproxy.cfg"
        file.write_text(_HAPROXY.format(host=self._proxy, port=PORT) + servers)
        self._ground.account.own(file)
        with (folder / "log").open("wb") as log:
            self._ground.account.spawn([program, "-db", "-f", file], log.fileno())

    def _prepare_pooler(self, cluster: PatroniCluster) -> None:
        self.names.append("pgbouncer")
        ground = self._ground
        uri = f"postgresql://postgres:{cluster.password}@{self._proxy}:{PORT}/postgres"
        folder = ground.make_directory("pgbouncer")
        host = ground.address(31)
        self._file = pooler.configuration(folder, ground.account, Databases(uri), host, _POOLER)

    def start_pooler(self) -> None:
        """Start PgBouncer; again, if it was killed."""
        with (self._file.parent / "log").open("ab") as log:
            command = [self._program.path, self._file]
            self._pooler = self._ground.account.spawn(list(command), log.fileno())

    def kill_pooler(self) -> None:
        """Kill PgBouncer and all its connections."""
        assert self._pooler is not None
        self._pooler.send_signal(signal.SIGKILL)
        self._pooler.wait()
        time.sleep(1)

    def settings(self, route: str, dbname: str, *, deadline: int | None = DEADLINE) -> Settings:
        """Return how to connect by a way."""
        place = self._cluster.place(dbname)
        if route != "hosts":
            host = self._proxy if route == "haproxy" else self._ground.address(31)
            port = PORT if route == "haproxy" else PGBOUNCER_PORT
            place = make_conninfo(place, host=host, port=port, target_session_attrs="any")
        return Settings(conninfo=place, statement_deadline=deadline)
