"""Secrets of interactive sessions and of GitLab webhooks: made once, found by their value.

Values are stored in the form that the database's setting ``secrets_form`` asks for.  ``keys`` are
those of the settings (``REANA_SECRET_KEY``) unless given; every function but
:func:`remove_webhook_secret` needs them, and raises
:class:`~reana_db.errors.ConfigurationError` without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from reana_db.encryption import keyring
from reana_db.encryption.columns import rewrite_session_secrets
from reana_db.encryption.keyring import SESSION_SECRETS, WEBHOOK_SECRETS, KeyRing, sha256_hex
from reana_db.errors import NotFound, UnreadableSecret
from reana_db.queries import Conn, RowCount, query
from reana_db.records import RunStatus
from reana_db.registry.arguments import Id, Secret, SecretBytes, checked
from reana_db.registry.scalars import uuid

_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class SessionOwner:
    """The session that a secret opens."""

    id_: UUID
    owner_id: UUID | None
    path: str
    """The path of its URL."""
    status: RunStatus
    """``created`` or ``running``."""


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """What a user's GitLab projects send with their webhooks."""

    value: str = field(repr=False)
    expires_at: datetime | None
    """From then on it authenticates nobody; None: it never ends."""


@dataclass(frozen=True, slots=True)
class WebhookOwner:
    """The user whom a webhook secret authenticates."""

    id_: UUID
    email: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class _SessionMatch:
    id_: UUID
    owner_id: UUID | None
    path: str
    status: RunStatus
    secret: bytes = field(repr=False)
    digested: bool
    read_only: bool


@dataclass(frozen=True, slots=True)
class _EncryptedWebhookSecret:
    secret: bytes | None = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class _WebhookMatch:
    id_: UUID
    email: str
    expires_at: datetime | None
    secret: bytes = field(repr=False)


@checked
def session_secret(conn: Conn, session_id: Id, *, keys: KeyRing | None = None) -> str:
    """Return the secret of a session, having made one if it had none: the same for all callers.

    Raises NotFound for an unknown session.
    """
    keys = keys or keyring.current()
    row, new = SESSION_SECRETS.row(uuid(session_id)), _new_secret()
    stored = _ensure_session_secret(
        conn,
        session_id,
        compatible=SESSION_SECRETS.encrypted(keys.current, new),
        sealed=keys.current.seal(new, row.name),
        digest=keys.current.digest(new),
    )
    if stored is None:
        raise NotFound(f"no interactive session {session_id}")
    return keys.open(stored, row).text


@query
def _ensure_session_secret(
    conn: Conn,
    session_id: Id,
    *,
    compatible: SecretBytes,
    sealed: SecretBytes,
    digest: SecretBytes,
) -> bytes | None:
    """Return the encrypted secret of a session, storing one if it has none."""


@checked
def find_session(conn: Conn, secret: Secret, *, keys: KeyRing | None = None) -> SessionOwner | None:
    """Return the open session with this secret, or None.

    Secrets that services of an earlier release wrote get their digests in passing, unless the
    transaction is read-only.  Raises :class:`~reana_db.errors.TamperedSecret` if the row is not
    the one that the secret was sealed in.

    Runs on a standby.
    """
    keys = keys or keyring.current()
    matches = _find_session(conn, digests=keys.digests(secret))
    for match in matches:
        if match.digested:
            keys.verify(match.secret, SESSION_SECRETS.row(match.id_), secret)
            return _session_owner(match)
    values = {match: value for match in matches if (value := _readable(keys, match)) is not None}
    _digest_sessions(conn, keys, values)
    return next((_session_owner(match) for match, value in values.items() if value == secret), None)


@query
def _find_session(conn: Conn, *, digests: list[SecretBytes]) -> list[_SessionMatch]:
    """Return the session with one of these digests, and all whose secrets have none yet."""


def _readable(keys: KeyRing, match: _SessionMatch) -> str | None:
    try:
        return keys.open(match.secret, SESSION_SECRETS.row(match.id_)).text
    except UnreadableSecret:
        return None


def _digest_sessions(conn: Conn, keys: KeyRing, values: dict[_SessionMatch, str]) -> None:
    """Store the digests of secrets that have none; the secrets stay as they are."""
    if any(not match.read_only for match in values):
        stored = [match.secret for match in values]
        digests = [keys.current.digest(value) for value in values.values()]
        ids = [match.id_ for match in values]
        rewrite_session_secrets(conn, ids=ids, old=stored, values=stored, digests=digests)


def _session_owner(match: _SessionMatch) -> SessionOwner:
    return SessionOwner(match.id_, match.owner_id, match.path, match.status)


@checked
def webhook_secret(
    conn: Conn,
    user_id: Id,
    *,
    expires_at: datetime | None = None,
    renew: bool = False,
    keys: KeyRing | None = None,
) -> WebhookSecret:
    """Return the GitLab webhook secret of a user: the same for all callers.

    Makes one that ends at ``expires_at`` if there was none, if it had expired, or to ``renew`` it;
    else the existing one keeps its end.  Raises NotFound for an unknown user.
    """
    keys = keys or keyring.current()
    row, new = WEBHOOK_SECRETS.row(uuid(user_id)), _new_secret()
    stored = _ensure_webhook_secret(
        conn,
        user_id,
        compatible=WEBHOOK_SECRETS.encrypted(keys.current, new),
        sealed=keys.current.seal(new, row.name),
        digest=sha256_hex(new),
        expires_at=expires_at,
        renew=renew,
    )
    if stored is None or stored.secret is None:
        raise NotFound(f"no user {user_id}")
    return WebhookSecret(keys.open(stored.secret, row).text, stored.expires_at)


@query
def _ensure_webhook_secret(
    conn: Conn,
    user_id: Id,
    *,
    compatible: SecretBytes,
    sealed: SecretBytes,
    digest: Secret,
    expires_at: datetime | None,
    renew: bool,
) -> _EncryptedWebhookSecret | None:
    """Return the encrypted webhook secret of a user, storing one if needed."""


@checked
def find_webhook_owner(
    conn: Conn, secret: Secret, *, keys: KeyRing | None = None
) -> WebhookOwner | None:
    """Return the user with this GitLab webhook secret, or None; an expired one finds nobody.

    Raises :class:`~reana_db.errors.TamperedSecret` if the row is not the one that the secret was
    sealed in.

    Runs on a standby.
    """
    keys = keys or keyring.current()
    match = _find_webhook_owner(conn, digest=sha256_hex(secret))
    if match is None:
        return None
    keys.verify(match.secret, WEBHOOK_SECRETS.row(match.id_), secret)
    return WebhookOwner(match.id_, match.email, match.expires_at)


@query
def _find_webhook_owner(conn: Conn, *, digest: Secret) -> _WebhookMatch | None:
    """Return the user whose webhook secret has this digest and has not expired."""


@query
def remove_webhook_secret(conn: Conn, user_id: Id) -> RowCount:
    """Take the GitLab webhook secret of a user away: 1 if there was one, else 0."""


def _new_secret() -> str:
    import secrets  # the module of the standard library

    return secrets.token_urlsafe(_RANDOM_BYTES)
