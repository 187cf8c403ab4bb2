"""The totals of users, locked before the usage of their runs is corrected."""

from __future__ import annotations

from uuid import UUID

from reana_db.queries import Conn, query


@query
def lock(conn: Conn, user_ids: list[UUID]) -> None:
    """Lock the totals of users, each named once, until the end of the transaction.

    In key order, as everybody locks them; makes those that are missing.
    """
