"""Access tokens of users: requested, granted, revoked and looked up.

A user has at most one active and one requested token: the database guarantees it for every client.
Functions that lose a race say so (:class:`~reana_db.errors.TokenAlreadyActive` …) and leave the
transaction usable.  Each writes its audit entry in the same statement; no entry holds a token.

Values are encrypted as REANA's services read them (:mod:`reana_db.ciphers`).  ``secret_key`` is the
settings' (``REANA_SECRET_KEY``) unless given; only functions that take or return a value need it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from reana_db import ciphers, config, errors
from reana_db.arguments import Secret, SecretBytes
from reana_db.queries import Conn, query
from reana_db.records import JSON, TokenStatus


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """The user that a token belongs to."""

    id_: UUID
    email: str
    full_name: str | None
    username: str | None
    created: datetime
    token_status: TokenStatus | None
    """A revoked token still tells whose it was: callers refuse every status but ``active``."""


@dataclass(frozen=True, slots=True)
class TokenState:
    """A token without its value."""

    id_: UUID
    user_id: UUID
    status: TokenStatus | None
    created: datetime
    """When it was requested, or granted without a request."""


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """The token that a user authenticates with."""

    id_: UUID
    created: datetime
    """When it was requested, or granted without a request."""
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _EncryptedToken:
    id_: UUID
    created: datetime
    token: bytes | None = field(repr=False)


class _Outcome(StrEnum):
    DONE = "done"
    UNKNOWN_USER = "unknown user"
    ALREADY_ACTIVE = "already active"
    ALREADY_REQUESTED = "already requested"
    VALUE_TAKEN = "value taken"


def find_owner(conn: Conn, token: Secret, *, secret_key: Secret | None = None) -> TokenOwner | None:
    """Return the user whom a token belongs to, with the status of the token, or None."""
    return _find_owner(conn, ciphers.encrypt_cbc(_key(secret_key), token))


@query
def _find_owner(conn: Conn, token: SecretBytes) -> TokenOwner | None:
    """Return the user with this encrypted token."""


def active(conn: Conn, user_id: UUID, *, secret_key: Secret | None = None) -> ActiveToken | None:
    """Return the active token of a user with its value, or None."""
    found = _active(conn, user_id)
    if found is None or found.token is None:
        return None
    value = ciphers.decrypt_cbc(_key(secret_key), found.token)
    return ActiveToken(found.id_, found.created, value)


@query
def _active(conn: Conn, user_id: UUID) -> _EncryptedToken | None:
    """Return the active token of a user, encrypted."""


@query
def latest(conn: Conn, user_id: UUID) -> TokenState | None:
    """Return the newest token of a user without its value, or None if there never was one."""


def request(conn: Conn, user_id: UUID) -> UUID:
    """Request a token for a user and return its id.

    Raises NotFound for an unknown user, TokenAlreadyActive and TokenAlreadyRequested.
    """
    token_id = uuid4()
    _raise_unless_done(_request(conn, user_id, token_id=token_id, audit_id=uuid4()), user_id)
    return token_id


@query
def _request(conn: Conn, user_id: UUID, *, token_id: UUID, audit_id: UUID) -> _Outcome:
    """Insert a requested token and its audit entry."""


def grant(
    conn: Conn,
    user_id: UUID,
    *,
    token: Secret,
    granted_by: UUID | None = None,
    details: JSON = None,
    secret_key: Secret | None = None,
) -> None:
    """Give a user an active token: the requested one, else a new one.

    With ``granted_by``, an administrator, an audit entry says so; ``details`` is any JSON value.
    Raises NotFound for an unknown user, TokenAlreadyActive, AlreadyExists for a value that another
    token has, and InvalidArgument for details that hold the token.
    """
    if token in str(details):
        raise errors.InvalidArgument("details must not hold the token")
    outcome = _grant(
        conn,
        user_id,
        token_id=uuid4(),
        token=ciphers.encrypt_cbc(_key(secret_key), token),
        granted_by=granted_by,
        audit_id=uuid4(),
        details=details,
    )
    _raise_unless_done(outcome, user_id)


@query
def _grant(
    conn: Conn,
    user_id: UUID,
    *,
    token_id: UUID,
    token: SecretBytes,
    granted_by: UUID | None,
    audit_id: UUID,
    details: JSON,
) -> _Outcome:
    """Make a requested or a new token active and write the audit entry."""


def revoke(
    conn: Conn, user_id: UUID, *, revoked_by: UUID | None = None, details: JSON = None
) -> TokenState:
    """Revoke the active token of a user and return it; its value is kept.

    With ``revoked_by``, an administrator, an audit entry says so; ``details`` is any JSON value and
    must not hold the token.  Raises NoActiveToken.
    """
    revoked = _revoke(conn, user_id, revoked_by=revoked_by, audit_id=uuid4(), details=details)
    if revoked is None:
        raise errors.NoActiveToken(f"user {user_id} has no active token")
    return revoked


@query
def _revoke(
    conn: Conn, user_id: UUID, *, revoked_by: UUID | None, audit_id: UUID, details: JSON
) -> TokenState | None:
    """Revoke the active token of a user and write the audit entry."""


def _raise_unless_done(outcome: _Outcome, user_id: UUID) -> None:
    if outcome is _Outcome.UNKNOWN_USER:
        raise errors.NotFound(f"no user {user_id}")
    if outcome is _Outcome.ALREADY_ACTIVE:
        raise errors.TokenAlreadyActive(f"user {user_id} has an active token")
    if outcome is _Outcome.ALREADY_REQUESTED:
        raise errors.TokenAlreadyRequested(f"user {user_id} has a requested token")
    if outcome is _Outcome.VALUE_TAKEN:
        raise errors.AlreadyExists("the value belongs to another token")


def _key(secret_key: str | None) -> str:
    key = secret_key or config.settings().secret_key
    if not key:
        raise errors.ConfigurationError("REANA_SECRET_KEY is not set: tokens are encrypted with it")
    return key
