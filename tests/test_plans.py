"""What services do for each request or message reads no large table from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row

from reana_db import queries
from reana_db.queries import Conn
from tests.catalogue import OPERATIONS
from tests.catalogue.operation import Operation
from tests.catalogue.world import World, make_world

LARGE = {
    "workflow",
    "job",
    "workflow_resource",
    "user_workflow",
    "user_token",
    "user_resource",
    "user_",
    "service",
    "workflow_service",
    "interactive_session",
    "workflow_session",
    "workspace_retention_rule",
    "job_cache",
    "service_logs",
    "quota_ledger",
    "status_history",
}

FOR_ADMINISTRATORS = {
    "accounts.export",
    "accounts.search",
    "administration.workflows_to_check",
    "administration.workspaces",
    "quota.set_default_limits",
    "quota.top_by_percentage",
    "quota.top_by_usage",
    "quota_periods.init_default",
    "services.named",
    "sessions.count_active",
    "sessions.open_sessions",
    "statistics.cluster_report",
    "statistics.workflows",
}
"""Functions that are about everything there is, and called now and then."""

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


@pytest.fixture(scope="module")
def filled_uri(server: Any, template: str) -> Iterator[str]:
    """The address of a database with much in it."""
    with server.database(template=template) as name:
        uri = server.uri(name)
        with psycopg.connect(uri) as conn:
            conn.execute(FILLING)
        with psycopg.connect(uri, autocommit=True) as conn:
            conn.execute("VACUUM ANALYZE")
        yield uri


class Explainer:
    """Takes the plan of each statement before it is executed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.scanned: list[tuple[str, str]] = []
        execute = queries._BoundQuery.execute

        def explained(bound: Any, conn: Conn, values: dict[str, Any]) -> Any:
            with conn.cursor(row_factory=tuple_row) as cursor:
                cursor.execute(b"EXPLAIN (FORMAT JSON) " + bound.statement.query, values)
                ((plans,),) = cursor.fetchall()
            self.scanned += [(bound.statement.name, t) for t in scans(plans[0]["Plan"])]
            return execute(bound, conn, values)

        monkeypatch.setattr(queries._BoundQuery, "execute", explained)


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """Yield the large tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in LARGE:
        yield plan["Relation Name"]
    for child in plan.get("Plans", []):
        yield from scans(child)


CALLED = [
    pytest.param(operation, id=f"{operation.number}-{operation.name}")
    for operation in OPERATIONS
    if operation.call and operation.function_name not in FOR_ADMINISTRATORS
]


@pytest.fixture(scope="module")
def filled(filled_uri: str) -> Iterator[tuple[Conn, World]]:
    """The database with a small REANA of its own in it, rolled back at the end."""
    with psycopg.connect(filled_uri) as conn:
        yield conn, make_world(conn)
        conn.rollback()


@pytest.mark.parametrize("operation", CALLED)
def test_an_operation_of_services_scans_no_large_table(
    filled: tuple[Conn, World], operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert operation.call is not None
    conn, world = filled
    explainer = Explainer(monkeypatch)
    with conn.transaction(force_rollback=True):
        operation.call(conn, world)
    assert explainer.scanned == []
