"""The health of a database: does it fit this version of the library, and are its rules in force.

Read-only: a pod can call it at start and refuse to serve on a schema that it does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass

from reana_db.health import statements
from reana_db.health.statements import Problem
from reana_db.migrating import files, record
from reana_db.queries import Conn, query


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """What :func:`check` found; everything is empty in a healthy database."""

    pending_migrations: list[str]
    """Migrations of this version that the database lacks."""
    unknown_migrations: list[str]
    """Migrations of the database that this version does not know."""
    disabled_triggers: list[str]
    """Triggers that do not fire, as ``table.trigger``."""
    invalid_indexes: list[str]
    """Indexes whose build did not end."""
    statement_problems: list[Problem]
    """Statements that do not fit the schema."""

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not any(
            (
                self.pending_migrations,
                self.unknown_migrations,
                self.disabled_triggers,
                self.invalid_indexes,
                self.statement_problems,
            )
        )


@query
def disabled_triggers(conn: Conn) -> list[str]:
    """Return the triggers of REANA's tables that do not fire, as ``table.trigger``."""


@query
def invalid_indexes(conn: Conn) -> list[str]:
    """Return the indexes of REANA's tables whose build did not end."""


def check(conn: Conn) -> DatabaseHealth:
    """Compare a database with what this version of the library needs; changes nothing."""
    known = [file.id for file in files.read(None)]
    applied = [item.id for item in record.applied(conn)] if record.exists(conn) else []
    pending = [name for name in known if name not in applied]
    return DatabaseHealth(
        pending_migrations=pending,
        unknown_migrations=[name for name in applied if name not in known],
        disabled_triggers=disabled_triggers(conn),
        invalid_indexes=invalid_indexes(conn),
        statement_problems=statements.verify(conn),
    )
