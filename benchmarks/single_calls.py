"""The calls of a run's life through any version of this library; run as a worker process.

Nothing but what versions have in common is used, and what differs is asked for.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from inspect import signature
from typing import Any
from uuid import UUID

from psycopg.conninfo import conninfo_to_dict

from reana_db import jobs, lifecycle, listing, quota, tokens, transitions, workflows
from reana_db.config import Settings
from reana_db.database import connect
from reana_db.jobs import NewJob
from reana_db.records import JobStatus, RunStatus

worker: Any = importlib.import_module("worker")
"""The one beside this file: the version that is measured may have none."""
deletion: Any = importlib.import_module(
    "reana_db.deletion" if find_spec("reana_db.deletion") else "reana_db.lifecycle"
)
Arguments = dict[str, Any]

RULES = {"**/*": 30}
REPLACES = "replace_logs" in signature(transitions.set_job_status).parameters


class SingleCalls:
    """What services call, on a connection in autocommit mode."""

    def __init__(self) -> None:
        self.conn: Any
        self.operations = {name: getattr(self, name) for name in CALLS}

    def connect(self, uri: str) -> int:
        place: dict[str, Any] = conninfo_to_dict(uri)
        self.conn = connect(Settings.from_environment(), autocommit=True, **place)
        return int(self.conn.info.backend_pid)

    def prepared(self, operation: str, arguments: Arguments) -> Arguments:
        return {
            name: UUID(value) if name.endswith("_id") else value
            for name, value in arguments.items()
        }

    def settled(self) -> None:
        """Nothing is left open."""

    def find_owner(self, given: Arguments) -> object:
        return tokens.find_owner(self.conn, given["token"])

    def create(self, given: Arguments) -> object:
        return lifecycle.create(
            self.conn,
            workflow_id=given["run_id"],
            owner_id=given["user_id"],
            name=given["name"],
            specification=given["specification"],
            type_="serial",
            workspace_path=given["path"],
            retention_rules=RULES,
        )

    def queue(self, given: Arguments) -> object:
        return lifecycle.queue(self.conn, given["run_id"])

    def start(self, given: Arguments) -> object:
        return lifecycle.start(self.conn, given["run_id"], input_parameters={"events": 20000})

    def message_running(self, given: Arguments) -> object:
        return lifecycle.apply_status_message(
            self.conn, given["run_id"], status=RunStatus("running"), logs=given["logs"]
        )

    def create_job(self, given: Arguments) -> object:
        job = NewJob("Kubernetes", cmd="root", job_name="fit", id_=given["job_id"])
        return jobs.create(self.conn, given["run_id"], job)

    def job_running(self, given: Arguments) -> object:
        return transitions.set_job_status(self.conn, given["job_id"], JobStatus("running"))

    def message_progress(self, given: Arguments) -> object:
        return lifecycle.apply_status_message(
            self.conn,
            given["run_id"],
            status=RunStatus("running"),
            logs=given["logs"],
            progress={"running": {"total": 1, "job_ids": [str(given["job_id"])]}},
        )

    def append_logs(self, given: Arguments) -> object:
        return lifecycle.append_logs(self.conn, given["run_id"], given["logs"])

    def job_finished(self, given: Arguments) -> object:
        logs = {"replace_logs" if REPLACES else "logs": given["logs"]}
        status = JobStatus("finished")
        return transitions.set_job_status(self.conn, given["job_id"], status, **logs)

    def get(self, given: Arguments) -> object:
        return workflows.get(self.conn, given["run_id"])

    def resolve(self, given: Arguments) -> object:
        return workflows.resolve(self.conn, f"{given['name']}.1", user_id=given["user_id"])

    def page(self, given: Arguments) -> object:
        return listing.page(self.conn, given["user_id"])

    def quota_of_user(self, given: Arguments) -> object:
        return quota.of_user(self.conn, given["user_id"])

    def last_message(self, given: Arguments) -> object:
        return lifecycle.apply_status_message(
            self.conn,
            given["run_id"],
            status=RunStatus("finished"),
            logs=given["logs"],
            progress={"finished": {"total": 1, "job_ids": [str(given["job_id"])]}},
            engine_logs=given["logs"],
        )

    def restart(self, given: Arguments) -> object:
        return lifecycle.clone_for_restart(self.conn, given["run_id"], retention_rules=RULES)

    def delete_run(self, given: Arguments) -> object:
        return deletion.delete_run(self.conn, given["run_id"])


CALLS = [
    name
    for name, value in vars(SingleCalls).items()
    if callable(value) and not name.startswith("_") and name not in vars(worker.Contender)
]
"""In the order of a run's life."""

if __name__ == "__main__":
    worker.serve(SingleCalls())
