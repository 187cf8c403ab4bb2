"""How long the first refresh takes after the adoption of a database without usage.

Such a database is made as a release would leave it, with ended runs of 1,000 users, and migrated.
Then ``reana-db quota refresh`` records the processing time of all runs: alone, again (as every
night), and in a copy beside sessions that create, start and end runs.  Told are seconds, the peak
of memory of the command, and how long the changes of the sessions took.  Exit status 1 if a limit
is broken.

    python -m benchmarks.first_refresh
    python -m benchmarks.first_refresh --workflows 1000000
    REANA_DB_EMBEDDED_BINDIR=/usr/lib/postgresql/15/bin python -m benchmarks.first_refresh
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from typing import Self

import psycopg

from benchmarks import servers
from benchmarks.servers import Site
from reana_db import embedded, migrate, resources
from reana_db.queries import Conn

MEMORY_LIMIT = 64 * 1000**2
WAIT_LIMIT = 0.1
"""Seconds that a change of a session takes, at the 99th percentile."""
SESSIONS, CHANGES = 4, 100
"""How many sessions there are beside the refresh, and what they change each second together."""
USERS = 1000
ADOPTED = """
INSERT INTO __reana.user_ (id_, created, updated, email)
SELECT md5('user' || n)::uuid, now(), now(), n || '@example.org'
FROM generate_series(0, 999) AS n;
INSERT INTO __reana.workflow (id_, created, updated, owner_id, name, status, type_,
    run_number_major, run_number_minor, run_started_at, run_finished_at, workspace_path,
    reana_specification, logs)
SELECT md5('run' || n)::uuid, now(), now(), md5('user' || n::bigint * 7919 %% 1000)::uuid,
    'analysis-' || n, 'finished', 'serial', 1, 0, '2025-01-01'::timestamp + n * interval '1 s',
    '2025-01-01'::timestamp + n * interval '3 s', '/var/reana/users/' || n,
    '{"workflow": {"type": "serial"}}', repeat('a line of a log ', 20)
FROM generate_series(1, %(runs)s) AS n
"""
CREATE = """
INSERT INTO __reana.workflow (id_, owner_id, name, status, type_)
VALUES (md5(%(name)s)::uuid, md5('user' || %(user)s::integer)::uuid, %(name)s, 'queued', 'serial')
"""
CHANGE = "UPDATE __reana.workflow SET status = %(status)s WHERE id_ = md5(%(name)s)::uuid"


def seconds_limit(runs: int) -> float:
    """Return how long the first refresh of so many runs may take."""
    return max(2.0, 25.0 * runs / 1_000_000)


@dataclass(slots=True)
class Sessions:
    """Sessions that create, start and end runs, and how long each change takes them."""

    uri: str
    waits: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _numbers: count[int] = field(default_factory=count)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._work) for _ in range(SESSIONS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def percentile(self) -> float:
        """Return the 99th percentile in seconds."""
        return statistics.quantiles(self.waits, n=100)[98]

    def _work(self) -> None:
        with closing(psycopg.connect(self.uri, autocommit=True)) as conn:
            while not self._over.is_set():
                number = next(self._numbers)
                run = {"name": f"new{number}", "user": number * 7919 % USERS}
                self._change(conn, CREATE, run)
                for status in ("running", "finished"):
                    self._change(conn, CHANGE, {**run, "status": status})

    def _change(self, conn: Conn, statement: str, values: dict[str, object]) -> None:
        began = time.perf_counter()
        conn.execute(statement.encode(), values)
        took = time.perf_counter() - began
        self.waits.append(took)
        time.sleep(max(0.0, SESSIONS / CHANGES - took))


def adopt(uri: str, runs: int) -> None:
    """Make the database of a release that recorded no usage, and migrate it."""
    migrate.apply(uri, to=servers.LAST_OF_REANA)
    with psycopg.connect(uri, cursor_factory=psycopg.ClientCursor) as conn:
        for statement in ADOPTED.split(";\n"):
            conn.execute(statement.encode(), {"runs": runs})
    vacuum(uri)
    migrate.apply(uri)
    with psycopg.connect(uri) as conn:
        resources.create_defaults(conn)
        conn.execute("UPDATE __reana.setting SET value = 'cpu' WHERE name LIKE 'termination%'")
    vacuum(uri)


def vacuum(uri: str) -> None:
    """Bring statistics up to date, and everything to the disk."""
    with psycopg.connect(uri, autocommit=True) as conn:
        conn.execute("VACUUM (ANALYZE)")
        conn.execute("CHECKPOINT")


def refresh(uri: str) -> tuple[float, int]:
    """Run our command; return the seconds that it took, and its peak in bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reana_db", "quota", "refresh", "--json", "--resource", "cpu"],
        env={**os.environ, "REANA_SQLALCHEMY_DATABASE_URI": uri},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    found = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return found["seconds"], usage.ru_maxrss * 1024


def measure(uri: str, runs: int) -> bool:
    """Measure and print; tell whether the limits are kept."""
    adopted, beside = (Site(uri, runs).named(name) for name in ("adopted", "beside"))
    for name, template in (("adopted", "template1"), ("beside", "adopted")):
        with psycopg.connect(uri, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        if name == "adopted":
            adopt(adopted, runs)
    kept = True
    for state in ("none recorded", "all recorded"):
        seconds, peak = refresh(adopted)
        kept = told(state, seconds, peak, runs) and kept
    with Sessions(beside) as sessions:
        time.sleep(1)
        alone = len(sessions.waits)
        seconds, peak = refresh(beside)
    del sessions.waits[:alone]
    kept = told("beside sessions", seconds, peak, runs) and kept
    print(f"{len(sessions.waits)} changes of sessions, 99 % within", end=" ")
    print(f"{sessions.percentile() * 1000:.1f} ms, all within {max(sessions.waits) * 1000:.1f} ms")
    return kept and sessions.percentile() <= WAIT_LIMIT


def told(state: str, seconds: float, peak: int, runs: int) -> bool:
    """Print what a refresh took; tell whether the limits are kept."""
    print(f"{state:16} {seconds:7.2f} s, peak {peak / 1000**2:.0f} MB", flush=True)
    return seconds <= seconds_limit(runs) and peak <= MEMORY_LIMIT


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workflows", type=int, default=100_000)
    given = parser.parse_args()
    with embedded.start(settings=servers.SETTINGS, tcp=True) as private:
        raise SystemExit(not measure(private.uri(), given.workflows))


if __name__ == "__main__":
    main()
