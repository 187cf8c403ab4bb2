"""Users, runs, jobs and what else a test finds in the database, made by the package's functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from reana_db import (
    accounts,
    jobs,
    lifecycle,
    quota,
    sessions,
    sharing,
    transitions,
    users,
    workflows,
    workspaces,
)
from reana_db.accounts import NewUser
from reana_db.jobs import Job, NewJob
from reana_db.queries import Conn
from reana_db.records import JobStatus, ResourceType, RunStatus, User, Workflow
from reana_db.sessions import Session

SPECIFICATIONS = MappingProxyType(
    {
        "serial": {
            "version": "0.9.0",
            "inputs": {"files": ["code/hello.py"], "parameters": {"name": "world", "sleeptime": 2}},
            "workflow": {
                "type": "serial",
                "specification": {
                    "steps": [
                        {
                            "name": "greet",
                            "environment": "docker.io/library/python:3.12-slim",
                            "commands": ["python code/hello.py --name ${name}"],
                        }
                    ]
                },
            },
            "outputs": {"files": ["results/greetings.txt"]},
        },
        "yadage": {
            "version": "0.9.0",
            "inputs": {"directories": ["workflow"], "parameters": {"events": 1000}},
            "workflow": {
                "type": "yadage",
                "file": "workflow/workflow.yaml",
                "specification": {
                    "stages": [
                        {
                            "name": "generate",
                            "dependencies": {
                                "dependency_type": "jsonpath_ready",
                                "expressions": ["init"],
                            },
                            "scheduler": {"scheduler_type": "singlestep-stage"},
                        }
                    ]
                },
            },
            "outputs": {"files": ["generate/events.root"]},
        },
    }
)
"""What the sample runs are asked to do, by engine."""

_STARTED = (RunStatus.queued, RunStatus.pending, RunStatus.running)
_WAY_TO: Mapping[RunStatus, tuple[RunStatus, ...]] = MappingProxyType(
    {
        RunStatus.created: (),
        RunStatus.queued: (RunStatus.queued,),
        RunStatus.pending: (RunStatus.queued, RunStatus.pending),
        RunStatus.running: _STARTED,
        RunStatus.deleted: (RunStatus.deleted,),
    }
)


def new_workflow(conn: Conn, engine: str = "serial", *, owner: User, **values: Any) -> Workflow:
    """Create a run of a sample and return it; ``values`` are those of ``lifecycle.create``."""
    workflow_id = values.pop("workflow_id", None) or uuid4()
    sample = {
        "workflow_id": workflow_id,
        "name": f"my-{engine}-analysis",
        "specification": json.loads(json.dumps(SPECIFICATIONS[engine])),
        "type_": engine,
        "workspace_path": workspaces.build_workspace_path(owner.id_, workflow_id),
    }
    return lifecycle.create(conn, owner_id=owner.id_, **{**sample, **values})


@dataclass(frozen=True)
class Site:
    """What a test needs to find in the database and on the shared volume."""

    conn: Conn
    volume: Path
    """Where the workspaces are."""

    def user(self, number: int = 0) -> User:
        """Return one of ten users with fixed values, created when first asked for.

        Number 1 has the id ``11111111-1111-1111-1111-111111111111``, the e-mail address
        ``user1@reana.io`` and the token ``user1token``.
        """
        user_id = UUID(str(number) * 32)
        if users.find_by_id(self.conn, user_id) is None:
            email, token = f"user{number}@reana.io", f"user{number}token"
            accounts.create(self.conn, NewUser(id_=user_id, email=email, token=token))
        user = users.find_by_id(self.conn, user_id)
        assert user is not None
        return user

    def run_in_status(
        self,
        status: RunStatus = RunStatus.created,
        *,
        engine: str = "serial",
        owner: User | None = None,
        **values: Any,
    ) -> Workflow:
        """Create a run that went through the statuses up to this one, of user 0 unless given.

        ``values`` are those of ``lifecycle.create``.
        """
        owner = owner or self.user()
        workflow_id = values.pop("workflow_id", None) or uuid4()
        values.setdefault(
            "workspace_path",
            workspaces.build_workspace_path(owner.id_, workflow_id, shared_volume=str(self.volume)),
        )
        new_workflow(self.conn, engine, owner=owner, workflow_id=workflow_id, **values)
        for step in _WAY_TO.get(status, (*_STARTED, status)):
            transitions.set_workflow_status(self.conn, workflow_id, step)
        return workflows.get(self.conn, workflow_id)

    def busy(self, runs: int, *, owner: User | None = None) -> list[Workflow]:
        """Create so many running runs: what the scheduler sees of a user, or of a site, at work."""
        return [self.run_in_status(RunStatus.running, owner=owner) for _ in range(runs)]

    def job(
        self,
        run: Workflow,
        status: JobStatus = JobStatus.created,
        *,
        logs: str | None = None,
        **values: Any,
    ) -> Job:
        """Create a job of a run; ``values`` are those of ``NewJob``."""
        job_id = jobs.create(
            self.conn,
            run.id_,
            NewJob(**{"compute_backend": "Kubernetes", "job_name": "greet", **values}),
        )
        if logs is not None:
            jobs.replace_logs(self.conn, job_id, logs)
        if status is not JobStatus.created:
            transitions.set_job_status(self.conn, job_id, status)
        return jobs.get(self.conn, job_id)

    def workspace(self, run: Workflow, files: Mapping[str, str] | None = None) -> Path:
        """Make the workspace of a run, with text files by their relative path, and return it."""
        root = Path(run.workspace_path or self.volume)
        root.mkdir(parents=True, exist_ok=True)
        for name, text in (files or {}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return root

    def share(self, run: Workflow, receiver: User) -> None:
        """Let a user read a run."""
        assert run.owner_id is not None
        sharing.share(self.conn, run.id_, owner_id=run.owner_id, email=receiver.email)

    def session(self, run: Workflow) -> Session:
        """Open the interactive session of a run."""
        name = f"reana-run-session-{run.id_}"
        return sessions.open_session(
            self.conn, run.id_, name=name, path=f"/{run.id_}", owner_id=run.owner_id
        )

    def exceed_quota(self, run: Workflow) -> None:
        """Let a run use more disk space than its owner may."""
        assert run.owner_id is not None
        quota.set_disk_usage(self.conn, workflow_id=run.id_, bytes_=2)
        quota.set_limit(self.conn, user_ids=[run.owner_id], limit=1, type_=ResourceType.disk)
