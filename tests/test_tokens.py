from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from reana_db import audit, config, errors, migrate, queries, tokens
from reana_db.encryption import keyring
from reana_db.migrating import preflight
from reana_db.queries import Conn
from reana_db.records import AuditAction, TokenStatus
from tests.support.factories import insert, make_user
from tests.support.races import at_once

pytestmark = pytest.mark.usefixtures("no_leaks")


KEYS = keyring.of("a secret key")
ADMIN = UUID(int=0)


@pytest.fixture
def user(conn: Conn) -> UUID:
    return make_user(conn)


@pytest.fixture
def admin(conn: Conn) -> UUID:
    return make_user(conn, id_=ADMIN, email="admin@example.org")


def make_token(conn: Conn, user_id: UUID, status: str, **columns: Any) -> UUID:
    token_id = uuid4()
    values: dict[str, Any] = {
        "created": "2026-01-01",
        "updated": "2026-01-01",
        "id_": token_id,
        "user_id": user_id,
        "type_": "reana",
        "status": status,
    }
    insert(conn, "user_token", **{**values, **columns})
    return token_id


def grant(conn: Conn, user_id: UUID, token: str = "token-1", **more: Any) -> None:
    tokens.grant(conn, user_id, token=token, keys=KEYS, **more)


def value(conn: Conn, user_id: UUID) -> str | None:
    found = tokens.active(conn, user_id, keys=KEYS)
    return found.value if found else None


def actions(conn: Conn, user_id: UUID) -> list[AuditAction]:
    with conn.transaction():
        return [entry.action for entry in audit.entries(conn, user_id=user_id)]


def count(conn: Conn, user_id: UUID, status: str) -> int:
    row = conn.execute(
        "SELECT count(*) FROM __reana.user_token WHERE user_id = %s AND status = %s",
        [user_id, status],
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_request_is_a_token_without_value(conn: Conn, user: UUID) -> None:
    token_id = tokens.request(conn, user)
    found = tokens.latest(conn, user)
    assert found is not None
    assert (found.id_, found.status) == (token_id, TokenStatus.requested)
    assert tokens.active(conn, user, keys=KEYS) is None


def test_a_request_is_audited_in_the_same_statement(conn: Conn, user: UUID) -> None:
    before = queries.executions.total()
    tokens.request(conn, user)
    assert queries.executions.total() == before + 1
    assert actions(conn, user) == [AuditAction.request_token]


def test_a_second_request_is_refused(conn: Conn, user: UUID) -> None:
    tokens.request(conn, user)
    with pytest.raises(errors.TokenAlreadyRequested):
        tokens.request(conn, user)
    assert count(conn, user, "requested") == 1


def test_a_request_of_a_user_with_a_token_is_refused(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    with pytest.raises(errors.TokenAlreadyActive):
        tokens.request(conn, user)


def test_a_request_of_nobody_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        tokens.request(conn, uuid4())


def test_a_grant_gives_the_requested_token_its_value(conn: Conn, user: UUID) -> None:
    token_id = tokens.request(conn, user)
    grant(conn, user)
    found = tokens.active(conn, user, keys=KEYS)
    assert found is not None
    assert (found.id_, found.value) == (token_id, "token-1")
    assert count(conn, user, "requested") == 0


def test_a_grant_without_request_makes_a_token(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    assert count(conn, user, "active") == 1


def test_a_grant_after_a_revocation_makes_a_new_token(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    tokens.revoke(conn, user)
    grant(conn, user, "token-2")
    found = tokens.active(conn, user, keys=KEYS)
    assert found is not None
    assert found.value == "token-2"
    assert count(conn, user, "revoked") == 1


def test_a_second_grant_is_refused(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    with pytest.raises(errors.TokenAlreadyActive):
        grant(conn, user, "token-2")


def test_a_grant_of_the_value_of_another_user_is_refused(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    with pytest.raises(errors.AlreadyExists, match="belongs to another"):
        grant(conn, make_user(conn))


def test_a_refused_grant_leaves_the_transaction_usable(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    with pytest.raises(errors.AlreadyExists):
        grant(conn, make_user(conn))
    assert conn.info.transaction_status is TransactionStatus.INTRANS
    assert count(conn, user, "active") == 1


def test_a_grant_by_an_administrator_is_audited_in_the_statement_that_writes(
    conn: Conn, user: UUID, admin: UUID
) -> None:
    before = queries.executions.total()
    grant(conn, user, granted_by=admin, details={"user_id": str(user)})
    assert queries.executions.total() == before + 2
    with conn.transaction():
        (entry,) = audit.entries(conn, user_id=admin)
    assert (entry.action, entry.details) == (AuditAction.grant_token, {"user_id": str(user)})


def test_a_grant_by_nobody_is_not_audited(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    assert actions(conn, user) == []


def test_u2_details_that_hold_the_token_are_refused(conn: Conn, user: UUID, admin: UUID) -> None:
    with pytest.raises(errors.InvalidArgument, match="must not hold") as refused:
        grant(conn, user, granted_by=admin, details={"reana_admin": "issued token-1 to her"})
    assert "token-1" not in str(refused.value)


def test_a_user_without_token_is_given_one_at_the_first_login(conn: Conn, user: UUID) -> None:
    assert tokens.ensure(conn, user, token="first", keys=KEYS)
    assert not tokens.ensure(conn, user, token="second", keys=KEYS)
    assert value(conn, user) == "first"


def test_a_request_is_granted_at_the_next_login(conn: Conn, user: UUID) -> None:
    requested = tokens.request(conn, user)
    assert tokens.ensure(conn, user, token="first", keys=KEYS)
    state = tokens.latest(conn, user)
    assert state is not None
    assert (state.id_, state.status) == (requested, TokenStatus.active)


def test_a_revoked_user_gets_another_token_only_on_purpose(conn: Conn, user: UUID) -> None:
    tokens.grant(conn, user, token="first", keys=KEYS)
    tokens.revoke(conn, user)
    assert not tokens.ensure(conn, user, token="second", keys=KEYS)
    assert value(conn, user) is None
    assert tokens.ensure(conn, user, token="second", reissue=True, keys=KEYS)
    assert value(conn, user) == "second"


def test_of_several_first_logins_one_gives_its_token(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        user_id = make_user(conn)

    def login(conn: Conn, number: int) -> bool:
        return tokens.ensure(conn, user_id, token=f"token{number}", keys=KEYS)

    assert sum(at_once(fresh_db, 8, login)) == 1


def test_a_revoked_token_keeps_its_value(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    revoked = tokens.revoke(conn, user)
    assert revoked.status is TokenStatus.revoked
    owner = tokens.find_owner(conn, "token-1", keys=KEYS)
    assert owner is not None
    assert (owner.id_, owner.token_status) == (user, TokenStatus.revoked)


def test_a_revocation_is_audited_in_the_same_statement(conn: Conn, user: UUID, admin: UUID) -> None:
    grant(conn, user)
    before = queries.executions.total()
    tokens.revoke(conn, user, revoked_by=admin)
    assert queries.executions.total() == before + 1
    assert actions(conn, admin) == [AuditAction.revoke_token]


@pytest.mark.parametrize(
    "details",
    ["for AWKWARD", {"AWKWARD": 1}, {"a": [{"b": ("xAWKWARDx",)}]}],
)
def test_details_are_searched_for_a_token_of_any_characters(
    conn: Conn, user: UUID, admin: UUID, details: Any
) -> None:
    token = "back\\slash 'and' \"quotes\" é"
    held = json.loads(json.dumps(details).replace("AWKWARD", json.dumps(token)[1:-1]))
    with pytest.raises(errors.InvalidArgument, match="must not hold the token"):
        tokens.grant(conn, user, token=token, granted_by=admin, details=held, keys=KEYS)
    tokens.grant(conn, user, token=token, keys=KEYS)
    with pytest.raises(errors.InvalidArgument, match="must not hold the token"):
        tokens.revoke(conn, user, revoked_by=admin, details=held, keys=KEYS)
    tokens.revoke(conn, user, revoked_by=admin, details=details, keys=KEYS)
    assert actions(conn, admin) == [AuditAction.revoke_token]


def test_without_active_token_there_is_nothing_to_revoke(conn: Conn, user: UUID) -> None:
    tokens.request(conn, user)
    with pytest.raises(errors.NoActiveToken):
        tokens.revoke(conn, user)


def test_the_owner_of_a_token_is_found(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    owner = tokens.find_owner(conn, "token-1", keys=KEYS)
    assert owner is not None
    assert (owner.id_, owner.token_status) == (user, TokenStatus.active)


def test_an_unknown_token_has_no_owner(conn: Conn) -> None:
    assert tokens.find_owner(conn, "no such token", keys=KEYS) is None


def test_tokens_of_older_services_are_found(conn: Conn, user: UUID) -> None:
    make_token(conn, user, "active", token=KEYS.current.encrypt_cbc("old"))
    owner = tokens.find_owner(conn, "old", keys=KEYS)
    assert owner is not None
    assert owner.id_ == user


def test_the_newest_token_tells_the_state(conn: Conn, user: UUID) -> None:
    make_token(conn, user, "revoked", created="2026-01-02")
    make_token(conn, user, "requested", created="2026-01-03")
    found = tokens.latest(conn, user)
    assert found is not None
    assert (found.status, found.created) == (
        TokenStatus.requested,
        datetime(2026, 1, 3, tzinfo=UTC),
    )


def test_a_user_without_token_has_no_state(conn: Conn, user: UUID) -> None:
    assert tokens.latest(conn, user) is None


def test_without_secret_key_the_variable_is_named(
    conn: Conn, user: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "settings", config.Settings)
    with pytest.raises(errors.ConfigurationError, match="REANA_SECRET_KEY"):
        tokens.grant(conn, user, token="token-1")


def test_states_need_no_secret_key(conn: Conn, user: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "settings", config.Settings)
    tokens.request(conn, user)
    assert tokens.active(conn, user) is None
    assert tokens.latest(conn, user) is not None


def test_no_text_shows_the_value_of_a_token(conn: Conn, user: UUID) -> None:
    grant(conn, user)
    assert "token-1" not in repr(tokens.active(conn, user, keys=KEYS))


def test_the_database_refuses_a_second_active_token_of_any_client(conn: Conn, user: UUID) -> None:
    make_token(conn, user, "active")
    with pytest.raises(psycopg.errors.UniqueViolation, match="uq_user_token_active"):
        make_token(conn, user, "active")


def test_the_database_refuses_a_second_requested_token_of_any_client(
    conn: Conn, user: UUID
) -> None:
    make_token(conn, user, "requested")
    with pytest.raises(psycopg.errors.UniqueViolation, match="uq_user_token_requested"):
        make_token(conn, user, "requested")


def test_a_temporary_table_does_not_capture_tokens(conn: Conn, user: UUID) -> None:
    for table in ("user_token", "user_", "audit_log"):
        conn.execute(f"CREATE TEMPORARY TABLE {table} (LIKE __reana.{table}) ON COMMIT DROP")
    conn.execute("SET LOCAL search_path = pg_temp")
    tokens.request(conn, user)
    grant(conn, user)
    assert count(conn, user, "active") == 1


def test_token_times_are_utc_whatever_the_zone(conn: Conn, user: UUID) -> None:
    conn.execute("SET LOCAL TIME ZONE 'Europe/Zurich'")
    tokens.request(conn, user)
    found = tokens.latest(conn, user)
    assert found is not None
    assert abs(found.created - datetime.now(UTC)) < timedelta(minutes=1)


def act_at_random(conn: Conn, user_id: UUID, action: str, number: int) -> str:
    """Do one thing to the token of a user; return what came of it."""
    try:
        if action == "grant":
            grant(conn, user_id, f"{number}-{uuid4()}", granted_by=ADMIN)
        elif action == "request":
            tokens.request(conn, user_id)
        else:
            tokens.revoke(conn, user_id, revoked_by=ADMIN)
    except (errors.TokenAlreadyActive, errors.TokenAlreadyRequested, errors.NoActiveToken):
        assert conn.info.transaction_status is TransactionStatus.INTRANS
        return "refused"
    return action


def test_r11_racing_grants_requests_and_revocations_leave_one_token(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as setup:
        user_id = make_user(setup)
        make_user(setup, id_=ADMIN, email="admin@example.org")

    def work(conn: Conn, number: int) -> list[str]:
        results = []
        for _ in range(40):
            action = random.choice(["grant", "request", "revoke"])
            with conn.transaction():
                results.append(act_at_random(conn, user_id, action, number))
            assert count(conn, user_id, "active") <= 1
            assert count(conn, user_id, "requested") <= 1
        return results

    results = [item for batch in at_once(fresh_db, 16, work) for item in batch]
    with psycopg.connect(fresh_db) as conn:
        assert count(conn, user_id, "revoked") == results.count("revoke")
        granted = results.count("grant") - results.count("revoke")
        assert count(conn, user_id, "active") == granted
        assert actions(conn, user_id).count(AuditAction.request_token) == results.count("request")
        assert len(actions(conn, ADMIN)) == results.count("grant") + results.count("revoke")


def test_r11_a_grant_loses_against_an_older_service_without_an_aborted_transaction(
    fresh_db: str,
) -> None:
    with psycopg.connect(fresh_db) as setup:
        user_id = make_user(setup)
        make_user(setup, id_=ADMIN, email="admin@example.org")

    def work(conn: Conn, number: int) -> str:
        if number:
            with conn.transaction():
                return act_at_random(conn, user_id, "grant", number)
        try:
            make_token(conn, user_id, "active")
        except psycopg.errors.UniqueViolation:
            return "refused"
        return "grant"

    assert sorted(at_once(fresh_db, 4, work)) == ["grant", "refused", "refused", "refused"]


@pytest.fixture
def unrepaired(fresh_db: str) -> Iterator[Conn]:
    """A database with the duplicates that older services leave."""
    migrate.rollback(fresh_db, to="0027-retention-rules")
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        yield conn


def test_the_repair_keeps_the_newest_token_and_says_what_it_did(
    unrepaired: Conn, fresh_db: str
) -> None:
    user_id = make_user(unrepaired)
    old = make_token(unrepaired, user_id, "active", token=b"hushhush", created="2026-01-01")
    make_token(unrepaired, user_id, "active", created="2026-01-03")
    older = make_token(unrepaired, user_id, "active", created="2025-01-01")
    make_token(unrepaired, user_id, "requested", created="2026-01-01")
    doubled = make_token(unrepaired, user_id, "requested", created="2025-01-01")
    migrate.apply(fresh_db)
    assert [count(unrepaired, user_id, s) for s in ("active", "requested", "revoked")] == [1, 1, 3]
    with unrepaired.transaction():
        entries = list(audit.entries(unrepaired, user_id=user_id))
    assert {entry.details["token_id"] for entry in entries} == {str(old), str(older), str(doubled)}
    assert {entry.action for entry in entries} == {AuditAction.revoke_token}
    assert {entry.details["rule"] for entry in entries} == {
        "at most one active token per user",
        "at most one requested token per user",
    }
    assert "hushhush" not in str(entries)


def test_the_preflight_counts_duplicate_tokens(unrepaired: Conn, fresh_db: str) -> None:
    user_id = make_user(unrepaired)
    for _ in range(3):
        make_token(unrepaired, user_id, "active")
    report = preflight.report(unrepaired, migrate.status(fresh_db))
    assert [(item.check, item.count) for item in report.findings] == [("duplicate_tokens", 2)]


def test_entries_of_the_audit_log_are_written_and_listed(conn: Conn, user: UUID) -> None:
    written = audit.record(conn, user, AuditAction.grant_token, {"source": "test"})
    with conn.transaction():
        assert list(audit.entries(conn, user_id=user)) == [written]


def test_entries_of_the_audit_log_can_be_limited_in_time(conn: Conn, user: UUID) -> None:
    written = audit.record(conn, user, AuditAction.grant_token)
    later = written.created + timedelta(microseconds=1)
    with conn.transaction():
        assert list(audit.entries(conn, user_id=user, since=written.created)) == [written]
        assert list(audit.entries(conn, user_id=user, until=written.created)) == []
        assert list(audit.entries(conn, user_id=user, since=later)) == []


def test_an_entry_of_an_unknown_user_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.MissingReference):
        audit.record(conn, uuid4(), AuditAction.grant_token)
