"""Users and tokens of released versions and of ours, each read by the other."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from reana_db import tokens, users
from reana_db.encryption import keyring
from reana_db.queries import Conn
from reana_db.records import TokenStatus
from tests.interop.conftest import new_email, require
from tests.interop.released import SECRET_KEY, OldError, OldService

WITH_TOKENS = ("0.9.5", "0.95.0a8")
KEYS = keyring.of(SECRET_KEY)


@pytest.fixture
def keeper(old: OldService) -> OldService:
    """A service of a released version that has access tokens."""
    if old.release not in WITH_TOKENS:
        pytest.skip(f"reana-db {old.release} has no access tokens")
    return old


def test_a_user_of_theirs_is_found_by_us(old: OldService, ours: Conn) -> None:
    email = new_email()
    user_id = UUID(old("create_user", email=email))
    user = users.find_by_email(ours, email)
    assert user is not None
    assert user.id_ == user_id


def test_a_user_of_ours_has_quotas_for_them(old: OldService, ours: Conn) -> None:
    user = users.create(ours, email=new_email())
    assert old("used", user_id=user.id_) == {"cpu": 0, "disk": 0}
    assert old("has_exceeded_quota", user_id=user.id_) is False


def test_a_run_of_theirs_for_a_user_of_ours(old: OldService, ours: Conn) -> None:
    user = users.create(ours, email=new_email())
    assert old("create_run", user_id=user.id_, name="analysis")["run_number"] == "1"


def test_a_token_that_they_grant_authenticates_with_us(
    keeper: OldService, ours: Conn, owner: UUID
) -> None:
    token = f"theirs-{owner}"
    keeper("grant_token", user_id=owner, token=token)
    found = tokens.find_owner(ours, token, keys=KEYS)
    assert found is not None
    assert (found.id_, found.token_status) == (owner, TokenStatus.active)


def test_a_token_that_we_grant_authenticates_with_them(
    keeper: OldService, ours: Conn, owner: UUID
) -> None:
    token = f"ours-{owner}"
    tokens.grant(ours, owner, token=token, keys=KEYS)
    assert keeper("find_user_by_token", token=token) == str(owner)
    assert keeper("active_token", user_id=owner) == token


def test_a_token_requested_by_them_is_granted_by_us_and_revoked_by_them(
    keeper: OldService, ours: Conn, owner: UUID
) -> None:
    keeper("request_token", user_id=owner)
    tokens.grant(ours, owner, token=f"ours-{owner}", keys=KEYS)
    keeper("revoke_token", user_id=owner)
    assert tokens.active(ours, owner, keys=KEYS) is None
    latest = tokens.latest(ours, owner)
    assert latest is not None
    assert latest.status is TokenStatus.revoked


def test_a_token_requested_by_us_is_granted_by_them(
    keeper: OldService, ours: Conn, owner: UUID
) -> None:
    requested = tokens.request(ours, owner)
    keeper("grant_token", user_id=owner, token=f"theirs-{owner}")
    active = tokens.active(ours, owner, keys=KEYS)
    assert active is not None
    assert (active.id_, active.value) == (requested, f"theirs-{owner}")


def test_difference_a_second_active_token_is_refused(keeper: OldService, owner: UUID) -> None:
    keeper("grant_token", user_id=owner, token=f"first-{owner}")
    with pytest.raises(OldError) as caught:
        keeper("grant_token_unchecked", user_id=owner, token=f"second-{owner}")
    assert caught.value.sqlstate == "23505"
    assert keeper("active_token", user_id=owner) == f"first-{owner}"


def test_difference_a_second_requested_token_is_refused(keeper: OldService, owner: UUID) -> None:
    keeper("request_token", user_id=owner)
    with pytest.raises(OldError) as caught:
        keeper("request_token_unchecked", user_id=owner)
    assert caught.value.sqlstate == "23505"


def test_audit_entries_of_theirs_are_accepted(old: OldService, ours: Conn, owner: UUID) -> None:
    old("log_action", user_id=owner, action="grant_token")
    row = ours.execute(
        "SELECT details ->> 'source' FROM __reana.audit_log WHERE user_id = %s", [owner]
    ).fetchone()
    assert row == ("test",)


@pytest.mark.parametrize("release", WITH_TOKENS)
def test_their_key_migration_leaves_tokens_that_we_read(release: str, fresh_db: str) -> None:
    require(release)
    with OldService(release, fresh_db) as before:
        user_id = UUID(before("create_user", email=new_email(), token="their-token"))
    with OldService(release, fresh_db, REANA_SECRET_KEY="next") as after:
        after("change_key", old_key=SECRET_KEY)
    with psycopg.connect(fresh_db) as conn:
        active = tokens.active(conn, user_id, keys=keyring.of("next"))
        found = tokens.find_owner(conn, "their-token", keys=keyring.of("next"))
    assert active is not None
    assert active.value == "their-token"
    assert found is not None
    assert found.id_ == user_id
