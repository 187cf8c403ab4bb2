"""Totals are exact after sixteen sessions changed runs at random, some of them killed."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import IsolationLevel

from reana_db import deletion, lifecycle, quota, quota_periods, quota_refresh, resources
from reana_db.errors import InvalidArgument, InvalidTransition, NotFound, RestartRefused
from reana_db.records import ResourceType, RunStatus
from tests.support import soak
from tests.support.factories import make_user, make_workflow
from tests.support.quota_recomputation import recomputed, stored
from tests.support.races import at_once, until_one_waits

Conn = psycopg.Connection[Any]
SECONDS = soak.SECONDS or 2
ADDITIONS = soak.size(25, 100)
SESSIONS = 16
USERS = 5
RUNS = 40
REFUSALS = (InvalidArgument, InvalidTransition, NotFound, RestartRefused)


def now() -> datetime:
    """Return the time as columns without zone hold it."""
    return datetime.utcnow()  # noqa: DTZ003 - columns without zone


class Session:
    """One client that changes one run, or one total, per transaction.

    Half of what it can do goes through functions of the library, half is SQL of somebody else.
    """

    def __init__(
        self, conn: Conn, seed: int, users: list[UUID], runs: list[UUID], done: Counter[str]
    ) -> None:
        self.conn = conn
        self.random = random.Random(seed)
        self.users = users
        self.runs = runs
        self.created: list[UUID] = []
        self.done = done

    def step(self) -> None:
        """Do something; what the rules refuse is no fault."""
        action = self.random.choice(ACTIONS)
        self.created.clear()
        try:
            with self.conn.transaction():
                action(self)
        except (psycopg.errors.IntegrityError, *REFUSALS):
            self.done["refused"] += 1
        except psycopg.errors.SerializationFailure:
            self.done["another snapshot"] += 1
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

    def give_away(self) -> None:
        """Move a run to another owner, who has a workspace of the same path or not."""
        self.conn.execute(
            "UPDATE __reana.workflow SET owner_id = %s WHERE id_ = %s",
            [self.random.choice(self.users), self.run()],
        )

    def function_create(self) -> None:
        owner = self.random.choice(self.users)
        run = lifecycle.create(
            self.conn,
            workflow_id=uuid4(),
            owner_id=owner,
            name=f"name{self.random.randrange(5)}",
            specification={},
            type_="serial",
            workspace_path=f"/w/{owner}/{self.random.randrange(10)}",
            retention_rules={"*": 1, "**/*": 2},
        )
        self.created.append(run.id_)

    def function_restart(self) -> None:
        run = lifecycle.clone_for_restart(self.conn, self.run(), retention_rules={"*": 1})
        self.created.append(run.id_)

    def function_start(self) -> None:
        run_id = self.run()
        lifecycle.queue(self.conn, run_id)
        lifecycle.start(self.conn, run_id)

    def function_message(self) -> None:
        status = self.random.choice([RunStatus.running, RunStatus.finished, RunStatus.failed])
        at = self.time().replace(tzinfo=UTC)
        lifecycle.apply_status_message(self.conn, self.run(), status=status, logs="x", at=at)

    def function_stop(self) -> None:
        lifecycle.stop(self.conn, self.run())

    def function_delete(self) -> None:
        deletion.delete_run(self.conn, self.run())

    def function_set_disk(self) -> None:
        bytes_ = self.random.randrange(1000)
        quota.set_disk_usage(self.conn, workflow_id=self.run(), bytes_=bytes_)

    def function_add_disk(self) -> None:
        bytes_ = self.random.randrange(1000) - 400
        quota.add_disk_usage(self.conn, workflow_id=self.run(), bytes_=bytes_)

    def function_set_limit(self) -> None:
        user_ids = [self.random.choice(self.users)]
        type_ = self.random.choice(list(ResourceType))
        quota.set_limit(self.conn, user_ids=user_ids, limit=7, type_=type_)

    def function_set_period(self) -> None:
        user_id = self.random.choice(self.users)
        if self.random.random() < 0.5:
            quota_periods.clear(self.conn, user_id)
        else:
            start_at = self.time().replace(tzinfo=UTC)
            quota_periods.set_period(self.conn, user_id=user_id, months=1, start_at=start_at)

    def delete_row(self) -> None:
        self.conn.execute(
            "DELETE FROM __reana.workflow_resource WHERE workflow_id = %s AND resource_id ="
            " (SELECT id_ FROM __reana.resource WHERE type_ = 'disk')",
            [self.run()],
        )


RAW = (
    *(Session.create, Session.restart, Session.correct_times, Session.move, Session.delete_row),
    *(Session.set_disk, Session.set_cpu, Session.set_limit, Session.set_period),
    *(4 * [Session.advance]),
    *(4 * [Session.add_disk]),
    *(Session.finish_and_measure, Session.give_away),
)
LIBRARY = (
    *(Session.function_create, Session.function_restart, Session.function_stop),
    *(Session.function_delete, Session.function_set_disk, Session.function_add_disk),
    *(Session.function_set_limit, Session.function_set_period),
    *(2 * [Session.function_start]),
    *(4 * [Session.function_message]),
)
ACTIONS = (*RAW, *LIBRARY)


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


@contextmanager
def refreshing(uri: str, over: threading.Event, done: Counter[str]) -> Iterator[None]:
    """Refresh all usage again and again, killed now and then as everybody."""

    def refresh() -> None:
        plan = quota_refresh.Plan(workers=1, force=True)
        while not over.wait(0.1):
            try:
                quota_refresh.refresh(lambda: psycopg.connect(uri), plan)
            except psycopg.errors.DeadlockDetected:
                raise
            except psycopg.OperationalError:
                done["refresh killed"] += 1
            else:
                done["refreshed"] += 1

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(refresh)
        try:
            yield
        finally:
            over.set()
        running.result()


def missing(done: Counter[str]) -> set[str]:
    """Return what no session has done yet."""
    return {"killed", "refreshed", *(action.__name__ for action in ACTIONS)} - set(done)


@contextmanager
def killing(uri: str, over: threading.Event, done: Counter[str]) -> Iterator[None]:
    """Kill a random client now and then, until the time is over and everything was done."""

    def kill() -> None:
        ends = time.monotonic() + SECONDS
        with psycopg.connect(uri, autocommit=True) as conn:
            while (time.monotonic() < ends or missing(done)) and not over.wait(SECONDS / 20):
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    " AND backend_type = 'client backend' ORDER BY random() LIMIT 1) AS victim"
                )
        over.set()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(kill)
        try:
            yield
        finally:
            over.set()
        running.result()


def work(session: Session, reconnect: Any, over: threading.Event) -> None:
    """Change something again and again; only a killed session may fail, and goes on."""
    while not over.is_set():
        try:
            session.step()
        except psycopg.OperationalError as error:
            if isinstance(error, psycopg.errors.DeadlockDetected) or not session.conn.broken:
                over.set()
                raise
            session.done["killed"] += 1
            session.conn = reconnect()
        except BaseException:
            over.set()
            raise


@pytest.mark.slow
@pytest.mark.soak
# The refresh is killed while it streams: psycopg cannot close that cursor any more.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function ServerCursorMixin:"
    "pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize(
    "levels",
    [[IsolationLevel.READ_COMMITTED], list(IsolationLevel)],
    ids=["read committed", "every isolation level"],
)
def test_totals_are_exact_after_a_random_workload(
    fresh_db: str, users: list[UUID], levels: list[IsolationLevel]
) -> None:
    with psycopg.connect(fresh_db) as conn:
        runs = [make_workflow(conn, users[number % USERS]) for number in range(RUNS)]
    over = threading.Event()
    done: Counter[str] = Counter()

    def client(conn: Conn, number: int) -> None:
        level = levels[number % len(levels)]
        conn.isolation_level = level
        session = Session(conn, number, users, runs, done)
        with ExitStack() as connections:

            def reconnect() -> Conn:
                conn = connections.enter_context(psycopg.connect(fresh_db, autocommit=True))
                conn.isolation_level = level
                return conn

            work(session, reconnect, over)

    with refreshing(fresh_db, over, done), killing(fresh_db, over, done):
        at_once(fresh_db, SESSIONS, client)

    assert not missing(done)
    assert bool(done["another snapshot"]) == (len(levels) > 1)
    with psycopg.connect(fresh_db) as conn:
        assert stored(conn) == recomputed(conn)
        assert any(stored(conn).values())


@pytest.mark.parametrize(
    "level", [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE], ids=lambda it: it.name
)
@pytest.mark.parametrize(
    "change",
    [
        # the total of the shared workspace stays the same
        "UPDATE __reana.workflow_resource SET quota_used = 5 WHERE workflow_id <> %(run)s",
        "UPDATE __reana.workflow SET owner_id = %(other)s WHERE id_ = %(run)s",
        "UPDATE __reana.workflow SET workspace_path = '/other' WHERE id_ = %(run)s",
    ],
    ids=["usage of its workspace", "its owner", "its workspace"],
)
@pytest.mark.parametrize("used", [0, 10])
def test_an_older_snapshot_counts_nothing(
    fresh_db: str, users: list[UUID], level: IsolationLevel, change: str, used: int
) -> None:
    """What it does not see would be missing in the totals."""
    with psycopg.connect(fresh_db) as conn:
        runs = [make_workflow(conn, users[0], workspace_path="/w") for _ in range(3)]
        quota.set_disk_usage(conn, workflow_id=runs[1], bytes_=used)
    with psycopg.connect(fresh_db) as late, psycopg.connect(fresh_db) as conn:
        late.isolation_level = level
        late.execute("SELECT")
        conn.execute(change.encode(), {"run": runs[1], "other": users[1]})
        conn.commit()
        with pytest.raises(psycopg.errors.SerializationFailure):
            quota.set_disk_usage(late, workflow_id=runs[1], bytes_=3)
    with psycopg.connect(fresh_db) as conn:
        assert stored(conn) == recomputed(conn)


def test_runs_change_owners_without_deadlock(fresh_db: str, users: list[UUID]) -> None:
    """Each session moves runs of its own, one or several at once, to and from the same users."""
    with psycopg.connect(fresh_db) as conn:
        conn.execute("DELETE FROM __reana.user_resource WHERE user_id = %s", [users[0]])
        runs = [
            [make_workflow(conn, users[number % USERS], workspace_path="/w") for number in range(4)]
            for _ in range(SESSIONS)
        ]

    def client(conn: Conn, number: int) -> None:
        session = Session(conn, number, users, runs[number], Counter())
        for _ in range(40):
            moved = session.random.sample(runs[number], session.random.choice([1, 1, 4]))
            conn.execute(
                "UPDATE __reana.workflow SET owner_id = %s WHERE id_ = ANY(%s)",
                [session.random.choice(users), moved],
            )
            session.random.choice([session.advance, session.correct_times, session.set_disk])()

    at_once(fresh_db, SESSIONS, client)

    with psycopg.connect(fresh_db) as conn:
        assert stored(conn) == recomputed(conn)
        assert any(stored(conn).values())


@pytest.mark.parametrize("made", list(ResourceType))
def test_who_waits_for_a_total_that_is_being_made_holds_no_other(
    fresh_db: str, users: list[UUID], made: ResourceType
) -> None:
    """Otherwise the one who makes it, and then locks both totals, would wait for the other."""
    user_id = users[0]
    with psycopg.connect(fresh_db) as conn:
        runs = [make_workflow(conn, user_id, workspace_path=path) for path in ("/a", "/b")]
        for type_ in ResourceType:
            quota.set_limit(conn, user_ids=[user_id], limit=7, type_=type_)
        conn.execute(
            "DELETE FROM __reana.user_resource WHERE user_id = %s AND resource_id ="
            " (SELECT id_ FROM __reana.resource WHERE type_ = %s)",
            [user_id, made],
        )

    def wait_for_total() -> None:
        with psycopg.connect(fresh_db) as conn:
            quota.add_disk_usage(conn, workflow_id=runs[0], bytes_=1)

    with ThreadPoolExecutor(1) as thread, psycopg.connect(fresh_db) as maker:
        maker.execute(
            "INSERT INTO __reana.user_resource"
            " (created, updated, user_id, resource_id, quota_limit, quota_used)"
            " SELECT now(), now(), %s, id_, 7, 0 FROM __reana.resource WHERE type_ = %s",
            [user_id, made],
        )
        waiting = thread.submit(wait_for_total)
        until_one_waits(maker)
        quota.add_disk_usage(maker, workflow_id=runs[1], bytes_=1)
        maker.commit()
        waiting.result(timeout=30)

    with psycopg.connect(fresh_db) as conn:
        assert stored(conn)[user_id, "disk"] == 2
        assert stored(conn) == recomputed(conn)


def add_bytes(uri: str, run_id: UUID, start: Barrier) -> None:
    """Be one process that adds a byte many times."""
    with psycopg.connect(uri, autocommit=True) as conn:
        start.wait(60)
        for _ in range(ADDITIONS):
            quota.add_disk_usage(conn, workflow_id=run_id, bytes_=1)


def test_sixteen_processes_add_bytes(fresh_db: str, users: list[UUID]) -> None:
    """To four runs of one user, so that some processes share a run and all share the total."""
    with psycopg.connect(fresh_db) as conn:
        runs = [make_workflow(conn, users[0], workspace_path=f"/w/{n}") for n in range(4)]
    context = multiprocessing.get_context("fork")
    start = context.Barrier(SESSIONS)
    clients = [
        context.Process(target=add_bytes, args=(fresh_db, runs[number % 4], start))
        for number in range(SESSIONS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join(120)

    assert [client.exitcode for client in clients] == [0] * SESSIONS
    with psycopg.connect(fresh_db) as conn:
        assert stored(conn)[users[0], "disk"] == SESSIONS * ADDITIONS
        assert stored(conn) == recomputed(conn)
