"""The audit log: which administrative action was done, by whom and when.

Functions that change tokens write their entries themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from reana_db import errors
from reana_db.queries import Conn, query
from reana_db.records import JSON, AuditAction
from reana_db.registry.arguments import Id, checked


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action."""

    id_: UUID
    created: datetime
    user_id: UUID
    """Who did it: the user who requested, the administrator who granted or revoked."""
    action: AuditAction
    details: JSON
    """What the action left: any JSON value, without tokens."""


@checked
def record(conn: Conn, user_id: Id, action: AuditAction, details: JSON = None) -> AuditEntry:
    """Write an entry and return it; raises MissingReference for an unknown user."""
    entry = _record(conn, user_id, action, details, entry_id=uuid4())
    if entry is None:
        raise errors.MissingReference(f"no user {user_id}")
    return entry


@query
def _record(
    conn: Conn, user_id: Id, action: AuditAction, details: JSON, *, entry_id: Id
) -> AuditEntry | None:
    """Insert an entry of a user."""


@query
def entries(
    conn: Conn,
    *,
    user_id: Id | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[AuditEntry]:
    """Iterate over the entries of a user or of all, from ``since`` until before ``until``.

    The oldest comes first.
    """
