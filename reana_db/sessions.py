"""Interactive sessions: a notebook server on the workspace of a run.

A run has at most one.  A session that is closed is gone: its row is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from reana_db import errors, transitions
from reana_db.queries import Conn, RowCount, query
from reana_db.records import RunStatus, SessionType
from reana_db.registry.arguments import Id, checked
from reana_db.registry.savepoints import whole
from reana_db.values import Name, Path


@dataclass(frozen=True, slots=True)
class Session:
    """An interactive session, without its secret."""

    id_: UUID
    workflow_id: UUID | None
    """None for the leftover of an incomplete deletion."""
    name: str | None
    path: str | None
    """Where it is reached, below the address of the site."""
    type_: SessionType
    status: RunStatus
    owner_id: UUID | None
    created: datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """An interactive session to be compared with what the cluster runs."""

    id_: UUID
    workflow_id: UUID | None
    name: str | None
    path: str | None
    type_: SessionType
    status: RunStatus
    owner_id: UUID | None
    created: datetime
    owner_email: str | None
    """E-mail address of the owner of the run."""


@checked
def open_session(
    conn: Conn,
    workflow_id: Id,
    *,
    name: Name,
    path: Path,
    type_: SessionType = SessionType.jupyter,
    owner_id: Id | None = None,
) -> Session:
    """Open the session of a run, in the status created.

    Of several callers at once, one opens it and the others are refused.  Raises NotFound,
    WorkflowDeleted, SessionAlreadyOpen; AlreadyExists when another run has a session of this name
    and path.  Two statements.
    """
    with whole(conn):
        if _touch_workflow(conn, workflow_id) is RunStatus.deleted:
            raise errors.WorkflowDeleted(f"workflow {workflow_id} is deleted")
        session = _open(
            conn,
            session_id=uuid4(),
            workflow_id=workflow_id,
            name=name,
            path=path,
            type_=type_,
            owner_id=owner_id,
        )
    if session is None:
        raise errors.SessionAlreadyOpen(f"workflow {workflow_id} has an open session")
    return session


@query
def _touch_workflow(conn: Conn, workflow_id: Id) -> RunStatus:
    """Make others who open a session of this run wait, and return the status of the run."""


@query
def _open(
    conn: Conn,
    *,
    session_id: Id,
    workflow_id: Id,
    name: str,
    path: str,
    type_: SessionType,
    owner_id: Id | None,
) -> Session | None:
    """Insert a session unless the run has one."""


@query
def get(conn: Conn, session_id: Id) -> Session:
    """Return a session; raises NotFound."""


@query
def of_workflow(conn: Conn, workflow_id: Id) -> Session | None:
    """Return the session of a run, or None; the newest, should old services have opened two."""


@checked
def mark_running(conn: Conn, session_id: Id) -> bool:
    """Change a created session to running; tell whether it was changed.

    False when it runs already, is over or was closed meanwhile: none of that is an error for
    somebody who saw its pod running.
    """
    change = transitions.try_set_session_status(
        conn, session_id, RunStatus.running, expected=[RunStatus.created]
    )
    return change is not None and change.changed


@checked
def close_session(conn: Conn, session_id: Id) -> bool:
    """Delete a session, and tell whether there was one."""
    return close_sessions(conn, [session_id]) > 0


@query
def close_sessions(conn: Conn, session_ids: Sequence[Id]) -> RowCount:
    """Delete these sessions, and return how many there were."""


@query
def close_of_workflows(conn: Conn, workflow_ids: Sequence[Id]) -> RowCount:
    """Delete the sessions of these runs, and return how many there were."""


@query
def count_active(conn: Conn) -> int:
    """Return the number of sessions that are neither stopped, failed nor deleted."""


@query
def open_sessions(conn: Conn) -> Iterator[OpenSession]:
    """Iterate over the sessions that are neither stopped, failed nor deleted, oldest first."""
