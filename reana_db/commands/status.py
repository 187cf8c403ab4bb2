"""``reana-db status``: the history of statuses, and what becomes of changes against the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from reana_db import database_settings, status_history, transitions, users, workflows
from reana_db.commands import numbers
from reana_db.commands.connecting import connected
from reana_db.commands.printing import Group, counted, json_option, print_json, print_table
from reana_db.migrating import adoption
from reana_db.queries import Conn
from reana_db.records import Entity, SettingName, StatusMode
from reana_db.status_history import StatusRecord, Violation

ENTITY = click.Choice([str(entity) for entity in Entity])


@click.group("status", cls=Group)
def command() -> None:
    """Read the history of statuses, and choose how strict the rules are."""


@command.command("history")
@click.argument("what", metavar="RUN")
@click.option("--user", "email", metavar="EMAIL", help="Whose run; needed for a name.")
@click.option(
    "--entity",
    type=ENTITY,
    metavar="ENTITY",
    default="workflow",
    show_default=True,
    help=f"What has the id RUN: {', '.join(Entity)}.",
)
@json_option
def history_(what: str, email: str | None, entity: str, *, as_json: bool) -> None:
    """Print every status that a run had, since when and given by whom.

    RUN is an id, or the name of a run such as analysis.3 together with --user.
    """
    with connected() as conn:
        entity_id = _id(conn, what, email, Entity(entity))
        records = status_history.of_entity(conn, Entity(entity), entity_id)
    if as_json:
        print_json([_record(item) for item in records])
    elif not records:
        click.echo(f"nothing is recorded of {entity} {what}")
    else:
        rows = [_record_cells(item) for item in records]
        print_table(("since (UTC)", "status", "application", "role", ""), rows)


def _id(conn: Conn, what: str, email: str | None, entity: Entity) -> UUID:
    """Return the id that was typed, or that of the run of this name."""
    try:
        return UUID(what)
    except ValueError:
        if entity is not Entity.workflow:
            raise click.BadParameter(f"{what!r} is not the id of a {entity}") from None
    if email is None:
        raise click.UsageError(f"{what} is a name: say whose run it is with --user EMAIL")
    user = users.find_by_email(conn, email)
    if user is None:
        raise click.ClickException(f"no user has the e-mail address {email}")
    return workflows.resolve(conn, what, user_id=user.id_).id_


@command.command("violations")
@click.option("--days", type=numbers.DAYS, metavar="N", help="Only of the last N days.")
@json_option
def violations(days: int | None, *, as_json: bool) -> None:
    """Print the changes against the rules by kind and application.

    They are recorded in the modes keep and observe; enforce refuses them.
    """
    since = None if days is None else datetime.now(UTC) - timedelta(days=days)
    with connected() as conn:
        found = status_history.violations(conn, since=since)
    if as_json:
        print_json([_violation(item) for item in found])
    elif not found:
        click.echo("no change against the rules is recorded")
    else:
        headings = ("changes", "entity", "from", "to", "status", "application", "last (UTC)")
        print_table(headings, [_violation_cells(item) for item in found])


@command.command("prune")
@click.option(
    "--older-than",
    "days",
    metavar="DAYS",
    type=numbers.DAYS,
    required=True,
    help="Delete what is older than this many days.",
)
@json_option
def prune(days: int, *, as_json: bool) -> None:
    """Delete old entries of the history, in many small transactions."""
    with connected(autocommit=True) as conn:
        pruned = status_history.prune(conn, before=datetime.now(UTC) - timedelta(days=days))
    if as_json:
        print_json({"deleted": pruned})
    else:
        entries, age = counted(pruned, "entry", "entries"), counted(days, "day")
        click.echo(f"deleted {entries} older than {age}")


@command.command("mode")
@click.argument("mode", required=False, type=click.Choice([str(mode) for mode in StatusMode]))
@json_option
def mode_(mode: str | None, *, as_json: bool) -> None:
    """Print what becomes of changes against the rules, or choose it.

    enforce: they are refused.  keep: the status stays as it is, the rest of the statement is
    stored.  observe: they are made.  keep and observe record them for "status violations".
    """
    with connected(through=adoption.SETTINGS) as conn:
        if mode:
            database_settings.change(conn, SettingName.status_mode, mode)
        chosen = database_settings.get(conn, SettingName.status_mode)
    if as_json:
        print_json({"mode": chosen})
    else:
        click.echo(chosen)


@command.command("rules")
@click.option(
    "--entity", type=ENTITY, metavar="ENTITY", help=f"Only the rules of one: {', '.join(Entity)}."
)
@json_option
def rules(entity: str | None, *, as_json: bool) -> None:
    """Print which status may follow which, as diagrams that Markdown renderers show."""
    chosen = [Entity(entity)] if entity else list(Entity)
    if as_json:
        print_json({item: _rules(item) for item in chosen})
        return
    for item in chosen:
        click.echo(transitions.diagram(item))


def _rules(entity: Entity) -> dict[str, list[str]]:
    return {before: sorted(after) for before, after in transitions.RULES[entity].items()}


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
