"""How long the upgrade of a large database takes, and how long a service has to wait meanwhile.

Builds a database as reana-db 0.8.0 left it, then adopts and migrates it while four probes keep
reading and writing single rows of the two hot tables.  Printed are, for each migration, its time
and the longest that a probe waited.

    python -m benchmarks.upgrade --workflows 200000 --jobs 1000000
"""

from __future__ import annotations

import argparse
import itertools
import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from reana_db import embedded, migrate

OLD_DATABASE = (Path(__file__).parent / "old_database.sql").read_text()
PROBES = {
    "read workflow": "SELECT status FROM __reana.workflow WHERE id_ = %(workflow_id)s",
    "write workflow": "UPDATE __reana.workflow SET logs = '' WHERE id_ = %(workflow_id)s",
    "read job": "SELECT status FROM __reana.job WHERE id_ = %(job_id)s",
    "write job": "UPDATE __reana.job SET logs = '' WHERE id_ = %(job_id)s",
}
PAUSE = 0.005


@dataclass
class Waits:
    """What the probes met: the longest wait in seconds by migration and probe."""

    current: str = "adoption"
    started: dict[str, float] = field(default_factory=dict)
    longest: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    errors: list[str] = field(default_factory=list)

    def note(self, probe: str, migration: str, seconds: float) -> None:
        """Keep the longest wait."""
        self.longest[migration, probe] = max(self.longest[migration, probe], seconds)


class Progress(logging.Handler):
    """Learns from the log which migration is being run."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self.waits = waits

    def emit(self, record: logging.LogRecord) -> None:
        """Note the start of a migration."""
        words = record.getMessage().split()
        if words[0] == "apply":
            self.waits.current = words[1]
            self.waits.started[words[1]] = time.perf_counter()


def probe(uri: str, name: str, ids: dict[str, Any], waits: Waits, stop: threading.Event) -> None:
    """Run one statement again and again, and note how long it takes."""
    with psycopg.connect(uri, autocommit=True) as conn:
        while not stop.is_set():
            migration, start = waits.current, time.perf_counter()
            try:
                conn.execute(PROBES[name].encode(), ids)
            except psycopg.Error as error:
                waits.errors.append(f"{name} during {migration}: {error}")
            waits.note(name, migration, time.perf_counter() - start)
            time.sleep(PAUSE)


def build(uri: str, workflows: int, jobs: int) -> None:
    """Make a database as reana-db 0.8.0 left it."""
    migrate.apply(uri, to="0001-initial")
    with psycopg.connect(uri, autocommit=True) as conn:
        conn.execute("SELECT set_config('bench.workflows', %s, false)", [str(workflows)])
        conn.execute("SELECT set_config('bench.jobs', %s, false)", [str(jobs)])
        conn.execute(OLD_DATABASE.encode())
        conn.execute("VACUUM ANALYZE")


def ids_of(uri: str) -> dict[str, Any]:
    """Return the rows that the probes use."""
    with psycopg.connect(uri) as conn:
        row = conn.execute(
            "SELECT job.id_, job.workflow_uuid FROM __reana.job"
            " INNER JOIN __reana.workflow ON job.workflow_uuid = workflow.id_ LIMIT 1"
        ).fetchone()
        assert row is not None
        return {"job_id": row[0], "workflow_id": row[1]}


def measure(uri: str) -> tuple[Waits, float]:
    """Migrate with the probes running; return their waits and the seconds in all."""
    waits, stop = Waits(), threading.Event()
    logger = logging.getLogger("reana_db.migrate")
    logger.setLevel(logging.INFO)
    logger.addHandler(Progress(waits))
    arguments = [(uri, name, ids_of(uri), waits, stop) for name in PROBES]
    threads = [threading.Thread(target=probe, args=one) for one in arguments]
    for thread in threads:
        thread.start()
    start = time.perf_counter()
    try:
        migrate.apply(uri)
    finally:
        elapsed = time.perf_counter() - start
        stop.set()
        for thread in threads:
            thread.join()
    waits.started["end"] = start + elapsed
    return waits, elapsed


def report(waits: Waits, elapsed: float) -> None:
    """Print a line for each migration."""
    marks = list(waits.started.items())
    print(f"{'migration':32} {'seconds':>8}  " + "  ".join(f"{name:>14}" for name in PROBES))
    for (name, start), (_, end) in itertools.pairwise(marks):
        longest = "  ".join(f"{waits.longest[name, probe] * 1000:>11.0f} ms" for probe in PROBES)
        print(f"{name:32} {end - start:8.2f}  {longest}")
    print(f"in all {elapsed:.1f} s; longest wait {max(waits.longest.values()) * 1000:.0f} ms")
    for error in waits.errors:
        print("error met by a probe:", error)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workflows", type=int, default=200_000)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    options = parser.parse_args()
    with embedded.start(settings={"max_wal_size": "4GB", "shared_buffers": "512MB"}) as server:
        uri = server.uri()
        build(uri, options.workflows, options.jobs)
        report(*measure(uri))


if __name__ == "__main__":
    main()
