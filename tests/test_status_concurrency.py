"""Status changes of many sessions at once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus

from reana_db import errors, transitions, workflows
from reana_db.queries import Conn
from reana_db.records import Entity, RunStatus, StatusChange
from tests.support import soak
from tests.support.factories import make_user, make_workflow
from tests.support.races import at_once, until_one_waits

SESSIONS = 16
CHANGES = soak.size(2_000, 20_000)
RUNS = CHANGES // 100

# Ends of no return are rare, so that runs stay alive for most of the changes.
WEIGHTS = {
    RunStatus.created: 5,
    RunStatus.queued: 10,
    RunStatus.pending: 20,
    RunStatus.running: 30,
    RunStatus.finished: 16,
    RunStatus.failed: 16,
    RunStatus.stopped: 1,
    RunStatus.deleted: 2,
}

WATCH_TIMES = """
CREATE TABLE watched (run uuid, started timestamp, finished timestamp, stopped timestamp);
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO watched
    VALUES (NEW.id_, NEW.run_started_at, NEW.run_finished_at, NEW.run_stopped_at);
    RETURN NULL;
END $$;
CREATE TRIGGER watch AFTER UPDATE ON __reana.workflow FOR EACH ROW EXECUTE FUNCTION watch();
"""

TIMES_SET_TWICE_OR_OUT_OF_ORDER = """
SELECT count(*)
FROM (
    SELECT
        count(DISTINCT started) > 1 OR count(DISTINCT finished) > 1 OR count(DISTINCT stopped) > 1
        OR max(started) > min(finished) OR max(started) > min(stopped) AS wrong
    FROM watched
    GROUP BY run
) AS run
WHERE wrong
"""

# A path: each entry begins where the one before ended, along a rule, and ends at the status.
BROKEN_PATHS = """
SELECT entry.*
FROM (
    SELECT
        h.*,
        lag(h.to_status) OVER run AS previous,
        row_number() OVER run AS position,
        lead(h.id) OVER run IS NULL AS last
    FROM __reana.status_history AS h
    WHERE h.entity = 'workflow'
    WINDOW run AS (PARTITION BY h.entity_id ORDER BY h.id)
) AS entry
JOIN __reana.workflow AS w ON w.id_ = entry.entity_id
LEFT JOIN __reana.status_transition AS rule
ON
    rule.entity = entry.entity
    AND rule.from_status = entry.from_status
    AND rule.to_status = entry.to_status
WHERE
    entry.from_status IS DISTINCT FROM entry.previous
    OR (entry.position > 1 AND rule.entity IS NULL)
    OR (entry.last AND entry.to_status <> w.status::text)
    OR NOT entry.allowed
"""


def by_function(conn: Conn, run: UUID, status: RunStatus) -> bool:
    change = transitions.try_set_workflow_status(conn, run, status, append_logs="x")
    assert change is not None
    return change.changed


def by_raising_function(conn: Conn, run: UUID, status: RunStatus) -> bool:
    try:
        return transitions.set_workflow_status(conn, run, status).changed
    except errors.InvalidTransition:
        return False


def by_raw_update(conn: Conn, run: UUID, status: RunStatus) -> bool:
    """Change blindly; tell whether that changed the status."""
    query = """
        UPDATE __reana.workflow AS w SET status = %s FROM __reana.workflow AS old
        WHERE w.id_ = %s AND old.id_ = w.id_
    """
    try:
        conn.execute(query, [status, run])
    except errors.InvalidTransition:
        return False
    return True


WAYS: list[Callable[[Conn, UUID, RunStatus], bool]] = [
    by_function,
    by_raising_function,
    by_raw_update,
    by_raw_update,
]


@pytest.fixture
def runs(fresh_db: str) -> list[UUID]:
    with psycopg.connect(fresh_db) as conn:
        owner = make_user(conn)
        return [make_workflow(conn, owner) for _ in range(RUNS)]


def rows(uri: str, query: str) -> list[Any]:
    with psycopg.connect(uri) as conn:
        return conn.execute(query.encode()).fetchall()


@pytest.mark.slow
@pytest.mark.soak
def test_random_changes_of_16_sessions_leave_a_path_of_every_run(
    fresh_db: str, runs: list[UUID]
) -> None:
    with psycopg.connect(fresh_db) as conn:
        conn.execute(WATCH_TIMES)

    def session(conn: Conn, number: int) -> int:
        choice = random.Random(number)
        made = 0
        for _ in range(CHANGES // SESSIONS):
            (status,) = choice.choices(list(WEIGHTS), list(WEIGHTS.values()))
            way = choice.choice(WAYS)
            made += way(conn, choice.choice(runs), status) and way is not by_raw_update
            assert conn.info.transaction_status is TransactionStatus.IDLE
        return made

    by_functions = sum(at_once(fresh_db, SESSIONS, session))
    ((recorded, moved),) = rows(
        fresh_db,
        """
        SELECT count(*), count(DISTINCT entity_id) FILTER (WHERE from_status IS NOT NULL)
        FROM __reana.status_history WHERE from_status IS NOT NULL
        """,
    )
    assert moved == RUNS
    assert recorded > by_functions > CHANGES // 50
    assert rows(fresh_db, BROKEN_PATHS) == []
    assert rows(fresh_db, TIMES_SET_TWICE_OR_OUT_OF_ORDER) == [(0,)]


def test_logs_and_progress_of_16_sessions_are_all_kept(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        run = make_workflow(conn, make_user(conn), status="running", job_progress="{}")
    messages = soak.size(15, 40)

    def session(conn: Conn, number: int) -> None:
        for message in range(messages):
            job = f"{number}-{message}"
            transitions.set_workflow_status(
                conn,
                run,
                RunStatus.running,
                append_logs=f"{job}\n",
                progress={
                    "total": {"total": number + 1, "job_ids": []},
                    "running": {"total": 1, "job_ids": [job]},
                },
            )

    at_once(fresh_db, SESSIONS, session)
    expected = {f"{number}-{message}" for number in range(SESSIONS) for message in range(messages)}
    with psycopg.connect(fresh_db) as conn:
        assert Counter((workflows.logs(conn, run) or "").split()) == Counter(expected)
        progress = workflows.job_progress(conn, run)
    assert set(progress["running"]["job_ids"]) == expected
    assert progress["running"]["total"] == len(expected)
    assert 1 <= progress["total"]["total"] <= SESSIONS


def test_only_one_of_16_sessions_starts_a_run(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        run = make_workflow(conn, make_user(conn), status="queued")

    def session(conn: Conn, _number: int) -> bool:
        change = transitions.try_set_workflow_status(
            conn, run, RunStatus.pending, expected=[RunStatus.queued]
        )
        return change is not None and change.changed

    assert sum(at_once(fresh_db, SESSIONS, session)) == 1


@contextmanager
def meanwhile(uri: str, run: UUID, status: RunStatus, logs: str) -> Iterator[None]:
    """Change a run in another session that commits when the block has come to wait for it."""
    with psycopg.connect(uri) as other, psycopg.connect(uri, autocommit=True) as watcher:
        transitions.set_workflow_status(other, run, status, append_logs=logs)

        def commit() -> None:
            until_one_waits(watcher)
            other.commit()

        with ThreadPoolExecutor(1) as thread:
            done = thread.submit(commit)
            yield
            done.result()


def report(uri: str, run: UUID, status: RunStatus, **parameters: Any) -> StatusChange:
    with psycopg.connect(uri) as conn:
        change = transitions.try_set_workflow_status(conn, run, status, **parameters)
        assert change is not None
        assert conn.info.transaction_status is TransactionStatus.INTRANS
        return change


@pytest.fixture
def pending(fresh_db: str) -> UUID:
    with psycopg.connect(fresh_db) as conn:
        return make_workflow(conn, make_user(conn), status="pending")


def test_a_change_that_waited_is_judged_by_the_status_it_finds_then(
    fresh_db: str, pending: UUID
) -> None:
    with meanwhile(fresh_db, pending, RunStatus.running, "started"):
        change = report(fresh_db, pending, RunStatus.deleted)
    assert change == StatusChange(pending, "running", "running", changed=False, allowed=False)


def test_a_change_that_became_possible_while_it_waited_is_made(
    fresh_db: str, pending: UUID
) -> None:
    with meanwhile(fresh_db, pending, RunStatus.running, "started "):
        change = report(fresh_db, pending, RunStatus.stopped, append_logs="stopped")
    assert change == StatusChange(pending, "running", "stopped", changed=True, allowed=True)
    with psycopg.connect(fresh_db) as conn:
        assert workflows.logs(conn, pending) == "started stopped"


def test_an_expected_status_that_went_away_while_it_waited_is_missed(
    fresh_db: str, pending: UUID
) -> None:
    with meanwhile(fresh_db, pending, RunStatus.running, ""):
        change = report(fresh_db, pending, RunStatus.failed, expected=[RunStatus.pending])
    assert change.refused
    assert change.before == RunStatus.running


def test_a_raw_update_that_waited_is_guarded_by_the_status_it_finds_then(
    fresh_db: str, pending: UUID
) -> None:
    with (
        psycopg.connect(fresh_db) as conn,
        pytest.raises(errors.InvalidTransition) as raised,
        meanwhile(fresh_db, pending, RunStatus.running, ""),
    ):
        conn.execute("UPDATE __reana.workflow SET status = 'deleted' WHERE id_ = %s", [pending])
    assert (raised.value.entity, raised.value.from_status) == (Entity.workflow, "running")


def test_repeatable_reads_are_told_to_try_again(fresh_db: str, pending: UUID) -> None:
    with psycopg.connect(fresh_db) as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        with (
            pytest.raises(psycopg.errors.SerializationFailure),
            meanwhile(fresh_db, pending, RunStatus.running, ""),
        ):
            transitions.try_set_workflow_status(conn, pending, RunStatus.deleted)
