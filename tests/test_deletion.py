"""Deleting runs with their files: claimed, committed, removed, confirmed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from reana_db import (
    Connection,
    Pool,
    RunDeletion,
    RunStatus,
    connect,
    deletion,
    errors,
    lifecycle,
    workflows,
)
from reana_db.deletion import DeletionOutcome
from reana_db.queries import Conn
from tests.support.factories import make_job, make_session, make_user, make_workflow
from tests.support.races import at_once


@pytest.fixture
def owner(conn: Conn) -> UUID:
    return make_user(conn)


def waiting(conn: Conn) -> set[UUID]:
    return {item.id_ for item in deletion.unconfirmed_deletions(conn)}


def restart_of(conn: Conn, owner: UUID, run: UUID, minor: int, status: str) -> UUID:
    """A run in the same workspace."""
    (name, path) = conn.execute(
        "SELECT name, workspace_path FROM __reana.workflow WHERE id_ = %s", [run]
    ).fetchall()[0]
    return make_workflow(
        conn, owner, name=name, workspace_path=path, run_number_minor=minor, status=status
    )


def test_a_deletion_waits_for_its_confirmation(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="finished", workspace_path="/w/1")
    deleted = deletion.delete_run(conn, run)
    assert deleted.to_remove
    assert deleted.workspace_path == "/w/1"
    assert waiting(conn) == {run}
    assert deletion.confirm_deletions(conn, [run]) == 1
    assert waiting(conn) == set()
    assert deletion.confirm_deletions(conn, [run]) == 0


def test_what_a_deletion_closed_is_returned_until_it_is_confirmed(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="finished", workspace_path="/w/1")
    session = make_session(conn, run)
    job = make_job(conn, run, status="running", backend_job_id="pod", compute_backend="kubernetes")
    make_job(conn, run, status="finished")
    deleted = deletion.delete_run(conn, run)
    again = deletion.delete_run(conn, run)
    (listed,) = deletion.unconfirmed_deletions(conn)
    for item in (deleted, again, listed):
        assert [closed.id_ for closed in item.closed] == [session]
        assert [(left.id_, left.backend_job_id, left.compute_backend) for left in item.jobs] == [
            (job, "pod", "kubernetes")
        ]


def test_a_run_that_is_running_has_nothing_to_remove(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="running", workspace_path="/w/1")
    assert not deletion.delete_run(conn, run).to_remove
    assert waiting(conn) == set()


@pytest.mark.parametrize("status", ["created", "queued", "pending", "running"])
def test_files_are_not_removed_under_a_restart(conn: Conn, owner: UUID, status: str) -> None:
    run = make_workflow(conn, owner, status="finished", workspace_path="/w/1")
    restart_of(conn, owner, run, 1, status)
    deleted = deletion.delete_run(conn, run)
    assert deleted.outcome is DeletionOutcome.WORKSPACE_IN_USE
    assert not deleted.to_remove
    assert deleted.before is RunStatus.finished


def test_a_run_goes_with_a_restart_that_has_not_begun(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, name="w", status="finished", workspace_path="/w/1")
    restart_of(conn, owner, run, 1, "queued")
    outcomes = {item.outcome for item in deletion.delete_all_runs(conn, owner, "w")}
    assert outcomes == {DeletionOutcome.DELETED}


def test_the_runs_of_one_number_are_deleted(conn: Conn, owner: UUID) -> None:
    kept = make_workflow(conn, owner, name="w", run_number_major=1, status="finished")
    first = make_workflow(conn, owner, name="w", run_number_major=2, status="finished")
    second = make_workflow(
        conn, owner, name="w", run_number_major=2, run_number_minor=1, status="failed"
    )
    deleted = deletion.delete_all_runs(conn, owner, "w", run_number_major=2)
    assert [item.id_ for item in deleted] == [first, second]
    assert waiting(conn) == {first, second}
    assert kept not in waiting(conn)


def test_a_restart_waits_until_the_files_are_gone(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, status="finished", workspace_path="/w/1")
    other = restart_of(conn, owner, run, 1, "finished")
    deletion.delete_run(conn, run)
    with pytest.raises(errors.RestartRefused, match="files of its workspace are removed"):
        lifecycle.clone_for_restart(conn, other)
    deletion.confirm_deletions(conn, [run])
    assert lifecycle.clone_for_restart(conn, other).restart


def test_deletions_that_were_claimed_just_now_can_be_left_out(conn: Conn, owner: UUID) -> None:
    deletion.delete_run(conn, make_workflow(conn, owner, status="finished"))
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert deletion.unconfirmed_deletions(conn, claimed_before=hour_ago) == []


def test_a_start_at_the_same_moment_keeps_its_files(fresh_db: str) -> None:
    with connect(fresh_db) as conn:
        owner = make_user(conn)
        runs = [make_workflow(conn, owner, status="queued") for _ in range(20)]

    def work(conn: Conn, number: int) -> dict[UUID, bool]:
        if number == 0:
            return {run: deletion.delete_run(conn, run).to_remove for run in runs}
        started = {}
        for run in reversed(runs):
            message = lifecycle.apply_status_message(conn, run, status=RunStatus.running)
            started[run] = message.after is RunStatus.running
        return started

    removed, started = at_once(fresh_db, 2, work)
    assert all(removed[run] != started[run] for run in runs)


# With the files, by a service


@pytest.fixture
def pool(fresh_db: str) -> Iterator[Pool]:
    with Pool(fresh_db) as pool:
        yield pool


def make_runs(pool: Pool, workspaces: Path, number: int) -> tuple[UUID, list[UUID]]:
    """An owner and ended runs with a file each."""

    def create(conn: Connection) -> tuple[UUID, list[UUID]]:
        owner, runs = make_user(conn), []
        for major in range(1, number + 1):
            path = workspaces / str(major)
            path.mkdir(parents=True)
            (path / "file").touch()
            run = make_workflow(
                conn,
                owner,
                name="w",
                run_number_major=major,
                status="finished",
                workspace_path=str(path),
            )
            runs.append(run)
        return owner, runs

    return pool.run(create)


def remove(deleted: RunDeletion) -> None:
    path = Path(deleted.workspace_path or "/nowhere")
    with contextlib.suppress(FileNotFoundError):
        (path / "file").unlink()
        path.rmdir()


def test_a_service_deletes_runs_with_their_files(pool: Pool, tmp_path: Path) -> None:
    owner, runs = make_runs(pool, tmp_path, 3)
    done = deletion.delete_with_files(
        pool, lambda conn: deletion.delete_all_runs(conn, owner, "w"), remove
    )
    assert [item.id_ for item in done] == runs
    assert list(tmp_path.iterdir()) == []
    assert pool.run(waiting) == set()


def test_files_are_removed_after_the_run_is_deleted_for_everybody(
    pool: Pool, tmp_path: Path
) -> None:
    _, (run,) = make_runs(pool, tmp_path, 1)

    def look(deleted: RunDeletion) -> None:
        seen.append(pool.run(lambda conn: workflows.get(conn, deleted.id_).status))

    seen: list[RunStatus | None] = []
    deletion.delete_with_files(pool, lambda conn: [deletion.delete_run(conn, run)], look)
    assert seen == [RunStatus.deleted]


def test_files_that_could_not_be_removed_are_found_again(pool: Pool, tmp_path: Path) -> None:
    owner, runs = make_runs(pool, tmp_path, 3)

    def stumble(deleted: RunDeletion) -> None:
        if deleted.id_ == runs[1]:
            raise PermissionError(deleted.workspace_path)
        remove(deleted)

    with pytest.raises(PermissionError):
        deletion.delete_with_files(
            pool, lambda conn: deletion.delete_all_runs(conn, owner, "w"), stumble
        )
    assert pool.run(waiting) == {runs[1], runs[2]}
    deletion.delete_with_files(pool, deletion.unconfirmed_deletions, remove)
    assert list(tmp_path.iterdir()) == []
    assert pool.run(waiting) == set()


DYING = """
import os, shutil, signal, sys
from reana_db import Pool, deletion

place, owner, moment = sys.argv[1:]
steps = iter(range(100))

def step():
    if next(steps) == int(moment):
        os.kill(os.getpid(), signal.SIGKILL)

def claim(conn):
    step()
    found = deletion.delete_all_runs(conn, owner, "w")
    step()
    return found

def remove(deleted):
    step()
    shutil.rmtree(deleted.workspace_path)
    step()

deletion.delete_with_files(Pool(place), claim, remove)
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(6))
def test_a_service_that_dies_loses_track_of_no_file(
    fresh_db: str, pool: Pool, tmp_path: Path, moment: int
) -> None:
    owner, runs = make_runs(pool, tmp_path, 2)
    command = [sys.executable, "-c", textwrap.dedent(DYING), fresh_db, str(owner), str(moment)]
    died = subprocess.run(command, check=False, env=os.environ)
    assert died.returncode == -signal.SIGKILL
    left = {run for number, run in enumerate(runs, 1) if (tmp_path / str(number)).exists()}
    committed = moment > 1
    assert pool.run(waiting) >= (left if committed else set())
    assert pool.run(lambda conn: workflows.get(conn, runs[0]).status) is (
        RunStatus.deleted if committed else RunStatus.finished
    )
    if not committed:
        assert left == set(runs)
        pool.run(lambda conn: deletion.delete_all_runs(conn, owner, "w"))
    deletion.delete_with_files(pool, deletion.unconfirmed_deletions, remove)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_run_cannot_be_deleted(pool: Pool) -> None:
    with pytest.raises(errors.NotFound):
        deletion.delete_with_files(pool, lambda conn: [deletion.delete_run(conn, uuid4())], remove)
