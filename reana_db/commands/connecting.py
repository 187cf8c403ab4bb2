"""Connections of commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click

from reana_db import blockers, database, migrate
from reana_db.commands.printing import counted
from reana_db.queries import Conn


@contextmanager
def connected(place: str | None = None, *, autocommit: bool = False) -> Iterator[Conn]:
    """Connect to a database that has all migrations; commit at the end of the block."""
    with connecting(place, autocommit=autocommit) as connect:
        yield connect()


@contextmanager
def connecting(
    place: str | None = None, *, autocommit: bool = False
) -> Iterator[Callable[[], Conn]]:
    """Yield what connects to a database that has all migrations.

    Where a statement waits for a lock, it is told on standard error who holds it.
    """
    with ExitStack() as stack:

        def connect() -> Conn:
            conn = stack.enter_context(database.connect(place, autocommit=autocommit))
            refuse_unmigrated(conn)
            stack.enter_context(blockers.told(conn, lambda: database.connect(place), _tell))
            return conn

        yield connect


def refuse_unmigrated(conn: Conn) -> None:
    """End the command with what to run if the database lacks migrations."""
    if pending := migrate.status(conn).pending:
        lacks = f"the database lacks {counted(len(pending), 'migration')}"
        raise click.ClickException(f"run reana-db migrate: {lacks}")


def _tell(message: str) -> None:
    click.echo(message, err=True)
