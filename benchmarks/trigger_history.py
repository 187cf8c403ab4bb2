"""What the triggers cost, side by side with those of an older checkout of this repository.

The migrations of both are applied to databases of one private server without fsync; a session on
each, and one without triggers, take turns.  Measured is the processor time of the server's process,
which a busy machine disturbs least (Linux).  Printed are medians in milliseconds, and ratios.

    python -m benchmarks.trigger_history ../older-checkout
    REANA_DB_EMBEDDED_BINDIR=/usr/lib/postgresql/15/bin python -m benchmarks.trigger_history …
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from reana_db import embedded
from reana_db.queries import Conn

MIGRATE = "import sys; from reana_db import migrate; migrate.apply(sys.argv[1])"
SETTINGS = {"fsync": "off", "shared_buffers": "512MB", "autovacuum": "off"}
SIDES = ("ours", "older", "without")
FIRST = {"ours": 1, "older": 1, "without": 6000}
"""The first run of each session; the one without triggers is in the database of ours."""
FILL = """
SET session_replication_role = replica;
UPDATE __reana.setting SET value = 'cpu' WHERE name = 'termination_quota_update_policy';
INSERT INTO __reana.resource (id_, name, type_, unit) VALUES
    (md5('cpu')::uuid, 'processing time', 'cpu', 'milliseconds'),
    (md5('disk')::uuid, 'shared storage', 'disk', 'bytes_')
ON CONFLICT (name) DO NOTHING;
INSERT INTO __reana.user_ (id_, email)
SELECT md5('user' || n)::uuid, n::text FROM generate_series(0, 499) AS n;
INSERT INTO __reana.user_resource (user_id, resource_id, quota_used, quota_counted)
SELECT user_.id_, resource.id_, 0, 0 FROM __reana.user_ CROSS JOIN __reana.resource;
INSERT INTO __reana.workflow (id_, owner_id, name, status, type_, run_number_major,
    run_number_minor, run_started_at, logs, workspace_path)
SELECT md5(n::text)::uuid, md5('user' || n % 500)::uuid, n::text, 'pending', 'serial', 1, 0,
    now() - interval '1 h', repeat('line of a log', 100), '/var/reana/' || n
FROM generate_series(1, 12000) AS n;
INSERT INTO __reana.workflow_resource (workflow_id, resource_id, quota_used)
SELECT workflow.id_, resource.id_, 0 FROM __reana.workflow CROSS JOIN __reana.resource;
VACUUM ANALYZE;
SET session_replication_role = origin;
"""
ONE = "UPDATE __reana.workflow SET {} WHERE id_ = md5(%s::text)::uuid"
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


def make(server: psycopg.Connection[Any], name: str, checkout: Path) -> str:
    """Make a database with the migrations of a checkout."""
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    uri = make_conninfo(server.info.dsn, dbname=name, password=server.info.password)
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    subprocess.run([sys.executable, "-c", MIGRATE, uri], check=True, cwd=checkout, env=environment)
    return uri


def taken(conn: Conn, statement: str, *parameters: int) -> float:
    """Return the milliseconds of processor time of a statement in a transaction of its own."""
    schedule = Path(f"/proc/{conn.info.backend_pid}/schedstat")
    before = int(schedule.read_text().split()[0])
    conn.execute(statement.encode(), parameters, prepare=True)
    return (int(schedule.read_text().split()[0]) - before) / 1e6


def compare(name: str, rounds: int, measure: Callable[[str, int], float]) -> None:
    """Measure all sides in turns; print the medians, and ours in relation to the others."""
    rows = [[measure(side, number) for side in SIDES] for number in range(rounds)]
    ours, older, without = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"{name:32} {ours:9.3f} {older:9.3f} {without:9.3f}"
        f" {ours / older:7.2f} {ours / without:9.2f}",
        flush=True,
    )


def switch(conn: Conn, role: str) -> None:
    """Let triggers fire in this session (``origin``) or not (``replica``)."""
    conn.execute("SELECT set_config('session_replication_role', %s, false)", [role])


def one_run(conns: dict[str, Conn], name: str, change: str) -> None:
    """Measure a change of one run after the other."""

    def change_next(side: str, number: int) -> float:
        return taken(conns[side], ONE.format(change), FIRST[side] + number)

    for number in range(20):
        for side in SIDES:
            change_next(side, number)
    compare(name, 1000, lambda side, number: change_next(side, 20 + number))


def many_runs(conns: dict[str, Conn]) -> None:
    """Measure the end of 500 runs in one statement."""
    for side in ("ours", "older"):
        switch(conns[side], "replica")
        conns[side].execute(
            "UPDATE __reana.workflow SET status = 'running' WHERE status = 'pending'"
        )
        switch(conns[side], "origin")

    def end_next(side: str, number: int) -> float:
        begin = FIRST[side] + 1100 + 500 * number
        return taken(conns[side], MANY, begin, begin + 499)

    compare("500 runs end in one statement", 9, end_next)


def status_changes(ours: str, older: str) -> None:
    """Measure changes of runs that are there."""
    uris = dict(zip(SIDES, (ours, older, ours), strict=True))
    conns = {side: psycopg.connect(uri, autocommit=True) for side, uri in uris.items()}
    for side in ("ours", "older"):
        for statement in FILL.strip().split(";\n"):
            conns[side].execute(statement.encode())
    switch(conns["without"], "replica")
    one_run(conns, "logs of a run", "logs = 'x'")
    one_run(conns, "run pending -> running", "status = 'running'")
    one_run(conns, "run running -> finished", "status = 'finished'")
    many_runs(conns)
    for conn in conns.values():
        conn.close()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("older", type=Path, help="a checkout of an older version")
    older = parser.parse_args().older.resolve()
    ours = Path(__file__).resolve().parents[1]
    with (
        embedded.start(settings=SETTINGS) as private,
        psycopg.connect(private.uri(), autocommit=True) as server,
    ):
        print(f"{'':32} {'ours':>9} {'older':>9} {'without':>9} {'/older':>7} {'/without':>9}")
        status_changes(make(server, "ours", ours), make(server, "older", older))
        with psycopg.connect(make(server, "fresh", ours), autocommit=True) as conn:
            for statement in FILL.split(";\n")[1:4]:
                conn.execute(statement.encode())
            print(f"{'import of 16,000 ended runs':32} {taken(conn, IMPORT, 16_000):9.0f}")


if __name__ == "__main__":
    main()
