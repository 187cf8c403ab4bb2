"""The command ``reana-db``: one module per group of commands, imported when it is called."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any

import click
import psycopg

from reana_db import __version__
from reana_db.errors import ReanaDBError

COMMANDS = {
    "check": "Tell whether a database fits this version; exit status 1 if not.",
    "deletions": "List deleted runs whose files may still be there.",
    "demo": "Play a day of a small REANA on a private server, and show what it left.",
    "init": "Create the database if it is missing, migrate it, add the default resources.",
    "migrate": "Bring the schema up to date; see its state, undo, prepare.",
    "roles": "Create and grant roles with the least privileges; show who has what.",
    "secrets": "Count and re-encrypt tokens and secrets; remove tokens from the audit log.",
    "repair": "Make missing or altered triggers, functions, indexes, constraints and views anew.",
    "quota": "Show and limit what users use; refresh what is recorded.",
    "settings": "List, read and change what a site decides for its database.",
    "sql": "List the statements of the library, or print one for psql.",
    "status": "Read the history of statuses, and choose how strict the rules are.",
    "wait": "Wait for a database that is still starting.",
}
"""What each command does; its module in ``reana_db.commands`` exports it as ``command``."""

_UNDEFINED = {"3F000", "42703", "42704", "42883", "42P01"}
"""The SQLSTATEs of a schema, column, object, function, table that is not there."""

HIDDEN = ("alembic", "migrate-secret-key")
"""Names that old scripts and charts use."""


class CommandLine(click.Group):
    """A group whose commands are imported when they are called, and whose errors are sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the commands that the help shows."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import a command."""
        if cmd_name not in COMMANDS and cmd_name not in HIDDEN:
            return None
        module = importlib.import_module(f"reana_db.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def main(self, *args: Any, **options: Any) -> Any:
        """Run, and say so in one line if the output cannot be written (a full disk)."""
        try:
            return super().main(*args, **options)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left cannot be written either
            click.echo(f"Error: {error.strerror or error}", err=True)
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what goes wrong on purpose becomes one sentence and exit status 1."""
        try:
            return super().invoke(ctx)
        except (ReanaDBError, psycopg.Error) as error:
            raise click.ClickException(_advice(error) or _sentence(error)) from error


def _advice(error: Exception) -> str | None:
    """Return what to run if something of the schema is missing."""
    if getattr(error, "sqlstate", None) in _UNDEFINED:
        return "run reana-db check: the schema is not as the migrations made it"
    return None


def _sentence(error: Exception) -> str:
    """Return a message as one line; libpq adds advice and repetitions on further ones."""
    message = error.reason if isinstance(error, ReanaDBError) else str(error)
    lines = message.splitlines() or [type(error).__name__]
    return lines[0] if isinstance(error, psycopg.Error) else " ".join(" ".join(lines).split())


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reana-db")
def main() -> None:
    """Look after the database of a REANA installation.

    Where it is follows from the environment: REANA_DB_HOST, REANA_DB_PORT, REANA_DB_NAME,
    REANA_DB_USERNAME and REANA_DB_PASSWORD, or REANA_SQLALCHEMY_DATABASE_URI.
    """
    logging.basicConfig(format="%(message)s")
    logging.getLogger("reana_db").setLevel(logging.INFO)
