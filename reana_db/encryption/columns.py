"""The columns that hold secrets, read and rewritten in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from reana_db.encryption.keyring import SESSION_SECRETS, TOKENS, WEBHOOK_SECRETS, Store
from reana_db.queries import Conn, query
from reana_db.registry.arguments import SecretBytes

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


READING = {
    TOKENS: tokens_from,
    WEBHOOK_SECRETS: webhook_secrets_from,
    SESSION_SECRETS: session_secrets_from,
}
REWRITING = {
    TOKENS: rewrite_tokens,
    WEBHOOK_SECRETS: rewrite_webhook_secrets,
    SESSION_SECRETS: rewrite_session_secrets,
}


def batches(conn: Conn, store: Store) -> Iterator[list[Stored]]:
    """Read a column in the order of ids, each batch with a snapshot of its own."""
    start: UUID | None = _FIRST
    while start is not None:
        batch = READING[store](conn, start=start, size=BATCH)
        yield batch
        full = len(batch) == BATCH and batch[-1].id_ < _LAST
        start = UUID(int=batch[-1].id_.int + 1) if full else None
