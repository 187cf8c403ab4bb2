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
import dataclasses
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from reana_db import config, cpu_refresh
from reana_db.disk_usage import Measure, batches, measuring
from reana_db.errors import RefreshRefused, RefreshRunning
from reana_db.progress import Progress
from reana_db.queries import Conn, RowCount, query
from reana_db.records import ResourceType
from reana_db.registry.arguments import Id
from reana_db.units import size

RUNS_PER_TRANSACTION = 500
WORKSPACES_PER_PAGE = 2000
WORKSPACES_PER_BATCH = 500
PASSES = 3
"""How often rows that somebody else was changing are tried again."""
SESSIONS = 2
"""How many correct at once."""

_LOCK = 0x5245414E4171  # nobody else in the database uses this number

logger = logging.getLogger("reana_db.quota")


def _configured_roots() -> tuple[str, ...]:
    settings = config.settings()
    return (settings.shared_volume_path, *settings.workspace_paths.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refresh does."""

    types: frozenset[ResourceType] = frozenset(ResourceType)
    user_id: UUID | None = None
    """Only the runs and totals of this user."""
    dry_run: bool = False
    """Whether to look for differences without correcting them."""
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that measure workspaces."""
    roots: tuple[str, ...] = field(default_factory=_configured_roots)
    """Directories that hold the workspaces."""
    force: bool = False
    """Whether to record what was measured although files seem to be missing."""


@dataclass(slots=True)
class Summary:
    """What a refresh found and did; differences are corrected unless it was a dry run."""

    dry_run: bool
    users: int = 0
    runs: int = 0
    workspaces: int = 0
    bytes_: int = 0
    """Of all workspaces that were measured."""
    cpu_differences: int = 0
    """Runs whose recorded processing time was not their time."""
    disk_differences: int = 0
    """Runs whose recorded size was not the size of their workspace."""
    total_differences: int = 0
    """Users whose totals were not what their runs use, or whose quota period was over."""
    cpu_drift: int = 0
    """By how much runs and totals were wrong, in milliseconds."""
    disk_drift: int = 0
    """By how much runs and totals were wrong, in bytes."""
    left_out: int = 0
    """Runs that others were changing all the time."""
    unreadable: int = 0
    """Workspaces that could not be measured; their runs keep what was recorded."""
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether everything was looked at."""
        return not (self.unreadable or self.left_out)


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


@dataclass(frozen=True, slots=True)
class _Workspace:
    owner_id: UUID
    workspace_path: str


@dataclass(frozen=True, slots=True)
class _WrongDisk:
    owner_id: UUID
    workflow_id: UUID
    workspace_path: str
    bytes_: int
    recorded: int | None
    """The bytes that are recorded; None if there is no row."""

    @property
    def drift(self) -> int:
        return abs(self.bytes_ - (self.recorded or 0))


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
            _refuse_missing_roots(guard, plan)
            progress.start("disk usage", _workspace_count(guard, user_id=plan.user_id))
            _measure_disk(sessions[0], plan, summary, progress, measure, kept)
        if ResourceType.cpu in plan.types:
            progress.start("processing time", summary.runs)
            _refresh_cpu(guard, sessions, plan, summary, progress)
        if not plan.dry_run:
            summary.left_out += _correct_disk(sessions[0], kept)
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
            wrong = cpu_refresh.wrong_runs(guard, user_id=plan.user_id)
            for some in batches(batches(wrong, RUNS_PER_TRANSACTION), len(sessions)):
                found += sum(map(len, some))
                drift += sum(run.drift for batch in some for run in batch)
                if not plan.dry_run:
                    left += sum(map(len, some)) - sum(pool.map(cpu_refresh.correct, sessions, some))
                if not attempt:
                    progress.advance(sum(map(len, some)))
            if not attempt:
                summary.cpu_differences, summary.cpu_drift = found, drift
                progress.advance(summary.runs - found)
            if not left:
                return
    summary.left_out += left


# Disk usage


def _refuse_missing_roots(conn: Conn, plan: Plan) -> None:
    for root in () if plan.force else plan.roots:
        known = _known_bytes(conn, user_id=plan.user_id, prefix=root.rstrip("/") + "/")
        if known and (wrong := _what_is_wrong_with(Path(root))):
            raise RefreshRefused(
                f"{root} {wrong}, but the database knows of {size(known)} in it: is the volume"
                " mounted?"
            )


def _what_is_wrong_with(root: Path) -> str:
    try:
        return "" if any(root.iterdir()) else "is empty"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _measure_disk(
    conn: Conn, plan: Plan, summary: Summary, progress: Progress, measure: Measure, kept: IO[str]
) -> None:
    """Measure all workspaces; keep what differs from what is recorded."""
    vanished = 0
    for batch in batches(measure(_all_workspaces(conn, plan.user_id)), WORKSPACES_PER_BATCH):
        sizes = {item.workspace_path: item.bytes_ for item in batch if item.bytes_ is not None}
        for item in batch:
            if item.bytes_ is None:
                logger.warning("cannot measure %s: %s", item.workspace_path, item.reason)
                summary.unreadable += 1
        summary.workspaces += len(sizes)
        summary.bytes_ += sum(sizes.values())
        wrong = _differences(conn, sizes)
        summary.disk_differences += len(wrong)
        summary.disk_drift += sum(item.drift for item in wrong)
        vanished += _vanished(wrong)
        for some in batches(wrong, RUNS_PER_TRANSACTION):
            json.dump([dataclasses.astuple(item) for item in some], kept, default=str)
            kept.write("\n")
        progress.advance(len(batch))
    known = _known_bytes(conn, user_id=plan.user_id, prefix="")
    if vanished * 2 > known and not plan.force:
        raise RefreshRefused(
            f"of {size(known)} that the database knows, {size(vanished)} are not there any more:"
            " is a volume not mounted?"
        )


def _vanished(wrong: list[_WrongDisk]) -> int:
    """Return the recorded bytes that were not found; a workspace of several runs counts once."""
    lost: dict[tuple[UUID, str], int] = {}
    for item in wrong:
        workspace = item.owner_id, item.workspace_path
        lost[workspace] = max(lost.get(workspace, 0), (item.recorded or 0) - item.bytes_)
    return sum(lost.values())


def _all_workspaces(conn: Conn, user_id: Id | None) -> Iterator[str]:
    last = _Workspace(UUID(int=0), "")
    while page := _workspaces(
        conn,
        user_id=user_id,
        owner_id=last.owner_id,
        after=last.workspace_path,
        size=WORKSPACES_PER_PAGE,
    ):
        yield from (item.workspace_path for item in page)
        last = page[-1]


def _differences(conn: Conn, sizes: dict[str, int]) -> list[_WrongDisk]:
    return _wrong_disk(conn, workspace_paths=list(sizes), sizes=list(sizes.values()))


def _correct_disk(conn: Conn, kept: IO[str]) -> int:
    """Record what was kept; return how many runs others were changing all the time."""
    kept.seek(0)
    return sum(
        _correct_sizes(conn, [_WrongDisk(*row) for row in json.loads(line)]) for line in kept
    )


def _correct_sizes(conn: Conn, wrong: list[_WrongDisk]) -> int:
    """Record sizes but where somebody recorded another one since; return how many were left."""
    for _ in range(PASSES):
        if _write_sizes(conn, wrong) == len(wrong):
            return 0
        now = _differences(conn, {item.workspace_path: item.bytes_ for item in wrong})
        wrong = [item for item in wrong if item in now]
    return len(wrong)


def _write_sizes(conn: Conn, wrong: list[_WrongDisk]) -> int:
    owners = list({item.owner_id for item in wrong})
    with conn.transaction():
        cpu_refresh.lock_totals(conn, owners)
        written = 0
        if change := [item for item in wrong if item.recorded is not None]:
            written += _change_disk(
                conn,
                workflow_ids=[item.workflow_id for item in change],
                recorded=[item.recorded or 0 for item in change],
                sizes=[item.bytes_ for item in change],
                user_ids=owners,
            )
        if missing := [item for item in wrong if item.recorded is None]:
            written += _record_disk(
                conn,
                workflow_ids=[item.workflow_id for item in missing],
                sizes=[item.bytes_ for item in missing],
                user_ids=owners,
            )
        return written


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
def _workspace_count(conn: Conn, *, user_id: Id | None) -> int: ...


@query
def _workspaces(
    conn: Conn, *, user_id: Id | None, owner_id: Id, after: str, size: int
) -> list[_Workspace]: ...


@query
def _wrong_disk(
    conn: Conn, *, workspace_paths: list[str], sizes: list[int]
) -> list[_WrongDisk]: ...


@query
def _known_bytes(conn: Conn, *, user_id: Id | None, prefix: str) -> int: ...


@query
def _change_disk(
    conn: Conn,
    *,
    workflow_ids: Sequence[Id],
    recorded: list[int],
    sizes: list[int],
    user_ids: Sequence[Id],
) -> RowCount: ...


@query
def _record_disk(
    conn: Conn, *, workflow_ids: Sequence[Id], sizes: list[int], user_ids: Sequence[Id]
) -> RowCount: ...


@query
def _wrong_users(conn: Conn, *, user_id: Id | None) -> list[UUID]: ...


@query
def _recount(conn: Conn, user_id: Id) -> None: ...


@query
def _used(conn: Conn, *, user_id: Id, type_: ResourceType) -> int: ...
