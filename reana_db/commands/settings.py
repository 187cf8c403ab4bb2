"""``reana-db settings``: what a site decides for its database."""

from __future__ import annotations

from dataclasses import asdict

import click

from reana_db import config, database_settings
from reana_db.commands.connecting import connected
from reana_db.commands.printing import Group, json_option, print_json, print_table
from reana_db.database_settings import VALUES
from reana_db.encryption import keyring
from reana_db.encryption.rotation import SecretsForm
from reana_db.migrating import adoption
from reana_db.records import SettingName

NAME = click.Choice([str(name) for name in SettingName])


@click.group("settings", cls=Group)
def command() -> None:
    """List, read and change what a site decides for its database."""


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Print every setting with its value, and what it can be."""
    with connected(through=adoption.SETTINGS) as conn:
        settings = database_settings.all_settings(conn)
    if as_json:
        print_json([{**asdict(item), "possible": VALUES[item.name]} for item in settings])
        return
    rows = [
        (item.name, repr(item.value), ", ".join(repr(str(value)) for value in VALUES[item.name]))
        for item in settings
    ]
    print_table(("setting", "value", "possible"), rows)


@command.command("get")
@click.argument("name", type=NAME, metavar="NAME")
@json_option
def get(name: str, *, as_json: bool) -> None:
    """Print the value of the setting NAME."""
    with connected(through=adoption.SETTINGS) as conn:
        value = database_settings.get(conn, SettingName(name))
    if as_json:
        print_json({"name": name, "value": value})
    else:
        click.echo(value)


@command.command("set")
@click.argument("name", type=NAME, metavar="NAME")
@click.argument("value")
def set_(name: str, value: str) -> None:
    """Give the setting NAME a VALUE."""
    key = config.settings().secret_key
    if key and (name, value) == (SettingName.secrets_form, SecretsForm.SEALED):
        keyring.refuse_weak(keyring.of(key).current)
    with connected(through=adoption.SETTINGS) as conn:
        database_settings.change(conn, SettingName(name), value)
