"""Users: who they are and how they are found."""

from __future__ import annotations

from uuid import UUID

from reana_db.queries import Conn, query
from reana_db.records import User


@query
def find_by_email(conn: Conn, email: str) -> User | None:
    """Return the user with this e-mail address (exact, case included), or None."""


@query
def find_by_id(conn: Conn, user_id: UUID) -> User | None:
    """Return the user with this id, or None."""
