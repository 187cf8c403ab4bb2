"""Runs and jobs of released versions and of ours, each read and continued by the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from reana_db import jobs, lifecycle, status_history, transitions, workflows
from reana_db.jobs import NewJob
from reana_db.queries import Conn
from reana_db.records import Entity, JobStatus, RunStatus, Workflow
from tests.interop.released import OldError, OldService

NAME = "analysis"
LIFE = ("queued", "pending", "running", "finished")


def start(old: OldService, owner: UUID, *statuses: str) -> UUID:
    """Let them create a run and write these statuses."""
    run = UUID(old("create_run", user_id=owner, name=NAME)["id"])
    for status in statuses:
        old("set_run_status", workflow_id=run, status=status)
    return run


def create(ours: Conn, owner: UUID) -> Workflow:
    return lifecycle.create(
        ours,
        owner_id=owner,
        name=NAME,
        specification={"workflow": {"type": "serial"}, "title": "é"},
        type_="serial",
        workspace_path=f"/var/reana/users/{owner}/workflows/ours",
    )


def lived(ours: Conn, run: UUID) -> list[str | None]:
    return [record.to_status for record in status_history.of_entity(ours, Entity.workflow, run)]


def test_runs_of_both_are_numbered_in_one_row(old: OldService, ours: Conn, owner: UUID) -> None:
    numbers = []
    for _ in range(2):
        numbers.append(old("create_run", user_id=owner, name=NAME)["run_number"])
        numbers.append(create(ours, owner).run_number)
    assert numbers == ["1", "2", "3", "4"]


def test_restarts_of_both_are_numbered_in_one_row(old: OldService, ours: Conn, owner: UUID) -> None:
    run = start(old, owner, *LIFE)
    numbers = [
        old("create_run", user_id=owner, name=NAME, restart=True, run_number="1")["run_number"],
        lifecycle.clone_for_restart(ours, run).run_number,
        old("create_run", user_id=owner, name=NAME, restart=True, run_number="1.2")["run_number"],
    ]
    assert numbers == ["1.1", "1.2", "1.3"]


def test_a_run_of_theirs_is_read_by_us(old: OldService, ours: Conn, owner: UUID) -> None:
    theirs = old("create_run", user_id=owner, name=NAME)
    run = workflows.get(ours, UUID(theirs["id"]))
    assert (run.full_name, run.status) == (theirs["full_name"], RunStatus.created)
    assert run.workspace_path == theirs["workspace_path"]
    specification = workflows.specification(ours, run.id_)
    assert specification.reana_specification == theirs["specification"]
    assert specification.input_parameters == {"n": 1}


def test_a_run_of_ours_is_read_by_them(old: OldService, ours: Conn, owner: UUID) -> None:
    run = create(ours, owner)
    theirs = old("describe_run", workflow_id=run.id_)
    assert (theirs["full_name"], theirs["status"]) == (run.full_name, "created")
    assert theirs["specification"] == {"workflow": {"type": "serial"}, "title": "é"}
    assert (theirs["logs"], theirs["job_progress"]) == ("", {})


def test_they_find_runs_of_ours_by_name_and_number(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    first, second = create(ours, owner), create(ours, owner)
    assert old("find_run", user_id=owner, name=NAME) == str(second.id_)
    assert old("find_run", user_id=owner, name=f"{NAME}.1") == str(first.id_)


def test_a_life_that_they_write_has_history_times_and_logs(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner, *LIFE[:3])
    old("set_run_status", workflow_id=run, status="finished", logs="done")
    assert lived(ours, run) == ["created", *LIFE]
    assert all(item.allowed for item in status_history.of_entity(ours, Entity.workflow, run))
    stored = workflows.get(ours, run)
    assert stored.run_started_at is not None
    assert stored.run_finished_at is not None
    assert stored.run_started_at <= stored.run_finished_at
    assert datetime.now(UTC) - stored.run_finished_at < timedelta(minutes=1)
    assert workflows.logs(ours, run) == "done\n"


def test_a_life_that_we_write_is_read_by_them(old: OldService, ours: Conn, owner: UUID) -> None:
    run = create(ours, owner)
    lifecycle.queue(ours, run.id_)
    lifecycle.start(ours, run.id_, input_parameters={"n": 2})
    progress = {"total": {"total": 1, "job_ids": []}}
    lifecycle.apply_status_message(ours, run.id_, status=RunStatus.running, progress=progress)
    lifecycle.apply_status_message(ours, run.id_, status=RunStatus.failed, logs="broken")
    theirs = old("describe_run", workflow_id=run.id_)
    assert (theirs["status"], theirs["logs"], theirs["parameters"]) == (
        "failed",
        "broken\n",
        {"n": 2},
    )
    assert theirs["job_progress"] == progress
    stored = workflows.get(ours, run.id_)
    assert stored.run_finished_at is not None
    assert theirs["finished"] == stored.run_finished_at.replace(tzinfo=None).isoformat()


def test_a_run_that_changes_hands_at_every_step(old: OldService, ours: Conn, owner: UUID) -> None:
    run = start(old, owner, "queued")
    lifecycle.start(ours, run)
    old("set_run_status", workflow_id=run, status="running")
    lifecycle.stop(ours, run)
    old("set_run_status", workflow_id=run, status="deleted")
    assert lived(ours, run) == ["created", "queued", "pending", "running", "stopped", "deleted"]


def test_deleting_twice_is_accepted_from_them(old: OldService, owner: UUID) -> None:
    run = start(old, owner, "deleted", "deleted")
    assert old("describe_run", workflow_id=run)["status"] == "deleted"


def test_a_run_may_be_inserted_in_any_status(old: OldService, ours: Conn, owner: UUID) -> None:
    """Only changes are judged: imports and tests insert what has ended."""
    run = old("create_run", user_id=owner, name=NAME, status="stopped")
    assert run["status"] == "stopped"
    assert lived(ours, UUID(run["id"])) == ["stopped"]


ILLEGAL = [
    (("queued", "pending", "running"), "deleted"),
    (("queued", "pending", "running", "failed"), "pending"),
    (("deleted",), "pending"),
    (("queued", "pending", "running"), "queued"),
    (("queued", "pending", "running"), "pending"),
    (("queued", "pending", "running", "stopped"), "finished"),
    ((), "running"),
]
"""What their services write when requests overlap: statuses so far, and the one that comes late."""


@pytest.mark.parametrize(("statuses", "late"), ILLEGAL)
def test_difference_a_status_that_comes_late_is_refused(
    statuses: tuple[str, ...], late: str, old: OldService, owner: UUID
) -> None:
    run = start(old, owner, *statuses)
    with pytest.raises(OldError, match=r"IntegrityError: .* cannot go from") as caught:
        old("set_run_status", workflow_id=run, status=late)
    assert caught.value.sqlstate == "23R01"
    assert old("describe_run", workflow_id=run)["status"] == (("created", *statuses)[-1])


def test_difference_what_their_listener_commits_before_a_refused_status_stays(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner, "deleted")
    with pytest.raises(OldError, match="cannot go from deleted to finished"):
        old("set_run_status", workflow_id=run, status="finished")
    stored = workflows.get(ours, run)
    assert stored.status is RunStatus.deleted
    assert stored.run_finished_at is not None


def test_difference_rules_that_their_listener_activates_before_a_refused_end_stay_active(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner)
    old("add_rules", workflow_id=run, days={"**/*": 30})
    with pytest.raises(OldError, match="cannot go from created to failed"):
        old("set_run_status", workflow_id=run, status="failed")
    assert [rule["status"] for rule in old("rules", workflow_id=run)] == ["active"]
    assert workflows.get(ours, run).status is RunStatus.created


def test_difference_an_end_that_they_correct_later_is_kept(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner, *LIFE)
    before = workflows.get(ours, run).run_finished_at
    old("restamp_end", workflow_id=run)
    after = workflows.get(ours, run).run_finished_at
    assert before is not None
    assert after is not None
    assert after > before


def test_what_they_would_lose_they_may_write(old: OldService, owner: UUID) -> None:
    """pending to failed: their consumer asks its own list first, the database would allow it."""
    run = start(old, owner, "queued", "pending", "failed")
    assert old("describe_run", workflow_id=run)["status"] == "failed"


def test_jobs_of_both_are_read_and_continued_by_the_other(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner, *LIFE[:3])
    theirs = UUID(old("create_job", workflow_id=run))
    mine = jobs.create(ours, run, NewJob(backend_job_id="k8s", compute_backend="Kubernetes"))
    transitions.set_job_status(ours, theirs, JobStatus.running)
    old("set_job_status", job_id=mine, status="running")
    old("set_job_status", job_id=theirs, status="finished")
    transitions.set_job_status(ours, mine, JobStatus.failed)
    assert jobs.get(ours, theirs).status is JobStatus.finished
    described = old("describe_job", job_id=mine)
    assert described["status"] == "failed"
    assert described["started"] <= described["finished"]


def test_difference_a_job_that_has_ended_does_not_run_again(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner, *LIFE[:3])
    job = UUID(old("create_job", workflow_id=run))
    old("set_job_status", job_id=job, status="finished")
    with pytest.raises(OldError, match="cannot go from finished to running") as caught:
        old("set_job_status", job_id=job, status="running")
    assert caught.value.sqlstate == "23R01"
    assert jobs.get(ours, job).status is JobStatus.finished


def test_no_difference_their_creation_fails_when_its_number_was_taken_meanwhile(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    """They read the highest number long before they insert; ours get theirs with the insert."""
    old("prepare_run", user_id=owner, name=NAME)
    assert create(ours, owner).run_number == "1"
    with pytest.raises(OldError) as caught:
        old("insert_prepared_run")
    assert caught.value.sqlstate == "23505"


@pytest.mark.parametrize(("run", "refusal"), [(None, "NotNull"), (str(UUID(int=1)), "ForeignKey")])
def test_difference_a_job_without_a_run_is_refused(
    run: str | None, refusal: str, old: OldService
) -> None:
    code = """
from reana_db.database import Session
from reana_db.models import Job
try:
    Session.add(Job(workflow_uuid=run, job_name="step"))
    Session.commit()
except Exception:
    Session.rollback()
    raise
"""
    with pytest.raises(OldError, match=refusal):
        old("run_code", code=code, run=run)
