"""A pool of connections, and transactions that are run again after a fault that passes."""

from __future__ import annotations

import contextlib
import math
import os
import select
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Self, TypeVar

import psycopg
from psycopg.abc import ConnParam
from psycopg.pq import TransactionStatus

from reana_db import database
from reana_db.config import Settings
from reana_db.connection import Connection
from reana_db.errors import NoConnection, ReanaDBError

_T = TypeVar("_T")

_READ_ONLY = "25006"


class Pool:
    """Connections kept open and lent to threads, each opened when it is needed.

    A thread that needs a connection takes an idle one, else opens one itself, else waits until one
    comes back: ``pool_size`` and ``pool_overflow`` of the settings say how many there may be.  One
    that comes back is kept if fewer than ``pool_size`` are idle, or if somebody waits.

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
        **parameters: ConnParam,
    ) -> None:
        """Make a pool, without connecting; arguments are those of :func:`reana_db.connect`."""
        self.settings = database.settings_of(place)
        self._connection_class = connection_class
        self._deadline = self.settings.statement_deadline if deadline is None else deadline
        self._target = database.conninfo(self.settings, **parameters)
        # By process id and never locked: a fork cannot leave a lock held.  A child keeps the stock
        # of its parent here, for collecting it would close sockets that the parent uses.
        self._stocks: dict[int, _Stock] = {}
        weakref.finalize(self, _close, self._stocks)

    @contextlib.contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection for the block: committed at its end, rolled back on an exception.

        Waits up to ``timeout`` seconds (default: the setting) for a free one, then raises
        :class:`~reana_db.errors.NoConnection`.  Raises
        :class:`~reana_db.errors.TransactionAborted` when the block ends well although a statement
        in it failed: nothing is committed then.
        """
        stock = self._stock()
        conn = self._take(stock, self.settings.pool_timeout if timeout is None else timeout)
        try:
            yield conn
            conn.commit()
        except BaseException as error:
            with contextlib.suppress(psycopg.Error):  # a dead connection has nothing to undo
                conn.rollback()
            if conn.closed or getattr(error, "sqlstate", None) == _READ_ONLY:
                conn.close()  # this server may not be the one to ask any more
                stock.close_idle()
            raise
        finally:
            stock.put(conn)

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
                with self.connection(max(last - time.monotonic(), 0)) as conn:
                    conn.ends_at = limit
                    return function(conn)
            except ReanaDBError as error:
                passes = error.retryable and (idempotent or not error.in_doubt)
                left = last - time.monotonic()
                if not passes or left <= 0:
                    raise
            pause = database.pause_for(pause, left)

    def stats(self) -> dict[str, int]:
        """Return figures of this process's pool for monitoring.

        ``size`` and ``overflow`` as set (-1: any number), ``open`` connections, those ``idle`` and
        how many threads are ``waiting``.
        """
        stock = self._stock()
        return {
            "size": self.settings.pool_size,
            "overflow": self.settings.pool_overflow,
            "open": stock.lent + len(stock.idle),
            "idle": len(stock.idle),
            "waiting": stock.waiting,
        }

    def close(self) -> None:
        """Close the connections of this process; those that are lent, when they come back."""
        _close(self._stocks)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stock(self) -> _Stock:
        stock = self._stocks.get(os.getpid())
        return stock or self._stocks.setdefault(os.getpid(), _Stock(self.settings))

    def _take(self, stock: _Stock, timeout: float) -> Connection:
        """Return a live connection, an idle one or a new one."""
        deadline = time.monotonic() + timeout
        while conn := stock.get(timeout, deadline):
            if self._is_usable(conn):
                conn.ends_at = math.inf
                return conn
            conn.close()
            stock.put(conn)
        try:
            return self._connect(timeout, deadline)
        except BaseException:
            stock.put(None)
            raise

    def _connect(self, timeout: float, deadline: float) -> Connection:
        def attempt() -> Connection:
            left = deadline - time.monotonic()
            seconds = left if self._deadline is None else min(left, self._deadline)
            return self._connection_class.connect(
                database.within(self._target, seconds),
                prepare_threshold=self.settings.prepare_threshold,
            )

        try:
            conn = database.patiently(attempt, self._target, deadline)
        except psycopg.OperationalError as error:
            raise database.no_connection(self._target, error, timeout, deadline) from error
        conn.deadline = self._deadline
        conn.opened_at = time.monotonic()
        return conn

    def _is_usable(self, conn: Connection) -> bool:
        """Tell whether an idle connection still works, and is not too old.

        The end of a session makes its socket readable, which costs no round trip to see.
        """
        longest = self.settings.pool_recycle
        if 0 <= longest < time.monotonic() - conn.opened_at:
            return False
        try:
            if self.settings.pool_pre_ping or _is_readable(conn.fileno()):
                database.expect_answer(conn)
        except psycopg.Error:
            return False
        return True


class _Stock:
    """The connections of one process."""

    def __init__(self, settings: Settings) -> None:
        unlimited = settings.pool_size == 0 or settings.pool_overflow < 0
        self.most = math.inf if unlimited else settings.pool_size + settings.pool_overflow
        self.kept = 0 if settings.close_pool_connections else settings.pool_size or math.inf
        self.idle: list[Connection] = []
        self.lent = 0
        self.waiting = 0
        self._changed = threading.Condition()

    def get(self, timeout: float, deadline: float) -> Connection | None:
        """Return an idle connection, or None for leave to open one; wait if there is neither."""
        with self._changed:
            self.waiting += 1
            try:
                free = self._changed.wait_for(
                    lambda: self.idle or self.lent < self.most, deadline - time.monotonic()
                )
            finally:
                self.waiting -= 1
            if not free:
                raise NoConnection(
                    f"no connection within {timeout:g} s: "
                    f"all {self.most} connections of the pool are in use"
                )
            self.lent += 1
            return self.idle.pop() if self.idle else None

    def put(self, conn: Connection | None) -> None:
        """Take back a connection, or the leave to open one."""
        fit = conn is not None and conn.info.transaction_status is TransactionStatus.IDLE
        with self._changed:
            self.lent -= 1
            kept = fit and self.kept and len(self.idle) < max(self.kept, self.waiting)
            if kept and conn is not None:
                self.idle.append(conn)
            self._changed.notify()
        if conn is not None and not kept:
            conn.close()

    def close_idle(self) -> None:
        """Close the connections that nobody uses."""
        with self._changed:
            idle, self.idle = self.idle, []
        for conn in idle:
            conn.close()

    def close(self) -> None:
        """Close what is idle, and what is lent when it comes back."""
        self.kept = 0
        self.close_idle()


def _is_readable(file: int) -> bool:
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(0))


def _close(stocks: dict[int, _Stock]) -> None:
    if stock := stocks.pop(os.getpid(), None):
        stock.close()
