"""Who holds the locks that a session waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg

from reana_db.errors import ReanaDBError
from reana_db.queries import Conn, query

FIRST = 3.0
"""Seconds without an answer after which the server is asked for the first time."""

_AGAIN = 10.0


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that holds what others wait for."""

    pid: int
    since: datetime | None
    application_name: str | None
    client: str | None

    def __str__(self) -> str:
        name = self.application_name or "without application name"
        client = f" from {self.client}" if self.client else ""
        since = f", in a transaction since {self.since:%H:%M:%S} UTC" if self.since else ""
        return f"server process {self.pid} ({name}{client}{since})"


@contextmanager
def told(conn: Conn, connect: Callable[[], Conn], tell: Callable[[str], None]) -> Iterator[None]:
    """Tell, within the block, who holds a lock that a statement of ``conn`` waits for.

    Who it is, another session finds out: ``connect`` opens it when the block has taken
    ``FIRST`` seconds.  Behind a connection pooler nothing is found.
    """
    over = threading.Event()
    pid, name = conn.info.backend_pid, conn.info.parameter_status("application_name") or ""

    def watch() -> None:
        if over.wait(FIRST):
            return
        try:
            with connect() as other:
                other.autocommit = True
                _watch(other, over, lambda: of(other, pid=pid, application_name=name), tell)
        except (ReanaDBError, psycopg.Error):
            return  # who watches is no reason to fail

    watcher = threading.Thread(target=watch, name="reana-db-blockers", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(timeout=1)


def _watch(
    conn: Conn,
    over: threading.Event,
    find: Callable[[], list[Blocker]],
    tell: Callable[[str], None],
) -> None:
    last: list[Blocker] = []
    while not over.is_set() and not conn.closed:
        found = find()
        if found and found != last:
            tell(f"waiting for {', '.join(map(str, found))}")
        last = found
        over.wait(_AGAIN if found else FIRST)


@query
def of(conn: Conn, *, pid: int, application_name: str) -> list[Blocker]:
    """Return who blocks a server process, if its session has this name; the oldest first."""
