"""Several sessions at the same moment."""

from __future__ import annotations

import threading
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
