"""What the triggers add to a change of a status.

pgbench, over a Unix socket, runs the same single-row UPDATE, one per transaction, with all triggers
of the database and with none, in turns; each transaction changes a row that was not changed before.
Printed are the medians of both, and the least ratio of all rounds, the median and the greatest.
Exit status 1 if a limit is not kept.

    python -m benchmarks.trigger_cost              without the wait for the disk: the work alone
    python -m benchmarks.trigger_cost --fsync      with it: what a client of a durable server sees
    python -m benchmarks.trigger_cost --service    processor time as a service, next to a superuser
    python -m benchmarks.trigger_cost --each       each trigger on its own, as EXPLAIN ANALYZE says
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import shutil
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks import servers, staging
from reana_db import database_settings, embedded, roles
from reana_db.migrating import installation
from reana_db.queries import Conn
from reana_db.records import SettingName
from reana_db.roles import Roles

USERS = 500
STATES = ("DISABLE", "ENABLE")
SERVICE_WARM_UP = 20
PER_ROUND = 60
AS_SERVICE = 1.05
"""How many times as much a change may cost as a service."""
WARM_UP = 100
"""Transactions that load and plan what the later ones use."""
INSERT_USERS = """
INSERT INTO __reana.user_ (id_, email) SELECT id_, id_::text FROM unnest(%s::uuid[]) AS id_
"""
FRESH = """
UPDATE __reana.workflow SET status = {status}, run_finished_at = NULL, run_stopped_at = NULL;
UPDATE __reana.job SET status = {job_status}, started_at = NULL, finished_at = NULL;
UPDATE __reana.workspace_retention_rule SET status = 'created', apply_on = NULL;
UPDATE __reana.workflow_resource SET quota_used = 0;
UPDATE __reana.quota_ledger SET run_started_at = NULL, run_ended_at = NULL, cpu_used = 0;
TRUNCATE __reana.status_history, __reana.workspace_retention_audit_log;
"""


@dataclass(frozen=True)
class Case:
    """A change, and the most that it may cost."""

    name: str
    before: str
    change: str
    limit: float | None = None
    """How many times as much as without triggers; None where no limit was set."""

    @property
    def of_run(self) -> bool:
        """Whether a run changes, and not its job."""
        return self.name.startswith(("run", "logs"))


CASES = [
    Case("logs of a run, status unchanged", "running", "logs = 'x'", 1.8),
    Case("run queued -> pending", "queued", "status = 'pending'", 1.8),
    Case("run pending -> running", "pending", "status = 'running'", 1.8),
    Case("run running -> finished", "running", "status = 'finished'", 6),
    Case("job created -> running", "created", "status = 'running'", 1.8),
    Case("job running -> finished", "running", "status = 'finished'", 1.8),
]


def prepare(uri: str, runs: int) -> None:
    """Install a database and fill it."""
    installation.install(uri)
    with psycopg.connect(uri, autocommit=True) as conn:
        database_settings.change(conn, SettingName.termination_quota_update_policy, "cpu")
        conn.execute(INSERT_USERS, [staging.owners(USERS)])
        staging.stage(conn, "cost", runs, "running", USERS)


def refresh(conn: Conn, uri: str, case: Case) -> None:
    """Give every row the status from which the case starts."""
    servers.switch_triggers(uri, "DISABLE")
    of_run, of_job = (case.before, "running") if case.of_run else ("running", case.before)
    conn.execute(sql.SQL(FRESH).format(status=of_run, job_status=of_job))
    conn.execute("VACUUM ANALYZE")
    conn.execute("CHECKPOINT")


def latency(pgbench: Path, uri: str, case: Case, changes: int) -> float:
    """Return the microseconds that a change takes: the median, after a warm-up."""
    table, id_ = ("workflow", "'cost/' || :n") if case.of_run else ("job", "'cost/' || :n || '/1'")
    script = (
        f"\\set n :n + 1\nUPDATE __reana.{table} SET {case.change} WHERE id_ = md5({id_})::uuid;\n"
    )
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "change.sql")
        file.write_text(script)
        command = [str(pgbench), "-n", "-M", "prepared", "-t", str(changes + WARM_UP), "-D", "n=0"]
        log = ["-l", "--log-prefix", f"{directory}/log"]
        subprocess.run([*command, *log, "-f", file, uri], check=True, capture_output=True)
        (written,) = Path(directory).glob("log.*")
        lines = written.read_text().splitlines()[WARM_UP:]
    return statistics.median(int(line.split()[2]) for line in lines)


def make_service(uri: str) -> str:
    """Return the URI of a login that may what services may."""
    names = Roles()
    with psycopg.connect(uri) as conn:
        roles.create(conn, names)
        roles.grant(conn, names)
        conn.execute(f"CREATE ROLE cost LOGIN PASSWORD 'cost' IN ROLE {names.service}".encode())
    return make_conninfo(uri, user="cost", password="cost")


def measure(pgbench: Path, uri: str, case: Case, given: argparse.Namespace) -> bool:
    """Print how many times as long a change takes with triggers; tell whether it may."""
    taken: dict[str, list[float]] = {state: [] for state in STATES}
    with psycopg.connect(uri, autocommit=True) as conn:
        for number in range(given.rounds):
            for state in STATES if number % 2 else reversed(STATES):
                refresh(conn, uri, case)
                servers.switch_triggers(uri, state)
                taken[state].append(latency(pgbench, uri, case, given.changes))
    off, on = taken.values()
    return report(case.name, off, on, case.limit)


def measure_service(uri: str, service: str, case: Case, changes: int) -> bool:
    """Print how many times as much of the processor a change takes as a service.

    Every round has sessions of its own: what they planned first, they would keep.
    """
    with psycopg.connect(uri, autocommit=True) as conn:
        refresh(conn, uri, case)
    servers.switch_triggers(uri, "ENABLE")
    table, id_ = ("workflow", "cost/{}") if case.of_run else ("job", "cost/{}/1")
    change = f"UPDATE __reana.{table} SET {case.change} WHERE id_ = md5(%s)::uuid".encode()
    rows = itertools.count(1)

    def average(conn: Conn, times: int) -> float:
        schedule = Path(f"/proc/{conn.info.backend_pid}/schedstat")
        before = int(schedule.read_text().split()[0])
        for _ in range(times):
            conn.execute(change, [id_.format(next(rows))], prepare=True)
        return (int(schedule.read_text().split()[0]) - before) / 1000 / times

    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(changes // 2 // (SERVICE_WARM_UP + PER_ROUND)):
        with (
            psycopg.connect(uri, autocommit=True) as first,
            psycopg.connect(service, autocommit=True) as second,
        ):
            for conn in (first, second):
                average(conn, SERVICE_WARM_UP)
            turns = list(zip((first, second), taken, strict=True))
            for conn, times in turns if number % 2 else reversed(turns):
                times.append(average(conn, PER_ROUND))
    return report(case.name, *taken, AS_SERVICE)


def report(name: str, off: list[float], on: list[float], limit: float | None) -> bool:
    """Print the medians and the ratios of the rounds; tell whether the limit is kept."""
    ratios = sorted(b / a for a, b in zip(off, on, strict=True))
    ratio = statistics.median(ratios)
    most = f"at most {limit:g}" if limit else ""
    print(
        f"{name:33} {statistics.median(off):6.0f} µs {statistics.median(on):6.0f} µs"
        f" {ratios[0]:6.2f} {ratio:6.2f} {ratios[-1]:6.2f}  {most}",
        flush=True,
    )
    return limit is None or ratio <= limit


def measure_each(uri: str, case: Case, changes: int) -> None:
    """Print the microseconds that each trigger takes: the median, and what it calls included."""
    table, id_ = ("workflow", "cost/{}") if case.of_run else ("job", "cost/{}/1")
    change = f"UPDATE __reana.{table} SET {case.change} WHERE id_ = md5(%s)::uuid"
    taken: dict[str, list[float]] = {}
    with psycopg.connect(uri, autocommit=True, cursor_factory=psycopg.ClientCursor) as conn:
        refresh(conn, uri, case)
        servers.switch_triggers(uri, "ENABLE")
        for number in range(1, WARM_UP + changes):
            explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {change}"
            row = conn.execute(explain.encode(), [id_.format(number)]).fetchone()
            assert row is not None
            plan = row[0][0]
            if number >= WARM_UP:
                taken.setdefault("the statement, triggers included", []).append(
                    plan["Execution Time"]
                )
                for trigger in plan["Triggers"]:
                    taken.setdefault(trigger["Trigger Name"], []).append(trigger["Time"])
    print(f"\n{case.name}")
    for name, values in taken.items():
        print(f"    {name:33} {statistics.median(values) * 1000:6.0f} µs", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fsync", action="store_true", help="a durable server")
    parser.add_argument("--changes", type=int, default=4000, help="changes per round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--service", action="store_true", help="as a service, next to a superuser")
    parser.add_argument("--each", action="store_true", help="the cost of each trigger")
    parser.add_argument("--case", default="", help="a part of the names of the cases to measure")
    given = parser.parse_args()
    bindir, _ = embedded.find_binaries()
    pgbench = Path(shutil.which("pgbench") or bindir / "pgbench")
    kept = []
    if not given.each:
        before, after = ("superuser", "service") if given.service else ("without", "with")
        head = f"{'change':33} {before:>9} {after:>9}"
        print(f"{head} {'least':>6} {'ratio':>6} {'most':>6}  limit")
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(embedded.start(directory / "pg" if given.fsync else None))
        prepare(server.uri(), given.changes + WARM_UP)
        service = make_service(server.uri()) if given.service else None
        cases = [case for case in CASES if given.case in case.name]
        for case in cases:
            if given.each:
                measure_each(server.uri(), case, given.changes)
            elif service:
                kept.append(measure_service(server.uri(), service, case, given.changes))
            else:
                kept.append(measure(pgbench, server.uri(), case, given))
    raise SystemExit(not all(kept))


if __name__ == "__main__":
    main()
