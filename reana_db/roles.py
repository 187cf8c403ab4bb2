"""Roles with the least privileges: what a service, a reader and an operator may do.

The owner of the schema migrates; :func:`own` makes a role the owner.  Services log in as a member
of the role ``service``: the rules of the database hold against them too, because they can switch
none off.  ``reader`` is for people in psql and dashboards, ``operator`` for settings, limits and
repair.  These three are roles without a login: make logins their members.
"""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass
from typing import Any

from reana_db.errors import InvalidArgument
from reana_db.queries import Conn, query

LONGEST_NAME = 63
"""Bytes of a name that PostgreSQL does not cut."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of the roles."""

    service: str = "reana_service"
    reader: str = "reana_reader"
    operator: str = "reana_operator"

    def __post_init__(self) -> None:
        names = astuple(self)
        for name in names:
            _named(name)
        if len(set(names)) < len(names):
            raise InvalidArgument(f"roles must have three different names, not {', '.join(names)}")


@dataclass(frozen=True, slots=True)
class Granted:
    """A role that has, or is to have, the privileges of one of the parts."""

    name: str
    part: str
    """``service``, ``reader`` or ``operator``."""
    with_logs: bool
    """Whether it may read logs and specifications; a service may anyway."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A role that has privileges in other databases of the server too."""

    name: str
    databases: str
    """Their names."""


@dataclass(frozen=True, slots=True)
class Privilege:
    """What a role may do with one object."""

    role: str
    object: str
    privilege: str
    """As in ``GRANT``; with the columns if it is not on all of them."""


def missing(conn: Conn, roles: Roles) -> list[str]:
    """Return the statements that create those of the roles that do not exist."""
    return _missing(conn, names=list(astuple(roles)))


def grants(conn: Conn, roles: Roles, *, with_logs: bool = False) -> list[str]:
    """Return the statements that grant the roles what they need, and nothing else.

    ``with_logs``: readers and operators may read logs and specifications too.
    """
    wanted = [Granted(name, part, with_logs) for part, name in asdict(roles).items()]
    return _grants(conn, **_columns(wanted))


def create(conn: Conn, roles: Roles) -> list[str]:
    """Create those of the roles that do not exist, and return the statements; needs CREATEROLE."""
    return _run(conn, missing(conn, roles))


def grant(conn: Conn, roles: Roles, *, with_logs: bool = False) -> list[str]:
    """Grant the roles what they need, take away everything else, and return the statements.

    The role of the connection must own the schema.
    """
    return _run(conn, grants(conn, roles, with_logs=with_logs))


def missing_grants(conn: Conn) -> list[str]:
    """Return the statements that grant what roles lack to which :func:`grant` was applied before.

    Tables and functions that were made since are not granted to them.
    """
    return _missing_grants(conn, **_columns(granted(conn)))


def renew(conn: Conn) -> list[str]:
    """Grant what :func:`missing_grants` names, and return the statements; takes nothing away."""
    return _run(conn, missing_grants(conn))


def ownership(conn: Conn, owner: str) -> list[str]:
    """Return the statements that make a role the owner of everything that migrations change."""
    return _ownership(conn, owner=_named(owner))


def own(conn: Conn, owner: str) -> list[str]:
    """Make a role the owner of everything that migrations change; create it if it is missing.

    Returns the statements.  The role of the connection must be a superuser, or own everything now
    and be a member of the new owner.
    """
    return _run(conn, ownership(conn, owner))


def of(conn: Conn, roles: Roles) -> list[Privilege]:
    """Return what the roles may do, by role and object."""
    return privileges(conn, names=list(astuple(roles)))


def _run(conn: Conn, statements: list[str]) -> list[str]:
    with conn.transaction():
        for statement in statements:
            conn.execute(statement.encode())
    return statements


def _columns(roles: list[Granted]) -> dict[str, list[Any]]:
    return {
        "parts": [item.part for item in roles],
        "names": [item.name for item in roles],
        "with_logs": [item.with_logs for item in roles],
    }


def _named(name: str) -> str:
    if not (name.isprintable() and 1 <= len(name.encode()) <= LONGEST_NAME):
        raise InvalidArgument(
            f"the name of a role must have 1 to {LONGEST_NAME} bytes of printable text, "
            f"not {name!r:.80}"
        )
    return name


@query
def granted(conn: Conn) -> list[Granted]:
    """Return the roles to which :func:`grant` was applied, by name."""


@query
def elsewhere(conn: Conn, *, names: list[str]) -> list[Elsewhere]:
    """Return those of the roles that have privileges in other databases of the server."""


@query
def _missing(conn: Conn, *, names: list[str]) -> list[str]:
    """Return what creates missing roles."""


@query
def _grants(conn: Conn, *, parts: list[str], names: list[str], with_logs: list[bool]) -> list[str]:
    """Return the statements that grant what the roles need."""


@query
def _missing_grants(
    conn: Conn, *, parts: list[str], names: list[str], with_logs: list[bool]
) -> list[str]:
    """Return the statements that grant what the roles lack."""


@query
def _ownership(conn: Conn, *, owner: str) -> list[str]:
    """Return what makes a role the owner."""


@query
def privileges(conn: Conn, *, names: list[str]) -> list[Privilege]:
    """Return what was granted to these roles, by role and object."""


@query
def powers(conn: Conn) -> list[str]:
    """Return why the role that logged in could switch the rules of the database off; none is good.

    The role must be able to read the schema.
    """
