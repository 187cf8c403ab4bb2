"""A server that tests may restart, a door in front of it, and pools of connections to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from reana_db import Connection, Pool, Settings, connect, embedded
from tests.support.door import Door


@pytest.fixture(scope="module")
def private() -> Iterator[embedded.Server]:
    """A server of this module's own, which its tests may restart."""
    with embedded.start(tcp=True) as server:
        yield server


@pytest.fixture
def settings(private: embedded.Server) -> Settings:
    return Settings(conninfo=private.uri(), pool_size=3, pool_overflow=1, pool_timeout=10)


def changed(settings: Settings, **parameters: Any) -> Settings:
    """The same settings, with other parameters of libpq."""
    return replace(settings, conninfo=make_conninfo(settings.conninfo, **parameters))


@pytest.fixture
def door(private: embedded.Server) -> Iterator[Door]:
    door = Door(private.port)
    yield door
    door.remove()


@pytest.fixture
def behind(door: Door, settings: Settings) -> Settings:
    """Settings that lead through the door."""
    return changed(settings, port=door.port)


@contextlib.contextmanager
def borrowed(pool: Pool, count: int) -> Iterator[list[Connection]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(pool.connection()) for _ in range(count)]


def backends(pool: Pool, count: int) -> set[int]:
    """The process ids of that many sessions, asked from the server."""
    with borrowed(pool, count) as connections:
        return {value_of(conn, "SELECT pg_backend_pid()") for conn in connections}


def value_of(conn: psycopg.Connection[Any], query: str) -> Any:
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def kill_others(settings: Settings) -> None:
    with connect(settings) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        conn.commit()
        sessions = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        while value_of(conn, sessions):
            conn.commit()
            time.sleep(0.01)
