"""Records as arguments: many rows in one statement, sent as one JSON array.

The statement reads it with ``json_to_recordset``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from reana_db import errors
from reana_db.records import JSON
from reana_db.registry import arguments

_T = TypeVar("_T")


def instances(kind: type[_T], records: Iterable[_T]) -> list[_T]:
    """Return records as a list; raises InvalidArgument for any that is of another type."""
    found = list(records)
    for record in found:
        if not isinstance(record, kind):
            raise errors.InvalidArgument(
                f"must be a {kind.__name__}, not {type(record).__name__} {record!r:.80}"
            )
    return found


def rows(kind: type, records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return records of a dataclass as rows for JSON, each field checked by its annotation.

    Raises InvalidArgument, naming the field and the rule.
    """
    return [_row(kind, record) for record in instances(kind, records)]


def _row(kind: type, record: Any) -> dict[str, Any]:
    return {
        name: _checked(f"{kind.__name__}.{name}", annotation, getattr(record, name))
        for name, annotation in _annotations(kind)
    }


def _checked(name: str, annotation: Any, value: Any) -> Any:
    try:
        converted = arguments.converter(annotation)(value)
    except arguments.Invalid as reason:
        raise errors.InvalidArgument(f"{name} {reason}") from None
    if annotation == JSON:
        return value
    return _as_json(converted)


def _as_json(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


@cache
def _annotations(kind: type) -> list[tuple[str, Any]]:
    hints = get_type_hints(kind, include_extras=True)
    return [(item.name, hints[item.name]) for item in fields(kind)]
