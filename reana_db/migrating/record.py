"""Which migrations a database has: yoyo's tables, kept as ``__reana.yoyo_migration`` and ``_log``.

yoyo's own lock and version tables are not needed: the lock is an advisory one, which cannot
outlive its session, and the columns are those of the one version of yoyo that is supported.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from reana_db import __version__
from reana_db.migrating.files import MigrationFile
from reana_db.queries import Conn, RowCount, query


class Operation(StrEnum):
    """What happened to a migration."""

    APPLY = "apply"
    ADOPT = "adopt"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """A migration that a database has."""

    id: str
    applied_at: datetime
    applied_by: str
    """The database role."""
    applied_from: str
    """The host, in Kubernetes the pod."""
    comment: str | None
    """The version of this package that ran it; for an adopted one, where the database is from."""
    adopted: bool
    """Whether it was found in the database instead of run."""


@query
def exists(conn: Conn) -> bool:
    """Tell whether this database has been migrated or adopted; needs no privilege."""


@query
def applied(conn: Conn) -> list[AppliedMigration]:
    """Return the migrations that the database has, by id; :func:`exists` must hold."""


def record(
    conn: Conn,
    migration_id: str,
    migration_hash: str,
    operation: Operation,
    comment: str = f"reana-db {__version__}",
) -> None:
    """Write down that a migration was applied, adopted or rolled back."""
    _log(
        conn,
        log_id=str(uuid4()),
        migration_hash=migration_hash,
        migration_id=migration_id,
        operation=operation,
        hostname=socket.gethostname(),
        comment=comment,
    )
    if operation is Operation.ROLLBACK:
        _unmark(conn, migration_hash)
    else:
        _mark(conn, migration_hash, migration_id)


def adopt(conn: Conn, files: list[MigrationFile], comment: str) -> None:
    """Write down, in one transaction, that the database has exactly these migrations already."""
    with conn.transaction():
        _forget(conn)
        for file in files:
            record(conn, file.id, file.hash, Operation.ADOPT, comment)


@query
def _forget(conn: Conn) -> None: ...


@query
def _mark(conn: Conn, migration_hash: str, migration_id: str) -> None: ...


@query
def _unmark(conn: Conn, migration_hash: str) -> RowCount: ...


@query
def _log(
    conn: Conn,
    *,
    log_id: str,
    migration_hash: str,
    migration_id: str,
    operation: Operation,
    hostname: str,
    comment: str,
) -> None: ...


def create(conn: Conn) -> None:
    """Create the tables, in one transaction, unless they are there."""
    if not exists(conn):
        _create(conn)


@query
def _create(conn: Conn) -> None: ...


@query
def remove(conn: Conn) -> None:
    """Drop the tables, and the schema if nothing else is in it, in one transaction."""
