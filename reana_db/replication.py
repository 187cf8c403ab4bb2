"""Reading on a standby what was written on the primary.

::

    with pool.connection() as conn:
        lifecycle.queue(conn, workflow_id)
    with pool.connection() as conn:  # after the commit
        position = replication.position(conn)

    with read_pool.connection() as conn:  # Pool(read_only=True)
        replication.read_after(conn, position)
        workflow = workflows.get(conn, workflow_id)

A position is a text, which a service may hand on, in a cookie for example.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from psycopg.pq import TransactionStatus

from reana_db.errors import InvalidArgument, ReanaDBError, StandbyBehind
from reana_db.queries import Conn, query
from reana_db.registry.arguments import checked
from reana_db.registry.scalars import Invalid, described

_POSITION = re.compile(r"([0-9]{1,9}):([0-9A-F]{1,8})/([0-9A-F]{1,8})")
_LONGEST_HEADER = 40
_PAGE = 8192
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05


def _well_formed(value: Any) -> str:
    if not isinstance(value, str) or not _POSITION.fullmatch(value):
        raise Invalid(f"must be what position() returned, not {described(value)}")
    return value


Position: TypeAlias = Annotated[str, _well_formed]
"""A timeline and a place in the write-ahead log: ``1:0/3000060``."""


@dataclass(frozen=True, slots=True)
class _Written:
    timeline: int
    lsn: str | None
    uncommitted: bool


@dataclass(frozen=True, slots=True)
class _Visible:
    timeline: int
    lsn: str | None
    standby: bool
    isolation: str

    def covers(self, position: str) -> bool:
        """Tell whether everything up to a position can be seen here."""
        timeline, lsn = _parsed(position)
        if not self.standby and self.timeline > timeline:
            return True  # a primary that was promoted since has what is left of older ones
        return self.timeline >= timeline and _parsed(f"0:{self.lsn or '0/0'}")[1] >= lsn


@checked
def position(conn: Conn) -> str:
    """Return up to where the server has committed, or, on a standby, replayed.

    Call it after the commit of what others shall see.  Raises
    :class:`~reana_db.errors.InvalidArgument` in a transaction that has written.

    Runs on a standby.
    """
    found = _written(conn)
    if found.uncommitted:
        raise InvalidArgument("conn has written and not committed: ask for the position afterwards")
    return f"{found.timeline}:{found.lsn or '0/0'}"


@checked
def read_after(conn: Conn, position: Position, *, timeout: float = 5.0) -> None:
    """Return when the following statements of this transaction see what is before a position.

    On a primary that is at once.  A standby is asked again for up to ``timeout`` seconds; then
    :class:`~reana_db.errors.StandbyBehind` is raised, as on a former primary that was replaced.
    After a failover, that is until a standby has made its next restartpoint, unless the login is a
    member of ``pg_read_all_stats``: only they are told which timeline it follows.  What a failover
    has lost is lost; synchronous replication loses nothing.

    Call it first in a transaction, which must be READ COMMITTED: others go on to see what was there
    when they began, and one that has read already may keep the standby from going on.

    Runs on a standby.
    """
    idle = conn.info.transaction_status is TransactionStatus.IDLE
    if idle and conn.autocommit:
        raise InvalidArgument("conn must be in a transaction: `with conn.transaction():`")
    ends_at = time.monotonic() + timeout
    if idle:
        with _no_transaction(conn):
            _wait(conn, position, ends_at)
    found = _wait(conn, position, ends_at)
    if found.isolation != "read committed":
        raise InvalidArgument(
            f"conn must be in a READ COMMITTED transaction, not {found.isolation}"
        )


@contextmanager
def _no_transaction(conn: Conn) -> Iterator[None]:
    """Ask outside of transactions, for a standby may wait for the end of one that has asked.

    It does where it would have to remove rows that the statement saw, and replays nothing until
    ``max_standby_streaming_delay`` is over.
    """
    conn.autocommit = True
    try:
        yield
    except ReanaDBError as error:
        error.in_doubt = False
        raise
    finally:
        if not conn.closed:
            conn.autocommit = False


def _wait(conn: Conn, position: str, ends_at: float) -> _Visible:
    pause = _FIRST_PAUSE
    while not (found := _visible(conn)).covers(position):
        left = ends_at - time.monotonic()
        if left <= 0 or not found.standby:
            here = f"{found.timeline}:{found.lsn or '0/0'}"
            kind = "standby" if found.standby else "former primary"
            raise StandbyBehind(f"this {kind} is at {here}, behind {position}")
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)
    return found


@query
def _written(conn: Conn) -> _Written:
    """Return up to where commits are safe."""


@query
def _visible(conn: Conn) -> _Visible:
    """Return up to where the next statement sees commits."""


def _parsed(position: str) -> tuple[int, int]:
    """Return the timeline and the place, which is before the header of a page, not within it."""
    match = _POSITION.fullmatch(position)
    assert match is not None
    place = (int(match[2], 16) << 32) + int(match[3], 16)
    # The next record begins after the header, the last one ended before it.
    offset = place % _PAGE
    return int(match[1]), place - offset if offset <= _LONGEST_HEADER else place
