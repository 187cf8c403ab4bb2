"""``reana-db migrate``: apply, show, undo and prepare migrations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from reana_db import migrate
from reana_db.commands import numbers
from reana_db.commands.printing import Group, counted, json_option, print_json
from reana_db.migrate import Outcome, State
from reana_db.migrating import files as migration_files
from reana_db.migrating import preflight, session
from reana_db.migrating.preflight import Report
from reana_db.migrating.session import DEFAULT_PATIENCE, LOCK_TIMEOUT, WAIT, Patience

_F = TypeVar("_F", bound=Callable[..., Any])


def patience_options(function: _F) -> _F:
    """Add the options that say how long to wait for others."""
    lock_timeout = click.option(
        "--lock-timeout",
        metavar="SECONDS",
        type=numbers.Seconds(0.001),
        default=LOCK_TIMEOUT,
        show_default=True,
        help="Wait so long for a table in use, then let others pass and try again.",
    )
    wait = click.option(
        "--wait",
        metavar="SECONDS",
        type=numbers.Seconds(),
        default=WAIT,
        show_default=True,
        help="Wait so long in all for another migration or a table in use.",
    )
    return lock_timeout(wait(function))


@click.group("migrate", cls=Group, invoke_without_command=True)
@click.option("--to", metavar="ID", help="Stop after this migration (name or number).")
@click.option("--dry-run", is_flag=True, help="Print what would be done, with its SQL.")
@click.option(
    "--preflight", "only_report", is_flag=True, help="Print what needs attention, and do nothing."
)
@click.option("--check", is_flag=True, help="Exit with status 1 unless everything is applied.")
@patience_options
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    to: str | None,
    dry_run: bool,
    only_report: bool,
    check: bool,
    lock_timeout: float,
    wait: float,
    as_json: bool,
) -> None:
    """Apply the migrations that the database lacks.

    A database that Alembic made is adopted: what it has, by its revision and its shape, counts as
    applied, and the rest is run.  Only one process migrates at a time; the others wait and find
    nothing to do.  A process that was killed leaves whole migrations behind; the next one
    continues.
    """
    if ctx.invoked_subcommand:
        return
    if check:
        _check(migrate.status(), as_json=as_json)
    elif dry_run or only_report:
        print_plan(to, with_sql=dry_run, as_json=as_json)
    else:
        outcome = migrate.apply(to=to, patience=Patience(lock_timeout, wait))
        print_outcome(outcome, as_json=as_json)


@command.command("status")
@json_option
def show_status(*, as_json: bool) -> None:
    """Show which migrations are applied, when and by whom, and which are pending.

    Writes nothing; a role that may only read suffices.
    """
    state = migrate.status()
    if as_json:
        print_json(described(state))
        return
    for item in state.applied:
        how = f"adopted from {item.comment}" if item.adopted else f"by {item.applied_by}"
        click.echo(f"{item.id:<32} {item.applied_at:%Y-%m-%d %H:%M:%S} UTC  {how}")
    if state.adoption is not None:
        click.echo(f"not adopted yet: this is a database of {state.origin}")
    for file in state.adoptable:
        click.echo(f"{file.id:<32} to be adopted")
    for file in state.pending:
        click.echo(f"{file.id:<32} pending")
    for name in state.unknown:
        click.echo(f"{name:<32} not known to this release")


@command.command("history")
@json_option
def history(*, as_json: bool) -> None:
    """List the migrations of this release, oldest first; needs no database."""
    files = migration_files.read()
    if as_json:
        print_json([_file(file) for file in files])
        return
    for file in files:
        click.echo(f"{file.id:<32} {file.summary}")


@command.command("down")
@click.option("--to", metavar="ID", help="Undo all after this migration (name or number).")
@click.option("--all", "everything", is_flag=True, help="Undo all that reana-db migrate has run.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@patience_options
@json_option
def down(
    *,
    to: str | None,
    everything: bool,
    yes: bool,
    lock_timeout: float,
    wait: float,
    as_json: bool,
) -> None:
    """Undo the latest migration, or several.

    Undoing all of them turns an adopted database back into the one that it was, and takes the
    record of migrations with it. Where rows would be lost, nothing is undone, and all that stands
    in the way is told.
    """
    if to and everything:
        raise click.UsageError("--to and --all exclude each other")
    patience = Patience(lock_timeout, wait)
    outcome = roll_back(to=to, everything=everything, yes=yes, patience=patience)
    print_outcome(outcome, as_json=as_json)


def roll_back(
    *, to: str | None, everything: bool, yes: bool, patience: Patience = DEFAULT_PATIENCE
) -> Outcome:
    """Undo migrations once the user has agreed."""
    chosen = migrate.undoable(migrate.status(), to=to, everything=everything)
    if chosen and not yes:
        listed = "\n".join(f"    {file.id}" for file in chosen)
        click.confirm(f"Undo\n{listed}\n?", abort=True, err=True)
    return migrate.rollback(to=to, everything=everything, patience=patience)


@command.command("new")
@click.argument("what")
@click.option(
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=migration_files.migrations_directory,
    help="Where migrations are; default: those of this checkout.",
)
def new(what: str, directory: Path) -> None:
    """Begin a new migration called WHAT, with its rollback."""
    for path in migration_files.scaffold(what, directory):
        click.echo(path)


def described(state: State) -> dict[str, object]:
    """Return the state of a database as JSON shows it."""
    return {
        "current": state.current,
        "alembic_revision": state.alembic_revision,
        "origin": state.origin,
        "applied": [asdict(item) for item in state.applied],
        "adoptable": [file.id for file in state.adoptable],
        "pending": [_file(file) for file in state.pending],
        "unknown": state.unknown,
    }


def _file(file: migration_files.MigrationFile) -> dict[str, object]:
    return {
        "id": file.id,
        "summary": file.summary,
        "transactional": file.transactional,
        "holds": list(file.holds),
    }


def _check(state: State, *, as_json: bool) -> None:
    if as_json:
        print_json(described(state))
    elif state.unknown:
        click.echo(f"not known to this release: {', '.join(state.unknown)}", err=True)
    elif state.pending:
        click.echo(_pending(len(state.pending)), err=True)
    if not state.current:
        raise click.exceptions.Exit(1)


def print_plan(to: str | None, *, with_sql: bool, as_json: bool) -> None:
    """Print what pending migrations will do."""
    with session.connection(migrate.default_conninfo()) as conn:
        state = migrate.status(conn)
        state.refuse_unknown()
        report = preflight.report(conn, state, to)
    files = state.pending_until(to)
    if as_json:
        sql = {file.id: file.sql for file in files} if with_sql else None
        print_json({**asdict(report), "sql": sql})
        return
    _print_report(state, report)
    if with_sql:
        for file in files:
            click.echo(f"\n-- {file.path.name}\n\n{file.sql.rstrip()}")


def _pending(number: int) -> str:
    return f"{counted(number, 'migration')} {'is' if number == 1 else 'are'} pending"


def _print_report(state: State, report: Report) -> None:
    """Print as SQL comments, so that the output of --dry-run is a script."""
    if state.adoption is not None:
        click.echo(f"-- adopts a database of {state.origin}")
    click.echo(f"-- {_pending(len(report.pending))}")
    if not (report.findings or report.holds):
        click.echo("-- nothing needs attention")
    for finding in report.findings:
        click.echo(f"-- {finding.migration}: {finding.count} {finding.message}")
    for hold in report.holds:
        click.echo(f"-- {hold.migration} holds a lock on {hold.reason}")


def print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print what a run changed."""
    if as_json:
        print_json(asdict(outcome))
        return
    if outcome.origin:
        click.echo(f"adopted a database of {outcome.origin}")
    for name in outcome.applied:
        click.echo(f"applied {name}")
    for name in outcome.rolled_back:
        click.echo(f"rolled back {name}")
    if not (outcome.adopted or outcome.applied or outcome.rolled_back):
        click.echo("nothing to do")
