"""Secrets of sessions and webhooks: made once, found by value, bound to their rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import config, errors, queries, user_secrets
from reana_db.encryption import keyring
from reana_db.encryption.keyring import SESSION_SECRETS, WEBHOOK_SECRETS
from reana_db.queries import Conn
from tests.support.factories import make_user
from tests.support.races import at_once
from tests.support.secret_values import (
    KEYS,
    OTHER_KEYS,
    old_session,
    old_webhook_secret,
    seal_new_values,
    stored,
)

pytestmark = pytest.mark.usefixtures("no_leaks")

BOTH = keyring.of("another key", "the key of this site")
FORMS = pytest.mark.parametrize("sealed", [False, True])


def session_of(conn: Conn, secret: str, keys: keyring.KeyRing = KEYS) -> UUID | None:
    found = user_secrets.find_session(conn, secret, keys=keys)
    return found.id_ if found else None


def user_of(conn: Conn, secret: str, keys: keyring.KeyRing = KEYS) -> UUID | None:
    found = user_secrets.find_webhook_owner(conn, secret, keys=keys)
    return found.id_ if found else None


def in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


@FORMS
def test_a_session_gets_one_secret_and_is_found_by_it(conn: Conn, *, sealed: bool) -> None:
    if sealed:
        seal_new_values(conn)
    session_id = old_session(conn, None)
    secret = user_secrets.session_secret(conn, session_id, keys=KEYS)
    assert user_secrets.session_secret(conn, session_id, keys=KEYS) == secret
    assert len(secret) >= 43
    before = queries.executions.total()
    assert session_of(conn, secret) == session_id
    assert queries.executions.total() == before + 1
    assert stored(conn, SESSION_SECRETS)[session_id][0].startswith(b"sealed1:") is sealed


def test_a_session_secret_of_an_old_service_is_kept_and_found(conn: Conn) -> None:
    session_id, other = old_session(conn, "theirs"), old_session(conn, "other")
    assert session_of(conn, "theirs") == session_id
    assert user_secrets.session_secret(conn, session_id, keys=KEYS) == "theirs"
    digests = {row: digest for row, (_, digest) in stored(conn, SESSION_SECRETS).items()}
    assert digests[session_id] == KEYS.current.digest("theirs")
    assert digests[other] == KEYS.current.digest("other")


def test_a_session_secret_in_the_first_cipher_of_an_old_service_is_found(conn: Conn) -> None:
    session_id = old_session(conn, None)
    conn.execute(
        "UPDATE __reana.interactive_session SET session_secret = %s WHERE id_ = %s",
        [KEYS.current.encrypt_cbc("theirs"), session_id],
    )
    assert session_of(conn, "theirs") == session_id


def test_an_unknown_session_secret_finds_nothing(conn: Conn) -> None:
    old_session(conn, "theirs")
    old_session(conn, "unreadable", OTHER_KEYS)
    assert session_of(conn, "nobody's") is None


def test_a_session_is_found_in_a_read_only_transaction(conn: Conn) -> None:
    session_id = old_session(conn, "theirs")
    conn.execute("SET TRANSACTION READ ONLY")
    assert session_of(conn, "theirs") == session_id
    assert stored(conn, SESSION_SECRETS)[session_id][1] is None


def test_the_secret_of_a_session_that_ended_opens_nothing(conn: Conn) -> None:
    session_id = old_session(conn, None)
    secret = user_secrets.session_secret(conn, session_id, keys=KEYS)
    for status in ("running", "stopped"):
        conn.execute(
            "UPDATE __reana.interactive_session SET status = %s WHERE id_ = %s",
            [status, session_id],
        )
    assert session_of(conn, secret) is None


def test_a_session_secret_replaced_by_an_old_service_loses_its_digest(conn: Conn) -> None:
    session_id = old_session(conn, None)
    secret = user_secrets.session_secret(conn, session_id, keys=KEYS)
    conn.execute(
        "UPDATE __reana.interactive_session SET session_secret = %s WHERE id_ = %s",
        [KEYS.current.encrypt_gcm("theirs"), session_id],
    )
    assert session_of(conn, secret) is None
    assert session_of(conn, "theirs") == session_id


def test_an_unknown_session_has_no_secret(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        user_secrets.session_secret(conn, uuid4(), keys=KEYS)


def test_sessions_at_once_get_one_session_secret(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as setup:
        session_id = old_session(setup, None)
    made = at_once(
        fresh_db, 8, lambda conn, _: user_secrets.session_secret(conn, session_id, keys=KEYS)
    )
    assert len(set(made)) == 1


@FORMS
def test_a_user_gets_one_webhook_secret_and_is_found_by_it(conn: Conn, *, sealed: bool) -> None:
    if sealed:
        seal_new_values(conn)
    user_id, end = make_user(conn), in_an_hour()
    made = user_secrets.webhook_secret(conn, user_id, expires_at=end, keys=KEYS)
    again = user_secrets.webhook_secret(conn, user_id, expires_at=end + timedelta(1), keys=KEYS)
    assert again == made
    assert made.expires_at == end
    assert user_of(conn, made.value) == user_id
    assert stored(conn, WEBHOOK_SECRETS)[user_id][0].startswith(b"sealed1:") is sealed


def test_a_webhook_secret_without_end_stays_valid(conn: Conn) -> None:
    user_id = make_user(conn)
    made = user_secrets.webhook_secret(conn, user_id, keys=KEYS)
    assert made.expires_at is None
    assert user_of(conn, made.value) == user_id


def test_a_webhook_secret_of_an_old_service_is_kept_and_found(conn: Conn) -> None:
    user_id = old_webhook_secret(conn, "theirs")
    assert user_of(conn, "theirs") == user_id
    assert user_secrets.webhook_secret(conn, user_id, keys=KEYS).value == "theirs"


def test_an_expired_webhook_secret_authenticates_nobody_and_is_replaced(conn: Conn) -> None:
    user_id = make_user(conn)
    past = datetime.now(UTC) - timedelta(seconds=1)
    old = user_secrets.webhook_secret(conn, user_id, expires_at=past, keys=KEYS)
    assert user_of(conn, old.value) is None
    new = user_secrets.webhook_secret(conn, user_id, expires_at=in_an_hour(), keys=KEYS)
    assert new.value != old.value
    assert user_of(conn, new.value) == user_id


def test_a_renewed_webhook_secret_replaces_the_old_one(conn: Conn) -> None:
    user_id = make_user(conn)
    old = user_secrets.webhook_secret(conn, user_id, keys=KEYS)
    new = user_secrets.webhook_secret(conn, user_id, renew=True, keys=KEYS)
    assert user_of(conn, old.value) is None
    assert user_of(conn, new.value) == user_id


def test_a_removed_webhook_secret_authenticates_nobody(conn: Conn) -> None:
    user_id = make_user(conn)
    old = user_secrets.webhook_secret(conn, user_id, keys=KEYS)
    assert user_secrets.remove_webhook_secret(conn, user_id) == 1
    assert user_secrets.remove_webhook_secret(conn, user_id) == 0
    assert user_of(conn, old.value) is None


def test_an_unknown_user_has_no_webhook_secret(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        user_secrets.webhook_secret(conn, uuid4(), keys=KEYS)


def test_sessions_at_once_get_one_webhook_secret(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as setup:
        user_id = make_user(setup)
    made = at_once(
        fresh_db, 8, lambda conn, _: user_secrets.webhook_secret(conn, user_id, keys=KEYS)
    )
    assert len({item.value for item in made}) == 1


def test_a_sealed_webhook_secret_in_the_row_of_another_user_is_reported(conn: Conn) -> None:
    seal_new_values(conn)
    victim, thief = make_user(conn), make_user(conn)
    secret = user_secrets.webhook_secret(conn, victim, keys=KEYS).value
    value, digest = stored(conn, WEBHOOK_SECRETS)[victim]
    assert digest is not None
    user_secrets.remove_webhook_secret(conn, victim)
    conn.execute(
        "UPDATE __reana.user_ SET gitlab_webhook_secret = %s, gitlab_webhook_secret_digest = %s"
        " WHERE id_ = %s",
        [value, digest.decode(), thief],
    )
    with pytest.raises(errors.TamperedSecret, match=str(thief)):
        user_of(conn, secret)


def test_a_sealed_session_secret_that_was_changed_is_reported(conn: Conn) -> None:
    seal_new_values(conn)
    session_id = old_session(conn, None)
    secret = user_secrets.session_secret(conn, session_id, keys=KEYS)
    value = bytearray(stored(conn, SESSION_SECRETS)[session_id][0])
    value[-5] ^= 1
    conn.execute(
        "UPDATE __reana.interactive_session SET session_secret = %s WHERE id_ = %s",
        [bytes(value), session_id],
    )
    with pytest.raises(errors.TamperedSecret, match=str(session_id)):
        session_of(conn, secret)
    with pytest.raises(errors.TamperedSecret):
        user_secrets.session_secret(conn, session_id, keys=KEYS)


@FORMS
def test_with_the_previous_key_its_secrets_are_found(conn: Conn, *, sealed: bool) -> None:
    if sealed:
        seal_new_values(conn)
    session_id, user_id = old_session(conn, None), make_user(conn)
    session_secret = user_secrets.session_secret(conn, session_id, keys=KEYS)
    webhook_secret = user_secrets.webhook_secret(conn, user_id, keys=KEYS).value
    assert session_of(conn, session_secret, BOTH) == session_id
    assert user_of(conn, webhook_secret, BOTH) == user_id


def test_without_secret_key_the_variable_is_named(
    conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "settings", config.Settings)
    with pytest.raises(errors.ConfigurationError, match="REANA_SECRET_KEY"):
        user_secrets.session_secret(conn, uuid4())
    with pytest.raises(errors.ConfigurationError, match="REANA_SECRET_KEY"):
        user_secrets.find_webhook_owner(conn, "secret")
    assert user_secrets.remove_webhook_secret(conn, uuid4()) == 0
