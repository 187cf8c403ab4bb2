"""yoyo's backend for psycopg, made atomic: a migration and its mark are one transaction.

Only :mod:`reana_db.migrate` imports this module, and only when it runs migrations: yoyo and
sqlparse cost time and memory that no service needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import sqlparse
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.migrations import Migration

from reana_db.migrating import files, record, session
from reana_db.migrating.files import MigrationFile
from reana_db.migrating.record import Operation
from reana_db.migrating.session import Patience
from reana_db.queries import Conn

Preparation = Callable[[str], None]
"""What runs in the transaction of the migration with this id, before its statements."""

REFUSED = "23R90"
"""The SQLSTATE with which a rollback refuses to lose rows."""

_NEW_INDEX = re.compile(
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>\w+)",
    re.IGNORECASE,
)


class SilentCursor(psycopg.Cursor[Any]):
    """A cursor that hides rows, which yoyo would print to standard output."""

    @property
    def description(self) -> None:
        """Claim that there is no result."""
        return


class AtomicBackend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo has no types
    """One connection for migrations, their marks and their lock."""

    def __init__(self, conn: Conn, patience: Patience, prepare: Preparation) -> None:
        """Take over a connection of :func:`reana_db.migrating.session.locked`."""
        self.DatabaseError = psycopg.DatabaseError
        self.has_transactional_ddl = True
        self._connection = conn
        self._patience = patience
        self._prepare = prepare

    def copy(self) -> AtomicBackend:
        """Return this backend: another connection would not hold the lock."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Leave the connection to the one who opened it."""

    def transaction(self, rollback_on_exit: bool = False) -> AbstractContextManager[object]:  # noqa: FBT001, FBT002  # yoyo's signature
        """Begin a transaction, or a savepoint inside one."""
        return self._connection.transaction(force_rollback=rollback_on_exit)

    def cursor(self) -> SilentCursor:
        """Return a cursor for statements of migrations."""
        return SilentCursor(self._connection)

    def run(self, migration: Migration, operation: Operation) -> None:
        """Apply or undo a migration and record it, with patience for tables that are in use."""
        migration.load()
        attempt = self._at_once if migration.use_transactions else self._one_by_one
        session.patiently(
            self._connection, self._patience, migration.id, lambda: attempt(migration, operation)
        )

    def _at_once(self, migration: Migration, operation: Operation) -> None:
        with self._connection.transaction():
            self._prepare(migration.id)
            migration.process_steps(self, operation.value)
            self._record(migration, operation)

    def _one_by_one(self, migration: Migration, operation: Operation) -> None:
        """Run statements which can be repeated, outside of a transaction.

        They wait for old transactions without standing in anybody's way, hence without limit.
        """
        session.limit_waiting(self._connection, 0)
        names = _NEW_INDEX.findall(Path(migration.path).read_text(encoding="utf-8"))
        session.drop_invalid_indexes(self._connection, names)
        steps = migration.steps if operation is Operation.APPLY else reversed(migration.steps)
        for step in steps:
            getattr(step, operation.value)(self)
        session.limit_waiting(self._connection, self._patience.lock_timeout)
        self._record(migration, operation)

    def _record(self, migration: Migration, operation: Operation) -> None:
        with self._connection.transaction():
            record.record(self._connection, migration.id, migration.hash, operation)


def refusals(conn: Conn, undone: list[MigrationFile]) -> list[str]:
    """Return what the rollbacks of these migrations refuse, one sentence or a few for each.

    A rollback that would lose rows begins with a block that raises :data:`REFUSED`.  Such a block
    changes nothing, and reads only what the newest schema has too.
    """
    found = []
    for file in undone:
        for statement in sqlparse.split(file.rollback_sql):
            if f"'{REFUSED}'" not in statement:
                continue
            try:
                with conn.transaction(force_rollback=True):
                    conn.execute(statement.encode())
            except psycopg.Error as error:
                if error.sqlstate != REFUSED:
                    raise
                found.append(session.reason(error))
    return found


def migrations_of(directory: Path) -> dict[str, Migration]:
    """Return the migrations of a directory as yoyo's objects, by id; they load when they run."""
    return {
        file.id: Migration(file.id, str(file.path), str(directory))
        for file in files.read(directory)
    }
