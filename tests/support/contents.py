"""All rows of a database, so that before and after can be compared."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql


def contents(uri: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table as text, whatever the order of rows and columns."""
    with psycopg.connect(uri) as conn:
        return {table: _rows(conn, table, columns) for table, columns in _tables(conn)}


def _tables(conn: psycopg.Connection[Any]) -> list[tuple[str, list[str]]]:
    return conn.execute(
        """
        SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname)
        FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = '__reana'::regnamespace AND c.relkind = 'r'
        GROUP BY c.relname
        """
    ).fetchall()


def _rows(
    conn: psycopg.Connection[Any], table: str, columns: list[str]
) -> list[tuple[str | None, ...]]:
    query = sql.SQL("SELECT {} FROM __reana.{}").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns),
        sql.Identifier(table),
    )
    return sorted(conn.execute(query).fetchall(), key=str)
