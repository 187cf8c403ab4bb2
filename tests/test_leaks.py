"""Nothing that the library emits, and nothing that the server shows or logs, holds a secret."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from reana_db import accounts, audit, config, embedded, errors, migrate, tokens, user_secrets
from reana_db.accounts import NewUser
from reana_db.cli import main
from reana_db.config import Settings
from reana_db.encryption import keyring, redaction, rotation
from reana_db.queries import Conn
from tests.support.factories import make_session, make_user, make_workflow
from tests.support.leaks import Watch
from tests.support.secret_values import old_session, old_token, old_webhook_secret

pytestmark = pytest.mark.slow

KEY, OLD_KEY = "canary-key-nu8Wq", "canary-old-key-Zk3x"
OLD = keyring.of(OLD_KEY)


@pytest.fixture(scope="module")
def log_and_uri() -> Iterator[tuple[Path, str]]:
    """A server that logs every statement with its parameters."""
    settings = {
        "log_statement": "all",
        "log_min_duration_statement": "0",
        "log_error_verbosity": "verbose",
    }
    with embedded.start(settings=settings) as server:
        home = Path(str(conninfo_to_dict(server.uri())["host"])).parent
        migrate.apply(server.uri())
        yield home / "server.log", server.uri()


@pytest.fixture
def own(log_and_uri: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Conn]:
    """A connection that prepares every statement, with the keys in the environment."""
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", log_and_uri[1])
    monkeypatch.setenv("REANA_SECRET_KEY", KEY)
    monkeypatch.setenv("REANA_SECRET_KEY_PREVIOUS", OLD_KEY)
    config.settings.cache_clear()
    with psycopg.connect(log_and_uri[1], autocommit=True, prepare_threshold=0) as conn:
        yield conn
    config.settings.cache_clear()


def canary() -> str:
    return f"canary-{uuid4()}"


def use_tokens(conn: Conn) -> None:
    """Do everything with tokens, and run into every error."""
    user_id, token = make_user(conn), canary()
    tokens.grant(conn, user_id, token=token, granted_by=user_id, details={"source": "test"})
    tokens.find_owner(conn, token)
    tokens.active(conn, user_id)
    for refused in (
        lambda: tokens.grant(conn, user_id, token=canary()),
        lambda: tokens.grant(conn, make_user(conn), token=token),
        lambda: tokens.grant(conn, uuid4(), token=canary()),
        lambda: tokens.grant(conn, user_id, token=token, details=[f"gave {token}"]),
        lambda: tokens.find_owner(conn, f"{token}\ud800"),
        lambda: accounts.create(conn, NewUser(email=f"{uuid4()}@x.org", token=token)),
    ):
        with contextlib.suppress(errors.ReanaDBError, UnicodeEncodeError):
            refused()
    with contextlib.suppress(psycopg.Error):  # as an old service would, past every check
        old_token(conn, token, keyring.current())
    tokens.revoke(conn, user_id, revoked_by=user_id)
    accounts.create(conn, NewUser(email=f"{uuid4()}@x.org", token=canary()))
    with contextlib.suppress(errors.UnreadableSecret), conn.transaction():
        list(accounts.search(conn, token=token, with_tokens=True))
        list(accounts.export(conn))


def use_secrets(conn: Conn) -> None:
    """Do everything with secrets of sessions and webhooks."""
    user_id = make_user(conn)
    session_id = make_session(conn, make_workflow(conn, user_id))
    user_secrets.find_session(conn, user_secrets.session_secret(conn, session_id))
    for renew in (False, True):
        made = user_secrets.webhook_secret(conn, user_id, renew=renew)
        user_secrets.find_webhook_owner(conn, made.value)
        assert made.value not in repr(made)
    user_secrets.remove_webhook_secret(conn, user_id)


def damage(conn: Conn) -> None:
    """Leave values that are unreadable, and sealed ones that were moved."""
    for keys in (keyring.of("canary-lost-key-Qq1"), OLD):
        old_token(conn, canary(), keys)
        old_webhook_secret(conn, canary(), keys)
        old_session(conn, canary(), keys)
    for (token_id,) in conn.execute("SELECT id_ FROM __reana.user_token").fetchall():
        moved = [make_user(conn), token_id]
        conn.execute("UPDATE __reana.user_token SET user_id = %s WHERE id_ = %s", moved)


@pytest.mark.parametrize("work", [rotation.unseal, rotation.seal, rotation.rotate])
def test_functions_commands_and_server_show_no_secret(
    own: Conn, log_and_uri: tuple[Path, str], no_leaks: Watch, work: object
) -> None:
    assert callable(work)
    work(own, keyring.of(KEY, OLD_KEY))
    use_tokens(own)
    use_secrets(own)
    with own.transaction():
        shown = [repr(entry) for entry in audit.entries(own)]
    damage(own)
    redaction.redact_audit(own, keyring.current(), dry_run=True)
    for arguments in (
        ("status",),
        ("status", "--json"),
        ("rotate",),
        ("rotate", "--json"),
        ("redact-audit",),
        ("seal",),
        ("unseal",),
    ):
        CliRunner().invoke(main, ["secrets", *arguments])
    CliRunner().invoke(main, ["migrate-secret-key", "--old-key", OLD_KEY])
    shown += [repr(config.settings()), repr(keyring.current()), str(Settings.from_environment())]
    shown += server_side(own)
    log = log_and_uri[0].read_text(errors="replace")
    assert "reana_db:tokens._find_owner" in log
    canaries = {secret for secret in no_leaks.secrets if len(secret) >= 16}
    assert len(canaries) > 10
    assert [secret for secret in canaries for text in [*shown, log] if secret in text] == []


def server_side(conn: Conn) -> list[str]:
    """Return what the server shows of statements and of stored values."""
    found = []
    for statement in (
        "SELECT name, statement FROM pg_prepared_statements",
        "SELECT application_name, query FROM pg_stat_activity",
        "SELECT encode(token, 'escape'), encode(token_digest, 'escape') FROM __reana.user_token",
        "SELECT details FROM __reana.audit_log",
        "SELECT row_to_json(history)::text FROM __reana.status_history AS history",
    ):
        found += [json.dumps(row, default=str) for row in conn.execute(statement.encode())]
    return found


def test_the_watch_finds_a_secret_that_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support import leaks

    watch = leaks.watch(monkeypatch)
    key = keyring.Key("a key of many letters")
    logging.getLogger("reana_db").debug("found %s", "the token itself")
    key.digest("the token itself")
    errors.NotFound("no user with a key of many letters")
    monkeypatch.undo()
    assert {secret for secret, _ in watch.leaks()} == {
        "the token itself",
        "a key of many letters",
    }


def test_ids_of_rows_are_no_secrets() -> None:
    assert str(UUID(int=1)) in str(keyring.Row("user_token.token", UUID(int=1)))
