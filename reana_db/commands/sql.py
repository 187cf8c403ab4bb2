"""``reana-db sql``: the statements of the library, for people in psql."""

from __future__ import annotations

import click

from reana_db.commands.printing import json_option, print_json, print_table
from reana_db.queries import registered
from reana_db.registry import psql


@click.command("sql")
@click.argument("name", required=False)
@json_option
def command(name: str | None, *, as_json: bool) -> None:
    """List the statements, or print the one called NAME ready for psql."""
    if name:
        script = psql.script(psql.find(name))
        if as_json:
            print_json({"name": name, "script": script})
        else:
            click.echo(script)
        return
    rows = [(statement.name, psql.purpose(statement)) for statement in registered()]
    if as_json:
        print_json([{"name": name, "purpose": purpose} for name, purpose in rows])
    else:
        print_table(("statement", "purpose"), rows)
