from __future__ import annotations

import base64
from itertools import product
from uuid import UUID

import psycopg
import pytest

from reana_db import config
from reana_db.encryption import keyring
from reana_db.encryption.keyring import Key, Layout, Row, Undecipherable
from reana_db.errors import ConfigurationError, TamperedSecret, UnreadableSecret
from tests.support import released_schemas

TEXTS = ["", "a", "sixteen letters.", "žluťoučký 🐎", "x" * 10_000]
KEY = Key("key")
ROW = Row("user_token.token", UUID(int=1), UUID(int=2))
DAMAGED = [b"", b"!", b"AAAA", base64.b64encode(bytes(15)), base64.b64encode(bytes(40))]


@pytest.mark.parametrize("text", TEXTS)
def test_every_cipher_returns_what_went_in(text: str) -> None:
    assert KEY.decrypt_cbc(KEY.encrypt_cbc(text)) == text
    assert KEY.decrypt_gcm(KEY.encrypt_gcm(text)) == text
    assert KEY.unseal(KEY.seal(text, b"row"), b"row") == text


def test_cbc_gives_equal_results_for_equal_texts_and_the_others_do_not() -> None:
    assert KEY.encrypt_cbc("text") == KEY.encrypt_cbc("text")
    assert KEY.encrypt_gcm("text") != KEY.encrypt_gcm("text")
    assert KEY.seal("text", b"row") != KEY.seal("text", b"row")


def test_gcm_has_vector_then_tag_then_ciphertext() -> None:
    assert len(base64.b64decode(KEY.encrypt_gcm("four"))) == 12 + 16 + 4


def test_a_sealed_value_names_its_key() -> None:
    assert keyring.sealed_with(KEY.seal("text", b"row")) == KEY.id
    assert keyring.sealed_with(KEY.encrypt_gcm("text")) is None


@pytest.mark.parametrize("damaged", DAMAGED)
def test_what_is_no_ciphertext_is_refused(damaged: bytes) -> None:
    for decrypt in (KEY.decrypt_cbc, KEY.decrypt_gcm, lambda value: KEY.unseal(value, b"row")):
        with pytest.raises(Undecipherable):
            decrypt(damaged)


def test_another_key_reads_nothing() -> None:
    other = Key("another")
    with pytest.raises(Undecipherable):
        other.decrypt_gcm(KEY.encrypt_gcm("text"))
    with pytest.raises(Undecipherable):
        other.decrypt_cbc(KEY.encrypt_cbc("text"))
    with pytest.raises(Undecipherable):
        other.unseal(KEY.seal("text", b"row"), b"row")


def test_a_wrong_key_does_not_pass_as_cbc() -> None:
    values = [KEY.encrypt_cbc(f"token-{number}") for number in range(20_000)]
    other, passed = Key("another"), 0
    for value in values:
        try:
            other.decrypt_cbc(value)
        except Undecipherable:
            continue
        passed += 1
    assert passed == 0


def test_digests_depend_on_key_and_text() -> None:
    assert KEY.digest("text") == Key("key").digest("text")
    assert len({KEY.digest("text"), KEY.digest("other"), Key("another").digest("text")}) == 3


def test_a_key_shows_only_its_id() -> None:
    assert repr(Key("hunter2")) == f"Key(id={Key('hunter2').id!r})"
    assert "hunter2" not in repr(keyring.of("hunter2", "hunter2x"))


@pytest.mark.parametrize("name", ["current", "previous"])
def test_a_ring_opens_every_layout_with_either_key(name: str) -> None:
    ring = keyring.of("new", "old")
    key = getattr(ring, name)
    stored = {
        Layout.CBC: key.encrypt_cbc("text"),
        Layout.GCM: key.encrypt_gcm("text"),
        Layout.SEALED: key.seal("text", ROW.name),
    }
    opened = {layout: ring.open(value, ROW) for layout, value in stored.items()}
    assert {layout: item.layout for layout, item in opened.items()} == {
        layout: layout for layout in Layout
    }
    assert {(item.text, item.key) for item in opened.values()} == {("text", key)}


def test_a_sealed_value_opens_only_in_its_row() -> None:
    ring = keyring.of("key")
    stored = ring.current.seal("text", ROW.name)
    moved = [
        Row(ROW.column, UUID(int=9), ROW.owner_id),
        Row(ROW.column, ROW.id_, UUID(int=9)),
        Row("other.column", ROW.id_, ROW.owner_id),
    ]
    for row in moved:
        with pytest.raises(TamperedSecret, match="moved from another row"):
            ring.open(stored, row)


@pytest.mark.parametrize("text", ["text", "texts", "secret"])  # with one, no and two "=" at the end
def test_every_changed_bit_of_a_sealed_value_is_noticed(text: str) -> None:
    ring = keyring.of("key")
    for _ in range(20):
        stored = ring.current.seal(text, ROW.name)
        for position, bit in product(range(len(stored)), range(8)):
            changed = bytearray(stored)
            changed[position] ^= 1 << bit
            with pytest.raises(UnreadableSecret):
                ring.open(bytes(changed), ROW)


def test_a_value_of_another_key_is_no_tampering() -> None:
    stored = Key("another").seal("text", ROW.name)
    with pytest.raises(UnreadableSecret, match="a key that is not given") as caught:
        keyring.of("key").open(stored, ROW)
    assert not isinstance(caught.value, TamperedSecret)


def test_the_error_names_the_row_and_the_variable() -> None:
    with pytest.raises(UnreadableSecret, match=f"{ROW.id_}.*REANA_SECRET_KEY"):
        keyring.of("key").open(Key("another").encrypt_gcm("text"), ROW)


def test_the_same_key_twice_is_one_key() -> None:
    assert keyring.of("key", "key").previous is None


def test_without_a_key_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "settings", config.Settings)
    with pytest.raises(ConfigurationError, match="REANA_SECRET_KEY"):
        keyring.current()


def test_tokens_of_a_released_database_are_read_and_written(empty_db: str) -> None:
    expected = released_schemas.load_database(empty_db, "0.9.5")
    with psycopg.connect(empty_db) as conn:
        stored = {
            str(token_id): token
            for token_id, token in conn.execute("SELECT id_, token FROM __reana.user_token")
            if token is not None
        }
    key = Key(expected["reana_secret_key"])
    tokens = [token for user in expected["users"] for token in user["tokens"]]
    plaintexts = {token["id"]: token["plaintext"] for token in tokens if token["plaintext"]}
    assert {name: key.decrypt_cbc(value) for name, value in stored.items()} == plaintexts
    assert {name: key.encrypt_cbc(text) for name, text in plaintexts.items()} == stored
