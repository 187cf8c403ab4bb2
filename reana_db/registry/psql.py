"""Statements of the library as scripts for psql."""

from __future__ import annotations

from datetime import datetime
from inspect import getdoc
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from uuid import UUID

from reana_db import errors
from reana_db.health.statements import numbered
from reana_db.queries import Statement, registered
from reana_db.registry import results

_TYPES: dict[Any, str] = {
    bool: "boolean",
    bytes: "bytea",
    datetime: "timestamptz",
    float: "float8",
    int: "bigint",
    UUID: "uuid",
}
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
    (function,) = statement.function
    return (getdoc(function) or "").partition("\n")[0]


def script(statement: Statement) -> str:
    """Return a psql script: variables to fill in, then a typed PREPARE and its EXECUTE."""
    text, order = numbered(statement.text)
    (function,) = statement.function
    hints = get_type_hints(function, include_extras=True)
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
    kind = results.present(annotation)
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is list:
        item = _TYPES.get(get_args(kind)[0])
        return f"{item}[]" if item else "unknown"
    return _TYPES.get(kind, "unknown")
