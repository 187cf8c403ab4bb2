"""Users: created with their quotas, and found."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from reana_db import errors, queries, resources, users
from reana_db.config import Settings
from reana_db.queries import Conn


def quotas(conn: Conn, user_id: object) -> dict[str, tuple[Any, ...]]:
    """Return limit, usage and months by resource type."""
    found = conn.execute(
        "SELECT type_, quota_limit, quota_used, quota_period_months, quota_period_start_at"
        " FROM __reana.user_resource INNER JOIN __reana.resource ON resource_id = resource.id_"
        " WHERE user_id = %s",
        [user_id],
    ).fetchall()
    return {row[0]: row[1:] for row in found}


def test_a_created_user_is_found_by_id_and_by_email(conn: Conn) -> None:
    user = users.create(conn, email="lise@example.org", full_name="Lise Meitner", username="lise")
    assert users.find_by_email(conn, "lise@example.org") == user
    assert users.find_by_id(conn, user.id_) == user
    assert (user.full_name, user.username) == ("Lise Meitner", "lise")


def test_an_email_is_compared_exactly(conn: Conn) -> None:
    users.create(conn, email="lise@example.org")
    assert users.find_by_email(conn, "Lise@example.org") is None


def test_an_unknown_user_is_none(conn: Conn) -> None:
    assert users.find_by_id(conn, uuid4()) is None


def test_creating_a_user_takes_one_statement(conn: Conn) -> None:
    executed = queries.executions.total()
    users.create(conn, email="lise@example.org")
    assert queries.executions.total() == executed + 1


def test_a_new_user_has_the_default_limits(conn: Conn) -> None:
    resources.create_defaults(conn)
    settings = Settings(default_cpu_limit=1000, default_disk_limit=5)
    user = users.create(conn, email="lise@example.org", settings=settings)
    assert quotas(conn, user.id_) == {
        "cpu": (1000, 0, None, None),
        "disk": (5, 0, None, None),
    }


def test_only_the_cpu_quota_of_a_new_user_is_periodic(conn: Conn) -> None:
    resources.create_defaults(conn)
    settings = Settings(default_cpu_period_months=3)
    user = users.create(conn, email="lise@example.org", settings=settings)
    found = quotas(conn, user.id_)
    assert found["cpu"] == (0, 0, 3, user.created.replace(tzinfo=None))
    assert found["disk"] == (0, 0, None, None)


def test_an_email_address_belongs_to_one_user(conn: Conn) -> None:
    users.create(conn, email="lise@example.org")
    with (
        pytest.raises(errors.AlreadyExists, match=r"there is a user lise@example\.org"),
        conn.transaction(),
    ):
        users.create(conn, email="lise@example.org")


def test_an_email_address_that_is_too_long_is_refused(conn: Conn) -> None:
    with pytest.raises(errors.InvalidArgument, match="email must have at most 255 bytes, not 256"):
        users.create(conn, email="x" * 256)


def test_many_users_are_found_at_once(conn: Conn) -> None:
    ids = [users.create(conn, email=f"{name}@example.org").id_ for name in "cab"]
    found = users.many(conn, [*ids, uuid4()])
    assert [user.email[0] for user in found] == ["a", "b", "c"]


def test_a_user_is_found_by_id_before_email(conn: Conn) -> None:
    lise = users.create(conn, email="lise@example.org")
    otto = users.create(conn, email="otto@example.org")
    assert users.find(conn, user_id=lise.id_, email="otto@example.org") == lise
    assert users.find(conn, user_id=str(lise.id_)) == lise
    assert users.find(conn, email="otto@example.org") == otto


@pytest.mark.parametrize("arguments", [{}, {"user_id": "lise"}, {"user_id": uuid4()}])
def test_a_user_who_is_not_named_is_none(conn: Conn, arguments: dict[str, Any]) -> None:
    assert users.find(conn, **arguments) is None


def test_the_administrator_has_a_fixed_id(conn: Conn) -> None:
    with pytest.raises(errors.NotFound, match="this site has no administrator"):
        users.administrator(conn)
    users.create(conn, email="admin@example.org", user_id=UUID(int=0))
    assert users.administrator(conn).email == "admin@example.org"
