"""Listings of runs: base set, filters, order, page.

One function, :func:`page`, at most three statements whatever the page holds, four with runs of
others among own ones: the ids of the page, the total, the details.  It reads no log and no
specification and writes nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from reana_db import errors
from reana_db.config import DEFAULT_RESOURCES
from reana_db.queries import Conn, query
from reana_db.records import JSON, Numbered, RunStatus, ServiceStatus, ServiceType, SessionType
from reana_db.registry.arguments import Id, checked
from reana_db.registry.scalars import aware_datetime, integer, uuid_of

_MOST_ROWS = 2**62

COUNTED = 10_000
"""Up to so many runs, the total of a listing is exact."""

NOBODY = "nobody"
"""As ``shared_with``: own runs that are shared with nobody."""
ANYBODY = "anybody"
"""As ``shared_with``: own runs shared with somebody; as ``shared_by``: runs of every owner."""


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

    @property
    def rank(self) -> int | None:
        """That of the run it begins after."""
        return self.after.rank if self.after else None


_RANKED_BY = {
    Sort.MOST_DISK_FIRST: DEFAULT_RESOURCES["disk"],
    Sort.MOST_CPU_FIRST: DEFAULT_RESOURCES["cpu"],
}


@dataclass(frozen=True, slots=True)
class ListedService:
    """A service of a listed run."""

    id_: UUID
    name: str | None
    type_: ServiceType
    status: ServiceStatus


@dataclass(frozen=True, slots=True)
class ListedWorkflow(Numbered):
    """One run as listings show it."""

    id_: UUID
    name: str | None
    run_number_major: int | None
    run_number_minor: int | None
    status: RunStatus | None
    owner_id: UUID | None
    owner_email: str | None
    launcher_url: str | None
    created: datetime
    run_started_at: datetime | None
    run_finished_at: datetime | None
    run_stopped_at: datetime | None
    current_command: JSON
    """The command of the newest job, a text; None without jobs."""
    current_step_name: str | None
    """The step of the newest job."""
    session_id: UUID | None
    """The interactive session of the run, if one is open."""
    session_type: SessionType | None
    session_path: str | None
    session_status: RunStatus | None
    jobs_total: int
    """Jobs that the engine announced; 0 while it is not known."""
    jobs_running: int
    """Jobs that have ever been running: they are not taken off when they end."""
    jobs_finished: int
    jobs_failed: int
    job_progress: JSON
    """What :func:`reana_db.workflows.job_progress` returns; None unless asked for."""
    shared_with: tuple[str, ...]
    """E-mail addresses, in order, with which an own run is shared; of others' runs none."""
    services: tuple[ListedService, ...]
    """In the order of their names."""
    disk_usage: int | None
    """Bytes; 0 when not measured yet, None for an old run that never was."""


def progress_document(job_progress: JSON) -> dict[str, JSON]:
    """Return the progress of jobs as the API of REANA's server documents it.

    ``total``, ``running``, ``finished`` and ``failed``, each ``{"total": int, "job_ids": [text,
    …]}``.  What is stored otherwise counts as absent.
    """
    stored = _object(job_progress)
    parts = {key: _object(stored.get(key)) for key in ("total", "running", "finished", "failed")}
    return {
        key: {
            "total": part["total"] if isinstance(part.get("total"), int) else 0,
            "job_ids": list(filter(None, _list(part.get("job_ids")))),
        }
        for key, part in parts.items()
    }


def _object(value: JSON) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: JSON) -> list[Any]:
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing."""

    items: tuple[ListedWorkflow, ...]
    total: int
    """The number of runs on all pages, or less than that if it is not exact."""
    total_is_exact: bool
    """False where there are more than :data:`COUNTED`: counting all takes longer than the page."""
    user_has_workflows: bool
    """Whether the user owns any run, whatever its status and the filters."""
    has_prev: bool
    has_next: bool
    next_cursor: str | None
    """Opens the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class _Total:
    total: int
    user_has_workflows: bool


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose runs are listed."""

    own_runs: bool = True
    foreign_runs: bool = False
    shared_by: str | None = None
    shared_with: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether it holds all own runs."""
        return self.own_runs and self.shared_with is None


@dataclass(frozen=True, slots=True)
class _Filters:
    """Which of them."""

    statuses: list[RunStatus] | None
    pattern: str | None
    workflow_id: UUID | None
    name: str | None
    interactive: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """Which part of the list."""

    after_created: datetime | None
    after_id: UUID | None
    size: int | None
    skipped: int


@checked
def page(
    conn: Conn,
    user_id: Id,
    *,
    shared: bool = False,
    shared_by: str | None = None,
    shared_with: str | None = None,
    search: str | None = None,
    statuses: list[RunStatus] | None = None,
    workflow_id_or_name: str | None = None,
    interactive: bool = False,
    with_job_ids: bool = False,
    sort: Sort = Sort.NEWEST_FIRST,
    page: int = 1,
    size: int | None = None,
    cursor: str | None = None,
) -> Page:
    """Return one page of the runs that a user sees.

    Base set, the first that applies: own runs shared with ``shared_with`` (an e-mail address,
    :data:`NOBODY` or :data:`ANYBODY`); runs that ``shared_by`` (an address or :data:`ANYBODY`)
    shares with the user; with ``shared``, own runs and all runs shared with the user; own runs.
    A share past its ``valid_until`` does not count.

    Filters: ``search``, a part of the name whatever its case; ``statuses`` (None: all, deleted
    runs too); ``workflow_id_or_name``, a uuid or a whole name without run number; ``interactive``,
    only runs with an open session.  ``with_job_ids`` reads the ids of the jobs, too: see
    :func:`progress_document`.

    Page: by number from 1, ``size`` runs each (None: all runs), or what follows the
    ``next_cursor`` of another page of the same sort.  A cursor costs the same on every page.

    Raises InvalidArgument.  At most three statements, four with ``shared``.

    Runs on a standby.
    """
    scope = _scope(shared=shared, shared_by=shared_by, shared_with=shared_with)
    filters = _filters(search, statuses, workflow_id_or_name, interactive=interactive)
    window = window_of(sort, page=page, size=size, cursor=cursor)
    keys = _keys(conn, user_id, scope, filters, sort, window)
    has_next = size is not None and len(keys) > size
    shown = keys[:size]
    seen = window.skipped + len(keys)
    all_seen = cursor is None and not has_next and (keys or not window.skipped)
    counted = _count(conn, user_id, scope, filters, 0 if all_seen else COUNTED + 1)
    is_exact = bool(all_seen) or counted.total <= COUNTED
    total = seen if all_seen else counted.total
    return Page(
        items=_details(conn, user_id, shown, with_job_ids=with_job_ids),
        total=total if is_exact else max(COUNTED, seen),
        total_is_exact=is_exact,
        user_has_workflows=counted.user_has_workflows,
        has_prev=(size is not None and page > 1) or cursor is not None,
        has_next=has_next,
        next_cursor=cursor_at(sort, shown[-1]) if has_next else None,
    )


def _scope(*, shared: bool, shared_by: str | None, shared_with: str | None) -> _Scope:
    if shared_by is not None and shared_with is not None:
        raise errors.InvalidArgument("shared_by and shared_with cannot be used together")
    if shared_with is not None:
        return _Scope(shared_with=shared_with)
    if shared_by is not None:
        sharer = None if shared_by == ANYBODY else shared_by
        return _Scope(own_runs=False, foreign_runs=True, shared_by=sharer)
    return _Scope(foreign_runs=shared)


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


def _filters(
    search: str | None,
    statuses: list[RunStatus] | None,
    workflow_id_or_name: str | None,
    *,
    interactive: bool,
) -> _Filters:
    workflow_id = uuid_of(workflow_id_or_name) if workflow_id_or_name is not None else None
    return _Filters(
        statuses=statuses,
        pattern=like_pattern(search) if search else None,
        workflow_id=workflow_id,
        name=workflow_id_or_name if workflow_id is None else None,
        interactive=interactive,
    )


def like_pattern(part: str) -> str:
    """Return the LIKE pattern of every text that contains ``part`` literally."""
    escaped = part.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _keys(
    conn: Conn, user_id: Id, scope: _Scope, filters: _Filters, order: Sort, window: Window
) -> list[Key]:
    if not scope.is_own:
        return _scope_keys(conn, user_id, scope, filters, order, window)
    if not scope.foreign_runs:
        return _own_keys(conn, user_id, filters, order, window)
    # The first of both hold the first of all; own runs are many, and walked in their order.
    end = None if window.size is None else window.skipped + window.size
    first = replace(window, size=end, skipped=0)
    foreign = replace(scope, own_runs=False)
    keys = _own_keys(conn, user_id, filters, order, first)
    keys += _scope_keys(conn, user_id, foreign, filters, order, first)
    return _in_order(keys, order)[window.skipped : end]


def _in_order(keys: list[Key], order: Sort) -> list[Key]:
    if order is Sort.OLDEST_FIRST:
        return sorted(keys, key=lambda key: (key.created, -key.id_.int))
    by_id = sorted(keys, key=lambda key: key.id_)
    return sorted(
        by_id, key=lambda key: (key.rank, key.created if key.rank == 0 else None), reverse=True
    )


def _own_keys(conn: Conn, user_id: Id, filters: _Filters, order: Sort, window: Window) -> list[Key]:
    common = _common(user_id, filters, window)
    if order is Sort.NEWEST_FIRST:
        return _own_newest_first(conn, **common)
    if order is Sort.OLDEST_FIRST:
        return _own_oldest_first(conn, **common)
    by_disk = order is Sort.MOST_DISK_FIRST
    return _own_most_used_first(conn, **common, by_disk=by_disk, after_rank=window.rank)


def _scope_keys(
    conn: Conn, user_id: Id, scope: _Scope, filters: _Filters, order: Sort, window: Window
) -> list[Key]:
    return _highest_rank_first(
        conn,
        **_common(user_id, filters, window),
        scope=scope,
        after_rank=window.rank,
        resource=_RANKED_BY.get(order),
        oldest_first=order is Sort.OLDEST_FIRST,
    )


def _common(user_id: Id, filters: _Filters, window: Window) -> dict[str, Any]:
    after = window.after
    cut = _Cut(
        after.created if after else None,
        after.id_ if after else None,
        window.size,
        window.skipped,
    )
    return {"user_id": user_id, "filters": filters, "cut": cut}


def _count(conn: Conn, user_id: Id, scope: _Scope, filters: _Filters, most: int) -> _Total:
    """Count runs, those that are more than ``most`` left out."""
    if scope == _Scope():
        return _own_total(conn, user_id=user_id, filters=filters, most=most)
    return _total(conn, user_id=user_id, scope=scope, filters=filters, most=most)


def _details(
    conn: Conn, user_id: Id, keys: list[Key], *, with_job_ids: bool
) -> tuple[ListedWorkflow, ...]:
    if not keys:
        return ()
    ids = [key.id_ for key in keys]
    found = _items(conn, ids, user_id=user_id, with_job_ids=with_job_ids)
    items = {item.id_: item for item in found}
    return tuple(items[key.id_] for key in keys if key.id_ in items)


@query
def _own_newest_first(
    conn: Conn,
    *,
    user_id: Id,
    filters: _Filters,
    cut: _Cut,
) -> list[Key]:
    """Return a page of the user's own runs, newest first."""


@query
def _own_oldest_first(
    conn: Conn,
    *,
    user_id: Id,
    filters: _Filters,
    cut: _Cut,
) -> list[Key]:
    """Return a page of the user's own runs, oldest first."""


@query
def _own_most_used_first(
    conn: Conn,
    *,
    user_id: Id,
    filters: _Filters,
    by_disk: bool,
    after_rank: int | None,
    cut: _Cut,
) -> list[Key]:
    """Return a page of the user's own runs by usage, of disk or of processing time."""


@query
def _highest_rank_first(
    conn: Conn,
    *,
    user_id: Id,
    scope: _Scope,
    filters: _Filters,
    resource: str | None,
    oldest_first: bool,
    after_rank: int | None,
    cut: _Cut,
) -> list[Key]:
    """Return a page of any scope in any order."""


@query
def _own_total(
    conn: Conn,
    *,
    user_id: Id,
    filters: _Filters,
    most: int,
) -> _Total:
    """Return the number of the user's own runs, up to so many."""


@query
def _total(
    conn: Conn,
    *,
    user_id: Id,
    scope: _Scope,
    filters: _Filters,
    most: int,
) -> _Total:
    """Return the number of runs of any scope, up to so many."""


@query
def _items(
    conn: Conn, workflow_ids: Sequence[Id], *, user_id: Id, with_job_ids: bool
) -> list[ListedWorkflow]:
    """Return what a listing shows of these runs, in any order."""
