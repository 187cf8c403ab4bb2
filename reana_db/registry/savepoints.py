"""Statements that fail without breaking the transaction of the caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

import psycopg
from psycopg.pq import TransactionStatus

from reana_db.queries import Conn


def undoable(conn: Conn) -> AbstractContextManager[object]:
    """Return a block for one statement, after whose failure the transaction stays usable.

    A statement alone on a connection in autocommit mode is a transaction already: nothing is sent
    for the block then.
    """
    return nullcontext() if conn.autocommit and _is_idle(conn) else whole(conn)


def whole(conn: Conn) -> AbstractContextManager[object]:
    """Return a block of which everything happens or nothing; it commits in autocommit mode only.

    Where the transaction of the caller has not begun there is nothing that a savepoint would keep;
    psycopg's own block would commit there.
    """
    return conn.transaction() if conn.autocommit or not _is_idle(conn) else _beginning(conn)


def _is_idle(conn: Conn) -> bool:
    return conn.info.transaction_status is TransactionStatus.IDLE


@contextmanager
def _beginning(conn: Conn) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(psycopg.Error):  # a dead connection has nothing to undo
            conn.rollback()
        raise
