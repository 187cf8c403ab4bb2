"""Totals are exact after sixteen sessions changed runs at random, some of them killed."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from reana_db import resources
from tests.factories import make_user, make_workflow
from tests.quota_recomputation import recomputed, stored
from tests.races import at_once

Conn = psycopg.Connection[Any]
SECONDS = float(os.environ.get("REANA_DB_TEST_SECONDS", "8"))
SESSIONS = 16
USERS = 5
RUNS = 40


def now() -> datetime:
    """Return the time as columns without zone hold it."""
    return datetime.utcnow()  # noqa: DTZ003


class Session:
    """One client that changes one run, or one total, per transaction."""

    def __init__(self, conn: Conn, seed: int, users: list[UUID], runs: list[UUID]) -> None:
        self.conn = conn
        self.random = random.Random(seed)
        self.users = users
        self.runs = runs
        self.created: list[UUID] = []
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        """Do something; what the rules refuse is no fault."""
        action = self.random.choice(ACTIONS)
        self.created.clear()
        try:
            with self.conn.transaction():
                action(self)
        except psycopg.errors.IntegrityError:
            self.done["refused"] += 1
        else:
            self.runs.extend(self.created)  # only now the others can see them
            self.done[action.__name__] += 1

    def run(self) -> UUID:
        return self.random.choice(self.runs)

    def time(self) -> datetime:
        return now() - timedelta(milliseconds=self.random.randrange(10_000_000_000))

    def create(self) -> None:
        owner = self.random.choice(self.users)
        path = f"/w/{owner}/{self.random.randrange(10)}"
        self.created.append(make_workflow(self.conn, owner, workspace_path=path))

    def restart(self) -> None:
        row = self.conn.execute(
            "SELECT owner_id, name, workspace_path, run_number_major FROM __reana.workflow"
            " WHERE id_ = %s",
            [self.run()],
        ).fetchone()
        assert row is not None
        owner_id, name, path, major = row
        columns = {"name": name, "workspace_path": path, "restart": True}
        numbers = {"run_number_major": major, "run_number_minor": None}
        self.created.append(make_workflow(self.conn, owner_id, **columns, **numbers))

    def advance(self) -> None:
        """Take a run one step on: created, queued, pending, running, ended, deleted."""
        self.conn.execute(
            "UPDATE __reana.workflow SET status = (CASE status WHEN 'created' THEN 'queued'"
            " WHEN 'queued' THEN 'pending' WHEN 'pending' THEN 'running'"
            " WHEN 'running' THEN %s ELSE 'deleted' END)::public.runstatus WHERE id_ = %s",
            [self.random.choice(["finished", "failed", "stopped"]), self.run()],
        )

    def correct_times(self, run_id: UUID | None = None) -> None:
        self.conn.execute(
            "UPDATE __reana.workflow SET run_started_at = %s, run_finished_at = %s WHERE id_ = %s",
            [self.time(), self.random.choice([None, self.time()]), run_id or self.run()],
        )

    def set_disk(self) -> None:
        self._use(self.run(), "disk", "excluded.quota_used")

    def add_disk(self) -> None:
        change = "GREATEST(usage.quota_used + excluded.quota_used - 500, 0)"
        self._use(self.run(), "disk", change)

    def set_cpu(self) -> None:
        self._use(self.run(), "cpu", "excluded.quota_used")

    def _use(self, run_id: UUID, kind: str, value: str) -> None:
        self.conn.execute(
            "INSERT INTO __reana.workflow_resource AS usage"
            " (created, updated, workflow_id, resource_id, quota_used)"
            " SELECT now(), now(), %s, id_, %s FROM __reana.resource WHERE type_ = %s"
            f" ON CONFLICT (workflow_id, resource_id) DO UPDATE SET quota_used = {value}",
            [run_id, self.random.randrange(1000), kind],
        )

    def finish_and_measure(self) -> None:
        run_id = self.run()
        self.correct_times(run_id)
        self._use(run_id, "disk", "excluded.quota_used")

    def set_limit(self) -> None:
        self.conn.execute(
            "UPDATE __reana.user_resource SET quota_limit = %s, quota_used = 12345"
            " WHERE user_id = %s AND resource_id IN"
            " (SELECT id_ FROM __reana.resource WHERE type_ = 'cpu')",
            [self.random.randrange(1000), self.random.choice(self.users)],
        )

    def set_period(self) -> None:
        self.conn.execute(
            "UPDATE __reana.user_resource SET quota_period_months = %s, quota_period_start_at = %s"
            " WHERE user_id = %s AND resource_id IN"
            " (SELECT id_ FROM __reana.resource WHERE type_ = 'cpu')",
            [self.random.choice([None, 1, 2]), self.time(), self.random.choice(self.users)],
        )

    def move(self) -> None:
        path = f"/w/moved/{self.random.randrange(3)}"
        self.conn.execute(
            "UPDATE __reana.workflow SET workspace_path = %s WHERE id_ = %s", [path, self.run()]
        )

    def delete_row(self) -> None:
        self.conn.execute(
            "DELETE FROM __reana.workflow_resource WHERE workflow_id = %s AND resource_id ="
            " (SELECT id_ FROM __reana.resource WHERE type_ = 'disk')",
            [self.run()],
        )


ACTIONS = (
    *(Session.create, Session.restart, Session.correct_times, Session.move, Session.delete_row),
    *(Session.set_disk, Session.set_cpu, Session.set_limit, Session.set_period),
    *(4 * [Session.advance]),
    *(4 * [Session.add_disk]),
    Session.finish_and_measure,
)


@pytest.fixture
def users(fresh_db: str) -> list[UUID]:
    """Users with quota rows, in a database whose policy accounts processing time."""
    with psycopg.connect(fresh_db) as conn:
        resources.create_defaults(conn)
        conn.execute(
            "UPDATE __reana.setting SET value = 'cpu'"
            " WHERE name = 'termination_quota_update_policy'"
        )
        return [make_user(conn) for _ in range(USERS)]


def test_totals_are_exact_after_a_random_workload(fresh_db: str, users: list[UUID]) -> None:
    with psycopg.connect(fresh_db) as conn:
        runs = [make_workflow(conn, users[number % USERS]) for number in range(RUNS)]
    over = threading.Event()
    done: Counter[str] = Counter()

    def client(conn: Conn, number: int) -> None:
        session = Session(conn, number, users, runs)
        while not over.is_set():
            try:
                session.step()
            except (psycopg.errors.AdminShutdown, psycopg.OperationalError) as error:
                if isinstance(error, psycopg.errors.DeadlockDetected) or not session.conn.broken:
                    over.set()
                    raise
                session.done["killed"] += 1
                session.conn = reconnected.enter_context(psycopg.connect(fresh_db, autocommit=True))
        done.update(session.done)

    def disturber() -> None:
        """Kill a random client now and then."""
        ends = time.monotonic() + SECONDS
        with psycopg.connect(fresh_db, autocommit=True) as conn:
            while time.monotonic() < ends:
                time.sleep(SECONDS / 20)
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    " AND backend_type = 'client backend' ORDER BY random() LIMIT 1) AS victim"
                )
        over.set()

    killer = threading.Thread(target=disturber)
    killer.start()
    with ExitStack() as reconnected:
        try:
            at_once(fresh_db, SESSIONS, client)
        finally:
            over.set()
            killer.join()

    assert done["killed"] > 0
    assert not {action.__name__ for action in ACTIONS} - set(done)
    with psycopg.connect(fresh_db) as conn:
        assert stored(conn) == recomputed(conn)
        assert any(stored(conn).values())
