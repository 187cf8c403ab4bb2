"""Secrets that released versions encrypt are read by us and the other way round, in every order."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from reana_db import sessions, tokens, user_secrets, users
from reana_db.encryption import keyring, rotation
from reana_db.queries import Conn
from reana_db.records import User
from tests.interop.conftest import new_email, require
from tests.interop.released import SECRET_KEY, OldError, OldService, command
from tests.interop.test_old_runs import create, start
from tests.interop.test_old_users import WITH_TOKENS

WITH_SECRETS = "0.95.0a13"
OURS = keyring.of(SECRET_KEY)
NEXT = "next"
ROTATED = keyring.of(NEXT, SECRET_KEY)


@pytest.fixture
def conn(fresh_db: str) -> Iterator[Conn]:
    with psycopg.connect(fresh_db, autocommit=True) as connection:
        yield connection


@pytest.fixture
def newest(fresh_db: str) -> Iterator[OldService]:
    """A service of the release that has secrets of sessions and of webhooks."""
    require(WITH_SECRETS)
    with OldService(WITH_SECRETS, fresh_db) as service:
        yield service


@pytest.fixture
def user(conn: Conn) -> User:
    return users.create(conn, email=new_email())


def test_a_webhook_secret_of_theirs_finds_its_owner(
    newest: OldService, conn: Conn, user: User
) -> None:
    newest("set_webhook_secret", user_id=user.id_, secret="their-webhook")
    found = user_secrets.find_webhook_owner(conn, "their-webhook", keys=OURS)
    assert found is not None
    assert found.id_ == user.id_
    assert user_secrets.webhook_secret(conn, user.id_, keys=OURS).value == "their-webhook"


def test_a_webhook_secret_of_ours_is_read_by_them(
    newest: OldService, conn: Conn, user: User
) -> None:
    made = user_secrets.webhook_secret(conn, user.id_, keys=OURS)
    assert newest("webhook_secret", user_id=user.id_) == made.value


def test_a_session_secret_of_theirs_opens_the_session(
    newest: OldService, conn: Conn, user: User
) -> None:
    run = start(newest, user.id_)
    session = newest("open_session", workflow_id=run, name="notebook", secret="their-session")
    found = user_secrets.find_session(conn, "their-session", keys=OURS)
    assert found is not None
    assert str(found.id_) == session
    assert user_secrets.session_secret(conn, found.id_, keys=OURS) == "their-session"


def test_a_session_secret_of_ours_is_read_by_them(
    newest: OldService, conn: Conn, user: User
) -> None:
    run = create(conn, user.id_)
    session = sessions.open_session(conn, run.id_, name="notebook", path="/notebook")
    made = user_secrets.session_secret(conn, session.id_, keys=OURS)
    assert newest("session_secret", session_id=session.id_) == made


def test_their_command_changes_the_key_of_secrets_of_both(
    newest: OldService, conn: Conn, user: User, fresh_db: str
) -> None:
    made = user_secrets.webhook_secret(conn, user.id_, keys=OURS)
    other = users.create(conn, email=new_email())
    newest("set_webhook_secret", user_id=other.id_, secret="their-webhook")
    arguments = ("migrate-secret-key", "--old-key", SECRET_KEY)
    done = command(WITH_SECRETS, fresh_db, *arguments, REANA_SECRET_KEY=NEXT)
    assert done.returncode == 0, done.stderr
    after = keyring.of(NEXT)
    assert user_secrets.webhook_secret(conn, user.id_, keys=after).value == made.value
    assert user_secrets.webhook_secret(conn, other.id_, keys=after).value == "their-webhook"


def test_they_read_secrets_after_a_rotation_of_ours(
    newest: OldService, conn: Conn, user: User, fresh_db: str
) -> None:
    newest("set_webhook_secret", user_id=user.id_, secret="their-webhook")
    assert rotation.rotate(conn, ROTATED).leftovers == []
    with OldService(WITH_SECRETS, fresh_db, REANA_SECRET_KEY=NEXT) as after:
        assert after("webhook_secret", user_id=user.id_) == "their-webhook"


@pytest.mark.parametrize("release", WITH_TOKENS)
def test_they_authenticate_after_a_rotation_of_ours(
    release: str, conn: Conn, user: User, fresh_db: str
) -> None:
    require(release)
    tokens.grant(conn, user.id_, token="our-token", keys=OURS)
    with OldService(release, fresh_db) as before:
        other = UUID(before("create_user", email=new_email(), token="their-token"))
    assert rotation.rotate(conn, ROTATED).leftovers == []
    with OldService(release, fresh_db, REANA_SECRET_KEY=NEXT) as after:
        assert after("find_user_by_token", token="our-token") == str(user.id_)
        assert after("find_user_by_token", token="their-token") == str(other)


def test_difference_sealed_tokens_are_not_found_by_them_until_unsealed(
    conn: Conn, user: User, fresh_db: str
) -> None:
    require("0.95.0a8")
    tokens.grant(conn, user.id_, token="our-token", keys=OURS)
    rotation.seal(conn, OURS)
    with OldService("0.95.0a8", fresh_db) as old:
        assert old("find_user_by_token", token="our-token") is None
        with pytest.raises(OldError):
            old("active_token", user_id=user.id_)
        rotation.unseal(conn, OURS)
        assert old("find_user_by_token", token="our-token") == str(user.id_)
        assert old("active_token", user_id=user.id_) == "our-token"
