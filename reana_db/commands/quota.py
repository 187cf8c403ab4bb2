"""``reana-db quota``: usage and limits of users, and the refresh of what is recorded."""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from reana_db import config, database, quota, quota_periods, quota_refresh, resources, users
from reana_db.errors import RefreshRunning
from reana_db.queries import Conn
from reana_db.quota import UserQuota
from reana_db.quota_refresh import Plan, Progress, Summary
from reana_db.records import ResourceType
from reana_db.units import duration, human_readable, size

SECONDS_BETWEEN_LINES = 10.0
EXIT_INCOMPLETE = 1
EXIT_RUNNING = 3

RESOURCE = click.Choice([str(type_) for type_ in ResourceType])

logger = logging.getLogger("reana_db.quota")


@click.group("quota")
def command() -> None:
    """Show and limit what users use; refresh what is recorded."""


# Usage and limits


@command.command("show")
@click.option("--user", "email", metavar="EMAIL", help="Only this user.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per user.")
def show(*, email: str | None, as_json: bool) -> None:
    """Print usage, limit and health, of everybody or of one user."""
    with database.connect() as conn:
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
    period = (
        f", every {item.quota_period_months} months, since {item.quota_period_start_at:%Y-%m-%d}"
        if item.quota_period_months
        else ""
    )
    health = f" ({item.health})" if item.health else ""
    return f"{item.email}  {item.resource_name}: {used} of {limit}{health}{period}"


@command.command("set")
@click.argument("emails", metavar="EMAIL...", nargs=-1, required=True)
@click.option("--resource", "type_", type=RESOURCE, default="cpu", show_default=True)
@click.option("--limit", type=click.IntRange(0), help="Milliseconds or bytes; 0 is unlimited.")
@click.option("--months", type=click.IntRange(1), help="Count processing time by such periods.")
@click.option("--start", type=click.DateTime(), help="When the period begins, UTC.")
@click.option("--no-period", is_flag=True, help="Count processing time for life.")
def set_(
    *,
    emails: tuple[str, ...],
    type_: str,
    limit: int | None,
    months: int | None,
    start: datetime | None,
    no_period: bool,
) -> None:
    """Set the limit, and the quota period, of users: all of them or, on an error, none."""
    if limit is None and months is None and start is None and not no_period:
        raise click.UsageError("nothing to set: give --limit, --months, --start or --no-period")
    if no_period and (months or start):
        raise click.UsageError("--no-period excludes --months and --start")
    if (months or start or no_period) and type_ != ResourceType.cpu:
        raise click.UsageError("only processing time is counted by periods")
    with database.connect() as conn:
        chosen = [_user(conn, email) for email in emails]
        if limit is not None:
            quota.set_limit(conn, user_ids=chosen, type_=ResourceType(type_), limit=limit)
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
@click.argument("types", metavar="[cpu|disk|none]...", nargs=-1)
def policy(*, types: tuple[str, ...]) -> None:
    """Print, or choose, the resources that are accounted when a run ends."""
    names = {name for item in types for name in item.split(",") if name}
    if unknown := names - {*ResourceType, "none"}:
        raise click.UsageError(f"no such resource: {', '.join(sorted(unknown))}")
    with database.connect() as conn:
        if names:
            quota.set_policy(conn, [ResourceType(name) for name in names - {"none"}])
        click.echo(", ".join(sorted(quota.policy(conn))) or "none")


@command.command("set-default-limits")
def set_default_limits() -> None:
    """Give users without a limit those of REANA_DEFAULT_QUOTA_CPU_LIMIT and …_DISK_LIMIT."""
    settings = config.settings()
    with database.connect() as conn:
        changed = quota.set_default_limits(
            conn, cpu_limit=settings.default_cpu_limit, disk_limit=settings.default_disk_limit
        )
    click.echo(f"{changed} limits set")


@command.command("create-default-resources")
def create_default_resources() -> None:
    """Create REANA's resources where they are missing, with the default limits.

    REANA_DEFAULT_QUOTA_CPU_LIMIT and …_DISK_LIMIT are kept with the resources, for users whose
    totals the database has to make; users who have some keep theirs (see set-default-limits).
    """
    with database.connect() as conn:
        created = resources.create_defaults(conn)
    click.echo(f"{created} resources created" if created else "the default resources exist")


@command.command("init-default-period")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only print the users who would get the period.")
def init_default_period(*, yes: bool, dry_run: bool) -> None:
    """Give users without a quota period that of REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS."""
    months = config.settings().default_cpu_period_months
    if not months:
        raise click.UsageError("REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS is not set")
    with database.connect() as conn:
        emails = quota_periods.users_without_period(conn)
        if emails and not dry_run:
            if not yes:
                click.confirm(f"Give {len(emails)} users periods of {months} months?", abort=True)
            emails = quota_periods.init_default(conn, months=months)
    for email in emails:
        click.echo(email)
    click.echo(
        f"{len(emails)} users {'would get' if dry_run else 'got'} periods of {months} months"
    )


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
@click.option(
    "--workers", type=click.IntRange(1), help="Processes that measure workspaces [one per CPU]."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def refresh(
    context: click.Context,
    *,
    email: str | None,
    type_: str | None,
    dry_run: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Measure and add up all usage, and correct what is recorded where it differs.

    Exit status: 0 done, 1 done but for workspaces that cannot be read or rows that others were
    changing, 3 another refresh is running.
    """
    chosen: dict[str, Any] = {"dry_run": dry_run}
    if type_:
        chosen["types"] = frozenset([ResourceType(type_)])
    if workers:
        chosen["workers"] = workers
    if email:
        with database.connect() as conn:
            chosen["user_id"] = _user(conn, email)
    _refresh(context, Plan(**chosen), as_json=as_json)


def _refresh(context: click.Context, plan: Plan, *, as_json: bool = False) -> None:
    on_terminal = sys.stderr.isatty()
    progress: Progress = _Bar() if on_terminal else _Lines()
    try:
        summary = quota_refresh.refresh(database.connect, plan, progress)
    except RefreshRunning as error:
        click.echo(f"Error: {error}", err=True)
        context.exit(EXIT_RUNNING)
    if as_json:
        found = {"complete": summary.complete, **dataclasses.asdict(summary)}
        click.echo(json.dumps({name.rstrip("_"): value for name, value in found.items()}))
    else:
        for line in _report(summary):
            click.echo(line)
    context.exit(0 if summary.complete else EXIT_INCOMPLETE)


def _report(summary: Summary) -> list[str]:
    verb = "found" if summary.dry_run else "corrected"
    measured = f"{summary.workspaces} workspaces of {size(summary.bytes_)} measured"
    drift = f"{duration(summary.cpu_drift)} and {size(summary.disk_drift)}"
    lines = [
        f"{summary.users} users, {summary.runs} runs; {measured}; {summary.seconds:.1f} s",
        f"{verb}: processing time of {summary.cpu_differences} runs",
        f"{verb}: disk usage of {summary.disk_differences} runs",
        f"{verb}: totals of {summary.total_differences} users; off by {drift} altogether",
    ]
    if summary.unreadable:
        lines.append(f"{summary.unreadable} workspaces cannot be read; they keep their last value")
    if summary.left_out:
        lines.append(f"{summary.left_out} runs were left out: others were changing them")
    return lines


def _deprecated(name: str, types: frozenset[ResourceType]) -> None:
    @command.command(name, hidden=True, help="The old name of refresh, for charts and scripts.")
    @click.pass_context
    def alias(context: click.Context) -> None:
        _refresh(context, Plan(types=types))


_deprecated("resource-usage-update", frozenset(ResourceType))
_deprecated("disk-usage-update", frozenset([ResourceType.disk]))


class _Bar:
    """A progress bar on a terminal."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.left = 0

    def start(self, label: str, total: int) -> None:
        """Begin a bar of its own for a phase."""
        self.bar = click.progressbar(length=total, label=label, file=sys.stderr, show_pos=True)
        self.left = total
        self.bar.render_progress()

    def advance(self, steps: int) -> None:
        """Move the bar; end its line with the last step."""
        self.bar.update(steps)
        self.left -= steps
        if self.left <= 0:
            self.bar.render_finish()


class _Lines:
    """A line in the log now and then, for pods."""

    def __init__(self) -> None:
        self.label, self.total, self.done, self.last = "", 0, 0, 0.0

    def start(self, label: str, total: int) -> None:
        """Say what begins."""
        self.label, self.total, self.done, self.last = label, total, 0, time.monotonic()
        logger.info("%s: %d to do", label, total)

    def advance(self, steps: int) -> None:
        """Say how far it is, every few seconds."""
        self.done += steps
        if time.monotonic() - self.last >= SECONDS_BETWEEN_LINES:
            self.last = time.monotonic()
            logger.info("%s: %d of %d", self.label, self.done, self.total)
