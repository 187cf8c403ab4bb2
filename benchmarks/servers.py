"""Where the benchmark runs: a server, the database as it was built, and copies to be changed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks import database
from benchmarks.contenders import is_released
from reana_db import embedded, migrate
from reana_db.errors import MigrationError

LAST_OF_REANA = "0020-user-token"
"""The last migration that releases of reana-db have in common: no trigger or index of ours."""
SETTINGS = {
    "fsync": "off",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "max_connections": "200",
}
"""Of a private server: what a commit waits for is the disk, which is no subject here."""

TABLES = (
    "workflow",
    "job",
    "workspace_retention_rule",
    "workspace_retention_audit_log",
    "workflow_resource",
    "user_resource",
)
"""Those with triggers that a change of a status fires."""


def uri(**parameters: Any) -> str:
    """Return connection parameters in the one form that every contender reads."""
    given = {"user": "postgres", **{key: str(value) for key, value in parameters.items()}}
    login = quote(given.pop("user"))
    if password := given.pop("password", ""):
        login += f":{quote(password)}"
    name = given.pop("dbname", "postgres")
    return f"postgresql://{login}@/{quote(name)}?{urlencode(given)}"


@dataclass(frozen=True, slots=True)
class Site:
    """A server."""

    uri: str
    """Of any database in it; the role must be a superuser."""
    workflows: int
    users: int = database.USERS
    short: bool = False
    """Whether specifications and logs are short."""

    def named(self, name: str) -> str:
        """Return the URI of a database of the server."""
        return uri(**{**conninfo_to_dict(self.uri), "dbname": name})

    @property
    def built(self) -> str:
        """The name of the database that was built."""
        return f"reana_bench_{self.workflows}{'_short' if self.short else ''}"

    def of_size(self, workflows: int) -> Site:
        """Return the same server with a database of another size."""
        return replace(self, workflows=workflows)

    def build(self) -> None:
        """Build the database, or find it as it was built; one that is out of date is dropped."""
        build = partial(
            database.build, workflows=self.workflows, users=self.users, short=self.short
        )
        try:
            build(self.named(self.built))
        except (database.BenchmarkError, MigrationError):
            self.drop()
            build(self.named(self.built))

    def connect(self) -> psycopg.Connection[Any]:
        """Connect to the database as it was built."""
        return psycopg.connect(self.named(self.built))

    def drop(self) -> None:
        """Drop the database as it was built."""
        self._drop(self.named(self.built))

    @contextlib.contextmanager
    def copies(self, *, released: bool) -> Iterator[dict[bool, str]]:
        """Copy the database for the time of a benchmark; yields URIs by whether they are old.

        The old one has the schema of the releases: our later migrations are rolled back.
        """
        with contextlib.ExitStack() as stack:
            uris = {False: stack.enter_context(self.copy("ours"))}
            if released:
                uris[True] = stack.enter_context(self.copy("old"))
                migrate.rollback(uris[True], to=LAST_OF_REANA)
            yield uris

    @contextlib.contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """Copy the database for the time of a benchmark, and yield its URI."""
        uri = self.named(f"{self.built}_{name}")
        try:
            self._copy(uri)
            yield uri
        finally:
            self._drop(uri)

    def _copy(self, uri: str) -> None:
        self._drop(uri)
        strategy = sql.SQL("")
        with psycopg.connect(self.uri) as conn:
            if conn.info.server_version >= 150000:
                strategy = sql.SQL("STRATEGY FILE_COPY")
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}").format(
            sql.Identifier(_name(uri)), sql.Identifier(self.built), strategy
        )
        _execute(self.uri, query)

    def _drop(self, uri: str) -> None:
        query = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_name(uri)))
        _execute(self.uri, query)


def uri_of(contender: str, uris: dict[bool, str]) -> str:
    """Return the database of a contender."""
    return uris[is_released(contender)]


def _name(uri: str) -> str:
    return str(conninfo_to_dict(uri)["dbname"])


def _execute(uri: str, query: sql.Composed | sql.SQL) -> None:
    conn: psycopg.Connection[Any]
    with psycopg.connect(make_conninfo(uri), autocommit=True) as conn:
        conn.execute(query)


def switch_triggers(uri: str, state: str) -> None:
    """Switch the triggers of all tables on or off (``ENABLE``, ``DISABLE``)."""
    with psycopg.connect(uri, autocommit=True) as conn:
        for table in TABLES:
            query = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
            conn.execute(query.format(sql.Identifier("__reana", table), sql.SQL(state)))


@contextlib.contextmanager
def server(directory: Path) -> Iterator[str]:
    """Yield the URI of a private server that keeps its data."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with embedded.start(directory, tcp=True, settings=SETTINGS) as private:
        yield private.uri()
