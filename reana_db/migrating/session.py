"""The session that migrates: one direct connection, one migration at a time per database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from reana_db.blockers import Blocker
from reana_db.errors import MigrationError, NoConnection
from reana_db.queries import Conn, query

LOCK_TIMEOUT = 5.0
"""Seconds that a migration waits for the lock on a table before it lets the others pass."""

WAIT = 600.0
"""Seconds to wait in all for another migration, or for a table that is in use."""

_POLL_INTERVAL = 0.2
_RETRY_PAUSE = 1.0
_DEFAULTS = {"connect_timeout": 10, "application_name": "reana-db-migrate"}

_T = TypeVar("_T")

logger = logging.getLogger("reana_db.migrate")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for others, in seconds."""

    lock_timeout: float = LOCK_TIMEOUT
    wait: float = WAIT


DEFAULT_PATIENCE = Patience()


@contextmanager
def connection(conninfo: str) -> Iterator[Conn]:
    """Open a connection of our own, outside of any transaction and of any pool.

    Raises :class:`~reana_db.errors.NoConnection`.
    """
    parameters: dict[str, Any] = {**_DEFAULTS, **conninfo_to_dict(conninfo)}
    complete = make_conninfo("", **parameters)
    with _connected(complete) as conn:
        conn.add_notice_handler(_log_notice)
        yield conn


def _connected(conninfo: str) -> Conn:
    try:
        return psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
    except psycopg.OperationalError as error:
        reason = str(error).partition("\n")[0].removeprefix("connection failed: ")
        raise NoConnection(f"no connection: {reason}") from error


@contextmanager
def locked(conninfo: str, patience: Patience) -> Iterator[Conn]:
    """Open a connection for migrating, and keep every other migration out meanwhile.

    Raises :class:`~reana_db.errors.MigrationError` for a replica, a connection pooler, or another
    migration that does not end in time.
    """
    with connection(conninfo) as conn:
        _refuse_unfit(conn)
        _configure(conn)
        _notice_a_dead_client(conn)
        limit_waiting(conn, patience.lock_timeout)
        _lock(conn, patience.wait)
        try:
            yield conn
        finally:
            if conn.info.transaction_status is TransactionStatus.IDLE:
                _unlock(conn)


def patiently(conn: Conn, patience: Patience, what: str, attempt: Callable[[], _T]) -> _T:
    """Do something that locks tables; where one is in use, let others pass and try again.

    How long a lock is waited for, :func:`limit_waiting` says.

    Raises :class:`~reana_db.errors.MigrationError` when patience ends, and for what the server
    refuses; it begins with ``what``.
    """
    deadline = time.monotonic() + patience.wait
    while True:
        try:
            return attempt()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            others = blockers(conn, migrating=False)
            others = f" by {others}" if others else ""
            if time.monotonic() >= deadline:
                raise MigrationError(
                    f"{what}: a table was in use for more than {patience.wait:g} s{others}; "
                    "it can be run again"
                ) from error
        except psycopg.Error as error:
            if conn.broken:
                raise
            raise MigrationError(f"{what}: {reason(error)}") from error
        logger.info("%s: a table is in use%s; trying again", what, others)
        time.sleep(_RETRY_PAUSE)


def limit_waiting(conn: Conn, seconds: float) -> None:
    """Limit how long a statement waits for a lock; 0 is no limit."""
    _limit_waiting(conn, str(round(seconds * 1000)))


def refuse_missing_rights(conn: Conn) -> None:
    """Raise :class:`~reana_db.errors.MigrationError` if this role cannot change REANA's schema."""
    if missing := _missing_rights(conn):
        raise MigrationError(
            f"the role {conn.info.user} cannot migrate the database {conn.info.dbname}: "
            f"it lacks {' and '.join(missing)}"
        )


def drop_invalid_indexes(conn: Conn, names: list[str]) -> None:
    """Drop those of these indexes that a killed ``CREATE INDEX CONCURRENTLY`` left invalid."""
    for statement in _drops_of_invalid_indexes(conn, names):
        logger.info("%s: left invalid by an interrupted run", statement)
        conn.execute(statement.encode())


def _refuse_unfit(conn: Conn) -> None:
    server = _server_process(conn)
    if server.is_replica:
        raise MigrationError("this server is a read-only replica: migrate its primary")
    # A pooler invents the process id of the session; locks and settings would leak to others.
    if server.process_id != conn.info.backend_pid:
        raise MigrationError(
            "this is a connection pooler, and migrations need a direct connection to the server: "
            "set REANA_DB_MIGRATION_URI"
        )


def blockers(conn: Conn, *, migrating: bool) -> str:
    """Return who holds the lock of migrations, or locks on REANA's tables; empty if nobody."""
    return ", ".join(map(str, _blockers(conn, migrating=migrating)))


def _lock(conn: Conn, wait: float) -> None:
    """Take the lock, by polling: a waiting statement would block CREATE INDEX CONCURRENTLY."""
    deadline = time.monotonic() + wait
    if _try_lock(conn):
        return
    holder = blockers(conn, migrating=True)
    logger.info("another process is migrating %s: waiting for %s", conn.info.dbname, holder)
    while not _try_lock(conn):
        if time.monotonic() >= deadline:
            raise MigrationError(
                f"another process has been migrating {conn.info.dbname} for more than {wait:g} s: "
                f"{blockers(conn, migrating=True) or holder}"
            )
        time.sleep(_POLL_INTERVAL)


def reason(error: psycopg.Error) -> str:
    """Return what the server said, with its detail and its hint, as one line."""
    told = error.diag
    parts = (told.message_primary or str(error), told.message_detail, told.message_hint)
    return "; ".join(" ".join(part.split()).rstrip(".") for part in parts if part)


def _log_notice(diagnostic: psycopg.errors.Diagnostic) -> None:
    level = logging.WARNING if diagnostic.severity_nonlocalized == "WARNING" else logging.DEBUG
    logger.log(level, "%s", diagnostic.message_primary)


@dataclass(frozen=True, slots=True)
class _Server:
    process_id: int
    is_replica: bool


@query
def _blockers(conn: Conn, *, migrating: bool) -> list[Blocker]: ...


@query
def _server_process(conn: Conn) -> _Server: ...


@query
def _configure(conn: Conn) -> None: ...


@query
def _notice_a_dead_client(conn: Conn) -> None: ...


@query
def _limit_waiting(conn: Conn, milliseconds: str) -> None: ...


@query
def _try_lock(conn: Conn) -> bool: ...


@query
def _unlock(conn: Conn) -> None: ...


@query
def _missing_rights(conn: Conn) -> list[str]: ...


@query
def _drops_of_invalid_indexes(conn: Conn, names: list[str]) -> list[str]: ...
