"""Disk usage of workspaces, measured, compared with what is recorded and corrected."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from reana_db.disk_usage import Measure, batches
from reana_db.errors import RefreshRefused
from reana_db.queries import Conn, RowCount, query
from reana_db.quota_refresh.plan import PASSES, RUNS_PER_TRANSACTION, Plan, Summary
from reana_db.records import Progress
from reana_db.registry.arguments import Id
from reana_db.units import size

WORKSPACES_PER_PAGE = 2000
WORKSPACES_PER_BATCH = 500

logger = logging.getLogger("reana_db.quota")


@dataclass(frozen=True, slots=True)
class _Workspace:
    owner_id: UUID
    workspace_path: str


@dataclass(frozen=True, slots=True)
class _Wrong:
    owner_id: UUID
    workflow_id: UUID
    workspace_path: str
    bytes_: int
    recorded: int | None
    """The bytes that are recorded; None if there is no row."""

    @property
    def drift(self) -> int:
        return abs(self.bytes_ - (self.recorded or 0))


def refuse_missing_roots(conn: Conn, plan: Plan) -> None:
    """Raise RefreshRefused for a root that is missing or empty though bytes of it are recorded."""
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


def measure_all(
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


def _vanished(wrong: list[_Wrong]) -> int:
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


def _differences(conn: Conn, sizes: dict[str, int]) -> list[_Wrong]:
    return _wrong(conn, workspace_paths=list(sizes), sizes=list(sizes.values()))


def correct(conn: Conn, kept: IO[str]) -> int:
    """Record what was kept; return how many runs others were changing all the time."""
    kept.seek(0)
    return sum(_correct_sizes(conn, [_Wrong(*row) for row in json.loads(line)]) for line in kept)


def _correct_sizes(conn: Conn, wrong: list[_Wrong]) -> int:
    """Record sizes but where somebody recorded another one since; return how many were left."""
    for _ in range(PASSES):
        if _write_sizes(conn, wrong) == len(wrong):
            return 0
        now = _differences(conn, {item.workspace_path: item.bytes_ for item in wrong})
        wrong = [item for item in wrong if item in now]
    return len(wrong)


def _write_sizes(conn: Conn, wrong: list[_Wrong]) -> int:
    owners = list({item.owner_id for item in wrong})
    with conn.transaction():
        _lock_totals(conn, owners)
        written = 0
        if change := [item for item in wrong if item.recorded is not None]:
            written += _change(
                conn,
                workflow_ids=[item.workflow_id for item in change],
                recorded=[item.recorded or 0 for item in change],
                sizes=[item.bytes_ for item in change],
                user_ids=owners,
            )
        if missing := [item for item in wrong if item.recorded is None]:
            written += _record(
                conn,
                workflow_ids=[item.workflow_id for item in missing],
                sizes=[item.bytes_ for item in missing],
                user_ids=owners,
            )
        return written


@query
def workspace_count(conn: Conn, *, user_id: Id | None) -> int:
    """Count the workspaces of everybody or of a user."""


@query
def _workspaces(
    conn: Conn, *, user_id: Id | None, owner_id: Id, after: str, size: int
) -> list[_Workspace]: ...


@query
def _wrong(conn: Conn, *, workspace_paths: list[str], sizes: list[int]) -> list[_Wrong]: ...


@query
def _known_bytes(conn: Conn, *, user_id: Id | None, prefix: str) -> int: ...


@query
def _lock_totals(conn: Conn, user_ids: Sequence[Id]) -> None:
    """Lock the totals of users, each named once, until the end of the transaction.

    In key order, as everybody locks them; makes those that are missing.
    """


@query
def _change(
    conn: Conn,
    *,
    workflow_ids: Sequence[Id],
    recorded: list[int],
    sizes: list[int],
    user_ids: Sequence[Id],
) -> RowCount: ...


@query
def _record(
    conn: Conn, *, workflow_ids: Sequence[Id], sizes: list[int], user_ids: Sequence[Id]
) -> RowCount: ...
