"""Reports on one run."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from reana_db import errors, queries, reports, services
from reana_db.queries import Conn
from tests.support.factories import NOON, make_job, make_service, make_user, make_workflow


@pytest.fixture
def run(conn: Conn) -> UUID:
    progress = {"total": {"total": 2, "job_ids": []}}
    return make_workflow(
        conn, make_user(conn), name="fit", job_progress=progress, logs="engine\n", status="running"
    )


def test_a_status_report_shows_the_newest_job_in_one_statement(conn: Conn, run: UUID) -> None:
    make_job(conn, run, job_name="old")
    make_job(conn, run, job_name="plot", prettified_cmd='"ls"', created=NOON)
    before = queries.executions.total()
    report = reports.status(conn, run)
    assert queries.executions.total() - before == 1
    assert (report.id_, report.name, report.status) == (run, "fit", "running")
    assert report.job_progress == {"total": {"total": 2, "job_ids": []}}
    assert (report.current_step_name, report.current_command) == ("plot", "ls")


def test_a_status_report_without_jobs(conn: Conn, run: UUID) -> None:
    report = reports.status(conn, run)
    assert (report.current_step_name, report.current_command) == (None, None)


@pytest.mark.parametrize("report", [reports.status, reports.logs])
def test_an_unknown_run_is_not_found(conn: Conn, report: object) -> None:
    assert callable(report)
    with pytest.raises(errors.NotFound):
        report(conn, uuid4())


def test_a_log_report_holds_the_logs_of_run_jobs_and_services(conn: Conn, run: UUID) -> None:
    make_job(conn, run, job_name="fit", logs="job\n")
    services.store_log(conn, make_service(conn, run, name="dask-1"), {"content": "pod"})
    before = queries.executions.total()
    report = reports.logs(conn, run)
    assert queries.executions.total() - before == 3
    assert report.logs == "engine\n"
    assert [(job.job_name, job.logs) for job in report.jobs.items] == [("fit", "job\n")]
    assert [(item.service_name, item.log) for item in report.services] == [
        ("dask-1", {"content": "pod"})
    ]


def test_a_log_report_of_steps_holds_their_jobs_only(conn: Conn, run: UUID) -> None:
    for name in ("fit", "plot"):
        make_job(conn, run, job_name=name)
    report = reports.logs(conn, run, steps=["plot"], size=1)
    assert (report.logs, report.engine_specific, report.services) == (None, None, ())
    assert [job.job_name for job in report.jobs.items] == ["plot"]
    assert report.jobs.total == 1


def test_a_log_report_without_texts_reads_none(conn: Conn, run: UUID) -> None:
    make_job(conn, run, logs="job\n")
    report = reports.logs(conn, run, texts=False)
    assert (report.logs, report.jobs.items[0].logs) == (None, None)


def test_the_steps_of_an_unknown_run_are_not_found(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        reports.logs(conn, uuid4(), steps=["fit"])


def test_a_status_report_has_the_full_name_of_its_run(conn: Conn, run: UUID) -> None:
    assert reports.status(conn, run).full_name == "fit.1"
