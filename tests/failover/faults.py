"""The faults of the drill: what is done to the cluster, and how it is undone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from tests.failover.cluster import Cluster, Node
from tests.failover.patroni import PatroniNode
from tests.failover.routes import Routes

OTHER = "other"
"""The database in which the migrations run during a failover."""


def nothing(_: Scene) -> None:
    """Undo nothing: Patroni does."""


@dataclass
class Scene:
    """A cluster, and what the fault of this round has to know when it is undone."""

    cluster: Cluster
    routes: Routes
    primary: Node = field(init=False)
    standby: Node = field(init=False)
    migration: subprocess.Popen[str] | None = None

    def look(self) -> None:
        """Learn who is who before a fault."""
        self.primary, self.standby = self.cluster.primary, self.cluster.standby


@dataclass(frozen=True)
class Fault:
    """What happens in a round."""

    name: str
    strike: Callable[[Scene], None]
    mend: Callable[[Scene], None] = nothing
    promotes: bool = True
    """Whether another node becomes the primary."""
    freezes: bool = False
    """Whether the old primary is silent and not dead, so that clients wait for their own clock."""
    needs: frozenset[str] = frozenset()
    """What it needs beside the cluster: ``patroni``, ``private`` disks and packets, a pooler."""


def _kill(scene: Scene) -> None:
    scene.primary.signal(signal.SIGKILL)


def _kill_with_manager(scene: Scene) -> None:
    scene.primary.signal(signal.SIGKILL, manager=True)


def _freeze(scene: Scene) -> None:
    scene.primary.signal(signal.SIGSTOP)


def _freeze_with_manager(scene: Scene) -> None:
    scene.primary.signal(signal.SIGSTOP, manager=True)


def _thaw(scene: Scene) -> None:
    scene.primary.signal(signal.SIGCONT, manager=True)


def _under_patroni(scene: Scene) -> PatroniNode:
    assert isinstance(scene.primary, PatroniNode)
    return scene.primary


def _cut(scene: Scene) -> None:
    node = _under_patroni(scene)
    node.ground.cut(node.host, node.door)


def _join(scene: Scene) -> None:
    _under_patroni(scene).ground.join()


def _switch_over(scene: Scene) -> None:
    scene.cluster.switch_over(scene.primary, scene.standby)


def _restart(scene: Scene) -> None:
    answer = _under_patroni(scene).ask("/restart", {}, 60)
    assert "success" in str(answer), answer


def _stop_immediately(scene: Scene) -> None:
    scene.primary.stop_server(signal.SIGQUIT)


def _stop_fast(scene: Scene) -> None:
    scene.primary.stop_server(signal.SIGINT)


def _fill(scene: Scene) -> None:
    node = _under_patroni(scene)
    node.fill()
    place = node.uri("postgres")
    with (
        contextlib.suppress(psycopg.OperationalError),  # the end of the server
        psycopg.connect(place, autocommit=True) as conn,
    ):
        for _ in range(100):  # there are segments left that can be used again
            conn.execute("SELECT pg_logical_emit_message(true, '', 'more'), pg_switch_wal()")


def _make_room(scene: Scene) -> None:
    _under_patroni(scene).make_room()


def _lose_standby(scene: Scene) -> None:
    scene.standby.signal(signal.SIGKILL, manager=True)


def _kill_pooler(scene: Scene) -> None:
    scene.routes.kill_pooler()
    scene.routes.start_pooler()


def _kill_during_migration(scene: Scene) -> None:
    """Install a database, and kill the primary while its migrations run."""
    scene.migration = _run(scene, "init")
    time.sleep(1.5)
    _kill(scene)


def _finish_migration(scene: Scene) -> None:
    """Install again, as one does after a failure, check, and make room for the next time."""
    assert scene.migration is not None
    scene.migration.communicate()
    settings = scene.routes.settings("hosts", OTHER)
    for command in ("wait", "init", "check"):
        done = _run(scene, command)
        said, _ = done.communicate()
        assert done.returncode == 0, f"{command} after a failover: {said}"
    with psycopg.connect(settings.conninfo or "", dbname="postgres", autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {OTHER} WITH (FORCE)".encode())


def _run(scene: Scene, command: str) -> subprocess.Popen[str]:
    place = scene.routes.settings("hosts", OTHER).conninfo or ""
    return subprocess.Popen(
        [sys.executable, "-m", "reana_db", command],
        env=os.environ | {"REANA_SQLALCHEMY_DATABASE_URI": place},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


_PATRONI = frozenset({"patroni"})
_PRIVATE = frozenset({"patroni", "private"})
FAULTS = (
    Fault("kill -9 of the server", _kill),
    Fault("kill -9 of server and Patroni", _kill_with_manager, needs=_PATRONI),
    Fault("SIGSTOP of the server", _freeze, _thaw, freezes=True),
    Fault(
        "SIGSTOP of server and Patroni", _freeze_with_manager, _thaw, freezes=True, needs=_PATRONI
    ),
    Fault("partition", _cut, _join, freezes=True, needs=_PRIVATE),
    Fault("switchover", _switch_over),
    Fault("immediate stop", _stop_immediately),
    Fault("fast stop", _stop_fast),
    Fault("restart", _restart, promotes=False, needs=_PATRONI),
    Fault("full disk of WAL", _fill, _make_room, needs=_PRIVATE),
    Fault("standby lost", _lose_standby, promotes=False),
    Fault("pooler killed", _kill_pooler, promotes=False, needs=frozenset({"pgbouncer"})),
    Fault("migration during a failover", _kill_during_migration, _finish_migration),
)
