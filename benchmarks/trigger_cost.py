"""What the triggers cost, side by side with those of another revision of this repository.

The migrations of both are applied to databases of one private server without fsync; a session on
each, and one without triggers, take turns.  Measured is the processor time of the server's process,
which a busy machine disturbs least (Linux).  Printed are medians in milliseconds, and ratios; exit
status 1 if one is above its limit, which was set beside 22edd9c.  With ``--each``: the microseconds
of each trigger of ours, what it calls included, as EXPLAIN says.  With ``--service``: the same
changes as a login that may what services may, beside a superuser.

    python -m benchmarks.trigger_cost 22edd9c
    python -m benchmarks.trigger_cost --each
    python -m benchmarks.trigger_cost --service
    REANA_DB_EMBEDDED_BINDIR=/usr/lib/postgresql/15/bin python -m benchmarks.trigger_cost …
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.against import make, sides
from reana_db import roles
from reana_db.queries import Conn
from reana_db.roles import Roles

SIDES = ("ours", "older", "without")
FIRST = {"ours": 1, "older": 1, "without": 6000}
"""The first run of each session; the one without triggers is in the database of ours."""
FILL = """
SET session_replication_role = replica;
INSERT INTO __reana.user_ (id_, email)
SELECT md5('user' || n)::uuid, n::text FROM generate_series(0, 499) AS n;
INSERT INTO __reana.user_resource (user_id, resource_id, quota_used, quota_counted)
SELECT user_.id_, resource.id_, 0, 0 FROM __reana.user_ CROSS JOIN __reana.resource
ON CONFLICT DO NOTHING;
INSERT INTO __reana.workflow (id_, owner_id, name, status, type_, run_number_major,
    run_number_minor, run_started_at, logs, workspace_path)
SELECT md5(n::text)::uuid, md5('user' || n % 500)::uuid, n::text, 'queued', 'serial', 1, 0,
    now() - interval '1 h', repeat('line of a log', 100), '/var/reana/' || n
FROM generate_series(1, 12000) AS n;
INSERT INTO __reana.workflow_resource (workflow_id, resource_id, quota_used)
SELECT workflow.id_, resource.id_, 0 FROM __reana.workflow CROSS JOIN __reana.resource;
INSERT INTO __reana.job (id_, workflow_uuid, status, compute_backend)
SELECT md5('job' || n)::uuid, md5(n::text)::uuid, 'created', 'Kubernetes'
FROM generate_series(1, 12000) AS n;
VACUUM ANALYZE;
SET session_replication_role = origin;
"""
ONE = "UPDATE __reana.{0} SET {2} WHERE id_ = md5('{1}' || %s::integer)::uuid"
MANY = (
    "UPDATE __reana.workflow SET status = 'finished' WHERE id_ IN"
    " (SELECT md5(n::text)::uuid FROM generate_series(%s::integer, %s::integer) AS n)"
)
IMPORT = """
INSERT INTO __reana.workflow (id_, owner_id, name, status, type_, run_number_major,
    run_number_minor, workspace_path, run_started_at, run_finished_at)
SELECT md5('import' || n)::uuid, owner.id_, 'import', 'finished', 'serial', n, 0,
    '/var/reana/import/' || n, now() - interval '1 h', now()
FROM generate_series(1, %s::integer) AS n
CROSS JOIN (SELECT id_ FROM __reana.user_ LIMIT 1) AS owner
"""


CASES = {
    "logs of a run": ("workflow", "", "logs = 'x'"),
    "run queued -> pending": ("workflow", "", "status = 'pending'"),
    "run pending -> running": ("workflow", "", "status = 'running'"),
    "run running -> finished": ("workflow", "", "status = 'finished'"),
    "job created -> running": ("job", "job", "status = 'running'"),
    "job running -> finished": ("job", "job", "status = 'finished'"),
}
"""Table, beginning of what the ids are made of, and change."""
MANY_RUNS = "500 runs end in one statement"
OF_OLDER = {"run running -> finished": 2.0, MANY_RUNS: 0.44}
"""How many times as much as the older revision it may cost at most."""
OF_WITHOUT = {name: 1.8 for name in CASES if name not in OF_OLDER}
"""How many times as much as without triggers."""
IMPORT_LIMIT = 2000
"""Milliseconds."""
ROUNDS = 1000


def taken(conn: Conn, statement: str, *parameters: int) -> float:
    """Return the milliseconds of processor time of a statement in a transaction of its own."""
    schedule = Path(f"/proc/{conn.info.backend_pid}/schedstat")
    before = int(schedule.read_text().split()[0])
    conn.execute(statement.encode(), parameters, prepare=True)
    return (int(schedule.read_text().split()[0]) - before) / 1e6


def compare(name: str, rounds: int, measure: Callable[[str, int], float]) -> bool:
    """Measure all sides in turns; print medians and ratios; tell whether the limits are kept."""
    rows = [[measure(side, number) for side in SIDES] for number in range(rounds)]
    ours, older, without = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"{name:32} {ours:9.3f} {older:9.3f} {without:9.3f}"
        f" {ours / older:7.2f} {ours / without:9.2f}",
        flush=True,
    )
    of_older, of_without = OF_OLDER.get(name, math.inf), OF_WITHOUT.get(name, math.inf)
    return bool(ours <= of_older * older and ours <= of_without * without)


def switch(conn: Conn, role: str) -> None:
    """Let triggers fire in this session (``origin``) or not (``replica``)."""
    conn.execute("SELECT set_config('session_replication_role', %s, false)", [role])


def one_by_one(conns: dict[str, Conn], name: str) -> bool:
    """Measure a change of one row after the other."""
    statement = ONE.format(*CASES[name])

    def change_next(side: str, number: int) -> float:
        return taken(conns[side], statement, FIRST[side] + number)

    for number in range(20):
        for side in SIDES:
            change_next(side, number)
    return compare(name, ROUNDS, lambda side, number: change_next(side, 20 + number))


def many_runs(conns: dict[str, Conn]) -> bool:
    """Measure the end of 500 runs in one statement."""
    for side in ("ours", "older"):
        switch(conns[side], "replica")
        conns[side].execute(
            "UPDATE __reana.workflow SET status = 'running' WHERE status = 'queued'"
        )
        switch(conns[side], "origin")

    def end_next(side: str, number: int) -> float:
        begin = FIRST[side] + 1100 + 500 * number
        return taken(conns[side], MANY, begin, begin + 499)

    return compare(MANY_RUNS, 9, end_next)


def fill(uri: str) -> None:
    """Insert what is changed."""
    with psycopg.connect(uri, autocommit=True) as conn:
        for statement in FILL.strip().split(";\n"):
            conn.execute(statement.encode())


def status_changes(ours: str, older: str) -> bool:
    """Measure changes of rows that are there; tell whether the limits are kept."""
    for uri in (ours, older):
        fill(uri)
    uris = dict(zip(SIDES, (ours, older, ours), strict=True))
    conns = {side: psycopg.connect(uri, autocommit=True) for side, uri in uris.items()}
    switch(conns["without"], "replica")
    kept = [one_by_one(conns, name) for name in CASES]
    kept.append(many_runs(conns))
    for conn in conns.values():
        conn.close()
    return all(kept)


def as_service(uri: str) -> None:
    """Print what changes take as a service; every round has sessions of its own.

    What a session planned first, it would keep.
    """
    fill(uri)
    names = Roles()
    with psycopg.connect(uri) as conn:
        roles.create(conn, names)
        roles.grant(conn, names)
        conn.execute(f"CREATE ROLE cost LOGIN PASSWORD 'cost' IN ROLE {names.service}".encode())
    logins = uri, make_conninfo(uri, user="cost", password="cost")
    for name, case in CASES.items():
        rows = count(1)
        found: tuple[list[float], list[float]] = ([], [])
        for number in range(ROUNDS // 16):
            for turn in (0, 1) if number % 2 else (1, 0):
                with psycopg.connect(logins[turn], autocommit=True) as conn:
                    times = [taken(conn, ONE.format(*case), next(rows)) for _ in range(80)]
                found[turn].append(sum(times[20:]) / 60)
        ratio = statistics.median(b / a for a, b in zip(*found, strict=True))
        superuser, service = map(statistics.median, found)
        print(f"{name:32} {superuser:9.3f} {service:9.3f} {ratio:7.2f}", flush=True)


def each_trigger(uri: str) -> None:
    """Print what each trigger takes."""
    fill(uri)
    with psycopg.connect(uri, autocommit=True, cursor_factory=psycopg.ClientCursor) as conn:
        for name, case in CASES.items():
            found: dict[str, list[float]] = {}
            for number in range(1, ROUNDS):
                explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {ONE.format(*case)}"
                plan = conn.execute(explain.encode(), [number]).fetchall()[0][0][0]
                found.setdefault("the statement", []).append(plan["Execution Time"])
                for trigger in plan["Triggers"]:
                    found.setdefault(trigger["Trigger Name"], []).append(trigger["Time"])
            print(f"\n{name}")
            for trigger, times in found.items():
                print(f"    {trigger:33} {statistics.median(times) * 1000:6.0f} µs", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision", nargs="?", help="as git names it")
    parser.add_argument("--each", action="store_true", help="the cost of each trigger")
    parser.add_argument("--service", action="store_true", help="a service beside a superuser")
    given = parser.parse_args()
    with sides(given.revision or "HEAD") as ((here, ours), (_, older)):
        if given.each or given.service or not given.revision:
            (as_service if given.service else each_trigger)(ours)
            return
        print(f"{'':32} {'ours':>9} {'older':>9} {'without':>9} {'/older':>7} {'/without':>9}")
        kept = status_changes(ours, older)
        with psycopg.connect(ours, autocommit=True) as server:
            fresh = make(server, "fresh", here)
        with psycopg.connect(fresh, autocommit=True) as conn:
            imported = taken(conn, IMPORT, 16_000)
            print(f"{'import of 16,000 ended runs':32} {imported:9.0f}")
    raise SystemExit(not (kept and imported <= IMPORT_LIMIT))


if __name__ == "__main__":
    main()
