"""``reana-db quota``: usage and limits of users, and the refresh of what is recorded."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from reana_db import config, quota, quota_periods, quota_refresh, resources, units, users
from reana_db.commands import numbers, progress
from reana_db.commands.connecting import connected, connecting
from reana_db.commands.printing import Group, counted, json_option, print_json, worded
from reana_db.errors import InvalidArgument, RefreshRefused, RefreshRunning
from reana_db.queries import Conn
from reana_db.quota import UserQuota
from reana_db.quota_refresh import Plan, Summary
from reana_db.records import ResourceType, ResourceUnit
from reana_db.units import duration, human_readable, size

EXIT_INCOMPLETE = 1
EXIT_RUNNING = 3
EXIT_REFUSED = 4

RESOURCE = click.Choice([str(type_) for type_ in ResourceType])
UNITS = {ResourceType.cpu: ResourceUnit.milliseconds, ResourceType.disk: ResourceUnit.bytes_}


@click.group("quota", cls=Group)
def command() -> None:
    """Show and limit what users use; refresh what is recorded."""


# Usage and limits


@command.command("show")
@click.option("--user", "email", metavar="EMAIL", help="Only this user.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per user.")
def show(*, email: str | None, as_json: bool) -> None:
    """Print usage, limit and health, of everybody or of one user."""
    with connected() as conn:
        found = quota.of_user(conn, _user(conn, email)) if email else quota.of_everybody(conn)
    for line in _as_json(found) if as_json else map(_line, found):
        click.echo(line)


def _as_json(quotas: list[UserQuota]) -> list[str]:
    by_email: dict[str, list[UserQuota]] = {}
    for item in quotas:
        by_email.setdefault(item.email, []).append(item)
    return [
        json.dumps({"user": email, **quota.document(items)}) for email, items in by_email.items()
    ]


def _line(item: UserQuota) -> str:
    used = human_readable(item.unit, item.quota_used)
    limit = human_readable(item.unit, item.quota_limit) if item.quota_limit else "unlimited"
    period = ""
    if item.quota_period_months:
        months = item.quota_period_months
        every = "every month" if months == 1 else f"every {months} months"
        period = f", {every}, since {item.quota_period_start_at:%Y-%m-%d}"
    health = f" ({item.health})" if item.health else ""
    return f"{item.email}  {item.resource_name}: {used} of {limit}{health}{period}"


@command.command("set")
@click.argument("emails", metavar="EMAIL...", nargs=-1, required=True)
@click.option(
    "--resource",
    "type_",
    type=RESOURCE,
    default="cpu",
    show_default=True,
    help="cpu is processing time, disk is space.",
)
@click.option(
    "--limit", metavar="AMOUNT", help="A time (10h) or a size (100GB, 1.5TiB); 0 is unlimited."
)
@click.option("--months", metavar="N", type=numbers.MONTHS, help="Count anew every so many months.")
@click.option(
    "--start", metavar="DATE", type=click.DateTime(), help="When the period begins, in UTC."
)
@click.option("--no-period", is_flag=True, help="Count processing time for life.")
def set_(
    *,
    emails: tuple[str, ...],
    type_: str,
    limit: str | None,
    months: int | None,
    start: datetime | None,
    no_period: bool,
) -> None:
    """Set the limit and the quota period of users.

    All users are changed or, after an error, none.  A number without unit is in milliseconds or
    bytes.  Quota periods are of processing time.
    """
    if limit is None and months is None and start is None and not no_period:
        raise click.UsageError("nothing to set: give --limit, --months, --start or --no-period")
    if no_period and (months or start):
        raise click.UsageError("--no-period excludes --months and --start")
    if (months or start or no_period) and type_ != ResourceType.cpu:
        raise click.UsageError("only processing time is counted by periods")
    resource = ResourceType(type_)
    try:
        amount = None if limit is None else units.amount(UNITS[resource], limit)
    except InvalidArgument as error:
        raise click.BadParameter(str(error), param_hint="--limit") from error
    with connected() as conn:
        chosen = {_user(conn, email): email for email in emails}
        words = {f"user {id_}": email for id_, email in chosen.items()}
        with worded({**words, "start_at": "--start", "months": "--months"}):
            if amount is not None:
                quota.set_limit(conn, user_ids=list(chosen), type_=resource, limit=amount)
            for user_id in sorted(chosen):
                _set_period(conn, user_id, months, start.replace(tzinfo=UTC) if start else None)
                if no_period:
                    quota_periods.clear(conn, user_id)


def _set_period(conn: Conn, user_id: UUID, months: int | None, start_at: datetime | None) -> None:
    if months:
        quota_periods.set_period(conn, user_id=user_id, months=months, start_at=start_at)
    elif start_at:
        quota_periods.set_start(conn, user_id=user_id, start_at=start_at)


@command.command("policy")
@click.argument("types", metavar="[RESOURCE]...", nargs=-1)
@json_option
def policy(*, types: tuple[str, ...], as_json: bool) -> None:
    """Print, or choose, the resources that are counted when a run ends.

    RESOURCE is cpu, disk, or none.
    """
    names = {name for item in types for name in item.split(",") if name}
    if unknown := names - {*ResourceType, "none"}:
        raise click.UsageError(f"no such resource: {', '.join(sorted(unknown))}")
    if "none" in names and len(names) > 1:
        raise click.UsageError("none excludes other resources")
    with connected() as conn:
        if names:
            quota.set_policy(conn, [ResourceType(name) for name in names - {"none"}])
        chosen = sorted(quota.policy(conn))
        difference = quota.policy_difference(conn)
    if as_json:
        print_json({"policy": chosen, "differs": difference})
        return
    click.echo(", ".join(chosen) or "none")
    if difference:
        click.echo(difference, err=True)


@command.command("set-default-limits")
@json_option
def set_default_limits(*, as_json: bool) -> None:
    """Give users without a limit the default limits.

    These are REANA_DEFAULT_QUOTA_CPU_LIMIT and REANA_DEFAULT_QUOTA_DISK_LIMIT.
    """
    settings = config.settings()
    with connected() as conn:
        changed = quota.set_default_limits(
            conn, cpu_limit=settings.default_cpu_limit, disk_limit=settings.default_disk_limit
        )
    if as_json:
        print_json({"limits_set": changed})
    else:
        click.echo(f"{counted(changed, 'limit')} set")


@command.command("create-default-resources")
@json_option
def create_default_resources(*, as_json: bool) -> None:
    """Create REANA's resources where they are missing, with the default limits.

    REANA_DEFAULT_QUOTA_CPU_LIMIT and REANA_DEFAULT_QUOTA_DISK_LIMIT are kept with the resources.
    Users without totals get them; users who have totals keep their limits (see
    set-default-limits).
    """
    with connected() as conn:
        created = resources.create_defaults(conn)
    if as_json:
        print_json({"resources_created": created})
    else:
        created_ = f"{counted(created, 'resource')} created"
        click.echo(created_ if created else "the default resources exist")


@command.command("init-default-period")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only print the users who would get the period.")
@json_option
def init_default_period(*, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Give users without a quota period the default one.

    Its length is REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS.
    """
    months = config.settings().default_cpu_period_months
    if not months:
        raise click.UsageError("REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS is not set")
    period = f"periods of {counted(months, 'month')}"
    with connected() as conn:
        emails = quota_periods.users_without_period(conn)
        if emails and not dry_run:
            if not yes:
                who = counted(len(emails), "user")
                click.confirm(f"Give {who} {period}?", abort=True, err=True)
            emails = quota_periods.init_default(conn, months=months)
    if as_json:
        print_json({"users": emails, "months": months, "dry_run": dry_run})
        return
    for email in emails:
        click.echo(email)
    verb = "would get" if dry_run else "got"
    click.echo(f"{counted(len(emails), 'user')} {verb} {period}")


def _user(conn: Conn, email: str) -> UUID:
    user = users.find_by_email(conn, email)
    if user is None:
        raise click.ClickException(f"no user has the e-mail address {email}")
    return user.id_


# The refresh


@command.command("refresh")
@click.option("--user", "email", metavar="EMAIL", help="Only this user.")
@click.option("--resource", "type_", type=RESOURCE, help="Only this resource.")
@click.option("--dry-run", is_flag=True, help="Show the differences without correcting them.")
@click.option("--force", is_flag=True, help="Go on although files seem to be missing.")
@click.option(
    "--workers", metavar="N", type=numbers.WORKERS, help="Processes that measure [one per CPU]."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def refresh(
    context: click.Context,
    *,
    email: str | None,
    type_: str | None,
    dry_run: bool,
    force: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Measure and add up all usage, and correct what is recorded where it differs.

    Exit status: 0 done, 1 done but for workspaces that cannot be read or rows that others were
    changing, 3 another refresh is running, 4 refused because a volume seems not to be mounted.
    """
    chosen: dict[str, Any] = {"dry_run": dry_run, "force": force}
    if type_:
        chosen["types"] = frozenset([ResourceType(type_)])
    if workers:
        chosen["workers"] = workers
    if email:
        with connected() as conn:
            chosen["user_id"] = _user(conn, email)
    _refresh(context, Plan(**chosen), as_json=as_json)


def _refresh(context: click.Context, plan: Plan, *, as_json: bool = False) -> None:
    try:
        with connecting(autocommit=True) as connect:
            summary = quota_refresh.refresh(connect, plan, progress.shown())
    except RefreshRunning as error:
        click.echo(f"Error: {error}", err=True)
        context.exit(EXIT_RUNNING)
    except RefreshRefused as error:
        click.echo(f"Error: {error} Nothing was written; --force insists.", err=True)
        context.exit(EXIT_REFUSED)
    if as_json:
        found = {"complete": summary.complete, **dataclasses.asdict(summary)}
        click.echo(json.dumps({name.rstrip("_"): value for name, value in found.items()}))
    else:
        for line in _report(summary):
            click.echo(line)
    context.exit(0 if summary.complete else EXIT_INCOMPLETE)


def _report(summary: Summary) -> list[str]:
    verb = "found" if summary.dry_run else "corrected"
    runs, users = counted(summary.runs, "run"), counted(summary.users, "user")
    workspaces = f"{counted(summary.workspaces, 'workspace')} of {size(summary.bytes_)} measured"
    drift = f"{duration(summary.cpu_drift)} and {size(summary.disk_drift)}"
    totals = f"{counted(summary.total_differences, 'user')}; off by {drift} altogether"
    lines = [
        f"{users}, {runs}; {workspaces}; {summary.seconds:.1f} s",
        f"{verb}: processing time of {counted(summary.cpu_differences, 'run')}",
        f"{verb}: disk usage of {counted(summary.disk_differences, 'run')}",
        f"{verb}: totals of {totals}",
    ]
    if summary.unreadable:
        keeps = "keeps" if summary.unreadable == 1 else "keep"
        unreadable = counted(summary.unreadable, "workspace")
        lines.append(f"{unreadable} cannot be read and {keeps} the last value")
    if summary.left_out:
        lines.append(f"{counted(summary.left_out, 'run')} left out: others were changing them")
    return lines


def _deprecated(name: str, types: frozenset[ResourceType]) -> None:
    @command.command(name, hidden=True, help="The old name of refresh, for charts and scripts.")
    @click.pass_context
    def alias(context: click.Context) -> None:
        _refresh(context, Plan(types=types))


_deprecated("resource-usage-update", frozenset(ResourceType))
_deprecated("disk-usage-update", frozenset([ResourceType.disk]))
