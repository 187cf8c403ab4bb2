"""``reana-db repair``: make missing or altered objects of the schema anew."""

from __future__ import annotations

import click

from reana_db.commands.migrate import patience_options
from reana_db.commands.printing import json_option, print_json
from reana_db.health import repair
from reana_db.health.repair import Plan
from reana_db.migrating.session import Patience


@click.command("repair")
@click.option("--dry-run", is_flag=True, help="Print the statements instead of running them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@patience_options
@json_option
def command(*, dry_run: bool, yes: bool, lock_timeout: float, wait: float, as_json: bool) -> None:
    """Make missing or altered triggers, functions, indexes, constraints and views anew.

    All in one transaction; data stays as it is. Lost tables, columns and types come back from a
    backup only: they are named, and the exit status is 1.
    """
    patience = Patience(lock_timeout, wait)
    found = repair.preview(patience=patience)
    if found.repairs and not dry_run:
        if not yes:
            listed = "\n".join(f"    {item}" for item in found.repairs)
            click.confirm(f"Make anew\n{listed}\n?", abort=True, err=True)
        found = repair.repair(patience=patience)
    if as_json:
        print_json(_document(found))
    else:
        _print(found, dry_run=dry_run)
    if found.lost:
        raise click.exceptions.Exit(1)


def _document(found: Plan) -> dict[str, object]:
    return {
        "repairs": [
            {
                "kind": item.promised.kind,
                "name": item.promised.name,
                "fault": item.fault,
                "statements": repair.statements(item),
            }
            for item in found.repairs
        ],
        "lost": [
            {"kind": item.promised.kind, "name": item.promised.name, "fault": item.fault}
            for item in found.lost
        ],
    }


def _print(found: Plan, *, dry_run: bool) -> None:
    for item in found.lost:
        click.echo(f"{item}: restore it from a backup", err=True)
    if dry_run:
        for text in found.statements:
            click.echo(f"{text};\n")
        return
    for item in found.repairs:
        click.echo(f"repaired {item.promised.kind} {item.promised.name}")
    if found.repairs:
        click.echo("run reana-db check --accounts: rules were not in force for a while")
    elif not found.lost:
        click.echo("nothing to repair")
