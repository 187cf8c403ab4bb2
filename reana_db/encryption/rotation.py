"""Re-encryption of all tokens and secrets: to another key, or to another form.

Values are read in batches without locks, and replaced only where they are still what was read: one
statement and one commit per batch, rows that a service holds are left for the next round.  Services
keep writing; a run that was killed is continued by the next one, which finds the rest.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from reana_db import database_settings
from reana_db.encryption import keyring
from reana_db.encryption.columns import REWRITING, Stored, batches, counts
from reana_db.encryption.keyring import STORES, Key, KeyRing, Layout, Opened, Store
from reana_db.errors import AlreadyExists, InvalidArgument, TamperedSecret, UnreadableSecret
from reana_db.queries import Conn
from reana_db.records import Progress, SettingName

ROUNDS = 20
PAUSE = 0.5
"""Seconds between rounds that found rows in use."""

logger = logging.getLogger("reana_db")


class SecretsForm(StrEnum):
    """How values are stored."""

    COMPATIBLE = "compatible"
    """Released services read and find them."""
    SEALED = "sealed"
    """Authenticated and bound to their row; only this library reads them."""


class Trouble(StrEnum):
    """Why a value was left as it is."""

    UNREADABLE = "unreadable"
    """No key opens it."""
    TAMPERED = "tampered"
    """It was changed, or moved from another row, after it was sealed."""
    DUPLICATE = "duplicate"
    """Another row of its table has the same value."""
    IN_USE = "in use"
    """Others held or changed its row in every round."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A value that was left as it is."""

    column: str
    """``<table>.<column>``."""
    row_id: UUID
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a re-encryption did."""

    values: int
    """How many there are."""
    rewritten: int
    leftovers: list[Leftover]


@dataclass(frozen=True, slots=True)
class Kind:
    """Values that are stored alike."""

    column: str
    """``<table>.<column>``."""
    layout: str
    """``cbc``, ``gcm`` or ``sealed``; ``unknown`` if no key opens it and it does not say."""
    key: str
    """The id of the key, or ``unknown``."""
    digested: bool
    """Whether it is found by its digest."""
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What is stored, and how."""

    form: SecretsForm
    """What new values get."""
    current_key: str | None
    """The id of the key that encrypts, if there is one."""
    previous_key: str | None
    kinds: list[tuple[Kind, int]]
    leftovers: list[Leftover]


@dataclass
class _Round:
    """One pass over all values."""

    seen: int = 0
    rewritten: int = 0
    leftovers: list[Leftover] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether another round would find nothing to do."""
        return not self.rewritten and not any(
            item.trouble is Trouble.IN_USE for item in self.leftovers
        )


def form(conn: Conn) -> SecretsForm:
    """Return the form in which new values are stored."""
    return SecretsForm(database_settings.get(conn, SettingName.secrets_form))


def seal(conn: Conn, keys: KeyRing, progress: Progress | None = None) -> Rotation:
    """Seal new values from now on, then all that are there; released services read none of them.

    ``conn`` must be in autocommit.  Raises :class:`~reana_db.errors.ConfigurationError` for a key
    of less than 16 bytes.
    """
    _refuse_transaction(conn)
    keyring.refuse_weak(keys.current)
    database_settings.change(conn, SettingName.secrets_form, SecretsForm.SEALED)
    return rotate(conn, keys, progress)


def unseal(conn: Conn, keys: KeyRing, progress: Progress | None = None) -> Rotation:
    """Store new values as released services read them from now on, then all that are there.

    ``conn`` must be in autocommit.
    """
    _refuse_transaction(conn)
    database_settings.change(conn, SettingName.secrets_form, SecretsForm.COMPATIBLE)
    return rotate(conn, keys, progress)


def rotate(conn: Conn, keys: KeyRing, progress: Progress | None = None) -> Rotation:
    """Encrypt all values with the current key, in the form of new values.

    Leaves alone what is so already, and what no key opens.  ``conn`` must be in autocommit: each
    batch is a transaction.  Raises :class:`~reana_db.errors.ConfigurationError` where values are
    sealed and the key has less than 16 bytes.
    """
    _refuse_transaction(conn)
    if form(conn) is SecretsForm.SEALED:
        keyring.refuse_weak(keys.current)
    rewritten = 0
    for number in range(1, ROUNDS + 1):
        one = _round(conn, keys, form(conn), progress or Progress())
        rewritten += one.rewritten
        logger.debug("round %d: %d of %d values rewritten", number, one.rewritten, one.seen)
        if one.done:
            break
        if not one.rewritten:
            time.sleep(PAUSE)
    return Rotation(one.seen, rewritten, one.leftovers)


def status(conn: Conn, keys: KeyRing | None) -> Status:
    """Count the values by how they are stored; without keys, only what the values say themselves.

    Writes nothing.
    """
    kinds: Counter[Kind] = Counter()
    leftovers = []
    for store in STORES:
        for stored in (item for batch in batches(conn, store) for item in batch):
            kind = _kind(store, keys, stored)
            kinds[kind] += 1
            if kind.trouble is not None:
                leftovers.append(Leftover(store.column, stored.id_, kind.trouble))
    return Status(
        form=form(conn),
        current_key=keys.current.id if keys else None,
        previous_key=keys.previous.id if keys and keys.previous else None,
        kinds=sorted(kinds.items(), key=lambda item: _place(item[0])),
        leftovers=leftovers,
    )


def _place(kind: Kind) -> tuple[str, str, str, bool, str]:
    return kind.column, kind.layout, kind.key, not kind.digested, kind.trouble or ""


def _round(conn: Conn, keys: KeyRing, wanted: SecretsForm, progress: Progress) -> _Round:
    this = _Round()
    progress.start("tokens and secrets", counts(conn).total)
    for store in STORES:
        for batch in batches(conn, store):
            changes = [
                (stored, change)
                for stored in batch
                if (change := _change(this, store, keys, wanted, stored)) is not None
            ]
            _replace(conn, this, store, changes)
            this.seen += len(batch)
            progress.advance(len(batch))
    return this


def _change(
    this: _Round, store: Store, keys: KeyRing, wanted: SecretsForm, stored: Stored
) -> tuple[bytes, bytes] | None:
    """Return what a row should hold, value and digest, or None if it does or nobody can tell."""
    opened = _opened(store, keys, stored)
    if isinstance(opened, Trouble):
        this.leftovers.append(Leftover(store.column, stored.id_, opened))
        return None
    digest = store.digest(keys.current, opened.text)
    value = stored.value
    if not _is_as(wanted, store, opened) or opened.key is not keys.current:
        value = _encrypted(wanted, store, keys.current, stored, opened)
    return None if (value, digest) == (stored.value, stored.digest) else (value, digest)


def _opened(store: Store, keys: KeyRing, stored: Stored) -> Opened | Trouble:
    try:
        return keys.open(stored.value, store.row(stored.id_, stored.owner_id))
    except TamperedSecret:
        return Trouble.TAMPERED
    except UnreadableSecret:
        return Trouble.UNREADABLE


def _is_as(wanted: SecretsForm, store: Store, opened: Opened) -> bool:
    layout = Layout.SEALED if wanted is SecretsForm.SEALED else store.compatible
    return opened.layout is layout


def _encrypted(
    wanted: SecretsForm, store: Store, key: Key, stored: Stored, opened: Opened
) -> bytes:
    if wanted is SecretsForm.SEALED:
        return key.seal(opened.text, store.row(stored.id_, stored.owner_id).name)
    return store.encrypted(key, opened.text)


def _replace(
    conn: Conn, this: _Round, store: Store, changes: list[tuple[Stored, tuple[bytes, bytes]]]
) -> None:
    """Replace the values of a batch in one transaction, or one by one if two of them are equal."""
    if not changes:
        return
    try:
        replaced = REWRITING[store](
            conn,
            ids=[stored.id_ for stored, _ in changes],
            old=[stored.value for stored, _ in changes],
            values=[value for _, (value, _) in changes],
            digests=[digest for _, (_, digest) in changes],
        )
    except AlreadyExists:
        if len(changes) > 1:
            for change in changes:
                _replace(conn, this, store, [change])
        else:
            ((stored, _),) = changes
            this.leftovers.append(Leftover(store.column, stored.id_, Trouble.DUPLICATE))
        return
    this.rewritten += len(replaced)
    missed = {stored.id_ for stored, _ in changes}.difference(replaced)
    this.leftovers.extend(Leftover(store.column, row, Trouble.IN_USE) for row in sorted(missed))


def _kind(store: Store, keys: KeyRing | None, stored: Stored) -> Kind:
    opened = None if keys is None else _opened(store, keys, stored)
    if keys is not None and isinstance(opened, Opened):
        digested = any(stored.digest == store.digest(key, opened.text) for key in keys.all)
        return Kind(store.column, opened.layout, opened.key.id, digested)
    sealed_with = keyring.sealed_with(stored.value)
    layout = "unknown" if sealed_with is None else Layout.SEALED
    digested = stored.digest is not None
    trouble = opened if isinstance(opened, Trouble) else None
    return Kind(store.column, layout, sealed_with or "unknown", digested, trouble)


def _refuse_transaction(conn: Conn) -> None:
    if not conn.autocommit:
        raise InvalidArgument("conn must be in autocommit: every batch is a transaction")
