"""Access tokens of users: requested, granted, revoked and looked up.

A user has at most one active and one requested token: the database guarantees it for every client.
Functions that lose a race say so (:class:`~reana_db.errors.TokenAlreadyActive` …) and leave the
transaction usable.  Each writes its audit entry in the same statement; no entry holds a token.

A value is looked up by its keyed digest.  One that a service of an earlier release wrote has none;
it is found by its ciphertext, in the same statement, and gets its digest in passing.  New values
are stored in the form that the database's setting ``secrets_form`` asks for.  ``keys`` are those of
the settings (``REANA_SECRET_KEY``) unless given; only functions that take or return a value need
them, and raise :class:`~reana_db.errors.ConfigurationError` without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from reana_db import errors
from reana_db.encryption import keyring
from reana_db.encryption.columns import rewrite_tokens
from reana_db.encryption.keyring import TOKENS, KeyRing
from reana_db.queries import Conn, query
from reana_db.records import JSON, TokenStatus
from reana_db.registry.arguments import Id, Secret, SecretBytes, checked
from reana_db.registry.scalars import uuid
from reana_db.values import Token


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
    user_id: UUID
    created: datetime
    token: bytes | None = field(repr=False)


@dataclass(slots=True)
class _Match:
    """A row that a look-up by value found; not frozen, because it is made for every request."""

    id_: UUID
    email: str
    full_name: str | None
    username: str | None
    created: datetime
    token_status: TokenStatus | None
    token_id: UUID
    token: bytes = field(repr=False)
    digest_missing: bool
    """Whether the row has no digest yet, and this transaction could write it."""


class _Outcome(StrEnum):
    DONE = "done"
    UNKNOWN_USER = "unknown user"
    ALREADY_ACTIVE = "already active"
    ALREADY_REQUESTED = "already requested"
    VALUE_TAKEN = "value taken"
    REQUEST_CHANGED = "request changed"


@checked
def find_owner(conn: Conn, token: Secret, *, keys: KeyRing | None = None) -> TokenOwner | None:
    """Return the user whom a token belongs to, with the status of the token, or None.

    One statement, whether or not the token exists; a second one, once, for a token that has no
    digest yet, unless the transaction is read-only.  Raises
    :class:`~reana_db.errors.TamperedSecret` if the row is not the one that the token was sealed
    in.

    Runs on a standby.
    """
    keys = keys or keyring.current()
    current, previous = keys.current, keys.previous
    ciphertext = current.encrypt_cbc(token)
    match = _find_owner(
        conn,
        digest=current.digest(token),
        ciphertext=ciphertext,
        previous_digest=previous.digest(token) if previous else None,
        previous_ciphertext=previous.encrypt_cbc(token) if previous else None,
    )
    if match is None:
        return None
    if match.token != ciphertext:
        keys.verify(match.token, TOKENS.row(match.token_id, match.id_), token)
    if match.digest_missing:
        _digest(conn, match, current.digest(token))
    return TokenOwner(
        match.id_,
        match.email,
        match.full_name,
        match.username,
        match.created,
        match.token_status,
    )


def _digest(conn: Conn, match: _Match, digest: bytes) -> None:
    """Store the digest of a token; the token stays as it is."""
    unchanged = [match.token]
    rewrite_tokens(conn, ids=[match.token_id], old=unchanged, values=unchanged, digests=[digest])


@query
def _find_owner(
    conn: Conn,
    *,
    digest: SecretBytes,
    previous_digest: SecretBytes | None,
    ciphertext: SecretBytes,
    previous_ciphertext: SecretBytes | None,
) -> _Match | None:
    """Return the user with this token, as each of the keys has it."""


@checked
def active(conn: Conn, user_id: Id, *, keys: KeyRing | None = None) -> ActiveToken | None:
    """Return the active token of a user with its value, or None.

    Raises :class:`~reana_db.errors.UnreadableSecret` if the keys do not open it.

    Runs on a standby.
    """
    found = _active(conn, user_id)
    if found is None or found.token is None:
        return None
    opened = (keys or keyring.current()).open(found.token, TOKENS.row(found.id_, found.user_id))
    return ActiveToken(found.id_, found.created, opened.text)


@query
def _active(conn: Conn, user_id: Id) -> _EncryptedToken | None:
    """Return the active token of a user, encrypted."""


@query
def latest(conn: Conn, user_id: Id) -> TokenState | None:
    """Return the newest token of a user without its value, or None if there never was one."""


@checked
def request(conn: Conn, user_id: Id) -> UUID:
    """Request a token for a user and return its id.

    Raises NotFound for an unknown user, TokenAlreadyActive and TokenAlreadyRequested.
    """
    token_id = uuid4()
    _raise_unless_done(_request(conn, user_id, token_id=token_id, audit_id=uuid4()), user_id)
    return token_id


@query
def _request(conn: Conn, user_id: Id, *, token_id: Id, audit_id: Id) -> _Outcome:
    """Insert a requested token and its audit entry."""


@checked
def grant(
    conn: Conn,
    user_id: Id,
    *,
    token: Token,
    granted_by: Id | None = None,
    details: JSON = None,
    keys: KeyRing | None = None,
) -> None:
    """Give a user an active token: the requested one, else a new one.

    With ``granted_by``, an administrator, an audit entry says so; ``details`` is any JSON value.
    Raises NotFound for an unknown user, TokenAlreadyActive, AlreadyExists for a value that another
    token has, and InvalidArgument for details that hold the token.
    """
    _refuse_in_details(token, details)
    key = (keys or keyring.current()).current
    outcome = _Outcome.REQUEST_CHANGED
    while outcome is _Outcome.REQUEST_CHANGED:
        token_id = _requested(conn, user_id) or uuid4()
        outcome = _grant(
            conn,
            user_id,
            token_id=token_id,
            compatible=TOKENS.encrypted(key, token),
            sealed=key.seal(token, TOKENS.row(token_id, uuid(user_id)).name),
            digest=key.digest(token),
            granted_by=granted_by,
            audit_id=uuid4(),
            details=details,
        )
    _raise_unless_done(outcome, user_id)


@checked
def ensure(
    conn: Conn,
    user_id: Id,
    *,
    token: Token,
    reissue: bool = False,
    keys: KeyRing | None = None,
) -> bool:
    """Give a user a token who has none, and tell whether it was given.

    For sites that issue tokens at the first login.  A user whose token was revoked gets another
    one only with ``reissue``; of several logins at once one gives its token.  Raises what
    :func:`grant` raises, but for TokenAlreadyActive.
    """
    state = latest(conn, user_id)
    if state and state.status is TokenStatus.revoked and not reissue:
        return False
    if state and state.status is TokenStatus.active:
        return False
    try:
        grant(conn, user_id, token=token, keys=keys)
    except errors.TokenAlreadyActive:
        return False
    return True


@query
def _requested(conn: Conn, user_id: Id) -> UUID | None:
    """Return the id of the requested token of a user: the row that a sealed value is bound to."""


@query
def _grant(
    conn: Conn,
    user_id: Id,
    *,
    token_id: Id,
    compatible: SecretBytes,
    sealed: SecretBytes,
    digest: SecretBytes,
    granted_by: Id | None,
    audit_id: Id,
    details: JSON,
) -> _Outcome:
    """Make a requested or a new token active and write the audit entry."""


@checked
def revoke(
    conn: Conn,
    user_id: Id,
    *,
    revoked_by: Id | None = None,
    details: JSON = None,
    keys: KeyRing | None = None,
) -> TokenState:
    """Revoke the active token of a user and return it; its value is kept.

    With ``revoked_by``, an administrator, an audit entry says so; ``details`` is any JSON value,
    and only to search it for the token the keys are needed.  Raises NoActiveToken, and
    InvalidArgument for details that hold the token.
    """
    if details is not None:
        _refuse_in_details(_active_value(conn, user_id, keys), details)
    revoked = _revoke(conn, user_id, revoked_by=revoked_by, audit_id=uuid4(), details=details)
    if revoked is None:
        raise errors.NoActiveToken(f"user {user_id} has no active token")
    return revoked


@query
def _revoke(
    conn: Conn, user_id: Id, *, revoked_by: Id | None, audit_id: Id, details: JSON
) -> TokenState | None:
    """Revoke the active token of a user and write the audit entry."""


def _active_value(conn: Conn, user_id: Id, keys: KeyRing | None) -> str | None:
    try:
        found = active(conn, user_id, keys=keys)
    except errors.UnreadableSecret:
        return None
    return found.value if found else None


def _refuse_in_details(token: str | None, details: JSON) -> None:
    """Raise InvalidArgument if a text of the details, or a key in them, holds the token."""
    rest = [details]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            rest += [*item, *item.values()]
        elif isinstance(item, list | tuple):
            rest += item
        elif token and token in _shown(item):
            raise errors.InvalidArgument("details must not hold the token")


def _shown(item: object) -> str:
    try:
        return str(item)
    except ValueError:  # a number of thousands of digits, which no query encodes
        return ""


def _raise_unless_done(outcome: _Outcome, user_id: Id) -> None:
    if outcome is _Outcome.UNKNOWN_USER:
        raise errors.NotFound(f"no user {user_id}")
    if outcome is _Outcome.ALREADY_ACTIVE:
        raise errors.TokenAlreadyActive(f"user {user_id} has an active token")
    if outcome is _Outcome.ALREADY_REQUESTED:
        raise errors.TokenAlreadyRequested(f"user {user_id} has a requested token")
    if outcome is _Outcome.VALUE_TAKEN:
        raise errors.AlreadyExists("the value belongs to another token")
