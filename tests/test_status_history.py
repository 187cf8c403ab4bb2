"""The history of statuses: what is recorded, how it is read and pruned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.pq import TransactionStatus

from reana_db import database_settings, errors, status_history, transitions
from reana_db.queries import Conn
from reana_db.records import Entity, RunStatus, SettingName
from reana_db.status_history import StatusRecord
from tests.support.factories import make_user, make_workflow
from tests.support.statuses import NULLABLE, Maker

DAY = timedelta(days=1)


@pytest.fixture
def maker(conn: Conn) -> Maker:
    return Maker(conn)


def path(conn: Conn, entity: Entity, entity_id: UUID) -> list[tuple[str | None, str | None, bool]]:
    """Return the changes of a row without who and when."""
    return [
        (item.from_status, item.to_status, item.allowed)
        for item in status_history.of_entity(conn, entity, entity_id)
    ]


def age(conn: Conn, entity_id: UUID, by: timedelta) -> None:
    """Make what is recorded of a row older."""
    conn.execute(
        "UPDATE __reana.status_history SET changed_at = changed_at - %s WHERE entity_id = %s",
        [by, entity_id],
    )


def execute(conn: Conn, statement: str, entity: Entity, *parameters: object) -> None:
    query = sql.SQL(statement).format(table=sql.Identifier("__reana", entity))
    conn.execute(query, parameters)


@pytest.mark.parametrize("entity", Entity)
def test_the_life_of_a_row_is_recorded_from_insert_to_delete(
    conn: Conn, maker: Maker, entity: Entity
) -> None:
    row_id = maker.make(entity, "created")
    following = sorted(transitions.allowed_from(entity, "created"))[0]
    execute(conn, "UPDATE {table} SET status = %s WHERE id_ = %s", entity, following, row_id)
    execute(conn, "UPDATE {table} SET status = %s WHERE id_ = %s", entity, following, row_id)
    if entity is Entity.workspace_retention_rule:
        conn.execute("DELETE FROM __reana.workspace_retention_audit_log")
    execute(conn, "DELETE FROM {table} WHERE id_ = %s", entity, row_id)
    assert path(conn, entity, row_id) == [
        (None, "created", True),
        ("created", following, True),
        (following, None, True),
    ]


@pytest.mark.parametrize("entity", sorted(NULLABLE))
def test_rows_without_a_status_have_no_history_until_they_get_one(
    conn: Conn, maker: Maker, entity: Entity
) -> None:
    row_id = maker.make(entity, None)
    assert path(conn, entity, row_id) == []
    execute(conn, "UPDATE {table} SET status = 'running' WHERE id_ = %s", entity, row_id)
    assert path(conn, entity, row_id) == [(None, "running", True)]


def test_who_made_a_change_and_when_is_recorded(conn: Conn, maker: Maker) -> None:
    conn.execute("SET LOCAL application_name = 'reana-test'")
    conn.execute("SET LOCAL TIME ZONE 'Asia/Kathmandu'")
    row_id = maker.make(Entity.workflow, "running")
    (found,) = status_history.of_entity(conn, Entity.workflow, row_id)
    assert isinstance(found, StatusRecord)
    assert (found.application_name, found.role) == ("reana-test", conn.info.user)
    assert abs(datetime.now(UTC) - found.changed_at) < timedelta(minutes=1)


def test_a_refused_change_leaves_no_record(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.workflow, "running")
    with pytest.raises(errors.InvalidTransition), conn.transaction():
        conn.execute("UPDATE __reana.workflow SET status = 'queued' WHERE id_ = %s", [row_id])
    assert len(path(conn, Entity.workflow, row_id)) == 1


def test_an_insert_that_meets_a_conflict_leaves_no_record(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.service, "created")
    for clause in ("DO NOTHING", "(id_) DO UPDATE SET status = excluded.status"):
        conn.execute(
            sql.SQL(
                """
                INSERT INTO __reana.service (id_, status, type_) VALUES (%s, 'running', 'dask')
                ON CONFLICT {}
                """
            ).format(sql.SQL(clause)),
            [row_id],
        )
    assert path(conn, Entity.service, row_id) == [
        (None, "created", True),
        ("created", "running", True),
    ]


def test_a_change_that_is_rolled_back_leaves_no_record(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.job, "created")
    with conn.transaction(force_rollback=True):
        conn.execute("UPDATE __reana.job SET status = 'running' WHERE id_ = %s", [row_id])
    assert len(path(conn, Entity.job, row_id)) == 1


def test_a_temporary_table_captures_no_record(conn: Conn, maker: Maker) -> None:
    conn.execute(
        """
        CREATE TEMPORARY TABLE status_history (LIKE __reana.status_history INCLUDING ALL);
        SET LOCAL search_path = pg_temp, __reana;
        """
    )
    row_id = maker.make(Entity.workflow, "queued")
    conn.execute("UPDATE __reana.workflow SET status = 'pending' WHERE id_ = %s", [row_id])
    assert conn.execute("SELECT count(*) FROM pg_temp.status_history").fetchone() == (0,)
    assert len(path(conn, Entity.workflow, row_id)) == 2


def test_a_role_without_rights_on_the_history_cannot_write_it_but_is_recorded(
    conn: Conn, maker: Maker
) -> None:
    row_id = maker.make(Entity.workflow, "queued")
    conn.execute(
        """
        CREATE ROLE reana_db_test_service;
        GRANT USAGE ON SCHEMA __reana TO reana_db_test_service;
        GRANT SELECT, UPDATE ON __reana.workflow TO reana_db_test_service;
        SET LOCAL ROLE reana_db_test_service;
        """
    )
    conn.execute("UPDATE __reana.workflow SET status = 'pending' WHERE id_ = %s", [row_id])
    with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
        conn.execute("DELETE FROM __reana.status_history")
    conn.execute("RESET ROLE")
    assert len(path(conn, Entity.workflow, row_id)) == 2


def test_observing_records_changes_against_the_rules(conn: Conn, maker: Maker) -> None:
    database_settings.change(conn, SettingName.status_mode, "observe")
    row_id = maker.make(Entity.workflow, "running")
    transitions.set_workflow_status(conn, row_id, RunStatus.queued)
    conn.execute("UPDATE __reana.workflow SET status = NULL WHERE id_ = %s", [row_id])
    assert path(conn, Entity.workflow, row_id) == [
        (None, "running", True),
        ("running", "queued", False),
        ("queued", None, False),
    ]


def test_violations_are_reported_by_kind_and_application(conn: Conn, maker: Maker) -> None:
    database_settings.change(conn, SettingName.status_mode, "observe")
    for application, changes in (("controller", 2), ("server", 1)):
        conn.execute(sql.SQL("SET LOCAL application_name = {}").format(application))
        for _ in range(changes):
            row_id = maker.make(Entity.workflow, "running")
            transitions.set_workflow_status(conn, row_id, RunStatus.deleted)
    old = maker.make(Entity.job, "failed")
    conn.execute("UPDATE __reana.job SET status = 'running' WHERE id_ = %s", [old])
    age(conn, old, 2 * DAY)

    found = [
        (item.entity, item.from_status, item.to_status, item.application_name, item.changes)
        for item in status_history.violations(conn)
    ]
    assert found == [
        ("workflow", "running", "deleted", "controller", 2),
        ("job", "failed", "running", "server", 1),
        ("workflow", "running", "deleted", "server", 1),
    ]
    recent = status_history.violations(conn, since=datetime.now(UTC) - DAY)
    assert {item.entity for item in recent} == {Entity.workflow}
    assert all(item.first_at <= item.last_at for item in recent)


def test_time_per_status_adds_up_every_stay(conn: Conn) -> None:
    row_id = make_workflow(conn, make_user(conn), status="failed")
    age(conn, row_id, 10 * DAY)
    for status, days in (("running", 7), ("failed", 4), ("running", 3)):
        conn.execute("UPDATE __reana.workflow SET status = %s WHERE id_ = %s", [status, row_id])
        conn.execute(
            """
            UPDATE __reana.status_history SET changed_at = changed_at - make_interval(days => %s)
            WHERE id = (SELECT max(id) FROM __reana.status_history WHERE entity_id = %s)
            """,
            [days, row_id],
        )
    found = status_history.time_per_status(conn, Entity.workflow, row_id)
    days_of = {item.status: round(item.milliseconds / 86_400_000, 3) for item in found}
    assert days_of == {"failed": 4.0, "running": 6.0}
    assert [(item.status, item.times, item.current) for item in found] == [
        ("failed", 2, False),
        ("running", 2, True),
    ]


def test_the_time_of_a_deleted_row_ends_with_it(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.interactive_session, "running")
    age(conn, row_id, DAY)
    conn.execute("DELETE FROM __reana.interactive_session WHERE id_ = %s", [row_id])
    (found,) = status_history.time_per_status(conn, Entity.interactive_session, row_id)
    assert (found.status, found.current) == ("running", False)


def test_what_is_not_recorded_is_empty(conn: Conn) -> None:
    assert status_history.of_entity(conn, Entity.workflow, uuid4()) == []
    assert status_history.time_per_status(conn, Entity.workflow, uuid4()) == []
    assert status_history.violations(conn) == []


def test_the_view_shows_the_life_of_a_run_with_durations(conn: Conn) -> None:
    owner = make_user(conn, email="ada@example.org")
    row_id = make_workflow(
        conn, owner, name="fit", run_number_major=2, run_number_minor=1, status="queued"
    )
    age(conn, row_id, DAY)
    for status in ("pending", "running"):
        transitions.set_workflow_status(conn, row_id, RunStatus(status))
    rows = conn.execute(
        """
        SELECT owner, run, status, date_trunc('hour', duration), until IS NULL, allowed
        FROM reana.run_history WHERE run = 'fit.2.1' AND workflow_id = %s
        """,
        [row_id],
    ).fetchall()
    assert rows == [
        ("ada@example.org", "fit.2.1", "queued", DAY, False, True),
        ("ada@example.org", "fit.2.1", "pending", timedelta(), False, True),
        ("ada@example.org", "fit.2.1", "running", timedelta(), True, True),
    ]


def test_the_view_reads_one_run_through_indexes(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.workflow, "running")
    conn.execute("SET LOCAL enable_seqscan = off")
    plan = conn.execute(
        "EXPLAIN SELECT status FROM reana.run_history WHERE workflow_id = %s", [row_id]
    ).fetchall()
    assert "pk_status_history" in "\n".join(line for (line,) in plan)


def test_pruning_deletes_what_is_older_and_nothing_else(conn: Conn, maker: Maker) -> None:
    ages = [0, 1, 29, 31, 32, 400]
    rows = [maker.make(Entity.workflow, "running") for _ in ages]
    for row_id, days in zip(rows, ages, strict=True):
        age(conn, row_id, days * DAY)
    assert status_history.prune(conn, before=datetime.now(UTC) - 30 * DAY) == 3
    assert [len(path(conn, Entity.workflow, row_id)) for row_id in rows] == [1, 1, 1, 0, 0, 0]
    assert status_history.prune(conn, before=datetime.now(UTC) - 30 * DAY) == 0


def test_pruning_an_empty_history_deletes_nothing(conn: Conn) -> None:
    assert status_history.prune(conn, before=datetime.now(UTC)) == 0


def test_pruning_needs_a_time_with_a_zone(conn: Conn) -> None:
    with pytest.raises(errors.InvalidArgument, match="must say its time zone"):
        status_history.prune(conn, before=datetime(2026, 1, 1))  # noqa: DTZ001 # on purpose


def test_pruning_commits_each_batch(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_history, "PRUNING_BATCH", 2)
    with psycopg.connect(fresh_db) as conn:
        maker = Maker(conn)
        rows = [maker.make(Entity.workflow, "running") for _ in range(5)]
        for row_id in rows:
            age(conn, row_id, 2 * DAY)
        conn.commit()
        commits = "SELECT txid_current()"
        first = conn.execute(commits).fetchone()
        conn.rollback()
        assert status_history.prune(conn, before=datetime.now(UTC) - DAY) == 5
        assert conn.info.transaction_status is TransactionStatus.IDLE
        last = conn.execute(commits).fetchone()
    assert first is not None
    assert last is not None
    assert last[0] - first[0] >= 4


def test_pruning_keeps_nobody_waiting(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as pruner, psycopg.connect(fresh_db, autocommit=True) as other:
        row_id = Maker(other).make(Entity.workflow, "queued")
        age(other, row_id, 2 * DAY)
        with pruner.transaction():
            assert status_history.prune(pruner, before=datetime.now(UTC) - DAY) == 1
            other.execute("SET lock_timeout = '1s'")
            transitions.set_workflow_status(other, row_id, RunStatus.pending)
