"""Transactions of many clients share a few sessions of the server, and leave nothing in them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest

from reana_db import database, queries
from reana_db.config import Settings
from reana_db.queries import Conn
from tests.catalogue import OPERATIONS
from tests.catalogue.operation import Operation
from tests.catalogue.world import World, make_world
from tests.pgbouncer import pooler
from tests.pgbouncer.suite import mode
from tests.support.databases import Databases
from tests.support.factories import make_user
from tests.support.races import at_once

LEFT_IN_A_SESSION = """
SELECT 'setting ' || name FROM pg_settings WHERE source = 'session' AND name NOT IN
    ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')
UNION ALL SELECT 'statement ' || name FROM pg_prepared_statements WHERE name NOT LIKE 'PGBOUNCER%'
UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE name <> ''
UNION ALL SELECT 'channel ' || channel FROM pg_listening_channels() AS channel
UNION ALL SELECT 'lock ' || objid FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid()
UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relpersistence = 't'
"""
"""What a transaction can leave behind; the pooler itself keeps the settings that are left out."""

LEAVING = {
    "setting": "SET work_mem TO '5MB'",
    "statement": "PREPARE mine AS SELECT 1",
    "cursor": "DECLARE mine CURSOR WITH HOLD FOR SELECT 1",
    "channel": "LISTEN mine",
    "lock": "SELECT pg_advisory_lock(1)",
    "table": "CREATE TEMP TABLE mine (number integer)",
}
"""How to leave each of these."""

CALLED = [
    pytest.param(operation, id=f"{operation.number}-{operation.name}")
    for operation in OPERATIONS
    if operation.call
]


@pytest.fixture(scope="module")
def program() -> pooler.Program:
    """The pooler of this run of the suite."""
    if mode() is None:
        pytest.skip("runs the suite through PgBouncer: tox -e pgbouncer")
    return pooler.programs()[0]


@pytest.fixture(scope="module")
def narrow_uri(server: Databases, template: str, program: pooler.Program) -> Iterator[str]:
    """The way to a database through a pool of two sessions, lent in turns."""
    settings = {"default_pool_size": 2, "server_round_robin": 1, **pooler.slots(program)}
    with (
        server.database(template=template) as name,
        pooler.running(program, server, **settings) as address,
    ):
        uri = server.uri_at(address, name)
        with psycopg.connect(uri) as one, psycopg.connect(uri) as other:
            assert backend(one) != backend(other)  # both are there from now on
        yield uri


@pytest.fixture(scope="module")
def narrow(narrow_uri: str) -> Iterator[tuple[Conn, World]]:
    """A connection through it, and a small REANA that is there to stay."""
    with psycopg.connect(narrow_uri) as conn:
        world = make_world(conn)
        conn.commit()
        yield conn, world


def left_in(conn: Conn) -> set[str]:
    """Return what is left in the session that serves this transaction."""
    return {what for (what,) in conn.execute(LEFT_IN_A_SESSION)}


def backend(conn: Conn) -> int:
    """Return which session of the server serves this transaction."""
    ((pid,),) = conn.execute("SELECT pg_backend_pid()").fetchall()
    assert isinstance(pid, int)
    return pid


def test_consecutive_transactions_are_served_by_different_sessions(narrow_uri: str) -> None:
    with psycopg.connect(narrow_uri, autocommit=True) as conn:
        served = [backend(conn) for _ in range(10)]
    assert len(set(served)) == 2
    assert all(one != other for one, other in pairwise(served))


def test_many_clients_share_two_sessions(narrow_uri: str) -> None:
    def work(conn: Conn, _: int) -> set[int]:
        return {backend(conn) for _ in range(30)}

    assert len(set[int]().union(*at_once(narrow_uri, 8, work))) == 2


def test_what_is_left_in_a_session_is_seen(server: Databases, template: str) -> None:
    with (
        server.database(template=template) as name,
        psycopg.connect(server.direct_uri(name), prepare_threshold=None) as conn,
    ):
        assert left_in(conn) == set()
        for statement in LEAVING.values():
            conn.execute(statement)
        conn.commit()
        assert {what.partition(" ")[0] for what in left_in(conn)} == set(LEAVING)


@pytest.mark.parametrize("operation", CALLED)
def test_an_operation_leaves_nothing_in_the_session(
    narrow: tuple[Conn, World], operation: Operation
) -> None:
    assert operation.call is not None
    conn, world = narrow
    with conn.transaction(force_rollback=True):
        operation.call(conn, world)
        # Those of the transaction end with it.
        assert {what for what in left_in(conn) if not what.startswith("lock ")} == set()
    conn.rollback()
    assert left_in_both(conn) == set()


def left_in_both(conn: Conn) -> set[str]:
    """Return what is left in the two sessions of the pool."""
    left: set[str] = set()
    for _ in range(2):
        left |= left_in(conn)
        conn.rollback()
    return left


def test_no_statement_listens() -> None:
    """A rolled back LISTEN leaves nothing behind."""
    texts = [item.query.decode().upper() for item in queries.registered()]
    assert [text for text in texts if "LISTEN" in text.split()] == []


def test_clients_that_outnumber_the_sessions_all_get_their_work_done(narrow_uri: str) -> None:
    def work(conn: Conn, number: int) -> int:
        for turn in range(20):
            with conn.transaction():
                make_user(conn, email=f"{number}-{turn}@pool.example.org")
        return number

    assert at_once(narrow_uri, 12, work) == list(range(12))
    with psycopg.connect(narrow_uri) as conn:
        count = "SELECT count(*) FROM __reana.user_ WHERE email LIKE '%@pool.example.org'"
        assert conn.execute(count).fetchone() == (240,)


def test_on_the_port_of_the_pooler_the_library_prepares_nothing(narrow_uri: str) -> None:
    settings = Settings.from_environment({"REANA_SQLALCHEMY_DATABASE_URI": narrow_uri})
    with database.connect(settings) as conn:
        assert conn.prepare_threshold is None
        for _ in range(20):
            backend(conn)
            conn.commit()


def test_prepared_statements_follow_from_session_to_session(
    program: pooler.Program, narrow_uri: str
) -> None:
    if not program.can_prepare:
        pytest.skip(f"{program} does not follow prepared statements, as 1.21 and newer do")
    prepared = set()
    with psycopg.connect(narrow_uri, prepare_threshold=0, autocommit=True) as conn:
        for _ in range(10):
            query = (
                "SELECT pg_backend_pid(), (SELECT count(*) FROM pg_prepared_statements"
                " WHERE name LIKE 'PGBOUNCER%%') WHERE %s"
            )
            row = conn.execute(query, [True]).fetchone()
            assert row is not None
            prepared.add(row)
    assert len({pid for pid, _ in prepared}) == 2
    assert all(count > 0 for _, count in prepared)
