"""What the triggers add to a change of a row.

pgbench runs the same UPDATE on the same table with all triggers of the database, and with none,
in turns; each transaction changes a row that was not changed before.  Printed is the ratio of the
latencies that pgbench reports, of the least disturbed round of each.

    python -m benchmarks.trigger_cost
    python -m benchmarks.trigger_cost --uri postgresql://…   (an empty database; is filled)
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
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
LATENCY = re.compile(r"latency average = ([0-9.]+) ms")
FRESH = """
UPDATE __reana.workflow SET status = {status}, run_started_at = now() - interval '1 h',
    run_finished_at = NULL, run_stopped_at = NULL;
UPDATE __reana.job SET status = {job_status}, started_at = NULL, finished_at = NULL;
UPDATE __reana.workspace_retention_rule SET status = 'created', apply_on = NULL;
DELETE FROM __reana.workflow_resource USING __reana.quota_resource
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


def latency(pgbench: Path, uri: str, case: Case, changes: int) -> float:
    """Return the milliseconds that a change takes."""
    script = (
        "\\set number :number + 1\n"
        f"UPDATE __reana.{case.table} SET {case.change} WHERE id_ = md5(:number::text)::uuid;\n"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".pgbench") as file:
        file.write(script)
        file.flush()
        command = [str(pgbench), "-n", "-M", "prepared", "-t", str(changes), "-D", "number=0"]
        done = subprocess.run(
            [*command, "-f", file.name, uri], check=True, capture_output=True, text=True
        )
    found = LATENCY.search(done.stdout)
    assert found is not None, done.stdout
    return float(found[1])


def measure(pgbench: Path, uri: str, conn: Conn, case: Case, options: argparse.Namespace) -> float:
    """Return how many times as long a change takes with triggers."""
    best: dict[str, float] = {}
    for _ in range(options.rounds):
        for state in ("DISABLE", "ENABLE"):
            refresh(conn, case)
            switch_triggers(conn, state)
            taken = latency(pgbench, uri, case, options.changes)
            best[state] = min(taken, best.get(state, taken))
    ratio = best["ENABLE"] / best["DISABLE"]
    limit = f"at most {case.limit:g}" if case.limit else ""
    print(
        f"{case.name:33} {best['DISABLE'] * 1000:8.0f} µs {best['ENABLE'] * 1000:8.0f} µs"
        f" {ratio:8.2f}  {limit}",
        flush=True,
    )
    return ratio


def run(uri: str, pgbench: Path, options: argparse.Namespace) -> bool:
    """Measure every case; tell whether all keep their limits."""
    migrate.apply(uri)
    print(f"{'change':33} {'without':>11} {'with':>11} {'ratio':>8}  limit")
    with psycopg.connect(uri, autocommit=True) as conn:
        prepare(conn, options.changes)
        ratios = [(case, measure(pgbench, uri, conn, case, options)) for case in CASES]
    return all(case.limit is None or ratio <= case.limit for case, ratio in ratios)


def main() -> None:
    """Run the benchmark; exit 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--uri", help="an empty database; default: a private server")
    parser.add_argument("--changes", type=int, default=10_000, help="changes per round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    bindir, _ = embedded.find_binaries()
    pgbench = Path(shutil.which("pgbench") or bindir / "pgbench")
    if options.uri:
        kept = run(options.uri, pgbench, options)
    else:
        with embedded.start(tcp=True) as server:
            kept = run(server.uri(), pgbench, options)
    raise SystemExit(not kept)


if __name__ == "__main__":
    main()
