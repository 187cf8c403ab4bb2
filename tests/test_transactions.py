"""The transaction is the caller's: no function ends it, and what only reads writes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.abc import PQGen
from psycopg.pq import Format
from psycopg.pq.abc import PGresult
from psycopg.sql import SQL, Composed

from reana_db import errors, queries
from reana_db.queries import Conn
from tests.catalogue.world import World, make_world
from tests.support.public import FUNCTIONS, call
from tests.support.valid_values import Values

READING = {item.name for item in queries.registered() if item.read_only}
ENDINGS = ("COMMIT", "ROLLBACK", "BEGIN", "END", "ABORT")
EVERY_FUNCTION = pytest.mark.parametrize("name", FUNCTIONS)
pytestmark = pytest.mark.usefixtures("uncounted")


class RecordingConnection(psycopg.Connection[Any]):
    """Remembers the ends of transactions, asked for by method or by command."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.ends: list[str] = []

    def commit(self) -> None:
        self.ends.append("commit()")
        super().commit()

    def rollback(self) -> None:
        self.ends.append("rollback()")
        super().rollback()

    def _exec_command(
        self, command: bytes | str | SQL | Composed, result_format: Format = Format.TEXT
    ) -> PQGen[PGresult | None]:
        text = command.decode() if isinstance(command, bytes) else str(command)
        if text.upper().startswith(ENDINGS) and not text.upper().startswith("ROLLBACK TO"):
            self.ends.append(text)
        return (yield from super()._exec_command(command, result_format))


@pytest.fixture(scope="module")
def recorded(server: Any, template: str) -> Iterator[tuple[RecordingConnection, World]]:
    """A connection of that kind and a small REANA that stays."""
    with (
        server.database(template=template) as name,
        RecordingConnection.connect(server.uri(name)) as conn,
    ):
        world = make_world(conn)
        conn.commit()
        yield conn, world


def call_with_valid_values(conn: Conn, world: World, name: str) -> Any:
    return call(conn, name, Values(world).arguments(name, FUNCTIONS[name]))


def number_of_transaction(conn: Conn) -> int:
    ((number,),) = conn.execute("SELECT txid_current()").fetchall()
    assert isinstance(number, int)
    return number


@EVERY_FUNCTION
def test_a_function_leaves_the_transaction_as_it_is(
    recorded: tuple[RecordingConnection, World], name: str
) -> None:
    conn, world = recorded
    before = number_of_transaction(conn)
    conn.ends.clear()
    call_with_valid_values(conn, world, name)
    assert conn.ends == []
    assert number_of_transaction(conn) == before
    conn.rollback()


@EVERY_FUNCTION
def test_a_function_passes_in_a_read_only_transaction_exactly_if_it_only_reads(
    recorded: tuple[RecordingConnection, World], name: str
) -> None:
    conn, world = recorded
    before = queries.executions.copy()
    conn.execute("SELECT")  # begins it: a block in a function must not be the outermost
    call_with_valid_values(conn, world, name)
    conn.rollback()
    executed = {item for item, times in queries.executions.items() if times > before[item]}
    conn.execute("SET TRANSACTION READ ONLY")
    if executed <= READING:
        call_with_valid_values(conn, world, name)
    else:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            call_with_valid_values(conn, world, name)
    conn.rollback()


COMMITTING_BATCHES = {"status_history.prune"}
"""What says that each batch commits by itself on a connection that is in no transaction."""


@EVERY_FUNCTION
def test_a_function_that_comes_first_does_not_commit(
    recorded: tuple[RecordingConnection, World], name: str
) -> None:
    conn, world = recorded
    conn.ends.clear()
    with contextlib.suppress(errors.ReanaDBError):
        call_with_valid_values(conn, world, name)
    committed = bool({"COMMIT", "commit()"} & set(conn.ends))
    assert committed == (name in COMMITTING_BATCHES)
    conn.rollback()


def test_the_end_of_a_transaction_is_recorded(
    recorded: tuple[RecordingConnection, World],
) -> None:
    conn, _ = recorded
    conn.ends.clear()
    conn.commit()
    conn.rollback()
    conn.execute("SELECT 1")
    with conn.transaction():
        conn.execute("SELECT 1")
    assert conn.ends == ["commit()", "rollback()", "BEGIN"]
    conn.rollback()


def test_a_statement_that_writes_is_refused_where_nothing_may_be_written(
    recorded: tuple[RecordingConnection, World],
) -> None:
    conn, world = recorded
    conn.execute("SET TRANSACTION READ ONLY")
    with pytest.raises((errors.ReanaDBError, psycopg.Error), match="read-only"):
        FUNCTIONS["workflows.set_complexity"](conn, world.created, [(1, 2)])
    conn.rollback()
