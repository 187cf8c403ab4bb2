"""A failover in short: what was acknowledged before it is there after it.

With the programs of the embedded server alone; ``tox -e failover`` makes many, with Patroni.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from reana_db import Settings
from reana_db.migrating import installation
from tests.failover import clients
from tests.failover.check import Ledger, check
from tests.support.factories import make_user
from tests.support.replication import Group, available, replicated

pytestmark = pytest.mark.slow

DEADLINE = 1
CLIENTS = 2


@pytest.fixture
def group() -> Iterator[Group]:
    """A primary and two standbys."""
    if not available():
        pytest.skip("needs pg_basebackup of PostgreSQL 13 or newer")
    with replicated(standbys=2) as group:
        installation.install(group.primary.uri())
        yield group


def settings(group: Group) -> Settings:
    place = f"{group.addresses()} dbname=postgres target_session_attrs=read-write"
    return Settings(conninfo=place, statement_deadline=DEADLINE)


def owner_of(uri: str) -> UUID:
    with psycopg.connect(uri) as conn:
        return make_user(conn)


def wait_for(ledger: Ledger, since: float) -> float:
    """Return when each client had something acknowledged after a time."""
    ends = time.monotonic() + 30
    while True:
        ledger.read()
        last = [times[-1] for times in ledger.times.values()]
        if len(last) == CLIENTS and min(last) > since:
            return max(last)
        assert time.monotonic() < ends, ledger.errors
        time.sleep(0.05)


def fail_over(group: Group, ledger: Ledger, fault: signal.Signals) -> None:
    """End or freeze the primary, promote a standby, and see every client go on."""
    group.make_synchronous()
    group.wait_for_standbys()
    wait_for(ledger, time.time())
    group.primary.signal(fault)
    group.fail_over_to(group.standbys[0])
    wait_for(ledger, time.time())


def test_clients_go_on_with_a_standby_and_nothing_is_lost(group: Group, tmp_path: Path) -> None:
    owner, ledger = owner_of(group.primary.uri()), Ledger(tmp_path)
    running = [
        clients.start("runs", settings(group), tmp_path / f"runs{number}.journal", owner)
        for number in range(CLIENTS)
    ]
    try:
        fail_over(group, ledger, signal.SIGKILL)
        fail_over(group, ledger, signal.SIGSTOP)
    finally:
        for client in running:
            client.terminate()
    assert [client.wait(60) for client in running] == [0] * CLIENTS
    assert check(group.primary.uri(), ledger).all() == []
