"""Runs that are deleted: what goes with them, and what is left to remove.

A deletion is one transaction, or a savepoint inside one of the caller.  Files are removed after its
commit; until that is confirmed, the run is listed by :func:`unconfirmed_deletions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from reana_db import errors
from reana_db.queries import Conn, RowCount, query
from reana_db.records import Entity, Numbered, RunStatus
from reana_db.registry.arguments import Id, checked
from reana_db.registry.savepoints import whole

if TYPE_CHECKING:
    from reana_db.connection import Connection
    from reana_db.pool import Pool


class DeletionOutcome(StrEnum):
    """What became of a request to delete a run."""

    DELETED = "deleted"
    ALREADY_DELETED = "already deleted"
    RUNNING = "running"
    """It runs and was left as it is: stop it first."""
    WORKSPACE_IN_USE = "workspace in use"
    """Another run of its workspace has not ended; it was left as it is."""


@dataclass(frozen=True, slots=True)
class ClosedEndpoint:
    """A session or a service that a deletion closed."""

    entity: Entity
    """``interactive_session`` or ``service``."""
    id_: UUID
    name: str | None
    path: str | None
    """Where it was reached: the path of a session, the URI of a service."""
    type_: str


@dataclass(frozen=True, slots=True)
class UnendedJob:
    """A job of a deleted run that may still be in its compute backend."""

    id_: UUID
    backend_job_id: str | None
    compute_backend: str | None


@dataclass(frozen=True, slots=True)
class RunDeletion(Numbered):
    """What the deletion of a run did, and what is left to remove."""

    id_: UUID
    name: str | None
    run_number_major: int | None
    run_number_minor: int | None
    workspace_path: str | None
    before: RunStatus | None
    """The status that the run had."""
    outcome: DeletionOutcome
    claimed_at: datetime | None
    """Since when its removal waits for a confirmation; None: there is nothing to remove."""
    closed: tuple[ClosedEndpoint, ...]
    """The sessions and services that were closed since then."""
    jobs: tuple[UnendedJob, ...]
    cache_entries_deleted: int

    @property
    def to_remove(self) -> bool:
        """Whether files, sessions, services and jobs are to be removed now."""
        return self.claimed_at is not None


@checked
def delete_run(conn: Conn, workflow_id: Id) -> RunDeletion:
    """Delete a run unless it is running, and return what was done; raises NotFound.

    Its sessions are closed (their rows deleted), its services marked deleted, cache entries of its
    jobs deleted, retention rules of all runs of the workspace ended, and the disk usage of these
    runs set to 0.  A start or a message that comes later finds a deleted run.  Three statements.

    Commit before the files are removed: until then the run may still be started.  Then remove what
    the record names and call :func:`confirm_deletions`; :func:`delete_with_files` does all that in
    this order.  Idempotent: deleting a run again does what is left to do.
    """
    with whole(conn):
        locked = _lock_run(conn, workflow_id)
        deleted = _delete_locked(conn, [run for run in locked if run == workflow_id])
    if not deleted:
        raise errors.NotFound(f"no {Entity.workflow} {workflow_id}")
    return deleted[0]


@checked
def delete_all_runs(
    conn: Conn, owner_id: Id, name: str, *, run_number_major: int | None = None
) -> list[RunDeletion]:
    """Delete all runs of a name, or of one number of it, as :func:`delete_run` does.

    Returns what was done with each, those that were left included, in the order of their numbers.
    Three statements for any number of runs.  Idempotent.
    """
    with whole(conn):
        locked = _lock_runs_of_name(
            conn, owner_id=owner_id, name=name, run_number_major=run_number_major
        )
        return _delete_locked(conn, locked)


def delete_with_files(
    pool: Pool,
    claim: Callable[[Connection], Sequence[RunDeletion]],
    remove: Callable[[RunDeletion], object],
) -> list[RunDeletion]:
    """Delete runs, remove what they leave, and confirm each; return what was done.

    ``claim`` calls one of the functions that return deletions, in a transaction which is committed
    before anything is removed::

        delete_with_files(pool, lambda conn: [delete_run(conn, workflow_id)], remove)

    ``remove`` removes the files in ``workspace_path``, the sessions, services and jobs of one run;
    some may be gone, for runs share workspaces and a dead process may have come half way.  What it
    raises comes out: that run and those after it are listed by :func:`unconfirmed_deletions`,
    which can be the claim of the next attempt.
    """
    deletions = [item for item in pool.run(claim, idempotent=True) if item.to_remove]
    for item in deletions:
        remove(item)
        _confirm(pool, item.id_)
    return deletions


def _confirm(pool: Pool, workflow_id: UUID) -> None:
    pool.run(lambda conn: confirm_deletions(conn, [workflow_id]), idempotent=True)


@query
def unconfirmed_deletions(
    conn: Conn, *, claimed_before: datetime | None = None
) -> list[RunDeletion]:
    """Return the deleted runs whose files may still be there, the longest waiting first.

    ``claimed_before``: leaves out those that a service may just be removing.  Deletions by
    services of released versions are not among them.
    """


@query
def confirm_deletions(conn: Conn, workflow_ids: Sequence[Id]) -> RowCount:
    """Say that the files of deleted runs are gone; return how many were not confirmed before.

    Idempotent.
    """


def _delete_locked(conn: Conn, workflow_ids: Sequence[Id]) -> list[RunDeletion]:
    _lock_rules(conn, workflow_ids)
    return _delete(conn, workflow_ids)


@query
def _lock_run(conn: Conn, workflow_id: Id) -> list[UUID]:
    """Lock a run and those of its workspace, in the order of their ids, and return these."""


@query
def _lock_runs_of_name(
    conn: Conn, *, owner_id: Id, name: str, run_number_major: int | None
) -> list[UUID]:
    """Lock the runs of a name, or of a number, in the order of their ids, and return these."""


@query
def _lock_rules(conn: Conn, workflow_ids: Sequence[Id]) -> RowCount:
    """Lock the retention rules that the deletion of runs will end, in the order of their ids."""


@query
def _delete(conn: Conn, workflow_ids: Sequence[Id]) -> list[RunDeletion]:
    """Delete runs that are locked, with all that goes with them, and claim their removal."""
