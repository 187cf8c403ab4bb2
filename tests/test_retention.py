from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import errors, queries, retention
from reana_db.queries import Conn
from reana_db.records import RetentionRuleStatus
from reana_db.retention import RetentionRule
from tests.support.factories import insert, make_user, make_workflow
from tests.support.races import at_once

FAR_FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
AUTOMATIC: dict[str, Any] = {"run_number_major": None, "run_number_minor": None}


def make_rule(conn: Conn, workflow_id: UUID, status: str = "created", **columns: Any) -> UUID:
    rule_id = uuid4()
    values = {
        "id_": rule_id,
        "workflow_id": workflow_id,
        "workspace_files": f"{rule_id}/**",
        "retention_days": 3,
        "status": status,
        **columns,
    }
    insert(conn, "workspace_retention_rule", **values)
    return rule_id


def set_status(conn: Conn, workflow_id: UUID, *statuses: str) -> None:
    for status in statuses:
        conn.execute(
            "UPDATE __reana.workflow SET status = %s WHERE id_ = %s", [status, workflow_id]
        )


def set_rule(conn: Conn, rule_id: UUID, status: str) -> None:
    conn.execute(
        "UPDATE __reana.workspace_retention_rule SET status = %s WHERE id_ = %s", [status, rule_id]
    )


def rule(conn: Conn, workflow_id: UUID) -> RetentionRule:
    (found,) = retention.list_rules(conn, workflow_id)
    return found


def statuses(conn: Conn, workflow_id: UUID) -> set[str]:
    return {found.status for found in retention.list_rules(conn, workflow_id)}


def audit(conn: Conn, rule_id: UUID) -> list[tuple[str, datetime]]:
    return conn.execute(
        "SELECT action::text, timestamp FROM __reana.workspace_retention_audit_log"
        " WHERE workspace_retention_rule_id = %s ORDER BY timestamp",
        [rule_id],
    ).fetchall()


def restart(conn: Conn, owner: UUID, name: str, major: int = 1) -> UUID:
    columns = {**AUTOMATIC, "run_number_major": major, "restart": True, "name": name}
    return make_workflow(conn, owner, **columns)


def end_of_today() -> datetime:
    return datetime.now(UTC).replace(hour=23, minute=59, second=59, microsecond=999999)


def test_rules_are_added_as_created(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    added = retention.add(conn, run, {"**/*.root": 7, "logs/*": 1})
    assert sorted(added, key=lambda item: item.workspace_files) == retention.list_rules(conn, run)
    assert [(r.workspace_files, r.retention_days, r.status, r.apply_on) for r in added] == [
        ("**/*.root", 7, RetentionRuleStatus.created, None),
        ("logs/*", 1, RetentionRuleStatus.created, None),
    ]


def test_adding_rules_is_one_statement(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    before = queries.executions.total()
    retention.add(conn, run, {"a": 1, "b": 2, "c": 3})
    assert queries.executions.total() == before + 1


def test_a_second_rule_for_the_same_files_is_refused(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    retention.add(conn, run, {"a": 1})
    with pytest.raises(errors.AlreadyExists):
        retention.add(conn, run, {"a": 2})


@pytest.mark.parametrize("end", ["finished", "failed"])
def test_the_end_of_a_run_activates_its_rules(conn: Conn, end: str) -> None:
    run = make_workflow(conn, make_user(conn), status="running")
    make_rule(conn, run)
    set_status(conn, run, end)
    found = rule(conn, run)
    assert found.status is RetentionRuleStatus.active
    assert found.apply_on == end_of_today() + timedelta(days=3)


def test_a_stop_does_not_activate_rules(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn), status="running")
    make_rule(conn, run)
    set_status(conn, run, "stopped")
    assert statuses(conn, run) == {"created"}


def test_the_end_of_a_run_leaves_rules_of_other_runs_alone(conn: Conn) -> None:
    owner = make_user(conn)
    run, other = (make_workflow(conn, owner, status="running") for _ in range(2))
    make_rule(conn, other)
    set_status(conn, run, "finished")
    assert statuses(conn, other) == {"created"}


def test_the_date_is_the_end_of_the_day_in_utc_whatever_the_zone(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    make_rule(conn, run)
    conn.execute("SET LOCAL TIME ZONE 'Pacific/Kiritimati'")
    retention.activate(conn, run)
    assert rule(conn, run).apply_on == end_of_today() + timedelta(days=3)


def test_a_client_may_give_the_date_when_it_activates_a_rule(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    rule_id = make_rule(conn, run)
    conn.execute(
        "UPDATE __reana.workspace_retention_rule"
        " SET status = 'active', apply_on = '2030-01-01 23:59:59' WHERE id_ = %s",
        [rule_id],
    )
    assert rule(conn, run).apply_on == datetime(2030, 1, 1, 23, 59, 59, tzinfo=UTC)


def test_an_inactive_rule_has_no_date(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    set_rule(conn, make_rule(conn, run, "active"), "inactive")
    assert rule(conn, run).apply_on is None


def test_s6_a_failed_rule_keeps_its_date(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    rule_id = make_rule(conn, run, "active", apply_on="2026-01-02 23:59:59.999999")
    retention.claim_due(conn, FAR_FUTURE, workflow_id=run)
    assert retention.finish(conn, rule_id, applied=False)
    assert rule(conn, run).status is RetentionRuleStatus.active
    assert rule(conn, run).apply_on == datetime(2026, 1, 2, 23, 59, 59, 999999, tzinfo=UTC)


def test_a_restart_ends_the_rules_of_all_runs_of_its_major(conn: Conn) -> None:
    owner = make_user(conn)
    run = make_workflow(conn, owner, name="w", status="finished")
    make_rule(conn, run, "active")
    first = restart(conn, owner, "w")
    make_rule(conn, first)
    second = restart(conn, owner, "w")
    assert [statuses(conn, run), statuses(conn, first)] == [{"inactive"}, {"inactive"}]
    assert statuses(conn, second) == set()


def test_a_restart_leaves_other_majors_owners_and_names_alone(conn: Conn) -> None:
    owner = make_user(conn)
    make_workflow(conn, owner, name="w")
    others = [
        make_workflow(conn, owner, name="w", **AUTOMATIC),
        make_workflow(conn, owner, name="v"),
        make_workflow(conn, make_user(conn), name="w"),
    ]
    for other in others:
        make_rule(conn, other, "active")
    restart(conn, owner, "w")
    assert [statuses(conn, other) for other in others] == [{"active"}] * 3


def test_r10_a_restart_is_refused_while_rules_are_pending(conn: Conn) -> None:
    owner = make_user(conn)
    run = make_workflow(conn, owner, name="w")
    make_rule(conn, run, "pending")
    with pytest.raises(errors.RestartRefused, match=r"w\.1 cannot be restarted"):
        restart(conn, owner, "w")


def test_an_imported_restart_leaves_rules_alone(conn: Conn) -> None:
    owner = make_user(conn)
    run = make_workflow(conn, owner, name="w")
    make_rule(conn, run, "active")
    columns = {"run_number_minor": 1, "restart": True, "name": "w", "status": "finished"}
    make_workflow(conn, owner, **columns)
    assert statuses(conn, run) == {"active"}


def test_a_deletion_ends_the_rules_of_all_runs_of_its_major(conn: Conn) -> None:
    owner = make_user(conn)
    run = make_workflow(conn, owner, name="w", status="finished")
    first = restart(conn, owner, "w")
    make_rule(conn, run, "active")
    make_rule(conn, first)
    set_status(conn, run, "deleted")
    assert [statuses(conn, run), statuses(conn, first)] == [{"inactive"}, {"inactive"}]


def test_a_deletion_leaves_pending_and_applied_rules_alone(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn), status="finished")
    make_rule(conn, run, "pending")
    make_rule(conn, run, "applied")
    set_status(conn, run, "deleted")
    assert statuses(conn, run) == {"pending", "applied"}


def test_every_change_has_an_audit_entry(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn), status="running")
    rule_id = make_rule(conn, run)
    set_status(conn, run, "finished")
    retention.extend(conn, run, days=1)
    retention.claim_due(conn, FAR_FUTURE, workflow_id=run)
    retention.finish(conn, rule_id, applied=True)
    actions = [action for action, _ in audit(conn, rule_id)]
    assert actions == ["created", "active", "active", "pending", "applied"]


def test_an_update_that_changes_nothing_has_no_audit_entry(conn: Conn) -> None:
    rule_id = make_rule(conn, make_workflow(conn, make_user(conn)))
    set_rule(conn, rule_id, "created")
    assert len(audit(conn, rule_id)) == 1


def test_audit_times_are_utc_whatever_the_zone(conn: Conn) -> None:
    conn.execute("SET LOCAL TIME ZONE 'Europe/Zurich'")
    rule_id = make_rule(conn, make_workflow(conn, make_user(conn)))
    ((_, moment),) = audit(conn, rule_id)
    assert abs(moment.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_entries_of_older_services_never_collide(conn: Conn) -> None:
    rule_id = make_rule(conn, make_workflow(conn, make_user(conn)), "active")
    for days in range(4, 8):
        conn.execute(
            "UPDATE __reana.workspace_retention_rule SET retention_days = %s WHERE id_ = %s",
            [days, rule_id],
        )
        conn.execute(
            "INSERT INTO __reana.workspace_retention_audit_log"
            " (workspace_retention_rule_id, action) VALUES (%s, 'active')",
            [rule_id],
        )
    entries = audit(conn, rule_id)
    assert len(entries) == len(set(entries)) == 9


def test_a_temporary_table_does_not_capture_audit_entries(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn), status="running")
    rule_id = make_rule(conn, run)
    for table in ("workspace_retention_audit_log", "workspace_retention_rule", "workflow"):
        conn.execute(f"CREATE TEMPORARY TABLE {table} (LIKE __reana.{table}) ON COMMIT DROP")
    conn.execute("SET LOCAL search_path = pg_temp")
    set_status(conn, run, "finished")
    assert [action for action, _ in audit(conn, rule_id)] == ["created", "active"]


def test_rules_of_a_run_are_activated_by_hand(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    make_rule(conn, run)
    make_rule(conn, run, "applied")
    assert retention.activate(conn, run) == 1
    assert statuses(conn, run) == {"active", "applied"}


def test_rules_of_all_runs_are_ended_by_hand(conn: Conn) -> None:
    owner = make_user(conn)
    run = make_workflow(conn, owner, name="w")
    second = restart(conn, owner, "w")
    make_rule(conn, run, "active")
    make_rule(conn, second)
    assert retention.inactivate_all_runs(conn, run) == 2
    assert statuses(conn, run) | statuses(conn, second) == {"inactive"}


def test_pending_rules_of_any_run_of_the_major_count(conn: Conn) -> None:
    owner = make_user(conn)
    run = make_workflow(conn, owner, name="w")
    second = restart(conn, owner, "w")
    assert not retention.has_pending(conn, second)
    make_rule(conn, run, "pending")
    assert retention.has_pending(conn, second)


def test_a_claim_takes_active_rules_that_are_due(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    due = make_rule(conn, run, "active", apply_on="2026-01-01 23:59:59.999999")
    make_rule(conn, run, "active", apply_on="2026-01-02 23:59:59.999999")
    make_rule(conn, run, "created", apply_on="2026-01-01")
    claimed = retention.claim_due(conn, datetime(2026, 1, 2, 2, tzinfo=UTC), workflow_id=run)
    assert [(item.id_, item.status.value, item.workflow_id) for item in claimed] == [
        (due, "pending", run)
    ]
    assert claimed[0].workspace_path is not None


def test_a_rule_is_not_due_at_its_very_date(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    make_rule(conn, run, "active", apply_on="2026-01-01 12:00")
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert retention.claim_due(conn, moment, workflow_id=run) == []
    assert len(retention.claim_due(conn, moment + timedelta(microseconds=1), workflow_id=run)) == 1


def test_a_claim_can_be_limited_to_an_owner_and_in_number(conn: Conn) -> None:
    owner, other = make_user(conn), make_user(conn)
    for days in range(3):
        make_rule(conn, make_workflow(conn, owner), "active", apply_on=f"2026-01-0{days + 1}")
    make_rule(conn, make_workflow(conn, other), "active", apply_on="2025-01-01")
    assert len(retention.claim_due(conn, FAR_FUTURE, owner_id=owner, maximum=2)) == 2
    rest = retention.claim_due(conn, FAR_FUTURE, owner_id=owner)
    assert [item.apply_on for item in rest] == [datetime(2026, 1, 3, tzinfo=UTC)]


def test_what_is_due_can_be_listed_without_a_claim(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    active = make_rule(conn, run, "active", apply_on="2026-01-01")
    pending = make_rule(conn, run, "pending", apply_on="2025-01-01")
    listed = retention.list_due(conn, FAR_FUTURE, workflow_id=run)
    assert [item.id_ for item in listed] == [pending, active]
    assert [item.id_ for item in retention.list_pending(conn, workflow_id=run)] == [pending]


def test_a_rule_is_finished_once(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    rule_id = make_rule(conn, run, "pending")
    assert retention.finish(conn, rule_id, applied=True)
    assert not retention.finish(conn, rule_id, applied=True)
    assert not retention.finish(conn, rule_id, applied=False)
    assert statuses(conn, run) == {"applied"}


def test_rules_of_a_dead_process_are_claimed_anew_by_one(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    rule_id = make_rule(conn, run, "active", apply_on="2026-01-01")
    retention.claim_due(conn, FAR_FUTURE, workflow_id=run)
    before_the_claim = datetime.now(UTC) - timedelta(hours=1)
    assert retention.claim_abandoned(conn, before_the_claim, workflow_id=run) == []
    moment = datetime.now(UTC)
    assert [r.id_ for r in retention.claim_abandoned(conn, moment, workflow_id=run)] == [rule_id]
    assert retention.claim_abandoned(conn, moment, workflow_id=run) == []


def test_active_rules_are_extended(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    make_rule(conn, run, "active", apply_on="2026-01-01 23:59:59.999999")
    make_rule(conn, run)
    (extended,) = retention.extend(conn, run, days=10)
    assert extended.retention_days == 13
    assert extended.apply_on == datetime(2026, 1, 11, 23, 59, 59, 999999, tzinfo=UTC)


def test_rules_are_not_extended_backwards(conn: Conn) -> None:
    with pytest.raises(errors.InvalidArgument, match="days must be from 0 to 36500, not -1"):
        retention.extend(conn, uuid4(), days=-1)


def test_two_claims_at_once_get_different_rules(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        run = make_workflow(conn, make_user(conn))
        rules = {make_rule(conn, run, "active", apply_on="2026-01-01") for _ in range(200)}

    def claim(conn: Conn, _: int) -> list[UUID]:
        claimed: list[UUID] = []
        while batch := retention.claim_due(conn, FAR_FUTURE, maximum=7):
            claimed += [item.id_ for item in batch]
        return claimed

    claims = at_once(fresh_db, 4, claim)
    assert sum(map(len, claims)) == 200
    assert set().union(*claims) == rules


def retention_left(uri: str, pending_before: datetime) -> int:
    with psycopg.connect(uri) as conn:
        return len(retention.claim_abandoned(conn, pending_before))


def test_abandoned_rules_are_claimed_by_one_process_each(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        run = make_workflow(conn, make_user(conn))
        for _ in range(100):
            make_rule(conn, run, "pending")
    moment = datetime.now(UTC)

    def claim(conn: Conn, _: int) -> list[UUID]:
        return [item.id_ for item in retention.claim_abandoned(conn, moment, maximum=25)]

    claims = at_once(fresh_db, 4, claim)
    assert len(set().union(*claims)) == sum(map(len, claims))
    assert retention_left(fresh_db, moment) == 100 - sum(map(len, claims))


def test_r10_a_restart_waits_for_a_claim_and_is_refused(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        owner = make_user(conn)
        run = make_workflow(conn, owner, name="w", status="finished")
        make_rule(conn, run, "active", apply_on="2026-01-01")
    claim_sent = []

    def work(conn: Conn, number: int) -> str:
        if number == 0:
            with conn.transaction():
                claim_sent.append(retention.claim_due(conn, FAR_FUTURE))
                time.sleep(0.3)
            return "claimed"
        while not claim_sent:
            time.sleep(0.01)
        try:
            restart(conn, owner, "w")
        except errors.RestartRefused:
            return "refused"
        return "restarted"

    assert at_once(fresh_db, 2, work) == ["claimed", "refused"]


def test_r10_a_claim_skips_what_a_restart_has_locked(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        owner = make_user(conn)
        run = make_workflow(conn, owner, name="w", status="finished")
        make_rule(conn, run, "active", apply_on="2026-01-01")
    with psycopg.connect(fresh_db) as restarting, psycopg.connect(fresh_db) as cron:
        restart(restarting, owner, "w")
        assert retention.claim_due(cron, FAR_FUTURE) == []
        restarting.commit()
        assert retention.claim_due(cron, FAR_FUTURE) == []


def restarts_of(conn: Conn, workflow_id: UUID) -> int:
    row = conn.execute(
        "SELECT count(*) FROM __reana.workflow AS run, __reana.workflow AS asked"
        " WHERE asked.id_ = %s AND run.name = asked.name AND run.restart",
        [workflow_id],
    ).fetchone()
    assert row is not None
    return int(row[0])


def cron(conn: Conn) -> list[UUID]:
    """Apply rules as they are claimed, and see that no run was restarted meanwhile."""
    applied = []
    for _ in range(60):
        for item in retention.claim_due(conn, FAR_FUTURE, maximum=3):
            time.sleep(0.001)
            assert restarts_of(conn, item.workflow_id) == 0
            assert retention.finish(conn, item.id_, applied=True)
            applied.append(item.id_)
    return applied


def restart_if_allowed(conn: Conn, owner: UUID, name: str) -> None:
    try:
        restart(conn, owner, name)
    except errors.RestartRefused:
        time.sleep(0.001)


def test_r10_crons_restarts_and_deletions_never_meet(fresh_db: str) -> None:
    names = [f"w{number}" for number in range(30)]
    with psycopg.connect(fresh_db) as conn:
        owner = make_user(conn)
        runs = [make_workflow(conn, owner, name=name, status="finished") for name in names]
        for run in runs * 4:
            make_rule(conn, run, "active", apply_on="2026-01-01")

    def work(conn: Conn, number: int) -> list[UUID]:
        if number < 2:
            return cron(conn)
        if number == 2:
            for run in random.sample(runs, 10):
                set_status(conn, run, "deleted")
        for name in random.sample(names, len(names)):
            restart_if_allowed(conn, owner, name)
        return []

    applied = [rule_id for batch in at_once(fresh_db, 5, work) for rule_id in batch]
    assert len(applied) == len(set(applied))
    with psycopg.connect(fresh_db) as conn:
        found = conn.execute(
            "SELECT status::text, count(*) FROM __reana.workspace_retention_rule GROUP BY 1"
        ).fetchall()
    assert dict(found) == {"applied": len(applied), "inactive": 120 - len(applied)}


def test_a_hostile_operator_does_not_decide_rules(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn), status="running")
    rule_id = make_rule(conn, run)
    conn.execute("CREATE SCHEMA hostile")
    for type_ in ("public.workspaceretentionrulestatus", "public.runstatus", "uuid", "text"):
        conn.execute(
            f"CREATE FUNCTION hostile.never({type_}, {type_}) RETURNS boolean"
            " LANGUAGE sql IMMUTABLE AS 'SELECT false'"
        )
        conn.execute(
            f"CREATE OPERATOR hostile.="
            f" (FUNCTION = hostile.never, LEFTARG = {type_}, RIGHTARG = {type_})"
        )
    conn.execute("SET LOCAL search_path = hostile, pg_catalog")
    conn.execute(
        "UPDATE __reana.workflow SET status = 'finished' WHERE id_ OPERATOR(pg_catalog.=) %s", [run]
    )
    conn.execute("SET LOCAL search_path = pg_catalog")
    assert rule(conn, run).status is RetentionRuleStatus.active
    assert [action for action, _ in audit(conn, rule_id)] == ["created", "active"]


def test_a_due_rule_comes_with_the_specification_of_its_run(conn: Conn) -> None:
    specification = {"inputs": {"files": ["data.csv"]}}
    run = make_workflow(conn, make_user(conn), reana_specification=specification)
    make_rule(conn, run, "active", apply_on=datetime(2026, 1, 2, tzinfo=UTC).replace(tzinfo=None))
    (due,) = retention.claim_due(conn, datetime(2026, 1, 3, tzinfo=UTC), workflow_id=run)
    assert due.reana_specification == specification


def test_a_rule_is_a_document_of_the_api(conn: Conn) -> None:
    run = make_workflow(conn, make_user(conn))
    (rule_id,) = [item.id_ for item in retention.add(conn, run, {"**/*.root": 7})]
    (found,) = retention.list_rules(conn, run)
    assert found.document == {
        "id": str(rule_id),
        "workspace_files": "**/*.root",
        "retention_days": 7,
        "apply_on": None,
        "status": "created",
    }
