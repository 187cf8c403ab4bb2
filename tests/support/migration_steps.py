"""Migrations one by one, without the runner: for tests of the SQL itself."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import sqlparse

from reana_db.migrating import files as migration_files
from reana_db.migrating import record
from reana_db.migrating.files import MigrationFile

FILES = migration_files.read()
BY_NUMBER = {file.id[:4]: file for file in FILES}


def apply(uri: str, files: Iterable[MigrationFile]) -> None:
    """Apply migrations, each in a transaction unless it says otherwise.

    As with the runner, the tables that record them are there: a view shows them.
    """
    with psycopg.connect(uri, autocommit=True) as conn:
        record.create(conn)
        for file in files:
            _run(conn, file.path, transactional=file.transactional)


def roll_back(uri: str, files: Iterable[MigrationFile]) -> None:
    """Roll back migrations, the last first."""
    with psycopg.connect(uri, autocommit=True) as conn:
        for file in reversed(list(files)):
            _run(conn, file.rollback_path, transactional=file.transactional)


def through(number: str) -> list[MigrationFile]:
    """Return the migrations up to this number."""
    return [file for file in FILES if file.id[:4] <= number]


def after(number: str) -> list[MigrationFile]:
    """Return the migrations that follow this number."""
    return [file for file in FILES if file.id[:4] > number]


@cache
def statements(path: Path) -> list[str]:
    """Return the statements of a file, without the comments around them."""
    parts = sqlparse.split(path.read_text(encoding="utf-8"))
    return [text for part in parts if (text := sqlparse.format(part, strip_comments=True).strip())]


def _run(conn: psycopg.Connection[Any], path: Path, *, transactional: bool) -> None:
    with conn.transaction() if transactional else nullcontext():
        for statement in statements(path):
            conn.execute(statement.encode())
