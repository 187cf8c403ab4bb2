"""What old services wrote, in each form: found by value, sealed and unsealed, rotated."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from reana_db import config, tokens, user_secrets
from reana_db.cli import main
from reana_db.encryption import keyring, rotation
from reana_db.encryption.keyring import WEBHOOK_SECRETS
from reana_db.encryption.rotation import Trouble
from reana_db.queries import Conn
from tests.interop.conftest import new_email, require
from tests.interop.released import SECRET_KEY, OldService, command

KEYS = keyring.of(SECRET_KEY)
NEXT = keyring.of("the next key of it", SECRET_KEY)
NEXT_ONLY = keyring.of("the next key of it")
WITH_TOKENS = ("0.9.5", "0.95.0a8")
WITH_SECRETS = "0.95.0a13"


@pytest.fixture
def keeper(old: OldService) -> OldService:
    """A service of a released version that has access tokens."""
    if old.release not in WITH_TOKENS:
        pytest.skip(f"reana-db {old.release} has no access tokens")
    return old


@pytest.fixture
def secretive(old: OldService) -> OldService:
    """A service of a released version that has webhook and session secrets."""
    if old.release != WITH_SECRETS:
        pytest.skip(f"reana-db {old.release} has no webhook and session secrets")
    return old


def session_of(conn: Conn, secret: str, keys: keyring.KeyRing = KEYS) -> UUID | None:
    found = user_secrets.find_session(conn, secret, keys=keys)
    return found.id_ if found else None


def user_of(conn: Conn, secret: str, keys: keyring.KeyRing = KEYS) -> UUID | None:
    found = user_secrets.find_webhook_owner(conn, secret, keys=keys)
    return found.id_ if found else None


def test_a_token_of_theirs_gets_its_digest_when_we_find_it(
    keeper: OldService, ours: Conn, owner: UUID
) -> None:
    token = f"theirs-{owner}"
    keeper("grant_token", user_id=owner, token=token)
    for _ in range(2):
        found = tokens.find_owner(ours, token, keys=KEYS)
        assert found is not None
        assert found.id_ == owner
    row = ours.execute(
        "SELECT token_digest FROM __reana.user_token WHERE user_id = %s", [owner]
    ).fetchone()
    assert row == (KEYS.current.digest(token),)
    assert keeper("find_user_by_token", token=token) == str(owner)


def test_a_token_of_theirs_with_odd_characters_is_found(
    keeper: OldService, ours: Conn, owner: UUID
) -> None:
    token = f"žluťoučký kůň '🐎' {owner}"
    keeper("grant_token", user_id=owner, token=token)
    found = tokens.find_owner(ours, token, keys=KEYS)
    assert found is not None
    assert found.id_ == owner


def test_a_webhook_secret_of_ours_is_read_and_found_by_them(
    secretive: OldService, ours: Conn, owner: UUID
) -> None:
    secret = user_secrets.webhook_secret(ours, owner, keys=KEYS).value
    assert secretive("webhook_secret", user_id=owner) == secret
    assert secretive("find_user_by_webhook_secret", secret=secret) == str(owner)


@pytest.mark.parametrize("release", WITH_TOKENS)
def test_a_token_that_they_write_into_a_sealed_database_is_found_and_unsealed_with_the_others(
    release: str, fresh_db: str
) -> None:
    require(release)
    with (
        OldService(release, fresh_db) as old,
        psycopg.connect(fresh_db, autocommit=True) as conn,
    ):
        user_id = UUID(old("create_user", email=new_email(), token="their-token"))
        rotation.seal(conn, KEYS)
        late = UUID(old("create_user", email=new_email(), token="late-token"))
        found = tokens.find_owner(conn, "late-token", keys=KEYS)
        assert found is not None
        assert found.id_ == late
        rotation.unseal(conn, KEYS)
        assert old("active_token", user_id=user_id) == "their-token"
        assert old("find_user_by_token", token="their-token") == str(user_id)


def test_after_our_rotation_they_read_their_secrets_with_the_new_key(fresh_db: str) -> None:
    require(WITH_SECRETS)
    with OldService(WITH_SECRETS, fresh_db) as before:
        user_id = before("create_user", email=new_email())
        before("set_webhook_secret", user_id=user_id, secret="webhook")
        run = before("create_run", user_id=user_id, name="analysis")["id"]
        session_id = before("open_session", workflow_id=run, name="s", secret="session")
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        for work in (rotation.rotate, rotation.seal, rotation.unseal):
            assert work(conn, NEXT).leftovers == []
    with OldService(WITH_SECRETS, fresh_db, REANA_SECRET_KEY="the next key of it") as after:
        assert after("webhook_secret", user_id=user_id) == "webhook"
        assert after("find_user_by_webhook_secret", secret="webhook") == user_id
        assert after("session_secret", session_id=session_id) == "session"


def test_their_rotation_of_secrets_leaves_what_we_read_and_find(fresh_db: str) -> None:
    require(WITH_SECRETS)
    with OldService(WITH_SECRETS, fresh_db) as old:
        user_id = UUID(old("create_user", email=new_email()))
        run = old("create_run", user_id=user_id, name="analysis")["id"]
        session_id = UUID(old("open_session", workflow_id=run, name="s"))
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        webhook = user_secrets.webhook_secret(conn, user_id, keys=KEYS).value
        session = user_secrets.session_secret(conn, session_id, keys=KEYS)
        settings = {"REANA_SECRET_KEY": "the next key of it"}
        arguments = ("migrate-secret-key", "--old-key", SECRET_KEY)
        done = command(WITH_SECRETS, fresh_db, *arguments, **settings)
        assert done.returncode == 0, done.stderr
        assert user_of(conn, webhook, NEXT_ONLY) == user_id
        assert session_of(conn, session, NEXT_ONLY) == session_id


def test_the_old_command_line_of_ours_does_what_theirs_did(
    fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    require("0.9.5")
    with OldService("0.9.5", fresh_db) as before:
        user_id = before("create_user", email=new_email(), token="their-token")
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", fresh_db)
    monkeypatch.setenv("REANA_SECRET_KEY", "the next key of it")
    config.settings.cache_clear()
    try:
        done = CliRunner().invoke(main, ["migrate-secret-key", "--old-key", SECRET_KEY])
    finally:
        config.settings.cache_clear()
    assert done.exit_code == 0, done.output
    with OldService("0.9.5", fresh_db, REANA_SECRET_KEY="the next key of it") as after:
        assert after("find_user_by_token", token="their-token") == user_id


def test_a_secret_of_theirs_that_was_damaged_is_named(fresh_db: str) -> None:
    require(WITH_SECRETS)
    with OldService(WITH_SECRETS, fresh_db) as old:
        user_id = UUID(old("create_user", email=new_email()))
        old("set_webhook_secret", user_id=user_id, secret="webhook")
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        conn.execute(
            "UPDATE __reana.user_ SET gitlab_webhook_secret = set_byte(gitlab_webhook_secret, 9,"
            " CASE get_byte(gitlab_webhook_secret, 9) WHEN 65 THEN 66 ELSE 65 END)"
        )
        (leftover,) = rotation.status(conn, KEYS).leftovers
    assert (leftover.column, leftover.row_id) == (WEBHOOK_SECRETS.column, user_id)
    assert leftover.trouble is Trouble.UNREADABLE
