"""``reana-db check``: does this database fit this version of the library."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import click

from reana_db import config, database, quota, roles
from reana_db.commands.printing import counted, json_option, print_json
from reana_db.encryption import keyring
from reana_db.health import checks
from reana_db.health.accounts import AccountHealth
from reana_db.health.checks import DatabaseHealth
from reana_db.health.repair import KEEP_DATA


@click.command("check")
@click.option("--accounts", is_flag=True, help="Compare usage, ledger and totals as well.")
@click.option("--as-service", is_flag=True, help="Refuse a login that can switch rules off.")
@json_option
@click.pass_context
def command(context: click.Context, /, *, accounts: bool, as_service: bool, as_json: bool) -> None:
    """Verify migrations, the objects of the schema and every statement.

    Exit status 1 if anything is wrong; says what to run. A schema that a newer release has
    migrated is no fault as long as every statement of this one fits it, and no migration took
    away what it needs (NNNN-contract-…).
    """
    with database.connect() as conn:
        health = checks.check(conn, with_accounts=accounts)
        unreadable = health.pending_migrations or health.statement_problems
        difference = None if unreadable else quota.policy_difference(conn)
        powers = roles.powers(conn) if as_service and not health.pending_migrations else []
    if as_json:
        print_json({**_document(health), "powers": powers})
    else:
        for line in report(health):
            click.echo(line)
        for power in powers:
            click.echo(f"this login can switch off the rules of the database: {power}")
    if difference:
        click.echo(difference, err=True)
    if warning := keyring.warning(config.settings().secret_key):
        click.echo(f"Warning: {warning}", err=True)
    context.exit(0 if health.healthy and not powers else 1)


def _document(health: DatabaseHealth) -> dict[str, object]:
    objects = [
        {"kind": item.promised.kind, "name": item.promised.name, "fault": item.fault}
        for item in health.differences
    ]
    return {
        "healthy": health.healthy,
        "pending_migrations": health.pending_migrations,
        "unknown_migrations": health.unknown_migrations,
        "objects": objects,
        "settings": [dataclasses.asdict(item) for item in health.settings],
        "statement_problems": [dataclasses.asdict(item) for item in health.statement_problems],
        "missing_grants": health.missing_grants,
        "accounts": dataclasses.asdict(health.accounts) if health.accounts else None,
    }


def report(health: DatabaseHealth) -> list[str]:
    """Return the findings, one a line, with what to run first."""
    lines = list(_schema(health))
    if health.accounts:
        lines.extend(_accounts(health.accounts))
    if health.healthy:
        lines.append("healthy")
    return lines


def _schema(health: DatabaseHealth) -> Iterator[str]:
    if health.pending_migrations:
        pending = counted(len(health.pending_migrations), "migration")
        yield f"run reana-db migrate: the database lacks {pending}"
    if health.unknown_migrations:
        yield _newer(health)
    lost = [item for item in health.differences if item.promised.kind in KEEP_DATA]
    repairable = [item for item in health.differences if item not in lost]
    if repairable:
        yield "run reana-db repair, which makes these anew:"
        yield from map(str, repairable)
    if lost:
        yield "restore from a backup what keeps data:"
        yield from map(str, lost)
    for setting in health.settings:
        yield f"run reana-db settings set {setting.name}: it cannot be {setting.value!r}"
    for problem in health.statement_problems:
        yield f"{problem.place}: {problem.statement} {problem.message}"
    if health.missing_grants:
        yield "run reana-db roles grant, as services and people lack these:"
        yield from health.missing_grants


def _newer(health: DatabaseHealth) -> str:
    if health.contracts:
        names = ", ".join(health.contracts)
        return f"upgrade this version: a newer release took away what it needs ({names})"
    names = ", ".join(health.unknown_migrations)
    return f"a newer release has migrated this database ({names}): objects are not compared"


def _accounts(found: AccountHealth) -> Iterator[str]:
    if found.lost_runs or found.lost_others:
        yield "restore from a backup what the history has and nobody deleted (docs/restoring.md):"
    if found.lost_runs:
        yield f"runs that are gone: {found.lost_runs}"
    if found.lost_others:
        yield f"jobs, sessions and services that are gone: {found.lost_others}"
    if found.uncounted_runs or found.vanished_runs or found.wrong_totals:
        yield "run reana-db quota refresh, which counts again:"
    if found.uncounted_runs:
        yield f"runs whose usage is not in the ledger: {found.uncounted_runs}"
    if found.vanished_runs:
        yield f"runs in the ledger that are gone or use nothing: {found.vanished_runs}"
    if found.wrong_totals:
        yield f"totals of users that are not what the ledger adds up to: {found.wrong_totals}"
