"""What goes wrong in the database raises an error of ours that is an error of psycopg too."""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from reana_db import Connection, connect, errors, jobs, users, workflows
from reana_db.jobs import NewJob
from tests.support.factories import make_user, make_workflow
from tests.support.races import until_one_waits

JOB = NewJob(
    backend_job_id="job",
    compute_backend="kubernetes",
    docker_img="busybox",
    job_name="fit",
    prettified_cmd="true",
)


@pytest.fixture
def connected(fresh_db: str) -> Iterator[Connection]:
    with contextlib.closing(connect(fresh_db)) as conn:
        yield conn


def raised(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with pytest.raises(errors.ReanaDBError) as caught:
        function(*args, **kwargs)
    assert isinstance(caught.value, psycopg.Error)
    return caught.value


def fails_with(conn: Connection, sqlstate: str) -> Any:
    """Make the server raise an error with this SQLSTATE."""
    return raised(conn.execute, f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$".encode())


@pytest.mark.parametrize(
    ("sqlstate", "theirs", "retryable"),
    [
        ("40001", psycopg.errors.SerializationFailure, True),
        ("40P01", psycopg.errors.DeadlockDetected, True),
        ("55P03", psycopg.errors.LockNotAvailable, True),
        ("57014", psycopg.errors.QueryCanceled, True),
        ("57P01", psycopg.errors.AdminShutdown, True),
        ("57P02", psycopg.errors.CrashShutdown, True),
        ("57P03", psycopg.errors.CannotConnectNow, True),
        ("42501", psycopg.errors.InsufficientPrivilege, False),
        ("53100", psycopg.errors.DiskFull, False),
        ("23505", psycopg.errors.UniqueViolation, False),
        ("23514", psycopg.errors.CheckViolation, False),
    ],
)
def test_an_error_says_whether_to_try_again(
    connected: Connection, sqlstate: str, theirs: type[psycopg.Error], retryable: bool
) -> None:
    error = fails_with(connected, sqlstate)
    assert (error.sqlstate, error.retryable, error.in_doubt) == (sqlstate, retryable, False)
    assert isinstance(error, theirs)


def test_an_error_of_the_library_too_says_whether_to_try_again(fresh_db: str) -> None:
    with connect(fresh_db) as holder, connect(fresh_db) as conn:
        owner = make_user(holder)
        run = make_workflow(holder, owner)
        holder.commit()
        holder.execute("SELECT FROM __reana.workflow FOR UPDATE")
        conn.execute("SET LOCAL lock_timeout = 50")
        error = raised(jobs.create, conn, run, JOB)
        conn.rollback()
    assert error.retryable
    assert isinstance(error, psycopg.errors.LockNotAvailable)


def test_a_plain_connection_of_psycopg_gets_these_errors_from_functions(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        conn.execute("SET LOCAL statement_timeout = 1")
        with pytest.raises(errors.DatabaseFailure) as caught:
            while True:
                workflows.find_by_id(conn, uuid4())
    assert isinstance(caught.value, psycopg.errors.QueryCanceled)
    assert caught.value.retryable


def test_no_error_is_its_own_cause(connected: Connection) -> None:
    caught = [
        fails_with(connected, "23505"),
        raised(workflows.find_by_id, connected, uuid4()),
    ]
    for error in caught:
        assert error.__cause__ is not error
        assert error.__context__ is not error


def test_an_error_names_the_value_that_is_taken(connected: Connection) -> None:
    make_user(connected, email="ada@example.org")
    error = raised(users.create, connected, email="ada@example.org")
    assert isinstance(error, errors.AlreadyExists)
    assert "ada@example.org" in str(error)


def test_an_error_names_the_value_that_is_missing(connected: Connection) -> None:
    nobody = uuid4()
    error = raised(jobs.create, connected, nobody, JOB)
    assert isinstance(error, errors.MissingReference)
    assert str(nobody) in str(error)


def test_no_error_names_a_secret_that_is_taken(connected: Connection) -> None:
    ada, bob = make_user(connected), make_user(connected)
    insert = (
        "INSERT INTO __reana.user_token (id_, token, status, user_id, type_, created, updated)"
        " VALUES (md5(random()::text)::uuid, 'hush-hush', 'active', %s, 'reana', now(), now())"
    )
    connected.execute(insert, [ada])
    error = raised(connected.execute, insert, [bob])
    assert isinstance(error, errors.AlreadyExists)
    assert "hush-hush" not in str(error)


@pytest.mark.parametrize("sqlstate", ["40001", "23505", "22001", "23514", "42501"])
def test_an_error_survives_being_sent_to_another_process(
    connected: Connection, sqlstate: str
) -> None:
    error = fails_with(connected, sqlstate)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
    assert (again.sqlstate, again.retryable) == (sqlstate, error.retryable)


def test_a_lost_connection_is_an_error_of_ours(connected: Connection) -> None:
    error = raised(connected.execute, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert isinstance(error, errors.ConnectionLost)
    assert isinstance(error, psycopg.errors.AdminShutdown)
    assert (error.retryable, error.in_doubt) == (True, False)
    after = raised(workflows.find_by_id, connected, uuid4())
    assert isinstance(after, errors.ConnectionLost)


def test_a_deadlock_is_an_error_of_ours(fresh_db: str) -> None:
    with connect(fresh_db) as one, connect(fresh_db) as other:
        first, second = make_user(one, email="1@x"), make_user(one, email="2@x")
        one.commit()
        lock = "SELECT FROM __reana.user_ WHERE id_ = %s FOR UPDATE"
        one.execute(lock, [first])
        other.execute(lock, [second])
        caught: list[psycopg.Error] = []

        def meet(conn: Connection, user: Any) -> None:
            try:
                conn.execute(lock, [user])
            except psycopg.errors.DeadlockDetected as error:
                caught.append(error)
                conn.rollback()

        thread = threading.Thread(target=meet, args=(one, second))
        thread.start()
        with psycopg.connect(fresh_db) as watcher:
            until_one_waits(watcher)
        meet(other, first)
        thread.join()
        one.rollback()
    (error,) = caught
    assert isinstance(error, errors.DatabaseFailure)
    assert error.retryable


def test_every_error_says_what_to_do() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = [kind for kind in kinds if issubclass(kind, errors.ReanaDBError)]
    assert {kind.__name__ for kind in ours if kind.retryable} == {
        "NoConnection",
        "ConnectionLost",
        "DeadlineExceeded",
        "StandbyBehind",
    }
    assert not any(kind.in_doubt for kind in ours)
