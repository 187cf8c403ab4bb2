"""A small REANA in a database of its own, and everything that can be read there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import psycopg

from reana_db import errors, queries
from reana_db.queries import Conn
from tests.catalogue.world import World, make_world
from tests.support.public import FUNCTIONS, call
from tests.support.valid_values import Values

READING = {item.name for item in queries.registered() if item.read_only}


@dataclass(frozen=True)
class Site:
    """A database in which every public function has something to do."""

    conn: Conn
    world: World
    readers: frozenset[str]
    """The functions that execute nothing but statements that read."""


@contextmanager
def committed(uri: str) -> Iterator[Site]:
    """Make it in an empty migrated database."""
    with psycopg.connect(uri) as conn:
        world = make_world(conn)
        conn.commit()
        readers = frozenset(name for name in FUNCTIONS if reads(conn, world, name))
        conn.rollback()
        yield Site(conn, world, readers)


def reads(conn: Conn, world: World, name: str) -> bool:
    """Tell whether a function executes nothing but statements that read."""
    before = queries.executions.copy()
    with conn.transaction(force_rollback=True):
        call(conn, name, Values(world).arguments(name, FUNCTIONS[name], optional=True))
    return {item for item, times in queries.executions.items() if times > before[item]} <= READING


def everything_read(site: Site, about: Mapping[str, Any]) -> Iterator[Any]:
    """Yield every value that readers return about a subject, and about everything."""
    values = Values(site.world, about)
    for name in site.readers:
        with suppress(errors.NotFound):
            yield from leaves(call(site.conn, name, values.arguments(name, FUNCTIONS[name])))


def leaves(value: Any) -> Iterator[Any]:
    """Yield the texts, numbers, times and ids in a value, however deep."""
    if is_dataclass(value) and not isinstance(value, type):
        yield from leaves([getattr(value, item.name) for item in fields(value)])
    elif isinstance(value, Mapping):
        yield from leaves(list(value.items()))
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for item in value:
            yield from leaves(item)
    else:
        yield value
