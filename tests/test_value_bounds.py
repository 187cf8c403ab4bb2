"""Values that a raw client may not write, and old ones that stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from reana_db import lifecycle, migrate, resources, retention
from reana_db.errors import InvalidArgument
from reana_db.migrating import preflight
from reana_db.queries import Conn
from reana_db.records import Entity, RetentionRuleStatus, RunStatus
from reana_db.values import LONGEST_RETENTION
from tests.support.factories import insert, make_user, make_workflow, share
from tests.support.statuses import Maker

REFUSED = [
    (Entity.workflow, "created", "infinity"),
    (Entity.workflow, "run_started_at", "-infinity"),
    (Entity.workflow, "run_finished_at", "10000-01-01"),
    (Entity.workflow, "run_stopped_at", "0001-01-01 BC"),
    (Entity.workflow, "name", ""),
    (Entity.workflow, "name", "a\nb"),
    (Entity.workflow, "reana_specification", '"text"'),
    (Entity.workflow, "reana_specification", "[1]"),
    (Entity.workflow, "workspace_path", "users/somebody"),
    (Entity.job, "created", "infinity"),
    (Entity.job, "started_at", "infinity"),
    (Entity.job, "finished_at", "9999-12-31"),
    (Entity.interactive_session, "created", "infinity"),
    (Entity.workspace_retention_rule, "retention_days", 2147483647),
    (Entity.workspace_retention_rule, "retention_days", -1),
    (Entity.workspace_retention_rule, "apply_on", "infinity"),
]
ACCEPTED = [
    (Entity.workflow, "created", "0001-01-02"),
    (Entity.workflow, "run_finished_at", "9999-12-30"),
    (Entity.workflow, "run_stopped_at", None),
    (Entity.workflow, "name", "é"),
    (Entity.workflow, "reana_specification", '{"a": 1}'),
    (Entity.workflow, "reana_specification", "null"),
    (Entity.workflow, "reana_specification", "[]"),
    (Entity.workflow, "reana_specification", None),
    (Entity.workflow, "workspace_path", "/"),
    (Entity.workflow, "workspace_path", ""),
    (Entity.workspace_retention_rule, "retention_days", 0),
    (Entity.workspace_retention_rule, "retention_days", 36500),
]


@pytest.fixture
def maker(conn: Conn) -> Maker:
    return Maker(conn)


def write(conn: Conn, table: str, row_id: UUID, column: str, value: Any) -> None:
    query = sql.SQL("UPDATE {} SET {} = %s WHERE id_ = %s")
    names = sql.Identifier("__reana", table), sql.Identifier(column)
    conn.execute(query.format(*names), [value, row_id])


def write_unchecked(conn: Conn, table: str, row_id: UUID, column: str, value: Any) -> None:
    """Write as before the migration."""
    conn.execute("SET LOCAL session_replication_role = replica")
    write(conn, table, row_id, column, value)
    conn.execute("SET LOCAL session_replication_role = origin")


def limit(conn: Conn, user_id: UUID, amount: int) -> None:
    """Give a user this limit of every resource."""
    conn.execute(
        "INSERT INTO __reana.user_resource (user_id, resource_id, quota_limit, quota_used)"
        " SELECT %s, id_, %s, 0 FROM __reana.resource",
        [user_id, amount],
    )


@pytest.mark.parametrize(("entity", "column", "value"), REFUSED)
def test_a_value_out_of_bounds_is_refused_with_its_rule(
    conn: Conn, maker: Maker, entity: Entity, column: str, value: Any
) -> None:
    row_id = maker.make(entity, "created")
    with pytest.raises(
        psycopg.errors.CheckViolation, match=rf"^{entity}\.{column} must be .*, not '"
    ) as caught:
        write(conn, entity, row_id, column, value)
    assert caught.value.diag.column_name == column


@pytest.mark.parametrize(("entity", "column", "value"), ACCEPTED)
def test_the_bounds_themselves_are_accepted(
    conn: Conn, maker: Maker, entity: Entity, column: str, value: Any
) -> None:
    write(conn, entity, maker.make(entity, "created"), column, value)


def test_a_new_row_out_of_bounds_is_refused(conn: Conn) -> None:
    owner, friend = make_user(conn), make_user(conn)
    with pytest.raises(psycopg.errors.CheckViolation, match="run_started_at"), conn.transaction():
        make_workflow(conn, owner, run_started_at="infinity")
    with pytest.raises(psycopg.errors.CheckViolation, match="email"), conn.transaction():
        make_user(conn, email="")
    run = make_workflow(conn, owner)
    with pytest.raises(psycopg.errors.CheckViolation, match="valid_until"), conn.transaction():
        share(conn, run, friend, "infinity")
    resources.create_defaults(conn)
    with pytest.raises(psycopg.errors.CheckViolation, match="quota_limit"), conn.transaction():
        limit(conn, owner, -1)


@pytest.mark.parametrize(("entity", "column", "value"), REFUSED)
def test_an_old_value_out_of_bounds_stays_and_the_row_can_change(
    conn: Conn, maker: Maker, entity: Entity, column: str, value: Any
) -> None:
    row_id = maker.make(entity, "created")
    write_unchecked(conn, entity, row_id, column, value)
    query = sql.SQL("SELECT {}::text FROM {} WHERE id_ = %s").format(
        sql.Identifier(column), sql.Identifier("__reana", entity)
    )
    stored = conn.execute(query, [row_id]).fetchone()
    status = "active" if entity is Entity.workspace_retention_rule else "running"
    if entity is Entity.workflow:
        write(conn, entity, row_id, "status", "queued")
    write(conn, entity, row_id, "status", status)
    assert conn.execute(query, [row_id]).fetchone() == stored


@pytest.mark.parametrize(
    ("days", "counted"), [(2147483647, 36500), (-2147483648, 0), (36500, 36500), (0, 0)]
)
def test_the_end_of_a_run_never_fails_because_of_its_rules(
    conn: Conn, days: int, counted: int
) -> None:
    run = make_workflow(conn, make_user(conn), status="running")
    rule = make_user(conn)
    insert(
        conn,
        "workspace_retention_rule",
        id_=rule,
        workflow_id=run,
        workspace_files="*",
        retention_days=1,
        status="created",
    )
    write_unchecked(conn, "workspace_retention_rule", rule, "retention_days", days)
    applied = lifecycle.apply_status_message(conn, run, status=RunStatus.finished)
    assert applied.ended
    (found,) = retention.list_rules(conn, run)
    assert found.status is RetentionRuleStatus.active
    assert found.apply_on is not None
    assert found.apply_on.date() == datetime.now(UTC).date() + timedelta(days=counted)


def test_the_preflight_counts_values_out_of_bounds(fresh_db: str) -> None:
    migrate.rollback(fresh_db, to="0030-views")
    with psycopg.connect(fresh_db) as conn:
        run = make_workflow(conn, make_user(conn), created="infinity")
        make_workflow(conn, make_user(conn), workspace_path="users/somebody")
        make_workflow(conn, make_user(conn), reana_specification="[1]")
        for days in (-1, 1, 100000):
            insert(
                conn,
                "workspace_retention_rule",
                id_=make_user(conn),
                workflow_id=run,
                workspace_files=f"{days}",
                retention_days=days,
                status="created",
            )
        share(conn, run, make_user(conn), "infinity")
        resources.create_defaults(conn)
        limit(conn, make_user(conn), -1)
        conn.commit()
        report = preflight.report(conn, migrate.status(fresh_db))
    assert {item.check: item.count for item in report.findings} == {
        "values_out_of_bounds": 1,
        "specifications_out_of_bounds": 1,
        "workspaces_out_of_bounds": 1,
        "shares_out_of_bounds": 1,
        "retention_days_out_of_bounds": 2,
        "limits_out_of_bounds": 2,
    }


@pytest.mark.parametrize("days", [0, LONGEST_RETENTION])
def test_retention_days_reach_their_bounds(conn: Conn, days: int) -> None:
    run = make_workflow(conn, make_user(conn))
    retention.add(conn, run, {"**/*": days})
    assert [rule.retention_days for rule in retention.list_rules(conn, run)] == [days]


@pytest.mark.parametrize("days", [-1, LONGEST_RETENTION + 1])
def test_retention_days_beyond_their_bounds_are_refused(conn: Conn, days: int) -> None:
    run = make_workflow(conn, make_user(conn))
    with pytest.raises(InvalidArgument, match="must be from 0 to 36500"):
        retention.add(conn, run, {"**/*": days})
