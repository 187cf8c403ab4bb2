"""Quota periods: processing time can be counted anew every so many months.

A period is half open, ``[start, start + months)``, in UTC.  The next one begins where it ends, step
by step: from 31 January, monthly, 28 February, 28 March, and so on.  A period that is over moves on
when anything of the user is written; functions that read look through it until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reana_db.errors import InvalidArgument
from reana_db.queries import Conn, query
from reana_db.registry.arguments import Id, checked
from reana_db.values import Months


@dataclass(frozen=True, slots=True)
class QuotaPeriod:
    """How the processing time of a user is counted."""

    quota_period_months: int | None
    """None counts for life."""
    quota_period_start_at: datetime | None
    """When the current period began, or will begin."""


@query
def of_user(conn: Conn, user_id: Id) -> QuotaPeriod:
    """Return the quota period of a user; raises NotFound for a user without quota."""


@checked
def set_period(
    conn: Conn, *, user_id: Id, months: Months, start_at: datetime | None = None
) -> QuotaPeriod:
    """Count the processing time of a user in periods of months, and return the current one.

    Without a start, the one that there is stays; the first period began when the user was created.
    The usage becomes that of the current period.  Raises InvalidArgument unless months is from 1
    to 1,200, NotFound for an unknown user.
    """
    return _set_period(conn, user_id=user_id, months=months, start_at=start_at)


@query
def _set_period(
    conn: Conn, *, user_id: Id, months: int, start_at: datetime | None
) -> QuotaPeriod: ...


@checked
def set_start(conn: Conn, *, user_id: Id, start_at: datetime | None) -> QuotaPeriod:
    """Move the quota period of a user; None lets it begin with the creation of the user again.

    Raises InvalidArgument for a user without period.
    """
    period = _set_start(conn, user_id=user_id, start_at=start_at)
    if period is None:
        raise InvalidArgument(f"start_at needs a quota period, which user {user_id} has not")
    return period


@query
def _set_start(conn: Conn, *, user_id: Id, start_at: datetime | None) -> QuotaPeriod | None: ...


@query
def clear(conn: Conn, user_id: Id) -> QuotaPeriod:
    """Count the processing time of a user for life again."""


@query
def users_without_period(conn: Conn) -> list[str]:
    """Return the e-mail addresses of the users whose processing time is counted for life."""


@checked
def init_default(conn: Conn, *, months: Months) -> list[str]:
    """Give users without a quota period one that began when they were created.

    Returns their e-mail addresses.  Raises InvalidArgument unless months is from 1 to
    1,200.
    """
    return _init_default(conn, months=months)


@query
def _init_default(conn: Conn, *, months: int) -> list[str]: ...
