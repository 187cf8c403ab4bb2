"""The server of the tests and its databases, which pytest-postgresql makes and drops."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from reana_db import embedded, migrate, testing

_numbers = itertools.count(1)


class Address(NamedTuple):
    """Where something listens."""

    host: str
    port: str


class Databases:
    """One server, given by the URI of a superuser, with the attributes that factories want."""

    pooler: Address | None = None
    """What stands between the tests and the server, if anything."""
    options = ""
    maintenance_dbname = "postgres"

    def __init__(self, uri: str, template_dbname: str | None = None) -> None:
        parameters = conninfo_to_dict(uri)
        self.user = str(parameters.get("user", "postgres"))
        self.password = str(parameters["password"]) if parameters.get("password") else None
        self.host = str(parameters.get("host", "localhost"))
        self.port = str(parameters.get("port", "5432"))
        self.template_dbname = template_dbname
        """The database that those of the factories begin as, if not empty."""

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
        with testing.janitor(self.direct_uri("postgres"), name, template or "template0"):
            yield name


def _uri(user: str, password: str | None, dbname: str, address: Address) -> str:
    account = quote(user) + (f":{quote(password)}" if password else "")
    return f"postgresql://{account}@/{quote(dbname)}?{urlencode(address._asdict())}"


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the URI of the tests' server: REANA_DB_TEST_URI, else a private one."""
    if uri := os.environ.get("REANA_DB_TEST_URI"):
        yield uri
        return
    settings = {"max_connections": "300", "plpgsql.extra_errors": "all"}
    with embedded.start(settings=settings, tcp=True) as private:
        yield private.uri()


@contextmanager
def migrated_template(server: Databases) -> Iterator[str]:
    """Make a database with all migrations that others are copied from; yield its name."""
    name = f"test_{os.getpid()}_migrated"
    uri = server.direct_uri(name)
    with testing.template(
        server.direct_uri("postgres"), name, lambda: migrate.apply(uri)
    ) as template:
        yield template
