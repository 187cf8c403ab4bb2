"""A pool of connections, and transactions that are run again after a fault that passes."""

from __future__ import annotations

import contextlib
import math
import os
import select
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeAlias, TypeVar

import psycopg
from psycopg.abc import ConnParam
from psycopg_pool import ConnectionPool, NullConnectionPool, PoolTimeout

from reana_db import database
from reana_db.config import Settings
from reana_db.connection import Connection
from reana_db.errors import NoConnection, ReanaDBError, WriteRefused

_T = TypeVar("_T")
_Part: TypeAlias = ConnectionPool[Connection]

_RECONNECT_SECONDS = 0.5
"""Between two attempts to connect; half of it is what a failover costs on average."""


class Pool:
    """Connections kept open and lent to threads, each opened when it is needed.

    ``pool_size`` connections are kept, of psycopg's ``ConnectionPool``; ``pool_overflow`` more are
    opened while all of those are lent, and closed when they come back (``NullConnectionPool``).

    A child of a fork opens connections of its own and never touches its parent's.  Connections that
    died while idle (a server restart, a failover) are replaced before they are lent, at no cost for
    those that live; with ``pool_pre_ping`` the server is asked every time.
    """

    def __init__(
        self,
        place: Settings | str | None = None,
        *,
        connection_class: type[Connection] = Connection,
        deadline: float | None = None,
        read_only: bool = False,
        **parameters: ConnParam,
    ) -> None:
        """Make a pool, without connecting; arguments are those of :func:`reana_db.connect`.

        ``read_only``: connections lead to a standby, to the primary while there is none, and their
        transactions refuse to write, with :class:`~reana_db.errors.WriteRefused`.
        """
        self.settings = database.settings_of(place)
        self._connection_class = connection_class
        self._deadline = self.settings.statement_deadline if deadline is None else deadline
        self._read_only = read_only
        conninfo = database.read_conninfo if read_only else database.conninfo
        self._target = conninfo(self.settings, **parameters)
        # By process id and never locked: a fork cannot leave a lock held.  A child keeps the parts
        # of its parent here, for collecting them would close sockets that the parent uses.
        self._parts_of: dict[int, list[_Part]] = {}
        weakref.finalize(self, _close, self._parts_of)

    @contextlib.contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection for the block: committed at its end, rolled back on an exception.

        Waits up to ``timeout`` seconds (default: the setting) for a free one, then raises
        :class:`~reana_db.errors.NoConnection`.  Raises
        :class:`~reana_db.errors.TransactionAborted` when the block ends well although a statement
        in it failed: nothing is committed then.
        """
        part, conn = self._take(self.settings.pool_timeout if timeout is None else timeout)
        try:
            yield conn
            conn.commit()
        except BaseException as error:
            with contextlib.suppress(psycopg.Error):  # a dead connection has nothing to undo
                conn.rollback()
            if conn.closed or (isinstance(error, WriteRefused) and error.retryable):
                conn.close()  # this server may not be the one to ask any more
                self._parts()[0].drain()
            raise
        finally:
            part.putconn(conn)

    def run(
        self,
        function: Callable[[Connection], _T],
        *,
        idempotent: bool = False,
        deadline: float | None = None,
    ) -> _T:
        """Return what a function returns that is called with a connection, in a transaction.

        It is called again, on another connection, while the error is ``retryable`` and either not
        ``in_doubt`` or the function is ``idempotent``: running it twice leaves what running it
        once leaves.  The pauses between grow up to a second.  Whatever else it does must bear to be
        done again.

        ``deadline``: seconds after which every wait ends, that for a silent server too.  Without
        it, the function is called again for as long as one waits for a connection
        (``pool_timeout``), and a call may take as long as the deadline of the pool allows.
        Raises the last error.
        """
        limit = math.inf if deadline is None else time.monotonic() + deadline
        last = time.monotonic() + (self.settings.pool_timeout if deadline is None else deadline)
        pause = database.FIRST_PAUSE
        while True:
            try:
                with self.connection(last - time.monotonic()) as conn:
                    conn.ends_at = limit
                    return function(conn)
            except ReanaDBError as error:
                passes = error.retryable and (idempotent or not error.in_doubt)
                left = last - time.monotonic() - database.FIRST_PAUSE  # for the last attempt
                if not passes or left <= 0:
                    raise
            pause = database.pause_for(pause, left)

    def stats(self) -> dict[str, int]:
        """Return figures of this process's pool for monitoring.

        ``size`` and ``overflow`` as set (-1: any number), ``open`` connections, those ``idle`` and
        how many threads are ``waiting``.
        """
        found = [part.get_stats() for part in self._parts()]
        return {
            "size": self.settings.pool_size,
            "overflow": self.settings.pool_overflow,
            "open": sum(item["pool_size"] for item in found),
            "idle": sum(item["pool_available"] for item in found),
            "waiting": sum(item["requests_waiting"] for item in found),
        }

    def close(self) -> None:
        """Close the connections of this process; those that are lent, when they come back."""
        _close(self._parts_of)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _parts(self) -> list[_Part]:
        """Return what keeps connections and what closes them, opened in this process."""
        parts = self._parts_of.get(os.getpid())
        if parts is None:
            parts = self._parts_of.setdefault(os.getpid(), self._make())
            for part in parts:
                part.open()
        return parts

    def _make(self) -> list[_Part]:
        size, overflow = self.settings.pool_size, self.settings.pool_overflow
        more = sys.maxsize if overflow < 0 else overflow
        if self.settings.close_pool_connections:
            return [self._part(NullConnectionPool, size + more if size else sys.maxsize)]
        if size == 0:
            return [self._part(ConnectionPool, sys.maxsize)]
        kept = self._part(ConnectionPool, size)
        return [kept, self._part(NullConnectionPool, more)] if more else [kept]

    def _part(self, kind: type[_Part], most: int) -> _Part:
        settings = self.settings
        place = self._target
        if self._deadline is not None:
            place = database.within(place, self._deadline)
        options: dict[str, Any] = {
            "connection_class": self._connection_class,
            "kwargs": {"prepare_threshold": settings.prepare_threshold},
            "configure": self._configure,
            "min_size": 0,
            "max_size": min(most, sys.maxsize),
            "max_lifetime": math.inf if settings.pool_recycle < 0 else settings.pool_recycle,
            "reconnect_timeout": _RECONNECT_SECONDS,
            "reconnect_failed": _reconnect,
            "name": settings.application_name or "reana-db",
            "open": False,
        }
        return kind(place, **options)

    def _configure(self, conn: Connection) -> None:
        conn.deadline = self._deadline
        conn.pooled = True
        if self._read_only:
            conn.read_only = True  # every BEGIN says so, which a pooler passes on

    def _take(self, timeout: float) -> tuple[_Part, Connection]:
        """Return a live connection, and the part of the pool that it goes back to.

        The check of psycopg_pool sleeps for a second and more after each dead connection; after a
        restart all are dead, so here the first one found makes the pool replace the others at once.
        """
        ends_at = time.monotonic() + timeout
        while True:
            part = self._part_to_ask()
            conn = self._lent_by(part, timeout, ends_at)
            if self._is_usable(conn):
                conn.ends_at = math.inf
                return part, conn
            conn.close()
            part.putconn(conn)
            part.check()

    def _part_to_ask(self) -> _Part:
        """Return what keeps connections, unless all of them are lent and there may be more."""
        kept, *more = self._parts()
        if more:
            found = kept.get_stats()
            busy = not found["pool_available"] and found["pool_size"] >= kept.max_size
            if busy and more[0].get_stats()["pool_size"] < more[0].max_size:
                return more[0]
        return kept

    def _lent_by(self, part: _Part, timeout: float, ends_at: float) -> Connection:
        def attempt() -> Connection:
            return part.getconn(ends_at - time.monotonic())

        try:
            return database.patiently(attempt, self._target, ends_at)
        except PoolTimeout as error:
            raise self._late(timeout) from error
        except psycopg.OperationalError as error:
            raise database.no_connection(self._target, error, timeout, ends_at) from error

    def _late(self, timeout: float) -> NoConnection:
        """Return why there was none in time: psycopg_pool does not tell, an attempt does."""
        place = database.within(self._target, 0)
        try:
            psycopg.Connection.connect(place).close()
        except psycopg.OperationalError as error:
            return database.no_connection(self._target, error, timeout, time.monotonic())
        found = self.stats()
        busy = f"all {found['open']} connections of the pool are in use"
        return NoConnection(f"no connection within {timeout:g} s: {busy}")

    def _is_usable(self, conn: Connection) -> bool:
        """Tell whether a connection still works.

        The end of a session makes its socket readable, which costs no round trip to see.
        """
        try:
            if self.settings.pool_pre_ping or _is_readable(conn.fileno()):
                database.expect_answer(conn)
        except psycopg.Error:
            return False
        return True


def _is_readable(file: int) -> bool:
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(0))


def _reconnect(part: _Part) -> None:
    """Go on connecting as long as somebody waits.

    psycopg_pool doubles the pause after each failure, so that after an outage of a minute it would
    sleep for half a minute more; it is told to give up soon instead, and then comes here.
    """
    if part.get_stats()["requests_waiting"]:
        part.check()


def _close(parts_of: dict[int, list[_Part]]) -> None:
    for part in parts_of.pop(os.getpid(), []):
        part.close()
