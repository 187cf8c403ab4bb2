"""Jobs: created, reported, listed and counted, one by one and in bulk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from reana_db import errors, jobs, queries
from reana_db.jobs import JobReport, NewJob
from reana_db.queries import Conn
from reana_db.records import JobStatus
from tests.support.factories import NOON, make_job, make_user, make_workflow


@pytest.fixture
def run(conn: Conn) -> UUID:
    return make_workflow(conn, make_user(conn))


def test_a_new_job_is_created_with_what_was_given(conn: Conn, run: UUID) -> None:
    new = NewJob(
        "HTCondor", docker_img="alpine", prettified_cmd="ls", job_name="fit", backend_job_id="7"
    )
    job = jobs.get(conn, jobs.create(conn, run, new))
    assert (job.id_, job.workflow_id, job.status) == (new.id_, run, JobStatus.created)
    assert (job.compute_backend, job.docker_img, job.prettified_cmd) == ("HTCondor", "alpine", "ls")
    assert (job.job_name, job.backend_job_id, job.cvmfs_mounts) == ("fit", "7", "")
    assert (job.started_at, job.finished_at) == (None, None)


def test_commands_are_stored_as_given(conn: Conn, run: UUID) -> None:
    job_id = jobs.create(conn, run, NewJob("Kubernetes", cmd='"ls"', env_vars={"A": ["é"]}))
    row = conn.execute("SELECT cmd, env_vars FROM __reana.job WHERE id_ = %s", [job_id]).fetchone()
    assert row == ('"ls"', {"A": ["é"]})


def test_many_jobs_are_created_in_one_statement(conn: Conn, run: UUID) -> None:
    before = queries.executions.total()
    ids = jobs.create_many(conn, run, [NewJob("Slurm") for _ in range(50)])
    assert queries.executions.total() - before == 1
    assert {job.id_ for job in jobs.many(conn, ids)} == set(ids)


def test_a_job_of_an_unknown_run_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.MissingReference):
        jobs.create(conn, uuid4(), NewJob("Kubernetes"))


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ({"compute_backend": None}, "job has a compute_backend that must be a str"),
        ({"compute_backend": "x" * 31}, "value too long"),
        ({"docker_img": 5}, "job has a docker_img that must be a str, not int 5"),
        ({"job_name": "a\x00"}, "job has a job_name that must not contain the character NUL"),
        ({"cmd": object()}, "jobs.create: jobs must be JSON"),
        ({"id_": "x"}, "job has a id_ that must be a UUID"),
    ],
)
def test_a_bad_job_is_refused(conn: Conn, run: UUID, new: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=message):
        jobs.create(conn, run, NewJob(**{"compute_backend": "Kubernetes", **new}))


def test_something_else_than_a_job_is_refused(conn: Conn, run: UUID) -> None:
    with pytest.raises(errors.InvalidArgument, match="must be a NewJob, not str"):
        jobs.create_many(conn, run, ["x"])  # type: ignore[list-item] # that is the test


def test_a_backend_id_can_come_later(conn: Conn, run: UUID) -> None:
    job_id = jobs.create(conn, run, NewJob("Kubernetes"))
    assert jobs.set_backend_job_id(conn, job_id, "pod-1") == "pod-1"
    assert jobs.get(conn, job_id).backend_job_id == "pod-1"
    with pytest.raises(errors.NotFound):
        jobs.set_backend_job_id(conn, uuid4(), "pod-1")


def test_logs_are_replaced_or_appended_to(conn: Conn, run: UUID) -> None:
    job_id = make_job(conn, run, logs=None)
    jobs.append_logs(conn, job_id, "a\n")
    jobs.append_logs(conn, job_id, "b\n")
    assert jobs.logs(conn, job_id) == "a\nb\n"
    jobs.replace_logs(conn, job_id, None)
    assert jobs.logs(conn, job_id) == ""


@pytest.mark.parametrize("function", [jobs.replace_logs, jobs.append_logs])
def test_logs_of_an_unknown_job_are_not_found(conn: Conn, function: Any) -> None:
    with pytest.raises(errors.NotFound):
        function(conn, uuid4(), "text")


def test_a_report_changes_many_jobs_in_one_statement(conn: Conn, run: UUID) -> None:
    first, second, third = (make_job(conn, run, status="running", logs="old") for _ in range(3))
    before = queries.executions.total()
    changes = jobs.report(
        conn,
        [
            JobReport(first, JobStatus.finished, "done"),
            JobReport(second, replace_logs="still going"),
            JobReport(third, JobStatus.failed),
            JobReport(uuid4(), JobStatus.failed),
        ],
    )
    assert queries.executions.total() - before == 1
    assert {change.entity_id: change.after for change in changes} == {
        first: "finished",
        second: "running",
        third: "failed",
    }
    found = {job.id_: job for job in jobs.with_logs(conn, run).items}
    assert [found[id_].logs for id_ in (first, second, third)] == ["done", "still going", "old"]
    assert found[first].finished_at is not None
    assert found[second].finished_at is None


def test_a_refused_report_of_one_job_does_not_stop_the_others(conn: Conn, run: UUID) -> None:
    ended, alive = make_job(conn, run, status="finished"), make_job(conn, run, status="running")
    changes = jobs.report(
        conn, [JobReport(ended, JobStatus.running, "late"), JobReport(alive, JobStatus.finished)]
    )
    assert {change.entity_id: change.refused for change in changes} == {ended: True, alive: False}
    assert jobs.logs(conn, ended) == ""


def test_an_empty_report_does_nothing(conn: Conn) -> None:
    assert jobs.report(conn, []) == []


def test_the_newest_job_is_the_last_created(conn: Conn, run: UUID) -> None:
    assert jobs.newest(conn, run) is None
    ids = [make_job(conn, run, created=NOON + timedelta(hours=hour)) for hour in (1, 3, 2)]
    newest = jobs.newest(conn, run)
    assert newest is not None
    assert newest.id_ == ids[1]
    assert [job.id_ for job in jobs.of_workflow(conn, run)] == [ids[0], ids[2], ids[1]]


def test_jobs_with_logs_come_in_pages(conn: Conn, run: UUID) -> None:
    for hour in range(5):
        make_job(conn, run, job_name=f"{hour}", created=NOON + timedelta(hours=hour), logs="log")
    pages = [jobs.with_logs(conn, run, page=number, size=2) for number in (1, 2, 3, 4)]
    steps = [[job.job_name for job in page.items] for page in pages]
    assert steps == [["0", "1"], ["2", "3"], ["4"], []]
    assert [page.has_next for page in pages] == [True, True, False, False]
    assert [page.has_prev for page in pages] == [False, True, True, True]
    assert {page.total for page in pages} == {5}


def test_jobs_with_logs_can_be_chosen_by_step(conn: Conn, run: UUID) -> None:
    for name in ("fit", "plot", "fit", None):
        make_job(conn, run, job_name=name)
    page = jobs.with_logs(conn, run, job_names=["fit", "no such step"])
    assert [job.job_name for job in page.items] == ["fit", "fit"]
    assert jobs.with_logs(conn, run, job_names=[]).total == 0
    assert jobs.with_logs(conn, run).total == 4


def test_a_bad_page_is_refused(conn: Conn, run: UUID) -> None:
    with pytest.raises(errors.InvalidArgument, match="size must be a whole number from 1"):
        jobs.with_logs(conn, run, size=0)


def test_counts_are_per_status_and_backend(conn: Conn, run: UUID) -> None:
    for status, backend in (("running", "Slurm"), ("running", "Slurm"), ("queued", "Slurm")):
        make_job(conn, run, status=status, compute_backend=backend)
    counts = {(item.status, item.compute_backend): item.jobs for item in jobs.counts(conn)}
    assert counts == {("running", "Slurm"): 2, ("queued", "Slurm"): 1}


def test_a_backend_may_number_its_jobs(conn: Conn, run: UUID) -> None:
    job_id = jobs.create(conn, run, NewJob("HTCondor", backend_job_id=4711))
    assert jobs.get(conn, job_id).backend_job_id == "4711"
    assert jobs.set_backend_job_id(conn, job_id, 4712) == "4712"


def test_reports_on_one_job_are_one_however_its_id_is_written(conn: Conn, run: UUID) -> None:
    job_id = make_job(conn, run, status="running", logs="")
    given = [JobReport(str(job_id), replace_logs="first"), JobReport(job_id, replace_logs="last")]
    assert len(jobs.report(conn, given)) == 1
    assert jobs.logs(conn, job_id) == "last"


def test_jobs_are_created_all_or_none(conn: Conn, run: UUID) -> None:
    taken = jobs.create(conn, run, NewJob("Kubernetes"))
    new = NewJob("Kubernetes")
    with pytest.raises(errors.AlreadyExists, match=str(taken)):
        jobs.create_many(conn, run, [new, NewJob("Kubernetes", id_=taken)])
    assert [job.id_ for job in jobs.of_workflow(conn, run)] == [taken]
