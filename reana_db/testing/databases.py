"""Databases of tests, which pytest-postgresql makes and drops."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from pytest_postgresql.janitor import DatabaseJanitor

_numbers = itertools.count(1)


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
def database(server_uri: str, template: str) -> Iterator[str]:
    """Make a database as a copy of a template and yield its connection string."""
    name = f"reana_db_test_{os.getpid()}_{next(_numbers)}"
    with janitor(server_uri, name, template):
        yield make_conninfo(server_uri, dbname=name)
