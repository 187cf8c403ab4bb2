"""A connection says when a commit did not happen or may have happened, and when it gives up."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.abc import PQGen
from psycopg.waiting import Ready, Wait

from reana_db import Connection, Settings, connect, errors
from tests.support.restartable import changed, kill_others, value_of

pytestmark = pytest.mark.slow

LOSES_ITS_SERVER_AT_COMMIT = """
CREATE TABLE doubtful (x integer);
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(9); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER die AFTER INSERT ON doubtful DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION die();
"""


@pytest.fixture
def conn(settings: Settings) -> Iterator[Connection]:
    with contextlib.closing(connect(settings)) as conn:
        yield conn


@pytest.fixture
def deadly(settings: Settings) -> Iterator[None]:
    """A table after whose change a transaction loses its server while it commits."""
    with connect(settings, autocommit=True) as conn:
        conn.execute(LOSES_ITS_SERVER_AT_COMMIT)
        yield
        conn.execute("DROP TABLE doubtful; DROP FUNCTION die()")


def fail(conn: Connection) -> None:
    with contextlib.suppress(psycopg.errors.DivisionByZero):
        conn.execute("SELECT 1 / 0")


# Commits that do not happen


def test_a_commit_after_a_failure_says_that_nothing_was_committed(conn: Connection) -> None:
    fail(conn)
    with pytest.raises(errors.TransactionAborted) as caught:
        conn.commit()
    assert isinstance(caught.value, psycopg.errors.InFailedSqlTransaction)
    assert value_of(conn, "SELECT 1") == 1


def test_so_does_the_end_of_a_connection(settings: Settings) -> None:
    with pytest.raises(errors.TransactionAborted), connect(settings) as conn:
        fail(conn)
    assert conn.closed


def test_so_does_the_end_of_a_block(conn: Connection) -> None:
    with pytest.raises(errors.TransactionAborted), conn.transaction():
        fail(conn)
    assert value_of(conn, "SELECT 1") == 1


def test_a_failure_in_an_inner_block_leaves_the_outer_one_usable(conn: Connection) -> None:
    with conn.transaction():
        with contextlib.suppress(psycopg.errors.DivisionByZero), conn.transaction():
            conn.execute("SELECT 1 / 0")
        assert value_of(conn, "SELECT 1") == 1


# Commits that may have happened


@pytest.mark.usefixtures("deadly")
@pytest.mark.parametrize("how", ["commit", "block", "with"])
def test_a_connection_lost_while_it_commits_leaves_doubt(settings: Settings, how: str) -> None:
    with pytest.raises(errors.ConnectionLost) as caught, connect(settings) as conn:
        if how == "block":
            with conn.transaction():
                conn.execute("INSERT INTO doubtful VALUES (1)")
        conn.execute("INSERT INTO doubtful VALUES (1)")
        if how == "commit":
            conn.commit()
    assert caught.value.retryable
    assert caught.value.in_doubt


@pytest.mark.usefixtures("deadly")
def test_a_statement_that_is_a_transaction_of_its_own_leaves_doubt(settings: Settings) -> None:
    with (
        pytest.raises(errors.ConnectionLost) as caught,
        connect(settings, autocommit=True) as conn,
    ):
        conn.execute("INSERT INTO doubtful VALUES (1)")
    assert caught.value.in_doubt


def test_what_only_reads_leaves_none(settings: Settings) -> None:
    with pytest.raises(errors.ConnectionLost) as caught, connect(settings) as conn:
        conn.read_only = True
        conn.execute("SELECT")
        kill_others(settings)
    assert caught.value.retryable
    assert not caught.value.in_doubt


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_connection_lost_before_leaves_none(settings: Settings, autocommit: bool) -> None:
    with (
        pytest.raises(errors.ConnectionLost) as caught,
        connect(settings, autocommit=autocommit) as conn,
        conn.transaction(),
    ):
        conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert caught.value.retryable
    assert not caught.value.in_doubt


def test_a_connection_that_was_lost_does_not_pretend_to_commit(conn: Connection) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(errors.ConnectionLost) as caught:
        conn.commit()
    assert not caught.value.in_doubt


# Writing where it is not possible


def test_a_transaction_that_was_made_read_only_is_not_worth_a_second_try(conn: Connection) -> None:
    conn.read_only = True
    with pytest.raises(errors.WriteRefused) as caught:
        conn.execute("CREATE TABLE refused ()")
    assert not caught.value.retryable


def test_one_that_began_while_the_server_was_promoted_is(conn: Connection) -> None:
    """The server says already that it is no standby; behind a pooler it said so long ago."""
    conn.execute("SET TRANSACTION READ ONLY")
    with pytest.raises(errors.WriteRefused) as caught:
        conn.execute("CREATE TABLE refused ()")
    assert caught.value.retryable


# Deadlines


@contextlib.contextmanager
def frozen(conn: Connection) -> Iterator[None]:
    """Stop the process that serves a connection: its kernel goes on to acknowledge."""
    pid = conn.info.backend_pid  # a connection that was given up does not know it any more
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_frozen_server_is_given_up_at_the_deadline(settings: Settings) -> None:
    with contextlib.closing(connect(settings, deadline=0.5)) as conn:
        assert value_of(conn, "SELECT 1") == 1
        started = time.monotonic()
        with frozen(conn), pytest.raises(errors.DeadlineExceeded) as caught:
            conn.execute("SELECT 2")
        assert 0.4 < time.monotonic() - started < 5
        assert conn.closed
    assert isinstance(caught.value, psycopg.OperationalError)
    assert (caught.value.retryable, caught.value.in_doubt) == (True, False)


def test_a_commit_that_is_given_up_is_in_doubt(settings: Settings) -> None:
    with (
        pytest.raises(errors.DeadlineExceeded) as caught,
        connect(settings, deadline=0.5) as conn,
    ):
        assert value_of(conn, "SELECT 1") == 1
        with frozen(conn):
            conn.commit()
    assert caught.value.in_doubt


def test_without_a_deadline_a_frozen_server_is_waited_for(settings: Settings) -> None:
    with connect(changed(settings, tcp_user_timeout=500)) as conn:
        pid = conn.info.backend_pid
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        os.spawnlp(os.P_NOWAIT, "sh", "sh", "-c", f"sleep 2; kill -CONT {pid}")
        assert value_of(conn, "SELECT 1") == 1
        assert time.monotonic() - started > 1.9


def test_what_answers_in_time_is_not_cut(settings: Settings) -> None:
    with connect(settings, deadline=2) as conn:
        for _ in range(4):
            conn.execute("SELECT pg_sleep(0.6)")


def test_the_deadline_is_a_setting(settings: Settings) -> None:
    patient = Settings(conninfo=settings.conninfo, statement_deadline=7)
    with connect(patient) as conn:
        assert conn.deadline == 7
    with connect(patient, deadline=3) as conn:
        assert conn.deadline == 3
    with connect(settings) as conn:
        assert conn.deadline is None


def test_a_deadline_costs_at_most_two_microseconds_a_call(settings: Settings) -> None:
    def answer() -> PQGen[int]:
        yield Wait.R
        return 1

    def drive(gen: PQGen[int]) -> None:
        next(gen)
        with contextlib.suppress(StopIteration):
            gen.send(Ready.R)

    def cost(make: Callable[[], PQGen[int]]) -> float:
        started = time.thread_time()
        for _ in range(10_000):
            drive(make())
        return (time.thread_time() - started) / 10_000

    with connect(settings) as conn:
        plain = min(cost(answer) for _ in range(10))
        limited = min(cost(lambda: conn._limited(answer(), math.inf)) for _ in range(10))
    assert limited - plain < 2e-6
