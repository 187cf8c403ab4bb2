"""How long a refresh of quotas takes, beside those of released versions and beside ``du``.

``cpu``    processing time of many runs: of none recorded yet, and of all recorded already.  The
           released commands write a row per run and transaction; theirs is measured on a sample of
           the same runs, with our triggers switched off, and taken times the number of runs, which
           leaves out their totals of users.  They are found by REANA_DB_INTEROP_DIR (see
           tests/interop/environments.py).
``waits``  how long sessions wait that change the status of single runs meanwhile.
``disk``   workspaces, beside one ``du --block-size=1`` over the same tree, in turns.

Ours is the command, as a process of its own, on a private server with fsync.  Printed are its
seconds as it reports them, and the peak memory of the process.  The limits of time are those of
every night, when all is recorded already: that nothing is recorded happens once, in a database that
was adopted without usage, and takes what writing all rows and their ledger takes.

    python -m benchmarks.quota_refresh                  all three
    python -m benchmarks.quota_refresh cpu --runs 1000000 --sample 0
    python -m benchmarks.quota_refresh disk --workspaces 50000 --rounds 1
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
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from reana_db import embedded, migrate, resources
from reana_db.queries import Conn
from tests.interop import environments

HERE = Path(__file__).parent
RUNS = (HERE / "quota_refresh.sql").read_text(encoding="utf-8")
RELEASES = ("0.9.5", "0.95.0a13")
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
COUNTED = ("workflow", "workflow_resource", "user_resource")
"""The tables whose triggers count."""

ONCE, EVERY_NIGHT = "none recorded", "all recorded"

MEMORY_LIMIT = 60 * 1000**2
FASTER = 500
WAIT_LIMIT = 0.1
DU_LIMIT = 2.0
CHANGES = ("pending", "running", "finished")
"""What the sessions make of a queued run."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh took."""

    seconds: float
    peak: int
    """Bytes."""
    found: dict[str, Any]


@contextlib.contextmanager
def filled(root: Path | str, runs: int, queued: int = 0) -> Iterator[str]:
    """Give a database on a durable server with so many runs, of which nothing is recorded."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        with embedded.start(Path(directory, "server"), settings=SETTINGS, tcp=True) as server:
            uri = server.uri()
            migrate.apply(uri)
            with psycopg.connect(uri, autocommit=True) as conn:
                resources.create_defaults(conn)
                for name, value in (("runs", runs), ("queued", queued), ("root", root)):
                    conn.execute(f"SELECT set_config('bench.{name}', %s, false)", [str(value)])
                with conn.transaction():
                    conn.execute("SET LOCAL session_replication_role = 'replica'")
                    conn.execute(RUNS.encode())
                settle(conn)
            yield uri


def settle(conn: Conn) -> None:
    """Do what the server would do in the background, at a time that is not measured."""
    conn.execute("VACUUM (ANALYZE)")
    conn.execute("CHECKPOINT")


def forget_usage(uri: str) -> None:
    """Take back what was recorded, as if no refresh had been."""
    with psycopg.connect(uri, autocommit=True) as conn:
        switch_triggers(conn, "DISABLE")
        conn.execute("DELETE FROM __reana.workflow_resource")
        conn.execute("UPDATE __reana.quota_ledger SET cpu_used = 0, disk_used = 0")
        conn.execute("UPDATE __reana.user_resource SET quota_used = 0, quota_counted = 0")
        switch_triggers(conn, "ENABLE")
        conn.execute("VACUUM FULL __reana.workflow_resource, __reana.quota_ledger")
        settle(conn)


def switch_triggers(conn: Conn, state: str) -> None:
    """Switch the triggers that count on or off (``ENABLE``, ``DISABLE``)."""
    for table in COUNTED:
        query = sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(
            sql.Identifier("__reana", table), sql.SQL(state)
        )
        conn.execute(query)


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
    assert process.returncode == 0, found
    return Refreshed(found["seconds"], usage.ru_maxrss * 1024, found)


def released(release: str, uri: str, sample: int) -> dict[str, Any]:
    """Run the function of a released version on so many runs."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONWARNINGS": "ignore",
        "REANA_SQLALCHEMY_DATABASE_URI": uri.replace("postgresql:", "postgresql+psycopg2:", 1),
        "REANA_SECRET_KEY": "benchmark",
        "REANA_PERIODIC_RESOURCE_QUOTA_UPDATE_POLICY": "true",
    }
    done = subprocess.run(
        [environments.python(release), HERE / "released_refresh.py", "cpu", str(sample)],
        env=environment,
        cwd="/",
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure_released(uri: str, sample: int) -> dict[tuple[str, str], float]:
    """Return the seconds that released versions would take for all runs."""
    seconds: dict[tuple[str, str], float] = {}
    with psycopg.connect(uri, autocommit=True) as conn:
        switch_triggers(conn, "DISABLE")
        for release in RELEASES:
            if not (os.environ.get(environments.VARIABLE) and environments.is_complete(release)):
                print(f"skipped: no reana-db {release} in {environments.VARIABLE}")
                continue
            for state in (ONCE, EVERY_NIGHT):
                found = released(release, uri, sample)
                seconds[release, state] = found["loading"] + found["per_run"] * found["runs"]
                print(
                    f"{release:10} {state:14} {seconds[release, state]:8.1f} s"
                    f"   from {sample} runs of {found['per_run'] * 1000:.1f} ms,"
                    f" {found['loading']:.1f} s to load all; peak {megabytes(found['peak'])}",
                    flush=True,
                )
            conn.execute("DELETE FROM __reana.workflow_resource")
        switch_triggers(conn, "ENABLE")
    return seconds


def megabytes(number: int) -> str:
    """Return a size for people."""
    return f"{number / 1000**2:.0f} MB"


def measure_cpu(options: argparse.Namespace) -> bool:
    """Measure the refresh of processing time; tell whether it keeps its limits."""
    print(f"\nprocessing time of {options.runs} runs")
    kept = True
    with filled("/nonexistent", options.runs) as uri:
        theirs = measure_released(uri, options.sample) if options.sample else {}
        for _ in range(options.rounds):
            forget_usage(uri)
            for state in (ONCE, EVERY_NIGHT):
                ours = refresh(uri, "cpu")
                ratios = {
                    release: theirs[release, state] / ours.seconds
                    for release in RELEASES
                    if (release, state) in theirs
                }
                factors = ", ".join(f"{r:.0f} times {release}" for release, r in ratios.items())
                print(
                    f"{'ours':10} {state:14} {ours.seconds:8.2f} s   peak {megabytes(ours.peak)}"
                    f"   {factors}",
                    flush=True,
                )
                kept &= ours.peak < MEMORY_LIMIT
                if state == EVERY_NIGHT:
                    kept &= all(ratio >= FASTER for ratio in ratios.values())
    return kept


@dataclass
class Sessions:
    """Sessions that start and finish queued runs, one change per transaction."""

    uri: str
    runs: Iterator[int]
    over: threading.Event = field(default_factory=threading.Event)
    waits: list[float] = field(default_factory=list)

    def work(self) -> None:
        """Change one run after the other, and note how long each change takes."""
        with psycopg.connect(self.uri, autocommit=True) as conn:
            while not self.over.is_set():
                number = next(self.runs)
                for status in CHANGES:
                    began = time.perf_counter()
                    conn.execute(
                        "UPDATE __reana.workflow SET status = %s WHERE id_ = md5(%s)::uuid",
                        [status, str(number)],
                    )
                    self.waits.append(time.perf_counter() - began)
                    time.sleep(0.005)

    def report(self, label: str) -> float:
        """Print the waits; return the 99th percentile."""
        median, p99 = statistics.median(self.waits), statistics.quantiles(self.waits, n=100)[98]
        print(
            f"{label:34} {len(self.waits):6} changes: median {median * 1000:5.1f} ms,"
            f" 99 % within {p99 * 1000:5.1f} ms, longest {max(self.waits) * 1000:5.0f} ms",
            flush=True,
        )
        return p99


@contextlib.contextmanager
def working(uri: str, numbers: Iterator[int], sessions: int) -> Iterator[Sessions]:
    """Let sessions work meanwhile."""
    found = Sessions(uri, numbers)
    threads = [threading.Thread(target=found.work) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        found.over.set()
        for thread in threads:
            thread.join()


def measure_waits(options: argparse.Namespace) -> bool:
    """Measure what other sessions wait during a refresh; tell whether it keeps its limit."""
    ended, queued = options.runs_meanwhile, options.runs_meanwhile // 4
    print(f"\nchanges of {options.sessions} sessions during a refresh of {ended} runs")
    with filled("/nonexistent", ended + queued, queued) as uri:
        with psycopg.connect(uri, autocommit=True) as conn:
            conn.execute(
                "UPDATE __reana.setting SET value = 'cpu'"
                " WHERE name = 'termination_quota_update_policy'"
            )
        numbers = count(ended)
        with working(uri, numbers, options.sessions) as before:
            time.sleep(5)
        before.report("without a refresh")
        kept = True
        for state in (ONCE, EVERY_NIGHT):
            with working(uri, numbers, options.sessions) as meanwhile:
                ours = refresh(uri, "cpu")
            kept &= meanwhile.report(f"refresh, {state}, {ours.seconds:.1f} s") <= WAIT_LIMIT
    return kept


def make_tree(root: Path, workspaces: int, files: int) -> None:
    """Make workspaces of small files in two directories each."""
    for number in range(workspaces):
        for name in ("data", "results"):
            (root / str(number) / name).mkdir(parents=True)
        for file in range(files):
            directory = root / str(number) / ("data" if file % 2 else "results")
            (directory / f"file{file}").write_bytes(b"x" * 100)


def du(root: Path) -> float:
    """Return the seconds that du takes."""
    began = time.perf_counter()
    subprocess.run(["du", "-s", "--block-size=1", root], check=True, capture_output=True)
    return time.perf_counter() - began


def measure_disk(options: argparse.Namespace) -> bool:
    """Measure the refresh of disk usage; tell whether it keeps its limit."""
    files = options.workspaces * options.files
    print(f"\ndisk usage of {options.workspaces} workspaces of {options.files} files")
    ratios: dict[str, list[float]] = {ONCE: [], EVERY_NIGHT: []}
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        make_tree(root, options.workspaces, options.files)
        with filled(root, options.workspaces) as uri:
            du(root)
            for _ in range(options.rounds):
                forget_usage(uri)
                for state, found in ratios.items():
                    theirs, ours = du(root), refresh(uri, "disk")
                    found.append(ours.seconds / theirs)
                    print(
                        f"{state:14} {ours.seconds:7.2f} s, {ours.seconds / files * 1e6:4.1f} µs"
                        f" per file, peak {megabytes(ours.peak)}; du {theirs:6.2f} s:"
                        f" {found[-1]:5.2f} times",
                        flush=True,
                    )
    medians = {state: statistics.median(found) for state, found in ratios.items()}
    for state, median in medians.items():
        print(f"{state:14} median {median:5.2f} times du, least {min(ratios[state]):5.2f}")
    return medians[EVERY_NIGHT] <= DU_LIMIT


MEASURES = {"cpu": measure_cpu, "waits": measure_waits, "disk": measure_disk}


def main() -> None:
    """Run the benchmark; exit 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=[[], *MEASURES], help="default: all")
    parser.add_argument("--runs", type=int, default=100_000, help="of cpu")
    parser.add_argument("--sample", type=int, default=1000, help="runs for the released versions")
    parser.add_argument("--runs-meanwhile", type=int, default=200_000, help="of waits")
    parser.add_argument("--sessions", type=int, default=4, help="of waits")
    parser.add_argument("--workspaces", type=int, default=2000)
    parser.add_argument("--files", type=int, default=20, help="per workspace")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    kept = [MEASURES[what](options) for what in options.what or MEASURES]
    raise SystemExit(not all(kept))


if __name__ == "__main__":
    main()
