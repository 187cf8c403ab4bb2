"""The numbers of a site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from reana_db import errors, jobs, queries, site_report
from reana_db.queries import Conn
from tests.support.factories import (
    insert,
    make_job,
    make_session,
    make_user,
    make_workflow,
    resource_id,
    set_usage,
)


def test_runs_are_counted_by_status(conn: Conn) -> None:
    owner = make_user(conn)
    for status in ("running", "running", "deleted"):
        make_workflow(conn, owner, status=status)
    counts = {item.status: item.workflows for item in site_report.workflow_counts(conn)}
    assert counts == {"running": 2, "deleted": 1}
    found = site_report.workflows(conn)
    assert (found.total, found.running, found.deleted, found.failed) == (3, 2, 1, 0)


@pytest.mark.parametrize(
    ("status", "columns", "stuck"),
    [
        ("running", {"run_started_at": 13, "updated": 13}, (1, 0)),
        ("running", {"run_started_at": 13, "updated": 11}, (0, 0)),
        ("running", {"run_started_at": 11, "updated": 13}, (0, 0)),
        ("running", {"updated": 13}, (0, 0)),
        ("finished", {"run_started_at": 13, "updated": 13}, (0, 0)),
        ("pending", {"updated": 0.4}, (0, 1)),
        ("pending", {"updated": 0.3}, (0, 0)),
    ],
)
def test_runs_of_which_nothing_is_heard_are_stuck(
    conn: Conn, status: str, columns: dict[str, float], stuck: tuple[int, int]
) -> None:
    now = datetime.now(UTC)
    times: dict[str, Any] = {name: now - timedelta(hours=age) for name, age in columns.items()}
    make_workflow(conn, make_user(conn), status=status, **times)
    found = site_report.workflows(conn)
    assert (found.stuck_running, found.stuck_pending) == stuck


def test_restarts_and_runs_from_git_are_counted(conn: Conn) -> None:
    owner = make_user(conn)
    make_workflow(conn, owner, git_repo=None)
    make_workflow(conn, owner, git_repo="")
    make_workflow(conn, owner, git_repo="https://example.org/a.git")
    first = make_workflow(conn, owner, name="fit", status="finished")
    make_workflow(conn, owner, name="fit", restart=True, run_number_minor=1)
    found = site_report.workflows(conn)
    assert first
    assert (found.from_git, found.restarted) == (1, 1)


def make_counter(conn: Conn, email: str, used: int, limit: int | None) -> UUID:
    user_id = make_user(conn, email=email)
    set_usage(conn, make_workflow(conn, user_id), used)
    conn.execute("DELETE FROM __reana.user_resource WHERE user_id = %s", [user_id])
    insert(
        conn,
        "user_resource",
        user_id=user_id,
        resource_id=resource_id(conn, "shared storage"),
        quota_limit=limit,
        created="2026-01-01",
        updated="2026-01-01",
    )
    return user_id


def test_top_users_are_ranked_by_usage_and_by_share_of_the_limit(conn: Conn) -> None:
    for email, used, limit in (
        ("a@x.org", 50, 1000),
        ("b@x.org", 50, 0),
        ("c@x.org", 10, 20),
        ("d@x.org", 0, None),
    ):
        make_counter(conn, email, used, limit)
    found = [
        (user.email, user.position_by_usage, user.position_by_percentage)
        for user in site_report.top_users(conn)
    ]
    assert found == [
        ("a@x.org", 1, 2),
        ("b@x.org", 2, None),
        ("c@x.org", 3, 1),
        ("d@x.org", 4, None),
    ]


def test_no_more_top_users_than_asked_for(conn: Conn) -> None:
    for number in range(4):
        make_counter(conn, f"{number}@x.org", number, number * number + 1)
    found = site_report.top_users(conn, size=1)
    assert [(user.email, user.unit) for user in found] == [
        ("3@x.org", "bytes_"),
        ("1@x.org", "bytes_"),
    ]


def test_without_the_table_of_the_web_interface_there_are_no_web_sessions(conn: Conn) -> None:
    assert site_report.web_sessions(conn) == 0


def test_web_sessions_are_counted(conn: Conn) -> None:
    conn.execute("CREATE TABLE public.accounts_user_session_activity (sid_s text)")
    conn.execute("INSERT INTO public.accounts_user_session_activity VALUES ('a'), ('b')")
    assert site_report.web_sessions(conn) == 2


def test_the_report_of_a_cluster_takes_one_statement_per_table(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn), status="running")
    make_job(conn, run, status="running")
    make_session(conn, run)
    before = queries.executions.total()
    report = site_report.cluster_report(conn)
    assert queries.executions.total() - before == 5
    assert (report.workflows.running, report.active_sessions, report.web_sessions) == (1, 1, 0)
    assert [(item.status, item.jobs) for item in report.jobs] == [("running", 1)]


MANY = """
INSERT INTO __reana.workflow (id_, name, status, owner_id, logs)
SELECT gen.id_, gen.id_, 'finished', %(owner)s, repeat('a', 500)
FROM (SELECT md5(n::text)::uuid AS id_ FROM generate_series(1, 1000) AS n) AS gen;
INSERT INTO __reana.job (id_, workflow_uuid, status, compute_backend, logs)
SELECT workflow.id_, workflow.id_, 'failed', 'slurm', repeat('a', 500) FROM __reana.workflow
WHERE workflow.status = 'finished'
"""


def test_what_has_ended_is_estimated_from_a_sample_and_what_is_active_counted(conn: Conn) -> None:
    owner = make_user(conn)
    conn.execute("SET LOCAL session_replication_role = 'replica'")
    for statement in MANY.split(";"):
        conn.execute(statement.encode(), {"owner": owner})
    make_job(conn, make_workflow(conn, owner, status="running"), status="running")
    found = site_report.workflows(conn, sampled_pages=50)
    assert (found.is_exact, found.running) == (False, 1)
    assert found.finished == pytest.approx(1000, rel=0.5)
    assert found.total == found.finished + 1
    running, failed = jobs.counts(conn, sampled_pages=50)
    assert (running.jobs, running.is_exact, failed.is_exact) == (1, True, False)
    assert failed.jobs == pytest.approx(1000, rel=0.5)
    exact = site_report.cluster_report(conn, exact=True)
    assert (exact.workflows.finished, exact.workflows.is_exact) == (1000, True)


@pytest.mark.parametrize("hours", ["12", 2**40])
def test_a_bad_number_of_hours_is_refused(conn: Conn, hours: Any) -> None:
    with pytest.raises(errors.InvalidArgument):
        site_report.workflows(conn, hours=hours)
