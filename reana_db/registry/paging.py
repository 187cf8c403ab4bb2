"""Parts of an ordered list: pages by number, and cursors that continue where a page ended.

A cursor holds the place of the last item of a page in its order.  It is opaque to callers, stays
valid when rows come and go, and costs the same on every page; a page number costs more the higher
it is.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from reana_db import errors
from reana_db.registry.scalars import aware_datetime, integer

_MOST_ROWS = 2**62


class Sort(StrEnum):
    """The orders of runs.

    Runs of the same time, or of the same usage, are ordered by id, so pages never overlap.  Runs
    that use nothing, or were not measured, come after all others, newest first.
    """

    NEWEST_FIRST = "desc"
    OLDEST_FIRST = "asc"
    MOST_DISK_FIRST = "disk-desc"
    MOST_CPU_FIRST = "cpu-desc"


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a run in an order."""

    id_: UUID
    created: datetime
    rank: int
    """Bytes or milliseconds used, 0 when unknown and in orders by time."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of an ordered list to read."""

    after: Key | None
    size: int | None
    """One row more than the page shows, to know whether another page follows."""
    skipped: int


def window_of(order: Sort, *, page: int, size: int | None, cursor: str | None) -> Window:
    """Return the part that a page number or a cursor stands for; raises InvalidArgument."""
    window = numbered_window(page=page, size=size)
    if cursor is None:
        return window
    if page != 1 or size is None:
        raise errors.InvalidArgument("a cursor needs a size, and no page number")
    return replace(window, after=_place(order, cursor))


def numbered_window(*, page: int, size: int | None) -> Window:
    """Return the part that a page number stands for; raises InvalidArgument."""
    _check_count("page", page)
    if size is None:
        return Window(after=None, size=None, skipped=0)
    _check_count("size", size)
    if page * size > _MOST_ROWS:
        raise errors.InvalidArgument(f"page {page} of size {size} is out of range")
    return Window(after=None, size=size + 1, skipped=(page - 1) * size)


def cursor_at(order: Sort, key: Key) -> str:
    """Return the cursor that continues after a run."""
    parts = [order.value, str(key.id_), key.created.isoformat(), key.rank]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _place(order: Sort, cursor: str) -> Key:
    try:
        name, id_, created, rank = json.loads(base64.urlsafe_b64decode(cursor))
        moment = aware_datetime(datetime.fromisoformat(created))
        key = Key(UUID(id_), moment, integer(rank))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise errors.InvalidArgument(f"this is no cursor of a listing: {cursor!r:.80}") from None
    if name != order:
        raise errors.InvalidArgument(f"the cursor belongs to another sort than {order.value!r}")
    return key


def _check_count(name: str, value: int) -> None:
    if value < 1:
        raise errors.InvalidArgument(f"{name} must be a whole number from 1, not {value}")
