"""Fixtures of the test suite.

Fast tests take ``conn``: one migrated database for each worker, each test in a transaction that is
rolled back.  Tests that commit or race take ``fresh_db``, a database of their own.  All workers of
a run share one server and one template, which the process that starts them makes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import sqlparse
from pytest_postgresql import factories

from reana_db import queries
from reana_db.errors import MigrationError
from tests.pgbouncer import suite as pooled
from tests.support import leaks, memory, round_trip
from tests.support.databases import Databases, migrated_template, running_server
from tests.support.large_database import large_database

memory.use()
# The processes that tests start, and the next run, need not compile everything again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest_plugins = ["tests.support.restartable"]


class Run(NamedTuple):
    """What all workers of a run share."""

    server_uri: str
    template: str
    """The name of a migrated database."""
    schemas: list[str]
    """The schemas of an empty database and after each migration, if their history is tested."""


RUN = pytest.StashKey[Run]()


def _run(config: pytest.Config) -> Run:
    """Return what this run has, after starting it in the first process that asks."""
    if hasattr(config, "workerinput"):
        return Run(*config.workerinput["run"])
    if RUN not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        uri = stack.enter_context(running_server())
        server = Databases(uri)
        schemas: list[str] = []
        try:
            if _tests_migrations(config):
                with server.database() as name:
                    schemas = round_trip.check(server.uri(name))
            template = stack.enter_context(migrated_template(server))
        except (MigrationError, round_trip.BrokenMigration) as error:
            pytest.exit(f"nothing was tested, because {error}", returncode=1)
        config.stash[RUN] = Run(uri, template, schemas)
    return config.stash[RUN]


def _tests_migrations(config: pytest.Config) -> bool:
    """Whether the tests of the schema's history, which rest on round trips, are to run."""
    history = Path(__file__).parent / "migrating" / "test_schema_history.py"
    paths = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    chosen = config.option.markexpr != "not slow"
    return chosen and any(history.is_relative_to(path) for path in paths)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker what all share."""
    node.workerinput["run"] = tuple(_run(node.config))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Have a worker more than processors, because tests wait for locks, processes and deadlines."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.fixture(scope="session")
def schemas(pytestconfig: pytest.Config) -> list[str]:
    """The schemas of an empty database and after each migration."""
    return _run(pytestconfig).schemas


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """The PostgreSQL server of the tests."""
    databases = Databases(_run(pytestconfig).server_uri)
    with pooled.in_front_of(databases):
        yield databases


@pytest.fixture(scope="session")
def template(pytestconfig: pytest.Config) -> str:
    """The name of a migrated database that nobody connects to."""
    return _run(pytestconfig).template


@pytest.fixture(scope="session")
def migrated_server(server: Databases, template: str) -> Databases:
    """The server, whose new databases are migrated."""
    return Databases(server.direct_uri("postgres"), template)


_NAME = f"test_{os.getpid()}"
migrated = factories.postgresql_noproc(depends_on="migrated_server", dbname=f"{_NAME}_fresh")
migrated_client = factories.postgresql("migrated")
empty = factories.postgresql_noproc(depends_on="server", dbname=f"{_NAME}_empty")
empty_client = factories.postgresql("empty")


@pytest.fixture(scope="session", autouse=True)
def _statements_split_once() -> Iterator[None]:
    """Split each migration into statements once, which is half the work of applying it."""
    split = cache(sqlparse.split)
    with pytest.MonkeyPatch.context() as patch:
        # A list of its own for each caller: yoyo reverses it.
        patch.setattr(sqlparse, "split", lambda text: list(split(text)))
        yield


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
def fresh_db(server: Databases, migrated_client: psycopg.Connection[Any]) -> str:
    """The URI of a migrated database of the test's own."""
    return _left_alone(server, migrated_client)


@pytest.fixture
def empty_db(server: Databases, empty_client: psycopg.Connection[Any]) -> str:
    """The URI of an empty database of the test's own."""
    return _left_alone(server, empty_client)


def _left_alone(server: Databases, client: psycopg.Connection[Any]) -> str:
    """Return the URI of a client's database, to which nobody is connected any more."""
    uri = server.uri(client.info.dbname)
    client.close()
    return uri


@pytest.fixture(scope="session")
def large_uri(server: Databases, template: str) -> Iterator[str]:
    """The URI of a database with much in it, in which no test commits."""
    with large_database(server, template) as uri:
        yield uri


@pytest.fixture
def uncounted() -> Iterator[None]:
    """Do not count the statements of a test that calls whatever function there is."""
    before = queries.executions.copy()
    yield
    queries.executions.clear()
    queries.executions.update(before)


@pytest.fixture
def no_leaks(monkeypatch: pytest.MonkeyPatch) -> Iterator[leaks.Watch]:
    """Fail the test if the library emits a token, a secret or a key that the test uses."""
    watch = leaks.watch(monkeypatch)
    yield watch
    monkeypatch.undo()
    assert watch.leaks() == set()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Call tests with a database of their own slow; leave out what is not for a pooler."""
    for item in items:
        if {"fresh_db", "empty_db"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    pooled.choose(config, items)


def _whole_suite(config: pytest.Config) -> bool:
    chosen = config.args_source is not pytest.Config.ArgsSource.ARGS
    narrowed = config.option.keyword or config.option.markexpr or getattr(config.option, "lf", None)
    left_out = config.pluginmanager.hasplugin("tests.support.as_service")
    return chosen and not narrowed and not left_out


def _never_executed(config: pytest.Config) -> list[queries.Statement]:
    if not _whole_suite(config):
        return []
    expected = filter(pooled.expected_to_be_executed, queries.registered())
    return [item for item in expected if not queries.executions[item.name]]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker executed."""
    queries.executions.update(getattr(node, "workeroutput", {}).get("executions", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of the whole suite that left a statement unexecuted."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["executions"] = dict(queries.executions)
    elif session.exitstatus == pytest.ExitCode.OK and _never_executed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode, config: pytest.Config
) -> None:
    """Name the statements that no test executed, after a run that came to its end."""
    if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return
    for statement in _never_executed(config):
        terminalreporter.write_line(
            f"FAILED {statement.place}: no test executes {statement.name}", red=True
        )
