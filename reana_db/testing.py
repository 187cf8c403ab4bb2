"""Fixtures for the tests of services: a private server, databases, users, sample runs.

A pytest plugin, loaded by itself where ``reana-db[testing]`` is installed; pytest-postgresql makes
and drops its databases.  Tests take ``reana_db_conn``, whose transaction is rolled back, or
``reana_db_fresh_uri``, the address of a database of their own, if they commit or open several
connections.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from reana_db import lifecycle, users, workspaces
from reana_db.queries import Conn
from reana_db.records import User, Workflow

if TYPE_CHECKING:
    from pytest_postgresql.janitor import DatabaseJanitor

    from reana_db.embedded import Server

NewWorkflow: TypeAlias = Callable[..., Workflow]

SPECIFICATIONS = MappingProxyType(
    {
        "serial": {
            "version": "0.9.0",
            "inputs": {"files": ["code/hello.py"], "parameters": {"name": "world", "sleeptime": 2}},
            "workflow": {
                "type": "serial",
                "specification": {
                    "steps": [
                        {
                            "name": "greet",
                            "environment": "docker.io/library/python:3.12-slim",
                            "commands": ["python code/hello.py --name ${name}"],
                        }
                    ]
                },
            },
            "outputs": {"files": ["results/greetings.txt"]},
        },
        "yadage": {
            "version": "0.9.0",
            "inputs": {"directories": ["workflow"], "parameters": {"events": 1000}},
            "workflow": {
                "type": "yadage",
                "file": "workflow/workflow.yaml",
                "specification": {
                    "stages": [
                        {
                            "name": "generate",
                            "dependencies": {
                                "dependency_type": "jsonpath_ready",
                                "expressions": ["init"],
                            },
                            "scheduler": {"scheduler_type": "singlestep-stage"},
                        }
                    ]
                },
            },
            "outputs": {"files": ["generate/events.root"]},
        },
    }
)
"""What the sample runs are asked to do, by engine."""

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def reana_db_server() -> Iterator[Server]:
    """Start a private PostgreSQL server, gone with its data at the end."""
    from reana_db import embedded

    with embedded.start(tcp=True) as server:
        yield server


@pytest.fixture(scope="session")
def reana_db_template(reana_db_server: Server) -> Iterator[str]:
    """Make a complete database that others are copied from, and return its name."""
    from reana_db.migrating import installation

    name = "reana_db_template"
    uri = reana_db_server.uri(name)
    with template(reana_db_server.uri(), name, lambda: installation.install(uri)):
        yield name


@pytest.fixture(scope="session")
def reana_db_uri(reana_db_server: Server, reana_db_template: str) -> Iterator[str]:
    """Return the address of a complete database, for tests that commit nothing."""
    with _database(reana_db_server, reana_db_template) as uri:
        yield uri


@pytest.fixture
def reana_db_fresh_uri(reana_db_server: Server, reana_db_template: str) -> Iterator[str]:
    """Return the address of a complete database of the test's own."""
    with _database(reana_db_server, reana_db_template) as uri:
        yield uri


@pytest.fixture
def reana_db_conn(reana_db_uri: str) -> Iterator[Conn]:
    """Open a connection whose transaction is rolled back after the test."""
    with psycopg.connect(reana_db_uri) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def reana_db_users(reana_db_conn: Conn) -> tuple[User, User, User]:
    """Create three users without tokens."""
    return (
        users.create(reana_db_conn, email="user0@reana.io", username="user0"),
        users.create(reana_db_conn, email="user1@reana.io", username="user1"),
        users.create(reana_db_conn, email="user2@reana.io", username="user2"),
    )


@pytest.fixture
def reana_db_new_workflow(
    reana_db_conn: Conn, reana_db_users: tuple[User, User, User]
) -> NewWorkflow:
    """Return a function that creates sample runs of the first user, as :func:`new_workflow`."""

    def create(engine: str = "serial", *, owner: User | None = None, **values: Any) -> Workflow:
        return new_workflow(reana_db_conn, engine, owner=owner or reana_db_users[0], **values)

    return create


@pytest.fixture
def reana_db_serial_workflow(reana_db_new_workflow: NewWorkflow) -> Workflow:
    """Create a serial run of the first user."""
    return reana_db_new_workflow("serial")


@pytest.fixture
def reana_db_yadage_workflow(
    reana_db_new_workflow: NewWorkflow, reana_db_users: tuple[User, User, User]
) -> Workflow:
    """Create a yadage run of the second user."""
    return reana_db_new_workflow("yadage", owner=reana_db_users[1])


def new_workflow(conn: Conn, engine: str = "serial", *, owner: User, **values: Any) -> Workflow:
    """Create a run of a sample and return it; ``values`` are those of ``lifecycle.create``."""
    sample = {
        "name": f"my-{engine}-analysis",
        "specification": json.loads(json.dumps(SPECIFICATIONS[engine])),
        "type_": engine,
        "workspace_path": f"{workspaces.user_workspace_path(owner.id_)}/{next(_numbers)}",
    }
    return lifecycle.create(conn, owner_id=owner.id_, **{**sample, **values})


def janitor(
    server_uri: str, name: str, template: str = "template0", *, as_template: bool = False
) -> DatabaseJanitor:
    """Return what makes a database on a server, as a copy of a template, and drops it.

    ``server_uri`` is that of a superuser.
    """
    from pytest_postgresql.janitor import DatabaseJanitor

    parameters = conninfo_to_dict(server_uri)
    return DatabaseJanitor(
        user=str(parameters.get("user", "postgres")),
        password=str(parameters["password"]) if parameters.get("password") else None,
        host=str(parameters.get("host", "localhost")),
        port=str(parameters.get("port", "5432")),
        dbname=name,
        template_dbname=template,
        as_template=as_template,
    )


@contextmanager
def template(server_uri: str, name: str, install: Callable[[], object]) -> Iterator[str]:
    """Make a database that others are copied from, with what ``install`` does; yield its name.

    Nobody can connect to it: whoever is connected, autovacuum too, would hold up every copy.
    """
    with janitor(server_uri, name, as_template=True) as made:
        install()
        with made.cursor() as cursor:
            query = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false")
            cursor.execute(query.format(sql.Identifier(name)))
        yield name


@contextmanager
def _database(server: Server, template: str) -> Iterator[str]:
    name = f"reana_db_test_{next(_numbers)}"
    with janitor(server.uri(), name, template):
        yield server.uri(name)
