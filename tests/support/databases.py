"""Databases of the tests: made from a template, dropped afterwards."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict
from pytest_postgresql.janitor import DatabaseJanitor

_numbers = itertools.count(1)


class Address(NamedTuple):
    """Where something listens."""

    host: str
    port: str


class Databases:
    """Creates and drops databases on one server, given by the URI of a superuser."""

    pooler: Address | None = None
    """What stands between the tests and the server, if anything."""

    def __init__(self, uri: str) -> None:
        parameters = conninfo_to_dict(uri)
        self.user = str(parameters.get("user", "postgres"))
        self.password = str(parameters["password"]) if parameters.get("password") else None
        self.host = str(parameters.get("host", "localhost"))
        self.port = str(parameters.get("port", "5432"))

    def uri(self, dbname: str, *, user: str | None = None, password: str | None = None) -> str:
        """Return the URI of a database, for the superuser or another role."""
        if self.pooler and not user:
            return self.uri_at(self.pooler, dbname)
        secret = password if user else self.password
        return _uri(user or self.user, secret, dbname, Address(self.host, self.port))

    def direct_uri(self, dbname: str) -> str:
        """Return the URI of a database for the superuser, past any pooler."""
        return self.uri_at(Address(self.host, self.port), dbname)

    def uri_at(self, address: Address, dbname: str) -> str:
        """Return the URI of a database for the superuser, at an address that leads to it."""
        return _uri(self.user, self.password, dbname, address)

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


def _uri(user: str, password: str | None, dbname: str, address: Address) -> str:
    account = quote(user) + (f":{quote(password)}" if password else "")
    return f"postgresql://{account}@/{quote(dbname)}?{urlencode(address._asdict())}"
