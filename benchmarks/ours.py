"""What services call, through this library or another revision of it; run as a worker process.

Nothing but what revisions have in common is used, and what differs is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any
from uuid import UUID

import psycopg

from reana_db import jobs, lifecycle, listing, quota, tokens, transitions, workflows
from reana_db.jobs import NewJob
from reana_db.records import JobStatus, RunStatus

Arguments = dict[str, Any]
Call = Callable[[psycopg.Connection[Any], Arguments], object]

RULES = {"**/*": 30}
REPLACES = "replace_logs" in signature(transitions.set_job_status).parameters
DELETING = "reana_db.lifecycle" if hasattr(lifecycle, "delete_run") else "reana_db.deletion"
deletion: Any = importlib.import_module(DELETING)


def authenticate(conn: Any, given: Arguments) -> object:
    return tokens.find_owner(conn, given["token"])


def resolve(conn: Any, given: Arguments) -> object:
    return workflows.resolve(conn, given["text"], user_id=given["user_id"])


def get(conn: Any, given: Arguments) -> object:
    return workflows.get(conn, given["workflow_id"])


def create(conn: Any, given: Arguments) -> object:
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


def queue(conn: Any, given: Arguments) -> object:
    return lifecycle.queue(conn, given["workflow_id"])


def start(conn: Any, given: Arguments) -> object:
    return lifecycle.start(conn, given["workflow_id"], input_parameters={"events": 20000})


def restart(conn: Any, given: Arguments) -> object:
    new = {"workflow_id": given["workflow_id"]} if "original_id" in given else {}
    original = given.get("original_id") or given["workflow_id"]
    return lifecycle.clone_for_restart(conn, original, retention_rules=RULES, **new)


def message(conn: Any, given: Arguments) -> object:
    return lifecycle.apply_status_message(
        conn,
        given["workflow_id"],
        status=RunStatus("running"),
        logs=given.get("logs"),
        progress=given.get("progress"),
    )


def last_message(conn: Any, given: Arguments) -> object:
    return lifecycle.apply_status_message(
        conn,
        given["workflow_id"],
        status=RunStatus("finished"),
        logs=given["logs"],
        progress=given.get("progress"),
        engine_logs=given["logs"],
    )


def append_logs(conn: Any, given: Arguments) -> object:
    return lifecycle.append_logs(conn, given["workflow_id"], given["logs"])


def create_job(conn: Any, given: Arguments) -> object:
    new = NewJob("Kubernetes", cmd="root", job_name="fit", id_=given["job_id"])
    return jobs.create(conn, given["workflow_id"], new)


def job_running(conn: Any, given: Arguments) -> object:
    return transitions.set_job_status(conn, given["job_id"], JobStatus("running"))


def job(conn: Any, given: Arguments) -> object:
    logs = {"replace_logs" if REPLACES else "logs": given["logs"]}
    return transitions.set_job_status(conn, given["job_id"], JobStatus("finished"), **logs)


def list_runs(conn: Any, given: Arguments) -> object:
    return listing.page(conn, given["user_id"], page=given["page"], size=given["size"])


def user_quota(conn: Any, given: Arguments) -> object:
    return quota.document(quota.of_user(conn, given["user_id"]))


def has_exceeded(conn: Any, given: Arguments) -> object:
    return quota.exceeded(conn, given["user_id"])


def delete(conn: Any, given: Arguments) -> object:
    return deletion.delete_run(conn, given["workflow_id"])


def life(conn: Any, given: Arguments) -> object:
    """Create, queue and start a run; three jobs; messages of the engine; the end."""
    return [call(conn) for call in calls_of_life(given)]


def calls_of_life(given: Arguments) -> Iterator[Callable[[Any], object]]:
    """Yield the calls that the life of a run consists of, each a request or message of its own."""

    def of_run(call: Call, **values: Any) -> Callable[[Any], object]:
        return lambda conn: call(conn, {"workflow_id": given["workflow_id"], **values})

    yield lambda conn: create(conn, given)
    yield of_run(queue)
    yield of_run(start)
    yield of_run(message, progress={"total": {"total": len(given["steps"]), "job_ids": []}})
    for step in given["steps"]:
        job_id = UUID(step["job_id"])
        yield of_run(create_job, job_id=job_id)
        yield of_run(job_running, job_id=job_id)
        yield of_run(message, progress=step["running"])
        yield of_run(job, job_id=job_id, logs=step["logs"])
        yield of_run(message, progress=step["finished"])
    yield of_run(last_message, logs=given["logs"])


CALLS: tuple[Call, ...] = (
    *(authenticate, resolve, get, create, queue, start, restart, message, last_message),
    *(append_logs, create_job, job_running, job, list_runs, user_quota, has_exceeded, delete, life),
)


if __name__ == "__main__":
    worker: Any = importlib.import_module("worker")  # the one beside this file
    ours = worker.OneConnection({})
    for call in CALLS:
        ours.operations[call.__name__] = lambda given, call=call: call(ours.conn, given)
    worker.serve(ours)
