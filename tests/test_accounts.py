"""Users with their tokens and quotas: created in bulk, searched, exported, shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import accounts, errors, queries, resources, tokens, users
from reana_db.accounts import NewUser
from reana_db.config import Settings
from reana_db.encryption import keyring
from reana_db.queries import Conn

pytestmark = pytest.mark.usefixtures("no_leaks")


KEYS = keyring.of("a secret key")
SETTINGS = Settings(default_cpu_limit=7, default_disk_limit=5, default_cpu_period_months=3)


@pytest.fixture(autouse=True)
def default_resources(conn: Conn) -> None:
    resources.create_defaults(conn)


def create(conn: Conn, *new: NewUser) -> list[UUID]:
    return accounts.create_many(conn, new, settings=SETTINGS, keys=KEYS)


def test_many_users_are_created_in_one_statement(conn: Conn) -> None:
    new = [NewUser(email=f"{number}@example.org", token=f"t{number}") for number in range(20)]
    before = queries.executions.total()
    ids = create(conn, *new)
    assert queries.executions.total() - before == 1
    assert ids == [user.id_ for user in new]
    owner = tokens.find_owner(conn, "t7", keys=KEYS)
    assert owner is not None
    assert (owner.email, owner.token_status) == ("7@example.org", "active")


def test_a_profile_shows_token_and_quotas_in_one_statement(conn: Conn) -> None:
    (user_id,) = create(conn, NewUser(email="lise@example.org", full_name="Lise", token="t1"))
    before = queries.executions.total()
    profile = accounts.profile(conn, user_id, keys=KEYS)
    assert queries.executions.total() - before == 1
    assert (profile.email, profile.full_name) == ("lise@example.org", "Lise")
    assert (profile.token, profile.token_status) == ("t1", "active")
    assert [(q.type_, q.unit, q.quota_used, q.quota_limit) for q in profile.quotas] == [
        ("cpu", "milliseconds", 0, 7),
        ("disk", "bytes_", 0, 5),
    ]
    assert [q.period_months for q in profile.quotas] == [3, None]
    assert profile.quotas[0].period_start_at == profile.created


def test_a_period_that_is_over_counts_as_renewed(conn: Conn) -> None:
    (user_id,) = create(conn, NewUser(email="lise@example.org"))
    conn.execute(
        "UPDATE __reana.user_resource SET quota_period_start_at = '2020-01-31'"
        " WHERE quota_period_months IS NOT NULL"
    )
    quota = accounts.profile(conn, user_id, keys=KEYS).quotas[0]
    assert quota.period_start_at is not None
    assert datetime.now(UTC) - quota.period_start_at < timedelta(days=93)
    assert quota.quota_used == 0


def test_a_profile_without_token(conn: Conn) -> None:
    (user_id,) = create(conn, NewUser(email="lise@example.org"))
    profile = accounts.profile(conn, user_id)
    assert (profile.token, profile.token_status, profile.token_created) == (None, None, None)
    tokens.request(conn, user_id)
    assert accounts.profile(conn, user_id).token_status == "requested"


def test_an_unknown_user_has_no_profile(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        accounts.profile(conn, uuid4())


def test_what_is_exported_can_be_imported(conn: Conn) -> None:
    new = [
        NewUser(email="lise@example.org", full_name="Lise", username="lise", token="t1"),
        NewUser(email="otto@example.org"),
    ]
    create(conn, *new)
    exported = list(accounts.export(conn, keys=KEYS))
    assert exported == new
    for table in ("user_token", "user_resource", "user_"):
        conn.execute(f"DELETE FROM __reana.{table}")
    create(conn, *exported)
    assert list(accounts.export(conn, keys=KEYS)) == new


@pytest.mark.parametrize(
    "taken",
    [
        NewUser(email="lise@example.org"),
        NewUser(email="new@example.org", id_=UUID(int=7)),
        NewUser(email="new@example.org", token="t1"),
    ],
)
def test_one_conflict_creates_nobody(conn: Conn, taken: NewUser) -> None:
    create(conn, NewUser(email="lise@example.org", id_=UUID(int=7), token="t1"))
    with pytest.raises(errors.AlreadyExists), conn.transaction():
        create(conn, NewUser(email="fine@example.org"), taken)
    assert users.find_by_email(conn, "fine@example.org") is None


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("lise", "must be a NewUser"),
        (NewUser(email=5), "must be a str"),  # type: ignore[arg-type] # that is the test
        (NewUser(email="a\x00"), "NUL"),
        (NewUser(email="x" * 256), "at most 255 bytes"),
        (NewUser(email="a@b", id_="b"), "must be a UUID"),  # type: ignore[arg-type] # the same
        (NewUser(email="a@b", token=b"t"), "not shown"),  # type: ignore[arg-type] # the same
    ],
)
def test_bad_users_are_refused(conn: Conn, new: Any, message: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=message):
        create(conn, new)


def test_the_administrator_is_created_once(conn: Conn) -> None:
    def attempt(email: str) -> bool:
        return accounts.create_administrator(conn, email=email, token="t1", keys=KEYS)

    assert attempt("admin@example.org")
    assert not attempt("admin@example.org")
    with pytest.raises(errors.AlreadyExists), conn.transaction():
        attempt("other@example.org")
    assert users.administrator(conn).email == "admin@example.org"


def found(conn: Conn, **criteria: Any) -> list[str]:
    return [account.email[0] for account in accounts.search(conn, **criteria, keys=KEYS)]


def test_a_search_combines_its_criteria(conn: Conn) -> None:
    ann, _ = create(
        conn, NewUser(email="ann@x.org", token="t1"), NewUser(email="bob@x.org", token="t2")
    )
    tokens.revoke(conn, ann)
    assert found(conn) == ["a", "b"]
    assert found(conn, email="bob@x.org") == ["b"]
    assert found(conn, user_id=ann) == ["a"]
    assert found(conn, token="t1") == ["a"]
    assert found(conn, token="t1", email="bob@x.org") == []
    assert found(conn, token="t3") == []


def test_a_search_shows_tokens_only_if_asked(conn: Conn) -> None:
    create(conn, NewUser(email="ann@x.org", token="t1"))
    (hidden,) = accounts.search(conn)
    (shown,) = accounts.search(conn, with_tokens=True, keys=KEYS)
    assert (hidden.token, shown.token, hidden.token_status) == (None, "t1", "active")
    assert "t1" not in repr(shown)


def test_a_token_that_no_key_opens_hides_no_other_user(
    conn: Conn, caplog: pytest.LogCaptureFixture
) -> None:
    ann, _ = create(
        conn, NewUser(email="ann@x.org", token="t1"), NewUser(email="bob@x.org", token="t2")
    )
    conn.execute("UPDATE __reana.user_token SET token = '\\x00' WHERE user_id = %s", [ann])
    shown = accounts.search(conn, with_tokens=True, keys=KEYS)
    assert [(item.token, item.token_unreadable) for item in shown] == [(None, True), ("t2", False)]
    assert [item.token for item in accounts.export(conn, keys=KEYS)] == [None, "t2"]
    assert f"no key opens the token of user {ann}" in caplog.messages


def test_a_search_needs_a_transaction(db_uri: str) -> None:
    with (
        psycopg.connect(db_uri, autocommit=True) as conn,
        pytest.raises(errors.InvalidArgument, match="in a transaction"),
    ):
        accounts.search(conn)
