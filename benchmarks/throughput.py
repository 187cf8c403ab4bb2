"""How many lives of runs a database takes per second, from 1 session to 32.

Each session takes a connection of a pool for every request or message of a run's life (20 of them,
three jobs) and gives it back after its commit, as services do.  With the triggers of the database,
and without any.

    python -m benchmarks.throughput
    python -m benchmarks.throughput --sessions 1 8 --duration 2
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from uuid import UUID

from benchmarks import options, report, servers
from benchmarks.database import BenchmarkError
from benchmarks.operations import BY_NAME, Turn, World
from benchmarks.ours import calls_of_life
from benchmarks.servers import Site
from reana_db import Pool, Settings

PROCESSES = 4
"""At most; the sessions are threads of so many processes, each with a pool."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What so many sessions did in a second."""

    sessions: int
    triggers: bool
    lives: float


def measure(uri: str, world: World, sessions: int, seconds: float, *, triggers: bool) -> Rate:
    """Let sessions run lives for some time."""
    servers.switch_triggers(uri, "ENABLE" if triggers else "DISABLE")
    processes = min(sessions, PROCESSES)
    shares = [len(range(number, sessions, processes)) for number in range(processes)]
    context = get_context("spawn")
    ready = context.Barrier(processes)
    with context.Pool(processes, initializer=_inherit, initargs=(ready,)) as pool:
        label = f"{sessions}/{triggers}/{time.time_ns()}"
        work = [
            (uri, world, f"{label}/{number}", share, seconds) for number, share in enumerate(shares)
        ]
        done = pool.starmap(_lives, work, chunksize=1)
    return Rate(sessions, triggers, sum(done) / seconds)


_ready: threading.Barrier


def _inherit(ready: threading.Barrier) -> None:
    global _ready  # noqa: PLW0603 - the one way to hand it to a process of a pool
    _ready = ready


def _lives(uri: str, world: World, tag: str, sessions: int, seconds: float) -> int:
    """Run lives in threads that share a pool; return how many there were."""
    settings = Settings(conninfo=uri, pool_size=sessions)
    with Pool(settings) as pool, ThreadPoolExecutor(sessions) as threads:
        _ready.wait()
        until = time.perf_counter() + seconds
        work = [
            threads.submit(_session, pool, world, f"{tag}/{number}", until)
            for number in range(sessions)
        ]
        return sum(each.result() for each in work)


def _session(pool: Pool, world: World, tag: str, until: float) -> int:
    lives = 0
    while time.perf_counter() < until:
        given = BY_NAME["life"].make(Turn(world, tag, lives + 1))
        given = {**given, **{key: UUID(given[key]) for key in ("workflow_id", "user_id")}}
        for call in calls_of_life(given):
            with pool.connection() as conn:
                call(conn)
        lives += 1
    return lives


def table(rates: Sequence[Rate]) -> str:
    """Return the rates as a table."""
    lines = [["sessions", "lives/s", "without triggers", "ratio"]]
    bare = {rate.sessions: rate for rate in rates if not rate.triggers}
    for rate in rates:
        if rate.triggers:
            other = bare[rate.sessions].lives
            counts = [f"{rate.lives:.1f}", f"{other:.1f}"]
            lines.append([str(rate.sessions), *counts, f"{rate.lives / other:.2f}"])
    return report.markdown_of(lines)


def run(site: Site, sessions: Sequence[int], seconds: float) -> list[Rate]:
    """Build what is missing, and measure."""
    site.build()
    world = World.of(site)
    with site.copies(released=False) as uris:
        return [
            measure(uris[False], world, number, seconds, triggers=triggers)
            for number in sorted(sessions)
            for triggers in (True, False)
        ]


def main() -> None:
    """Run the benchmark."""
    parser = options.parser("benchmarks.throughput", __doc__)
    parser.add_argument("--workflows", type=int, default=200_000)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--duration", type=float, default=5, help="seconds for each")
    given: argparse.Namespace = parser.parse_args()
    try:
        with servers.server(given.directory) as uri:
            site = Site(uri, given.workflows, given.users)
            print(table(run(site, given.sessions, given.duration)))
    except BenchmarkError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
