"""Fixtures of the test suite.

Fast tests take ``conn``: one migrated database for the whole run, each test in a transaction that
is rolled back.  Tests that commit or race take ``fresh_db``, a database of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from reana_db import embedded, migrate, queries
from tests.pgbouncer import suite as pooled
from tests.support import leaks
from tests.support.databases import Databases
from tests.support.large_database import large_database


@pytest.fixture(scope="session")
def server() -> Iterator[Databases]:
    """The PostgreSQL server of the tests: REANA_DB_TEST_URI, else a private one."""
    with _server() as databases, pooled.in_front_of(databases):
        yield databases


@contextmanager
def _server() -> Iterator[Databases]:
    if uri := os.environ.get("REANA_DB_TEST_URI"):
        yield Databases(uri)
        return
    settings = {"max_connections": "200", "plpgsql.extra_errors": "all"}
    with embedded.start(settings=settings, tcp=True) as private:
        yield Databases(private.uri())


@pytest.fixture(scope="session")
def template(server: Databases) -> Iterator[str]:
    """The name of a migrated database that nobody connects to."""
    with server.database() as name:
        migrate.apply(server.direct_uri(name))
        yield name


@pytest.fixture(scope="session")
def db_uri(server: Databases, template: str) -> Iterator[str]:
    """The URI of a migrated database in which no test commits."""
    with server.database(template=template) as name:
        yield server.uri(name)


@pytest.fixture(scope="session")
def session_conn(db_uri: str) -> Iterator[psycopg.Connection[Any]]:
    """The connection behind ``conn``."""
    with psycopg.connect(db_uri) as connection:
        yield connection


@pytest.fixture
def conn(session_conn: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose transaction is rolled back after the test."""
    session_conn.execute("SELECT")  # begins it: a block in a function must not be the outermost
    yield session_conn
    session_conn.rollback()


@pytest.fixture
def fresh_db(server: Databases, template: str) -> Iterator[str]:
    """The URI of a migrated database of the test's own."""
    with server.database(template=template) as name:
        yield server.uri(name)


@pytest.fixture(scope="session")
def large_uri(server: Databases, template: str) -> Iterator[str]:
    """The URI of a database with much in it, in which no test commits."""
    with large_database(server, template) as uri:
        yield uri


@pytest.fixture
def empty_db(server: Databases) -> Iterator[str]:
    """The URI of an empty database of the test's own."""
    with server.database() as name:
        yield server.uri(name)


@pytest.fixture
def no_leaks(monkeypatch: pytest.MonkeyPatch) -> Iterator[leaks.Watch]:
    """Fail the test if the library emits a token, a secret or a key that the test uses."""
    watch = leaks.watch(monkeypatch)
    yield watch
    monkeypatch.undo()
    assert watch.leaks() == set()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not for a pooler, if there is one."""
    pooled.choose(config, items)


def _whole_suite(config: pytest.Config) -> bool:
    chosen = config.args_source is not pytest.Config.ArgsSource.ARGS
    narrowed = config.option.keyword or config.option.markexpr or getattr(config.option, "lf", None)
    return chosen and not narrowed


def _never_executed(config: pytest.Config) -> list[queries.Statement]:
    if not _whole_suite(config):
        return []
    expected = filter(pooled.expected_to_be_executed, queries.registered())
    return [item for item in expected if not queries.executions[item.name]]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of the whole suite that left a statement unexecuted."""
    if session.exitstatus == pytest.ExitCode.OK and _never_executed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name the statements that no test executed."""
    for statement in _never_executed(config):
        terminalreporter.write_line(
            f"FAILED {statement.place}: no test executes {statement.name}", red=True
        )
