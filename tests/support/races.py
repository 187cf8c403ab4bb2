"""Several sessions at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg

from reana_db.queries import Conn

T = TypeVar("T")


def at_once(uri: str, sessions: int, work: Callable[[Conn, int], T]) -> list[T]:
    """Call ``work`` with a connection of its own, in autocommit, in each of several threads.

    All start at the same moment; returns what they returned, in the order of their numbers.
    """
    start = threading.Barrier(sessions)

    def session(number: int) -> T:
        with psycopg.connect(uri, autocommit=True) as conn:
            start.wait(30)
            return work(conn, number)

    with ThreadPoolExecutor(sessions) as threads:
        return list(threads.map(session, range(sessions)))


def until_one_waits(conn: Conn) -> None:
    """Return as soon as a session of this database waits for a lock."""
    ends = time.monotonic() + 30
    while conn.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone() == (0,):
        assert time.monotonic() < ends, "nobody came to wait for a lock"
        # Statistics are kept as first read until the end of the transaction.
        conn.execute("SELECT pg_stat_clear_snapshot()")
        time.sleep(0.01)
