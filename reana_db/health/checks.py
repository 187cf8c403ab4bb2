"""The health of a database: does it fit this version of the library, and are its rules in force.

Read-only: a pod can call it at start and refuse to serve on a schema that it does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reana_db import database_settings, roles
from reana_db.database_settings import DatabaseSetting
from reana_db.health import accounts, objects, statements
from reana_db.health.accounts import AccountHealth
from reana_db.health.objects import FREE, Difference
from reana_db.health.statements import Problem
from reana_db.migrating import files, record
from reana_db.queries import Conn


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """What :func:`check` found.

    While migrations are missing, nothing else is looked at.  A newer release may have migrated
    the database: that is no fault as long as every statement of this version fits, and nothing was
    taken away that this version needs.
    """

    pending_migrations: list[str]
    """Migrations of this version that the database lacks."""
    unknown_migrations: list[str]
    """Migrations of the database that this version does not know."""
    differences: list[Difference] = field(default_factory=list)
    """Objects that are not as the migrations made them."""
    settings: list[DatabaseSetting] = field(default_factory=list)
    """Settings with a value that they cannot have."""
    statement_problems: list[Problem] = field(default_factory=list)
    """Statements that do not fit the schema."""
    missing_grants: list[str] = field(default_factory=list)
    """What roles lack that were granted the rest, as statements."""
    accounts: AccountHealth | None = None
    """Whether usage, ledger and totals agree; None if that was not asked, or cannot be told."""

    @property
    def contracts(self) -> list[str]:
        """Migrations of a newer release that took away what this version needs."""
        return [name for name in self.unknown_migrations if files.CONTRACT.match(name)]

    @property
    def healthy(self) -> bool:
        """Whether this version can work with the database, and its rules are in force."""
        return not (
            self.pending_migrations
            or self.contracts
            or self.differences
            or self.settings
            or self.statement_problems
            or self.missing_grants
            or (self.accounts and not self.accounts.healthy)
        )


def check(conn: Conn, *, with_accounts: bool = False) -> DatabaseHealth:
    """Compare a database with what this version of the library needs; changes nothing."""
    known = [file.id for file in files.read(None)]
    applied = [item.id for item in record.applied(conn)] if record.exists(conn) else []
    pending = [name for name in known if name not in applied]
    unknown = [name for name in applied if name not in known]
    if pending:
        return DatabaseHealth(pending, unknown)
    differences = [] if unknown else _differences(conn)
    problems = statements.verify(conn)
    readable = not problems
    return DatabaseHealth(
        pending,
        unknown,
        differences,
        _impossible_settings(conn) if readable else [],
        problems,
        roles.missing_grants(conn) if readable and not unknown else [],
        accounts.accounts(conn) if with_accounts and readable else None,
    )


def _differences(conn: Conn) -> list[Difference]:
    return [item for item in objects.differences(conn) if item.promised.kind not in FREE]


def _impossible_settings(conn: Conn) -> list[DatabaseSetting]:
    return [
        item
        for item in database_settings.all_settings(conn)
        if item.value not in database_settings.VALUES[item.name]
    ]
