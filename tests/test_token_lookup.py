"""A token is found by its value: in one statement, in both forms, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from reana_db import errors, queries, tokens
from reana_db.encryption import keyring
from reana_db.queries import Conn
from reana_db.records import TokenStatus
from reana_db.registry import sql_files
from tests.support.factories import insert, make_user
from tests.support.secret_values import (
    KEYS,
    OTHER_KEYS,
    grant,
    old_token,
    seal_new_values,
    token_of,
)

pytestmark = pytest.mark.usefixtures("no_leaks")

BOTH = keyring.of("another key", "the key of this site")
FIND = sql_files.statements_of("tokens")["_find_owner"]


def found(conn: Conn, token: str, keys: keyring.KeyRing = KEYS) -> object:
    owner = tokens.find_owner(conn, token, keys=keys)
    return owner and owner.id_


@pytest.mark.parametrize("sealed", [False, True])
def test_a_token_of_ours_is_found_in_one_statement(conn: Conn, *, sealed: bool) -> None:
    if sealed:
        seal_new_values(conn)
    user_id = grant(conn, "ours")
    before = queries.executions.total()
    assert found(conn, "ours") == user_id
    assert queries.executions.total() == before + 1


def test_an_unknown_token_costs_the_same_statement(conn: Conn) -> None:
    before = queries.executions.total()
    assert found(conn, "nobody's") is None
    assert queries.executions.total() == before + 1


def test_a_token_is_stored_in_the_form_of_the_setting(conn: Conn) -> None:
    compatible = token_of(conn, grant(conn, "first"))[1]
    seal_new_values(conn)
    sealed = token_of(conn, grant(conn, "second"))[1]
    assert compatible == KEYS.current.encrypt_cbc("first")
    assert sealed.startswith(b"sealed1:" + KEYS.current.id.encode())


def test_a_requested_token_is_sealed_in_its_own_row(conn: Conn) -> None:
    seal_new_values(conn)
    user_id = make_user(conn)
    token_id = tokens.request(conn, user_id)
    tokens.grant(conn, user_id, token="value", keys=KEYS)
    active = tokens.active(conn, user_id, keys=KEYS)
    assert active is not None
    assert (active.id_, active.value) == (token_id, "value")
    assert found(conn, "value") == user_id


def test_a_grant_sees_that_the_request_it_sealed_for_is_gone(conn: Conn) -> None:
    user_id = make_user(conn)
    tokens.request(conn, user_id)
    outcome = tokens._grant(
        conn,
        user_id,
        token_id=uuid4(),
        compatible=b"a",
        sealed=b"b",
        digest=b"c",
        granted_by=None,
        audit_id=uuid4(),
        details=None,
    )
    assert outcome is tokens._Outcome.REQUEST_CHANGED


def test_the_same_value_cannot_be_sealed_twice(conn: Conn) -> None:
    seal_new_values(conn)
    grant(conn, "value")
    with pytest.raises(errors.AlreadyExists):
        grant(conn, "value")


def test_a_token_of_an_old_service_is_found_and_gets_its_digest_in_passing(conn: Conn) -> None:
    user_id = old_token(conn, "theirs")
    assert found(conn, "theirs") == user_id
    assert token_of(conn, user_id)[2] == KEYS.current.digest("theirs")
    before = queries.executions.total()
    assert found(conn, "theirs") == user_id
    assert queries.executions.total() == before + 1


def test_a_revoked_token_of_an_old_service_still_tells_whose_it_was(conn: Conn) -> None:
    user_id = old_token(conn, "theirs", status="revoked")
    owner = tokens.find_owner(conn, "theirs", keys=KEYS)
    assert owner is not None
    assert (owner.id_, owner.token_status) == (user_id, TokenStatus.revoked)


def test_a_look_up_writes_nothing_in_a_read_only_transaction(conn: Conn) -> None:
    user_id = old_token(conn, "theirs")
    conn.execute("SET TRANSACTION READ ONLY")
    assert found(conn, "theirs") == user_id
    assert token_of(conn, user_id)[2] is None


def test_a_look_up_writes_nothing_for_a_role_that_only_reads(conn: Conn) -> None:
    user_id = old_token(conn, "theirs")
    conn.execute("CREATE ROLE only_reads")
    conn.execute("GRANT USAGE ON SCHEMA __reana TO only_reads")
    conn.execute("GRANT SELECT ON ALL TABLES IN SCHEMA __reana TO only_reads")
    conn.execute("SET LOCAL ROLE only_reads")
    assert found(conn, "theirs") == user_id
    conn.execute("RESET ROLE")
    assert token_of(conn, user_id)[2] is None


def test_a_look_up_does_not_wait_for_a_service_that_holds_the_row(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as holder, psycopg.connect(fresh_db) as conn:
        user_id = old_token(holder, "theirs")
        holder.commit()
        holder.execute("UPDATE __reana.user_token SET updated = updated")
        conn.execute("SET lock_timeout = '1s'")
        assert found(conn, "theirs") == user_id


def test_a_value_written_by_an_old_service_does_not_keep_the_digest_of_another(conn: Conn) -> None:
    user_id = grant(conn, "first")
    conn.execute(
        "UPDATE __reana.user_token SET token = %s WHERE user_id = %s",
        [KEYS.current.encrypt_cbc("second"), user_id],
    )
    assert token_of(conn, user_id)[2] is None
    assert found(conn, "first") is None
    assert found(conn, "second") == user_id


def test_another_key_finds_nothing(conn: Conn) -> None:
    grant(conn, "value")
    assert found(conn, "value", OTHER_KEYS) is None


@pytest.mark.parametrize("sealed", [False, True])
def test_with_the_previous_key_its_tokens_are_found_and_read(conn: Conn, *, sealed: bool) -> None:
    if sealed:
        seal_new_values(conn)
    user_id = grant(conn, "value", KEYS)
    before = queries.executions.total()
    assert found(conn, "value", BOTH) == user_id
    assert queries.executions.total() == before + 1
    active = tokens.active(conn, user_id, keys=BOTH)
    assert active is not None
    assert active.value == "value"


def test_a_sealed_token_in_the_row_of_another_user_is_reported(conn: Conn) -> None:
    seal_new_values(conn)
    victim, thief = grant(conn, "victim"), grant(conn, "thief")
    token_id, value, digest = token_of(conn, victim)
    conn.execute("DELETE FROM __reana.user_token WHERE id_ = %s", [token_id])
    conn.execute(
        "UPDATE __reana.user_token SET token = %s, token_digest = %s WHERE user_id = %s",
        [value, digest, thief],
    )
    with pytest.raises(errors.TamperedSecret, match=str(token_of(conn, thief)[0])):
        found(conn, "victim")
    with pytest.raises(errors.TamperedSecret):
        tokens.active(conn, thief, keys=KEYS)


def test_a_sealed_token_whose_owner_was_changed_is_reported(conn: Conn) -> None:
    seal_new_values(conn)
    user_id, other = grant(conn, "value"), make_user(conn)
    conn.execute("UPDATE __reana.user_token SET user_id = %s WHERE user_id = %s", [other, user_id])
    with pytest.raises(errors.TamperedSecret, match="moved from another row"):
        found(conn, "value")


def test_a_digest_in_the_row_of_another_user_is_reported(conn: Conn) -> None:
    seal_new_values(conn)
    victim, thief = grant(conn, "victim"), grant(conn, "thief")
    digest = token_of(conn, thief)[2]
    conn.execute("DELETE FROM __reana.user_token WHERE user_id = %s", [thief])
    conn.execute(
        "UPDATE __reana.user_token SET token_digest = %s WHERE user_id = %s", [digest, victim]
    )
    with pytest.raises(errors.TamperedSecret, match="digest"):
        found(conn, "thief")


def test_no_function_shows_a_value(conn: Conn) -> None:
    user_id = grant(conn, "hunter2")
    match = tokens._find_owner(
        conn,
        digest=KEYS.current.digest("hunter2"),
        previous_digest=None,
        ciphertext=b"",
        previous_ciphertext=None,
    )
    shown = repr((match, tokens.active(conn, user_id, keys=KEYS), tokens._active(conn, user_id)))
    assert "hunter2" not in shown
    assert KEYS.current.encrypt_cbc("hunter2").decode() not in shown


@pytest.fixture
def many(fresh_db: str) -> Iterator[Conn]:
    """A database with so many tokens that an index is worth while."""
    with psycopg.connect(fresh_db, prepare_threshold=0) as conn:
        conn.execute(
            "INSERT INTO __reana.user_token"
            " (created, updated, id_, token, status, user_id, type_, token_digest)"
            " SELECT now(), now(), md5(n::text)::uuid, n::text::bytea, 'revoked', %s, 'reana',"
            " CASE WHEN n %% 2 = 0 THEN sha256(n::text::bytea) END"
            " FROM generate_series(1, 20000) AS n",
            [make_user(conn)],
        )
        conn.execute("ANALYZE __reana.user_token, __reana.user_")
        yield conn


def test_the_look_up_uses_the_indexes_only(many: Conn) -> None:
    many.execute("SET plan_cache_mode = force_generic_plan")
    plan = many.execute(
        b"EXPLAIN (COSTS OFF) " + FIND.query, dict.fromkeys(FIND.parameters, b"x")
    ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert re.search(r"Scan (using|on) uq_user_token_token_digest\b", text)
    assert re.search(r"Scan (using|on) uq_user_token_token\b", text)
    assert "Seq Scan on user_token" not in text


def test_the_server_keeps_the_plan_of_the_look_up(many: Conn) -> None:
    if many.info.server_version < 140000:
        pytest.skip("only servers from version 14 count plans")
    for number in range(20):
        found(many, str(number))
    (counts,) = many.execute(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
        " WHERE statement LIKE '/* reana_db:tokens._find_owner%'"
    ).fetchall()
    assert counts == (15, 5)


def test_an_insert_of_an_old_service_needs_no_digest(conn: Conn) -> None:
    insert(
        conn,
        "user_token",
        created="2026-01-01",
        updated="2026-01-01",
        id_=uuid4(),
        user_id=make_user(conn),
        status="requested",
        type_="reana",
    )
