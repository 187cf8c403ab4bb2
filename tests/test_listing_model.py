"""Listings against a straightforward model in Python, over random data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reana_db import listing
from reana_db.listing import Sort
from reana_db.queries import Conn
from reana_db.records import RunStatus
from tests.support import soak
from tests.support.factories import (
    FAR_AHEAD,
    LONG_AGO,
    NOON,
    make_session,
    make_user,
    make_workflow,
    set_usage,
    share,
)

pytestmark = pytest.mark.slow

EMAILS = ("me@example.org", "ann@example.org", "bob%_@example.org")
NAMES = st.text("aB1.%_\\'\" é字😀", min_size=1, max_size=4)


@dataclass
class Run:
    """One run of the model."""

    owner: int
    name: str | None
    status: RunStatus
    created: datetime
    disk: int | None
    cpu: int | None
    has_session: bool
    shares: dict[int, bool]
    """Whether the share with each user is still valid."""
    id_: UUID = field(default_factory=lambda: UUID(int=0))

    def visible_to(self, user: int) -> bool:
        return self.owner != user and self.shares.get(user, False)

    def shared_with(self, email: str) -> bool:
        valid = {EMAILS[user] for user, is_valid in self.shares.items() if is_valid}
        return bool(valid) if email == listing.ANYBODY else email in valid


@st.composite
def runs(draw: st.DrawFn) -> Run:
    owner = draw(st.integers(0, 2))
    others = st.sampled_from([user for user in range(3) if user != owner])
    return Run(
        owner=owner,
        name=draw(st.none() | NAMES),
        status=draw(st.sampled_from(RunStatus)),
        created=NOON + timedelta(days=draw(st.integers(0, 2))),
        disk=draw(st.none() | st.integers(0, 2)),
        cpu=draw(st.none() | st.integers(0, 2)),
        has_session=draw(st.booleans()),
        shares=draw(st.dictionaries(others, st.booleans())),
    )


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    scope = draw(
        st.fixed_dictionaries({"shared": st.booleans()})
        | st.fixed_dictionaries({"shared_by": st.sampled_from([*EMAILS, listing.ANYBODY, "x"])})
        | st.fixed_dictionaries(
            {"shared_with": st.sampled_from([*EMAILS, listing.ANYBODY, listing.NOBODY])}
        )
    )
    filters = st.fixed_dictionaries(
        {},
        optional={
            "search": st.text("aB%_\\é字", max_size=2),
            "statuses": st.lists(st.sampled_from(RunStatus)),
            "workflow_id_or_name": NAMES,
            "interactive": st.booleans(),
            "sort": st.sampled_from(Sort),
        },
    )
    return {**scope, **draw(filters)}


def in_scope(run: Run, question: dict[str, Any]) -> bool:
    own = run.owner == 0
    if "shared_with" in question:
        email = question["shared_with"]
        if email == listing.NOBODY:
            return own and not run.shared_with(listing.ANYBODY)
        return own and run.shared_with(email)
    if "shared_by" in question:
        sharers = (EMAILS[run.owner], listing.ANYBODY)
        return run.visible_to(0) and question["shared_by"] in sharers
    return own or (question["shared"] and run.visible_to(0))


FILTERS: dict[str, Callable[[Run, Any], bool]] = {
    "search": lambda run, part: (
        not part or (run.name is not None and part.lower() in run.name.lower())
    ),
    "statuses": lambda run, statuses: run.status in statuses,
    "workflow_id_or_name": lambda run, name: run.name == name,
    "interactive": lambda run, wanted: run.has_session or not wanted,
}


def expected(found: list[Run], question: dict[str, Any]) -> list[UUID]:
    """Return the ids that a question asks for, in order."""
    chosen = [
        run
        for run in found
        if in_scope(run, question)
        and all(keeps(run, question[name]) for name, keeps in FILTERS.items() if name in question)
    ]
    newest = sorted(chosen, key=lambda run: (-run.created.timestamp(), run.id_))
    sort = question.get("sort", Sort.NEWEST_FIRST)
    if sort is Sort.OLDEST_FIRST:
        newest.reverse()
    if sort is Sort.MOST_DISK_FIRST:
        newest.sort(key=lambda run: usage_key(run, run.disk))
    if sort is Sort.MOST_CPU_FIRST:
        newest.sort(key=lambda run: usage_key(run, run.cpu))
    return [run.id_ for run in newest]


def usage_key(run: Run, used: int | None) -> tuple[int, UUID]:
    """Order by usage, then by id; those that use nothing stay as they are."""
    return (-used, run.id_) if used else (0, UUID(int=0))


def stored(conn: Conn, found: list[Run]) -> UUID:
    """Store the runs and return the id of the user who asks."""
    users = [make_user(conn, email=email) for email in EMAILS]
    for run in found:
        run.id_ = make_workflow(
            conn, users[run.owner], name=run.name, status=run.status, created=run.created,
            run_number_major=found.index(run) + 1,
        )  # fmt: skip
        for used, resource in ((run.disk, "shared storage"), (run.cpu, "processing time")):
            if used is not None:
                set_usage(conn, run.id_, used, resource)
        if run.has_session:
            make_session(conn, run.id_)
        for user, valid in run.shares.items():
            share(conn, run.id_, users[user], FAR_AHEAD if valid else LONG_AGO)
    return users[0]


def walk(conn: Conn, me: UUID, question: dict[str, Any], size: int) -> list[UUID]:
    """Return the ids of all pages, from cursor to cursor."""
    page = listing.page(conn, me, size=size, **question)
    ids = [item.id_ for item in page.items]
    while page.next_cursor:
        page = listing.page(conn, me, size=size, cursor=page.next_cursor, **question)
        assert page.items
        ids += [item.id_ for item in page.items]
    return ids


@settings(max_examples=soak.size(50, 500), deadline=None)
@given(st.lists(runs(), max_size=12), st.lists(questions(), min_size=1, max_size=6), st.data())
def test_a_listing_is_what_the_model_says(
    session_conn: Conn, found: list[Run], asked: list[dict[str, Any]], data: st.DataObject
) -> None:
    with session_conn.transaction(force_rollback=True):
        me = stored(session_conn, found)
        for question in asked:
            ids = expected(found, question)
            size = data.draw(st.integers(1, 4))
            number = data.draw(st.integers(1, 4))
            page = listing.page(session_conn, me, page=number, size=size, **question)
            assert [item.id_ for item in page.items] == ids[(number - 1) * size : number * size]
            assert (page.total, page.has_next) == (len(ids), number * size < len(ids))
            assert walk(session_conn, me, question, size) == ids
