"""In the mode keep, services of released versions see no error, and no status breaks a rule.

Released job controllers catch every error of a write and go on without a rollback: after one
refused status, all that a thread writes later is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from reana_db import database_settings, jobs, status_history, workflows
from reana_db.queries import Conn
from reana_db.records import JobStatus, SettingName, StatusMode
from tests.interop.conftest import ALL, require
from tests.interop.released import OldError, OldService
from tests.interop.test_old_runs import ILLEGAL, LIFE, start
from tests.support.databases import Databases

SHUTDOWN = """
from reana_db.database import Session
from reana_db.models import Job, JobStatus

errors = []

def attempt(write):
    try:
        write()
        Session.commit()
    except Exception as error:
        errors.append(str(error))

def store_logs():
    Session.query(Job).filter_by(id_=job_id).update({"logs": logs})

def stop():
    Session.query(Job).filter_by(id_=job_id).one().status = JobStatus.stopped

for job_id, logs in stopped.items():
    attempt(store_logs)
    attempt(stop)
if errors:
    Session.rollback()
    raise RuntimeError(errors)
"""
"""What a job controller writes when its run is stopped; its thread has one session."""


@pytest.fixture(scope="module")
def database(server: Databases, template: str) -> Iterator[str]:
    """A database of ours that keeps statuses."""
    with server.database(template=template) as name:
        with psycopg.connect(server.uri(name)) as conn:
            database_settings.change(conn, SettingName.status_mode, StatusMode.keep)
        yield server.uri(name)


@pytest.fixture(scope="module", params=ALL)
def old(request: pytest.FixtureRequest, database: str) -> Iterator[OldService]:
    """A service of each released version in turn."""
    require(request.param)
    with OldService(request.param, database) as service:
        service("create_resources")
        yield service


def running_jobs(old: OldService, owner: UUID) -> list[UUID]:
    """Let them submit four jobs, of which the first ends before it is stopped."""
    run = start(old, owner, *LIFE[:3])
    made = [UUID(old("create_job", workflow_id=run)) for _ in range(4)]
    for job in made:
        old("set_job_status", job_id=job, status="running")
    old("set_job_status", job_id=made[0], status="finished")
    return made


def shut_down(old: OldService, made: list[UUID]) -> None:
    old("run_code", code=SHUTDOWN, stopped={str(job): f"logs of {job}" for job in made})


def statuses(ours: Conn, made: list[UUID]) -> list[JobStatus | None]:
    return [jobs.get(ours, job).status for job in made]


def test_a_shutdown_while_a_job_ends_stops_the_others_and_stores_all_logs(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    made = running_jobs(old, owner)
    shut_down(old, made)
    stopped = JobStatus.stopped
    assert statuses(ours, made) == [JobStatus.finished, stopped, stopped, stopped]
    assert [jobs.logs(ours, job) for job in made] == [f"logs of {job}" for job in made]


def test_difference_where_rules_are_enforced_it_loses_what_follows(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    made = running_jobs(old, owner)
    database_settings.change(ours, SettingName.status_mode, StatusMode.enforce)
    with pytest.raises(OldError, match="cannot go from finished to stopped"):
        shut_down(old, made)
    database_settings.change(ours, SettingName.status_mode, StatusMode.keep)
    running = JobStatus.running
    assert statuses(ours, made) == [JobStatus.finished, running, running, running]
    assert not any(jobs.logs(ours, job) for job in made[1:])


@pytest.mark.parametrize(("before", "late"), [("finished", "stopped"), ("stopped", "finished")])
def test_the_end_that_a_job_has_first_stays(
    before: str, late: str, old: OldService, ours: Conn, owner: UUID
) -> None:
    job = running_jobs(old, owner)[1]
    old("set_job_status", job_id=job, status=before)
    old("set_job_status", job_id=job, status=late)
    assert jobs.get(ours, job).status == before


@pytest.mark.parametrize(("lived", "late"), ILLEGAL)
def test_a_status_that_comes_late_is_left_out_and_recorded(
    lived: tuple[str, ...], late: str, old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner, *lived)
    before = workflows.get(ours, run).status
    count = sum(item.changes for item in status_history.violations(ours))
    old("set_run_status", workflow_id=run, status=late, logs="late")
    assert workflows.get(ours, run).status is before
    assert (workflows.logs(ours, run) or "").endswith("late\n")
    assert sum(item.changes for item in status_history.violations(ours)) == count + 1
