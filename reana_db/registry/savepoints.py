"""Statements that fail without breaking the transaction of the caller."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from psycopg.pq import TransactionStatus

from reana_db.queries import Conn


def undoable(conn: Conn) -> AbstractContextManager[object]:
    """Return a block for one statement, after whose failure the transaction stays usable.

    A statement alone on a connection in autocommit mode is a transaction already: nothing is sent
    for the block then.
    """
    idle = conn.info.transaction_status is TransactionStatus.IDLE
    return nullcontext() if conn.autocommit and idle else conn.transaction()
