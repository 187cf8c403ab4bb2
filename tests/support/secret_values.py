"""Tokens and secrets as services of earlier releases write them, and what is stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from reana_db import database_settings, tokens
from reana_db.encryption import keyring
from reana_db.encryption.columns import READING
from reana_db.encryption.keyring import TOKENS, Store, sha256_hex
from reana_db.queries import Conn
from reana_db.records import SettingName
from tests.support.factories import insert, make_session, make_user, make_workflow

KEYS = keyring.of("the key of this site")
OTHER_KEYS = keyring.of("another key")


def seal_new_values(conn: Conn) -> None:
    """Say that the services of earlier releases are gone."""
    database_settings.change(conn, SettingName.secrets_form, "sealed")


def grant(conn: Conn, token: str, keys: keyring.KeyRing = KEYS) -> UUID:
    """Give a new user a token, and return the user's id."""
    user_id = make_user(conn)
    tokens.grant(conn, user_id, token=token, keys=keys)
    return user_id


def old_token(conn: Conn, token: str, keys: keyring.KeyRing = KEYS, **columns: Any) -> UUID:
    """Insert an active token as reana-db 0.9.5 does, and return the user's id."""
    user_id = make_user(conn)
    defaults = {"created": "2026-01-01", "updated": "2026-01-01", "type_": "reana"}
    value = keys.current.encrypt_cbc(token)
    named = {"id_": uuid4(), "user_id": user_id, "status": "active", "token": value}
    insert(conn, "user_token", **{**defaults, **named, **columns})
    return user_id


def old_webhook_secret(conn: Conn, secret: str, keys: keyring.KeyRing = KEYS) -> UUID:
    """Insert a user with a webhook secret as reana-db 0.95.0a13 does."""
    stored = keys.current.encrypt_gcm(secret)
    return make_user(
        conn, gitlab_webhook_secret=stored, gitlab_webhook_secret_digest=sha256_hex(secret)
    )


def old_session(conn: Conn, secret: str | None, keys: keyring.KeyRing = KEYS) -> UUID:
    """Insert an interactive session, with a secret as reana-db 0.95.0a13 stores it."""
    workflow_id = make_workflow(conn, make_user(conn))
    stored = keys.current.encrypt_gcm(secret) if secret else None
    return make_session(conn, workflow_id, session_secret=stored)


def stored(conn: Conn, store: Store) -> dict[UUID, tuple[bytes, bytes | None]]:
    """Return value and digest of every row of a column, by the id of the row."""
    found = READING[store](conn, start=UUID(int=0), size=1000)
    return {item.id_: (item.value, item.digest) for item in found}


def token_of(conn: Conn, user_id: UUID) -> tuple[UUID, bytes, bytes | None]:
    """Return id, stored value and digest of the only token of a user."""
    (found,) = (
        item
        for item in READING[TOKENS](conn, start=UUID(int=0), size=1000)
        if item.owner_id == user_id
    )
    return found.id_, found.value, found.digest
