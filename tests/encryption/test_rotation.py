"""Re-encryption: to another key, sealed and back; whatever is met on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from reana_db import database_settings, errors, migrate, tokens, user_secrets
from reana_db.encryption import columns, keyring, rotation
from reana_db.encryption.keyring import (
    SESSION_SECRETS,
    STORES,
    TOKENS,
    WEBHOOK_SECRETS,
    KeyRing,
)
from reana_db.encryption.rotation import Leftover, SecretsForm, Trouble
from reana_db.queries import Conn
from reana_db.records import Progress, SettingName
from tests.support.factories import make_user
from tests.support.secret_values import (
    KEYS,
    OTHER_KEYS,
    grant,
    old_session,
    old_token,
    old_webhook_secret,
    seal_new_values,
    stored,
    token_of,
)

pytestmark = pytest.mark.usefixtures("no_leaks")

NEXT = keyring.of("the next key of it", "the key of this site")
NEXT_ONLY = keyring.of("the next key of it")
LOST = keyring.of("the key that is lost")


@pytest.fixture
def own(fresh_db: str) -> Iterator[Conn]:
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        yield conn


class Values:
    """One value of every kind, and the rows that they must find."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn
        self.tokens = {"ours": grant(conn, "ours"), "theirs": old_token(conn, "theirs")}
        self.webhooks = {"webhook": old_webhook_secret(conn, "webhook")}
        self.sessions = {"session": old_session(conn, "session")}
        made = old_session(conn, None)
        self.sessions[user_secrets.session_secret(conn, made, keys=KEYS)] = made
        user_id = make_user(conn)
        self.webhooks[user_secrets.webhook_secret(conn, user_id, keys=KEYS).value] = user_id

    def expect_found(self, keys: KeyRing) -> None:
        for value, user_id in self.tokens.items():
            owner = tokens.find_owner(self.conn, value, keys=keys)
            active = tokens.active(self.conn, user_id, keys=keys)
            assert owner is not None
            assert active is not None
            assert (owner.id_, active.value) == (user_id, value)
        for value, session_id in self.sessions.items():
            session = user_secrets.find_session(self.conn, value, keys=keys)
            assert session is not None
            assert session.id_ == session_id
        for value, user_id in self.webhooks.items():
            webhook = user_secrets.find_webhook_owner(self.conn, value, keys=keys)
            assert webhook is not None
            assert webhook.id_ == user_id

    def expect_kinds(self, keys: KeyRing, *layouts: str) -> None:
        kinds = rotation.status(self.conn, keys).kinds
        assert {(kind.layout, kind.key, kind.digested) for kind, _ in kinds} == {
            (layout, keys.current.id, True) for layout in layouts
        }
        assert sum(number for _, number in kinds) == 6


@pytest.fixture
def values(own: Conn) -> Values:
    return Values(own)


def test_rotation_encrypts_everything_with_the_new_key(own: Conn, values: Values) -> None:
    outcome = rotation.rotate(own, NEXT)
    assert (outcome.values, outcome.rewritten, outcome.leftovers) == (6, 6, [])
    values.expect_kinds(NEXT_ONLY, "cbc", "gcm")
    values.expect_found(NEXT_ONLY)


def test_rotation_repeated_changes_nothing(own: Conn, values: Values) -> None:
    rotation.rotate(own, NEXT)
    before = [stored(own, store) for store in STORES]
    assert rotation.rotate(own, NEXT).rewritten == 0
    assert [stored(own, store) for store in STORES] == before
    values.expect_found(NEXT_ONLY)


def test_services_with_both_keys_find_everything_before_and_after(
    own: Conn, values: Values
) -> None:
    values.expect_found(NEXT)
    rotation.rotate(own, NEXT)
    values.expect_found(NEXT)


def test_rotation_keeps_sealed_values_sealed(own: Conn, values: Values) -> None:
    rotation.seal(own, KEYS)
    rotation.rotate(own, NEXT)
    values.expect_kinds(NEXT_ONLY, "sealed")
    values.expect_found(NEXT_ONLY)


def test_seal_seals_everything_and_new_values(own: Conn, values: Values) -> None:
    outcome = rotation.seal(own, KEYS)
    assert (outcome.rewritten, outcome.leftovers) == (6, [])
    assert rotation.form(own) is SecretsForm.SEALED
    values.expect_kinds(KEYS, "sealed")
    values.expect_found(KEYS)
    assert token_of(own, grant(own, "new"))[1].startswith(b"sealed1:")


def test_seal_with_an_old_key_rotates_too(own: Conn, values: Values) -> None:
    rotation.seal(own, NEXT)
    values.expect_kinds(NEXT_ONLY, "sealed")
    values.expect_found(NEXT_ONLY)


def test_unseal_brings_back_what_released_services_read(own: Conn, values: Values) -> None:
    before = {row: value for row, (value, _) in stored(own, TOKENS).items()}
    rotation.seal(own, KEYS)
    rotation.unseal(own, KEYS)
    assert rotation.form(own) is SecretsForm.COMPATIBLE
    assert {row: value for row, (value, _) in stored(own, TOKENS).items()} == before
    values.expect_kinds(KEYS, "cbc", "gcm")
    values.expect_found(KEYS)


def test_a_token_of_an_old_service_is_found_in_a_sealed_database(own: Conn, values: Values) -> None:
    rotation.seal(own, KEYS)
    values.tokens["late"] = old_token(own, "late")
    values.expect_found(KEYS)
    assert rotation.seal(own, KEYS).rewritten == 1


def test_session_secrets_in_the_first_cipher_are_brought_to_the_second(own: Conn) -> None:
    session_id = old_session(own, None)
    own.execute(
        "UPDATE __reana.interactive_session SET session_secret = %s WHERE id_ = %s",
        [KEYS.current.encrypt_cbc("theirs"), session_id],
    )
    assert user_secrets.find_session(own, "theirs", keys=KEYS)
    assert rotation.unseal(own, KEYS).leftovers == []
    ((kind, _),) = rotation.status(own, KEYS).kinds
    assert (kind.layout, kind.digested) == ("gcm", True)
    assert user_secrets.find_session(own, "theirs", keys=KEYS)


def test_what_no_key_opens_is_named_and_the_rest_is_done(own: Conn, values: Values) -> None:
    lost = {
        (TOKENS, token_of(own, old_token(own, "lost", LOST))[0]),
        (WEBHOOK_SECRETS, old_webhook_secret(own, "lost", LOST)),
        (SESSION_SECRETS, old_session(own, "lost", LOST)),
    }
    outcome = rotation.rotate(own, NEXT)
    assert set(outcome.leftovers) == {
        Leftover(store.column, row, Trouble.UNREADABLE) for store, row in lost
    }
    assert outcome.rewritten == 6
    values.expect_found(NEXT_ONLY)


def test_a_sealed_value_that_was_moved_is_named_as_such(own: Conn) -> None:
    seal_new_values(own)
    victim, thief = grant(own, "victim"), grant(own, "thief")
    token_id, value, _ = token_of(own, victim)
    own.execute("DELETE FROM __reana.user_token WHERE id_ = %s", [token_id])
    own.execute("UPDATE __reana.user_token SET token = %s WHERE user_id = %s", [value, thief])
    leftover = Leftover(TOKENS.column, token_of(own, thief)[0], Trouble.TAMPERED)
    assert rotation.rotate(own, NEXT).leftovers == [leftover]
    assert rotation.status(own, KEYS).leftovers == [leftover]


def test_a_damaged_value_of_an_old_service_is_named(own: Conn) -> None:
    user_id = old_webhook_secret(own, "secret")
    value = bytearray(stored(own, WEBHOOK_SECRETS)[user_id][0])
    value[5] ^= 1
    own.execute(
        "UPDATE __reana.user_ SET gitlab_webhook_secret = %s WHERE id_ = %s",
        [bytes(value), user_id],
    )
    (leftover,) = rotation.rotate(own, NEXT).leftovers
    assert leftover == Leftover(WEBHOOK_SECRETS.column, user_id, Trouble.UNREADABLE)


def test_a_value_that_two_rows_have_is_named_and_the_rest_is_done(
    own: Conn, values: Values
) -> None:
    old_token(own, "twice", KEYS)
    old_token(own, "twice", NEXT_ONLY)
    outcome = rotation.rotate(own, NEXT)
    assert [item.trouble for item in outcome.leftovers] == [Trouble.DUPLICATE]
    values.expect_found(NEXT_ONLY)


def test_rows_that_a_service_holds_are_left_for_the_next_round(
    own: Conn, values: Values, fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(fresh_db) as holder:
        holder.execute("UPDATE __reana.user_token SET updated = updated")
        monkeypatch.setattr(time, "sleep", lambda _: holder.commit())
        outcome = rotation.rotate(own, NEXT)
    assert (outcome.rewritten, outcome.leftovers) == (6, [])
    values.expect_found(NEXT_ONLY)


@pytest.mark.usefixtures("values")
def test_rows_that_are_held_all_the_time_are_named(
    own: Conn, fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "PAUSE", 0.0)
    with psycopg.connect(fresh_db) as holder:
        holder.execute("UPDATE __reana.user_token SET updated = updated")
        outcome = rotation.rotate(own, NEXT)
    assert outcome.rewritten == 4
    assert [item.trouble for item in outcome.leftovers] == [Trouble.IN_USE] * 2


def test_a_value_that_changed_since_it_was_read_is_not_overwritten(own: Conn) -> None:
    user_id = grant(own, "first")
    token_id, value, _ = token_of(own, user_id)
    own.execute("UPDATE __reana.user_token SET token = 'other' WHERE id_ = %s", [token_id])
    replaced = columns.rewrite_tokens(
        own, ids=[token_id], old=[value], values=[b"lost update"], digests=[b"digest"]
    )
    assert replaced == []
    assert token_of(own, user_id)[1] == b"other"


def test_batches_reach_every_value(own: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BATCH", 2)
    for number in range(5):
        old_token(own, f"token-{number}")
    old_token(own, "last", id_=UUID(int=2**128 - 1))
    told: list[int] = []

    class Steps(Progress):
        def start(self, label: str, total: int) -> None:
            assert label == "tokens and secrets"
            told.append(-total)

        def advance(self, steps: int) -> None:
            told.append(steps)

    outcome = rotation.rotate(own, NEXT, Steps())
    assert (outcome.values, outcome.rewritten) == (6, 6)
    assert [number for number in told if number < 0] == [-6, -6]
    assert sum(number for number in told if number > 0) == 12


def test_the_status_without_keys_tells_what_values_say_themselves(own: Conn) -> None:
    old_token(own, "theirs")
    seal_new_values(own)
    grant(own, "sealed")
    status = rotation.status(own, None)
    assert (status.current_key, status.form) == (None, SecretsForm.SEALED)
    assert [(kind.layout, kind.key, number) for kind, number in status.kinds] == [
        ("sealed", KEYS.current.id, 1),
        ("unknown", "unknown", 1),
    ]


def test_the_status_names_what_no_key_opens(own: Conn) -> None:
    user_id = old_token(own, "lost", LOST)
    status = rotation.status(own, NEXT)
    assert status.leftovers == [
        Leftover(TOKENS.column, token_of(own, user_id)[0], Trouble.UNREADABLE)
    ]
    assert (status.current_key, status.previous_key) == (
        NEXT.current.id,
        KEYS.current.id,
    )


def test_inside_a_transaction_nothing_is_done(conn: Conn) -> None:
    for work in (rotation.rotate, rotation.seal, rotation.unseal):
        with pytest.raises(errors.InvalidArgument, match="autocommit"):
            work(conn, KEYS)
    assert database_settings.get(conn, SettingName.secrets_form) == "compatible"


def test_the_migration_is_not_undone_while_values_are_sealed(own: Conn, fresh_db: str) -> None:
    rotation.seal(own, KEYS)
    grant(own, "sealed")
    before = migrate.status(fresh_db).applied
    with pytest.raises(errors.MigrationError, match="1 sealed tokens and secrets"):
        migrate.rollback(fresh_db, to="0027-retention-rules")
    assert migrate.status(fresh_db).applied == before
    rotation.unseal(own, KEYS)
    migrate.rollback(fresh_db, to="0027-retention-rules")


def test_a_lost_key_opens_nothing(own: Conn, values: Values) -> None:
    assert len(rotation.rotate(own, OTHER_KEYS).leftovers) == 6
    values.expect_found(KEYS)


def test_a_short_key_seals_nothing(own: Conn) -> None:
    weak = keyring.of("15 bytes of it.")
    with pytest.raises(errors.ConfigurationError, match="less than 16 bytes"):
        rotation.seal(own, weak)
    assert rotation.form(own) is rotation.SecretsForm.COMPATIBLE
    rotation.seal(own, KEYS)
    with pytest.raises(errors.ConfigurationError, match="less than 16 bytes"):
        rotation.rotate(own, keyring.of("short", "the key of this site"))
