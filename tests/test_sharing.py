"""Sharing runs with other users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from reana_db import errors, sharing, workflows
from reana_db.queries import Conn
from tests.support.factories import FAR_AHEAD, LONG_AGO, make_user, make_workflow
from tests.support.factories import share as insert_share


@dataclass
class People:
    ann: UUID
    bob: UUID
    run: UUID
    """Ann's."""


@pytest.fixture
def people(conn: Conn) -> People:
    ann, bob = make_user(conn, email="ann@example.org"), make_user(conn, email="bob@example.org")
    return People(ann, bob, make_workflow(conn, ann, name="fit"))


def share(conn: Conn, people: People, **arguments: Any) -> None:
    defaults = {"owner_id": people.ann, "email": "bob@example.org"}
    sharing.share(conn, people.run, **{**defaults, **arguments})


def can_read(conn: Conn, people: People) -> bool:
    try:
        workflows.resolve(conn, str(people.run), user_id=people.bob, include_shared=True)
    except errors.NotFound:
        return False
    return True


def test_a_shared_run_can_be_read_until_it_is_unshared(conn: Conn, people: People) -> None:
    share(conn, people, message="look", valid_until=FAR_AHEAD)
    assert can_read(conn, people)
    (found,) = sharing.of_workflow(conn, people.run)
    assert (found.user_id, found.email, found.access_type) == (
        people.bob,
        "bob@example.org",
        "read",
    )
    assert (found.message, found.valid_until, found.expired) == ("look", FAR_AHEAD, False)
    sharing.unshare(conn, people.run, owner_id=people.ann, email="bob@example.org")
    assert not can_read(conn, people)


def test_a_share_until_a_day_ends_with_that_day(conn: Conn, people: People) -> None:
    today = datetime.now(UTC).date()
    share(conn, people, valid_until=today)
    assert can_read(conn, people)
    (found,) = sharing.of_workflow(conn, people.run)
    assert found.valid_until is not None
    assert found.valid_until.date() == today


def test_midnight_of_the_last_day_as_released_services_store_it_is_the_whole_day(
    conn: Conn, people: People
) -> None:
    today = datetime.now(UTC).date()
    insert_share(conn, people.run, people.bob, today)
    assert can_read(conn, people)
    assert sharing.sharing_with(conn, people.bob) == ["ann@example.org"]
    assert [found.expired for found in sharing.of_workflow(conn, people.run)] == [False]
    conn.execute("UPDATE __reana.user_workflow SET valid_until = %s", [today - timedelta(days=1)])
    assert not can_read(conn, people)
    assert [found.expired for found in sharing.of_workflow(conn, people.run)] == [True]


def test_a_moment_at_midnight_is_that_moment(conn: Conn, people: People) -> None:
    tomorrow = datetime.combine(datetime.now(UTC) + timedelta(days=1), time.min, UTC)
    share(conn, people, valid_until=tomorrow)
    (found,) = sharing.of_workflow(conn, people.run)
    assert found.valid_until == tomorrow - timedelta(microseconds=1)


def test_an_expired_share_counts_for_nobody_but_is_shown_to_the_owner(
    conn: Conn, people: People
) -> None:
    insert_share(conn, people.run, people.bob, LONG_AGO)
    assert not can_read(conn, people)
    assert sharing.sharing_with(conn, people.bob) == []
    assert sharing.shared_with_by(conn, people.ann) == []
    assert [found.expired for found in sharing.of_workflow(conn, people.run)] == [True]


def test_an_expired_share_is_replaced(conn: Conn, people: People) -> None:
    insert_share(conn, people.run, people.bob, LONG_AGO)
    share(conn, people)
    assert can_read(conn, people)


def test_sharing_twice_is_refused(conn: Conn, people: People) -> None:
    share(conn, people)
    with pytest.raises(errors.AlreadyExists, match="already shared with bob"):
        share(conn, people)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"email": "ann@example.org"}, errors.InvalidArgument, "with its owner"),
        ({"email": "eve@example.org"}, errors.NotFound, "no user with the e-mail address eve"),
        ({"owner_id": uuid4()}, errors.NotFound, "no workflow .* of this user"),
        ({"valid_until": date(2020, 1, 1)}, errors.InvalidArgument, "must not be over: 2020-01-01"),
        ({"valid_until": LONG_AGO}, errors.InvalidArgument, "must not be over"),
        ({"valid_until": "tomorrow"}, errors.InvalidArgument, "must be a datetime"),
        ({"valid_until": FAR_AHEAD.replace(tzinfo=None)}, errors.InvalidArgument, "time zone"),
        ({"message": "x" * 5001}, errors.InvalidArgument, "too long"),
    ],
)
def test_bad_input_is_refused(
    conn: Conn,
    people: People,
    arguments: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message), conn.transaction():
        share(conn, people, **arguments)
    assert sharing.of_workflow(conn, people.run) == []


@pytest.mark.parametrize("email", ["bob@example.org", "eve@example.org"])
def test_what_is_not_shared_cannot_be_unshared(conn: Conn, people: People, email: str) -> None:
    with pytest.raises(errors.NotFound, match=email):
        sharing.unshare(conn, people.run, owner_id=people.ann, email=email)


def test_users_on_both_sides_are_listed_once(conn: Conn, people: People) -> None:
    eve = make_user(conn, email="eve@example.org")
    another = make_workflow(conn, people.ann)
    for run, user in ((people.run, people.bob), (another, people.bob), (another, eve)):
        insert_share(conn, run, user, datetime.now(UTC) + timedelta(hours=1))
    assert sharing.sharing_with(conn, people.bob) == ["ann@example.org"]
    assert sharing.shared_with_by(conn, people.ann) == ["bob@example.org", "eve@example.org"]
    assert sharing.sharing_with(conn, people.ann) == []
