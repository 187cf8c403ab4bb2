"""Records as arguments: many rows in one statement, sent as one JSON array.

The statement reads it with ``json_to_recordset``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

from reana_db.registry.scalars import Converter, scalar_of


def rows(kind: type, records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return records of a dataclass, which were checked, as rows for JSON."""
    columns = _columns(kind)
    return [
        {name: _as_json(getattr(record, name), to_json) for name, to_json in columns}
        for record in records
    ]


def _as_json(value: Any, to_json: Converter | None) -> Any:
    return value if value is None or to_json is None else to_json(value)


@cache
def _columns(kind: type) -> list[tuple[str, Converter | None]]:
    """Return the fields of a dataclass, each with what makes an element of JSON of it."""
    hints = get_type_hints(kind, include_extras=True)
    scalars = [(item.name, scalar_of(hints[item.name])) for item in fields(kind)]
    return [(name, scalar.to_json if scalar else None) for name, scalar in scalars]
