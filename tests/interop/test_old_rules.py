"""Retention rules, shares, services and sessions of released versions and of ours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from reana_db import lifecycle, retention, services, sessions, sharing, transitions, users
from reana_db.queries import Conn
from reana_db.records import RetentionRuleStatus, RunStatus, ServiceStatus, User
from tests.interop.conftest import new_email
from tests.interop.released import OldError, OldService
from tests.interop.test_old_runs import LIFE, NAME, create, start

RULES = {"**/*.tmp": 1, "**/*": 30}


@pytest.fixture
def newer(old: OldService) -> OldService:
    """A service of a released version that knows sharing and services."""
    if old.release == "0.9.5":
        pytest.skip("reana-db 0.9.5 has neither sharing nor services")
    return old


@pytest.fixture
def friend(ours: Conn) -> User:
    return users.create(ours, email=new_email())


def statuses(ours: Conn, run: UUID) -> set[RetentionRuleStatus]:
    return {rule.status for rule in retention.list_rules(ours, run)}


def finished_by_them(old: OldService, owner: UUID) -> UUID:
    run = start(old, owner)
    old("add_rules", workflow_id=run, days=RULES)
    for status in LIFE:
        old("set_run_status", workflow_id=run, status=status)
    return run


def test_rules_of_a_run_that_they_finish_are_active_once(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = finished_by_them(old, owner)
    assert statuses(ours, run) == {RetentionRuleStatus.active}
    applied_on = {rule.workspace_files: rule.apply_on for rule in retention.list_rules(ours, run)}
    today = datetime.now(UTC).date()
    for files, days in RULES.items():
        when = applied_on[files]
        assert when is not None
        assert when.date() == today + timedelta(days=days)
        assert when.time() >= time(23, 59, 59)


def test_rules_of_theirs_follow_a_run_that_we_finish(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner, *LIFE[:3])
    old("add_rules", workflow_id=run, days=RULES)
    lifecycle.apply_status_message(ours, run, status=RunStatus.finished)
    assert {rule["status"] for rule in old("rules", workflow_id=run)} == {"active"}


def test_rules_of_ours_follow_a_run_that_they_finish(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = create(ours, owner).id_
    retention.add(ours, run, RULES)
    for status in LIFE:
        old("set_run_status", workflow_id=run, status=status)
    assert statuses(ours, run) == {RetentionRuleStatus.active}


def test_rules_that_we_claim_are_finished_by_them(old: OldService, ours: Conn, owner: UUID) -> None:
    run = finished_by_them(old, owner)
    later = datetime.now(UTC) + timedelta(days=100)
    assert len(retention.claim_due(ours, later, workflow_id=run)) == len(RULES)
    assert old("has_pending_rules", workflow_id=run) is True
    old("set_rules_status", workflow_id=run, status="applied")
    assert statuses(ours, run) == {RetentionRuleStatus.applied}


def test_rules_that_they_claim_are_finished_by_us(old: OldService, ours: Conn, owner: UUID) -> None:
    run = finished_by_them(old, owner)
    old("set_rules_status", workflow_id=run, status="pending")
    for rule in retention.list_pending(ours, workflow_id=run):
        assert retention.finish(ours, rule.id_, applied=True)
    assert {rule["status"] for rule in old("rules", workflow_id=run)} == {"applied"}


def test_a_restart_of_ours_ends_rules_of_theirs(old: OldService, ours: Conn, owner: UUID) -> None:
    run = finished_by_them(old, owner)
    lifecycle.clone_for_restart(ours, run)
    assert {rule["status"] for rule in old("rules", workflow_id=run)} == {"inactive"}


def test_a_restart_of_theirs_ends_rules_once_though_they_end_them_again(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = finished_by_them(old, owner)
    entries = sum(rule["audit"] for rule in old("rules", workflow_id=run))
    restart = old("create_run", user_id=owner, name=NAME, restart=True, run_number="1")
    old("inactivate_rules", workflow_id=restart["id"])
    assert statuses(ours, run) == {RetentionRuleStatus.inactive}
    after = sum(rule["audit"] for rule in old("rules", workflow_id=run))
    assert after == entries + len(RULES)


def test_a_deletion_of_theirs_ends_rules(old: OldService, ours: Conn, owner: UUID) -> None:
    run = finished_by_them(old, owner)
    old("set_run_status", workflow_id=run, status="deleted")
    assert statuses(ours, run) == {RetentionRuleStatus.inactive}


def test_difference_a_restart_is_refused_while_rules_are_pending(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = finished_by_them(old, owner)
    retention.claim_due(ours, datetime.now(UTC) + timedelta(days=100), workflow_id=run)
    with pytest.raises(OldError, match="cannot be restarted") as caught:
        old("create_run", user_id=owner, name=NAME, restart=True, run_number="1")
    assert caught.value.sqlstate == "23R02"


def test_difference_a_change_of_theirs_has_two_audit_entries(old: OldService, owner: UUID) -> None:
    """Theirs and that of the database: the same status at nearly the same time."""
    run = start(old, owner)
    old("add_rules", workflow_id=run, days={"**/*": 30})
    (rule,) = old("rules", workflow_id=run)
    assert rule["audit"] == 2


def test_a_share_of_theirs_is_listed_by_us(
    newer: OldService, ours: Conn, owner: UUID, friend: User
) -> None:
    run = start(newer, owner)
    newer("share", workflow_id=run, user_id=friend.id_)
    assert [item.email for item in sharing.of_workflow(ours, run)] == [friend.email]


def test_a_share_of_ours_is_used_and_ended_by_them(
    newer: OldService, ours: Conn, owner: UUID, friend: User
) -> None:
    run = create(ours, owner)
    sharing.share(ours, run.id_, owner_id=owner, email=friend.email, message="look")
    assert newer("shared_with_me", user_id=friend.id_) == [str(run.id_)]
    assert newer("find_run", user_id=friend.id_, name=NAME, shared=True) == str(run.id_)
    assert newer("unshare", workflow_id=run.id_, user_id=friend.id_) == 1
    assert sharing.of_workflow(ours, run.id_) == []


def test_a_service_of_theirs_is_run_and_its_logs_are_read_by_us(
    newer: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(newer, owner)
    service = UUID(newer("create_service", workflow_id=run, name=f"dask-{run}"))
    log = {"component": "scheduler", "pod": "p", "pod_uid": "u", "content": "é"}
    newer("add_service_log", service_id=service, log=log)
    assert services.mark_running(ours, service)
    assert [item.log for item in services.logs(ours, [service])] == [log]
    newer("set_service_status", service_id=service, status="deleted")
    assert services.get(ours, service).status is ServiceStatus.deleted


def test_a_service_of_ours_is_read_and_ended_by_them(
    newer: OldService, ours: Conn, owner: UUID
) -> None:
    run = create(ours, owner).id_
    service = services.create(ours, run, name=f"dask-{run}", uri="/dashboard")
    log = {"component": "scheduler", "content": ""}
    services.store_log(ours, service, log)
    assert newer("service_logs", service_id=service) == [log]
    newer("set_service_status", service_id=service, status="deleted")
    assert services.get(ours, service).status is ServiceStatus.deleted


def test_difference_a_deleted_service_does_not_run_again(
    newer: OldService, ours: Conn, owner: UUID
) -> None:
    """A listing of theirs that read ``created`` writes ``running`` after the end of the run."""
    run = start(newer, owner)
    service = UUID(newer("create_service", workflow_id=run, name=f"dask-{run}"))
    transitions.set_service_status(ours, service, ServiceStatus.deleted)
    with pytest.raises(OldError, match="cannot go from deleted to running") as caught:
        newer("set_service_status", service_id=service, status="running")
    assert caught.value.sqlstate == "23R01"


def test_a_session_of_theirs_is_found_and_closed_by_us(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner)
    session = UUID(old("open_session", workflow_id=run, name=f"session-{run}"))
    assert sessions.mark_running(ours, session)
    found = sessions.of_workflow(ours, run)
    assert found is not None
    assert (found.id_, found.status) == (session, RunStatus.running)
    assert sessions.close_session(ours, session)


def test_a_session_of_ours_is_closed_by_them(old: OldService, ours: Conn, owner: UUID) -> None:
    run = create(ours, owner).id_
    name = str(uuid4())
    session = sessions.open_session(ours, run, name=name, path=f"/{name}", owner_id=owner)
    old("close_session", session_id=session.id_)
    assert sessions.of_workflow(ours, run) is None
