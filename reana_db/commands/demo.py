"""``reana-db demo``: a day of a small REANA on a private server."""

from __future__ import annotations

import logging
import secrets
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import psycopg

from reana_db import embedded
from reana_db.commands.printing import print_table
from reana_db.embedded import demo
from reana_db.migrating import installation
from reana_db.queries import Conn

STOPPING = {signal.SIGINT, signal.SIGTERM}


@click.command("demo")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep database and workspaces in DIR, and serve them until interrupted.",
)
def command(keep: Path | None) -> None:
    """Play a day of a small REANA on a private PostgreSQL server, and show what it left behind."""
    logging.getLogger("reana_db").setLevel(logging.WARNING)
    if keep:
        # Before the server has threads, which would take the signal; see serve().
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    with directory(keep) as root, embedded.start(root / "postgresql" if keep else None) as server:
        uri = server.uri()
        click.echo(f"PostgreSQL {server.version} is running for this demo alone.")
        installed = installation.install(uri)
        click.echo(f"{len(installed.migrations.applied)} migrations applied.")
        with psycopg.connect(uri, application_name="reana-db-demo", autocommit=True) as conn:
            if not demo.is_played(conn):
                demo.Day(conn, root / "reana", secrets.token_hex()).play()
            show(conn)
        if keep:
            serve(server.bindir, uri)


@contextmanager
def directory(keep: Path | None) -> Iterator[Path]:
    """Yield the directory to keep, or one that is removed afterwards."""
    if keep:
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="reana-db-demo-") as name:
        yield Path(name)


def show(conn: Conn) -> None:
    """Print what the day left behind."""
    table("Runs (reana.runs)", demo.runs(conn))
    table("What the people used, and may use (reana-db quota show)", demo.quotas(conn))
    life = demo.statuses(conn, owner="emmy@example.org", name="fit-serial")
    table("The lives of Emmy's serial runs (reana.run_history)", life)
    table("Open notebooks (reana.open_sessions)", demo.open_sessions(conn))
    table("Files that retention rules will delete", demo.rules(conn))


def table(title: str, rows: Sequence[Any]) -> None:
    """Print records under their field names."""
    click.secho(f"\n{title}", bold=True)
    headings = [item.name.replace("_", " ") for item in fields(rows[0])] if rows else []
    print_table(headings, [[cell(value) for value in astuple(row)] for row in rows])


def cell(value: object) -> str:
    """Return a value as a person likes to read it."""
    if isinstance(value, datetime):
        return f"{value:%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def serve(bindir: Path, uri: str) -> None:
    """Keep the server running until this process is interrupted or terminated."""
    click.echo(f"\nLook around, for example with  {bindir / 'psql'} '{uri}'")
    click.echo("Views for people are in the schema reana: \\dv+ reana.*   Press Ctrl-C to stop.")
    signal.sigwait(STOPPING)
