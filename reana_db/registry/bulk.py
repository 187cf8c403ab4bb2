"""Records as arguments: many rows in one statement, sent as JSON for ``json_to_recordset``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

from reana_db.records import JSON
from reana_db.registry.scalars import SCALARS, Scalar, scalar_of


def rows(kind: type, records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return records of a dataclass, which were checked, as rows for JSON."""
    found = [{name: getattr(record, name) for name in _scalars(kind)} for record in records]
    for row in found:
        for name, scalar in _scalars(kind).items():
            if scalar.to_json and row[name] is not None:
                row[name] = scalar.to_json(row[name])
    return found


@cache
def _scalars(kind: Any) -> dict[str, Scalar]:
    hints = get_type_hints(kind, include_extras=True)
    return {item.name: scalar_of(hints[item.name]) or SCALARS[JSON] for item in fields(kind)}
