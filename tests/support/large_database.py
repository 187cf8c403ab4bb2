"""A database in which reading a table from end to end is a mistake.

Of 20,000 runs; with ``REANA_DB_TEST_WORKFLOWS`` of so many, built by ``benchmarks.database``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from benchmarks import database as benchmark
from reana_db.queries import Conn
from tests.support.databases import Databases

VARIABLE = "REANA_DB_TEST_WORKFLOWS"
"""How many runs the database of a benchmark has that is used instead."""
URI_VARIABLE = "REANA_DB_TEST_WORKFLOWS_URI"
"""Where it is, or shall be left; without it, it is made and dropped."""
LARGE = 2000
"""Rows from which on a table counts as large."""

# Without triggers, which would take minutes.
FILLING = """
INSERT INTO __reana.resource (id_, name, type_, unit, created, updated)
VALUES (md5('cpu')::uuid, 'processing time', 'cpu', 'milliseconds', now(), now()),
    (md5('disk')::uuid, 'shared storage', 'disk', 'bytes_', now(), now());
SET LOCAL session_replication_role = 'replica';
INSERT INTO __reana.user_ (id_, email, created, updated)
SELECT md5('u' || i)::uuid, 'u' || i || '@example.com', now(), now()
FROM generate_series(1, 4000) AS i;
INSERT INTO __reana.user_token (id_, user_id, token, status, type_, created, updated)
SELECT md5('t' || i)::uuid, md5('u' || i)::uuid, md5('t' || i)::bytea, 'active', 'reana', now(),
    now()
FROM generate_series(1, 4000) AS i;
INSERT INTO __reana.workflow (id_, name, status, owner_id, created, updated, workspace_path,
    run_number_major, run_number_minor, reana_specification, job_progress)
SELECT md5('w' || i)::uuid, 'name' || i % 7, (CASE i % 10 WHEN 0 THEN 'running' ELSE 'finished' END)
    ::public.runstatus, md5('u' || i % 4000)::uuid, '2026-01-01'::timestamp + i * interval '1 min',
    now(), '/w/' || i, i, 0, '{}', '{}'
FROM generate_series(1, 20000) AS i;
INSERT INTO __reana.user_resource (user_id, resource_id, quota_used)
SELECT md5('u' || i)::uuid, resource.id_, 5
FROM generate_series(1, 4000) AS i, __reana.resource;
INSERT INTO __reana.workflow_resource (workflow_id, resource_id, quota_used)
SELECT md5('w' || i)::uuid, resource.id_, i
FROM generate_series(1, 20000) AS i, __reana.resource;
INSERT INTO __reana.quota_ledger
    (workflow_id, owner_id, workspace_path, run_ended_at, cpu_used, disk_used)
SELECT md5('w' || i)::uuid, md5('u' || i % 4000)::uuid, '/w/' || i, '2026-01-01', i, i
FROM generate_series(1, 20000) AS i;
INSERT INTO __reana.job (id_, workflow_uuid, status, compute_backend, created, updated)
SELECT md5('j' || i)::uuid, md5('w' || (1 + i % 20000))::uuid, 'finished', 'Kubernetes',
    '2026-01-01'::timestamp + i * interval '1 s', now()
FROM generate_series(1, 60000) AS i;
INSERT INTO __reana.job_cache (id_, job_id, parameters, workspace_hash, created, updated)
SELECT md5('c' || i)::uuid, md5('j' || i)::uuid, 'p' || i, 'w' || i, now(), now()
FROM generate_series(1, 20000) AS i;
INSERT INTO __reana.user_workflow (workflow_id, user_id, access_type)
SELECT md5('w' || i)::uuid, md5('u' || (i + 1) % 4000)::uuid, 'read'
FROM generate_series(1, 20000) AS i;
INSERT INTO __reana.interactive_session (id_, name, path, status, type_, created, updated)
SELECT md5('s' || i)::uuid, 's' || i, '/' || i, 'running', 'jupyter', now(), now()
FROM generate_series(1, 10000) AS i;
INSERT INTO __reana.workflow_session (workflow_id, session_id)
SELECT md5('w' || i)::uuid, md5('s' || i)::uuid FROM generate_series(1, 10000) AS i;
INSERT INTO __reana.service (id_, name, uri, status, type_)
SELECT md5('v' || i)::uuid, 'v' || i, '/' || i, 'running', 'dask'
FROM generate_series(1, 10000) AS i;
INSERT INTO __reana.workflow_service (workflow_id, service_id)
SELECT md5('w' || i)::uuid, md5('v' || i)::uuid FROM generate_series(1, 10000) AS i;
INSERT INTO __reana.service_logs (id, service_id, log)
SELECT md5('l' || i)::uuid, md5('v' || i)::uuid, '{}' FROM generate_series(1, 10000) AS i;
INSERT INTO __reana.workspace_retention_rule
    (id_, workflow_id, workspace_files, retention_days, apply_on, status)
SELECT md5('r' || i)::uuid, md5('w' || i)::uuid, '**/*', 3, '2999-01-01', 'active'
FROM generate_series(1, 20000) AS i;
"""


def workflows() -> int | None:
    """Return how many runs the database of the benchmark has, None where the small one is used."""
    return int(os.environ.get(VARIABLE, "0")) or None


@contextmanager
def large_database(server: Databases, template: str) -> Iterator[str]:
    """Make or find the database and yield its URI; nobody may leave changes in it."""
    chosen = workflows()
    if chosen and (uri := os.environ.get(URI_VARIABLE)):
        benchmark.build(uri, workflows=chosen)
        yield uri
    elif chosen:
        with server.database() as name:
            benchmark.build(server.direct_uri(name), workflows=chosen)
            yield server.uri(name)
    else:
        with server.database(template=template) as name:
            _fill(server.uri(name))
            yield server.uri(name)


def _fill(uri: str) -> None:
    with psycopg.connect(uri) as conn:
        conn.execute(FILLING)
    with psycopg.connect(uri, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")


def large_tables(conn: Conn) -> set[str]:
    """Return the names of the tables with many rows."""
    query = (
        "SELECT relname FROM pg_class WHERE relnamespace = '__reana'::regnamespace"
        " AND relkind = 'r' AND reltuples >= %s"
    )
    return {name for (name,) in conn.execute(query, [LARGE])}
