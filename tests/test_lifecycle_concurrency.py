"""Races between real sessions: each test is named after the race it loses no more."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import database_settings, deletion, errors, lifecycle, retention, users, workflows
from reana_db.deletion import DeletionOutcome
from reana_db.lifecycle import MessageOutcome, NewService
from reana_db.queries import Conn
from reana_db.records import RunStatus, SettingName
from tests.support.factories import make_job, make_session, make_user, make_workflow, set_usage
from tests.support.races import at_once

pytestmark = pytest.mark.slow

ROUNDS = 20


def committed_runs(uri: str, number: int, status: str) -> list[UUID]:
    with psycopg.connect(uri) as conn:
        owner = make_user(conn)
        return [make_workflow(conn, owner, status=status) for _ in range(number)]


def statuses(uri: str, runs: list[UUID]) -> list[RunStatus | None]:
    with psycopg.connect(uri) as conn:
        return [workflows.get(conn, run).status for run in runs]


def succeeds(operation: Callable[[Conn, UUID], object], conn: Conn, run: UUID) -> bool:
    try:
        operation(conn, run)
    except errors.InvalidTransition:
        return False
    return True


def test_r1_of_many_requests_to_queue_a_run_one_succeeds(fresh_db: str) -> None:
    runs = committed_runs(fresh_db, ROUNDS, "created")

    def work(conn: Conn, _: int) -> list[bool]:
        return [succeeds(lifecycle.queue, conn, run) for run in runs]

    results = at_once(fresh_db, 8, work)
    assert [sum(of_run) for of_run in zip(*results, strict=True)] == [1] * ROUNDS


def test_r1_of_many_starts_of_a_run_one_succeeds(fresh_db: str) -> None:
    runs = committed_runs(fresh_db, ROUNDS, "queued")

    def work(conn: Conn, number: int) -> list[bool]:
        def start(conn: Conn, run: UUID) -> object:
            return lifecycle.start(conn, run, input_parameters={"session": number})

        return [succeeds(start, conn, run) for run in runs]

    results = at_once(fresh_db, 8, work)
    with psycopg.connect(fresh_db) as conn:
        for run, of_run in zip(runs, zip(*results, strict=True), strict=True):
            parameters = workflows.specification(conn, run).input_parameters
            assert [i for i, started in enumerate(of_run) if started] == [parameters["session"]]


def test_r1_a_start_never_resurrects_a_deleted_run(fresh_db: str) -> None:
    runs = committed_runs(fresh_db, ROUNDS, "queued")

    def work(conn: Conn, number: int) -> list[bool]:
        if number % 2:
            return [succeeds(lifecycle.start, conn, run) for run in runs]
        return [
            deletion.delete_run(conn, run).outcome is not DeletionOutcome.RUNNING for run in runs
        ]

    at_once(fresh_db, 6, work)
    assert set(statuses(fresh_db, runs)) == {RunStatus.deleted}


def test_r1_a_failed_run_is_not_made_pending(fresh_db: str) -> None:
    runs = committed_runs(fresh_db, ROUNDS, "queued")

    def work(conn: Conn, number: int) -> list[bool]:
        if number % 2:
            return [succeeds(lifecycle.start, conn, run) for run in runs]
        return [
            lifecycle.apply_status_message(conn, run, status=RunStatus.failed).ended for run in runs
        ]

    started, failed = at_once(fresh_db, 2, work)[::-1]
    assert failed == [True] * ROUNDS
    assert set(statuses(fresh_db, runs)) == {RunStatus.failed}
    assert len(started) == ROUNDS


def test_r1_a_deletion_and_a_message_agree_on_who_was_first(fresh_db: str) -> None:
    runs = committed_runs(fresh_db, 4 * ROUNDS, "pending")

    def work(conn: Conn, number: int) -> list[str]:
        if number:
            return [
                str(lifecycle.apply_status_message(conn, run, status=RunStatus.running).outcome)
                for run in runs
            ]
        return [str(deletion.delete_run(conn, run).outcome) for run in runs]

    deletions, messages = at_once(fresh_db, 2, work)
    ends = [str(status) for status in statuses(fresh_db, runs)]
    expected = {
        ("deleted", "run ended", "deleted"),
        ("running", "applied", "running"),
    }
    assert set(zip(deletions, messages, ends, strict=True)) <= expected


def test_r1_a_stop_and_an_end_agree_on_who_was_first(fresh_db: str) -> None:
    runs = committed_runs(fresh_db, 2 * ROUNDS, "running")

    def work(conn: Conn, number: int) -> list[bool]:
        if number:
            return [
                lifecycle.apply_status_message(conn, run, status=RunStatus.finished).ended
                for run in runs
            ]
        return [succeeds(lifecycle.stop, conn, run) for run in runs]

    stopped, finished = at_once(fresh_db, 2, work)
    for end, *winners in zip(statuses(fresh_db, runs), stopped, finished, strict=True):
        assert winners == [end is RunStatus.stopped, end is RunStatus.finished]


def test_r3_a_message_that_overtakes_the_start_keeps_the_run_running(fresh_db: str) -> None:
    runs = committed_runs(fresh_db, 2 * ROUNDS, "queued")

    def work(conn: Conn, number: int) -> list[bool]:
        if number:
            outcomes = [
                lifecycle.apply_status_message(conn, run, status=RunStatus.running).outcome
                for run in runs
            ]
            return [outcome is MessageOutcome.APPLIED for outcome in outcomes]
        return [succeeds(lifecycle.start, conn, run) for run in runs]

    _, applied = at_once(fresh_db, 2, work)
    assert all(applied)
    assert set(statuses(fresh_db, runs)) == {RunStatus.running}


def test_r5_a_session_that_dies_leaves_nothing_of_a_status_change(fresh_db: str) -> None:
    (run,) = committed_runs(fresh_db, 1, "running")
    with psycopg.connect(fresh_db) as conn:
        retention.add(conn, run, {"**/*": 3})
    with psycopg.connect(fresh_db) as dying:
        lifecycle.apply_status_message(dying, run, status=RunStatus.finished, logs="done")
        dying.close()
    with psycopg.connect(fresh_db) as conn:
        found = workflows.get(conn, run)
        assert (found.status, found.run_finished_at) == (RunStatus.running, None)
        assert workflows.logs(conn, run) == ""
        assert [rule.status.value for rule in retention.list_rules(conn, run)] == ["created"]


def test_r6_progress_of_many_consumers_is_united(fresh_db: str) -> None:
    (run,) = committed_runs(fresh_db, 1, "running")

    def work(conn: Conn, number: int) -> None:
        for count in range(25):
            ids = [f"{number}-{count}", "shared"]
            progress = {"finished": {"total": 2, "job_ids": ids}}
            lifecycle.apply_status_message(conn, run, progress=progress)

    at_once(fresh_db, 16, work)
    with psycopg.connect(fresh_db) as conn:
        finished = workflows.job_progress(conn, run)["finished"]
    expected = {f"{number}-{count}" for number in range(16) for count in range(25)} | {"shared"}
    assert set(finished["job_ids"]) == expected
    assert finished["total"] == len(finished["job_ids"]) == 401


def test_r7_logs_of_many_writers_are_all_kept(fresh_db: str) -> None:
    (run,) = committed_runs(fresh_db, 1, "running")

    def work(conn: Conn, number: int) -> None:
        for count in range(25):
            text = f"<{number}-{count}>"
            if number % 2:
                lifecycle.append_logs(conn, run, text)
            else:
                lifecycle.apply_status_message(conn, run, status=RunStatus.running, logs=text)

    at_once(fresh_db, 16, work)
    with psycopg.connect(fresh_db) as conn:
        found = re.findall("<.*?>", workflows.logs(conn, run))
    written = [f"<{number}-{count}>" for number in range(16) for count in range(25)]
    assert Counter(found) == Counter(written)
    for number in range(16):
        mine = [text for text in found if text.startswith(f"<{number}-")]
        assert mine == [f"<{number}-{count}>" for count in range(25)]


def test_r10_a_restart_waits_for_a_deletion_and_is_refused(fresh_db: str) -> None:
    (run,) = committed_runs(fresh_db, 1, "finished")
    deleted: list[bool] = []

    def work(conn: Conn, number: int) -> str:
        if number == 0:
            with conn.transaction():
                deletion.delete_run(conn, run)
                deleted.append(True)
                time.sleep(0.3)
            return "deleted"
        while not deleted:
            time.sleep(0.01)
        with pytest.raises(errors.RestartRefused, match="is deleted"):
            lifecycle.clone_for_restart(conn, run)
        return "refused"

    assert at_once(fresh_db, 2, work) == ["deleted", "refused"]


def test_r2_parallel_restarts_of_one_run_all_succeed(fresh_db: str) -> None:
    (run,) = committed_runs(fresh_db, 1, "failed")

    def work(conn: Conn, number: int) -> list[int | None]:
        rules = {"**/*": number}
        restarts = [
            lifecycle.clone_for_restart(conn, run, retention_rules=rules) for _ in range(10)
        ]
        return [restart.run_number_minor for restart in restarts]

    numbers = [number for batch in at_once(fresh_db, 8, work) for number in batch]
    assert sorted(number or 0 for number in numbers) == list(range(1, 81))
    with psycopg.connect(fresh_db) as conn:
        live = conn.execute(
            "SELECT run_number_minor FROM __reana.workflow AS w"
            " JOIN __reana.workspace_retention_rule AS r ON r.workflow_id = w.id_"
            " WHERE r.status = 'created'"
        ).fetchall()
    assert live == [(80,)]


def test_r2_parallel_creations_with_rules_all_succeed(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        owner = make_user(conn)

    def work(conn: Conn, _: int) -> list[int | None]:
        numbers = []
        for _ in range(20):
            name = f"dask-service-{uuid4()}"
            run = lifecycle.create(
                conn,
                owner_id=owner,
                name="w",
                specification={},
                type_="serial",
                workspace_path="/w",
                retention_rules={"**/*": 3},
                service=NewService(name=name, uri=f"https://example.org/{name}"),
            )
            numbers.append(run.run_number_major)
        return numbers

    numbers = [number for batch in at_once(fresh_db, 16, work) for number in batch]
    assert sorted(number or 0 for number in numbers) == list(range(1, 321))


def test_deletions_of_all_runs_at_once_do_not_deadlock(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        owner = make_user(conn)
        runs = [
            make_workflow(conn, owner, name="w", run_number_major=major, status="finished")
            for major in range(1, 21)
        ]
        for run in runs:
            retention.add(conn, run, {"a": 1, "b": 2})
            make_session(conn, run)
            make_job(conn, run)

    def work(conn: Conn, number: int) -> set[UUID]:
        if number % 2:
            chosen = random.sample(runs, len(runs))
            deletions = [deletion.delete_run(conn, run) for run in chosen]
        else:
            deletions = deletion.delete_all_runs(conn, owner, "w")
        return {item.id_ for deleted in deletions for item in deleted.closed}

    assert len(set.union(*at_once(fresh_db, 8, work))) == len(runs)
    assert set(statuses(fresh_db, runs)) == {RunStatus.deleted}


def test_deletions_ends_and_measurements_in_one_workspace_do_not_deadlock(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        database_settings.change(conn, SettingName.termination_quota_update_policy, "cpu")
        owner = make_user(conn)
        runs = [
            make_workflow(conn, owner, name="w", run_number_minor=minor, workspace_path="/w")
            for minor in range(60)
        ]
        for run in runs:
            retention.add(conn, run, {"a": 1, "b": 2})
            set_usage(conn, run, 1000)
        for status in ("queued", "pending", "running"):
            conn.execute("UPDATE __reana.workflow SET status = %s", [status])

    def work(conn: Conn, number: int) -> None:
        for run in random.sample(runs, len(runs)):
            if number < 2:
                deletion.delete_run(conn, run)
            elif number < 4:
                lifecycle.apply_status_message(conn, run, status=RunStatus.finished)
            else:
                measure_again(conn, run)

    at_once(fresh_db, 6, work)
    assert set(statuses(fresh_db, runs)) <= {RunStatus.deleted, RunStatus.finished}


def measure_again(conn: Conn, run: UUID) -> None:
    conn.execute(
        "UPDATE __reana.workflow_resource SET quota_used = quota_used + 1 WHERE workflow_id = %s",
        [run],
    )


def test_whole_lives_at_once_lose_nothing(fresh_db: str) -> None:
    runs = committed_runs(fresh_db, 40, "created")
    steps: list[Callable[[Conn, UUID], object]] = [
        lifecycle.queue,
        lifecycle.start,
        lambda conn, run: lifecycle.apply_status_message(conn, run, status=RunStatus.running),
        lambda conn, run: lifecycle.apply_status_message(conn, run, status=RunStatus.finished),
        lifecycle.stop,
        deletion.delete_run,
    ]

    def work(conn: Conn, _: int) -> None:
        for _ in range(150):
            succeeds(random.choice(steps), conn, random.choice(runs))

    at_once(fresh_db, 16, work)
    with psycopg.connect(fresh_db) as conn:
        odd = conn.execute(
            "SELECT id_, status FROM __reana.workflow WHERE"
            " (run_started_at IS NULL AND status IN ('running', 'stopped'))"
            " OR (status = 'finished' AND run_finished_at IS NULL)"
            " OR (status = 'stopped' AND run_stopped_at IS NULL)"
            " OR run_finished_at < run_started_at OR run_stopped_at < run_started_at"
        ).fetchall()
    assert odd == []


def test_a_message_that_comes_twice_at_once_is_stored_once(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        runs = [make_workflow(conn, make_user(conn), status="running") for _ in range(10)]

    def work(conn: Conn, _: int) -> list[str]:
        return [
            str(lifecycle.apply_status_message(conn, run, logs="x", message_id="m").outcome)
            for run in runs
        ]

    outcomes = at_once(fresh_db, 6, work)
    for number, run in enumerate(runs):
        assert sorted(of[number] for of in outcomes) == ["applied", *["repeated"] * 5]
        with psycopg.connect(fresh_db) as conn:
            assert workflows.logs(conn, run) == "x\n"


def test_of_creations_with_one_id_at_once_one_succeeds_and_all_go_on(fresh_db: str) -> None:
    workflow_id = uuid4()
    with psycopg.connect(fresh_db) as conn:
        owner = make_user(conn)

    def work(conn: Conn, number: int) -> bool:
        with conn.transaction():
            written = make_user(conn)
            try:
                lifecycle.create(
                    conn,
                    owner_id=owner,
                    workflow_id=workflow_id,
                    name=f"analysis{number}",
                    specification={},
                    type_="serial",
                    retention_rules={"**/*": 7},
                )
            except errors.AlreadyExists:
                return users.find_by_id(conn, written) is None
            return True

    assert sum(at_once(fresh_db, 8, work)) == 1
    with psycopg.connect(fresh_db) as conn:
        assert conn.execute("SELECT count(*) FROM __reana.workspace_retention_rule").fetchone() == (
            1,
        )
        assert conn.execute("SELECT count(*) FROM __reana.user_").fetchone() == (9,)
