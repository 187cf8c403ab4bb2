"""Connecting to the database, and waiting for a server that is still starting.

Nothing connects at import, nor when a :class:`~reana_db.pool.Pool` is made: a web server may fork
after both.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import pq
from psycopg.abc import ConnParam
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reana_db import config
from reana_db.config import Settings
from reana_db.connection import Connection
from reana_db.errors import ConfigurationError, DeadlineExceeded, NoConnection

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
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
_SHORTEST_TIMEOUT = 2


def settings_of(place: Settings | str | None) -> Settings:
    """Return settings, those of a URI or a connection string, or those of the environment.

    Raises :class:`~reana_db.errors.ConfigurationError`.
    """
    return Settings.at(place) if isinstance(place, str) else place or config.settings()


def conninfo(settings: Settings, **parameters: ConnParam) -> str:
    """Return the complete connection string: where from the settings, how from our defaults.

    ``parameters`` are libpq's (``target_session_attrs="prefer-standby"``) and win over both.
    """
    return _complete(settings, settings.conninfo, **parameters)


def read_conninfo(settings: Settings, **parameters: ConnParam) -> str:
    """Return the connection string for reading: one of the standbys, as long as there is one."""
    chosen: dict[str, ConnParam] = {
        "host": settings.read_host,
        "port": settings.read_port,
        "target_session_attrs": "prefer-standby",
        "load_balance_hosts": "random",
    }
    return conninfo(settings, **(chosen | parameters))


def migration_conninfo(settings: Settings, **parameters: ConnParam) -> str:
    """Return the connection string for migrations, which goes around a connection pooler."""
    return _complete(settings, settings.migration_conninfo or settings.conninfo, **parameters)


def _complete(settings: Settings, place: str, **parameters: ConnParam) -> str:
    defaults = {key: value for key, value in _DEFAULTS.items() if not _in_environment(key)}
    named = {
        "application_name": settings.application_name,
        "connect_timeout": settings.connect_timeout,
    }
    chosen = {key: value for key, value in (named | parameters).items() if value is not None}
    given = {**defaults, **conninfo_to_dict(place), **chosen}
    _check_hosts(str(given.get("host") or os.environ.get("PGHOST", "")))
    return make_conninfo("", **given)


def _check_hosts(hosts: str) -> None:
    """Refuse what Python cannot look up: it would raise UnicodeError when connecting."""
    for host in hosts.split(","):
        if host and not host.startswith(("/", "@")):
            try:
                host.encode("idna")
            except UnicodeError:
                raise ConfigurationError(
                    f"host={host[:80]!r}: must be the name of a host"
                ) from None


def _in_environment(keyword: str) -> bool:
    return keyword == "connect_timeout" and "PGCONNECT_TIMEOUT" in os.environ


def connect(
    place: Settings | str | None = None,
    *,
    connection_class: type[Connection] = Connection,
    autocommit: bool = False,
    deadline: float | None = None,
    **parameters: ConnParam,
) -> Connection:
    """Open a connection; use it as a context manager, which commits and closes.

    ``place``: settings, a URI, or a connection string of libpq; the settings of the environment
    otherwise.  ``deadline``: seconds that one call may wait for the server, see
    :class:`~reana_db.connection.Connection`; default: the setting.  ``parameters`` are libpq's and
    win over the settings.  Raises :class:`~reana_db.errors.NoConnection`, whose message holds no
    password.
    """
    settings = settings_of(place)
    target = conninfo(settings, **parameters)
    seconds = settings.statement_deadline if deadline is None else deadline
    try:
        conn = connection_class.connect(
            within(target, seconds or math.inf),
            autocommit=autocommit,
            prepare_threshold=settings.prepare_threshold,
        )
    except psycopg.OperationalError as error:
        raise no_connection(target, error) from error
    conn.deadline = seconds
    return conn


def within(target: str, seconds: float) -> str:
    """Return a connection string with which connecting to a host fails after so many seconds."""
    if math.isinf(seconds):
        return target
    given = conninfo_to_dict(target).get("connect_timeout") or os.environ.get("PGCONNECT_TIMEOUT")
    most = max(math.ceil(seconds), _SHORTEST_TIMEOUT)
    return make_conninfo(target, connect_timeout=min(int(given or 0) or most, most))


def wait(settings: Settings | None = None, timeout: float = 60.0) -> None:
    """Return as soon as the database accepts connections.

    Waits while the server refuses connections, does not answer, has no address yet, is starting or
    recovering (SQLSTATE 57P03), or has no host yet of the kind that ``target_session_attrs`` asks
    for.  Raises :class:`~reana_db.errors.NoConnection` at once for what waiting does not mend, such
    as a wrong password or a missing database, and after ``timeout`` seconds otherwise.
    """
    settings = settings or config.settings()
    target = conninfo(settings)
    deadline = time.monotonic() + timeout

    def attempt() -> None:
        place = within(target, deadline - time.monotonic())
        with contextlib.closing(Connection.connect(place)) as conn:
            # PgBouncer accepts connections while it has no server.
            conn.deadline = int(conn.info.get_parameters()["connect_timeout"])
            expect_answer(conn)

    try:
        patiently(attempt, target, deadline)
    except psycopg.OperationalError as error:
        raise no_connection(target, error, timeout, deadline) from error


def expect_answer(conn: Connection) -> None:
    """Ask the server for a sign of life; raises an error of psycopg."""
    conn.autocommit = True  # else a transaction would begin: one more round trip
    conn.execute("")
    conn.autocommit = False


def patiently(attempt: Callable[[], _T], target: str, deadline: float) -> _T:
    """Return what an attempt gives; repeat it while it fails for a reason that may pass."""
    pause = FIRST_PAUSE
    while True:
        try:
            return attempt()
        except psycopg.OperationalError as error:
            left = deadline - time.monotonic()
            if left <= 0 or not may_pass(error, target):
                raise
        pause = pause_for(pause, left)


def pause_for(seconds: float, left: float) -> float:
    """Sleep about so long, but no longer than is ``left``, and return the next pause."""
    # Jitter keeps the pods of a cluster from asking in step.
    time.sleep(min(seconds * random.uniform(0.5, 1.5), left))  # noqa: S311 - not for secrets
    return min(2 * seconds, LONGEST_PAUSE)


def may_pass(error: psycopg.OperationalError, target: str) -> bool:
    """Tell whether trying again can help.

    libpq does not hand out the SQLSTATE of a refused connection and servers translate its text,
    but its ping knows 57P03 and silence from an answer like "wrong password".
    """
    if isinstance(error, psycopg.errors.ConnectionTimeout | DeadlineExceeded):
        return True
    # Briefly: psycopg keeps Python's global lock during a ping.
    match pq.PGconn.ping(make_conninfo(target, connect_timeout=_SHORTEST_TIMEOUT).encode()):
        case pq.Ping.NO_RESPONSE | pq.Ping.REJECT:
            return True
        case pq.Ping.NO_ATTEMPT:
            return False
    try:  # The server answers: has it come up meanwhile, or is it just not the kind we want?
        psycopg.Connection.connect(target, target_session_attrs="any").close()
    except psycopg.OperationalError:
        return False
    return True


def no_connection(
    target: str, error: psycopg.OperationalError, timeout: float = 0, deadline: float = math.inf
) -> NoConnection:
    """Return the error for an attempt that failed, with the place and the reason."""
    late = f" within {timeout:g} s" if time.monotonic() >= deadline else ""
    ours = NoConnection(f"no connection to {_named(target)}{late}: {_reason(error)}")
    ours.retryable = bool(late) or may_pass(error, target)
    return ours


def _named(target: str) -> str:
    """Name the database that a connection string leads to, as libpq completes it."""
    defaults = {option.keyword.decode(): option.val for option in pq.Conninfo.get_defaults()}
    given = {key: (value or b"").decode() for key, value in defaults.items()} | {
        key: str(value) for key, value in conninfo_to_dict(target).items()
    }
    if given["service"]:
        return f"service {given['service']}"
    host = given["host"] or given["hostaddr"] or "the local socket"
    return f"database {given['dbname'] or given['user']} at {host}, port {given['port']}"


def _reason(error: psycopg.Error) -> str:
    """Return the first line of what libpq says, which names host, user and database."""
    return str(error).partition("\n")[0].removeprefix("connection failed: ")
