"""What follows from one secret key: three ciphers and a digest.

``user_token.token`` is AES-256-CBC in released services: deterministic, so that they can look a
token up by its ciphertext.  Webhook and session secrets are AES-256-GCM since reana-db 0.95.0a13.
Both are keyed with the SHA-256 of the secret key and stored as base64 text, in the layouts of
SQLAlchemy-Utils.  A *sealed* value is ours: AES-256-GCM that also authenticates the row in which
the value stands, ``sealed1:<id of the key>:<base64 of vector, ciphertext and tag>``.  Its key, the
key of digests and the id are derived from the secret key by HKDF, each for itself.
"""

from __future__ import annotations

import base64
import binascii
import os
from enum import StrEnum

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
