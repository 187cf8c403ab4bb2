"""The three columns that hold secrets, read and rewritten in batches.

==================================  ===============  ==========================================
column                              compatible form  digest, by which a value is found
==================================  ===============  ==========================================
``user_token.token``                AES-256-CBC      ``token_digest``: keyed
``user_.gitlab_webhook_secret``     AES-256-GCM      ``…_digest``: SHA-256, as 0.95.0a13 does it
``interactive_session.session_…``   AES-256-GCM      ``session_secret_digest``: keyed
==================================  ===============  ==========================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from reana_db.encryption.ciphers import Key, Layout
from reana_db.encryption.keyring import Row
from reana_db.queries import Conn, query
from reana_db.registry.arguments import Secret, SecretBytes

BATCH = 500
"""Values per statement, and per transaction when they are rewritten."""

_FIRST = UUID(int=0)
_LAST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Stored:
    """A value as it is stored."""

    id_: UUID
    """Of the row."""
    owner_id: UUID | None
    """The user whom it authenticates, if it is bound to the user too."""
    value: bytes = field(repr=False)
    digest: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many values there are."""

    tokens: int
    webhook_secrets: int
    session_secrets: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.tokens + self.webhook_secrets + self.session_secrets


class _Read(Protocol):
    def __call__(self, conn: Conn, *, start: UUID, size: int) -> list[Stored]: ...


class _Rewrite(Protocol):
    def __call__(
        self,
        conn: Conn,
        *,
        ids: list[UUID],
        old: list[SecretBytes],
        values: list[SecretBytes],
        digests: list[SecretBytes],
    ) -> list[UUID]: ...


@query
def tokens_from(conn: Conn, *, start: UUID, size: int) -> list[Stored]:
    """Return tokens in the order of their ids, the first with this id or a higher one."""


@query
def rewrite_tokens(
    conn: Conn,
    *,
    ids: list[UUID],
    old: list[SecretBytes],
    values: list[SecretBytes],
    digests: list[SecretBytes],
) -> list[UUID]:
    """Replace tokens that are still as given and not locked; return the ids of those replaced."""


@query
def webhook_secrets_from(conn: Conn, *, start: UUID, size: int) -> list[Stored]:
    """Return GitLab webhook secrets in the order of the users' ids."""


@query
def rewrite_webhook_secrets(
    conn: Conn,
    *,
    ids: list[UUID],
    old: list[SecretBytes],
    values: list[SecretBytes],
    digests: list[SecretBytes],
) -> list[UUID]:
    """Replace webhook secrets that are still as given and not locked; return the users' ids."""


@query
def session_secrets_from(conn: Conn, *, start: UUID, size: int) -> list[Stored]:
    """Return session secrets in the order of the sessions' ids."""


@query
def rewrite_session_secrets(
    conn: Conn,
    *,
    ids: list[UUID],
    old: list[SecretBytes],
    values: list[SecretBytes],
    digests: list[SecretBytes],
) -> list[UUID]:
    """Replace session secrets that are still as given and not locked; return the sessions' ids."""


@query
def counts(conn: Conn) -> Counts:
    """Count the values of each column."""


def sha256_hex(plaintext: Secret) -> str:
    """Return the digest of a webhook secret as reana-db 0.95.0a13 stores it.

    It needs no key, and none to find the values of that release; webhook secrets are long and
    random, so that it gives nothing away.
    """
    import hashlib

    return hashlib.sha256(plaintext.encode()).hexdigest()


@dataclass(frozen=True)
class Store:
    """One column that holds secrets."""

    column: str
    """``<table>.<column>``; a part of what a sealed value is bound to, so never changed."""
    compatible: Layout
    """How released services store a value."""
    digest: Callable[[Key, Secret], bytes]
    """Returns what a value is found by."""
    read: _Read
    rewrite: _Rewrite

    def row(self, row_id: UUID, owner_id: UUID | None = None) -> Row:
        """Name a row, for binding a value to it and for messages."""
        return Row(self.column, row_id, owner_id)

    def encrypted(self, key: Key, plaintext: Secret) -> bytes:
        """Return a value in the form that released services read."""
        if self.compatible is Layout.CBC:
            return key.encrypt_cbc(plaintext)
        return key.encrypt_gcm(plaintext)


TOKENS = Store("user_token.token", Layout.CBC, Key.digest, tokens_from, rewrite_tokens)
WEBHOOK_SECRETS = Store(
    "user_.gitlab_webhook_secret",
    Layout.GCM,
    lambda _, plaintext: sha256_hex(plaintext).encode(),
    webhook_secrets_from,
    rewrite_webhook_secrets,
)
SESSION_SECRETS = Store(
    "interactive_session.session_secret",
    Layout.GCM,
    Key.digest,
    session_secrets_from,
    rewrite_session_secrets,
)
STORES = (TOKENS, WEBHOOK_SECRETS, SESSION_SECRETS)


def batches(conn: Conn, store: Store) -> Iterator[list[Stored]]:
    """Read a column in the order of ids, each batch with a snapshot of its own."""
    start: UUID | None = _FIRST
    while start is not None:
        batch = store.read(conn, start=start, size=BATCH)
        yield batch
        full = len(batch) == BATCH and batch[-1].id_ < _LAST
        start = UUID(int=batch[-1].id_.int + 1) if full else None
