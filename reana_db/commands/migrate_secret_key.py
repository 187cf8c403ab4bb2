"""``reana-db migrate-secret-key``: the name of ``reana-db secrets rotate`` in old scripts."""

from __future__ import annotations

import click

from reana_db import config
from reana_db.commands import secrets
from reana_db.encryption import keyring, rotation
from reana_db.errors import ConfigurationError


@click.command("migrate-secret-key", hidden=True)
@click.option("--old-key", required=True, help="The key that was used until now.")
def command(old_key: str) -> None:
    """Encrypt with REANA_SECRET_KEY what the old key encrypted."""
    click.echo(
        "Warning: everybody on this machine can see --old-key in the list of processes; "
        "reana-db secrets rotate takes it from REANA_SECRET_KEY_PREVIOUS or from a file.",
        err=True,
    )
    key = config.settings().secret_key
    if not key:
        raise ConfigurationError("REANA_SECRET_KEY is not set: it must be the new key")
    secrets.re_encrypt(rotation.rotate, keyring.of(key, old_key), as_json=False)
