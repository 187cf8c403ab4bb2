"""``reana-db status``: the history of statuses, and what becomes of changes against the rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from reana_db import database, database_settings, status_history, transitions
from reana_db.records import Entity, SettingName, StatusMode
from reana_db.status_history import StatusRecord, Violation

ENTITY = click.Choice([str(entity) for entity in Entity])
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("status")
def command() -> None:
    """Read the history of statuses, and choose how strict the rules are."""


@command.command("history")
@click.argument("entity_id", metavar="ID", type=click.UUID)
@click.option("--entity", type=ENTITY, default="workflow", show_default=True, help="What ID is.")
@as_json
def history_(entity_id: UUID, entity: str, *, as_json: bool) -> None:
    """Print every status that the run ID had, since when and given by whom."""
    with database.connect() as conn:
        records = status_history.of_entity(conn, Entity(entity), entity_id)
    if as_json:
        click.echo(json.dumps([_record(item) for item in records], indent=2))
    elif not records:
        click.echo(f"nothing is recorded of {entity} {entity_id}")
    else:
        rows = [_record_cells(item) for item in records]
        _print_table(("since (UTC)", "status", "application", "role", ""), rows)


@command.command("violations")
@click.option("--days", type=click.IntRange(min=1), help="Only those of the last days.")
@as_json
def violations(days: int | None, *, as_json: bool) -> None:
    """Print the changes against the rules by kind and application.

    They are recorded in the modes keep and observe; enforce refuses them.
    """
    since = None if days is None else datetime.now(UTC) - timedelta(days=days)
    with database.connect() as conn:
        found = status_history.violations(conn, since=since)
    if as_json:
        click.echo(json.dumps([_violation(item) for item in found], indent=2))
    elif not found:
        click.echo("no change against the rules is recorded")
    else:
        headings = ("changes", "entity", "from", "to", "status", "application", "last (UTC)")
        _print_table(headings, [_violation_cells(item) for item in found])


@command.command("prune")
@click.option(
    "--older-than", "days", metavar="DAYS", type=click.IntRange(min=1), required=True,
    help="Delete what is older than this many days.",
)  # fmt: skip
def prune(days: int) -> None:
    """Delete old entries of the history, in many small transactions."""
    with database.connect(autocommit=True) as conn:
        pruned = status_history.prune(conn, before=datetime.now(UTC) - timedelta(days=days))
    click.echo(f"deleted {pruned} entries older than {days} days")


@command.command("mode")
@click.argument("mode", required=False, type=click.Choice([str(mode) for mode in StatusMode]))
def mode_(mode: str | None) -> None:
    """Print what becomes of changes against the rules, or choose it.

    enforce: they are refused.  keep: the status stays as it is, the rest of the statement is
    stored.  observe: they are made.  keep and observe record them for "status violations".
    """
    with database.connect() as conn:
        if mode:
            database_settings.change(conn, SettingName.status_mode, mode)
        click.echo(database_settings.get(conn, SettingName.status_mode))


@command.command("rules")
@click.option("--entity", type=ENTITY, help="Only these rules.")
def rules(entity: str | None) -> None:
    """Print which status may follow which, as diagrams that Markdown renderers show."""
    for item in [Entity(entity)] if entity else list(Entity):
        click.echo(transitions.diagram(item))


def _record(item: StatusRecord) -> dict[str, str | bool | None]:
    return {
        "from": item.from_status,
        "to": item.to_status,
        "changed_at": item.changed_at.isoformat(),
        "role": item.role,
        "application_name": item.application_name,
        "allowed": item.allowed,
        "made": item.made,
    }


def _record_cells(item: StatusRecord) -> tuple[str, ...]:
    return (
        _time(item.changed_at),
        item.to_status or "(row deleted)",
        item.application_name,
        item.role,
        _judgement(item),
    )


def _judgement(item: StatusRecord) -> str:
    if item.allowed:
        return ""
    return "against the rules" if item.made else "against the rules: status kept"


def _violation(item: Violation) -> dict[str, str | int | None]:
    return {
        "entity": item.entity,
        "from": item.from_status,
        "to": item.to_status,
        "application_name": item.application_name,
        "made": item.made,
        "changes": item.changes,
        "first_at": item.first_at.isoformat(),
        "last_at": item.last_at.isoformat(),
    }


def _violation_cells(item: Violation) -> tuple[str, ...]:
    return (
        str(item.changes),
        item.entity,
        item.from_status,
        item.to_status or "(none)",
        "changed" if item.made else "kept",
        item.application_name,
        _time(item.last_at),
    )


def _time(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}"


def _print_table(headings: Sequence[str], rows: list[tuple[str, ...]]) -> None:
    lines = [tuple(headings), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
