"""Tokens that old command lines wrote into the audit log are counted and removed."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import migrate
from reana_db.encryption import redaction
from reana_db.migrating import preflight
from reana_db.queries import Conn
from tests.support.factories import insert, make_user
from tests.support.secret_values import KEYS, old_token

pytestmark = pytest.mark.usefixtures("no_leaks")


TOKEN = "3k9-_JxQ2vLm8RtY0aBcDw"
HARMLESS = [
    None,
    {},
    {"source": "reana-admin", "user_email": "firstname.lastname.of.x@example.org"},
    {"user_id": str(uuid4()), "n": 1, "list": [True, 2.5]},
    {"reana_admin": "the administrator granted_a_token_to_him to somebody"},
    {"host": "Abcdefghijklmnopqrstu2.example.org"},
]
MESSAGES = [
    f"Token for user x (x@example.org) granted.\n\nToken: {TOKEN}",
    f"User token '{TOKEN}' revoked.",
    f"Granted\n{TOKEN}",
    f"Token {TOKEN}.",
]


def entry(conn: Conn, details: object) -> UUID:
    entry_id = uuid4()
    insert(
        conn,
        "audit_log",
        id_=entry_id,
        created="2026-01-01",
        updated="2026-01-01",
        user_id=make_user(conn),
        action="grant_token",
        details=None if details is None else json.dumps(details),
    )
    return entry_id


def details_of(conn: Conn, entry_id: UUID) -> object:
    row = conn.execute(
        "SELECT details FROM __reana.audit_log WHERE id_ = %s", [entry_id]
    ).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_token_in_a_message_is_counted_and_removed(conn: Conn, message: str) -> None:
    entry_id = entry(conn, {"reana_admin": message, "source": "reana-admin", "more": [message]})
    assert redaction.suspects(conn) == 1
    assert redaction.redact_audit(conn) == 1
    expected = message.replace(TOKEN, "(redacted)")
    assert details_of(conn, entry_id) == {
        "reana_admin": expected,
        "source": "reana-admin",
        "more": [expected],
    }
    assert redaction.suspects(conn) == 0
    assert redaction.redact_audit(conn) == 0


@pytest.mark.parametrize("details", HARMLESS)
def test_what_is_no_token_stays(conn: Conn, details: object) -> None:
    entry_id = entry(conn, details)
    assert redaction.suspects(conn) == 0
    assert redaction.redact_audit(conn) == 0
    assert details_of(conn, entry_id) == details


def test_with_the_key_tokens_of_this_database_are_recognised_whatever_they_look_like(
    conn: Conn,
) -> None:
    old_token(conn, "my-own-token")
    entry_id = entry(conn, {"reana_admin": "User token 'my-own-token' granted: my-own-token."})
    assert redaction.redact_audit(conn) == 0
    assert redaction.redact_audit(conn, KEYS) == 1
    assert details_of(conn, entry_id) == {
        "reana_admin": "User token '(redacted)' granted: (redacted)"
    }


def test_a_dry_run_only_counts(conn: Conn) -> None:
    entry_id = entry(conn, {"reana_admin": TOKEN})
    assert redaction.redact_audit(conn, dry_run=True) == 1
    assert details_of(conn, entry_id) == {"reana_admin": TOKEN}


def test_batches_reach_every_entry(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "BATCH", 3)
    for _ in range(10):
        entry(conn, {"reana_admin": TOKEN})
    entry_id = entry(conn, {"reana_admin": "harmless"})
    conn.execute(
        "UPDATE __reana.audit_log SET id_ = %s WHERE id_ = %s", [UUID(int=2**128 - 1), entry_id]
    )
    assert redaction.redact_audit(conn) == 10


def test_the_preflight_counts_entries_with_tokens(fresh_db: str) -> None:
    migrate.rollback(fresh_db, to="0027-retention-rules")
    with psycopg.connect(fresh_db) as conn:
        entry(conn, {"reana_admin": MESSAGES[0]})
        entry(conn, HARMLESS[2])
        conn.commit()
        report = preflight.report(conn, migrate.status(fresh_db))
    findings = {item.check: item for item in report.findings}
    assert findings["audit_tokens"].count == 1
    assert "redact-audit" in findings["audit_tokens"].message
