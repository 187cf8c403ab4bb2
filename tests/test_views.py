"""The views for people in psql."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reana_db import quota, resources
from reana_db.queries import Conn
from reana_db.records import ResourceType
from tests.support.factories import insert, lift_bounds, make_session, make_user, make_workflow

VIEWS = [
    "runs",
    "run_history",
    "user_quota",
    "stuck_runs",
    "running_load",
    "open_sessions",
    "retention_rules_due",
    "migrations",
]


def ago(span: timedelta) -> datetime:
    """Return a past time as columns without zone hold it."""
    return datetime.now(UTC).replace(tzinfo=None) - span


def rows(conn: Conn, view: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of a view."""
    found: list[tuple[Any, ...]] = conn.execute(
        f"SELECT {', '.join(columns)} FROM reana.{view} ORDER BY 1, 2".encode()
    ).fetchall()
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_shows_a_secret_or_a_big_column(conn: Conn, view: str) -> None:
    columns = conn.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass", [f"reana.{view}"]
    ).fetchall()
    hidden = {"token", "session_secret", "gitlab_webhook_secret", "logs", "reana_specification"}
    assert not hidden & {name for (name,) in columns}


def test_runs_show_owner_number_and_duration(conn: Conn) -> None:
    owner = make_user(conn, email="lise@example.org")
    make_workflow(
        conn,
        owner,
        name="fit",
        run_number_minor=2,
        status="finished",
        run_started_at="2026-01-01 10:00",
        run_finished_at="2026-01-01 10:05",
    )
    assert rows(conn, "runs", "run", "owner", "status", "duration") == [
        ("fit.1.2", "lise@example.org", "finished", timedelta(minutes=5))
    ]


@pytest.mark.parametrize(
    ("status", "silent", "stuck"),
    [
        ("running", timedelta(hours=13), True),
        ("running", timedelta(hours=11), False),
        ("pending", timedelta(minutes=21), True),
        ("pending", timedelta(minutes=19), False),
        ("finished", timedelta(hours=13), False),
    ],
)
def test_stuck_runs_have_been_silent_for_too_long(
    conn: Conn, status: str, silent: timedelta, *, stuck: bool
) -> None:
    since = ago(silent)
    make_workflow(conn, make_user(conn), status=status, run_started_at=since, updated=since)
    assert bool(rows(conn, "stuck_runs", "workflow_id", "status")) is stuck


def test_views_name_runs_with_their_number(conn: Conn) -> None:
    since = ago(timedelta(days=1))
    workflow_id = make_workflow(
        conn,
        make_user(conn),
        name="fit",
        run_number_minor=2,
        status="running",
        run_started_at=since,
        updated=since,
    )
    make_session(conn, workflow_id)
    insert(
        conn,
        "workspace_retention_rule",
        id_=make_user(conn),
        workflow_id=workflow_id,
        workspace_files="*",
        retention_days=1,
        status="pending",
    )
    for view in ("runs", "run_history", "stuck_runs", "open_sessions", "retention_rules_due"):
        assert conn.execute(f"SELECT run FROM reana.{view}".encode()).fetchall() == [("fit.1.2",)]


def test_the_quota_is_that_of_the_current_period(conn: Conn) -> None:
    resources.create_defaults(conn)
    owner = make_user(conn)
    quota.set_limit(conn, user_ids=[owner], type_=ResourceType.cpu, limit=1000)
    # As it was when the last run ended, in a period that is over now.
    conn.execute(
        """
        SET LOCAL session_replication_role = replica;
        UPDATE __reana.user_resource
        SET quota_used = 1000, quota_period_months = 1, quota_period_start_at = '2020-01-01';
        SET LOCAL session_replication_role = origin;
        """
    )
    found = conn.execute("SELECT health, percent FROM reana.user_quota WHERE resource = 'cpu'")
    assert found.fetchall() == [("healthy", 0)]


def test_infinite_times_and_totals_hide_nothing(conn: Conn) -> None:
    lift_bounds(conn)
    owner = make_user(conn)
    resources.create_defaults(conn)
    session = make_session(
        conn,
        make_workflow(
            conn, owner, status="running", created="-infinity", run_started_at="infinity"
        ),
    )
    conn.execute(
        "UPDATE __reana.interactive_session SET created = 'infinity' WHERE id_ = %s", [session]
    )
    conn.execute("UPDATE __reana.user_resource SET quota_limit = 9223372036854775807")
    for view in VIEWS:
        conn.execute(f"SELECT to_jsonb(shown) FROM reana.{view} AS shown".encode())


def test_running_load_counts_the_active_runs_of_each_user(conn: Conn) -> None:
    owner = make_user(conn, email="lise@example.org")
    for status in ("queued", "pending", "running", "running", "finished"):
        make_workflow(conn, owner, status=status)
    found = rows(conn, "running_load", "owner", "queued", "pending", "running")
    assert found == [("lise@example.org", 1, 1, 2)]


def test_rules_are_due_when_their_day_is_over_or_their_application_is_not(conn: Conn) -> None:
    workflow_id = make_workflow(conn, make_user(conn))
    for files, status, apply_on in (
        ("a", "active", ago(timedelta(hours=1))),
        ("b", "active", ago(-timedelta(hours=1))),
        ("c", "pending", ago(-timedelta(hours=1))),
        ("d", "applied", ago(timedelta(hours=1))),
    ):
        insert(
            conn,
            "workspace_retention_rule",
            id_=make_user(conn),
            workflow_id=workflow_id,
            workspace_files=files,
            retention_days=1,
            status=status,
            apply_on=apply_on,
        )
    found = rows(conn, "retention_rules_due", "workspace_files", "status")
    assert found == [("a", "active"), ("c", "pending")]


def test_migrations_are_those_that_were_run(conn: Conn) -> None:
    found = rows(conn, "migrations", "migration", "operation")
    assert found[0] == ("0001-initial", "apply")
