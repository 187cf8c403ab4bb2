"""What services do for each request or message reads no large table from end to end.

Read are the plans of the statements, those made for the values of a call and those made for any;
and the counters of the server, which also know what triggers and functions do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row

from reana_db import queries
from reana_db.health.statements import numbered
from reana_db.queries import Conn
from tests.catalogue import OPERATIONS
from tests.catalogue.operation import Operation
from tests.catalogue.world import World, make_world
from tests.support.large_database import large_tables

pytestmark = pytest.mark.slow

FOR_ADMINISTRATORS = {
    "accounts.export",
    "accounts.search",
    "consistency.workflows_to_check",
    "consistency.workspaces",
    "quota.set_default_limits",
    "quota.top_by_percentage",
    "quota.top_by_usage",
    "quota_periods.init_default",
    "services.named",
    "sessions.count_active",
    "sessions.open_sessions",
    "site_report.cluster_report",
    "site_report.workflows",
}
"""Functions that are about everything there is, and called now and then."""

COUNTING = {67, 125}
"""The operations that count all rows of a table, for the report of the site."""

CALLED = [
    pytest.param(operation, id=f"{operation.number}-{operation.name}")
    for operation in OPERATIONS
    if operation.call and operation.function_name not in FOR_ADMINISTRATORS
]


@pytest.fixture(scope="module")
def filled(large_uri: str) -> Iterator[tuple[Conn, World]]:
    """The database with a small REANA of its own in it, rolled back at the end."""
    with psycopg.connect(large_uri, prepare_threshold=0) as conn:
        conn.execute("SET LOCAL max_parallel_workers_per_gather = 0")  # they count elsewhere
        yield conn, make_world(conn)
        conn.rollback()


class Explainer:
    """Takes both plans of each statement before it is executed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, large: set[str]) -> None:
        self.scanned: list[tuple[str, str]] = []
        execute = queries._BoundQuery.execute

        def explained(bound: Any, cursor: Any, values: dict[str, Any]) -> Any:
            conn = cursor.connection
            query = bound.statement.query
            for plan in (custom_plan(conn, query, values), generic_plan(conn, query)):
                self.scanned += [(bound.statement.name, t) for t in scans(plan) if t in large]
            return execute(bound, cursor, values)

        monkeypatch.setattr(queries._BoundQuery, "execute", explained)


def custom_plan(conn: Conn, query: bytes, values: dict[str, Any]) -> dict[str, Any]:
    return explained_by(conn, b"EXPLAIN (FORMAT JSON) " + query, values)


def generic_plan(conn: Conn, query: bytes) -> dict[str, Any]:
    text, parameters = numbered(query.decode())
    values = f"({', '.join(['NULL'] * len(parameters))})" if parameters else ""
    with conn.transaction():
        conn.execute("SET LOCAL plan_cache_mode = force_generic_plan", prepare=False)
        conn.execute(f"PREPARE explained AS {text}".encode(), prepare=False)
        plan = explained_by(conn, f"EXPLAIN (FORMAT JSON) EXECUTE explained{values}".encode())
        conn.execute("DEALLOCATE explained", prepare=False)
        conn.execute("RESET plan_cache_mode", prepare=False)
    return plan


def explained_by(conn: Conn, query: bytes, values: dict[str, Any] | None = None) -> dict[str, Any]:
    with conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(query, values, prepare=False)
        ((plans,),) = cursor.fetchall()
    plan: dict[str, Any] = plans[0]["Plan"]
    return plan


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """Yield the tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for child in plan.get("Plans", []):
        yield from scans(child)


@pytest.mark.parametrize("operation", CALLED)
def test_a_plan_for_services_scans_no_large_table(
    filled: tuple[Conn, World], operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert operation.call is not None
    conn, world = filled
    if conn.info.server_version < 14_00_00:
        pytest.skip(
            "EXPLAIN shows subplans that are alternatives and do not run: see the next test"
        )
    explainer = Explainer(monkeypatch, large_tables(conn))
    with conn.transaction(force_rollback=True):
        operation.call(conn, world)
    assert explainer.scanned == []


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("operation", CALLED)
def test_an_operation_of_services_scans_no_large_table_triggers_included(
    filled: tuple[Conn, World], operation: Operation, mode: str
) -> None:
    assert operation.call is not None
    conn, world = filled
    if operation.number in COUNTING and conn.info.server_version < 13_00_00:
        pytest.skip("PostgreSQL 12 counts all rows in the table, newer ones in an index")
    large = large_tables(conn)
    with conn.transaction(force_rollback=True):
        conn.execute(f"SET LOCAL plan_cache_mode = {mode}".encode())
        before = sequential_scans(conn)
        operation.call(conn, world)
        after = sequential_scans(conn)
    assert {table for table in large if after[table] > before[table]} == set()


def sequential_scans(conn: Conn) -> dict[str, int]:
    """Return how often this transaction began to read each table from end to end."""
    return dict(conn.execute("SELECT relname, seq_scan FROM pg_stat_xact_user_tables").fetchall())


def test_a_scan_is_seen(filled: tuple[Conn, World]) -> None:
    conn, _ = filled
    tables = large_tables(conn)
    assert {"workflow", "job", "workflow_resource", "quota_ledger"} <= tables
    query = b"SELECT count(*) FROM __reana.job WHERE job_name = %(name)s"
    plans = custom_plan(conn, query, {"name": "a"}), generic_plan(conn, query)
    assert [list(scans(plan)) for plan in plans] == [["job"], ["job"]]
    before = sequential_scans(conn)["job"]
    conn.execute(query.decode(), {"name": "a"})
    assert sequential_scans(conn)["job"] == before + 1
