"""Which status may follow which: for every client, and through the functions."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import Diagnostic
from psycopg.types.json import Json

from reana_db import errors, jobs, lifecycle, status_history, transitions, workflows
from reana_db.queries import Conn
from reana_db.records import Entity, JobStatus, RunStatus, StatusChange, StatusMode
from tests.support.factories import make_user, make_workflow
from tests.support.statuses import NULLABLE, SQL_TYPES, STATUSES, Maker, pairs

SETTERS: dict[Entity, Callable[..., StatusChange]] = {
    Entity.workflow: transitions.set_workflow_status,
    Entity.job: transitions.set_job_status,
    Entity.interactive_session: transitions.set_session_status,
    Entity.service: transitions.set_service_status,
    Entity.workspace_retention_rule: transitions.set_retention_rule_status,
}

REPORTERS: dict[Entity, Callable[..., StatusChange | None]] = {
    Entity.workflow: transitions.try_set_workflow_status,
    Entity.job: transitions.try_set_job_status,
    Entity.interactive_session: transitions.try_set_session_status,
    Entity.service: transitions.try_set_service_status,
    Entity.workspace_retention_rule: transitions.try_set_retention_rule_status,
}

# Tries every change on a row of its own and says what became of it.
ATTEMPT = """
CREATE FUNCTION pg_temp.attempt(p_id uuid, p_to {status}) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_before text;
    v_after text;
    v_detail text;
BEGIN
    SELECT (t.xmin, t.ctid, t.*)::text INTO v_before FROM {table} AS t WHERE t.id_ = p_id;
    BEGIN
        UPDATE {table} SET status = p_to WHERE id_ = p_id;
        RETURN 'made';
    EXCEPTION WHEN SQLSTATE '23R01' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
        SELECT (t.xmin, t.ctid, t.*)::text INTO v_after FROM {table} AS t WHERE t.id_ = p_id;
        RETURN CASE WHEN v_before = v_after THEN v_detail ELSE 'touched' END;
    END;
END
$$
"""

every_entity = pytest.mark.parametrize("entity", Entity)


@pytest.fixture
def maker(conn: Conn) -> Maker:
    return Maker(conn)


def row(conn: Conn, entity: Entity, row_id: UUID) -> Any:
    """Return a whole row with the place and the transaction of its version."""
    query = sql.SQL("SELECT xmin, ctid, t.* FROM {} AS t WHERE id_ = %s")
    table = sql.Identifier("__reana", entity)
    return conn.execute(query.format(table), [row_id]).fetchone()


def set_mode(conn: Conn, mode: StatusMode) -> None:
    conn.execute("UPDATE __reana.setting SET value = %s WHERE name = 'status_mode'", [mode])


@contextmanager
def notices(conn: Conn) -> Iterator[list[tuple[str | None, ...]]]:
    """Collect severity, SQLSTATE and message of what the server says without failing."""
    heard: list[tuple[str | None, ...]] = []

    def hear(notice: Diagnostic) -> None:
        heard.append((notice.severity_nonlocalized, notice.sqlstate, notice.message_primary))

    conn.add_notice_handler(hear)
    yield heard
    conn.remove_notice_handler(hear)


def test_the_rules_in_python_are_those_of_the_table(conn: Conn) -> None:
    table = conn.execute(
        "SELECT entity, from_status, to_status FROM __reana.status_transition"
    ).fetchall()
    constant = [
        (str(entity), before, after)
        for entity, rules in transitions.RULES.items()
        for before, allowed in rules.items()
        for after in allowed
    ]
    assert sorted(table) == sorted(constant)


@every_entity
def test_the_rules_name_statuses_that_exist(entity: Entity) -> None:
    named = set(transitions.RULES[entity]).union(*transitions.RULES[entity].values())
    assert named | transitions.FINAL[entity] <= {str(status) for status in STATUSES[entity]}


@every_entity
def test_raw_updates_make_exactly_the_changes_of_the_table(
    conn: Conn, maker: Maker, entity: Entity
) -> None:
    rows = [(maker.make(entity, before), before, after) for before, after in pairs(entity)]
    names = {
        "table": sql.Identifier("__reana", entity),
        "status": sql.Identifier("public", SQL_TYPES[entity]),
    }
    conn.execute(sql.SQL(ATTEMPT).format(**names))
    attempts = sql.SQL(
        """
        SELECT pg_temp.attempt(t.id, t.status::{status})
        FROM unnest(%s::uuid[], %s::text[]) AS t (id, status)
        """
    )
    outcomes = conn.execute(
        attempts.format(**names), [[item[0] for item in rows], [item[2] for item in rows]]
    ).fetchall()
    expected = [
        "made"
        if transitions.can_transition(entity, before, after)
        else f"entity={entity} id={row_id} from={before} to={after}"
        for row_id, before, after in rows
    ]
    assert [outcome for (outcome,) in outcomes] == expected


@every_entity
def test_functions_make_exactly_the_changes_of_the_table(
    conn: Conn, maker: Maker, entity: Entity
) -> None:
    for before, after in pairs(entity):
        row_id = maker.make(entity, before)
        untouched = row(conn, entity, row_id)
        if transitions.can_transition(entity, before, after):
            change = SETTERS[entity](conn, row_id, after)
            assert change == StatusChange(row_id, before, after, before != after, allowed=True)
            continue
        with pytest.raises(errors.InvalidTransition) as raised:
            SETTERS[entity](conn, row_id, after)
        found = raised.value
        assert (found.entity, found.entity_id) == (entity, row_id)
        assert (found.from_status, found.to_status) == (before, after)
        report = REPORTERS[entity](conn, row_id, after)
        assert report == StatusChange(row_id, before, before, changed=False, allowed=False)
        assert report.refused
        assert row(conn, entity, row_id) == untouched


@every_entity
def test_a_missing_row_is_told_from_a_refused_change(conn: Conn, entity: Entity) -> None:
    assert REPORTERS[entity](conn, uuid4(), "created") is None
    missing = uuid4()
    with pytest.raises(errors.NotFound, match=f"no {entity} {missing}"):
        SETTERS[entity](conn, missing, "created")


@pytest.mark.parametrize("entity", sorted(NULLABLE))
def test_a_row_of_an_old_release_without_status_may_get_any(
    conn: Conn, maker: Maker, entity: Entity
) -> None:
    for status in STATUSES[entity]:
        row_id = maker.make(entity, None)
        change = SETTERS[entity](conn, row_id, status)
        assert change == StatusChange(row_id, None, status, changed=True, allowed=True)
        with pytest.raises(errors.InvalidTransition, match="to NULL"), conn.transaction():
            query = sql.SQL("UPDATE {} SET status = NULL WHERE id_ = %s")
            conn.execute(query.format(sql.Identifier("__reana", entity)), [row_id])


def test_a_refused_statement_says_what_and_what_is_allowed_instead(
    conn: Conn, maker: Maker
) -> None:
    row_id = maker.make(Entity.workflow, "running")
    with pytest.raises(errors.InvalidTransition) as raised:
        conn.execute("UPDATE __reana.workflow SET status = 'deleted' WHERE id_ = %s", [row_id])
    found = raised.value
    assert isinstance(found, psycopg.IntegrityError)
    assert found.sqlstate == "23R01"
    assert found.diag.message_primary == f"workflow {row_id} cannot go from running to deleted."
    assert found.diag.message_hint == "Allowed from running: failed, finished, stopped."
    assert (found.diag.schema_name, found.diag.table_name) == ("__reana", "workflow")
    assert (found.entity, found.entity_id) == ("workflow", row_id)
    assert (found.from_status, found.to_status) == ("running", "deleted")


def test_a_refused_statement_says_that_nothing_follows(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.job, "finished")
    with pytest.raises(errors.InvalidTransition) as raised:
        conn.execute("UPDATE __reana.job SET status = 'running' WHERE id_ = %s", [row_id])
    assert raised.value.diag.message_hint == "Nothing follows finished."


def test_the_error_survives_pickling(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.workflow, "deleted")
    with pytest.raises(errors.InvalidTransition) as by_function:
        transitions.set_workflow_status(conn, row_id, RunStatus.running)
    with pytest.raises(errors.InvalidTransition) as by_trigger:
        conn.execute("UPDATE __reana.workflow SET status = 'running' WHERE id_ = %s", [row_id])
    for raised in (by_function, by_trigger):
        copy = pickle.loads(pickle.dumps(raised.value))
        assert (copy.entity_id, copy.from_status) == (row_id, "deleted")
        assert str(copy) == str(raised.value)


def test_one_refused_row_refuses_the_whole_statement(conn: Conn, maker: Maker) -> None:
    queued = maker.make(Entity.workflow, "queued")
    running = maker.make(Entity.workflow, "running")
    with pytest.raises(errors.InvalidTransition), conn.transaction():
        conn.execute(
            "UPDATE __reana.workflow SET status = 'deleted' WHERE id_ = ANY(%s)",
            [[queued, running]],
        )
    assert workflows.get(conn, queued).status is RunStatus.queued


def test_the_guard_sees_what_other_triggers_make_of_a_row(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.workflow, "running")
    conn.execute(
        """
        CREATE FUNCTION pg_temp.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.status := 'queued'; RETURN NEW; END $$;
        CREATE TRIGGER meddle BEFORE UPDATE ON __reana.workflow
        FOR EACH ROW EXECUTE FUNCTION pg_temp.meddle();
        """
    )
    with pytest.raises(errors.InvalidTransition):
        conn.execute("UPDATE __reana.workflow SET name = 'x' WHERE id_ = %s", [row_id])


def test_an_upsert_is_guarded(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.service, "deleted")
    with pytest.raises(errors.InvalidTransition):
        conn.execute(
            """
            INSERT INTO __reana.service (id_, status, type_) VALUES (%s, 'running', 'dask')
            ON CONFLICT (id_) DO UPDATE SET status = excluded.status
            """,
            [row_id],
        )


def test_a_change_is_made_only_from_the_expected_statuses(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.workflow, "queued")
    first = transitions.set_workflow_status(
        conn, row_id, RunStatus.pending, expected=[RunStatus.queued]
    )
    assert first.changed
    with pytest.raises(errors.InvalidTransition, match="from pending to pending"):
        transitions.set_workflow_status(
            conn, row_id, RunStatus.pending, expected=[RunStatus.queued]
        )
    empty = transitions.try_set_workflow_status(conn, row_id, RunStatus.running, expected=[])
    assert empty is not None
    assert empty.refused


def test_logs_and_progress_ride_in_the_same_statement(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.workflow, "pending")
    for number, status in enumerate(["running", "running", "finished", "finished"]):
        transitions.set_workflow_status(
            conn,
            row_id,
            RunStatus(status),
            append_logs=f"{number}\n",
            progress={"running": {"total": 1, "job_ids": [f"job{number}"]}},
        )
    assert workflows.logs(conn, row_id) == "0\n1\n2\n3\n"
    assert workflows.job_progress(conn, row_id) == {
        "running": {"total": 4, "job_ids": ["job0", "job1", "job2", "job3"]}
    }


def test_a_refused_change_carries_neither_logs_nor_progress(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.workflow, "stopped")
    untouched = row(conn, Entity.workflow, row_id)
    report = transitions.try_set_workflow_status(
        conn, row_id, RunStatus.failed, append_logs="late", progress={"total": {"total": 1}}
    )
    assert report is not None
    assert report.refused
    assert row(conn, Entity.workflow, row_id) == untouched


def test_an_equal_status_with_nothing_to_carry_writes_nothing(conn: Conn, maker: Maker) -> None:
    row_id = maker.make(Entity.workflow, "deleted")
    untouched = row(conn, Entity.workflow, row_id)
    change = transitions.set_workflow_status(conn, row_id, RunStatus.deleted)
    assert (change.changed, change.allowed) == (False, True)
    assert row(conn, Entity.workflow, row_id) == untouched


def test_the_logs_of_a_job_are_replaced_so_that_a_report_may_come_twice(
    conn: Conn, maker: Maker
) -> None:
    job_id = maker.make(Entity.job, "created")
    transitions.set_job_status(conn, job_id, JobStatus.running, replace_logs="a\n")
    for _ in range(2):
        transitions.set_job_status(conn, job_id, JobStatus.finished, replace_logs="b\n")
    assert jobs.logs(conn, job_id) == "b\n"


def test_logs_are_appended_to_a_run_without_logs(conn: Conn, maker: Maker) -> None:
    run = maker.make(Entity.workflow, "pending")
    conn.execute("UPDATE __reana.workflow SET logs = NULL WHERE id_ = %s", [run])
    transitions.set_workflow_status(conn, run, RunStatus.running, append_logs="a")
    transitions.set_workflow_status(conn, run, RunStatus.running, append_logs="b")
    assert workflows.logs(conn, run) == "ab"


@pytest.mark.parametrize(
    ("stored", "message", "merged"),
    [
        (None, None, {}),
        (None, {"total": {"total": 5, "job_ids": []}}, {"total": {"total": 5, "job_ids": []}}),
        ({"total": {"total": 5}}, {"total": {"total": 9}}, {"total": {"total": 5}}),
        ({"total": {"total": 0}}, {"total": {"total": 9}}, {"total": {"total": 9}}),
        ({"total": {"total": 5}}, {"total": {}}, {"total": {"total": 5}}),
        ({}, {"running": {"total": 7}}, {"running": {"total": 0, "job_ids": []}}),
        (
            {"running": {"total": 2, "job_ids": ["a", "b"]}},
            {"running": {"total": 2, "job_ids": ["b", None, "c"]}},
            {"running": {"total": 3, "job_ids": ["a", "b", "c"]}},
        ),
        (
            {"failed": {"total": 9, "job_ids": ["a", None]}},
            {"finished": {"total": 1, "job_ids": ["a"]}},
            {
                "failed": {"total": 9, "job_ids": ["a", None]},
                "finished": {"total": 1, "job_ids": ["a"]},
            },
        ),
        ({"running": {"total": 1, "job_ids": ["a"]}}, {"cached": {"total": 1}}, None),
        ({"running": {"total": 1, "job_ids": ["a"]}}, {"running": None}, None),
        ({"running": {"total": 1, "job_ids": ["a"]}}, ["not", "an", "object"], None),
        ({"running": {"total": 1, "job_ids": ["a"]}}, {"total": {"total": "many"}}, None),
        ("null", {"failed": {"job_ids": ["a"]}}, {"failed": {"total": 1, "job_ids": ["a"]}}),
    ],
)
def test_progress_is_merged_as_a_union(conn: Conn, stored: Any, message: Any, merged: Any) -> None:
    found = conn.execute(
        "SELECT __reana.merge_job_progress(%s, %s)",
        [Json(None) if stored == "null" else Json(stored) if stored else None, Json(message)],
    ).fetchone()
    assert found == (stored if merged is None else merged,)


@pytest.mark.parametrize(
    "stored",
    [r'{"a": "\u0000"}', r'{"a": "\ud800"}', '{"total": {"total": 1e999999}}', "[" * 9 + "]" * 9],
)
def test_stored_progress_that_nobody_can_read_counts_as_none(conn: Conn, stored: str) -> None:
    message = {"running": {"total": 1, "job_ids": ["a"]}}
    found = conn.execute("SELECT __reana.merge_job_progress(%s, %s)", [stored, Json(message)])
    assert found.fetchone() == (message,)


@pytest.mark.parametrize("text", ["a\0", "\ud800"])
def test_progress_that_nobody_could_read_is_refused(conn: Conn, maker: Maker, text: str) -> None:
    run = maker.make(Entity.workflow, "running")
    with pytest.raises(errors.InvalidArgument, match="progress must not contain"):
        lifecycle.apply_status_message(conn, run, progress={"running": {"job_ids": [text]}})
    assert workflows.get(conn, run).status is RunStatus.running


def test_observing_makes_a_change_against_the_rules_and_says_so(conn: Conn, maker: Maker) -> None:
    set_mode(conn, StatusMode.observe)
    row_id = maker.make(Entity.workflow, "running")
    change = transitions.set_workflow_status(conn, row_id, RunStatus.queued)
    assert change == StatusChange(row_id, "running", "queued", changed=True, allowed=False)
    conn.execute("UPDATE __reana.workflow SET status = 'created' WHERE id_ = %s", [row_id])
    assert workflows.get(conn, row_id).status is RunStatus.created


def test_observing_still_honours_the_expected_statuses(conn: Conn, maker: Maker) -> None:
    set_mode(conn, StatusMode.observe)
    row_id = maker.make(Entity.workflow, "running")
    with pytest.raises(errors.InvalidTransition):
        transitions.set_workflow_status(
            conn, row_id, RunStatus.finished, expected=[RunStatus.pending]
        )


@pytest.mark.parametrize("mode", StatusMode)
def test_messages_and_functions_agree_in_every_mode(
    conn: Conn, maker: Maker, mode: StatusMode
) -> None:
    set_mode(conn, mode)
    for before, after in ((RunStatus.running, RunStatus.queued), (RunStatus.queued, "finished")):
        told, changed = (maker.make(Entity.workflow, before) for _ in range(2))
        message = lifecycle.apply_status_message(conn, told, status=RunStatus(after))
        change = transitions.try_set_workflow_status(conn, changed, RunStatus(after))
        assert change is not None
        assert change.refused is (mode is not StatusMode.observe)
        assert (message.outcome is lifecycle.MessageOutcome.APPLIED) is change.changed
        assert message.after == change.after


@pytest.mark.parametrize("entity", Entity)
def test_keeping_leaves_the_status_and_records_what_was_wanted(
    conn: Conn, maker: Maker, entity: Entity
) -> None:
    set_mode(conn, StatusMode.keep)
    before, after = next(
        (status, other)
        for status in transitions.RULES[entity]
        for other in transitions.RULES[entity]
        if not transitions.can_transition(entity, status, other)
    )
    row_id = maker.make(entity, before)
    table = sql.Identifier("__reana", entity)
    read = sql.SQL("SELECT to_jsonb(t) - 'updated' FROM {} AS t WHERE id_ = %s").format(table)
    write = sql.SQL("UPDATE {} SET status = %s WHERE id_ = %s").format(table)
    stored = conn.execute(read, [row_id]).fetchone()
    with notices(conn) as warnings:
        assert conn.execute(write, [after, row_id]).rowcount == 1
    message = f"{entity} {row_id} cannot go from {before} to {after}: its status stays."
    assert warnings == [("WARNING", "23R01", message)]
    assert conn.execute(read, [row_id]).fetchone() == stored
    entry = status_history.of_entity(conn, entity, row_id)[-1]
    assert (entry.from_status, entry.to_status) == (before, after)
    assert (entry.allowed, entry.made) == (False, False)


def test_keeping_stores_the_rest_of_the_statement(conn: Conn, maker: Maker) -> None:
    set_mode(conn, StatusMode.keep)
    row_id = maker.make(Entity.job, "finished")
    conn.execute(
        "UPDATE __reana.job SET status = 'running', started_at = '2020-01-01',"
        " finished_at = '2020-01-01', logs = 'all of them' WHERE id_ = %s",
        [row_id],
    )
    job = jobs.get(conn, row_id)
    assert (job.status, job.started_at, job.finished_at) == (JobStatus.finished, None, None)
    assert jobs.logs(conn, row_id) == "all of them"


def test_keeping_leaves_the_times_of_a_run(conn: Conn, maker: Maker) -> None:
    set_mode(conn, StatusMode.keep)
    row_id = maker.make(Entity.workflow, "finished")
    times = "run_started_at, run_finished_at, run_stopped_at"
    read = f"SELECT {times} FROM __reana.workflow WHERE id_ = %s".encode()
    before = conn.execute(read, [row_id]).fetchone()
    conn.execute(
        "UPDATE __reana.workflow SET status = 'pending', run_started_at = '2020-01-01',"
        " run_finished_at = '2020-01-02', run_stopped_at = '2020-01-03' WHERE id_ = %s",
        [row_id],
    )
    assert conn.execute(read, [row_id]).fetchone() == before


def test_a_status_that_was_kept_is_no_part_of_a_life(conn: Conn, maker: Maker) -> None:
    set_mode(conn, StatusMode.keep)
    row_id = maker.make(Entity.workflow, "running")
    conn.execute("UPDATE __reana.workflow SET status = 'created' WHERE id_ = %s", [row_id])
    stays = status_history.time_per_status(conn, Entity.workflow, row_id)
    assert [(stay.status, stay.current) for stay in stays] == [("running", True)]
    shown = conn.execute(
        "SELECT status::text FROM reana.run_history WHERE workflow_id = %s", [row_id]
    ).fetchall()
    assert shown == [("running",)]


@pytest.mark.parametrize("mode", [StatusMode.enforce, StatusMode.keep])
def test_functions_answer_the_same_whether_rules_are_enforced_or_statuses_kept(
    conn: Conn, maker: Maker, mode: StatusMode
) -> None:
    set_mode(conn, mode)
    row_id = maker.make(Entity.job, "finished")
    with pytest.raises(errors.InvalidTransition):
        transitions.set_job_status(conn, row_id, JobStatus.running)
    change = transitions.try_set_job_status(conn, row_id, JobStatus.running, replace_logs="late")
    assert change == StatusChange(row_id, "finished", "finished", changed=False, allowed=False)
    (report,) = jobs.report(conn, [jobs.JobReport(row_id, JobStatus.stopped, "late")])
    assert report == change
    assert not jobs.logs(conn, row_id)


def test_a_database_without_the_setting_enforces_the_rules(conn: Conn, maker: Maker) -> None:
    conn.execute("DELETE FROM __reana.setting")
    row_id = maker.make(Entity.workflow, "running")
    with pytest.raises(errors.InvalidTransition):
        transitions.set_workflow_status(conn, row_id, RunStatus.queued)


def test_a_role_without_rights_on_the_rules_is_guarded_all_the_same(
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
    update = "UPDATE __reana.workflow SET status = %s WHERE id_ = %s"
    conn.execute(update, ["pending", row_id])
    with pytest.raises(errors.InvalidTransition):
        conn.execute(update, ["queued", row_id])


def test_a_hostile_session_changes_no_rule(conn: Conn, maker: Maker) -> None:
    running = maker.make(Entity.workflow, "running")
    queued = maker.make(Entity.workflow, "queued")
    conn.execute(
        """
        CREATE TEMPORARY TABLE status_transition (LIKE __reana.status_transition);
        CREATE TEMPORARY TABLE setting (name text, value text);
        INSERT INTO setting VALUES ('status_mode', 'observe');
        CREATE TEMPORARY TABLE status_history (LIKE __reana.status_transition);
        CREATE SCHEMA hostile;
        CREATE FUNCTION hostile.equal(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE FUNCTION hostile.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS $$SELECT '1970-01-01'::timestamptz$$;
        CREATE OPERATOR hostile.= (LEFTARG = text, RIGHTARG = text, FUNCTION = hostile.equal);
        SET LOCAL search_path = hostile, pg_temp, pg_catalog;
        """
    )
    update = "UPDATE __reana.workflow SET status = %s WHERE id_ OPERATOR(pg_catalog.=) %s"
    conn.execute(update, ["running", queued])
    run = workflows.get(conn, queued)
    assert run.run_started_at is not None
    assert run.run_started_at > datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(errors.InvalidTransition):
        conn.execute(update, ["deleted", running])


def test_what_is_allowed_next_and_what_is_final() -> None:
    assert transitions.allowed_from(Entity.workflow, "running") == {"finished", "failed", "stopped"}
    assert transitions.allowed_from(Entity.job, "finished") == set()
    assert transitions.is_final(Entity.workflow, "finished")
    assert not transitions.is_final(Entity.workflow, "running")
    assert transitions.can_transition(Entity.workflow, None, "stopped")


def test_a_status_of_another_entity_is_refused_before_anything_is_sent(conn: Conn) -> None:
    with pytest.raises(errors.InvalidArgument, match="status must be one of created"):
        transitions.set_job_status(conn, uuid4(), "deleted")  # type: ignore[arg-type] # on purpose


def test_deleting_a_run_never_wins_against_its_engine(conn: Conn) -> None:
    """The races of released services, one after the other, on one row each."""
    owner = make_user(conn)
    lost = [
        ("running", "deleted"),
        ("failed", "pending"),
        ("deleted", "pending"),
        ("pending", "queued"),
        ("finished", "queued"),
    ]
    for before, after in lost:
        row_id = make_workflow(conn, owner, status=before)
        report = transitions.try_set_workflow_status(conn, row_id, RunStatus(after))
        assert report is not None
        assert report.refused
