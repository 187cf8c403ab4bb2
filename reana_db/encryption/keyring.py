"""The secret keys of a process, what they encrypt and open, and the columns that hold it.

New values are encrypted with ``REANA_SECRET_KEY``; values of ``REANA_SECRET_KEY_PREVIOUS`` are
still read and found, so that services keep working while ``reana-db secrets rotate`` runs.

==================================  ===============  ==========================================
column                              compatible form  digest, by which a value is found
==================================  ===============  ==========================================
``user_token.token``                AES-256-CBC      ``token_digest``: keyed
``user_.gitlab_webhook_secret``     AES-256-GCM      ``…_digest``: SHA-256, as 0.95.0a13 does it
``interactive_session.session_…``   AES-256-GCM      ``session_secret_digest``: keyed
==================================  ===============  ==========================================

Compatible is what released services read.  Tokens are AES-256-CBC there: deterministic, so that
they can look one up by its ciphertext.  Webhook and session secrets are AES-256-GCM since reana-db
0.95.0a13.  Both are keyed with the SHA-256 of the secret key and stored as base64 text, in the
layouts of SQLAlchemy-Utils.  A *sealed* value is ours: AES-256-GCM that also authenticates the row
in which the value stands, ``sealed1:<id of the key>:<base64 of vector, ciphertext and tag>``.  Its
key, the key of digests and the id are derived from the secret key by HKDF, each for itself.
"""

from __future__ import annotations

import base64
import binascii
import functools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from reana_db import config
from reana_db.errors import ConfigurationError, TamperedSecret, UnreadableSecret
from reana_db.registry.arguments import Secret

SEALED = b"sealed1:"
"""What a sealed value begins with; no base64 text does."""

SHORTEST_KEY = 16
"""Bytes of a secret key that values may be sealed with."""

_KEY_ID_LENGTH = 4
_VECTOR_LENGTH = 12
_TAG_LENGTH = 16
_BLOCK = 16
_SALT = b"reana-db"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Layout(StrEnum):
    """How a stored value is encrypted."""

    CBC = "cbc"
    """As released services store tokens."""
    GCM = "gcm"
    """As reana-db 0.95.0a13 stores webhook and session secrets."""
    SEALED = "sealed"
    """Bound to its row; only this library reads it."""


class Undecipherable(ValueError):
    """A value does not open with a key."""


class Key:
    """One secret key, with everything derived from it once; shows none of it."""

    def __init__(self, secret_key: Secret) -> None:
        import hashlib
        import hmac

        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        secret = secret_key.encode()
        self.weak = len(secret) < SHORTEST_KEY
        """Whether it is too short to seal with: it could be guessed."""
        shared = hashlib.sha256(secret).digest()
        self.id = _derived(secret, b"id of the key", _KEY_ID_LENGTH).hex()
        """Names the key without giving it away: 8 hexadecimal digits."""
        self.sealed_prefix = b"%b%b:" % (SEALED, self.id.encode())
        """What every value begins with that this key sealed."""
        self._digests = _derived(secret, b"digests of tokens", 32)
        self._hmac = hmac.digest
        self._cbc = Cipher(algorithms.AES(shared), modes.CBC(shared[:_BLOCK]))
        self._gcm = AESGCM(shared)
        self._seal = AESGCM(_derived(secret, b"sealed values", 32))
        self._refusal: type[Exception] = InvalidTag

    def __repr__(self) -> str:
        return f"Key(id={self.id!r})"

    def digest(self, plaintext: Secret) -> bytes:
        """Return the HMAC-SHA-256 of a text, by which it is looked up: 32 bytes."""
        return self._hmac(self._digests, plaintext.encode(), "sha256")

    def encrypt_cbc(self, plaintext: Secret) -> bytes:
        """Return the deterministic ciphertext of a text: equal texts, equal results.

        The initialisation vector is the beginning of the key, the padding PKCS #7.
        """
        text = plaintext.encode()
        missing = _BLOCK - len(text) % _BLOCK
        encryptor = self._cbc.encryptor()
        return base64.b64encode(encryptor.update(text + bytes([missing]) * missing))

    def decrypt_cbc(self, stored: bytes) -> str:
        """Return the text of a value of :meth:`encrypt_cbc`.

        Raises :class:`Undecipherable` for another key or a damaged value.  The mode is not
        authenticated: that a wrong key yields printable text is unlikely (below 1e-8), not
        impossible.
        """
        ciphertext = _decoded(stored)
        if not ciphertext or len(ciphertext) % _BLOCK:
            raise Undecipherable
        padded = self._cbc.decryptor().update(ciphertext)
        missing = padded[-1]
        if not 1 <= missing <= _BLOCK or padded[-missing:] != bytes([missing]) * missing:
            raise Undecipherable
        text = _text(padded[:-missing])
        if not text.isprintable():
            raise Undecipherable
        return text

    def encrypt_gcm(self, plaintext: Secret) -> bytes:
        """Return an authenticated ciphertext of a text, another one each time.

        The layout is vector (12 bytes), tag (16 bytes), ciphertext.
        """
        vector = os.urandom(_VECTOR_LENGTH)
        sealed = self._gcm.encrypt(vector, plaintext.encode(), None)
        return base64.b64encode(vector + sealed[-_TAG_LENGTH:] + sealed[:-_TAG_LENGTH])

    def decrypt_gcm(self, stored: bytes) -> str:
        """Return the text of a value of :meth:`encrypt_gcm`, or raise :class:`Undecipherable`."""
        value = _decoded(stored)
        if len(value) < _VECTOR_LENGTH + _TAG_LENGTH:
            raise Undecipherable
        vector, rest = value[:_VECTOR_LENGTH], value[_VECTOR_LENGTH:]
        try:
            opened = self._gcm.decrypt(vector, rest[_TAG_LENGTH:] + rest[:_TAG_LENGTH], None)
        except self._refusal:
            raise Undecipherable from None
        return _text(opened)

    def seal(self, plaintext: Secret, row: bytes) -> bytes:
        """Return a ciphertext of a text that opens only in the row with this name."""
        vector = os.urandom(_VECTOR_LENGTH)
        value = vector + self._seal.encrypt(vector, plaintext.encode(), row)
        return self.sealed_prefix + base64.b64encode(value)

    def unseal(self, stored: bytes, row: bytes) -> str:
        """Return the text of a value of :meth:`seal`, or raise :class:`Undecipherable`.

        With the key whose id the value names, that means: it was changed, or moved to this row.
        """
        value = _decoded(stored[len(self.sealed_prefix) :])
        if len(value) < _VECTOR_LENGTH + _TAG_LENGTH:
            raise Undecipherable
        try:
            opened = self._seal.decrypt(value[:_VECTOR_LENGTH], value[_VECTOR_LENGTH:], row)
        except self._refusal:
            raise Undecipherable from None
        return _text(opened)


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


@dataclass(frozen=True)
class Store:
    """One column that holds secrets."""

    column: str
    """``<table>.<column>``; a part of what a sealed value is bound to, so never changed."""
    compatible: Layout
    """How released services store a value."""
    digest: Callable[[Key, Secret], bytes]
    """Returns what a value is found by."""

    def row(self, row_id: UUID, owner_id: UUID | None = None) -> Row:
        """Name a row, for binding a value to it and for messages."""
        return Row(self.column, row_id, owner_id)

    def encrypted(self, key: Key, plaintext: Secret) -> bytes:
        """Return a value in the form that released services read."""
        if self.compatible is Layout.CBC:
            return key.encrypt_cbc(plaintext)
        return key.encrypt_gcm(plaintext)


TOKENS = Store("user_token.token", Layout.CBC, Key.digest)
WEBHOOK_SECRETS = Store(
    "user_.gitlab_webhook_secret",
    Layout.GCM,
    lambda _, plaintext: sha256_hex(plaintext).encode(),
)
SESSION_SECRETS = Store("interactive_session.session_secret", Layout.GCM, Key.digest)
STORES = (TOKENS, WEBHOOK_SECRETS, SESSION_SECRETS)


def sha256_hex(plaintext: Secret) -> str:
    """Return the digest of a webhook secret as reana-db 0.95.0a13 stores it.

    It needs no key, and none to find the values of that release; webhook secrets are long and
    random, so that it gives nothing away.
    """
    import hashlib

    return hashlib.sha256(plaintext.encode()).hexdigest()


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


def sealed_with(stored: bytes) -> str | None:
    """Return the id of the key that a sealed value names, or None for one that is not sealed."""
    if not stored.startswith(SEALED):
        return None
    return stored.removeprefix(SEALED).partition(b":")[0].decode(errors="replace")


def _derived(secret: bytes, purpose: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt=_SALT, info=purpose).derive(secret)


def _decoded(stored: bytes) -> bytes:
    try:
        value = base64.b64decode(stored, validate=True)
    except binascii.Error:
        raise Undecipherable from None
    # The last digit before a "=" has bits that decoding drops: changing them would go unnoticed.
    if base64.b64encode(value) != stored:
        raise Undecipherable
    return value


def _text(plaintext: bytes) -> str:
    try:
        return plaintext.decode()
    except UnicodeDecodeError:
        raise Undecipherable from None
