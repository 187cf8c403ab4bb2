"""The life of a run: created, restarted, queued, started, told about, stopped, deleted.

Each function is one operation of a service and one transaction: all of it happens or nothing.
Inside a transaction of the caller it is a savepoint.  Functions that find a run in a status which
does not allow the operation lock the row first, so that what they report is what is there.

The database adds what follows from a status, for any client: run numbers, times, retention rules,
quotas, the status history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID, uuid4

from reana_db import errors, transitions, users
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON, Entity, Numbered, RunStatus, ServiceType, StatusChange, Workflow
from reana_db.registry.arguments import Id
from reana_db.registry.savepoints import undoable
from reana_db.registry.signatures import checked
from reana_db.workspaces import build_workspace_path

NO_RULES: Mapping[str, int] = MappingProxyType({})
"""No retention rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewService:
    """A service to be created with a run: a Dask cluster."""

    name: str
    uri: str
    """Where its dashboard is; name and uri together are unique."""
    type_: ServiceType = ServiceType.dask


class MessageOutcome(StrEnum):
    """What became of a status message of an engine."""

    APPLIED = "applied"
    NOT_ALLOWED = "not allowed"
    """The status may not follow that of the run: nothing of the message was stored."""
    RUN_ENDED = "run ended"
    """The run had ended before: nothing of the message was stored."""
    UNKNOWN_RUN = "unknown run"


@dataclass(frozen=True, slots=True)
class AppliedMessage:
    """What a status message did."""

    outcome: MessageOutcome
    before: RunStatus | None
    """The status that the run had."""
    after: RunStatus | None
    """The status that it has now."""

    @property
    def ended(self) -> bool:
        """Whether the message ended the run: now its engine can be cleaned up."""
        return self.before is not self.after and self.after in transitions.FINAL[Entity.workflow]


class DeletionOutcome(StrEnum):
    """What became of a request to delete a run."""

    DELETED = "deleted"
    ALREADY_DELETED = "already deleted"
    RUNNING = "running"
    """It runs and was left as it is: stop it first."""


@dataclass(frozen=True, slots=True)
class RunDeletion(Numbered):
    """What the deletion of a run did."""

    id_: UUID
    name: str | None
    run_number_major: int | None
    run_number_minor: int | None
    workspace_path: str | None
    before: RunStatus | None
    """The status that the run had."""
    outcome: DeletionOutcome
    sessions_closed: int
    services_deleted: int
    cache_entries_deleted: int


@dataclass(frozen=True, slots=True)
class _More:
    """What is created with a run: its retention rules and its service."""

    rule_ids: list[UUID]
    workspace_files: list[str]
    retention_days: list[int]
    service_id: UUID | None
    service_name: str | None
    service_uri: str | None
    service_type: ServiceType | None

    @classmethod
    def of(cls, retention_rules: Mapping[str, int], service: NewService | None) -> _More:
        return cls(
            rule_ids=[uuid4() for _ in retention_rules],
            workspace_files=list(retention_rules),
            retention_days=list(retention_rules.values()),
            service_id=uuid4() if service else None,
            service_name=service.name if service else None,
            service_uri=service.uri if service else None,
            service_type=service.type_ if service else None,
        )


@checked
def create(
    conn: Conn,
    *,
    owner_id: Id,
    name: str,
    specification: JSON,
    type_: str,
    workspace_path: str | None = None,
    workflow_id: Id | None = None,
    operational_options: JSON = None,
    git_ref: str = "",
    git_repo: str = "",
    launcher_url: str | None = None,
    retention_rules: Mapping[str, int] = NO_RULES,
    service: NewService | None = None,
) -> Workflow:
    """Create a run with its retention rules and its service and return it, numbered.

    ``specification``: the whole ``reana.yaml`` as an object.  ``operational_options``: an object.
    ``workspace_path``: absolute; unless given, REANA's path of owner and run on the shared volume,
    see :func:`reana_db.workspaces.build_workspace_path`.
    ``retention_rules``: pattern of files to number of days.  One statement; creations of one name
    and owner wait for each other until their transactions end, so commit soon.
    Raises MissingReference for an unknown owner and AlreadyExists for an id or a service that
    exists.
    """
    new_id = workflow_id or uuid4()
    with undoable(conn) if service else nullcontext():
        run = _create(
            conn,
            workflow_id=new_id,
            owner_id=owner_id,
            name=name,
            specification=specification,
            type_=type_,
            workspace_path=workspace_path or build_workspace_path(owner_id, new_id),
            operational_options={} if operational_options is None else operational_options,
            git_ref=git_ref,
            git_repo=git_repo,
            launcher_url=launcher_url,
            more=_More.of(retention_rules, service),
        )
    if run is None:
        if users.find_by_id(conn, owner_id) is None:
            raise errors.MissingReference(f"no user {owner_id}")
        raise errors.AlreadyExists(f"the run {new_id} exists")
    return run


@query
def _create(
    conn: Conn,
    *,
    workflow_id: Id,
    owner_id: Id,
    name: str,
    specification: JSON,
    type_: str,
    workspace_path: str,
    operational_options: JSON,
    git_ref: str,
    git_repo: str,
    launcher_url: str | None,
    more: _More,
) -> Workflow | None:
    """Insert a run, its rules and its service, unless the owner is unknown or the id is taken."""


@checked
def clone_for_restart(
    conn: Conn,
    original_id: Id,
    *,
    workflow_id: Id | None = None,
    specification: JSON = None,
    type_: str | None = None,
    retention_rules: Mapping[str, int] = NO_RULES,
    service: NewService | None = None,
) -> Workflow:
    """Create a run that restarts an ended one in its workspace, and return it.

    It has the next minor number, and the specification and type of the original unless given; what
    was given at the start of the original and its git fields are not copied.  The retention rules
    of all earlier runs of the workspace become inactive.  One statement.
    Raises NotFound without original, and RestartRefused when the original still runs or is deleted,
    or while files of the workspace are being removed.
    """
    with undoable(conn):
        run = _clone_for_restart(
            conn,
            original_id=original_id,
            workflow_id=workflow_id or uuid4(),
            specification=specification,
            type_=type_,
            more=_More.of(retention_rules, service),
        )
        if run is None:
            status = _status(conn, original_id)
            raise errors.RestartRefused(f"run {original_id} is {status}: it cannot be restarted")
    return run


@query
def _clone_for_restart(
    conn: Conn,
    *,
    original_id: Id,
    workflow_id: Id,
    specification: JSON,
    type_: str | None,
    more: _More,
) -> Workflow | None:
    """Insert a restart, its rules and its service, if the original has ended."""


@query
def _status(conn: Conn, workflow_id: Id) -> RunStatus:
    """Return the status of a run; raises NotFound."""


@checked
def queue(conn: Conn, workflow_id: Id) -> StatusChange:
    """Queue a created run; raises NotFound and InvalidTransition for any other status.

    Of two requests at once one succeeds: only its caller publishes the message.
    """
    return transitions.set_workflow_status(
        conn, workflow_id, RunStatus.queued, expected=[RunStatus.created]
    )


@checked
def start(
    conn: Conn,
    workflow_id: Id,
    *,
    input_parameters: JSON = None,
    operational_options: JSON = None,
) -> StatusChange:
    """Make a queued run pending, with the parameters and options it is started with.

    Both are flat objects and replace what is stored.  Call it before the engine is created: who
    does not get the change must not create one.  One statement.
    Raises NotFound, and InvalidTransition for any status but queued.
    """
    change = _start(
        conn,
        workflow_id,
        input_parameters={} if input_parameters is None else input_parameters,
        operational_options={} if operational_options is None else operational_options,
    )
    if change is None:
        raise errors.NotFound(f"no {Entity.workflow} {workflow_id}")
    if change.refused:
        raise errors.InvalidTransition.of(
            Entity.workflow, workflow_id, change.before, RunStatus.pending
        )
    return change


@query
def _start(
    conn: Conn, workflow_id: Id, *, input_parameters: JSON, operational_options: JSON
) -> StatusChange | None:
    """Make a queued run pending, or report why not."""


@checked
def apply_status_message(
    conn: Conn,
    workflow_id: Id,
    *,
    status: RunStatus | None = None,
    logs: str | None = None,
    progress: JSON = None,
    engine_logs: str | None = None,
    at: datetime | None = None,
) -> AppliedMessage:
    """Apply what an engine reports: status, logs and progress, in one statement.

    ``status``: None or the status of the run for a message that only carries the rest.  ``logs``
    and ``engine_logs`` are appended with a newline after each, the latter only if the run has ended
    then.  ``progress``: an object with the keys ``total``, ``running``, ``finished`` and
    ``failed``, each ``{"total": int, "job_ids": [text, …]}``, merged into what is stored.  ``at``:
    when it happened, if that is not now.

    Raises nothing for a late or wrong message: see :class:`MessageOutcome`.  Messages may come
    twice, in another order, and from several consumers at once.
    """
    applied = _apply_status_message(
        conn,
        workflow_id,
        status=status,
        logs=logs or None,
        progress=progress,
        engine_logs=engine_logs or None,
        at=at,
    )
    return applied or AppliedMessage(MessageOutcome.UNKNOWN_RUN, None, None)


@query
def _apply_status_message(
    conn: Conn,
    workflow_id: Id,
    *,
    status: RunStatus | None,
    logs: str | None,
    progress: JSON,
    engine_logs: str | None,
    at: datetime | None,
) -> AppliedMessage | None:
    """Judge a message and apply it."""


@checked
def append_engine_logs(conn: Conn, workflow_id: Id, text: str) -> bool:
    """Append the log of the engine, and a newline, to the logs of a run that has ended.

    Returns False, and changes nothing, when the run has not ended or does not exist.
    """
    return _append_engine_logs(conn, workflow_id, text) == 1


@query
def _append_engine_logs(conn: Conn, workflow_id: Id, text: str) -> RowCount:
    """Append to the logs of a run that has ended."""


@checked
def append_logs(conn: Conn, workflow_id: Id, text: str) -> None:
    """Append a newline and a text to the logs of a run, as the job controller does.

    Raises NotFound.
    """
    if _append_logs(conn, workflow_id, text) == 0:
        raise errors.NotFound(f"no {Entity.workflow} {workflow_id}")


@query
def _append_logs(conn: Conn, workflow_id: Id, text: str) -> RowCount:
    """Append to the logs of a run."""


@checked
def stop(conn: Conn, workflow_id: Id) -> StatusChange:
    """Stop a running run; raises NotFound and InvalidTransition for any other status."""
    return transitions.set_workflow_status(
        conn, workflow_id, RunStatus.stopped, expected=[RunStatus.running]
    )


@checked
def delete_run(conn: Conn, workflow_id: Id) -> RunDeletion:
    """Delete a run unless it is running, and return what was done; raises NotFound.

    Call it after the workspace was removed.  Its sessions are closed (their rows deleted), its
    services marked deleted, cache entries of its jobs deleted, retention rules of all runs of the
    workspace ended, and the disk usage of these runs set to 0.  Deleting it again does what is left
    to do.  A start or a message that comes later finds a deleted run.  Three statements.
    """
    with conn.transaction():
        deleted = _delete_locked(conn, _lock_run(conn, workflow_id))
    if not deleted:
        raise errors.NotFound(f"no {Entity.workflow} {workflow_id}")
    return deleted[0]


@checked
def delete_all_runs(conn: Conn, owner_id: Id, name: str) -> list[RunDeletion]:
    """Delete all runs of a name that are not running, as :func:`delete_run` does.

    Returns what was done with each, running and deleted ones included, in the order of their
    numbers.  Three statements for any number of runs.
    """
    with conn.transaction():
        return _delete_locked(conn, _lock_runs_of_name(conn, owner_id=owner_id, name=name))


def _delete_locked(conn: Conn, workflow_ids: Sequence[Id]) -> list[RunDeletion]:
    _lock_rules(conn, workflow_ids)
    return _delete(conn, workflow_ids)


@query
def _lock_run(conn: Conn, workflow_id: Id) -> list[UUID]:
    """Lock a run and return its id."""


@query
def _lock_runs_of_name(conn: Conn, *, owner_id: Id, name: str) -> list[UUID]:
    """Lock the runs of a name, in the order of their ids, and return these."""


@query
def _lock_rules(conn: Conn, workflow_ids: Sequence[Id]) -> RowCount:
    """Lock the retention rules that the deletion of runs will end, in the order of their ids."""


@query
def _delete(conn: Conn, workflow_ids: Sequence[Id]) -> list[RunDeletion]:
    """Delete runs that are locked, with all that goes with them."""
