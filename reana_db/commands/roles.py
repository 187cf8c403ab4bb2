"""``reana-db roles``: roles with the least privileges for services and people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, TypeVar

import click
import psycopg

from reana_db import database, migrate, roles
from reana_db.roles import Roles

_F = TypeVar("_F", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
dry_run = click.option("--dry-run", is_flag=True, help="Print the SQL and change nothing.")


def named(function: _F) -> _F:
    """Add the options that name the roles."""
    for field in reversed(dataclasses.fields(Roles)):
        option = click.option(
            f"--{field.name}", metavar="NAME", default=field.default, show_default=True,
            help=f"Name of the {field.name} role.",
        )  # fmt: skip
        function = option(function)
    return function


@click.group("roles")
def command() -> None:
    """Create the roles of services, readers and operators; grant and show what they may do.

    Connects as the owner of the schema: REANA_DB_MIGRATION_URI if it is set.
    """


@command.command("create")
@named
@dry_run
@as_json
@click.pass_context
def create(context: click.Context, *, dry_run: bool, as_json: bool, **names: str) -> None:
    """Create those of the roles that do not exist.

    Without CREATEROLE, prints the SQL to hand to the administrator; exit status 1.
    """
    with database.connect(conninfo=migrate.default_conninfo()) as conn:
        statements = roles.missing(conn, Roles(**names))
        if not dry_run:
            try:
                roles.create(conn, Roles(**names))
            except psycopg.errors.InsufficientPrivilege:
                conn.rollback()
                click.echo(
                    f"{conn.info.user} may not create roles: an administrator must run", err=True
                )
                context.exit(_print(statements, as_json=as_json) or 1)
    _print(statements, as_json=as_json)


@command.command("grant")
@named
@click.option("--with-logs", is_flag=True, help="Let people read logs and specifications too.")
@dry_run
@as_json
def grant(*, with_logs: bool, dry_run: bool, as_json: bool, **names: str) -> None:
    """Grant the roles what they need and take away everything else.

    Repeat it after each migration.
    """
    with database.connect(conninfo=migrate.default_conninfo()) as conn:
        work = roles.grants if dry_run else roles.grant
        _print(work(conn, Roles(**names), with_logs=with_logs), as_json=as_json)


@command.command("show")
@named
@as_json
def show(*, as_json: bool, **names: str) -> None:
    """Print what each role may do with each object."""
    with database.connect() as conn:
        found = roles.of(conn, Roles(**names))
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(item) for item in found], indent=2))
        return
    for item in found:
        click.echo(f"{item.role}  {item.object}  {item.privilege}")


def _print(statements: list[str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(statements, indent=2))
    else:
        for statement in statements:
            click.echo(f"{statement};")
