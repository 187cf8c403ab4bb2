"""The two ciphers of values in REANA's database, both keyed with the SHA-256 of the secret key.

``user_token.token`` is AES-256-CBC: deterministic, so that a token can be looked up by its
ciphertext.  Webhook and session secrets are AES-256-GCM since reana-db 0.95.0a13.  Both are stored
as base64 text; the layouts are those of SQLAlchemy-Utils, with which the services of REANA read
and write them.
"""

from __future__ import annotations

import base64
import binascii
import os

from reana_db.arguments import Secret
from reana_db.errors import InvalidArgument

_IV_LENGTH = 12
_TAG_LENGTH = 16
_BLOCK = 16


def encrypt_cbc(secret_key: Secret, plaintext: Secret) -> bytes:
    """Return the deterministic ciphertext of a text, as base64: equal texts, equal results.

    AES-256-CBC; the initialisation vector is the beginning of the key, the padding PKCS #7.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    key = _key(secret_key)
    padder = PKCS7(_BLOCK * 8).padder()
    padded = padder.update(plaintext.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_BLOCK])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize())


def decrypt_cbc(secret_key: Secret, ciphertext: bytes) -> str:
    """Return the text of a value of :func:`encrypt_cbc`.

    Raises :class:`~reana_db.errors.InvalidArgument` for another key or a damaged value; the mode
    cannot tell every wrong key.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    key = _key(secret_key)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:_BLOCK])).decryptor()
    unpadder = PKCS7(_BLOCK * 8).unpadder()
    try:
        padded = decryptor.update(_decoded(ciphertext)) + decryptor.finalize()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except ValueError:
        raise _unreadable() from None


def encrypt_gcm(secret_key: Secret, plaintext: Secret) -> bytes:
    """Return an authenticated ciphertext of a text, as base64: another one each time.

    AES-256-GCM; the layout is vector (12 bytes), tag (16 bytes), ciphertext.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    vector = os.urandom(_IV_LENGTH)
    sealed = AESGCM(_key(secret_key)).encrypt(vector, plaintext.encode(), None)
    return base64.b64encode(vector + sealed[-_TAG_LENGTH:] + sealed[:-_TAG_LENGTH])


def decrypt_gcm(secret_key: Secret, ciphertext: bytes) -> str:
    """Return the text of a value of :func:`encrypt_gcm`.

    Raises :class:`~reana_db.errors.InvalidArgument` for another key or a damaged value.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    value = _decoded(ciphertext)
    vector, tag = value[:_IV_LENGTH], value[_IV_LENGTH : _IV_LENGTH + _TAG_LENGTH]
    sealed = value[_IV_LENGTH + _TAG_LENGTH :] + tag
    try:
        return AESGCM(_key(secret_key)).decrypt(vector, sealed, None).decode()
    except (InvalidTag, ValueError):
        raise _unreadable() from None


def _key(secret_key: str) -> bytes:
    import hashlib

    return hashlib.sha256(secret_key.encode()).digest()


def _decoded(ciphertext: bytes) -> bytes:
    try:
        return base64.b64decode(ciphertext, validate=True)
    except binascii.Error:
        raise _unreadable() from None


def _unreadable() -> InvalidArgument:
    return InvalidArgument("a value cannot be decrypted: REANA_SECRET_KEY is not the one it needs")
