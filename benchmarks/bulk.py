"""What is done to many runs at once: imports, the deletion of all runs of a user, a restored dump.

Runs with three jobs each are imported by INSERT … SELECT and by COPY, as history and as what is
queued, with our triggers and without them (foreign keys are checked in both), in copies of one
database on a private server.  Told is the processor time of the server's process, and how many
times that without triggers it is.  A user's runs are deleted by one call while another session
changes runs of other users.  Exit status 1 if a limit is broken.

    python -m benchmarks.bulk
    python -m benchmarks.bulk --workflows 10000
    REANA_DB_EMBEDDED_BINDIR=/usr/lib/postgresql/15/bin python -m benchmarks.bulk
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from benchmarks import servers
from benchmarks.contenders import cpu_of
from benchmarks.first_refresh import vacuum
from benchmarks.servers import Site
from reana_db import deletion, embedded, migrate, quota, quota_refresh, resources
from reana_db.queries import Conn
from reana_db.records import ResourceType

IMPORT_LIMIT = 3.0
"""How many times as long as without triggers an import may take."""
WAIT_LIMIT = 0.1
"""Seconds that a change of a run of another user may take beside a deletion."""
DELETED = 10_000
USERS = """
INSERT INTO __reana.user_ (id_, created, updated, email)
SELECT md5('user' || n)::uuid, now(), now(), n || '@example.org'
FROM generate_series(0, 999) AS n
"""
RUNS = (
    "id_, created, updated, owner_id, name, status, type_, run_number_major, run_number_minor,"
    " run_started_at, run_finished_at, workspace_path, reana_specification, logs"
)
JOBS = "id_, created, updated, workflow_uuid, status, compute_backend, started_at, finished_at"
STAGED = f"""
CREATE TABLE public.staged_workflow AS SELECT {RUNS} FROM __reana.workflow;
CREATE TABLE public.staged_job AS SELECT {JOBS} FROM __reana.job;
INSERT INTO public.staged_workflow
SELECT md5('run' || n)::uuid, now(), now(), md5('user' || n::bigint * 7919 %% 1000)::uuid,
    'analysis-' || n, 'finished', 'serial', 1, 0, '2025-01-01'::timestamp + n * interval '1 s',
    '2025-01-01'::timestamp + n * interval '3 s', '/var/reana/users/' || n,
    '{{"workflow": {{"type": "serial"}}}}', repeat('a line of a log ', 20)
FROM generate_series(1, %(runs)s) AS n;
INSERT INTO public.staged_job
SELECT md5('job' || n || '/' || k)::uuid, now(), now(), md5('run' || n)::uuid, 'finished',
    'Kubernetes', '2025-01-01'::timestamp + n * interval '1 s',
    '2025-01-01'::timestamp + n * interval '2 s'
FROM generate_series(1, %(runs)s) AS n CROSS JOIN generate_series(1, 3) AS k
"""
QUEUED = """
UPDATE public.staged_workflow SET status = 'queued', run_started_at = NULL, run_finished_at = NULL;
UPDATE public.staged_job SET status = 'created', started_at = NULL, finished_at = NULL
"""
CHANGE = "UPDATE __reana.workflow SET logs = 'a line' WHERE id_ = md5('run' || %s::integer)::uuid"


def fill(uri: str, runs: int) -> None:
    """Make users, and runs and jobs in tables without triggers, to be imported."""
    migrate.apply(uri)
    with psycopg.connect(uri, cursor_factory=psycopg.ClientCursor) as conn:
        resources.create_defaults(conn)
        quota.set_policy(conn, [ResourceType.cpu])
        for statement in [USERS, *STAGED.split(";\n")]:
            conn.execute(statement.encode(), {"runs": runs})
    vacuum(uri)


def insert(conn: Conn) -> None:
    """Import by INSERT … SELECT."""
    for table, columns in (("workflow", RUNS), ("job", JOBS)):
        statement = f"SELECT {columns} FROM public.staged_{table}"
        conn.execute(f"INSERT INTO __reana.{table} ({columns}) {statement}".encode())


def copy(conn: Conn) -> None:
    """Import by COPY, by way of files of the client."""
    for table, columns in (("workflow", RUNS), ("job", JOBS)):
        source, target = f"public.staged_{table}", f"__reana.{table} ({columns})"
        with tempfile.TemporaryFile() as file:
            with conn.cursor().copy(f"COPY {source} TO STDOUT".encode()) as rows:
                file.writelines(rows)
            file.seek(0)
            with conn.cursor().copy(f"COPY {target} FROM STDIN".encode()) as rows:
                while part := file.read(1 << 18):
                    rows.write(part)


def taken(uri: str, triggers: str, do: Callable[[Conn], None]) -> float:
    """Return the seconds of processor time of an import in one transaction."""
    servers.switch_triggers(uri, triggers)
    with psycopg.connect(uri) as conn:
        before = cpu_of(conn.info.backend_pid)
        do(conn)
        conn.commit()
        return (cpu_of(conn.info.backend_pid) - before) / 1e9


class Databases:
    """Copies of the database that was filled."""

    def __init__(self, uri: str, runs: int) -> None:
        self.site = Site(uri, runs)
        self.filled = self.fresh("filled", "template1")
        fill(self.filled, runs)

    def fresh(self, name: str, template: str = "filled") -> str:
        """Make a copy anew."""
        with psycopg.connect(self.site.uri, autocommit=True) as conn:
            conn.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.site.named(name)


def imports(databases: Databases, what: str) -> bool:
    """Measure imports with and without triggers; tell whether the limit is kept."""
    kept = True
    for do in (insert, copy):
        ours, without = (
            taken(databases.fresh("imported"), triggers, do) for triggers in ("ENABLE", "DISABLE")
        )
        print(
            f"{what} by {do.__name__:7} {ours:7.2f} s, without triggers {without:6.2f} s,"
            f" x {ours / without:.2f}",
            flush=True,
        )
        kept = kept and ours <= IMPORT_LIMIT * without
    return kept


def delete_all(uri: str) -> bool:
    """Delete the runs of a user beside a session; tell whether that one could go on."""
    with psycopg.connect(uri, autocommit=True) as conn:
        row = conn.execute("SELECT id_ FROM __reana.user_ LIMIT 1").fetchone()
        assert row is not None
        conn.execute(
            "UPDATE __reana.workflow SET owner_id = %s, name = 'many', run_number_major = number"
            " FROM (SELECT id_, row_number() OVER (ORDER BY id_) AS number FROM __reana.workflow"
            " WHERE owner_id <> %s LIMIT %s) AS given WHERE workflow.id_ = given.id_",
            [row[0], row[0], DELETED],
        )
        others = conn.execute(
            "SELECT substr(name, 10)::integer FROM __reana.workflow WHERE name <> 'many' LIMIT 500"
        ).fetchall()
    vacuum(uri)
    waits: list[float] = []
    over = threading.Event()

    def work() -> None:
        with psycopg.connect(uri, autocommit=True) as conn:
            while not over.is_set():
                began = time.perf_counter()
                conn.execute(CHANGE, others[len(waits) % len(others)])
                waits.append(time.perf_counter() - began)
                time.sleep(0.01)

    session = threading.Thread(target=work)
    session.start()
    try:
        with psycopg.connect(uri, autocommit=True) as conn:
            began = time.perf_counter()
            found = deletion.delete_all_runs(conn, row[0], "many")
            seconds = time.perf_counter() - began
    finally:
        over.set()
        session.join()
    waits.sort()
    late = waits[len(waits) * 99 // 100]
    print(
        f"{len(found):,} runs of a user deleted: {seconds:.2f} s, so long they are locked;"
        f" changes of others: 99 % within {late * 1000:.1f} ms",
        flush=True,
    )
    return late <= WAIT_LIMIT


def restore(databases: Databases, uri: str) -> bool:
    """Dump and restore; tell whether the quota of what was restored is right."""
    programs, _ = embedded.find_binaries()
    restored = databases.fresh("restored", "template1")
    with tempfile.TemporaryDirectory() as directory:
        file = str(Path(directory) / "dump")
        for program, arguments in (
            ("pg_dump", ["--format=custom", f"--file={file}", uri]),
            ("pg_restore", [f"--dbname={restored}", file]),
        ):
            began = time.perf_counter()
            subprocess.run([programs / program, *arguments], check=True)
            print(f"{program:10} {time.perf_counter() - began:7.2f} s", flush=True)
    plan = quota_refresh.Plan(types=frozenset({ResourceType.cpu}), dry_run=True)
    found = quota_refresh.refresh(lambda: psycopg.connect(restored), plan)
    return found.runs > 0 and not found.cpu_differences and not found.total_differences


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workflows", type=int, default=100_000)
    given = parser.parse_args()
    with embedded.start(settings=servers.SETTINGS, tcp=True) as private:
        databases = Databases(private.uri(), given.workflows)
        kept = [imports(databases, "ended runs")]
        imported = databases.fresh("kept")
        taken(imported, "ENABLE", insert)
        kept.append(restore(databases, imported))
        kept.append(delete_all(imported))
        with psycopg.connect(databases.filled) as conn:
            for statement in QUEUED.split(";\n"):
                conn.execute(statement.encode())
        kept.append(imports(databases, "queued runs"))
    raise SystemExit(not all(kept))


if __name__ == "__main__":
    main()
