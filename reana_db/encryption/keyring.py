"""The secret keys that a process has, and what they open.

New values are encrypted with ``REANA_SECRET_KEY``; values of ``REANA_SECRET_KEY_PREVIOUS`` are
still read and found, so that services keep working while ``reana-db secrets rotate`` runs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from reana_db import config
from reana_db.encryption.ciphers import SEALED, SHORTEST_KEY, Key, Layout, Undecipherable
from reana_db.errors import ConfigurationError, TamperedSecret, UnreadableSecret
from reana_db.registry.arguments import Secret

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """Where a value stands; a sealed value opens only there."""

    column: str
    """``<table>.<column>``."""
    id_: UUID
    owner_id: UUID | None = None
    """The user whom the value authenticates, if the row says so."""

    @property
    def name(self) -> bytes:
        """What a sealed value is bound to: column, id and owner."""
        owner = self.owner_id.bytes if self.owner_id else b""
        return b"%b/%b/%b" % (self.column.encode(), self.id_.bytes, owner)

    def __str__(self) -> str:
        return f"{self.column} of row {self.id_}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A value, and how it was stored."""

    text: str = field(repr=False)
    layout: Layout
    key: Key


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key that encrypts, and perhaps an earlier one that still opens."""

    current: Key
    previous: Key | None = None
    all: tuple[Key, ...] = field(init=False, repr=False)
    """Both, the one that encrypts first."""

    def __post_init__(self) -> None:
        both = (self.current,) if self.previous is None else (self.current, self.previous)
        object.__setattr__(self, "all", both)  # the only way into a frozen object

    def digests(self, plaintext: Secret) -> list[bytes]:
        """Return the digest of a text under each key."""
        return [key.digest(plaintext) for key in self.all]

    def ciphertexts(self, plaintext: Secret) -> list[bytes]:
        """Return the deterministic ciphertext of a text under each key."""
        return [key.encrypt_cbc(plaintext) for key in self.all]

    def open(self, stored: bytes, row: Row) -> Opened:
        """Decrypt a value in whatever layout it is.

        Raises :class:`~reana_db.errors.UnreadableSecret` if no key opens it, and
        :class:`~reana_db.errors.TamperedSecret` if it was sealed with one of the keys and was
        changed since, or moved from another row.
        """
        if not stored.startswith(SEALED):
            return self._open_unsealed(stored, row)
        for key in self.all:
            if stored.startswith(key.sealed_prefix):
                return Opened(_unsealed(stored, row, key), Layout.SEALED, key)
        raise UnreadableSecret(f"{row} was sealed with a key that is not given")

    def verify(self, stored: bytes, row: Row, plaintext: Secret) -> None:
        """Make sure that a value which was found by its digest is the one looked for.

        Raises what :meth:`open` raises, and :class:`~reana_db.errors.TamperedSecret` if the value
        is another one.
        """
        if self.open(stored, row).text != plaintext:
            raise TamperedSecret(f"{row} does not have the digest of its value")

    def _open_unsealed(self, stored: bytes, row: Row) -> Opened:
        """Try the authenticated layout first, then the other one, which must be unambiguous."""
        for layout in (Layout.GCM, Layout.CBC):
            opened = list(filter(None, (_opened(stored, layout, key) for key in self.all)))
            if len(opened) == 1:
                return opened[0]
        raise UnreadableSecret(f"{row} does not open with REANA_SECRET_KEY")


def current() -> KeyRing:
    """Return the keys of this process.

    Raises :class:`~reana_db.errors.ConfigurationError` if it has none.
    """
    settings = config.settings()
    if not settings.secret_key:
        raise ConfigurationError(
            "REANA_SECRET_KEY is not set: tokens and secrets are encrypted with it"
        )
    return of(settings.secret_key, settings.previous_secret_key)


def warning(secret_key: Secret | None) -> str | None:
    """Return what is wrong with a key that is in use, or None."""
    if not secret_key or not Key(secret_key).weak:
        return None
    return f"REANA_SECRET_KEY has less than {SHORTEST_KEY} bytes: it can be guessed; rotate it"


def refuse_weak(key: Key) -> None:
    """Raise :class:`~reana_db.errors.ConfigurationError` for a key too short to seal with."""
    if key.weak:
        raise ConfigurationError(
            f"REANA_SECRET_KEY has less than {SHORTEST_KEY} bytes: values are not sealed with it"
        )


@functools.lru_cache(maxsize=8)
def of(secret_key: Secret, previous: Secret | None = None) -> KeyRing:
    """Return the keys that follow from one or two secret keys.

    Raises :class:`~reana_db.errors.ConfigurationError` for one that is no text of UTF-8.
    """
    if _SURROGATE.search(secret_key + (previous or "")):
        raise ConfigurationError("a secret key must be UTF-8 (it is not shown)")
    earlier = Key(previous) if previous and previous != secret_key else None
    return KeyRing(Key(secret_key), earlier)


def _unsealed(stored: bytes, row: Row, key: Key) -> str:
    try:
        return key.unseal(stored, row.name)
    except Undecipherable:
        raise TamperedSecret(
            f"{row} was changed, or moved from another row, since it was sealed"
        ) from None


def _opened(stored: bytes, layout: Layout, key: Key) -> Opened | None:
    decrypt: Callable[[bytes], str] = key.decrypt_gcm if layout is Layout.GCM else key.decrypt_cbc
    try:
        return Opened(decrypt(stored), layout, key)
    except Undecipherable:
        return None
