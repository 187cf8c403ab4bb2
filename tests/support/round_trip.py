"""Whether every migration is undone by its rollback and can be applied again."""

from __future__ import annotations

from collections.abc import Callable
from difflib import ndiff

import psycopg

from reana_db.migrating.files import MigrationFile
from tests.support import migration_steps
from tests.support.migration_steps import FILES
from tests.support.schema_snapshot import snapshot

LINES = 20
"""How much of a difference is shown."""


class BrokenMigration(Exception):
    """A migration or its rollback fails or does not do what it should; says which and what."""


def _schemas(uri: str) -> list[str]:
    found = [snapshot(uri)]
    for file in FILES:
        _step(migration_steps.apply, uri, file, f"{file.id} fails")
        found.append(snapshot(uri))
    return found


def check(uri: str) -> list[str]:
    """Go through all migrations in an empty database: up, back, and up again.

    Returns the schemas: of the empty database, and after each migration.  Raises BrokenMigration.
    """
    befores = _schemas(uri)
    for file, before in reversed(list(zip(FILES, befores, strict=False))):
        _step(migration_steps.roll_back, uri, file, f"the rollback of {file.id} fails")
        _expect(before, snapshot(uri), f"the rollback of {file.id} leaves another schema")
    for file, after in zip(FILES, befores[1:], strict=True):
        _step(migration_steps.apply, uri, file, f"{file.id} fails after its rollback")
        _expect(after, snapshot(uri), f"{file.id} makes another schema after its rollback")
    return befores


def _step(
    step: Callable[[str, list[MigrationFile]], None], uri: str, file: MigrationFile, complaint: str
) -> None:
    try:
        step(uri, [file])
    except psycopg.Error as error:
        raise BrokenMigration(f"{complaint}: {error}") from error


def _expect(expected: str, found: str, complaint: str) -> None:
    if expected != found:
        lines = ndiff(expected.splitlines(), found.splitlines())
        changes = [line for line in lines if line.startswith(("- ", "+ "))]
        raise BrokenMigration("\n".join([f"{complaint} (+ left, - lost):", *changes[:LINES]]))
