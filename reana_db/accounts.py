"""Users together with their tokens and quotas: created in bulk, searched, exported, shown.

``keys`` are those of the settings (``REANA_SECRET_KEY``) unless given; only functions that take or
return a token value need them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid4

from reana_db import config, errors, users
from reana_db.config import DEFAULT_RESOURCES, Settings
from reana_db.encryption import keyring
from reana_db.encryption.keyring import TOKENS, KeyRing
from reana_db.queries import Conn, query
from reana_db.records import ResourceType, ResourceUnit, TokenStatus
from reana_db.registry.arguments import Id, SecretBytes, checked
from reana_db.registry.savepoints import undoable
from reana_db.values import Email, Token

logger = logging.getLogger("reana_db")

if TYPE_CHECKING:
    from reana_db.encryption.keyring import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to be created."""

    email: Email
    """Unique."""
    full_name: str | None = None
    username: str | None = None
    token: Token | None = field(default=None, repr=False)
    """An access token, active at once; None or "" for none."""
    id_: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Account:
    """A user and the state of the user's tokens."""

    id_: UUID
    email: str
    full_name: str | None
    username: str | None
    created: datetime
    token_status: TokenStatus | None
    """Of the newest token; None for a user who never had one."""
    token_created: datetime | None
    """When the newest token was requested, or granted without a request."""
    token: str | None = field(repr=False)
    """The active token; None without one, and where tokens were not asked for."""
    token_unreadable: bool = False
    """Whether there is one that was asked for and that no key opens."""


@dataclass(frozen=True, slots=True)
class ProfileQuota:
    """What a user has used of a resource."""

    type_: ResourceType
    name: str
    unit: ResourceUnit
    quota_used: int
    """In the unit; in the current period, if there is one."""
    quota_limit: int | None
    """In the unit; None is unlimited."""
    period_months: int | None
    """Length of the period; None when usage is counted for life."""
    period_start_at: datetime | None
    """Start of the current period."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a user sees of oneself."""

    id_: UUID
    email: str
    full_name: str | None
    username: str | None
    created: datetime
    token_status: TokenStatus | None
    """Of the newest token; None for a user who never had one."""
    token_created: datetime | None
    """When the newest token was requested, or granted without a request."""
    token: str | None = field(repr=False)
    """The active token."""
    quotas: tuple[ProfileQuota, ...]


@dataclass(frozen=True, slots=True)
class _AccountRow:
    id_: UUID
    email: str
    full_name: str | None
    username: str | None
    created: datetime
    token_status: TokenStatus | None
    token_created: datetime | None
    token_id: UUID | None
    token: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _ProfileRow:
    id_: UUID
    email: str
    full_name: str | None
    username: str | None
    created: datetime
    token_status: TokenStatus | None
    token_created: datetime | None
    token_id: UUID | None
    token: bytes | None = field(repr=False)
    quotas: tuple[ProfileQuota, ...]


@checked
def create(
    conn: Conn, user: NewUser, *, settings: Settings | None = None, keys: KeyRing | None = None
) -> UUID:
    """Create a user with quotas and perhaps a token, and return the id; see :func:`create_many`."""
    return create_many(conn, [user], settings=settings, keys=keys)[0]


@checked
def create_many(
    conn: Conn,
    new_users: Iterable[NewUser],
    *,
    settings: Settings | None = None,
    keys: KeyRing | None = None,
) -> list[UUID]:
    """Create users with a quota of every resource and their tokens, all or none; return the ids.

    Limits and the length of the CPU period are the defaults of the settings unless others are
    given.  One statement.  Raises InvalidArgument, and AlreadyExists for an e-mail address, id or
    token that is taken.
    """
    given = [_checked(user) for user in new_users]
    chosen = settings or config.settings()
    tokens = [_encrypted(user, keys) for user in given]
    with undoable(conn):
        _create_many(
            conn,
            user_ids=[user.id_ for user in given],
            emails=[user.email for user in given],
            full_names=[user.full_name for user in given],
            usernames=[user.username for user in given],
            token_ids=[token.id_ for token in tokens],
            compatible=[token.compatible for token in tokens],
            sealed=[token.sealed for token in tokens],
            digests=[token.digest for token in tokens],
            cpu_limit=chosen.default_cpu_limit,
            disk_limit=chosen.default_disk_limit,
            periodic_resource=DEFAULT_RESOURCES["cpu"],
            period_months=chosen.default_cpu_period_months,
        )
    return [user.id_ for user in given]


@checked
def create_administrator(
    conn: Conn,
    *,
    email: Email,
    token: Token,
    settings: Settings | None = None,
    keys: KeyRing | None = None,
) -> bool:
    """Create the administrator of a site with a token; tell whether that was still to be done.

    Raises AlreadyExists when somebody else has the id or the e-mail address.  Two statements.
    """
    known = users.find_by_id(conn, users.ADMIN_ID)
    if known is not None and known.email == email:
        return False
    administrator = NewUser(email=email, token=token, id_=users.ADMIN_ID)
    create(conn, administrator, settings=settings, keys=keys)
    return True


@query
def _create_many(
    conn: Conn,
    *,
    user_ids: Sequence[Id],
    emails: list[str],
    full_names: list[str | None],
    usernames: list[str | None],
    token_ids: list[UUID | None],
    compatible: list[SecretBytes | None],
    sealed: list[SecretBytes | None],
    digests: list[SecretBytes | None],
    cpu_limit: int,
    disk_limit: int,
    periodic_resource: str,
    period_months: int | None,
) -> int:
    """Insert users, counters and tokens, and return the number of users."""


@checked
def search(
    conn: Conn,
    *,
    user_id: Id | None = None,
    email: str | None = None,
    token: str | None = None,
    with_tokens: bool = False,
    keys: KeyRing | None = None,
) -> Iterator[Account]:
    """Iterate over the users who meet all criteria, all users without any, by e-mail address.

    ``token`` finds its user whatever its status.  Values of tokens come only ``with_tokens``.
    Streams; needs a transaction.

    Runs on a standby.
    """
    ring = (keys or keyring.current()) if with_tokens or token is not None else None
    found = _search(
        conn,
        user_id=user_id,
        email=email,
        digests=None if ring is None or token is None else ring.digests(token),
        ciphertexts=None if ring is None or token is None else ring.ciphertexts(token),
        with_tokens=with_tokens,
    )
    return _accounts(cast(Generator[_AccountRow, None, None], found), ring)


@checked
def export(conn: Conn, *, keys: KeyRing | None = None) -> Iterator[NewUser]:
    """Iterate over all users with their active tokens, as :func:`create_many` takes them.

    A token that no key opens is left out, with a warning in the log.  Streams; needs a transaction.

    Runs on a standby.
    """
    return (
        NewUser(
            email=account.email,
            full_name=account.full_name,
            username=account.username,
            token=account.token,
            id_=account.id_,
        )
        for account in search(conn, with_tokens=True, keys=keys)
    )


@query
def _search(
    conn: Conn,
    *,
    user_id: Id | None,
    email: str | None,
    digests: list[SecretBytes] | None,
    ciphertexts: list[SecretBytes] | None,
    with_tokens: bool,
) -> Iterator[_AccountRow]:
    """Iterate over users and their encrypted tokens."""


@checked
def profile(conn: Conn, user_id: Id, *, keys: KeyRing | None = None) -> Profile:
    """Return what a user sees of oneself: data, token, quotas; raises NotFound.  One statement.

    Runs on a standby.
    """
    row = _profile(conn, user_id)
    return Profile(
        row.id_,
        row.email,
        row.full_name,
        row.username,
        row.created,
        row.token_status,
        row.token_created,
        _opened(row.token, row.token_id, row.id_, keys),
        row.quotas,
    )


@query
def _profile(conn: Conn, user_id: Id) -> _ProfileRow:
    """Return a user with the encrypted token and the quotas."""


@dataclass(frozen=True, slots=True)
class _NewToken:
    id_: UUID | None = None
    compatible: bytes | None = field(default=None, repr=False)
    sealed: bytes | None = field(default=None, repr=False)
    digest: bytes | None = field(default=None, repr=False)


def _checked(user: NewUser) -> NewUser:
    if not isinstance(user.id_, UUID):
        raise errors.InvalidArgument(f"NewUser.id_ must be a UUID, not {user.id_!r:.80}")
    if user.token is not None and not isinstance(user.token, str):
        raise errors.InvalidArgument("NewUser.token must be a str (not shown: it is secret)")
    return user


def _encrypted(user: NewUser, keys: KeyRing | None) -> _NewToken:
    if not user.token:
        return _NewToken()
    key: Key = (keys or keyring.current()).current
    token_id = uuid4()
    return _NewToken(
        token_id,
        compatible=TOKENS.encrypted(key, user.token),
        sealed=key.seal(user.token, TOKENS.row(token_id, user.id_).name),
        digest=key.digest(user.token),
    )


def _accounts(found: Generator[_AccountRow, None, None], ring: KeyRing | None) -> Iterator[Account]:
    with contextlib.closing(found):  # at once, even if a row cannot be read
        for row in found:
            yield _account(row, ring)


def _account(row: _AccountRow, keys: KeyRing | None) -> Account:
    token, unreadable = None, False
    try:
        token = _opened(row.token, row.token_id, row.id_, keys)
    except errors.UnreadableSecret:
        unreadable = True
        logger.warning("no key opens the token of user %s", row.id_)
    return Account(
        row.id_,
        row.email,
        row.full_name,
        row.username,
        row.created,
        row.token_status,
        row.token_created,
        token,
        unreadable,
    )


def _opened(
    token: bytes | None, token_id: UUID | None, user_id: UUID, keys: KeyRing | None
) -> str | None:
    if token is None or token_id is None:
        return None
    return (keys or keyring.current()).open(token, TOKENS.row(token_id, user_id)).text
