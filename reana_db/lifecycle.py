"""The life of a run: created, restarted, queued, started, told about, stopped.

Each function is one operation of a service and one transaction: all of it happens or nothing.
Inside a transaction of the caller it is a savepoint.  Functions that find a run in a status which
does not allow the operation lock the row first, so that what they report is what is there.

The database adds what follows from a status, for any client: run numbers, times, retention rules,
quotas, the status history.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from reana_db import errors, transitions, users, workflows
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON, Entity, RunStatus, ServiceType, StatusChange, Workflow
from reana_db.registry.arguments import Id, checked, named
from reana_db.registry.savepoints import undoable, whole
from reana_db.values import Days, Line, Name, Object, Path
from reana_db.workspaces import build_workspace_path

NO_RULES: Mapping[str, int] = MappingProxyType({})
"""No retention rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewService:
    """A service to be created with a run: a Dask cluster."""

    name: Name
    uri: Line
    """Where its dashboard is; name and uri together are unique."""
    type_: ServiceType = ServiceType.dask


class MessageOutcome(StrEnum):
    """What became of a status message of an engine."""

    APPLIED = "applied"
    NOT_ALLOWED = "not allowed"
    """The status may not follow that of the run: nothing of the message was stored."""
    RUN_ENDED = "run ended"
    """The run had ended before: nothing of the message was stored."""
    REPEATED = "repeated"
    """A message with this id was applied before: nothing was stored again."""
    UNKNOWN_RUN = "unknown run"


@dataclass(frozen=True, slots=True)
class AppliedMessage:
    """What a status message did."""

    outcome: MessageOutcome
    before: RunStatus | None
    """The status that the run had; of a repeated message, when it was applied."""
    after: RunStatus | None
    """The status that the message left it with."""

    @property
    def ended(self) -> bool:
        """Whether the message ended the run: now its engine can be cleaned up.

        A repeated one says what it said before, so that what a dead consumer left is done.
        """
        return self.before is not self.after and self.after in transitions.FINAL[Entity.workflow]


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
    name: Name,
    specification: Object,
    type_: Name,
    workspace_path: Path | None = None,
    workflow_id: Id | None = None,
    operational_options: Object | None = None,
    git_ref: str = "",
    git_repo: str = "",
    launcher_url: str | None = None,
    retention_rules: Mapping[Name, Days] = NO_RULES,
    service: NewService | None = None,
) -> Workflow:
    """Create a run with its retention rules and its service and return it, numbered.

    ``specification``: the whole ``reana.yaml`` as an object.  ``operational_options``: an object.
    ``workspace_path``: absolute; unless given, REANA's path of owner and run on the shared volume,
    see :func:`reana_db.workspaces.build_workspace_path`.
    ``retention_rules``: pattern of files to number of days.  One statement; creations of one name
    and owner wait for each other until their transactions end, so commit soon.
    Idempotent with a ``workflow_id``: a run that has it already is returned as it is if its owner,
    name and workspace are the given ones.
    Raises MissingReference for an unknown owner and AlreadyExists for an id of another run or a
    service that exists.
    """
    new_id = workflow_id or uuid4()
    path = workspace_path or build_workspace_path(owner_id, new_id)
    with undoable(conn) if service else nullcontext():
        run = _create(
            conn,
            workflow_id=new_id,
            owner_id=owner_id,
            name=name,
            specification=specification,
            type_=type_,
            workspace_path=path,
            operational_options={} if operational_options is None else operational_options,
            git_ref=git_ref,
            git_repo=git_repo,
            launcher_url=launcher_url,
            more=_More.of(retention_rules, service),
        )
    if run is None:
        if users.find_by_id(conn, owner_id) is None:
            raise errors.MissingReference(f"no user {owner_id}")
        same = workflows.get(conn, new_id)
        if (same.owner_id, same.name, same.workspace_path) != (owner_id, name, path):
            raise errors.AlreadyExists(f"the run {new_id} exists: it is {same.full_name}")
        return same
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
    specification: Object | None = None,
    type_: Name | None = None,
    retention_rules: Mapping[Name, Days] = NO_RULES,
    service: NewService | None = None,
) -> Workflow:
    """Create a run that restarts an ended one in its workspace, and return it.

    It has the next minor number, and the specification and type of the original unless given; what
    was given at the start of the original and its git fields are not copied.  The retention rules
    of all earlier runs of the workspace become inactive.  One statement.  Idempotent with a
    ``workflow_id``: a restart that has it already is returned as it is.
    Raises NotFound without original, RestartRefused when the original still runs or is deleted, or
    while files of the workspace are being removed, and AlreadyExists for an id of another run.
    """
    new_id = workflow_id or uuid4()
    with undoable(conn):
        run = _clone_for_restart(
            conn,
            original_id=original_id,
            workflow_id=new_id,
            specification=specification,
            type_=type_,
            more=_More.of(retention_rules, service),
        )
    if run is None:
        original, same = workflows.get(conn, original_id), workflows.find_by_id(conn, new_id)
        if same is None:
            raise errors.RestartRefused(
                f"run {original_id} is {original.status}: it cannot be restarted"
            )
        if not same.restart or same.workspace_path != original.workspace_path:
            raise errors.AlreadyExists(f"the run {new_id} exists: it is {same.full_name}")
        return same
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


@named
def queue(conn: Conn, workflow_id: Id) -> StatusChange:
    """Queue a created run; raises NotFound and InvalidTransition for any other status.

    Of two requests at once one succeeds: only its caller publishes the message.  So it is not
    idempotent: after an error in doubt, InvalidTransition from ``queued`` may be about oneself.
    """
    return transitions.set_workflow_status(
        conn, workflow_id, RunStatus.queued, expected=[RunStatus.created]
    )


@checked
def start(
    conn: Conn,
    workflow_id: Id,
    *,
    input_parameters: Object | None = None,
    operational_options: Object | None = None,
) -> StatusChange:
    """Make a queued run pending, with the parameters and options it is started with.

    Both are flat objects and replace what is stored.  Call it before the engine is created: who
    does not get the change must not create one.  One statement; not idempotent, as :func:`queue`.
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
    progress: Object | None = None,
    engine_logs: str | None = None,
    at: datetime | None = None,
    message_id: str | None = None,
) -> AppliedMessage:
    """Apply what an engine reports: status, logs and progress, in one statement.

    ``status``: None or the status of the run for a message that only carries the rest.  ``logs``
    and ``engine_logs`` are appended with a newline after each, the latter only if the run has ended
    then.  ``progress``: an object with the keys ``total``, ``running``, ``finished`` and
    ``failed``, each ``{"total": int, "job_ids": [text, …]}``, merged into what is stored.  ``at``:
    when it happened, if that is not now.  ``message_id``: an id of the sender, 1 to 255
    characters, unique among the messages about a run.

    Raises nothing for a late or wrong message: see :class:`MessageOutcome`.  Messages may come in
    another order, and from several consumers at once.  Idempotent with a ``message_id``, for which
    there are three more statements at most; without one, the logs of a message that comes twice are
    there twice.
    """
    values: dict[str, Any] = {
        "status": status,
        "logs": logs or None,
        "progress": progress,
        "engine_logs": engine_logs or None,
        "at": at,
    }
    if message_id is None:
        applied = _apply_status_message(conn, workflow_id, **values)
    else:
        with whole(conn):
            applied = _apply_once(conn, workflow_id, message_id, values)
    return applied or AppliedMessage(MessageOutcome.UNKNOWN_RUN, None, None)


def _apply_once(
    conn: Conn, workflow_id: Id, message_id: str, values: dict[str, Any]
) -> AppliedMessage | None:
    if not _note_message(conn, workflow_id, message_id):
        return _noted_message(conn, workflow_id, message_id)
    applied = _apply_status_message(conn, workflow_id, **values)
    if applied and applied.outcome is MessageOutcome.APPLIED:
        _keep_message(conn, workflow_id, message_id, before=applied.before, after=applied.after)
        if applied.ended:
            _forget_messages(conn, workflow_id, message_id, this=False)
    else:
        _forget_messages(conn, workflow_id, message_id, this=True)
    return applied


@query
def _note_message(conn: Conn, workflow_id: Id, message_id: str) -> RowCount:
    """Lock the run and note a message, unless it was noted before."""


@query
def _noted_message(conn: Conn, workflow_id: Id, message_id: str) -> AppliedMessage | None:
    """Return what a message that was noted before did."""


@query
def _keep_message(
    conn: Conn,
    workflow_id: Id,
    message_id: str,
    *,
    before: RunStatus | None,
    after: RunStatus | None,
) -> RowCount:
    """Note what a message did."""


@query
def _forget_messages(conn: Conn, workflow_id: Id, message_id: str, *, this: bool) -> RowCount:
    """Forget this message, or all others about the run."""


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


@named
def stop(conn: Conn, workflow_id: Id) -> StatusChange:
    """Stop a running run; raises NotFound and InvalidTransition for any other status."""
    return transitions.set_workflow_status(
        conn, workflow_id, RunStatus.stopped, expected=[RunStatus.running]
    )
