"""The life of a run, operation by operation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.pq import TransactionStatus

from reana_db import deletion, errors, lifecycle, queries, retention, workflows, workspaces
from reana_db.deletion import DeletionOutcome
from reana_db.lifecycle import MessageOutcome, NewService
from reana_db.queries import Conn
from reana_db.records import Entity, RunStatus, Workflow
from tests.support.factories import (
    insert,
    make_job,
    make_service,
    make_session,
    make_user,
    make_workflow,
    set_usage,
)

SPECIFICATION = {"workflow": {"type": "serial"}, "inputs": {"parameters": {"n": 1}}}
MOMENT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
ENDED = ["finished", "failed", "stopped", "deleted"]
NOT_ENDED = ["created", "queued", "pending", "running"]


def create(conn: Conn, owner_id: UUID | str, **more: Any) -> Workflow:
    given: dict[str, Any] = {
        "name": "analysis",
        "specification": SPECIFICATION,
        "type_": "serial",
        "workspace_path": "/var/reana/w",
        **more,
    }
    return lifecycle.create(conn, owner_id=owner_id, **given)


def status(conn: Conn, workflow_id: UUID) -> RunStatus | None:
    return workflows.get(conn, workflow_id).status


def statements(conn: Conn) -> int:
    """How many statements were executed so far."""
    assert not conn.closed
    return queries.executions.total()


def rows(conn: Conn, table: str) -> int:
    row = conn.execute(f"SELECT count(*) FROM __reana.{table}").fetchone()
    assert row is not None
    return int(row[0])


def service_status(conn: Conn, workflow_id: UUID) -> str:
    row = conn.execute(
        "SELECT status::text FROM __reana.service JOIN __reana.workflow_service ON id_ = service_id"
        " WHERE workflow_id = %s",
        [workflow_id],
    ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture
def owner(conn: Conn) -> UUID:
    return make_user(conn)


@pytest.fixture
def running(conn: Conn, owner: UUID) -> UUID:
    return make_workflow(conn, owner, status="running", run_started_at="2026-01-01")


# Creation


def test_a_new_run_is_created_and_numbered(conn: Conn, owner: UUID) -> None:
    run = create(conn, owner, git_ref="v1", git_repo="https://example.org/a.git")
    assert (run.status, run.full_name, run.restart) == (RunStatus.created, "analysis.1", False)
    assert (run.git_ref, run.git_repo) == ("v1", "https://example.org/a.git")
    assert run == workflows.get(conn, run.id_)


def test_a_new_run_holds_what_services_expect(conn: Conn, owner: UUID) -> None:
    run = create(conn, owner, operational_options={"CACHE": "off"})
    specification = workflows.specification(conn, run.id_)
    assert specification.reana_specification == SPECIFICATION
    assert specification.input_parameters == {}
    assert workflows.operational_options(conn, run.id_) == {"CACHE": "off"}
    assert workflows.job_progress(conn, run.id_) == {}
    assert workflows.logs(conn, run.id_) == ""


def test_the_caller_may_choose_the_id(conn: Conn, owner: UUID) -> None:
    workflow_id = uuid4()
    assert create(conn, owner, workflow_id=workflow_id).id_ == workflow_id


def test_r18_a_run_comes_with_its_rules_and_service_in_one_statement(
    conn: Conn, owner: UUID
) -> None:
    before = statements(conn)
    run = create(
        conn,
        owner,
        retention_rules={"**/*": 30, "tmp/*": 1},
        service=NewService(name="dask-service-1", uri="https://example.org/dask"),
    )
    assert statements(conn) == before + 1
    rules = retention.list_rules(conn, run.id_)
    assert [(rule.workspace_files, rule.retention_days) for rule in rules] == [
        ("**/*", 30),
        ("tmp/*", 1),
    ]
    assert service_status(conn, run.id_) == "created"


def test_r18_a_refused_service_leaves_no_run(conn: Conn, owner: UUID) -> None:
    service = NewService(name="dask-service-1", uri="https://example.org/dask")
    create(conn, owner, service=service)
    with pytest.raises(errors.AlreadyExists), conn.transaction():
        create(conn, owner, service=service)
    assert rows(conn, "workflow") == 1


def test_a_run_of_nobody_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.MissingReference):
        create(conn, uuid4())


# Restart


def test_a_restart_shares_the_workspace_and_has_the_next_minor_number(
    conn: Conn, owner: UUID
) -> None:
    original = create(conn, owner, git_ref="v1", launcher_url="https://example.org")
    conn.execute("UPDATE __reana.workflow SET status = 'queued'")
    conn.execute("UPDATE __reana.workflow SET status = 'failed'")
    run = lifecycle.clone_for_restart(conn, original.id_)
    assert (run.full_name, run.restart, run.status) == ("analysis.1.1", True, RunStatus.created)
    assert run.workspace_path == original.workspace_path
    assert (run.git_ref, run.git_repo, run.launcher_url) == ("", None, None)
    assert workflows.specification(conn, run.id_).reana_specification == SPECIFICATION


def test_a_run_without_a_given_path_gets_that_of_reana(conn: Conn) -> None:
    owner = make_user(conn)
    run = create(conn, owner, workspace_path=None)
    assert run.workspace_path == workspaces.build_workspace_path(owner, run.id_)


def test_a_restart_may_have_another_specification_and_type(conn: Conn, owner: UUID) -> None:
    original = make_workflow(conn, owner, status="finished")
    run = lifecycle.clone_for_restart(conn, original, specification={"version": 2}, type_="cwl")
    assert workflows.specification(conn, run.id_).reana_specification == {"version": 2}
    assert run.type_ == "cwl"


def test_a_restart_takes_one_statement_and_replaces_the_rules(conn: Conn, owner: UUID) -> None:
    original = make_workflow(conn, owner, status="running")
    retention.add(conn, original, {"**/*": 3})
    conn.execute("UPDATE __reana.workflow SET status = 'finished'")
    before = statements(conn)
    run = lifecycle.clone_for_restart(
        conn,
        original,
        retention_rules={"**/*": 9},
        service=NewService(name="dask-service-2", uri="https://example.org/dask"),
    )
    assert statements(conn) == before + 1
    assert [rule.status.value for rule in retention.list_rules(conn, original)] == ["inactive"]
    assert [rule.status.value for rule in retention.list_rules(conn, run.id_)] == ["created"]
    assert service_status(conn, run.id_) == "created"


@pytest.mark.parametrize("current", [*NOT_ENDED, "deleted"])
def test_only_an_ended_run_is_restarted(conn: Conn, owner: UUID, current: str) -> None:
    original = make_workflow(conn, owner, status=current)
    with pytest.raises(errors.RestartRefused, match=f"is {current}"):
        lifecycle.clone_for_restart(conn, original)
    assert rows(conn, "workflow") == 1


def test_a_restart_of_nothing_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        lifecycle.clone_for_restart(conn, uuid4())


def test_r10_a_restart_is_refused_while_files_are_removed(conn: Conn, owner: UUID) -> None:
    original = make_workflow(conn, owner, status="running")
    (rule,) = retention.add(conn, original, {"**/*": 3})
    conn.execute("UPDATE __reana.workflow SET status = 'finished'")
    retention.claim_due(conn, datetime(2100, 1, 1, tzinfo=UTC), workflow_id=original)
    with pytest.raises(errors.RestartRefused, match="files of its workspace are removed"):
        lifecycle.clone_for_restart(conn, original)
    assert conn.info.transaction_status is TransactionStatus.INTRANS
    retention.finish(conn, rule.id_, applied=True)
    assert lifecycle.clone_for_restart(conn, original).run_number == "1.1"


# Queue and start


def test_a_created_run_is_queued(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner)
    change = lifecycle.queue(conn, run)
    assert (change.before, change.after) == ("created", "queued")
    assert status(conn, run) is RunStatus.queued


@pytest.mark.parametrize("current", [*NOT_ENDED[1:], *ENDED])
def test_no_other_run_is_queued(conn: Conn, owner: UUID, current: str) -> None:
    run = make_workflow(conn, owner, status=current)
    with pytest.raises(errors.InvalidTransition):
        lifecycle.queue(conn, run)
    assert status(conn, run) == current


def test_a_queued_run_is_started_with_parameters_in_one_statement(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="queued")
    before = statements(conn)
    change = lifecycle.start(
        conn, run, input_parameters={"n": 5}, operational_options={"CACHE": "on"}
    )
    assert statements(conn) == before + 1
    assert (change.before, change.after, change.changed) == ("queued", "pending", True)
    assert workflows.specification(conn, run).input_parameters == {"n": 5}
    assert workflows.operational_options(conn, run) == {"CACHE": "on"}


def test_a_start_without_parameters_clears_them(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="queued", input_parameters={"n": 5})
    lifecycle.start(conn, run)
    assert workflows.specification(conn, run).input_parameters == {}


@pytest.mark.parametrize("current", ["created", "pending", "running", *ENDED])
def test_r1_only_a_queued_run_is_started(conn: Conn, owner: UUID, current: str) -> None:
    run = make_workflow(conn, owner, status=current, input_parameters={"n": 5})
    with pytest.raises(errors.InvalidTransition) as refused:
        lifecycle.start(conn, run, input_parameters={"n": 6})
    assert refused.value.entity_id == run
    assert status(conn, run) == current
    assert workflows.specification(conn, run).input_parameters == {"n": 5}


def test_nothing_is_not_started(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        lifecycle.start(conn, uuid4())


# Status messages


def test_a_message_is_one_statement(conn: Conn, running: UUID) -> None:
    before = statements(conn)
    lifecycle.apply_status_message(
        conn,
        running,
        status=RunStatus.finished,
        logs="done",
        progress={"finished": {"total": 1, "job_ids": ["a"]}},
        engine_logs="engine done",
        at=MOMENT,
    )
    assert statements(conn) == before + 1


def test_a_message_changes_the_status(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="pending")
    applied = lifecycle.apply_status_message(conn, run, status=RunStatus.running)
    assert applied.outcome is MessageOutcome.APPLIED
    assert (applied.before, applied.after) == (RunStatus.pending, RunStatus.running)
    assert not applied.ended
    assert workflows.get(conn, run).run_started_at is not None


def test_a_message_may_say_when_it_happened(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="pending")
    lifecycle.apply_status_message(conn, run, status=RunStatus.running, at=MOMENT)
    later = MOMENT.replace(hour=5)
    applied = lifecycle.apply_status_message(conn, run, status=RunStatus.failed, at=later)
    assert applied.ended
    found = workflows.get(conn, run)
    assert (found.run_started_at, found.run_finished_at) == (MOMENT, later)


def test_logs_are_appended_each_with_a_newline(conn: Conn, running: UUID) -> None:
    for text in ("one", "", "two"):
        lifecycle.apply_status_message(conn, running, status=RunStatus.running, logs=text)
    assert workflows.logs(conn, running) == "one\ntwo\n"


def test_a_message_without_status_carries_logs_and_progress(conn: Conn, running: UUID) -> None:
    progress = {"total": {"total": 2, "job_ids": []}}
    applied = lifecycle.apply_status_message(conn, running, logs="one", progress=progress)
    assert (applied.outcome, applied.after) == (MessageOutcome.APPLIED, RunStatus.running)
    assert workflows.logs(conn, running) == "one\n"
    assert workflows.job_progress(conn, running)["total"]["total"] == 2


def test_progress_is_united(conn: Conn, running: UUID) -> None:
    for ids in (["a", "b"], ["b", "c"]):
        progress = {"finished": {"total": 2, "job_ids": ids}}
        lifecycle.apply_status_message(conn, running, status=RunStatus.running, progress=progress)
    finished = workflows.job_progress(conn, running)["finished"]
    assert (finished["total"], sorted(finished["job_ids"])) == (3, ["a", "b", "c"])


def test_the_log_of_the_engine_is_kept_when_the_run_ends(conn: Conn, running: UUID) -> None:
    message: dict[str, Any] = {"logs": "last words", "engine_logs": "engine"}
    lifecycle.apply_status_message(conn, running, status=RunStatus.running, engine_logs="early")
    lifecycle.apply_status_message(conn, running, status=RunStatus.failed, **message)
    assert workflows.logs(conn, running) == "last words\nengine\n"


@pytest.mark.parametrize("current", ENDED)
def test_a_message_to_an_ended_run_changes_nothing(conn: Conn, owner: UUID, current: str) -> None:
    run = make_workflow(conn, owner, status=current)
    before = workflows.get(conn, run)
    for late in RunStatus:
        applied = lifecycle.apply_status_message(conn, run, status=late, logs="late")
        assert applied.outcome is MessageOutcome.RUN_ENDED
        assert not applied.ended
    assert workflows.get(conn, run) == before
    assert workflows.logs(conn, run) == ""


def test_a_message_against_the_rules_changes_nothing(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner)
    applied = lifecycle.apply_status_message(conn, run, status=RunStatus.running, logs="early")
    assert applied.outcome is MessageOutcome.NOT_ALLOWED
    assert (applied.before, applied.after) == (RunStatus.created, RunStatus.created)
    assert workflows.logs(conn, run) == ""


def test_a_message_to_no_run_is_reported(conn: Conn) -> None:
    applied = lifecycle.apply_status_message(conn, uuid4(), status=RunStatus.running)
    assert applied.outcome is MessageOutcome.UNKNOWN_RUN


@pytest.mark.parametrize(("current", "reported"), [("queued", "running"), ("pending", "finished")])
def test_r3_a_message_that_overtakes_the_start_is_kept(
    conn: Conn, owner: UUID, current: str, reported: str
) -> None:
    run = make_workflow(conn, owner, status=current)
    applied = lifecycle.apply_status_message(conn, run, status=RunStatus(reported), logs="early")
    assert applied.outcome is MessageOutcome.APPLIED
    assert workflows.logs(conn, run) == "early\n"


def test_an_engine_that_dies_before_its_first_message_fails_the_run(
    conn: Conn, owner: UUID
) -> None:
    run = make_workflow(conn, owner, status="pending")
    assert lifecycle.apply_status_message(conn, run, status=RunStatus.failed).ended
    assert status(conn, run) is RunStatus.failed


# Logs


def test_logs_are_appended_whatever_the_status(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="finished", logs=None)
    lifecycle.append_logs(conn, run, "one")
    lifecycle.append_logs(conn, run, "two %s \\n")
    assert workflows.logs(conn, run) == "\none\ntwo %s \\n"


def test_logs_of_nothing_are_refused(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        lifecycle.append_logs(conn, uuid4(), "text")


def test_the_log_of_the_engine_is_appended_once_the_run_has_ended(
    conn: Conn, running: UUID
) -> None:
    assert not lifecycle.append_engine_logs(conn, running, "early")
    lifecycle.stop(conn, running)
    before = workflows.get(conn, running)
    assert lifecycle.append_engine_logs(conn, running, "engine")
    assert workflows.logs(conn, running) == "engine\n"
    after = workflows.get(conn, running)
    assert (after.run_stopped_at, after.run_finished_at) == (before.run_stopped_at, None)


# Stop


def test_a_running_run_is_stopped(conn: Conn, running: UUID) -> None:
    change = lifecycle.stop(conn, running)
    assert (change.before, change.after) == ("running", "stopped")
    assert workflows.get(conn, running).run_stopped_at is not None


@pytest.mark.parametrize("current", ["created", "queued", "pending", *ENDED])
def test_no_other_run_is_stopped(conn: Conn, owner: UUID, current: str) -> None:
    run = make_workflow(conn, owner, status=current)
    with pytest.raises(errors.InvalidTransition):
        lifecycle.stop(conn, run)
    assert status(conn, run) == current


# Deletion


@pytest.mark.parametrize("current", ["created", "queued", "pending", *ENDED[:3]])
def test_a_run_is_deleted(conn: Conn, owner: UUID, current: str) -> None:
    run = make_workflow(conn, owner, status=current)
    deleted = deletion.delete_run(conn, run)
    assert (deleted.outcome, deleted.before) == (DeletionOutcome.DELETED, RunStatus(current))
    assert status(conn, run) is RunStatus.deleted


def test_a_deletion_takes_its_sessions_services_and_caches(conn: Conn, owner: UUID) -> None:
    run, other = (make_workflow(conn, owner, status="finished") for _ in range(2))
    for workflow_id in (run, other):
        make_session(conn, workflow_id)
        make_service(conn, workflow_id, status="running")
        for _ in range(3):
            job = make_job(conn, workflow_id)
            columns = {"created": "2026-01-01", "updated": "2026-01-01", "id_": uuid4()}
            insert(conn, "job_cache", job_id=job, **columns)
    deleted = deletion.delete_run(conn, run)
    assert sorted(item.entity for item in deleted.closed) == ["interactive_session", "service"]
    assert deleted.cache_entries_deleted == 3
    assert (service_status(conn, run), service_status(conn, other)) == ("deleted", "running")
    assert rows(conn, "interactive_session") == rows(conn, "workflow_session") == 1
    assert (rows(conn, "job_cache"), rows(conn, "job")) == (3, 6)


def test_a_running_run_is_not_deleted(conn: Conn, running: UUID) -> None:
    make_session(conn, running)
    deleted = deletion.delete_run(conn, running)
    assert deleted.outcome is DeletionOutcome.RUNNING
    assert not deleted.closed
    assert not deleted.to_remove
    assert status(conn, running) is RunStatus.running
    assert rows(conn, "interactive_session") == 1


def test_a_second_deletion_does_what_is_left_to_do(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="finished")
    deletion.delete_run(conn, run)
    make_session(conn, run)
    deleted = deletion.delete_run(conn, run)
    assert deleted.outcome is DeletionOutcome.ALREADY_DELETED
    assert [item.entity for item in deleted.closed] == [Entity.interactive_session]


def test_nothing_is_not_deleted(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        deletion.delete_run(conn, uuid4())


def test_a_deletion_ends_the_rules_of_its_workspace(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, name="w", status="running")
    retention.add(conn, run, {"**/*": 3})
    conn.execute("UPDATE __reana.workflow SET status = 'finished'")
    deletion.delete_run(conn, run)
    assert [rule.status.value for rule in retention.list_rules(conn, run)] == ["inactive"]


def test_r9_a_deletion_frees_the_disk_of_all_runs_of_the_workspace(conn: Conn, owner: UUID) -> None:
    first = make_workflow(conn, owner, name="w", status="finished", workspace_path="/w")
    second = make_workflow(
        conn, owner, name="w", status="finished", workspace_path="/w", run_number_minor=1
    )
    other = make_workflow(conn, owner, status="finished", workspace_path="/other")
    for run in (first, second, other):
        set_usage(conn, run, 1000)
        set_usage(conn, run, 7, "processing time")
    deletion.delete_run(conn, first)
    found = conn.execute(
        "SELECT workflow_id, type_::text, quota_used FROM __reana.workflow_resource"
        " JOIN __reana.resource ON resource_id = id_"
    ).fetchall()
    used = {(run, type_): bytes_ for run, type_, bytes_ in found}
    assert [used[run, "disk"] for run in (first, second, other)] == [0, 0, 1000]
    assert [used[run, "cpu"] for run in (first, second, other)] == [7, 7, 7]


def test_all_runs_of_a_name_are_deleted_in_three_statements(conn: Conn, owner: UUID) -> None:
    runs = [create(conn, owner, workspace_path=f"/w/{number}") for number in range(20)]
    for run in runs:
        make_session(conn, run.id_)
        for _ in range(3):
            make_job(conn, run.id_)
    create(conn, owner, name="other")
    create(conn, make_user(conn))
    before = statements(conn)
    deletions = deletion.delete_all_runs(conn, owner, "analysis")
    assert statements(conn) == before + 3
    assert [item.run_number_major for item in deletions] == list(range(1, 21))
    assert {item.outcome for item in deletions} == {DeletionOutcome.DELETED}
    assert {status(conn, run.id_) for run in runs} == {RunStatus.deleted}
    assert rows(conn, "interactive_session") == 0


def test_running_and_deleted_runs_of_a_name_are_reported(conn: Conn, owner: UUID) -> None:
    for major, current in enumerate(["deleted", "running", "failed"], 1):
        make_workflow(conn, owner, name="w", run_number_major=major, status=current)
    outcomes = [item.outcome.value for item in deletion.delete_all_runs(conn, owner, "w")]
    assert outcomes == ["already deleted", "running", "deleted"]


def test_a_name_without_runs_has_nothing_to_delete(conn: Conn, owner: UUID) -> None:
    assert deletion.delete_all_runs(conn, owner, "no such name") == []


def test_a_deleted_run_stays_deleted(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="queued")
    deletion.delete_run(conn, run)
    with pytest.raises(errors.InvalidTransition):
        lifecycle.start(conn, run)
    assert not lifecycle.apply_status_message(conn, run, status=RunStatus.running).ended
    assert status(conn, run) is RunStatus.deleted


# Any session


def test_a_hostile_session_changes_no_rule_and_no_time(conn: Conn, owner: UUID) -> None:
    for table in ("workflow", "workspace_retention_rule", "service", "status_transition"):
        conn.execute(f"CREATE TEMPORARY TABLE {table} (LIKE __reana.{table}) ON COMMIT DROP")
    conn.execute("SET LOCAL search_path = pg_temp")
    conn.execute("SET LOCAL TIME ZONE 'Europe/Zurich'")
    run = create(conn, owner, retention_rules={"**/*": 3})
    lifecycle.queue(conn, run.id_)
    lifecycle.start(conn, run.id_)
    lifecycle.apply_status_message(conn, run.id_, status=RunStatus.running)
    lifecycle.apply_status_message(conn, run.id_, status=RunStatus.finished)
    found = workflows.get(conn, run.id_)
    now = datetime.now(UTC)
    times = (found.created, found.updated, found.run_started_at, found.run_finished_at)
    assert all(moment and abs(moment - now).total_seconds() < 60 for moment in times)
    assert [rule.status.value for rule in retention.list_rules(conn, run.id_)] == ["active"]


# Workspaces


def test_workspaces_are_on_the_shared_volume() -> None:
    user, run = uuid4(), uuid4()
    path = workspaces.build_workspace_path(user, run, shared_volume="/var/reana")
    assert path == f"/var/reana/users/{user}/workflows/{run}"
    home = workspaces.user_workspace_path(user, shared_volume="/var/reana")
    assert home == f"/var/reana/users/{user}/workflows"


def test_workspaces_may_have_another_root() -> None:
    user, run = uuid4(), uuid4()
    assert workspaces.build_workspace_path(user, run, root="/eos/data") == f"/eos/data/{run}"


@pytest.mark.parametrize("root", ["/var/reana", "/var/reana/", "/var/reana/users/x"])
def test_a_root_inside_the_shared_volume_counts_as_none(root: str) -> None:
    user = uuid4()
    path = workspaces.build_workspace_path(user, root=root, shared_volume="/var/reana")
    assert path == workspaces.user_workspace_path(user, shared_volume="/var/reana")


def test_a_run_is_created_again_with_the_same_id_and_the_first_one_stays(
    conn: Conn, owner: UUID
) -> None:
    first = create(conn, owner)
    with pytest.raises(errors.AlreadyExists, match=str(first.id_)):
        create(conn, owner, workflow_id=first.id_, name="other")
    assert workflows.get(conn, first.id_) == first


def test_ids_may_be_texts(conn: Conn, owner: UUID) -> None:
    run = create(conn, str(owner), workflow_id=str(uuid4()))
    assert lifecycle.queue(conn, str(run.id_)).changed
    with pytest.raises(errors.InvalidArgument, match="workflow_id must be a UUID or its text"):
        lifecycle.queue(conn, "analysis.1")


def test_without_a_workspace_a_run_gets_the_one_of_reanas_rule(conn: Conn, owner: UUID) -> None:
    run = create(conn, owner, workspace_path=None)
    assert run.workspace_path == workspaces.build_workspace_path(owner, run.id_)


def test_days_that_are_no_number_are_named_with_their_pattern(conn: Conn, owner: UUID) -> None:
    message = r"lifecycle\.create: retention_rules of '\*\*/\*' must be an int, not str '7'"
    with pytest.raises(errors.InvalidArgument, match=message):
        create(conn, owner, retention_rules={"**/*": "7"})


def test_the_service_of_a_new_run_has_no_owner_as_in_released_versions(
    conn: Conn, owner: UUID
) -> None:
    create(conn, owner, service=NewService(name="dask", uri="https://example.org"))
    found = conn.execute("SELECT owner_id FROM __reana.service").fetchall()
    assert found == [(None,)]


# Messages with an id of their sender


def test_a_message_that_comes_twice_is_stored_once(conn: Conn, running: UUID) -> None:
    for _ in range(3):
        applied = lifecycle.apply_status_message(conn, running, logs="once", message_id="m1")
    assert applied.outcome is MessageOutcome.REPEATED
    assert (workflows.logs(conn, running) or "").count("once") == 1


def test_messages_with_other_ids_are_all_stored(conn: Conn, running: UUID) -> None:
    for number in range(3):
        lifecycle.apply_status_message(conn, running, logs="line", message_id=f"m{number}")
    assert (workflows.logs(conn, running) or "").count("line") == 3


def test_one_id_can_be_that_of_messages_about_two_runs(conn: Conn, owner: UUID) -> None:
    for run in [make_workflow(conn, owner, status="running") for _ in range(2)]:
        applied = lifecycle.apply_status_message(conn, run, logs="line", message_id="m")
        assert applied.outcome is MessageOutcome.APPLIED


def test_the_last_message_says_again_that_it_ended_the_run(conn: Conn, running: UUID) -> None:
    def end() -> lifecycle.AppliedMessage:
        return lifecycle.apply_status_message(
            conn, running, status=RunStatus.finished, logs="over", message_id="last"
        )

    first, second = end(), end()
    assert (first.outcome, second.outcome) == (MessageOutcome.APPLIED, MessageOutcome.REPEATED)
    assert first.ended
    assert second.ended
    assert (workflows.logs(conn, running) or "").count("over") == 1


def test_an_ended_run_keeps_the_id_of_its_last_message_only(conn: Conn, running: UUID) -> None:
    for number in range(5):
        lifecycle.apply_status_message(conn, running, message_id=str(number))
    lifecycle.apply_status_message(conn, running, status=RunStatus.failed, message_id="last")
    assert conn.execute("SELECT message_id FROM __reana.status_message").fetchall() == [("last",)]


def test_a_message_that_was_refused_may_come_again(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="created")
    for _ in range(2):
        applied = lifecycle.apply_status_message(
            conn, run, status=RunStatus.finished, message_id="early"
        )
        assert applied.outcome is MessageOutcome.NOT_ALLOWED


def test_an_id_of_a_message_has_a_length(conn: Conn, running: UUID) -> None:
    with pytest.raises(errors.InvalidArgument), conn.transaction():
        lifecycle.apply_status_message(conn, running, message_id="x" * 256)


# What may happen twice


def test_a_creation_that_is_repeated_gives_the_same_run(conn: Conn, owner: UUID) -> None:
    run_id = uuid4()
    first = create(conn, owner, workflow_id=run_id, retention_rules={"*": 1})
    lifecycle.queue(conn, run_id)
    again = create(conn, owner, workflow_id=run_id, retention_rules={"*": 1})
    assert (again.id_, again.full_name) == (first.id_, first.full_name)
    assert again.status is RunStatus.queued
    assert len(retention.list_rules(conn, run_id)) == 1


@pytest.mark.parametrize("other", [{"name": "other"}, {"workspace_path": "/other"}])
def test_an_id_of_another_run_is_refused(conn: Conn, owner: UUID, other: dict[str, str]) -> None:
    run_id = uuid4()
    create(conn, owner, workflow_id=run_id)
    with pytest.raises(errors.AlreadyExists, match=str(run_id)):
        create(conn, owner, workflow_id=run_id, **other)
    assert rows(conn, "workflow") == 1


def test_a_restart_that_is_repeated_gives_the_same_run(conn: Conn, owner: UUID) -> None:
    original = make_workflow(conn, owner, status="finished", workspace_path="/w")
    restart_id = uuid4()
    first = lifecycle.clone_for_restart(conn, original, workflow_id=restart_id)
    again = lifecycle.clone_for_restart(conn, original, workflow_id=restart_id)
    assert again == first
    assert rows(conn, "workflow") == 2
