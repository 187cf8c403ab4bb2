"""Statements of the library as scripts for psql."""

from __future__ import annotations

from inspect import getdoc
from typing import Any

from reana_db import errors
from reana_db.health.statements import numbered
from reana_db.queries import Statement, registered
from reana_db.registry.arguments import sent_annotations
from reana_db.registry.scalars import item_of, scalar_of

_EXAMPLES = {
    "bigint": "1",
    "boolean": "true",
    "timestamptz": "now",
    "uuid": "00000000-0000-0000-0000-000000000000",
}


def find(name: str) -> Statement:
    """Return the statement of a name such as ``users.find_by_email``; raises NotFound."""
    for statement in registered():
        if statement.name == name:
            return statement
    raise errors.NotFound(f"no statement {name!r}; `reana-db sql` lists them")


def purpose(statement: Statement) -> str:
    """Return the first line of the docstring of a statement's function."""
    return (getdoc(statement.function) or "").partition("\n")[0]


def script(statement: Statement) -> str:
    """Return a psql script: variables to fill in, then a typed PREPARE and its EXECUTE."""
    text, order = numbered(statement.text)
    hints = sent_annotations(statement.function)
    types = [sql_type(hints[parameter]) for parameter in order]
    name = statement.name.replace(".", "_")
    variables = [
        f"\\set {parameter} '{_EXAMPLES.get(kind, '')}'"
        for parameter, kind in zip(order, types, strict=True)
    ]
    declared = f" ({', '.join(types)})" if types else ""
    given = f" ({', '.join(f':{parameter!r}' for parameter in order)})" if order else ""
    return "\n".join(
        [
            f"-- {statement.name}: {purpose(statement)}",
            *variables,
            f"PREPARE {name}{declared} AS",
            f"{text};",
            f"EXECUTE {name}{given};",
            f"DEALLOCATE {name};",
        ]
    )


def sql_type(annotation: Any) -> str:
    """Return the type that PREPARE declares; ``unknown`` leaves it to the server."""
    item = item_of(annotation)
    scalar = scalar_of(annotation if item is None else item)
    declared = scalar.psql if scalar else "unknown"
    return declared if item is None or declared == "unknown" else f"{declared}[]"
