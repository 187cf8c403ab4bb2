"""The refresh corrects what was written without triggers, and what files have become."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reana_db import (
    disk_usage,
    errors,
    quota,
    quota_periods,
    quota_refresh,
    resources,
)
from reana_db.queries import Conn
from reana_db.quota_refresh import Plan, Summary, cpu
from reana_db.records import Progress, ResourceType
from tests.support.factories import make_user, make_workflow
from tests.support.quota_recomputation import recomputed, stored

CPU = frozenset([ResourceType.cpu])
DISK = frozenset([ResourceType.disk])
HOUR = 3_600_000
TIMES = {"run_started_at": "2026-01-01 12:00", "run_finished_at": "2026-01-01 13:00"}


@pytest.fixture
def connect(fresh_db: str) -> Callable[[], Conn]:
    with psycopg.connect(fresh_db) as conn:
        resources.create_defaults(conn)
    return lambda: psycopg.connect(fresh_db)


@pytest.fixture
def writer(connect: Callable[[], Conn]) -> Iterator[Conn]:
    """A connection that commits each statement."""
    with connect() as conn:
        conn.autocommit = True
        yield conn


def without_triggers(conn: Conn, statement: str, *parameters: Any) -> None:
    """Execute a statement as logical replication and old dumps do."""
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(statement.encode(), parameters)


def refresh(connect: Callable[[], Conn], **plan: Any) -> Summary:
    return quota_refresh.refresh(connect, Plan(**{"workers": 1, **plan}))


def test_processing_time_is_recorded_whatever_the_policy(
    connect: Callable[[], Conn], writer: Conn
) -> None:
    user_id = make_user(writer)
    for _ in range(3):
        make_workflow(writer, user_id, **TIMES)
    make_workflow(writer, user_id, run_started_at="2026-01-01")
    found = refresh(connect, types=CPU)
    assert (found.runs, found.cpu_differences, found.cpu_drift) == (4, 3, 3 * HOUR)
    assert (found.total_differences, found.left_out, found.complete) == (0, 0, True)
    assert quota.of_user(writer, user_id)[0].quota_used == 3 * HOUR
    assert stored(writer) == recomputed(writer)


def test_a_second_refresh_finds_nothing(connect: Callable[[], Conn], writer: Conn) -> None:
    make_workflow(writer, make_user(writer), **TIMES, workspace_path="/nonexistent")
    assert refresh(connect).cpu_differences == 1
    before = writer.execute("SELECT max(updated) FROM __reana.workflow_resource").fetchone()
    found = refresh(connect)
    assert (found.cpu_differences, found.disk_differences, found.total_differences) == (0, 0, 0)
    after = writer.execute("SELECT max(updated) FROM __reana.workflow_resource").fetchone()
    assert before == after


def test_what_was_written_without_triggers_is_repaired(
    connect: Callable[[], Conn], writer: Conn
) -> None:
    user_id = make_user(writer)
    run_id = make_workflow(writer, user_id, **TIMES)
    refresh(connect)
    without_triggers(writer, "UPDATE __reana.workflow_resource SET quota_used = 7")
    without_triggers(writer, "UPDATE __reana.user_resource SET quota_used = 8, quota_counted = 9")
    without_triggers(writer, "DELETE FROM __reana.quota_ledger WHERE workflow_id = %s", run_id)
    found = refresh(connect, force=True)
    assert found.cpu_differences == 1
    assert found.total_differences == 1
    assert stored(writer) == recomputed(writer)
    assert refresh(connect).total_differences == 0


def test_a_dry_run_changes_nothing(connect: Callable[[], Conn], writer: Conn) -> None:
    user_id = make_user(writer)
    make_workflow(writer, user_id, **TIMES)
    without_triggers(writer, "DELETE FROM __reana.quota_ledger")
    found = refresh(connect, dry_run=True)
    assert (found.cpu_differences, found.total_differences) == (1, 1)
    assert writer.execute("SELECT FROM __reana.workflow_resource").fetchall() == []
    assert writer.execute("SELECT FROM __reana.quota_ledger").fetchall() == []


def test_periods_that_are_over_move_on(connect: Callable[[], Conn], writer: Conn) -> None:
    user_id = make_user(writer)
    make_workflow(writer, user_id, **TIMES)
    quota_periods.set_period(writer, user_id=user_id, months=1)
    refresh(connect)
    without_triggers(
        writer, "UPDATE __reana.user_resource SET quota_period_start_at = '2025-12-31 23:00'"
    )
    assert refresh(connect).total_differences == 1
    start_at = quota_periods.of_user(writer, user_id).quota_period_start_at
    row = writer.execute(
        "SELECT quota_period_start_at FROM __reana.user_resource"
        " WHERE quota_period_months IS NOT NULL"
    ).fetchone()
    assert start_at is not None
    assert row == (start_at.replace(tzinfo=None),)
    assert stored(writer) == recomputed(writer)


def make_files(directory: Path, *sizes: int) -> int:
    """Make a workspace and return what it takes on disk."""
    directory.mkdir(parents=True)
    for number, size in enumerate(sizes):
        (directory / f"file{number}").write_bytes(b"x" * size)
    return disk_usage.total(str(directory))


@pytest.mark.parametrize("workers", [1, 2])
def test_workspaces_are_measured_once_for_all_their_runs(
    connect: Callable[[], Conn], writer: Conn, tmp_path: Path, workers: int
) -> None:
    user_id = make_user(writer)
    sizes = [make_files(tmp_path / str(number), 5000, number) for number in range(5)]
    for number in range(5):
        for _ in range(2):
            make_workflow(writer, user_id, workspace_path=str(tmp_path / str(number)))
    missing = make_workflow(writer, user_id, workspace_path="/nonexistent")
    quota.set_disk_usage(writer, workflow_id=missing, bytes_=99)
    found = refresh(connect, types=DISK, workers=workers, force=True)
    assert (found.workspaces, found.bytes_, found.disk_differences) == (6, sum(sizes), 11)
    assert quota.of_user(writer, user_id)[1].quota_used == sum(sizes)
    assert quota.of_workflow(writer, missing)[0].quota_used == 0
    assert stored(writer) == recomputed(writer)


SIZES = "(12|8)"
"""Of a file of 5,000 bytes and its folder, which takes 4 KiB on most disks and none in memory."""


def recorded_workspaces(writer: Conn, root: Path, count: int) -> list[Path]:
    """Make workspaces of ended runs whose sizes are recorded."""
    user_id = make_user(writer)
    workspaces = [root / str(number) for number in range(count)]
    for workspace in workspaces:
        run_id = make_workflow(writer, user_id, **TIMES, workspace_path=str(workspace))
        quota.set_disk_usage(writer, workflow_id=run_id, bytes_=make_files(workspace, 5000))
    return workspaces


def usage(conn: Conn) -> list[Any]:
    rows = (
        "SELECT workflow_id, resource_id, quota_used FROM __reana.workflow_resource ORDER BY 1, 2"
    )
    return conn.execute(rows.encode()).fetchall()


def removed(root: Path) -> str:
    shutil.rmtree(root)
    return "cannot be read"


def emptied(root: Path) -> str:
    removed(root)
    root.mkdir()
    return "is empty"


@pytest.mark.parametrize("lose", [removed, emptied])
@pytest.mark.parametrize("chosen", [{}, {"dry_run": True}])
def test_without_its_volume_a_refresh_writes_nothing(
    connect: Callable[[], Conn],
    writer: Conn,
    tmp_path: Path,
    lose: Callable[[Path], str],
    chosen: dict[str, Any],
) -> None:
    """Neither sizes nor processing time; and this though most files are on another volume."""
    root, other = tmp_path / "root", tmp_path / "other"
    recorded_workspaces(writer, root, 1)
    recorded_workspaces(writer, other, 2)
    before = usage(writer)
    reason = lose(root)
    with pytest.raises(
        errors.RefreshRefused, match=f"^{root} {reason}.* knows of {SIZES} KiB in it"
    ):
        refresh(connect, roots=(str(other), str(root)), **chosen)
    assert usage(writer) == before


def test_if_most_bytes_would_vanish_a_refresh_writes_nothing(
    connect: Callable[[], Conn], writer: Conn, tmp_path: Path
) -> None:
    workspaces = recorded_workspaces(writer, tmp_path, 4)
    before = usage(writer)
    for workspace in workspaces[:3]:
        shutil.rmtree(workspace)
    with pytest.raises(
        errors.RefreshRefused, match=r"of (48|32) KiB that .* (36|24) KiB are not there"
    ):
        refresh(connect, roots=(str(tmp_path),))
    assert usage(writer) == before
    assert refresh(connect, force=True).disk_differences == 3
    assert stored(writer) == recomputed(writer)


def test_half_of_the_bytes_may_vanish(
    connect: Callable[[], Conn], writer: Conn, tmp_path: Path
) -> None:
    workspaces = recorded_workspaces(writer, tmp_path, 4)
    for workspace in workspaces[:2]:
        shutil.rmtree(workspace)
    assert refresh(connect, roots=(str(tmp_path),)).disk_differences == 2


def test_what_a_service_records_after_the_measuring_stays(
    connect: Callable[[], Conn], writer: Conn, tmp_path: Path
) -> None:
    make_files(tmp_path / "w", 5000)
    run_id = make_workflow(writer, make_user(writer), **TIMES, workspace_path=str(tmp_path / "w"))

    class Recording(Progress):
        def start(self, label: str, total: int) -> None:  # noqa: ARG002 - the protocol
            if label == "processing time":
                quota.set_disk_usage(writer, workflow_id=run_id, bytes_=7)

    found = quota_refresh.refresh(connect, Plan(workers=1), Recording())
    assert (found.disk_differences, found.complete) == (1, True)
    assert [item.quota_used for item in quota.of_workflow(writer, run_id)] == [HOUR, 7]


def test_only_one_user_is_refreshed(connect: Callable[[], Conn], writer: Conn) -> None:
    users = [make_user(writer) for _ in range(2)]
    for user_id in users:
        make_workflow(writer, user_id, **TIMES, workspace_path="/nonexistent")
    found = refresh(connect, user_id=users[1])
    assert (found.users, found.runs, found.workspaces) == (1, 1, 1)
    assert [item.user_id for item in quota.of_everybody(writer) if item.quota_used] == [users[1]]


def test_a_second_refresh_at_once_says_who_runs(
    connect: Callable[[], Conn], writer: Conn, fresh_db: str
) -> None:
    make_workflow(writer, make_user(writer), **TIMES)
    running, end = threading.Event(), threading.Event()

    class Waiting:
        def start(self, label: str, total: int) -> None:  # noqa: ARG002 - the protocol
            running.set()
            assert end.wait(30)

        def advance(self, steps: int) -> None: ...

    def named() -> Conn:
        return psycopg.connect(fresh_db, application_name="nightly")

    plan = Plan(types=CPU, workers=1)
    first = threading.Thread(target=quota_refresh.refresh, args=(named, plan, Waiting()))
    first.start()
    try:
        assert running.wait(30)
        with pytest.raises(errors.RefreshRunning, match=r"since 20.*nightly.*server process \d+"):
            refresh(connect)
    finally:
        end.set()
        first.join()
    refresh(connect)


def test_rows_that_others_change_are_left_out(connect: Callable[[], Conn], writer: Conn) -> None:
    user_id = make_user(writer)
    runs = [make_workflow(writer, user_id, **TIMES) for _ in range(3)]
    with connect() as other:
        other.execute("SELECT FROM __reana.workflow WHERE id_ = %s FOR UPDATE", [runs[0]])
        found = refresh(connect, types=CPU)
        assert (found.left_out, found.complete) == (1, False)
    assert refresh(connect, types=CPU).cpu_differences == 1
    assert stored(writer) == recomputed(writer)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_run_that_has_another_owner_by_now_is_left_out(writer: Conn, recorded: bool) -> None:
    """Else the totals of that owner would be locked after others, whatever their order."""
    found, now = make_user(writer), make_user(writer)
    run_id = make_workflow(writer, now, **TIMES)
    if recorded:
        writer.execute(
            "INSERT INTO __reana.workflow_resource"
            " (created, updated, workflow_id, resource_id, quota_used)"
            " SELECT now(), now(), %s, resource_id, 0 FROM __reana.quota_resource",
            [run_id],
        )
    before = stored(writer)

    assert cpu.correct(writer, workflow_ids=f"{{{run_id}}}", owner_ids=f"{{{found}}}") == 0
    assert {**before, (found, "cpu"): 0, (found, "disk"): 0} == stored(writer)

    assert cpu.correct(writer, workflow_ids=f"{{{run_id}}}", owner_ids=f"{{{now}}}") == 1
    assert stored(writer)[now, "cpu"] == HOUR
    assert stored(writer) == recomputed(writer)


def test_runs_may_end_meanwhile(connect: Callable[[], Conn], writer: Conn) -> None:
    user_id = make_user(writer)
    quota.set_policy(writer, [ResourceType.cpu])
    times = {"run_started_at": "2026-01-01", "status": "running"}
    runs = [make_workflow(writer, user_id, **times) for _ in range(60)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quota_refresh, "RUNS_PER_TRANSACTION", 3)

        def finish() -> None:
            for run_id in runs:
                writer.execute(
                    "UPDATE __reana.workflow SET status = 'finished' WHERE id_ = %s", [run_id]
                )

        thread = threading.Thread(target=finish)
        thread.start()
        while thread.is_alive():
            refresh(connect)
        thread.join()
    with connect() as conn:
        assert stored(conn) == recomputed(conn)
        counted = conn.execute("SELECT count(*) FROM __reana.workflow_resource").fetchone()
        assert counted == (120,)
