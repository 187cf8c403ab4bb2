"""Users: who they are and how they are found."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from reana_db import config, errors
from reana_db.config import DEFAULT_RESOURCES, Settings
from reana_db.queries import Conn, query
from reana_db.records import User
from reana_db.registry.arguments import Id, checked
from reana_db.registry.scalars import uuid_of
from reana_db.values import Email

ADMIN_ID = UUID(int=0)
"""The id of the administrator of a site."""


@checked
def create(
    conn: Conn,
    *,
    email: Email,
    full_name: str | None = None,
    username: str | None = None,
    user_id: Id | None = None,
    settings: Settings | None = None,
) -> User:
    """Create a user with a quota of every resource, and return it.

    The limits (milliseconds, bytes; 0 is unlimited) and the length of the CPU period are the
    defaults of ``settings``; the period starts now.  One statement.
    Raises AlreadyExists for an e-mail address or an id that is taken.
    """
    chosen = settings or config.settings()
    user = _create(
        conn,
        user_id=user_id or uuid4(),
        email=email,
        full_name=full_name,
        username=username,
        cpu_limit=chosen.default_cpu_limit,
        disk_limit=chosen.default_disk_limit,
        periodic_resource=DEFAULT_RESOURCES["cpu"],
        period_months=chosen.default_cpu_period_months,
    )
    if user is None:
        taken = email if find_by_email(conn, email) else user_id
        raise errors.AlreadyExists(f"there is a user {taken}")
    return user


@query
def _create(
    conn: Conn,
    *,
    user_id: Id,
    email: str,
    full_name: str | None,
    username: str | None,
    cpu_limit: int,
    disk_limit: int,
    periodic_resource: str,
    period_months: int | None,
) -> User | None:
    """Insert a user and a counter per resource, unless address or id are taken."""


@query
def find_by_email(conn: Conn, email: str) -> User | None:
    """Return the user with this e-mail address (exact, case included), or None."""


@query
def find_by_id(conn: Conn, user_id: Id) -> User | None:
    """Return the user with this id, or None."""


@query
def many(conn: Conn, user_ids: Sequence[Id]) -> list[User]:
    """Return those of these users who exist, ordered by e-mail address."""


@checked
def find(conn: Conn, *, user_id: UUID | str | None = None, email: str | None = None) -> User | None:
    """Return the user with this id, else the one with this e-mail address, or None.

    The id wins over the address; a text that is no UUID belongs to nobody.

    Runs on a standby.
    """
    if user_id is not None:
        found = user_id if isinstance(user_id, UUID) else uuid_of(user_id)
        return find_by_id(conn, found) if found else None
    return None if email is None else find_by_email(conn, email)


def administrator(conn: Conn) -> User:
    """Return the administrator of the site; raises NotFound where none was created.

    Runs on a standby.
    """
    found = find_by_id(conn, ADMIN_ID)
    if found is None:
        raise errors.NotFound(f"this site has no administrator: no user {ADMIN_ID}")
    return found
