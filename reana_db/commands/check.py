"""``reana-db check``: does this database fit this version of the library."""

from __future__ import annotations

import dataclasses
import json

import click

from reana_db import database
from reana_db.health import checks
from reana_db.health.checks import DatabaseHealth


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """Verify migrations, triggers, indexes and every statement; exit 1 if anything is wrong."""
    with database.connect() as conn:
        health = checks.check(conn)
    if as_json:
        click.echo(json.dumps({"healthy": health.healthy, **dataclasses.asdict(health)}, indent=2))
    else:
        for line in report(health):
            click.echo(line)
    context.exit(0 if health.healthy else 1)


def report(health: DatabaseHealth) -> list[str]:
    """Return the findings, one a line."""
    return [
        *(f"migration missing: {name}" for name in health.pending_migrations),
        *(f"migration unknown to this version: {name}" for name in health.unknown_migrations),
        *(f"trigger disabled: {name}" for name in health.disabled_triggers),
        *(f"index invalid: {name}" for name in health.invalid_indexes),
        *(f"{item.place}: {item.statement} {item.message}" for item in health.statement_problems),
    ] or ["healthy"]
