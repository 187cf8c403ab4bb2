"""Connections of commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click

from reana_db import blockers, database, migrate
from reana_db.commands.printing import counted
from reana_db.queries import Conn


@contextmanager
def connected(
    place: str | None = None, *, autocommit: bool = False, through: str | None = None
) -> Iterator[Conn]:
    """Connect to a database that has all migrations; commit at the end of the block.

    ``through``: the command needs the migrations up to this one only.
    """
    with connecting(place, autocommit=autocommit, through=through) as connect:
        yield connect()


@contextmanager
def connecting(
    place: str | None = None, *, autocommit: bool = False, through: str | None = None
) -> Iterator[Callable[[], Conn]]:
    """Yield what connects to a database that has all migrations.

    Where a statement waits for a lock, it is told on standard error who holds it.
    """
    with ExitStack() as stack:

        def connect() -> Conn:
            conn = stack.enter_context(database.connect(place, autocommit=autocommit))
            refuse_unmigrated(conn, through)
            stack.enter_context(blockers.told(conn, lambda: database.connect(place), _tell))
            return conn

        yield connect


def refuse_unmigrated(conn: Conn, through: str | None) -> None:
    """Say what to run if the database lacks migrations, and end the command if it needs them."""
    if not (pending := migrate.status(conn).pending):
        return
    advice = f"run reana-db migrate: the database lacks {counted(len(pending), 'migration')}"
    if through is None or through in {file.id for file in pending}:
        raise click.ClickException(advice)
    _tell(advice)


def _tell(message: str) -> None:
    click.echo(message, err=True)
