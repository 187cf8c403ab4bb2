"""How many lives of runs a database takes per second, from 1 session to 32, and what limits it.

A session lives through one run after the other (20 requests and messages, three jobs) and takes a
connection of a pool for each of them, as services do:

    processes   each session is a process, with a connection
    bare        the same, on a database without triggers
    pgbouncer   the same, behind a PgBouncer with as many connections as there are cores
    threads     sessions are threads of as many processes as there are cores, each with a connection
    few         the same, with pools of the size of the cores
    autocommit  as threads, without BEGIN and COMMIT around what is one statement

All ways and numbers of sessions take turns, after lives that do not count.  Shown are the median of
the rounds, the processor time of a life, and what backends waited for while they had work, in
percent of their time, where it is more than 1.

    python -m benchmarks.throughput
    python -m benchmarks.throughput --ways processes --sessions 1 8 --one-owner
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection as Pipe
from typing import Any
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks import database, options, report, servers
from benchmarks.contenders import cpu_of
from benchmarks.database import BenchmarkError
from benchmarks.operations import BY_NAME, Turn, World
from benchmarks.ours import calls_of_life
from benchmarks.servers import Site
from reana_db import Pool, Settings
from reana_db.connection import Connection
from tests.pgbouncer import pooler
from tests.support.databases import Databases

CORES = os.cpu_count() or 1
WAYS = ("processes", "bare", "pgbouncer", "threads", "few", "autocommit")
WARMING = 12
"""Lives of each session before anything counts: then all plans of its connection are made."""
SAMPLE_SECONDS = 0.02
ACTIVITY = """
SELECT CASE WHEN wait_event_type <> 'Client' THEN wait_event_type || ' ' || wait_event END
FROM pg_catalog.pg_stat_activity
WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_catalog.pg_backend_pid()
"""
PROCESSES = "SELECT pid FROM pg_catalog.pg_stat_activity"


class AutocommitConnection(Connection):
    """A connection whose statements are transactions of their own."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._autocommit = True


@dataclass(frozen=True, slots=True)
class Way:
    """How sessions reach a database."""

    uri: str
    """Of the database, past everything."""
    through: str
    """What sessions connect to."""
    threads: bool = False
    few: bool = False
    autocommit: bool = False

    @property
    def connection_class(self) -> type[Connection]:
        """What its pools are made of."""
        return AutocommitConnection if self.autocommit else Connection


@dataclass(frozen=True, slots=True)
class Rate:
    """What so many sessions did."""

    lives: float
    """In a second."""
    client: float
    """Milliseconds of processor time for each life."""
    server: float
    """The same, without the pooler's."""
    waits: Counter[str]
    """By what, in parts of the time that backends had work."""


Rates = dict[str, dict[int, list[Rate]]]
"""By way and sessions; one for each round."""


class Worker:
    """A process that sessions live in."""

    def __init__(self, world: World, number: int) -> None:
        context = mp.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, world, number), daemon=True)
        self._process.start()

    def ask(self, *request: Any) -> None:
        """Let sessions live: way, threads, owner, lives or end."""
        self._pipe.send(request)

    def answer(self) -> tuple[float, float]:
        """Return how many lives there were, and the seconds of processor time."""
        found = self._pipe.recv()
        if isinstance(found, BaseException):
            raise found
        lives, seconds = found
        return lives, seconds

    def close(self) -> None:
        """Let it end."""
        self._pipe.send(None)
        self._process.join()


def serve(pipe: Pipe, world: World, number: int) -> None:
    """Answer requests of the process that measures."""
    pools: dict[tuple[Way, int], Pool] = {}
    turn = 0
    while request := pipe.recv():
        way, threads, owner, lives, end = request
        size = min(threads, CORES) if way.few else threads
        if (way, size) not in pools:
            settings = replace(Settings.at(way.through), pool_size=size, pool_overflow=0)
            pools[way, size] = Pool(settings, connection_class=way.connection_class)
        pool = pools[way, size]
        turn += 1
        tags = [f"{number}/{turn}/{thread}/{os.getpid()}" for thread in range(threads)]
        began = time.process_time()
        with ThreadPoolExecutor(threads) as executor:
            work = [executor.submit(session, pool, world, tag, owner, lives, end) for tag in tags]
            try:
                pipe.send((sum(one.result() for one in work), time.process_time() - began))
            except Exception as error:  # noqa: BLE001 - whatever it is: reported
                pipe.send(error)
    for pool in pools.values():
        pool.close()


def session(
    pool: Pool, world: World, tag: str, owner: UUID | None, lives: int, end: float
) -> float:
    """Live through so many runs, or until the end; return how many, with a part of the last."""
    number = 0
    while not lives or number < lives:
        given = BY_NAME["life"].make(Turn(world, tag, number + 1))
        given = {**given, **{key: UUID(given[key]) for key in ("workflow_id", "user_id")}}
        if owner:
            given["user_id"] = owner
        calls = list(calls_of_life(given))
        for done, call in enumerate(calls):
            if end and time.monotonic() >= end:
                return number + done / len(calls)
            with pool.connection() as conn:
                call(conn)
        number += 1
    return number


@contextmanager
def sampled(uri: str) -> Iterator[Counter[str]]:
    """Yield what backends wait for in this block, in parts of the time that they have work."""
    found: Counter[str] = Counter()
    over = threading.Event()

    def sample() -> None:
        with psycopg.connect(uri, autocommit=True) as conn:
            while not over.wait(SAMPLE_SECONDS):
                for (wait,) in conn.execute(ACTIVITY).fetchall():
                    found.update({"all": 1, wait or "nothing": 1})

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def live(
    workers: Sequence[Worker],
    way: Way,
    sessions: int,
    *,
    owner: UUID | None,
    lives: int = 0,
    end: float = 0,
) -> tuple[float, float]:
    """Let sessions live through so many runs, or until the end; return lives and milliseconds."""
    used = min(sessions, CORES) if way.threads else sessions
    for number, worker in enumerate(workers[:used]):
        threads = len(range(number, sessions, used))
        worker.ask(way, threads, owner, lives, end)
    answers = [worker.answer() for worker in workers[:used]]
    return sum(found for found, _ in answers), sum(cpu for _, cpu in answers) * 1000


def measure(
    workers: Sequence[Worker], way: Way, sessions: int, seconds: float, owner: UUID | None
) -> Rate:
    """Let sessions live for some time."""
    end = time.monotonic() + seconds
    with psycopg.connect(way.uri, autocommit=True) as conn, sampled(way.uri) as waits:
        pids = [pid for (pid,) in conn.execute(PROCESSES)]
        before = {pid: cpu_of(pid) for pid in pids}
        lives, client = live(workers, way, sessions, owner=owner, end=end)
        server = sum(max(cpu_of(pid) - before[pid], 0) for pid in pids) / 1e6
    return Rate(lives / seconds, client / lives, server / lives, waits)


def run(ways: dict[str, Way], world: World, given: argparse.Namespace) -> Rates:
    """Measure every way with every number of sessions, in turns."""
    rates: Rates = defaultdict(lambda: defaultdict(list))
    owner = database.user_id(database.STEADY) if given.one_owner else None
    workers = [Worker(world, number) for number in range(max(given.sessions))]
    try:
        for way in ways.values():
            # In processes each session keeps its connection, in threads each number has its pools.
            warmed = given.sessions if way.threads else [len(workers)]
            if way.few:
                warmed = [number for number in given.sessions if number <= 2 * CORES**2]
            for sessions in warmed:
                live(workers, way, sessions, owner=owner, lives=WARMING)
        turns = [(name, sessions) for sessions in given.sessions for name in ways]
        for number in range(given.rounds):
            for name, sessions in turns if number % 2 else turns[::-1]:
                found = measure(workers, ways[name], sessions, given.duration, owner)
                rates[name][sessions].append(found)
    finally:
        for worker in workers:
            worker.close()
    return rates


def table(found: dict[int, list[Rate]]) -> str:
    """Return the rates of a way as a table."""
    lines = [["sessions", "lives/s", "of best", "client ms", "server ms", "waits"]]
    middle = {
        sessions: sorted(rates, key=lambda rate: rate.lives)[len(rates) // 2]
        for sessions, rates in sorted(found.items())
    }
    best = max(rate.lives for rate in middle.values())
    for sessions, rate in middle.items():
        waits: Counter[str] = sum((each.waits for each in found[sessions]), Counter())
        of_all = [(wait, 100 * number / waits["all"]) for wait, number in waits.most_common(5)]
        named = [each for each in of_all if each[0] not in ("all", "nothing")]
        shown = [f"{wait} {part:.0f}" for wait, part in named if part >= 1]
        part = f"{100 * rate.lives / best:.0f} %"
        numbers = [f"{number:.1f}" for number in (rate.lives, rate.client, rate.server)]
        lines.append([str(sessions), numbers[0], part, *numbers[1:], ", ".join(shown)])
    return report.markdown_of(lines)


@contextmanager
def ways_to(site: Site, names: Sequence[str]) -> Iterator[dict[str, Way]]:
    """Make the databases and yield the ways that are asked for."""
    with ExitStack() as stack:
        uri = stack.enter_context(site.copy("ours"))
        found = {"processes": Way(uri, uri)}
        if "bare" in names:
            bare = stack.enter_context(site.copy("bare"))
            servers.switch_triggers(bare, "DISABLE")
            found["bare"] = Way(bare, bare)
        programs = pooler.programs() if "pgbouncer" in names else []
        if programs:
            limits = {"default_pool_size": CORES}
            front = pooler.running(programs[0], Databases(uri), **limits)
            address = stack.enter_context(front)
            through = Databases(uri).uri_at(address, str(conninfo_to_dict(uri)["dbname"]))
            found["pgbouncer"] = Way(uri, through)
        found["few"] = Way(uri, f"{uri}&application_name=few", threads=True, few=True)
        found["autocommit"] = Way(
            uri, f"{uri}&application_name=autocommit", threads=True, autocommit=True
        )
        found["threads"] = Way(uri, f"{uri}&application_name=threads", threads=True)
        yield {name: found[name] for name in names if name in found}


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = options.parser("benchmarks.throughput", __doc__)
    parser.add_argument("--workflows", type=int, default=100_000)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration", type=float, default=2, help="seconds, of each in a round")
    parser.add_argument("--one-owner", action="store_true", help="of all runs")
    return parser.parse_args(given)


def main() -> None:
    """Run the benchmark."""
    given = arguments()
    try:
        with servers.server(given.directory) as uri:
            site = Site(uri, given.workflows, given.users)
            site.build()
            with ways_to(site, given.ways) as ways:
                rates = run(ways, World.of(site), given)
                for name in ways:
                    found = rates[name]
                    print(f"\n{name}\n\n{table(found)}")
    except BenchmarkError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
