"""The one migration that needs the secret key: digests of GitLab webhook secrets."""

from __future__ import annotations

import hashlib
import json

from reana_db import config
from reana_db.encryption.ciphers import Key, Undecipherable
from reana_db.errors import ConfigurationError
from reana_db.migrating import old_tables
from reana_db.queries import Conn, query
from reana_db.registry.arguments import Secret

MIGRATION = "0018-webhook-secret-digest"


def prepare(conn: Conn, secret_key: str | None) -> None:
    """Hand the digests and new ciphertexts of all webhook secrets to the migration.

    They go into the setting ``reana_db.webhook_secrets`` of this transaction, as JSON:
    ``{"<user id>": {"digest": "<SHA-256 in hex>", "secret": "<base64 of the AES-GCM value>"}}``.
    Raises :class:`~reana_db.errors.ConfigurationError` if there are any and no key reads them.
    """
    old_tables.execute(conn, "webhook_digests", "lock_users")
    stored = old_tables.rows(conn, "webhook_digests", "secrets")
    if not stored:
        return
    given = secret_key or config.settings().secret_key
    if not given:
        raise ConfigurationError(
            f"REANA_SECRET_KEY is not set, and {MIGRATION} needs it to read the GitLab webhook "
            f"secrets of {len(stored)} users"
        )
    key = Key(given)
    _hand_over(conn, json.dumps({user_id: _entry(key, secret) for user_id, secret in stored}))


def _entry(key: Key, stored: bytes) -> dict[str, str]:
    plaintext = _plaintext(key, stored)
    return {
        "digest": hashlib.sha256(plaintext.encode()).hexdigest(),
        "secret": key.encrypt_gcm(plaintext).decode(),
    }


def _plaintext(key: Key, stored: bytes) -> str:
    """Read a secret; it is in AES-GCM already if the migration was rolled back once."""
    try:
        return key.decrypt_gcm(stored)
    except Undecipherable:
        pass
    try:
        return key.decrypt_cbc(stored)
    except Undecipherable:
        raise ConfigurationError(
            f"REANA_SECRET_KEY does not fit this database: {MIGRATION} cannot read the GitLab "
            "webhook secrets with it"
        ) from None


@query
def _hand_over(conn: Conn, secrets: Secret) -> None: ...
