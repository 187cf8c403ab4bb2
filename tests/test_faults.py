"""Faults under load: what was acknowledged is there once, nothing twice, nothing half."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from reana_db import Settings, connect, embedded
from reana_db.migrating import installation
from tests.failover import clients
from tests.failover.check import Ledger, check
from tests.support import soak
from tests.support.factories import make_user

SECONDS = soak.SECONDS or 4
PROCESSES = soak.size(4, 8)


def terminate(server: embedded.Server) -> None:
    with connect(server.uri("faults"), autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = 'faults' AND pid <> pg_backend_pid() AND random() < 0.5"
        )


def lock(server: embedded.Server) -> None:
    """Hold what everybody needs for longer than anybody waits."""
    with connect(server.uri("faults")) as conn:
        conn.execute("LOCK TABLE __reana.workflow IN SHARE MODE")
        time.sleep(0.4)


FAULTS: list[Callable[[embedded.Server], None]] = [
    terminate,
    lock,
    lambda server: server.restart(),
    lambda server: server.restart(immediate=True),
]


@pytest.fixture(scope="module")
def site() -> Iterator[embedded.Server]:
    """A server of its own that may be restarted, with a complete database."""
    with embedded.start(tcp=True, settings={"max_connections": "100"}) as own:
        installation.install(own.uri("faults"))
        yield own


def make_faults(site: embedded.Server, ends: float) -> int:
    """Make each fault in turns; return how many there were."""
    chance, made = random.Random(16), 0
    while time.monotonic() < ends:
        time.sleep(chance.uniform(0.2, soak.size(1, 2)))
        FAULTS[made % len(FAULTS)](site)
        made += 1
    return made


@pytest.mark.slow
@pytest.mark.soak
def test_faults_under_load_lose_nothing(site: embedded.Server, tmp_path: Path) -> None:
    with connect(site.uri("faults")) as conn:
        owner = make_user(conn)
    place = Settings(conninfo=make_conninfo(site.uri("faults"), options="-c lock_timeout=200"))
    running = [
        clients.start("runs", place, tmp_path / f"runs{number}.journal", owner, seconds=SECONDS)
        for number in range(PROCESSES)
    ]
    made = make_faults(site, time.monotonic() + SECONDS)
    assert [client.wait(120) for client in running] == [0] * PROCESSES
    assert made >= len(FAULTS)

    ledger = Ledger(tmp_path)
    assert check(site.uri("faults"), ledger).all() == []
    assert len(ledger.times) == PROCESSES
    outlasted = [error for error in ledger.errors if not error["in_doubt"]]
    assert outlasted == [], "a fault outlasted the patience of a caller"
