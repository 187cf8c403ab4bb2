"""``reana-db wait``: wait for a database that is still starting."""

from __future__ import annotations

import click

from reana_db import database
from reana_db.commands import numbers


@click.command("wait")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=numbers.Seconds(),
    default=60.0,
    show_default=True,
    help="How long to wait.",
)
def command(timeout: float) -> None:
    """Wait until the database answers; exit 1 if it does not in time, or refuses for good."""
    database.wait(timeout=timeout)
