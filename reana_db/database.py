"""Connections: a single one, a pool of them, and waiting for a server that is still starting.

Nothing connects at import, nor when a :class:`Pool` is made: a web server may fork after both.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import select
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeAlias, TypeVar

import psycopg
from psycopg import pq
from psycopg.abc import ConnParam
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, NullConnectionPool, PoolTimeout

from reana_db import config
from reana_db.config import Settings
from reana_db.errors import NoConnection

Connection: TypeAlias = psycopg.Connection[Any]
_T = TypeVar("_T")

_DEFAULTS = {
    "fallback_application_name": "reana-db",
    "connect_timeout": "10",
    # A peer that vanished without a word is noticed within 20 s: by probes when idle, by
    # unacknowledged data when not.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "20000",
}
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_SHORTEST_TIMEOUT = 2
_RECONNECT_INTERVAL = 0.5


def conninfo(settings: Settings, **parameters: ConnParam) -> str:
    """Return the complete connection string: where from the settings, how from our defaults.

    ``parameters`` are libpq's (``target_session_attrs="prefer-standby"``) and win over both.
    """
    return _complete(settings, settings.conninfo, **parameters)


def migration_conninfo(settings: Settings, **parameters: ConnParam) -> str:
    """Return the connection string for migrations, which goes around a connection pooler."""
    return _complete(settings, settings.migration_conninfo or settings.conninfo, **parameters)


def _complete(settings: Settings, place: str, **parameters: ConnParam) -> str:
    defaults = {key: value for key, value in _DEFAULTS.items() if not _in_environment(key)}
    named = {
        "application_name": settings.application_name,
        "connect_timeout": settings.connect_timeout,
    }
    given = {key: value for key, value in (named | parameters).items() if value is not None}
    return make_conninfo("", **{**defaults, **conninfo_to_dict(place), **given})


def _in_environment(keyword: str) -> bool:
    return keyword == "connect_timeout" and "PGCONNECT_TIMEOUT" in os.environ


def connect(
    settings: Settings | None = None,
    *,
    connection_class: type[Connection] = psycopg.Connection,
    autocommit: bool = False,
    **parameters: ConnParam,
) -> Connection:
    """Open a connection; use it as a context manager, which commits and closes.

    ``settings`` default to those of the environment; ``parameters`` are libpq's and win over them.
    Raises :class:`~reana_db.errors.NoConnection`, whose message holds no password.
    """
    settings = settings or config.settings()
    place = conninfo(settings, **parameters)
    try:
        return connection_class.connect(
            place, autocommit=autocommit, prepare_threshold=settings.prepare_threshold
        )
    except psycopg.OperationalError as error:
        raise _no_connection(place, error) from error


def wait(settings: Settings | None = None, timeout: float = 60.0) -> None:
    """Return as soon as the database accepts connections.

    Waits while the server refuses connections, does not answer, has no address yet, is starting or
    recovering (SQLSTATE 57P03), or has no host yet of the kind that ``target_session_attrs`` asks
    for.  Raises :class:`~reana_db.errors.NoConnection` at once for what waiting does not mend, such
    as a wrong password or a missing database, and after ``timeout`` seconds otherwise.
    """
    settings = settings or config.settings()
    place = conninfo(settings)
    deadline = time.monotonic() + timeout
    longest = settings.connect_timeout or int(_DEFAULTS["connect_timeout"])

    def attempt() -> None:
        left = max(math.ceil(deadline - time.monotonic()), _SHORTEST_TIMEOUT)
        seconds = min(longest, left)
        with contextlib.closing(psycopg.Connection.connect(place, connect_timeout=seconds)) as conn:
            _expect_answer(conn, seconds)

    try:
        _patiently(attempt, place, deadline)
    except psycopg.OperationalError as error:
        raise _no_connection(place, error, timeout, deadline) from error


def _expect_answer(conn: Connection, seconds: float) -> None:
    """Ask the server for a sign of life: PgBouncer accepts connections while it has no server."""
    with socket.socket(fileno=os.dup(conn.fileno())) as line:
        timer = threading.Timer(seconds, line.shutdown, [socket.SHUT_RDWR])
        timer.start()
        try:
            ConnectionPool.check_connection(conn)
        except psycopg.OperationalError:
            if timer.is_alive():
                raise
            raise psycopg.errors.ConnectionTimeout("connected, but the server is silent") from None
        finally:
            timer.cancel()
            timer.join()


def _patiently(attempt: Callable[[], _T], place: str, deadline: float) -> _T:
    """Return what an attempt gives; repeat it while it fails for a reason that may pass."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return attempt()
        except psycopg.OperationalError as error:
            left = deadline - time.monotonic()
            if left <= 0 or not _may_pass(error, place):
                raise
        # Jitter keeps the pods of a cluster from asking in step.
        time.sleep(min(pause * random.uniform(0.5, 1.5), left))  # noqa: S311 - not for secrets
        pause = min(2 * pause, _LONGEST_PAUSE)


def _may_pass(error: psycopg.OperationalError, place: str) -> bool:
    """Tell whether trying again can help.

    libpq does not hand out the SQLSTATE of a refused connection and servers translate its text,
    but its ping knows 57P03 and silence from an answer like "wrong password".
    """
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return True
    # Briefly: psycopg keeps Python's global lock during a ping.
    match pq.PGconn.ping(make_conninfo(place, connect_timeout=_SHORTEST_TIMEOUT).encode()):
        case pq.Ping.NO_RESPONSE | pq.Ping.REJECT:
            return True
        case pq.Ping.NO_ATTEMPT:
            return False
    try:  # The server answers: has it come up meanwhile, or is it just not the kind we want?
        psycopg.Connection.connect(place, target_session_attrs="any").close()
    except psycopg.OperationalError:
        return False
    return True


class Pool:
    """Connections kept open and lent to threads, opened at first use in each process.

    A child of a fork opens connections of its own and never touches its parent's.  Connections that
    died while idle (a server restart, a failover) are replaced before they are lent, at no cost for
    those that live; with ``pool_pre_ping`` the server is asked every time.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        connection_class: type[Connection] = psycopg.Connection,
        **parameters: ConnParam,
    ) -> None:
        """Make a pool, without connecting; arguments are those of :func:`connect`."""
        self.settings = settings or config.settings()
        self._connection_class = connection_class
        self._place = conninfo(self.settings, **parameters)
        # By process id and never locked: a fork cannot leave a lock held.  A child keeps the pool
        # of its parent here, for collecting it would close sockets that the parent uses.
        self._pools: dict[int, ConnectionPool] = {}
        weakref.finalize(self, _close, self._pools)

    @contextlib.contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Lend a connection for the block: committed at its end, rolled back on an exception.

        Waits up to ``timeout`` seconds (default: the setting) for a free one, then raises
        :class:`~reana_db.errors.NoConnection`.
        """
        pool = self._open()
        conn = self._checkout(pool, self.settings.pool_timeout if timeout is None else timeout)
        try:
            with conn:
                yield conn
        finally:
            pool.putconn(conn)

    def stats(self) -> dict[str, int]:
        """Return counters of this process's pool, as psycopg documents them, for monitoring."""
        return self._open().get_stats()

    def close(self) -> None:
        """Close the connections of this process; those that are lent, when they come back."""
        _close(self._pools)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> ConnectionPool:
        pool = self._pools.get(os.getpid())
        if pool is None:
            pool = self._pools.setdefault(os.getpid(), self._make())
        if pool.closed:
            pool.open()
        return pool

    def _make(self) -> ConnectionPool:
        settings = self.settings
        unlimited = settings.pool_size == 0 or settings.pool_overflow < 0
        most = sys.maxsize if unlimited else settings.pool_size + settings.pool_overflow
        common: dict[str, Any] = {
            "connection_class": self._connection_class,
            "kwargs": {"prepare_threshold": settings.prepare_threshold},
            "open": False,
            "name": settings.application_name or "reana-db",
            "max_size": most,
            "max_lifetime": math.inf if settings.pool_recycle < 0 else settings.pool_recycle,
        }
        if settings.close_pool_connections:
            return NullConnectionPool(self._place, **common)
        return ConnectionPool(
            self._place,
            min_size=settings.pool_size,
            reconnect_timeout=_RECONNECT_INTERVAL,
            reconnect_failed=_reconnect,
            **common,
        )

    def _checkout(self, pool: ConnectionPool, timeout: float) -> Connection:
        """Take a live connection out of the pool.

        The check of psycopg_pool sleeps for a second and more after each dead connection; after a
        restart all are dead, so here the first one found makes the pool replace the others at once.
        """
        deadline = time.monotonic() + timeout
        while True:
            conn = self._take(pool, timeout, deadline)
            if _is_alive(conn, ping=self.settings.pool_pre_ping):
                return conn
            conn.close()
            pool.putconn(conn)
            pool.check()

    def _take(self, pool: ConnectionPool, timeout: float, deadline: float) -> Connection:
        def take() -> Connection:
            return pool.getconn(deadline - time.monotonic())

        try:
            return _patiently(take, self._place, deadline)
        except psycopg.OperationalError as error:
            cause = self._cause(pool) if isinstance(error, PoolTimeout) else error
            raise _no_connection(self._place, cause, timeout, deadline) from error

    def _cause(self, pool: ConnectionPool) -> psycopg.OperationalError:
        """Return why the pool had nothing to lend: it does not tell, so one attempt finds out."""
        try:
            psycopg.Connection.connect(self._place, connect_timeout=_SHORTEST_TIMEOUT).close()
        except psycopg.OperationalError as error:
            return error
        return PoolTimeout(f"all {pool.max_size} connections of the pool are in use")


def _is_alive(conn: Connection, *, ping: bool) -> bool:
    """Tell whether an idle connection still works.

    The end of a session makes its socket readable, which costs no round trip to see.
    """
    try:
        if ping or _is_readable(conn.fileno()):
            ConnectionPool.check_connection(conn)
    except psycopg.OperationalError:
        return False
    return True


def _is_readable(file: int) -> bool:
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(0))


def _reconnect(pool: ConnectionPool[Connection]) -> None:
    """Go on connecting as long as somebody waits.

    psycopg_pool doubles the pause after each failure, so that after an outage of a minute it would
    sleep for half a minute more; it is told to give up soon instead, and then comes here.
    """
    if pool.get_stats()["requests_waiting"]:
        pool.check()


def _close(pools: dict[int, ConnectionPool]) -> None:
    if pool := pools.pop(os.getpid(), None):
        pool.close()


def _no_connection(
    place: str, error: psycopg.Error, timeout: float = 0, deadline: float = math.inf
) -> NoConnection:
    late = f" within {timeout:g} s" if time.monotonic() >= deadline else ""
    return NoConnection(f"no connection to {_target(place)}{late}: {_reason(error)}")


def _target(place: str) -> str:
    """Name the database that a connection string leads to, as libpq completes it."""
    defaults = {option.keyword.decode(): option.val for option in pq.Conninfo.get_defaults()}
    given = {key: (value or b"").decode() for key, value in defaults.items()} | {
        key: str(value) for key, value in conninfo_to_dict(place).items()
    }
    if given["service"]:
        return f"service {given['service']}"
    host = given["host"] or given["hostaddr"] or "the local socket"
    return f"database {given['dbname'] or given['user']} at {host}, port {given['port']}"


def _reason(error: psycopg.Error) -> str:
    """Return the first line of what libpq says, which names host, user and database."""
    return str(error).partition("\n")[0].removeprefix("connection failed: ")
