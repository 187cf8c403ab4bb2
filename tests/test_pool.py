"""Connections that a pool lends, keeps, replaces; transactions that it runs again."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from reana_db import Connection, Pool, Settings, connect, embedded
from reana_db.errors import ConnectionLost, DeadlineExceeded, NoConnection, TransactionAborted
from tests.support.door import Door
from tests.support.restartable import backends, borrowed, changed, kill_others, value_of

pytestmark = pytest.mark.slow


def test_a_pool_connects_at_first_use_only() -> None:
    with Pool(Settings(conninfo="host=nowhere.invalid")) as pool:
        assert pool.settings.pool_size == 5


def test_a_pool_commits_and_rolls_back(settings: Settings) -> None:
    with Pool(settings) as pool:
        with pool.connection() as conn:
            conn.execute("CREATE TABLE pooled (x integer)")
        with pytest.raises(ZeroDivisionError), pool.connection() as conn:
            conn.execute("DROP TABLE pooled")
            _ = 1 / 0
        with pool.connection() as conn:
            assert value_of(conn, "SELECT count(*) FROM pooled") == 0
            conn.execute("DROP TABLE pooled")


def test_a_pool_has_size_and_overflow(settings: Settings) -> None:
    with Pool(settings) as pool:
        assert len(backends(pool, 4)) == 4
        with pytest.raises(NoConnection), borrowed(pool, 4), pool.connection(timeout=0.1):
            pytest.fail("a fifth connection")
        assert pool.stats()["open"] == 3


@pytest.mark.parametrize(("size", "overflow"), [(0, 2), (1, -1)])
def test_a_pool_can_be_unlimited_as_in_sqlalchemy(
    private: embedded.Server, size: int, overflow: int
) -> None:
    settings = Settings(conninfo=private.uri(), pool_size=size, pool_overflow=overflow)
    with Pool(settings) as pool:
        assert len(backends(pool, 9)) == 9


def test_a_pool_gives_threshold_and_name_to_its_connections(private: embedded.Server) -> None:
    settings = Settings(
        conninfo=private.uri(), application_name="reana-server", prepare_threshold=None
    )
    with Pool(settings) as pool, pool.connection() as conn:
        assert conn.prepare_threshold is None
        assert value_of(conn, "SHOW application_name") == "reana-server"


def test_a_pool_takes_parameters_of_libpq(settings: Settings) -> None:
    with Pool(settings, dbname="template1") as pool, pool.connection() as conn:
        assert conn.info.dbname == "template1"


def test_an_exhausted_pool_says_so(settings: Settings) -> None:
    with Pool(settings) as pool, borrowed(pool, 4):
        started = time.monotonic()
        with pytest.raises(NoConnection, match=r"within 0\.3 s: all 4 connections of the pool"):
            pool.connection(timeout=0.3).__enter__()
        assert time.monotonic() - started < 4


def test_a_pool_without_a_server_says_why(settings: Settings) -> None:
    nowhere = changed(settings, password="hunter2")
    with (
        Pool(nowhere) as pool,
        pytest.raises(NoConnection, match="password auth") as caught,
        pool.connection(timeout=0.3),
    ):
        pytest.fail("connected")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("pre_ping", [False, True])
@pytest.mark.parametrize("how", ["killed", "restarted", "crashed"])
def test_a_pool_survives_the_end_of_its_sessions(
    private: embedded.Server, how: str, pre_ping: bool
) -> None:
    settings = Settings(
        conninfo=private.uri(), pool_size=8, pool_overflow=0, pool_pre_ping=pre_ping
    )
    with Pool(settings) as pool:
        before = backends(pool, 8)
        if how == "killed":
            kill_others(settings)
        else:
            private.restart(immediate=how == "crashed")
        started = time.monotonic()
        with pool.connection() as conn:
            assert value_of(conn, "SELECT 1") == 1
        first = time.monotonic() - started
        after = backends(pool, 8)
    assert first < 0.9
    assert not before & after


def test_a_pool_recovers_while_callers_wait_through_an_outage(door: Door, behind: Settings) -> None:
    door.become("open")
    with Pool(behind) as pool, ThreadPoolExecutor(8) as threads:
        backends(pool, 4)
        door.become("closed")
        waiting = [threads.submit(backends, pool, 1) for _ in range(8)]
        time.sleep(3)
        assert not any(one.done() for one in waiting)
        door.become("open")
        started = time.monotonic()
        assert all(one.result(timeout=10) for one in waiting)
    assert time.monotonic() - started < 4


def test_a_pool_recovers_from_an_outage_that_nobody_noticed(door: Door, behind: Settings) -> None:
    door.become("open")
    with Pool(behind) as pool:
        backends(pool, 4)
        door.become("closed")
        time.sleep(1.5)
        door.become("open")
        started = time.monotonic()
        assert len(backends(pool, 4)) == 4
    assert time.monotonic() - started < 4


def test_a_broken_connection_is_not_lent_again(settings: Settings) -> None:
    with Pool(settings) as pool:
        with pytest.raises(psycopg.OperationalError), pool.connection() as conn:
            conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert len(backends(pool, 4)) == 4


def opened_while_used(pool: Pool) -> int:
    with pool.connection() as conn:
        conn.execute("SELECT 1")
        return pool.stats()["open"]


def test_many_threads_share_a_pool_through_a_restart(private: embedded.Server) -> None:
    settings = Settings(conninfo=private.uri(), pool_size=3, pool_overflow=2)
    with Pool(settings) as pool, ThreadPoolExecutor(16) as threads:
        for _ in range(2):
            opened = list(threads.map(lambda _: opened_while_used(pool), range(200)))
            assert max(opened) <= 5
            private.restart()


def test_a_pool_replaces_old_connections(private: embedded.Server) -> None:
    settings = Settings(conninfo=private.uri(), pool_size=1, pool_overflow=0, pool_recycle=1)
    with Pool(settings) as pool:
        before = backends(pool, 1)
        time.sleep(1.1)
        with pool.connection():
            pass
        assert backends(pool, 1) != before


def test_a_pool_can_keep_connections_for_ever(private: embedded.Server) -> None:
    settings = Settings(conninfo=private.uri(), pool_size=1, pool_overflow=0, pool_recycle=-1)
    with Pool(settings) as pool:
        assert backends(pool, 1) == backends(pool, 1)


def test_a_pool_can_close_each_returned_connection(
    private: embedded.Server, door: Door, behind: Settings
) -> None:
    closing = replace(behind, close_pool_connections=True, application_name="closing")
    threading.Timer(0.5, door.become, ["open"]).start()
    with Pool(closing) as pool:
        first, second = backends(pool, 1), backends(pool, 1)
    assert first != second
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'closing'"
    with connect(Settings(conninfo=private.uri()), autocommit=True) as conn:
        for _ in range(100):
            if not value_of(conn, sessions):
                return
            time.sleep(0.02)
    pytest.fail("the sessions stay open")


def test_a_closed_pool_opens_again_when_used(settings: Settings) -> None:
    pool = Pool(settings)
    before = backends(pool, 4)
    pool.close()
    pool.close()
    assert not backends(pool, 4) & before
    pool.close()


def test_a_pool_opens_connections_as_they_are_needed(settings: Settings) -> None:
    with Pool(settings) as pool:
        used = [backends(pool, 1) for _ in range(20)]
        assert len(set.union(*used)) == 1
        assert pool.stats()["open"] == 1
        backends(pool, 2)
        assert pool.stats()["open"] == 2


def test_a_pool_keeps_its_size_and_closes_what_is_beyond(settings: Settings) -> None:
    with Pool(settings) as pool:
        with borrowed(pool, 4):
            assert pool.stats()["open"] == 4
        assert (pool.stats()["open"], pool.stats()["idle"]) == (3, 3)


def test_a_connection_that_waits_in_vain_frees_its_place(door: Door, behind: Settings) -> None:
    one = replace(behind, pool_size=1, pool_overflow=0)
    with Pool(one) as pool:
        with pytest.raises(NoConnection), pool.connection(timeout=0.2):
            pytest.fail("connected")
        door.become("open")
        assert len(backends(pool, 1)) == 1


def test_a_pool_takes_a_uri_or_a_connection_string(settings: Settings) -> None:
    for place in (settings.uri, settings.conninfo):
        with Pool(place) as pool, pool.connection() as conn:
            assert value_of(conn, "SELECT current_database()") == "postgres"


def test_a_block_that_ends_well_in_a_failed_transaction_is_told(settings: Settings) -> None:
    with Pool(settings) as pool:
        with pytest.raises(TransactionAborted), pool.connection() as conn:
            conn.execute("CREATE TABLE lost ()")
            with contextlib.suppress(psycopg.errors.DivisionByZero):
                conn.execute("SELECT 1 / 0")
        with pool.connection() as conn:
            assert value_of(conn, "SELECT to_regclass('lost')") is None


def test_what_a_pool_lends_a_connection_for_is_one_transaction(settings: Settings) -> None:
    with Pool(settings) as pool:
        with pytest.raises(ZeroDivisionError), pool.connection() as conn:
            with conn.transaction():
                conn.execute("CREATE TABLE lost ()")
            _ = 1 / 0
        with pool.connection() as conn:
            assert value_of(conn, "SELECT to_regclass('lost')") is None
            with contextlib.suppress(psycopg.errors.DivisionByZero), conn.transaction():
                conn.execute("SELECT 1 / 0")
            assert value_of(conn, "SELECT 1") == 1


# Transactions that are run again


class Flaky:
    """Inserts a number, and fails the first times it is called."""

    def __init__(self, failures: int, how: str) -> None:
        self.left = failures
        self.how = how
        self.backends: list[int] = []

    def __call__(self, conn: Connection) -> str:
        self.backends.append(conn.info.backend_pid)
        conn.execute("INSERT INTO tried VALUES (1)")
        if self.left:
            self.left -= 1
            conn.execute(self.how.encode())
        return "done"


DEADLOCK = "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"
TERMINATED = "SELECT pg_terminate_backend(pg_backend_pid())"
REFUSED = "SELECT 1 / 0"
DOUBTFUL = "INSERT INTO deadly VALUES (1)"

TABLES = """
CREATE TABLE tried (x integer);
CREATE TABLE deadly (x integer);
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(9); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER die AFTER INSERT ON deadly DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION die();
"""


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    """A pool on a server with tables to write to."""
    with Pool(settings) as pool:
        with pool.connection() as conn:
            conn.execute(TABLES)
        yield pool
        with pool.connection() as conn:
            conn.execute("DROP TABLE tried, deadly; DROP FUNCTION die()")


def written(pool: Pool) -> int:
    with pool.connection() as conn:
        found = value_of(conn, "SELECT count(*) FROM tried")
        assert isinstance(found, int)
        return found


@pytest.mark.parametrize("how", [DEADLOCK, TERMINATED])
def test_a_transaction_is_run_again_after_a_fault_that_passes(pool: Pool, how: str) -> None:
    flaky = Flaky(2, how)
    assert pool.run(flaky) == "done"
    assert len(flaky.backends) == 3
    assert written(pool) == 1


def test_it_is_run_again_on_another_connection_than_the_lost_one(pool: Pool) -> None:
    flaky = Flaky(1, TERMINATED)
    pool.run(flaky)
    assert len(set(flaky.backends)) == 2


def test_it_is_not_run_again_after_another_error(pool: Pool) -> None:
    flaky = Flaky(1, REFUSED)
    with pytest.raises(psycopg.errors.DivisionByZero):
        pool.run(flaky)
    assert len(flaky.backends) == 1
    assert written(pool) == 0


def test_an_error_of_the_function_itself_comes_out(pool: Pool) -> None:
    with pytest.raises(ZeroDivisionError):
        pool.run(lambda _: 1 // 0)


def test_it_is_not_run_again_when_it_may_have_been_committed(pool: Pool) -> None:
    flaky = Flaky(1, DOUBTFUL)
    with pytest.raises(ConnectionLost) as caught:
        pool.run(flaky)
    assert caught.value.in_doubt
    assert len(flaky.backends) == 1


def test_what_may_happen_twice_is_run_again_even_then(pool: Pool) -> None:
    flaky = Flaky(1, DOUBTFUL)
    assert pool.run(flaky, idempotent=True) == "done"
    assert len(flaky.backends) == 2


def test_it_is_run_again_until_the_deadline(pool: Pool) -> None:
    flaky = Flaky(1000, DEADLOCK)
    started = time.monotonic()
    with pytest.raises(psycopg.errors.DeadlockDetected):
        pool.run(flaky, deadline=0.5)
    assert 0.4 < time.monotonic() - started < 5
    assert len(flaky.backends) > 2


def test_it_waits_for_a_server_that_is_away(door: Door, behind: Settings) -> None:
    with Pool(behind) as pool:
        threading.Timer(1, door.become, ["open"]).start()
        assert pool.run(lambda conn: value_of(conn, "SELECT 1")) == 1


def test_a_frozen_server_does_not_hold_it_beyond_the_deadline(settings: Settings) -> None:
    frozen: list[int] = []

    def freeze(conn: Connection) -> None:
        frozen.append(conn.info.backend_pid)
        os.kill(conn.info.backend_pid, signal.SIGSTOP)
        conn.execute("SELECT 1")

    with Pool(settings) as pool:
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            pool.run(freeze, deadline=0.5)
        assert time.monotonic() - started < 5
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        assert pool.run(lambda conn: conn.ends_at) == math.inf


def test_after_a_frozen_server_the_next_one_is_tried(settings: Settings) -> None:
    frozen: list[int] = []

    def freeze(conn: Connection) -> str:
        if not frozen:
            frozen.append(conn.info.backend_pid)
            os.kill(conn.info.backend_pid, signal.SIGSTOP)
        conn.execute("SELECT 1")
        return "done"

    with Pool(settings, deadline=0.5) as pool:
        assert pool.run(freeze) == "done"
    os.kill(frozen[0], signal.SIGCONT)


# Forks.  They run in a process of their own: the one of the tests has threads.

FORKS = """
import json, os, sys, ctypes
from reana_db import Pool, Settings

pool = Pool(Settings.from_environment(), application_name="forking")

def backends():
    from contextlib import ExitStack
    with ExitStack() as stack:
        lent = [stack.enter_context(pool.connection(timeout=10)) for _ in range(3)]
        return [conn.execute("SELECT pg_backend_pid()").fetchone()[0] for conn in lent]

def in_child(fork, leave):
    reading, writing = os.pipe()
    if fork() == 0:
        found = [backends() for _ in range(5)]
        os.write(writing, json.dumps(sorted({pid for pids in found for pid in pids})).encode())
        leave(0)
    os.close(writing)
    return reading

def run(fork, leave, children=4):
    before = backends() if opened_first else []
    pipes = [in_child(fork, leave) for _ in range(children)]
    of_children = [json.loads(os.read(pipe, 9999)) for pipe in pipes]
    ends = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in pipes]
    print(json.dumps({
        "before": before, "after": backends(), "children": of_children, "ends": ends
    }))

opened_first = sys.argv[2] == "opened"
# uWSGI forks in C, so that what Python registers for a fork does not run there.
fork = os.fork if sys.argv[1] == "python" else ctypes.PyDLL(None).fork
run(fork, sys.exit if sys.argv[1] == "python" else os._exit)
"""


@pytest.mark.parametrize("opened", ["opened", "unused"])
@pytest.mark.parametrize("fork", ["python", "c"])
def test_a_forked_child_has_connections_of_its_own(
    private: embedded.Server, fork: str, opened: str
) -> None:
    environ = os.environ | {
        "REANA_SQLALCHEMY_DATABASE_URI": private.uri(),
        "SQLALCHEMY_POOL_SIZE": "3",
        "SQLALCHEMY_MAX_OVERFLOW": "0",
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
    }
    command = [sys.executable, "-c", textwrap.dedent(FORKS), fork, opened]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    parent, children = set(found["after"]), [set(pids) for pids in found["children"]]
    assert found["ends"] == [0, 0, 0, 0]
    assert not found["before"] or set(found["before"]) == parent
    assert all(len(pids) == 3 for pids in [parent, *children])
    assert len(set.union(parent, *children)) == 15
