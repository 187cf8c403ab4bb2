"""Databases of the tests: made from a template, dropped afterwards."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict
from pytest_postgresql.janitor import DatabaseJanitor

_numbers = itertools.count(1)


class Databases:
    """Creates and drops databases on one server, given by the URI of a superuser."""

    def __init__(self, uri: str) -> None:
        parameters = conninfo_to_dict(uri)
        self.user = str(parameters.get("user", "postgres"))
        self.password = str(parameters["password"]) if parameters.get("password") else None
        self.host = str(parameters.get("host", "localhost"))
        self.port = str(parameters.get("port", "5432"))

    def uri(self, dbname: str, *, user: str | None = None, password: str | None = None) -> str:
        """Return the URI of a database, for the superuser or another role."""
        secret = password if user else self.password
        account = quote(user or self.user) + (f":{quote(secret)}" if secret else "")
        query = urlencode({"host": self.host, "port": self.port})
        return f"postgresql://{account}@/{quote(dbname)}?{query}"

    @contextmanager
    def database(self, *, template: str | None = None) -> Iterator[str]:
        """Make a database, empty or from a template, and yield its name."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with DatabaseJanitor(
            user=self.user,
            password=self.password,
            host=self.host,
            port=self.port,
            dbname=name,
            template_dbname=template or "template0",
        ):
            yield name
