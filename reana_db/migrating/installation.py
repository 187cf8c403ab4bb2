"""From nothing to a database that REANA can use, as often and by as many processes as it likes."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reana_db import migrate, resources
from reana_db.errors import MigrationError
from reana_db.migrate import Outcome
from reana_db.migrating import session
from reana_db.migrating.session import DEFAULT_PATIENCE, Patience
from reana_db.queries import Conn, query

_MAINTENANCE = "postgres"

logger = logging.getLogger("reana_db.migrate")


@dataclass(frozen=True, slots=True)
class Installation:
    """What :func:`install` had to do."""

    database_created: bool
    migrations: Outcome
    resources_created: int


def install(conninfo: str | None = None, *, patience: Patience = DEFAULT_PATIENCE) -> Installation:
    """Create the database if it is missing, migrate it and add the default resources.

    Raises :class:`~reana_db.errors.MigrationError` if the role may not create databases, and what
    :func:`reana_db.migrate.apply` raises.
    """
    conninfo = conninfo or migrate.default_conninfo()
    created = create_database(conninfo)
    outcome = migrate.apply(conninfo, patience=patience)
    with session.connection(conninfo) as conn:
        return Installation(created, outcome, resources.create_defaults(conn))


def create_database(conninfo: str) -> bool:
    """Create the database of a connection string, in UTF-8; tell whether it was missing."""
    try:
        with session.connection(conninfo):
            return False
    except psycopg.OperationalError as unreachable:
        try:
            with session.connection(make_conninfo(conninfo, dbname=_MAINTENANCE)) as conn:
                if not _has_database(conn, _name(conninfo)):
                    return _create(conn, _name(conninfo))
        except psycopg.OperationalError:
            raise unreachable from None
    with session.connection(conninfo):  # somebody else made it meanwhile, or it says why not
        return False


def _create(conn: Conn, name: str) -> bool:
    try:
        conn.execute(_creation(conn, name).encode())
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return False
    except psycopg.errors.InsufficientPrivilege:
        raise MigrationError(
            f"the database {name} does not exist, and the role {conn.info.user} may not create it"
        ) from None
    logger.info("created the database %s", name)
    return True


def _name(conninfo: str) -> str:
    given = conninfo_to_dict(conninfo)
    return str(
        given.get("dbname")
        or os.environ.get("PGDATABASE")
        or given.get("user")
        or os.environ.get("PGUSER", "")
    )


@query
def _has_database(conn: Conn, name: str) -> bool: ...


@query
def _creation(conn: Conn, name: str) -> str: ...
