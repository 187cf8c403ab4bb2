"""``reana-db roles``: roles with the least privileges for services and people."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import click
import psycopg

from reana_db import database, migrate, roles
from reana_db.commands.connecting import connected
from reana_db.commands.printing import Group, json_option, print_json, print_table
from reana_db.roles import Roles

_F = TypeVar("_F", bound=Callable[..., Any])

dry_run_option = click.option("--dry-run", is_flag=True, help="Print the SQL and change nothing.")


def names_of_roles(function: _F) -> _F:
    """Add the options that name the roles."""
    for field in reversed(dataclasses.fields(Roles)):
        option = click.option(
            f"--{field.name}", metavar="NAME", default=field.default, show_default=True,
            help=f"Name of the {field.name} role.",
        )  # fmt: skip
        function = option(function)
    return function


@click.group("roles", cls=Group)
def command() -> None:
    """Create the roles of services, readers and operators; grant what they need; own the schema.

    Connects as the owner of the schema: by REANA_DB_MIGRATION_URI if it is set.
    """


@command.command("create")
@names_of_roles
@dry_run_option
@json_option
@click.pass_context
def create(context: click.Context, /, *, dry_run: bool, as_json: bool, **names: str) -> None:
    """Create those of the roles that do not exist.

    Without CREATEROLE, prints the SQL to hand to the administrator; exit status 1.
    """
    with database.connect(migrate.default_conninfo()) as conn:
        statements = roles.missing(conn, Roles(**names))
        refused = not dry_run and _is_refused(lambda: roles.create(conn, Roles(**names)))
    _print(statements, as_json=as_json, refused="create roles" if refused else None)
    context.exit(1 if refused else 0)


@command.command("own")
@click.option(
    "--owner", metavar="NAME", default="reana_owner", show_default=True, help="The new owner."
)
@dry_run_option
@json_option
@click.pass_context
def own(context: click.Context, /, *, owner: str, dry_run: bool, as_json: bool) -> None:
    """Make a role the owner of the schema, which migrates; create it if it is missing.

    Needs a superuser, or an owner who is a member of the new one.  Otherwise prints the SQL to
    hand to the administrator; exit status 1.  Set a password: ALTER ROLE ... PASSWORD.
    """
    with connected(migrate.default_conninfo()) as conn:
        statements = roles.ownership(conn, owner)
        refused = not dry_run and _is_refused(lambda: roles.own(conn, owner))
    _print(statements, as_json=as_json, refused="change the owner" if refused else None)
    context.exit(1 if refused else 0)


def _is_refused(change: Callable[[], object]) -> bool:
    try:
        change()
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


@command.command("grant")
@names_of_roles
@click.option("--with-logs", is_flag=True, help="Let people read logs and specifications too.")
@dry_run_option
@json_option
def grant(*, with_logs: bool, dry_run: bool, as_json: bool, **names: str) -> None:
    """Grant the roles what they need and take away everything else.

    reana-db migrate grants them what is new.
    """
    with connected(migrate.default_conninfo()) as conn:
        work = roles.grants if dry_run else roles.grant
        _print(work(conn, Roles(**names), with_logs=with_logs), as_json=as_json)
        for item in roles.elsewhere(conn, names=list(names.values())):
            click.echo(
                f"{item.name} has privileges in {item.databases} too: its members there may do "
                "the same here, if you do not choose another name",
                err=True,
            )


@command.command("show")
@names_of_roles
@json_option
def show(*, as_json: bool, **names: str) -> None:
    """Print what each role may do with each object."""
    with connected() as conn:
        found = roles.of(conn, Roles(**names))
    if as_json:
        print_json([dataclasses.asdict(item) for item in found])
    else:
        rows = [(item.role, item.object, item.privilege) for item in found]
        print_table(("role", "object", "privilege"), rows)


def _print(statements: list[str], *, as_json: bool, refused: str | None = None) -> None:
    if refused:
        click.echo(f"this role may not {refused}; hand this to an administrator:", err=True)
    if as_json:
        print_json(statements)
    else:
        for statement in statements:
            click.echo(f"{statement};")
