"""The operations through this library; run as a worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import database, worker
from benchmarks.worker import Arguments
from reana_db import (
    deletion,
    jobs,
    lifecycle,
    listing,
    quota,
    site_report,
    tokens,
    transitions,
    workflows,
)
from reana_db.encryption import keyring
from reana_db.jobs import NewJob
from reana_db.queries import Conn
from reana_db.records import JobStatus, RunStatus

KEYS = keyring.of(database.SECRET_KEY)
RULES = {"**/*": 30}
Call = Callable[[Conn], object]


class Ours:
    """What services do with this library, each call on a connection in autocommit mode."""

    def __init__(self) -> None:
        self.conn: psycopg.Connection[Any]
        self.operations = {name: getattr(self, name) for name in NAMES}

    def connect(self, uri: str) -> int:
        self.conn = psycopg.connect(uri, autocommit=True)
        return self.conn.info.backend_pid

    def prepared(self, operation: str, arguments: Arguments) -> Arguments:
        return {
            name: UUID(value) if name.endswith("_id") else value
            for name, value in arguments.items()
        }

    def settled(self) -> None:
        """Nothing is left open."""

    def authenticate(self, given: Arguments) -> object:
        return tokens.find_owner(self.conn, given["token"], keys=KEYS)

    def resolve(self, given: Arguments) -> object:
        return workflows.resolve(self.conn, given["text"], user_id=given["user_id"])

    def create(self, given: Arguments) -> object:
        return create(self.conn, given)

    def restart(self, given: Arguments) -> object:
        return lifecycle.clone_for_restart(
            self.conn,
            given["original_id"],
            workflow_id=given["workflow_id"],
            retention_rules=RULES,
        )

    def message(self, given: Arguments) -> object:
        return lifecycle.apply_status_message(
            self.conn,
            given["workflow_id"],
            status=RunStatus.running,
            logs=given["logs"],
            progress=given["progress"],
        )

    def last_message(self, given: Arguments) -> object:
        return lifecycle.apply_status_message(
            self.conn,
            given["workflow_id"],
            status=RunStatus.finished,
            logs=given["logs"],
            progress=given["progress"],
            engine_logs=given["logs"],
        )

    def job(self, given: Arguments) -> object:
        return transitions.set_job_status(
            self.conn, given["job_id"], JobStatus.finished, replace_logs=given["logs"]
        )

    def life(self, given: Arguments) -> object:
        """Create, queue and start a run; three jobs; messages of the engine; the end."""
        return [call(self.conn) for call in calls_of_life(given)]

    def list_runs(self, given: Arguments) -> object:
        return listing.page(self.conn, given["user_id"], page=given["page"], size=given["size"])

    def user_quota(self, given: Arguments) -> object:
        return quota.document(quota.of_user(self.conn, given["user_id"]))

    def has_exceeded(self, given: Arguments) -> object:
        return quota.exceeded(self.conn, given["user_id"])

    def delete(self, given: Arguments) -> object:
        return deletion.delete_run(self.conn, given["workflow_id"])

    def cluster_report(self, given: Arguments) -> object:
        return site_report.cluster_report(self.conn)


def create(conn: Conn, given: Arguments) -> object:
    """Create a run with a rule."""
    return lifecycle.create(
        conn,
        workflow_id=given["workflow_id"],
        owner_id=given["user_id"],
        name=given["name"],
        specification=given["specification"],
        type_="serial",
        workspace_path=given["workspace_path"],
        retention_rules=RULES,
    )


def calls_of_life(given: Arguments) -> Iterator[Call]:
    """Yield the calls that the life of a run consists of, each a request or message of its own."""
    run_id = given["workflow_id"]
    report = partial(_report, run_id)
    yield partial(create, given=given)
    yield partial(lifecycle.queue, workflow_id=run_id)
    yield partial(lifecycle.start, workflow_id=run_id, input_parameters={"events": 20000})
    yield report(progress={"total": {"total": len(given["steps"]), "job_ids": []}})
    for step in given["steps"]:
        job_id = UUID(step["job_id"])
        job = NewJob("Kubernetes", cmd="root", prettified_cmd="root", job_name="fit", id_=job_id)
        change = partial(transitions.set_job_status, job_id=job_id)
        yield partial(jobs.create, workflow_id=run_id, job=job)
        yield partial(change, status=JobStatus.running)
        yield report(progress=step["running"])
        yield partial(change, status=JobStatus.finished, replace_logs=step["logs"])
        yield report(progress=step["finished"])
    yield report(status=RunStatus.finished, engine_logs=given["logs"])


def _report(run_id: UUID, status: RunStatus = RunStatus.running, **values: Any) -> Call:
    return partial(lifecycle.apply_status_message, workflow_id=run_id, status=status, **values)


NAMES = [
    name
    for name, value in vars(Ours).items()
    if callable(value) and not name.startswith("_") and name not in vars(worker.Contender)
]

if __name__ == "__main__":
    worker.serve(Ours())
