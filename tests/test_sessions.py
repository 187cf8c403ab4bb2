"""Interactive sessions: opened once, marked running, closed, listed."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import errors, sessions
from reana_db.queries import Conn
from reana_db.records import RunStatus
from tests.support.factories import insert, make_session, make_user, make_workflow, resource_id
from tests.support.races import at_once

pytestmark = pytest.mark.usefixtures("no_leaks")


@pytest.fixture
def run(conn: Conn) -> UUID:
    return make_workflow(conn, make_user(conn))


def open_one(conn: Conn, run: UUID, name: str = "s1") -> sessions.Session:
    return sessions.open_session(conn, run, name=name, path=f"/{name}")


def test_a_session_is_opened_in_the_status_created(conn: Conn, run: UUID) -> None:
    owner = make_user(conn)
    session = sessions.open_session(conn, run, name="s1", path="/s1", owner_id=owner)
    assert (session.workflow_id, session.status, session.owner_id) == (run, "created", owner)
    assert sessions.of_workflow(conn, run) == session == sessions.get(conn, session.id_)


def test_a_second_session_of_a_run_is_refused(conn: Conn, run: UUID) -> None:
    first = open_one(conn, run)
    with pytest.raises(errors.SessionAlreadyOpen, match=str(run)):
        open_one(conn, run, "s2")
    assert sessions.of_workflow(conn, run) == first


def test_a_name_and_path_in_use_are_refused(conn: Conn, run: UUID) -> None:
    open_one(conn, run)
    with pytest.raises(errors.AlreadyExists):
        open_one(conn, make_workflow(conn, make_user(conn)))


@pytest.mark.parametrize("status", [RunStatus.created, RunStatus.failed, RunStatus.finished])
def test_a_run_in_any_other_status_than_deleted_can_have_one(conn: Conn, status: str) -> None:
    run = make_workflow(conn, make_user(conn), status=status)
    assert open_one(conn, run).workflow_id == run


def test_a_deleted_run_cannot_have_one(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn), status="deleted")
    with pytest.raises(errors.WorkflowDeleted):
        open_one(conn, run)


def test_an_unknown_run_is_not_found(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        open_one(conn, uuid4())
    assert sessions.of_workflow(conn, uuid4()) is None


def test_of_many_callers_at_once_one_opens_the_session(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        run = make_workflow(conn, make_user(conn))

    def attempt(conn: Conn, number: int) -> bool:
        try:
            open_one(conn, run, f"s{number}")
        except errors.SessionAlreadyOpen:
            return False
        return True

    assert sorted(at_once(fresh_db, 8, attempt)) == [False] * 7 + [True]
    with psycopg.connect(fresh_db) as conn:
        assert sessions.count_active(conn) == 1


def test_only_a_created_session_is_marked_running(conn: Conn, run: UUID) -> None:
    session = open_one(conn, run)
    assert sessions.mark_running(conn, session.id_)
    assert not sessions.mark_running(conn, session.id_)
    assert sessions.get(conn, session.id_).status is RunStatus.running
    assert not sessions.mark_running(conn, uuid4())


def test_a_closed_session_is_gone_with_all_that_refers_to_it(conn: Conn, run: UUID) -> None:
    session = open_one(conn, run)
    insert(
        conn,
        "interactive_session_resource",
        session_id=session.id_,
        resource_id=resource_id(conn, "processing time"),
        created="2026-01-01",
        updated="2026-01-01",
    )
    assert sessions.close_session(conn, session.id_)
    assert not sessions.close_session(conn, session.id_)
    assert sessions.of_workflow(conn, run) is None
    with pytest.raises(errors.NotFound):
        sessions.get(conn, session.id_)
    assert open_one(conn, run, "s2")


def test_the_sessions_of_runs_are_closed_together(conn: Conn, run: UUID) -> None:
    other = make_workflow(conn, make_user(conn))
    for workflow_id in (run, other):
        make_session(conn, workflow_id)
    assert sessions.close_of_workflows(conn, [run, uuid4()]) == 1
    assert sessions.of_workflow(conn, run) is None
    assert sessions.of_workflow(conn, other) is not None


def test_open_sessions_are_counted_and_listed_with_the_owner_of_the_run(conn: Conn) -> None:
    owner = make_user(conn, email="ann@example.org")
    for status in ("created", "running", "stopped", "deleted", "failed"):
        make_session(conn, make_workflow(conn, owner), status=status)
    assert sessions.count_active(conn) == 2
    found = {(item.status, item.owner_email) for item in sessions.open_sessions(conn)}
    assert found == {("created", "ann@example.org"), ("running", "ann@example.org")}
