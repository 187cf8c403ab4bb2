"""How long a refresh of quotas takes, and how long sessions wait meanwhile.

``cpu``    processing time of all runs: of none recorded yet, and of all recorded already, while
           four sessions end runs; printed are the 99th percentiles of their waits as well.
``disk``   workspaces, beside one ``du --block-size=1`` over the same tree, in turns.

Ours is the command, as a process of its own.  Exit status 1 if a limit is not kept.

    python -m benchmarks.quota_refresh                  both
    python -m benchmarks.quota_refresh cpu --workflows 1000000
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from benchmarks import options, servers, staging
from benchmarks.servers import Site

ONCE, EVERY_NIGHT = "none recorded", "all recorded"
MEMORY_LIMIT = 64 * 1000**2
WAIT_LIMIT = 0.1
DU_LIMIT = 2.0
SESSIONS = 4
FILES = 20
"""Per workspace."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh took."""

    seconds: float
    peak: int
    """Bytes."""


def forget_usage(uri: str) -> None:
    """Take back what was recorded, as if no refresh had been."""
    servers.switch_triggers(uri, "DISABLE")
    with psycopg.connect(uri, autocommit=True) as conn:
        conn.execute("DELETE FROM __reana.workflow_resource")
        conn.execute("UPDATE __reana.quota_ledger SET cpu_used = 0, disk_used = 0")
        conn.execute("UPDATE __reana.user_resource SET quota_used = 0, quota_counted = 0")
        conn.execute("VACUUM (ANALYZE)")
        conn.execute("CHECKPOINT")
    servers.switch_triggers(uri, "ENABLE")


def refresh(uri: str, resource: str) -> Refreshed:
    """Run our command."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reana_db", "quota", "refresh", "--json", "--resource", resource],
        env={**os.environ, "REANA_SQLALCHEMY_DATABASE_URI": uri},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    found = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Refreshed(found["seconds"], usage.ru_maxrss * 1024)


@contextlib.contextmanager
def sessions_ending_runs(uri: str, tag: str, numbers: Iterator[int]) -> Iterator[list[float]]:
    """Let sessions end staged runs, one in a transaction; yields the seconds that each took."""
    over, waits = threading.Event(), list[float]()

    def work() -> None:
        with psycopg.connect(uri, autocommit=True) as conn:
            while not over.is_set():
                began = time.perf_counter()
                conn.execute(
                    "UPDATE __reana.workflow SET status = 'finished' WHERE id_ = %s",
                    [staging.run_id(tag, next(numbers))],
                )
                waits.append(time.perf_counter() - began)
                time.sleep(0.005)

    with ThreadPoolExecutor(SESSIONS) as threads:
        working = [threads.submit(work) for _ in range(SESSIONS)]
        try:
            yield waits
        finally:
            over.set()
    for session in working:
        session.result()


def measure_cpu(site: Site, given: argparse.Namespace) -> bool:
    """Measure the refresh of processing time; tell whether it keeps its limits."""
    kept = True
    with site.copies(released=False) as uris:
        uri = uris[False]
        with psycopg.connect(uri, autocommit=True) as conn:
            staging.stage(conn, "refresh", site.workflows // 4, "running", site.users)
        numbers = count(1)
        forget_usage(uri)
        for state in (ONCE, EVERY_NIGHT):
            with sessions_ending_runs(uri, "refresh", numbers) as waits:
                ours = refresh(uri, "cpu")
            p99 = statistics.quantiles(waits, n=100)[98]
            print(
                f"{state:14} {ours.seconds:7.2f} s, peak {ours.peak / 1000**2:.0f} MB;"
                f" {len(waits)} runs ended meanwhile, 99 % within {p99 * 1000:.1f} ms"
            )
            kept &= ours.peak < MEMORY_LIMIT and p99 <= WAIT_LIMIT
    return kept


def make_tree(uri: str, root: Path) -> int:
    """Give every run a workspace of small files in two directories; return how many there are."""
    with psycopg.connect(uri, autocommit=True) as conn:
        change = "UPDATE __reana.workflow SET workspace_path = %s || '/' || id_ RETURNING id_"
        ids = conn.execute(change, [str(root)]).fetchall()
    for (id_,) in ids:
        for name in ("data", "results"):
            (root / str(id_) / name).mkdir(parents=True)
        for file in range(FILES):
            directory = root / str(id_) / ("data" if file % 2 else "results")
            (directory / f"file{file}").write_bytes(b"x" * 100)
    return len(ids)


def du(root: Path) -> float:
    """Return the seconds that du takes."""
    began = time.perf_counter()
    subprocess.run(["du", "-s", "--block-size=1", root], check=True, capture_output=True)
    return time.perf_counter() - began


def measure_disk(site: Site, given: argparse.Namespace) -> bool:
    """Measure the refresh of disk usage; tell whether it keeps its limit."""
    ratios: dict[str, list[float]] = {ONCE: [], EVERY_NIGHT: []}
    small = site.of_size(given.workspaces)
    small.build()
    with tempfile.TemporaryDirectory() as directory, small.copies(released=False) as uris:
        uri, root = uris[False], Path(directory)
        workspaces = make_tree(uri, root)
        du(root)
        for _ in range(given.rounds):
            forget_usage(uri)
            for state, found in ratios.items():
                theirs, ours = du(root), refresh(uri, "disk")
                found.append(ours.seconds / theirs)
                print(
                    f"{state:14} {workspaces} workspaces of {FILES} files: {ours.seconds:.2f} s,"
                    f" {found[-1]:.2f} times du"
                )
    return statistics.median(ratios[EVERY_NIGHT]) <= DU_LIMIT


MEASURES = {"cpu": measure_cpu, "disk": measure_disk}


def main() -> None:
    """Run the benchmark."""
    parser = options.parser("benchmarks.quota_refresh", __doc__)
    parser.add_argument("what", nargs="*", choices=[[], *MEASURES], help="default: both")
    parser.add_argument("--workflows", type=int, default=100_000, help="of cpu")
    parser.add_argument("--workspaces", type=int, default=2000, help="of disk")
    parser.add_argument("--rounds", type=int, default=3, help="of disk")
    given = parser.parse_args()
    with servers.server(given.directory) as uri:
        site = Site(uri, given.workflows, given.users)
        site.build()
        kept = [MEASURES[what](site, given) for what in given.what or MEASURES]
    raise SystemExit(not all(kept))


if __name__ == "__main__":
    main()
