"""Results of jobs that equal jobs can use again.

An entry is made with its job and completed when the job has ended, with the hashes that find it:
one of the job's parameters, one of the workspace that it read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from reana_db import errors
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON
from reana_db.registry.arguments import Id, checked
from reana_db.values import Line, Object, Path


@dataclass(frozen=True, slots=True)
class CachedJob:
    """The cached result of a job."""

    id_: UUID
    job_id: UUID
    parameters: str | None
    """Hash of the specification of the job; None until the job has ended."""
    workspace_hash: str | None
    """Hash of the files that the job read; None until the job has ended."""
    result_path: str | None
    """Absolute directory of the results; None until the job has ended."""
    access_times: JSON
    """Object: absolute file path to its time of access before the job, in seconds."""


@checked
def create(conn: Conn, job_id: Id, access_times: Object) -> UUID:
    """Make the entry of a job and return its id; raises MissingReference without such a job."""
    entry_id = uuid4()
    if _create(conn, entry_id=entry_id, job_id=job_id, access_times=access_times) == 0:
        raise errors.MissingReference(f"no job {job_id}")
    return entry_id


@query
def _create(conn: Conn, *, entry_id: Id, job_id: Id, access_times: JSON) -> RowCount:
    """Insert an entry of a job."""


@query
def find_by_job(conn: Conn, job_id: Id) -> CachedJob | None:
    """Return the oldest entry of a job, or None."""


@query
def complete(
    conn: Conn, job_id: Id, *, parameters: Line, workspace_hash: Line, result_path: Path
) -> RowCount:
    """Store where the results of a job are, and the hashes that find them.

    Returns 0 and stores nothing when the job has no entry, or when ``workspace_hash`` is "-1":
    REANA's mark of a workspace that could not be hashed.
    """


@query
def find(conn: Conn, *, parameters: str, workspace_hash: str) -> CachedJob | None:
    """Return the newest result with these hashes, or None; None for the workspace hash "-1"."""


@query
def delete_of_workflows(conn: Conn, workflow_ids: Sequence[Id]) -> RowCount:
    """Delete the entries of all jobs of these runs, and return how many there were."""
