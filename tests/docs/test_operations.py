"""Every operation of REANA's services has its function, within its budget of statements."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from reana_db import queries
from reana_db.queries import Conn
from tests.catalogue import LAST_NUMBER, OPERATIONS
from tests.catalogue.__main__ import document
from tests.catalogue.operation import Operation
from tests.catalogue.world import make_world

DOCUMENT = Path(__file__).parents[2] / "docs" / "operations.md"
READING = {item.name for item in queries.registered() if item.read_only}

CALLED = [
    pytest.param(operation, id=f"{operation.number}-{operation.name}")
    for operation in OPERATIONS
    if operation.call
]
ALONE = [
    pytest.param(operation, id=f"{operation.number}-{operation.name}")
    for operation in OPERATIONS
    if operation.alone
]


def test_no_operation_is_left_out() -> None:
    numbers = [operation.number for operation in OPERATIONS]
    assert numbers == list(range(1, LAST_NUMBER + 1))


@pytest.mark.parametrize("operation", CALLED)
def test_an_operation_keeps_its_budget_and_leaves_the_transaction_alone(
    conn: Conn, operation: Operation
) -> None:
    assert operation.call is not None
    assert operation.statements is not None
    world = make_world(conn)
    before = queries.executions.total()
    # Inside this block a commit or a rollback raises.
    with conn.transaction():
        operation.call(conn, world)
    assert queries.executions.total() - before <= operation.statements


@pytest.mark.parametrize("operation", ALONE)
def test_an_operation_with_transactions_of_its_own_does_what_it_should(
    fresh_db: str, operation: Operation
) -> None:
    assert operation.alone is not None
    with psycopg.connect(fresh_db) as conn:
        world = make_world(conn)
    operation.alone(fresh_db, world)


def test_every_operation_is_tried() -> None:
    assert [item.name for item in OPERATIONS if not (item.call or item.alone)] == []


def test_the_document_is_as_the_catalogue_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == "".join(document())


@pytest.mark.parametrize("operation", CALLED)
def test_an_operation_of_reading_statements_passes_in_a_read_only_transaction(
    conn: Conn, operation: Operation
) -> None:
    assert operation.call is not None
    world = make_world(conn)
    before = queries.executions.copy()
    with conn.transaction(force_rollback=True):
        operation.call(conn, world)
    executed = {name for name, times in queries.executions.items() if times > before[name]}
    if not executed <= READING:
        return
    with conn.transaction(force_rollback=True):
        conn.execute("SET TRANSACTION READ ONLY")
        operation.call(conn, world)
