"""The refresh of quota: everything measured and added up again, and corrected where it differs.

Disk usage is measured first, by several processes.  What differs is kept in a file until it is
clear that the volumes are there: one that is not mounted must not set everybody to zero.
Processing time is compared inside the database, and what differs is streamed.  Nothing is written
where nothing differs.  Corrections are short transactions that lock the totals of their users
first, in key order, and leave out rows that somebody else is changing: the platform goes on
meanwhile, and a run that ends is counted by its trigger.  Memory does not grow with the number of
runs.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from reana_db.disk_usage import batches, measuring
from reana_db.errors import RefreshRunning
from reana_db.queries import Conn, query
from reana_db.quota_refresh import cpu, disk
from reana_db.quota_refresh.plan import PASSES, RUNS_PER_TRANSACTION, Plan, Summary
from reana_db.records import Progress, ResourceType
from reana_db.registry.arguments import Id

__all__ = ["Plan", "Summary", "refresh"]

SESSIONS = 2
"""How many correct at once."""

_LOCK = 0x5245414E4171  # nobody else in the database uses this number


@dataclass(frozen=True, slots=True)
class _Sizes:
    users: int
    runs: int


@dataclass(frozen=True, slots=True)
class _Holder:
    pid: int
    application_name: str | None
    since: datetime | None
    client: str | None


def refresh(
    connect: Callable[[], Conn], plan: Plan | None = None, progress: Progress | None = None
) -> Summary:
    """Measure, add up and correct what the plan says; return what was found.

    ``connect`` opens a connection; three are used, in autocommit mode, through PgBouncer too.
    Raises :class:`~reana_db.errors.RefreshRunning` if another refresh runs in this database;
    :class:`~reana_db.errors.RefreshRefused` if a root of workspaces of which bytes are recorded is
    missing or empty, or if more than half of the recorded bytes would vanish: nothing was written.
    """
    plan, progress = plan or Plan(), progress or Progress()
    started = time.monotonic()
    summary = Summary(plan.dry_run)
    with contextlib.ExitStack() as stack:
        workers = plan.workers if ResourceType.disk in plan.types else 1
        measure = stack.enter_context(measuring(workers))
        correcting = SESSIONS if ResourceType.cpu in plan.types else 1
        guard, *sessions = (stack.enter_context(_opened(connect)) for _ in range(1 + correcting))
        stack.enter_context(_alone(guard))
        sizes = _sizes(guard, user_id=plan.user_id)
        summary.users, summary.runs = sizes.users, sizes.runs
        kept = stack.enter_context(tempfile.TemporaryFile("w+"))
        if ResourceType.disk in plan.types:
            disk.refuse_missing_roots(guard, plan)
            progress.start("disk usage", disk.workspace_count(guard, user_id=plan.user_id))
            disk.measure_all(sessions[0], plan, summary, progress, measure, kept)
        if ResourceType.cpu in plan.types:
            progress.start("processing time", summary.runs)
            _refresh_cpu(guard, sessions, plan, summary, progress)
        if not plan.dry_run:
            summary.left_out += disk.correct(sessions[0], kept)
        _refresh_totals(guard, sessions[0], plan, summary, progress)
    summary.seconds = round(time.monotonic() - started, 3)
    return summary


@contextlib.contextmanager
def _opened(connect: Callable[[], Conn]) -> Iterator[Conn]:
    with contextlib.closing(connect()) as conn:
        conn.autocommit = True
        yield conn


@contextlib.contextmanager
def _alone(conn: Conn) -> Iterator[None]:
    """Hold the right to refresh, in a transaction that stays open and idle."""
    with conn.transaction():
        _prepare_guard(conn)
        if not _claim(conn, _LOCK):
            holder = _holder(conn, _LOCK)
            raise RefreshRunning(f"another refresh is running{_described(holder)}")
        yield


def _described(holder: _Holder | None) -> str:
    if holder is None:
        return ""
    name = f" ({holder.application_name})" if holder.application_name else ""
    since = f" since {holder.since:%Y-%m-%d %H:%M:%S} UTC" if holder.since else ""
    return f"{since}, from {holder.client}{name}, server process {holder.pid}"


# Processing time


def _refresh_cpu(
    guard: Conn, sessions: list[Conn], plan: Plan, summary: Summary, progress: Progress
) -> None:
    left = 0
    with ThreadPoolExecutor(len(sessions)) as pool:
        for attempt in range(PASSES):
            found = drift = left = 0
            wrong = cpu.wrong_runs(guard, user_id=plan.user_id, size=RUNS_PER_TRANSACTION)
            for some in batches(wrong, len(sessions)):
                runs = sum(item.runs for item in some)
                found += runs
                drift += sum(item.drift for item in some)
                if not plan.dry_run:
                    left += runs - sum(pool.map(_correct_cpu, sessions, some))
                if not attempt:
                    progress.advance(runs)
            if not attempt:
                summary.cpu_differences, summary.cpu_drift = found, drift
                progress.advance(summary.runs - found)
            if not left:
                return
    summary.left_out += left


def _correct_cpu(conn: Conn, wrong: cpu.WrongRuns) -> int:
    return cpu.correct(conn, workflow_ids=wrong.workflow_ids, owner_ids=wrong.owner_ids)


# Totals


def _refresh_totals(
    guard: Conn, conn: Conn, plan: Plan, summary: Summary, progress: Progress
) -> None:
    wrong = _wrong_users(guard, user_id=plan.user_id)
    summary.total_differences = len(wrong)
    progress.start("totals", len(wrong))
    for user_id in wrong:
        with conn.transaction(force_rollback=plan.dry_run):
            before = [_used(conn, user_id=user_id, type_=type_) for type_ in ResourceType]
            _recount(conn, user_id)
            after = [_used(conn, user_id=user_id, type_=type_) for type_ in ResourceType]
        summary.cpu_drift += abs(after[0] - before[0])
        summary.disk_drift += abs(after[1] - before[1])
        progress.advance(1)


@query
def _claim(conn: Conn, key: int) -> bool: ...


@query
def _holder(conn: Conn, key: int) -> _Holder | None: ...


@query
def _prepare_guard(conn: Conn) -> str: ...


@query
def _sizes(conn: Conn, *, user_id: Id | None) -> _Sizes: ...


@query
def _wrong_users(conn: Conn, *, user_id: Id | None) -> list[UUID]: ...


@query
def _recount(conn: Conn, user_id: Id) -> None: ...


@query
def _used(conn: Conn, *, user_id: Id, type_: ResourceType) -> int: ...
