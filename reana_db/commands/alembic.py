"""``reana-db alembic``: the old names, for scripts and charts that still use them."""

from __future__ import annotations

import click

from reana_db import migrate
from reana_db.commands.migrate import (
    history,
    print_outcome,
    print_plan,
    roll_back,
    show_status,
)
from reana_db.migrating import adoption

_verbose = click.option("-v", "--verbose", is_flag=True, hidden=True)


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
@click.argument("revision", required=False)
@click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
@click.option("--tag", hidden=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade(revision: str | None, *, sql: bool, tag: str | None, yes: bool) -> None:  # noqa: ARG001  # as Alembic's
    """Undo the migrations after REVISION; -1 is the latest one, base all."""
    if revision is None:
        raise click.UsageError("say which: -1 undoes the latest migration, base all of them")
    to = None if revision in {"-1", "base"} else _migration(revision)
    everything = revision == "base"
    if sql:
        for file in migrate.undoable(migrate.status(), to=to, everything=everything):
            click.echo(f"-- {file.rollback_path.name}\n\n{file.rollback_sql}")
    else:
        print_outcome(roll_back(to=to, everything=everything, yes=yes), as_json=False)


@command.command("current")
@_verbose
@click.pass_context
def current(context: click.Context, *, verbose: bool) -> None:  # noqa: ARG001  # as Alembic's
    """Show which migrations are applied, and which are pending."""
    context.invoke(show_status)


@command.command("history")
@_verbose
@click.option("-r", "--rev-range", hidden=True)
@click.option("-i", "--indicate-current", is_flag=True, hidden=True)
@click.pass_context
def show_history(
    context: click.Context,
    *,
    verbose: bool,  # noqa: ARG001  # as Alembic's
    rev_range: str | None,
    indicate_current: bool,
) -> None:
    """List the migrations, oldest first."""
    if rev_range or indicate_current:
        raise click.UsageError("use reana-db migrate status, which tells applied from pending ones")
    context.invoke(history)


@command.command("init")
def init() -> None:
    """Do nothing: adoption finds out where a database is."""
    click.echo("nothing to stamp: reana-db migrate adopts the database")


def _migration(revision: str) -> str:
    """Return the migration of an Alembic revision; one of ours is returned as it is."""
    known = {item.id: item.migration for item in adoption.history()}
    return known.get(revision, revision)
