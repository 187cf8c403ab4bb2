from __future__ import annotations

import base64
import json
from pathlib import Path

import psycopg
import pytest

from reana_db import ciphers
from reana_db.errors import InvalidArgument

TEXTS = ["", "a", "sixteen letters.", "žluťoučký 🐎", "x" * 10_000]


@pytest.mark.parametrize("text", TEXTS)
def test_both_ciphers_return_what_went_in(text: str) -> None:
    assert ciphers.decrypt_cbc("key", ciphers.encrypt_cbc("key", text)) == text
    assert ciphers.decrypt_gcm("key", ciphers.encrypt_gcm("key", text)) == text


def test_cbc_gives_equal_results_for_equal_texts_and_gcm_does_not() -> None:
    assert ciphers.encrypt_cbc("key", "text") == ciphers.encrypt_cbc("key", "text")
    assert ciphers.encrypt_gcm("key", "text") != ciphers.encrypt_gcm("key", "text")


def test_gcm_has_vector_then_tag_then_ciphertext() -> None:
    assert len(base64.b64decode(ciphers.encrypt_gcm("key", "four"))) == 12 + 16 + 4


@pytest.mark.parametrize(
    "damaged", [b"", b"!", b"AAAA", base64.b64encode(bytes(15)), base64.b64encode(bytes(40))]
)
def test_what_is_no_ciphertext_is_refused(damaged: bytes) -> None:
    for decrypt in (ciphers.decrypt_cbc, ciphers.decrypt_gcm):
        with pytest.raises(InvalidArgument, match="REANA_SECRET_KEY"):
            decrypt("key", damaged)


def test_another_key_does_not_read_gcm() -> None:
    with pytest.raises(InvalidArgument):
        ciphers.decrypt_gcm("another", ciphers.encrypt_gcm("key", "text"))


def test_tokens_of_a_released_database_are_read_and_written(empty_db: str, shared: Path) -> None:
    folder = shared / "legacy"
    expected = json.loads((folder / "reana-db-0.9.5.expected.json").read_text())
    with psycopg.connect(empty_db) as conn:
        conn.execute((folder / "reana-db-0.9.5.sql").read_bytes())
        stored = {
            str(token_id): token
            for token_id, token in conn.execute("SELECT id_, token FROM __reana.user_token")
            if token is not None
        }
    key = expected["reana_secret_key"]
    tokens = [token for user in expected["users"] for token in user["tokens"]]
    plaintexts = {token["id"]: token["plaintext"] for token in tokens if token["plaintext"]}
    assert {name: ciphers.decrypt_cbc(key, value) for name, value in stored.items()} == plaintexts
    assert {name: ciphers.encrypt_cbc(key, text) for name, text in plaintexts.items()} == stored
