"""Times that the database sets: in UTC, first start and first end, for every client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from reana_db import transitions
from reana_db.queries import Conn
from reana_db.records import Entity, JobStatus, RunStatus
from tests.support.factories import make_user
from tests.support.statuses import Maker

EARLY = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATE = EARLY + timedelta(hours=1)
TABLES_WITH_UPDATED = """
SELECT c.relname
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
WHERE
    c.relnamespace = '__reana'::regnamespace
    AND c.relkind = 'r'
    AND c.relname NOT LIKE 'orphan%'
    AND a.attname = 'updated'
"""


@pytest.fixture
def maker(conn: Conn) -> Maker:
    return Maker(conn)


def times(conn: Conn, run: UUID) -> dict[str, datetime]:
    """Return the times of a run that are set."""
    return _times(
        conn,
        """
        SELECT run_started_at, run_finished_at, run_stopped_at
        FROM __reana.workflow WHERE id_ = %s
        """,
        run,
    )


def job_times(conn: Conn, job: UUID) -> dict[str, datetime]:
    """Return the times of a job that are set."""
    return _times(conn, "SELECT started_at, finished_at FROM __reana.job WHERE id_ = %s", job)


def _times(conn: Conn, query: LiteralString, row_id: UUID) -> dict[str, datetime]:
    cursor = conn.execute(query, [row_id])
    row = cursor.fetchone()
    assert row is not None
    assert cursor.description is not None
    return {
        column.name: value.replace(tzinfo=UTC)
        for column, value in zip(cursor.description, row, strict=True)
        if value is not None
    }


def update(conn: Conn, run: UUID, **columns: Any) -> None:
    """Update columns of a run as a client that knows no function of ours."""
    naive = {
        name: value.replace(tzinfo=None) if isinstance(value, datetime) else value
        for name, value in columns.items()
    }
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in naive
    )
    statement = sql.SQL("UPDATE __reana.workflow SET {} WHERE id_ = {}").format(assignments, run)
    conn.execute(statement, naive)


def is_now(value: datetime) -> bool:
    return abs(datetime.now(UTC) - value) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ("pending", "running", "run_started_at"),
        ("queued", "running", "run_started_at"),
        ("running", "finished", "run_finished_at"),
        ("running", "failed", "run_finished_at"),
        ("queued", "failed", "run_finished_at"),
        ("pending", "finished", "run_finished_at"),
        ("running", "stopped", "run_stopped_at"),
        ("created", "queued", None),
        ("queued", "pending", None),
        ("finished", "deleted", None),
    ],
)
def test_a_change_of_status_sets_the_time_of_a_run(
    conn: Conn, maker: Maker, before: str, after: str, column: str | None
) -> None:
    run = maker.make(Entity.workflow, before)
    update(conn, run, status=after)
    found = times(conn, run)
    assert list(found) == ([column] if column else [])
    assert all(map(is_now, found.values()))


@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ("created", "running", "started_at"),
        ("queued", "running", "started_at"),
        ("running", "finished", "finished_at"),
        ("created", "failed", "finished_at"),
        ("running", "stopped", None),
        ("created", "queued", None),
    ],
)
def test_a_change_of_status_sets_the_time_of_a_job(
    conn: Conn, maker: Maker, before: str, after: str, column: str | None
) -> None:
    job = maker.make(Entity.job, before)
    conn.execute("UPDATE __reana.job SET status = %s WHERE id_ = %s", [after, job])
    found = job_times(conn, job)
    assert list(found) == ([column] if column else [])
    assert all(map(is_now, found.values()))


def test_start_and_end_in_one_transaction_differ(conn: Conn, maker: Maker) -> None:
    run = maker.make(Entity.workflow, "pending")
    update(conn, run, status="running")
    conn.execute("SELECT pg_sleep(0.01)")
    update(conn, run, status="finished")
    found = times(conn, run)
    assert found["run_started_at"] < found["run_finished_at"]


def test_an_equal_status_changes_no_time(conn: Conn, maker: Maker) -> None:
    run = maker.make(Entity.workflow, "pending")
    for status in ("running", "finished"):
        update(conn, run, status=status)
        first = times(conn, run)
        update(conn, run, status=status)
        transitions.set_workflow_status(conn, run, RunStatus(status), append_logs="x", at=EARLY)
        assert times(conn, run) == first


def test_the_first_start_and_the_first_end_win(conn: Conn, maker: Maker) -> None:
    run = maker.make(Entity.workflow, "pending")
    update(conn, run, status="running", run_started_at=EARLY)
    update(conn, run, status="failed", run_started_at=LATE, run_finished_at=LATE)
    update(conn, run, status="running", run_started_at=LATE)
    update(conn, run, status="finished", run_finished_at=LATE + timedelta(hours=1))
    assert times(conn, run) == {"run_started_at": EARLY, "run_finished_at": LATE}


def test_a_change_of_status_does_not_clear_a_time(conn: Conn, maker: Maker) -> None:
    run = maker.make(Entity.workflow, "finished")
    update(conn, run, run_finished_at=LATE)
    update(conn, run, status="deleted", run_finished_at=None)
    assert times(conn, run) == {"run_finished_at": LATE}


def test_functions_take_the_time_of_late_messages(conn: Conn, maker: Maker) -> None:
    run = maker.make(Entity.workflow, "pending")
    transitions.set_workflow_status(conn, run, RunStatus.running, at=EARLY)
    transitions.set_workflow_status(conn, run, RunStatus.stopped, at=LATE)
    assert times(conn, run) == {"run_started_at": EARLY, "run_stopped_at": LATE}
    job = maker.make(Entity.job, "created")
    transitions.set_job_status(conn, job, JobStatus.running, at=EARLY)
    transitions.set_job_status(conn, job, JobStatus.finished, at=LATE)
    assert job_times(conn, job) == {"started_at": EARLY, "finished_at": LATE}


@pytest.mark.parametrize("status", [RunStatus.finished, RunStatus.stopped])
def test_an_end_is_never_before_its_start(conn: Conn, maker: Maker, status: RunStatus) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    for at in (None, EARLY):
        run = maker.make(Entity.workflow, "pending")
        transitions.set_workflow_status(conn, run, RunStatus.running, at=ahead)
        transitions.set_workflow_status(conn, run, status, at=at)
        assert set(times(conn, run).values()) == {ahead}


def test_a_run_that_ended_unseen_and_runs_again_did_not_start_after_its_end(
    conn: Conn, maker: Maker
) -> None:
    run = maker.make(Entity.workflow, "pending")
    update(conn, run, status="finished", run_finished_at=EARLY)
    update(conn, run, status="running", run_started_at=LATE)
    assert times(conn, run) == {"run_started_at": EARLY, "run_finished_at": EARLY}


def test_times_written_as_released_services_do_are_kept(conn: Conn, maker: Maker) -> None:
    """They write a time in a transaction of its own before the status, and ends again after."""
    run = maker.make(Entity.workflow, "pending")
    update(conn, run, run_started_at=EARLY)
    update(conn, run, status="running")
    update(conn, run, run_finished_at=LATE)
    update(conn, run, status="finished")
    assert times(conn, run) == {"run_started_at": EARLY, "run_finished_at": LATE}
    again = LATE + timedelta(seconds=5)
    update(conn, run, run_finished_at=again, logs="end")
    assert times(conn, run) == {"run_started_at": EARLY, "run_finished_at": again}


def test_a_statement_that_leaves_the_status_alone_may_correct_a_time(
    conn: Conn, maker: Maker
) -> None:
    run = maker.make(Entity.workflow, "running")
    update(conn, run, run_started_at=LATE)
    update(conn, run, status="running", run_started_at=EARLY)
    assert times(conn, run) == {"run_started_at": EARLY}


def test_an_import_keeps_its_status_and_its_times(conn: Conn, maker: Maker) -> None:
    for status in RunStatus:
        assert times(conn, maker.make(Entity.workflow, status)) == {}


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Asia/Kathmandu", "UTC"])
def test_times_are_utc_in_any_time_zone_of_the_session(conn: Conn, maker: Maker, zone: str) -> None:
    conn.execute(sql.SQL("SET LOCAL TIME ZONE {}").format(zone))
    run = maker.make(Entity.workflow, "pending")
    for status in ("running", "stopped"):
        update(conn, run, status=status)
    assert all(map(is_now, times(conn, run).values()))
    updated = conn.execute("SELECT updated FROM __reana.workflow WHERE id_ = %s", [run]).fetchone()
    assert updated is not None
    assert is_now(updated[0].replace(tzinfo=UTC))
    transitions.set_workflow_status(conn, run, RunStatus.deleted, at=EARLY)
    run = maker.make(Entity.workflow, "pending")
    transitions.set_workflow_status(conn, run, RunStatus.running, at=EARLY)
    assert times(conn, run) == {"run_started_at": EARLY}


def test_a_server_in_zurich_writes_utc(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        name = sql.Identifier(conn.info.dbname)
        conn.execute(sql.SQL("ALTER DATABASE {} SET timezone = 'Europe/Zurich'").format(name))
    with psycopg.connect(fresh_db) as conn:
        maker = Maker(conn)
        run = maker.make(Entity.workflow, "pending")
        update(conn, run, status="running")
        assert is_now(times(conn, run)["run_started_at"])


def test_every_table_with_updated_has_the_trigger(conn: Conn) -> None:
    tables = {name for (name,) in conn.execute(TABLES_WITH_UPDATED)}
    triggers = conn.execute(
        "SELECT tgrelid::regclass::text FROM pg_trigger"
        " WHERE tgname IN ('set_updated', 'zz_guard_status')"
    ).fetchall()
    assert {name.removeprefix("__reana.") for (name,) in triggers} >= tables


@pytest.mark.parametrize(
    ("entity", "change"),
    [
        (Entity.workflow, "status = 'queued'"),
        (Entity.workflow, "created = created - '1 day'::interval"),
        (Entity.job, "status = 'running'"),
        (Entity.job, "created = created - '1 day'::interval"),
        (Entity.interactive_session, "status = 'running'"),
        (Entity.interactive_session, "created = created - '1 day'::interval"),
    ],
)
def test_updated_follows_changes_of_what_has_a_status(
    conn: Conn, entity: Entity, change: LiteralString
) -> None:
    row_id = Maker(conn).make(entity, "created")
    statement = sql.SQL("UPDATE __reana.{} SET {} WHERE id_ = %s RETURNING updated")
    table = sql.Identifier(entity.value)
    conn.execute(statement.format(table, sql.SQL("updated = '2026-03-01'")), [row_id])
    row = conn.execute(statement.format(table, sql.SQL(change)), [row_id]).fetchone()
    assert row is not None
    assert is_now(row[0].replace(tzinfo=UTC))


def test_updated_follows_every_change_of_a_row(conn: Conn) -> None:
    user_id = make_user(conn)
    conn.execute("UPDATE __reana.user_ SET full_name = 'x' WHERE id_ = %s", [user_id])
    row = conn.execute("SELECT updated FROM __reana.user_ WHERE id_ = %s", [user_id]).fetchone()
    assert row is not None
    assert is_now(row[0].replace(tzinfo=UTC))


def test_updated_can_be_given_by_the_client(conn: Conn) -> None:
    user_id = make_user(conn)
    given = "2026-02-02 02:02"
    conn.execute("UPDATE __reana.user_ SET updated = %s WHERE id_ = %s", [given, user_id])
    row = conn.execute("SELECT updated::text FROM __reana.user_ WHERE id_ = %s", [user_id])
    assert row.fetchone() == (f"{given}:00",)


def test_rows_that_people_insert_get_times_and_a_status(conn: Conn) -> None:
    conn.execute("SET LOCAL TIME ZONE 'Asia/Kathmandu'")
    workflow_id, user_id = uuid4(), make_user(conn)
    conn.execute(
        "INSERT INTO __reana.workflow (id_, owner_id) VALUES (%s, %s)", [workflow_id, user_id]
    )
    row = conn.execute(
        """
        SELECT created, updated, status, logs, job_progress, restart
        FROM __reana.workflow WHERE id_ = %s
        """,
        [workflow_id],
    ).fetchone()
    assert row is not None
    assert is_now(row[0].replace(tzinfo=UTC))
    assert is_now(row[1].replace(tzinfo=UTC))
    assert row[2:] == ("created", "", {}, False)


def test_the_log_of_a_service_gets_its_time_in_any_time_zone(conn: Conn, maker: Maker) -> None:
    conn.execute("SET LOCAL TIME ZONE 'Europe/Zurich'")
    service_id = maker.make(Entity.service, "running")
    row = conn.execute(
        """
        INSERT INTO __reana.service_logs (id, service_id, log) VALUES (%s, %s, '{}')
        RETURNING event_time
        """,
        [uuid4(), service_id],
    ).fetchone()
    assert row is not None
    assert is_now(row[0])


def test_a_hostile_clock_is_not_asked(conn: Conn, maker: Maker) -> None:
    conn.execute(
        """
        CREATE TEMPORARY TABLE text (wrong integer);
        CREATE SCHEMA hostile;
        CREATE FUNCTION hostile.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS $$SELECT '1970-01-01'::timestamptz$$;
        CREATE FUNCTION hostile.timezone(pg_catalog.text, timestamptz) RETURNS timestamp
        LANGUAGE sql AS $$SELECT '1970-01-01'::timestamp$$;
        CREATE FUNCTION hostile.different(pg_catalog.text, pg_catalog.text) RETURNS boolean
        LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR hostile.= (
            LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text, FUNCTION = hostile.different
        );
        """
    )
    run, job = maker.make(Entity.workflow, "pending"), maker.make(Entity.job, "created")
    conn.execute("SET LOCAL search_path = hostile, pg_catalog")
    for table, row_id in (("workflow", run), ("job", job)):
        query = sql.SQL("UPDATE {} SET status = 'running' WHERE id_ = %s")
        conn.execute(query.format(sql.Identifier("__reana", table)), [row_id])
    assert is_now(times(conn, run)["run_started_at"])
    assert is_now(job_times(conn, job)["started_at"])
