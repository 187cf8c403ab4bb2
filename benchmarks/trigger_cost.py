"""What the triggers add to a change of a row.

pgbench, over a Unix socket, runs the same single-row UPDATE, one per transaction, with all triggers
of the database and with none, in turns; each transaction changes a row that was not changed before.
A session's first transactions load and plan what the later ones use; services keep their
connections, so these are left out (``--warm-up 0`` counts them).  The latency of a round is the
median of its transactions.  Printed are the least ratio of all rounds, the median and the greatest;
and the ratio of the 10th percentiles of all transactions, which a busy machine disturbs least.

Both run on the same private server with the settings that PostgreSQL is installed with: every
transaction waits until its commit is on disk.  ``--no-fsync`` leaves out that wait, which is as
long with triggers as without, and so shows the ratio of the work alone.

    python -m benchmarks.trigger_cost
    python -m benchmarks.trigger_cost --no-fsync
    python -m benchmarks.trigger_cost --uri postgresql://…   (an empty database; is filled)
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from reana_db import database_settings, embedded, migrate
from reana_db.queries import Conn
from reana_db.records import SettingName

ROWS = (Path(__file__).parent / "trigger_cost.sql").read_text()
TABLES = (
    "workflow",
    "job",
    "workspace_retention_rule",
    "workspace_retention_audit_log",
    "workflow_resource",
    "user_resource",
)
STATES = ("DISABLE", "ENABLE")
FRESH = """
UPDATE __reana.workflow SET status = {status}, run_started_at = now() - interval '1 h',
    run_finished_at = NULL, run_stopped_at = NULL;
UPDATE __reana.job SET status = {job_status}, started_at = NULL, finished_at = NULL;
UPDATE __reana.workspace_retention_rule SET status = 'created', apply_on = NULL;
UPDATE __reana.workflow_resource SET quota_used = 0 FROM __reana.quota_resource
WHERE quota_resource.resource_id = workflow_resource.resource_id AND quota_resource.type_ = 'cpu';
UPDATE __reana.quota_ledger SET run_started_at = NULL, run_ended_at = NULL, cpu_used = 0;
TRUNCATE __reana.status_history, __reana.workspace_retention_audit_log;
"""


@dataclass(frozen=True)
class Case:
    """A change, and the most that it may cost."""

    name: str
    table: str
    before: str
    change: str
    limit: float | None = None
    """How many times as much as without triggers; None where no limit was set."""


CASES = [
    Case("logs of a run, status unchanged", "workflow", "running", "logs = 'x'"),
    Case("run queued -> pending", "workflow", "queued", "status = 'pending'", 2),
    Case("run pending -> running", "workflow", "pending", "status = 'running'", 2),
    Case("run running -> finished", "workflow", "running", "status = 'finished'", 4),
    Case("job created -> running", "job", "created", "status = 'running'", 2),
    Case("job running -> finished", "job", "running", "status = 'finished'", 2),
]


def prepare(conn: Conn, runs: int) -> None:
    """Fill an empty, migrated database."""
    conn.execute("SELECT set_config('bench.runs', %s, false)", [str(runs)])
    conn.execute(ROWS.encode())
    database_settings.change(conn, SettingName.TERMINATION_QUOTA_UPDATE_POLICY, "cpu")


def switch_triggers(conn: Conn, state: str) -> None:
    """Switch the triggers of all tables on or off (``ENABLE``, ``DISABLE``)."""
    for table in TABLES:
        query = sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(
            sql.Identifier("__reana", table), sql.SQL(state)
        )
        conn.execute(query)


def refresh(conn: Conn, case: Case) -> None:
    """Give every row the status from which the case starts."""
    switch_triggers(conn, "DISABLE")
    of_run = case.before if case.table == "workflow" else "running"
    of_job = case.before if case.table == "job" else "created"
    conn.execute(sql.SQL(FRESH).format(status=of_run, job_status=of_job))
    conn.execute("VACUUM ANALYZE")
    conn.execute("CHECKPOINT")


def latencies(pgbench: Path, uri: str, case: Case, options: argparse.Namespace) -> list[int]:
    """Return the microseconds that each change takes, but for those that warm the session up."""
    script = (
        "\\set number :number + 1\n"
        f"UPDATE __reana.{case.table} SET {case.change} WHERE id_ = md5(:number::text)::uuid;\n"
    )
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "change.sql")
        file.write_text(script)
        number = options.warm_up + options.changes
        command = [str(pgbench), "-n", "-M", "prepared", "-t", str(number), "-D", "number=0"]
        log = ["-l", "--log-prefix", f"{directory}/log"]
        subprocess.run([*command, *log, "-f", file, uri], check=True, capture_output=True)
        (written,) = Path(directory).glob("log.*")
        lines = written.read_text().splitlines()
    return [int(line.split()[2]) for line in lines[options.warm_up :]]


def measure(pgbench: Path, uri: str, conn: Conn, case: Case, options: argparse.Namespace) -> float:
    """Return how many times as long a change takes with triggers."""
    medians: dict[str, list[float]] = {state: [] for state in STATES}
    everything: dict[str, list[int]] = {state: [] for state in STATES}
    for number in range(options.rounds):
        for state in STATES if number % 2 else reversed(STATES):
            refresh(conn, case)
            switch_triggers(conn, state)
            taken = latencies(pgbench, uri, case, options)
            medians[state].append(statistics.median(taken))
            everything[state] += taken
    off, on = (statistics.median(medians[state]) for state in STATES)
    ratios = [with_ / without for without, with_ in zip(*medians.values(), strict=True)]
    fast_off, fast_on = (statistics.quantiles(everything[state], n=10)[0] for state in STATES)
    ratio: float = statistics.median(ratios)
    limit = f"at most {case.limit:g}" if case.limit else ""
    print(
        f"{case.name:33} {off:6.0f} µs {on:6.0f} µs"
        f" {min(ratios):6.2f} {ratio:6.2f} {max(ratios):6.2f} {fast_on / fast_off:6.2f}  {limit}",
        flush=True,
    )
    return ratio


def run(uri: str, pgbench: Path, options: argparse.Namespace) -> bool:
    """Measure the cases; tell whether all keep their limits."""
    migrate.apply(uri)
    head = f"{'change':33} {'without':>9} {'with':>9}"
    print(f"{head} {'least':>6} {'ratio':>6} {'most':>6} {'p10':>6}  limit")
    with psycopg.connect(uri, autocommit=True) as conn:
        prepare(conn, options.warm_up + options.changes)
        cases = [case for case in CASES if options.case in case.name]
        ratios = [(case, measure(pgbench, uri, conn, case, options)) for case in cases]
    return all(case.limit is None or ratio <= case.limit for case, ratio in ratios)


@contextlib.contextmanager
def database(options: argparse.Namespace) -> Iterator[str]:
    """Give the database to measure in."""
    if options.uri:
        yield options.uri
        return
    with tempfile.TemporaryDirectory() as directory:
        home = None if options.no_fsync else Path(directory, "server")
        with embedded.start(home) as server:
            yield server.uri()


def main() -> None:
    """Run the benchmark; exit 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--uri", help="an empty database; default: a private server")
    parser.add_argument("--no-fsync", action="store_true", help="a private server without it")
    parser.add_argument("--changes", type=int, default=4000, help="changes per round")
    parser.add_argument("--warm-up", type=int, default=100, help="changes before those")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", default="", help="a part of the names of the cases to measure")
    options = parser.parse_args()
    bindir, _ = embedded.find_binaries()
    pgbench = Path(shutil.which("pgbench") or bindir / "pgbench")
    with database(options) as uri:
        kept = run(uri, pgbench, options)
    raise SystemExit(not kept)


if __name__ == "__main__":
    main()
