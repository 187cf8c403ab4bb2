"""``reana-db init``: from nothing to a database that REANA can use."""

from __future__ import annotations

from dataclasses import asdict

import click

from reana_db.commands.migrate import patience_options, print_outcome
from reana_db.commands.printing import counted, json_option, print_json
from reana_db.migrating import installation
from reana_db.migrating.session import Patience


@click.command("init")
@patience_options
@json_option
def command(*, lock_timeout: float, wait: float, as_json: bool) -> None:
    """Create the database if it is missing, migrate it, add the default resources.

    Can be run again, and by several processes at once.
    """
    done = installation.install(patience=Patience(lock_timeout, wait))
    if as_json:
        print_json(asdict(done))
        return
    if done.database_created:
        click.echo("created the database")
    print_outcome(done.migrations, as_json=False)
    if done.resources_created:
        click.echo(f"created {counted(done.resources_created, 'default resource')}")
