"""Roles with the least privileges: what a service, a reader and an operator may do.

The owner of the schema migrates.  Services log in as a member of the role ``service``: the rules of
the database hold against them too, because they can switch none off.  ``reader`` is for people in
psql and dashboards, ``operator`` for settings, limits and repair.  All three are roles without a
login: make logins their members.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

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
            if not (name.isprintable() and 1 <= len(name.encode()) <= LONGEST_NAME):
                raise InvalidArgument(
                    f"the name of a role must have 1 to {LONGEST_NAME} bytes of printable text, "
                    f"not {name!r:.80}"
                )
        if len(set(names)) < len(names):
            raise InvalidArgument(f"roles must have three different names, not {', '.join(names)}")


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
    return _grants(conn, **_names(roles), with_logs=with_logs)


def create(conn: Conn, roles: Roles) -> list[str]:
    """Create those of the roles that do not exist, and return the statements; needs CREATEROLE."""
    return _run(conn, missing(conn, roles))


def grant(conn: Conn, roles: Roles, *, with_logs: bool = False) -> list[str]:
    """Grant the roles what they need, take away everything else, and return the statements.

    The role of the connection must own the schema.  Repeat it after each migration.
    """
    return _run(conn, grants(conn, roles, with_logs=with_logs))


def of(conn: Conn, roles: Roles) -> list[Privilege]:
    """Return what the roles may do, by role and object."""
    return privileges(conn, names=list(astuple(roles)))


def _run(conn: Conn, statements: list[str]) -> list[str]:
    with conn.transaction():
        for statement in statements:
            conn.execute(statement.encode())
    return statements


def _names(roles: Roles) -> dict[str, str]:
    return {"service": roles.service, "reader": roles.reader, "operator": roles.operator}


@query
def _missing(conn: Conn, *, names: list[str]) -> list[str]:
    """Return what creates missing roles."""


@query
def _grants(conn: Conn, *, service: str, reader: str, operator: str, with_logs: bool) -> list[str]:
    """Return the statements that grant what the roles need."""


@query
def privileges(conn: Conn, *, names: list[str]) -> list[Privilege]:
    """Return what was granted to these roles, by role and object."""


@query
def powers(conn: Conn) -> list[str]:
    """Return why the role that logged in could switch the rules of the database off; none is good.

    The role must be able to read the schema.
    """
