"""Jobs: what a run executes on a compute backend.

The status of a job changes through :mod:`reana_db.transitions`, or for many jobs at once through
:func:`report`.  Only the functions named after logs read or write logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from reana_db import config, errors, listing, workflows
from reana_db.queries import Conn, query
from reana_db.records import JSON, JobStatus, RunStatus, StatusChange
from reana_db.registry.arguments import Id, TextOrNumber, checked, json_rows
from reana_db.registry.savepoints import whole
from reana_db.registry.scalars import uuid


@dataclass(frozen=True, slots=True)
class Job:
    """A job without its logs, its command and its environment."""

    id_: UUID
    workflow_id: UUID
    backend_job_id: str | None
    """Its name on the backend; None while it has not been submitted."""
    status: JobStatus | None
    compute_backend: str | None
    """Kubernetes, HTCondor, Slurm or compute4punch."""
    docker_img: str | None
    job_name: str | None
    """The name of its step."""
    prettified_cmd: JSON
    """Its command as people read it: a text."""
    cvmfs_mounts: str | None
    """Repositories to mount, the text of a list; "" or "false" for none."""
    shared_file_system: bool | None
    """Whether it sees the shared volume."""
    created: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobCommand:
    """What a job runs, as it was stored."""

    cmd: JSON
    """REANA's job controller stores a text that is JSON once more."""
    env_vars: JSON
    """The environment.  REANA's job controller stores a text that is JSON once more."""


@dataclass(frozen=True, slots=True)
class JobWithLogs:
    """A job as log reports show it."""

    id_: UUID
    workflow_id: UUID
    backend_job_id: str | None
    status: JobStatus | None
    compute_backend: str | None
    docker_img: str | None
    job_name: str | None
    """The name of its step."""
    prettified_cmd: JSON
    """Its command as people read it: a text."""
    created: datetime
    started_at: datetime | None
    finished_at: datetime | None
    logs: str | None
    """None too where it was not asked for."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs of a run with their logs, oldest first."""

    items: tuple[JobWithLogs, ...]
    total: int
    """The number of jobs on all pages."""
    has_prev: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many jobs have a status on a backend."""

    status: JobStatus | None
    compute_backend: str | None
    jobs: int
    is_exact: bool
    """False for an estimate from a sample of the table."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be created."""

    compute_backend: str
    """Kubernetes, HTCondor, Slurm or compute4punch."""
    docker_img: str | None = None
    cmd: JSON = None
    """The command.  REANA's job controller gives a text that is JSON once more."""
    env_vars: JSON = None
    """The environment.  REANA's job controller gives a text that is JSON once more."""
    prettified_cmd: JSON = ""
    """The command as people read it: a text."""
    job_name: str | None = None
    """The name of its step."""
    cvmfs_mounts: str = ""
    shared_file_system: bool | None = None
    backend_job_id: TextOrNumber | None = None
    """Its name or number on the backend; can be set later, with :func:`set_backend_job_id`."""
    id_: Id = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a backend says about a job; None leaves the status or the logs as they are."""

    job_id: Id
    status: JobStatus | None = None
    replace_logs: str | None = None


@checked
def create(conn: Conn, workflow_id: Id, job: NewJob) -> UUID:
    """Create a job of a run, in the status created, and return its id.

    Raises MissingReference for an unknown run, AlreadyExists for an id in use.  One statement.
    """
    return _created(conn, workflow_id, [job])[0]


@checked
def create_many(conn: Conn, workflow_id: Id, jobs: Iterable[NewJob]) -> list[UUID]:
    """Create jobs of a run, all or none, and return their ids; see :func:`create`."""
    return _created(conn, workflow_id, list(jobs))


def _created(conn: Conn, workflow_id: Id, jobs: list[NewJob]) -> list[UUID]:
    new = [uuid(job.id_) for job in jobs]
    with whole(conn) if len(new) > 1 else nullcontext():
        created = _create(conn, workflow_id, json_rows(NewJob, jobs))
        if len(created) == len(new):
            return new
        if workflows.find_by_id(conn, workflow_id) is None:
            raise errors.MissingReference(f"no workflow {workflow_id}")
        raise errors.AlreadyExists(f"there is a job {min(set(new) - set(created), default=new[0])}")


@query
def _create(conn: Conn, workflow_id: Id, jobs: JSON) -> list[UUID]:
    """Insert jobs of a run whose ids are free, and return these; none if there is no such run."""


@query
def set_backend_job_id(conn: Conn, job_id: Id, backend_job_id: TextOrNumber) -> str:
    """Store and return the name of a job on its backend; raises NotFound."""


@query
def get(conn: Conn, job_id: Id) -> Job:
    """Return a job; raises NotFound."""


@query
def command(conn: Conn, job_id: Id) -> JobCommand:
    """Return the command and the environment of a job; raises NotFound."""


@query
def logs(conn: Conn, job_id: Id) -> str:
    """Return the logs of a job, an empty text if it has none; raises NotFound."""


@query
def many(conn: Conn, job_ids: Sequence[Id]) -> list[Job]:
    """Return those of these jobs that exist, oldest first."""


@query
def of_workflow(conn: Conn, workflow_id: Id) -> list[Job]:
    """Return the jobs of a run, oldest first."""


@query
def newest(conn: Conn, workflow_id: Id) -> Job | None:
    """Return the newest job of a run, or None."""


@query
def replace_logs(conn: Conn, job_id: Id, logs: str | None) -> UUID:
    """Replace the logs of a job, and return its id; raises NotFound."""


@query
def append_logs(conn: Conn, job_id: Id, logs: str) -> UUID:
    """Append to the logs of a job, and return its id; raises NotFound.

    Appending happens in the database: nothing that others append meanwhile is lost.
    """


@checked
def report(conn: Conn, reports: Iterable[JobReport]) -> list[StatusChange]:
    """Store the statuses and logs of many jobs in one statement.

    Returns what became of each, by id; unknown jobs are left out.  A change against the rules is
    ``refused``, and the logs that came with it are not stored; the other jobs are not affected.
    Only the last report of a job counts.
    """
    last = {item.job_id: item for item in reports}
    if not last:
        return []
    return _report(
        conn,
        job_ids=list(last),
        statuses=[item.status for item in last.values()],
        logs=[item.replace_logs for item in last.values()],
    )


@query
def _report(
    conn: Conn,
    *,
    job_ids: Sequence[Id],
    statuses: list[JobStatus | None],
    logs: list[str | None],
) -> list[StatusChange]:
    """Change statuses and logs."""


@checked
def with_logs(
    conn: Conn,
    workflow_id: Id,
    *,
    job_names: list[str] | None = None,
    page: int = 1,
    size: int | None = None,
    texts: bool = True,
) -> JobPage:
    """Return jobs of a run with their logs, oldest first, all or those with one of these names.

    Without ``texts`` no log is read.  One statement without ``size``, two with it.  Raises
    InvalidArgument.

    Runs on a standby.
    """
    window = listing.numbered_window(page=page, size=size)
    found = _with_logs(
        conn,
        workflow_id,
        job_names=job_names,
        size=window.size,
        skipped=window.skipped,
        texts=texts,
    )
    items = tuple(found[:size])
    if size is None:
        return JobPage(items, total=len(items), has_prev=False, has_next=False)
    total = count_of_workflow(conn, workflow_id, job_names=job_names)
    return JobPage(items, total, has_prev=page > 1, has_next=len(found) > size)


@query
def _with_logs(
    conn: Conn,
    workflow_id: Id,
    *,
    job_names: list[str] | None,
    size: int | None,
    skipped: int,
    texts: bool,
) -> list[JobWithLogs]:
    """Return a part of the jobs of a run."""


@query
def count_of_workflow(conn: Conn, workflow_id: Id, *, job_names: list[str] | None = None) -> int:
    """Return the number of jobs of a run, all or those with one of these names."""


@query
def counts(conn: Conn, *, sampled_pages: int | None = None) -> list[JobCount]:
    """Return how many jobs there are per status and backend; what there is none of is left out.

    With ``sampled_pages``, those that have ended are estimated from about so many pages of the
    table, if it is larger.
    """


def should_cleanup_job(status: JobStatus | RunStatus | str) -> bool:
    """Tell whether what ran with this status is to be removed from the cluster.

    False for those of ``REANA_RUNTIME_KUBERNETES_KEEP_ALIVE_JOBS_WITH_STATUSES``.
    """
    return str(status) not in config.settings().keep_alive_job_statuses
