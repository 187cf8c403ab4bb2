"""The refresh as a command: interrupted, killed, and beside sessions that go on meanwhile."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from uuid import UUID

import psycopg
import pytest

from reana_db import database_settings, quota_refresh, resources
from reana_db.queries import Conn
from reana_db.records import SettingName
from tests.support import soak
from tests.support.factories import make_user
from tests.support.quota_recomputation import recomputed, stored

pytestmark = pytest.mark.slow

USERS, RUNS = 20, soak.size(6_000, 12_000)
WAIT_LIMIT = 0.1
"""Seconds that a change waits, at the 99th percentile."""


class Site:
    """A database with runs whose processing time is not recorded, and sessions."""

    def __init__(self, uri: str, conn: Conn) -> None:
        self.uri = uri
        self.conn = conn
        resources.create_defaults(conn)
        self.users: list[UUID] = [make_user(conn) for _ in range(USERS)]
        with conn.transaction():
            conn.execute(
                "INSERT INTO __reana.workflow (created, updated, id_, owner_id, name, status,"
                " type_, run_number_major, run_number_minor, run_started_at, run_finished_at)"
                " SELECT now(), now(), md5(n::text)::uuid, (%s::uuid[])[n %% %s + 1], 'run' || n,"
                " 'finished', 'serial', 1, 0, '2026-01-01', '2026-01-02'"
                " FROM generate_series(1, %s) AS n",
                [self.users, USERS, RUNS],
            )

    def command(self) -> subprocess.Popen[bytes]:
        """Start the command."""
        command = [sys.executable, "-m", "reana_db", "quota", "refresh", "--resource", "cpu"]
        environment = {**os.environ, "REANA_SQLALCHEMY_DATABASE_URI": self.uri}
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the command, and return when it has recorded something."""
        process = self.command()
        while not self.recorded():
            assert process.poll() is None
            time.sleep(0.01)
        return process

    def recorded(self) -> int:
        """Return the number of runs whose processing time is recorded."""
        row = self.conn.execute("SELECT count(*) FROM __reana.workflow_resource").fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def site(fresh_db: str) -> Iterator[Site]:
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        yield Site(fresh_db, conn)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_refresh_that_was_ended_leaves_exact_totals_and_no_lock(
    site: Site, sign: signal.Signals
) -> None:
    process = site.start()
    process.send_signal(sign)
    _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert b"Traceback" not in errors
    assert 0 < site.recorded() < RUNS
    with site.conn.transaction():  # what the server was just correcting may still be committed
        site.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert stored(site.conn) == recomputed(site.conn)
    found = quota_refresh.refresh(lambda: psycopg.connect(site.uri))
    assert found.complete
    assert site.recorded() >= RUNS
    assert stored(site.conn) == recomputed(site.conn)


def test_a_second_refresh_says_who_runs_and_ends_with_3(site: Site) -> None:
    first = site.start()
    first.send_signal(signal.SIGSTOP)
    try:
        second = site.command()
        _, errors = second.communicate(timeout=30)
        assert second.returncode == 3
        holder = site.conn.execute(
            "SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
        assert holder is not None
        assert "another refresh is running" in errors.decode()
        assert f"server process {holder[0]}" in errors.decode()
        assert site.recorded() < RUNS
    finally:
        first.send_signal(signal.SIGCONT)
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert site.recorded() == RUNS


def test_sessions_go_on_meanwhile(site: Site) -> None:
    database_settings.change(site.conn, SettingName.termination_quota_update_policy, "cpu")
    numbers = count(1)
    alone = during(site, numbers, lambda: time.sleep(1))
    meanwhile = during(site, numbers, lambda: site.start().communicate())
    assert len(meanwhile) > 100
    # On a machine that is busy with something else, another worker too, changes take longer.
    assert percentile(meanwhile) <= max(WAIT_LIMIT, 10 * percentile(alone))
    assert stored(site.conn) == recomputed(site.conn)


def percentile(waits: list[float]) -> float:
    return statistics.quantiles(waits, n=100)[98]


def during(site: Site, numbers: Iterator[int], action: Callable[[], object]) -> list[float]:
    """Return how long each change of single runs takes that sessions make during an action."""
    waits: list[float] = []
    over = threading.Event()

    def work() -> None:
        with psycopg.connect(site.uri, autocommit=True) as conn:
            while not over.is_set():
                user_id = site.users[next(numbers) % USERS]
                run_id = new_run(conn, user_id, next(numbers))
                for status in ("running", "finished"):
                    began = time.perf_counter()
                    conn.execute(
                        "UPDATE __reana.workflow SET status = %s WHERE id_ = %s", [status, run_id]
                    )
                    waits.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        action()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    return waits


def new_run(conn: Conn, owner_id: UUID, number: int) -> UUID:
    """Insert a queued run."""
    row = conn.execute(
        "INSERT INTO __reana.workflow (id_, owner_id, name, status, type_)"
        " VALUES (md5(random()::text)::uuid, %s, %s, 'queued', 'serial') RETURNING id_",
        [owner_id, f"new{number}"],
    ).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found
