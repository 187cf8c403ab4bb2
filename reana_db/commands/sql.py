"""``reana-db sql``: the statements of the library, for people in psql."""

from __future__ import annotations

import click

from reana_db.queries import registered
from reana_db.registry import psql


@click.command("sql")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the statements, or print the one called NAME ready for psql."""
    if name:
        click.echo(psql.script(psql.find(name)))
        return
    statements = registered()
    width = max(len(statement.name) for statement in statements)
    for statement in statements:
        click.echo(f"{statement.name:<{width}}  {psql.purpose(statement)}")
