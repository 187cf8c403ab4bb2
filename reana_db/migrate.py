"""Migrations of the schema: apply them, adopt what Alembic made, roll back, tell the state.

Each function takes the connection string of a direct connection.  Only one process migrates a
database at a time; the others wait.  A process that is killed leaves whole migrations behind, and
the next one continues.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from reana_db import bookkeeping, migration_files, migration_session
from reana_db.bookkeeping import AppliedMigration, Operation
from reana_db.errors import MigrationError
from reana_db.migration_files import MigrationFile
from reana_db.migration_session import DEFAULT_PATIENCE, Patience
from reana_db.queries import Conn

logger = logging.getLogger("reana_db.migrate")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run changed."""

    applied: list[str]
    """The migrations that were run, in order."""
    rolled_back: list[str]
    """The migrations that were undone, in order."""


def apply(
    conninfo: str,
    *,
    to: str | None = None,
    directory: Path | None = None,
    patience: Patience = DEFAULT_PATIENCE,
) -> Outcome:
    """Apply the migrations that a database lacks, up to and including ``to`` (default: all).

    Raises :class:`~reana_db.errors.MigrationError`, with the database as it was before the
    migration that it names.
    """
    files = _through(migration_files.read(directory), to)
    with migration_session.locked(conninfo, patience) as conn:
        pending = _pending(files, _applied(conn))
        if pending:
            migration_session.refuse_missing_rights(conn)
            bookkeeping.create(conn)
            _run(conn, pending, Operation.APPLY, patience)
    return Outcome(applied=[file.id for file in pending], rolled_back=[])


def _run(conn: Conn, files: list[MigrationFile], operation: Operation, patience: Patience) -> None:
    from reana_db.migration_backend import AtomicBackend, migrations_of

    migrations = migrations_of(files[0].path.parent)
    backend = AtomicBackend(conn, patience, _prepare)
    for file in files:
        logger.info("%s %s", operation, file.id)
        if operation is Operation.APPLY:
            backend.apply_one(migrations[file.id])
        else:
            backend.rollback_one(migrations[file.id])


def _prepare(conn: Conn, migration_id: str, operation: Operation) -> None:
    pass


def _applied(conn: Conn) -> list[AppliedMigration]:
    return bookkeeping.applied(conn) if bookkeeping.exists(conn) else []


def _pending(files: list[MigrationFile], applied: list[AppliedMigration]) -> list[MigrationFile]:
    present = {migration.id for migration in applied}
    return [file for file in files if file.id not in present]


def _through(files: list[MigrationFile], to: str | None) -> list[MigrationFile]:
    """Return the migrations up to one, which may be given by its number."""
    if to is None:
        return files
    for position, file in enumerate(files, start=1):
        if to in {file.id, file.id.partition("-")[0]}:
            return files[:position]
    raise MigrationError(f"there is no migration {to}")
