"""``reana-db settings``: what a site decides for its database."""

from __future__ import annotations

import click

from reana_db import database, database_settings
from reana_db.records import SettingName

NAME = click.Choice([str(name) for name in SettingName])


@click.group("settings")
def command() -> None:
    """List, read and change what a site decides for its database."""


@command.command("list")
def list_() -> None:
    """Print every setting with its value, and what it can be."""
    with database.connect() as conn:
        settings = database_settings.all_settings(conn)
    width = max(len(item.name) for item in settings)
    for item in settings:
        possible = ", ".join(repr(str(value)) for value in database_settings.VALUES[item.name])
        click.echo(f"{item.name:<{width}}  {item.value!r}  ({possible})")


@command.command("get")
@click.argument("name", type=NAME)
def get(name: str) -> None:
    """Print the value of the setting NAME."""
    with database.connect() as conn:
        click.echo(database_settings.get(conn, SettingName(name)))


@command.command("set")
@click.argument("name", type=NAME)
@click.argument("value")
def set_(name: str, value: str) -> None:
    """Give the setting NAME a VALUE."""
    with database.connect() as conn:
        database_settings.change(conn, SettingName(name), value)
