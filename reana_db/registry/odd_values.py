"""Rows with values that Python cannot hold, as raw and old clients can have stored them.

Such a value comes back as something near: a time beyond :data:`~reana_db.registry.scalars.EARLIEST`
or :data:`~reana_db.registry.scalars.LATEST`, an infinite one too, as that bound; JSON with longer
numbers or deeper nesting than Python reads as its text.  Every row is first loaded as
usual, so rows without such values cost what they did.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Loader, Transformer
from psycopg.pq import Format

from reana_db.registry.scalars import nearest_time


def prepare(cursor: psycopg.Cursor[Any] | psycopg.ServerCursor[Any]) -> None:
    """Let a cursor load whatever it fetches."""
    _register(cursor.adapters)


def loaded_again(cursor: psycopg.Cursor[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a result that could not be loaded as usual."""
    result = cursor.pgresult
    if result is None:
        return []
    adapters = AdaptersMap(cursor.adapters)
    _register(adapters)
    transformer = Transformer(_Context(adapters, cursor.connection))
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


@dataclass(frozen=True)
class _Context:
    """Where psycopg finds loaders."""

    adapters: AdaptersMap
    connection: psycopg.Connection[Any]


def _register(adapters: AdaptersMap) -> None:
    for name in ("timestamp", "timestamptz"):
        adapters.register_loader(name, _TimeLoader)
    for name in ("json", "jsonb"):
        adapters.register_loader(name, _JsonLoader)


class _TimeLoader(Loader):
    """Loads times, those that Python cannot hold as the nearest one."""

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        loader = psycopg.adapters.get_loader(oid, Format.TEXT)
        assert loader is not None
        self._load = loader(oid, context).load

    def load(self, data: Buffer) -> Any:
        """Return an aware time, or one without zone as the column has it."""
        try:
            return self._load(data)
        except psycopg.DataError:
            near = nearest_time(bytes(data).decode())
            if near is None:
                raise
            return near


class _JsonLoader(Loader):
    """Loads JSON, what Python cannot read as its text."""

    def load(self, data: Buffer) -> Any:
        """Return the value, or the text."""
        text = bytes(data).decode()
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
