"""The schema as the catalogue of a fresh database describes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from reana_db import embedded
from reana_db.migrating import installation

RELATIONS = """
SELECT nspname AS schema, relname AS name, relkind = 'v' AS is_view,
    obj_description(pg_class.oid, 'pg_class') AS comment, pg_class.oid
FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid
WHERE nspname IN ('__reana', 'reana') AND relkind IN ('r', 'v', 'p')
ORDER BY nspname, relname
"""
COLUMNS = """
SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null,
    col_description(attrelid, attnum) AS comment
FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
REFERENCES = """
SELECT DISTINCT child.relname AS table, parent.relname AS target
FROM pg_constraint
JOIN pg_class AS child ON conrelid = child.oid
JOIN pg_class AS parent ON confrelid = parent.oid
WHERE contype = 'f' AND child.relnamespace = '__reana'::regnamespace
ORDER BY 1, 2
"""
KEYS = """
SELECT relname AS table, attname AS column
FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
WHERE relnamespace = '__reana'::regnamespace AND EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = attrelid AND contype IN ('p', 'f') AND attnum = ANY(conkey)
)
ORDER BY relname, attnum
"""
TRIGGERS = """
SELECT tgname AS name, proname AS function, obj_description(pg_trigger.oid, 'pg_trigger') AS comment
FROM pg_trigger JOIN pg_proc ON tgfoid = pg_proc.oid
WHERE tgrelid = %s AND NOT tgisinternal ORDER BY tgname
"""
FUNCTIONS = """
SELECT nspname || '.' || proname AS name, pg_get_function_identity_arguments(pg_proc.oid) AS takes,
    pg_get_function_result(pg_proc.oid) AS returns,
    obj_description(pg_proc.oid, 'pg_proc') AS comment
FROM pg_proc JOIN pg_namespace ON pronamespace = pg_namespace.oid
WHERE nspname IN ('__reana', 'reana') AND prokind = 'f' ORDER BY 1, 2
"""
FIRING = """
SELECT relname AS table, tgname AS name, proname AS function, tgtype AS kinds
FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid JOIN pg_proc ON tgfoid = pg_proc.oid
WHERE relnamespace = '__reana'::regnamespace AND NOT tgisinternal ORDER BY tgname
"""
SOURCES = """
SELECT proname AS name, prosrc AS source FROM pg_proc
WHERE pronamespace = '__reana'::regnamespace AND prokind = 'f'
"""
ENUMS = """
SELECT typname AS name, array_agg(enumlabel ORDER BY enumsortorder) AS labels
FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid GROUP BY typname ORDER BY typname
"""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a fresh database has."""

    relations: list[Any]
    """Each with ``columns`` and ``triggers``: tuples of relation, columns, triggers."""
    references: list[Any]
    """From which table to which."""
    keys: dict[str, list[str]]
    """The columns of each table that identify a row or refer to another."""
    functions: list[Any]
    enums: list[Any]
    firing: list[Any]
    """The triggers with their tables and functions, in the order in which they fire."""
    sources: dict[str, str]
    """The source of each function."""


def of(conn: psycopg.Connection[Any]) -> Schema:
    """Read the schema of a database."""
    cursor = conn.cursor(row_factory=namedtuple_row)

    def rows(query: str, *values: object) -> list[Any]:
        return cursor.execute(query.encode(), values or None).fetchall()

    relations = [
        (item, rows(COLUMNS, item.oid), rows(TRIGGERS, item.oid)) for item in rows(RELATIONS)
    ]
    keys: dict[str, list[str]] = {}
    for table, column in rows(KEYS):
        keys.setdefault(table, []).append(column)
    return Schema(
        relations,
        rows(REFERENCES),
        keys,
        rows(FUNCTIONS),
        rows(ENUMS),
        rows(FIRING),
        dict(rows(SOURCES)),
    )


@cache
def fresh() -> Schema:
    """Make a database on a private server and read its schema."""
    logging.getLogger("reana_db").setLevel(logging.WARNING)
    logging.getLogger("yoyo").setLevel(logging.WARNING)
    with embedded.start() as server:
        uri = server.uri("reference")
        installation.install(uri)
        with psycopg.connect(uri) as conn:
            return of(conn)


def page(title: str, schema: Schema, *, views: bool) -> str:
    """Return the page of the tables, or of the views."""
    return "\n".join([f"# {title}\n", *_relations(schema, views=views)])


def _relations(schema: Schema, *, views: bool) -> Iterator[str]:
    for item, columns, triggers in schema.relations:
        if item.is_view is not views:
            continue
        yield f"## {item.schema}.{item.name}\n"
        yield f"{_text(item.comment)}\n"
        for column in columns:
            required = ", not null" if column.not_null else ""
            yield f"`{column.name}` *{column.type}{required}*\n: {_text(column.comment)}\n"
        for trigger in triggers:
            does = _text(trigger.comment)
            yield f"trigger `{trigger.name}` *calls {trigger.function}*\n: {does}\n"


def functions_page(schema: Schema) -> str:
    """Return the page of the functions and of the enumerated types."""
    lines = ["# Functions and types in the database\n", "## Functions\n"]
    lines += [
        f"`{item.name}({item.takes})` *returns {item.returns}*\n: {_text(item.comment)}\n"
        for item in schema.functions
    ]
    lines.append("## Enumerated types\n")
    lines += [f"`public.{item.name}`\n: {', '.join(item.labels)}\n" for item in schema.enums]
    return "\n".join(lines)


def _text(comment: str | None) -> str:
    """Return a comment as one line of Markdown, without what Markdown would interpret."""
    text = " ".join((comment or "-").split())
    for mark in "\\*_<>[]$`":
        text = text.replace(mark, f"\\{mark}")
    return text
