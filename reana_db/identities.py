"""Who users are for an identity provider: pairs of issuer and subject, each of one user."""

from __future__ import annotations

from dataclasses import dataclass

from reana_db import errors, users
from reana_db.config import Settings
from reana_db.queries import Conn, RowCount, query
from reana_db.records import User
from reana_db.registry.arguments import Id, checked
from reana_db.registry.savepoints import undoable
from reana_db.values import Email, Name


@dataclass(frozen=True, slots=True)
class Identity:
    """How an identity provider names a user; both are None for a user whom none knows."""

    issuer: str | None
    subject: str | None


@query
def find(conn: Conn, *, issuer: str, subject: str) -> User | None:
    """Return the user with this identity, or None."""


@query
def of_user(conn: Conn, user_id: Id) -> Identity:
    """Return the identity of a user; raises NotFound for an unknown user."""


@checked
def link(conn: Conn, user_id: Id, *, issuer: Name, subject: Name) -> User | None:
    """Give a user this identity and return the user; None for one with another, or unknown.

    Raises AlreadyExists when another user has the identity.
    """
    with undoable(conn):
        return _link(conn, user_id, issuer=issuer, subject=subject)


@query
def _link(conn: Conn, user_id: Id, *, issuer: str, subject: str) -> User | None:
    """Store the identity of a user."""


@query
def unlink(conn: Conn, user_id: Id) -> RowCount:
    """Take the identity of a user away; 0 when there was none."""


@checked
def find_or_create(
    conn: Conn,
    *,
    issuer: Name,
    subject: Name,
    email: Email,
    full_name: str | None = None,
    username: str | None = None,
    settings: Settings | None = None,
) -> User:
    """Return the user who logs in with this identity, linked or created at the first time.

    The user who has the identity; else the user of this e-mail address, who gets the identity (so
    the provider must have verified the address); else a new user, see
    :func:`reana_db.users.create`.  Callers at once get the same user.  Raises AlreadyExists when
    the user of the address has another identity.  One statement, up to four the first time.
    """
    if known := find(conn, issuer=issuer, subject=subject):
        return known
    user = users.find_by_email(conn, email) or _created(conn, email, full_name, username, settings)
    linked = link(conn, user.id_, issuer=issuer, subject=subject)
    if linked is None:
        raise errors.AlreadyExists(f"the user of {email} has another identity")
    return linked


def _created(
    conn: Conn, email: str, full_name: str | None, username: str | None, settings: Settings | None
) -> User:
    try:
        return users.create(
            conn, email=email, full_name=full_name, username=username, settings=settings
        )
    except errors.AlreadyExists:
        # Another login of the same person was faster.
        if winner := users.find_by_email(conn, email):
            return winner
        raise
