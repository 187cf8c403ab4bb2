"""Reports on one run: how far it is, and what it said.

Neither loads anything that it does not return.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from reana_db import jobs, services
from reana_db.jobs import JobPage
from reana_db.queries import Conn, query
from reana_db.records import JSON, Numbered, RunStatus
from reana_db.registry.arguments import Id, checked
from reana_db.services import ServiceLog


@dataclass(frozen=True, slots=True)
class StatusReport(Numbered):
    """How far a run is."""

    id_: UUID
    name: str | None
    run_number_major: int | None
    run_number_minor: int | None
    status: RunStatus | None
    owner_id: UUID | None
    created: datetime
    run_started_at: datetime | None
    run_finished_at: datetime | None
    run_stopped_at: datetime | None
    job_progress: JSON
    """Object with keys ``total``, ``running``, ``finished``, ``failed``, which can be missing: each
    ``{"total": int, "job_ids": [text, …]}``."""
    current_command: JSON
    """The command of the newest job, a text; None without jobs."""
    current_step_name: str | None
    """The step of the newest job."""


@dataclass(frozen=True, slots=True)
class LogReport:
    """What a run and its parts said."""

    logs: str | None
    """Of the engine; None when asked for some steps only."""
    engine_specific: JSON
    jobs: JobPage
    services: tuple[ServiceLog, ...]
    """By service, the scheduler first; none when asked for some steps only."""


@dataclass(frozen=True, slots=True)
class _WorkflowLogs:
    engine_specific: JSON
    logs: str | None


@query
def status(conn: Conn, workflow_id: Id) -> StatusReport:
    """Return how far a run is; raises NotFound.  One statement, which reads no log."""


@checked
def logs(
    conn: Conn,
    workflow_id: Id,
    *,
    steps: list[str] | None = None,
    page: int = 1,
    size: int | None = None,
    texts: bool = True,
) -> LogReport:
    """Return what a run, its services and its jobs said, ``size`` jobs at a time.

    With ``steps``, only the jobs of steps with these names.  Without ``texts``, for a site that
    keeps texts elsewhere, the logs of run and jobs are not read.  Raises NotFound and
    InvalidArgument.  At most four statements, three with ``steps``.

    Runs on a standby.
    """
    run = _workflow_logs(conn, workflow_id, texts=texts and steps is None)
    found = jobs.with_logs(conn, workflow_id, job_names=steps, page=page, size=size, texts=texts)
    if steps is not None:
        return LogReport(logs=None, engine_specific=None, jobs=found, services=())
    return LogReport(
        logs=run.logs,
        engine_specific=run.engine_specific,
        jobs=found,
        services=tuple(services.logs_of_workflow(conn, workflow_id)),
    )


@query
def _workflow_logs(conn: Conn, workflow_id: Id, *, texts: bool) -> _WorkflowLogs:
    """Return the texts of a run."""
