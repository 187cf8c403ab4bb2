"""Statements on tables and columns that only databases of older releases have.

They stand in ``sql/migrating/old_tables/``, apart from the registry, because no current database
can prepare them.  Who runs one has made sure that its tables are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.rows import tuple_row

from reana_db.queries import Conn, Statement
from reana_db.registry.sql_files import parse_file


def statements(module: str) -> Mapping[str, Statement]:
    """Return the statements of ``sql/migrating/old_tables/<module>.sql`` by name."""
    return parse_file(f"migrating.old_tables.{module}")


def rows(conn: Conn, module: str, name: str) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    statement = statements(module)[name]
    with conn.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(statement.query, {}).fetchall()


def execute(conn: Conn, module: str, name: str, **arguments: str) -> None:
    """Run a statement that returns nothing."""
    conn.execute(statements(module)[name].query, arguments or None)
