"""``reana-db alembic``: the old names, for scripts and charts that still use them."""

from __future__ import annotations

import click

from reana_db import migrate
from reana_db.commands.migrate import history as show_history
from reana_db.commands.migrate import print_outcome, print_plan, show_status
from reana_db.migrating import adoption


@click.group("alembic", hidden=True)
def command() -> None:
    """Run reana-db migrate by the names of Alembic."""


@command.command("upgrade")
@click.argument("revision", default="head")
@click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
@click.option("--tag", hidden=True)
def upgrade(revision: str, *, sql: bool, tag: str | None) -> None:  # noqa: ARG001  # as Alembic's
    """Apply migrations up to REVISION (default: head)."""
    to = None if revision in {"head", "heads"} else _migration(revision)
    if sql:
        print_plan(to, with_sql=True, as_json=False)
    else:
        print_outcome(migrate.apply(to=to), as_json=False)


@command.command("downgrade", context_settings={"ignore_unknown_options": True})
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Undo the migrations after REVISION; -1 is the latest one, base all."""
    if revision == "-1":
        outcome = migrate.rollback()
    elif revision == "base":
        outcome = migrate.rollback(everything=True)
    else:
        outcome = migrate.rollback(to=_migration(revision))
    print_outcome(outcome, as_json=False)


command.add_command(show_status, "current")
command.add_command(show_history, "history")


@command.command("init")
def init() -> None:
    """Do nothing: adoption finds out where a database is."""
    click.echo("nothing to stamp: reana-db migrate recognises the database")


def _migration(revision: str) -> str:
    """Return the migration of an Alembic revision; one of ours is returned as it is."""
    known = {item.id: item.migration for item in adoption.history()}
    return known.get(revision, revision)
