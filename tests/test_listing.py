"""Listings of runs: base sets, filters, orders, pages, details."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from reana_db import errors, listing, queries, resources
from reana_db.listing import ANYBODY, NOBODY, Page, Sort
from reana_db.queries import Conn
from reana_db.records import RunStatus
from tests.support import factories
from tests.support.factories import (
    make_job,
    make_service,
    make_session,
    make_user,
    make_workflow,
    set_usage,
    share,
)


def names(page: Page) -> list[str | None]:
    return [item.name for item in page.items]


def test_a_listing_shows_own_runs_newest_first(conn: Conn) -> None:
    me = make_user(conn)
    for days in (2, 1, 3):
        make_workflow(conn, me, name=f"{days}", created=factories.NOON - timedelta(days=days))
    make_workflow(conn, make_user(conn), name="of somebody else")
    assert names(listing.page(conn, me)) == ["1", "2", "3"]
    assert names(listing.page(conn, me, sort=Sort.OLDEST_FIRST)) == ["3", "2", "1"]


def test_a_user_without_runs_gets_an_empty_page(conn: Conn) -> None:
    page = listing.page(conn, uuid4(), size=5)
    assert page == Page((), 0, True, False, False, False, None)


def test_whether_the_user_has_runs_does_not_depend_on_filters(conn: Conn) -> None:
    me = make_user(conn)
    make_workflow(conn, me)
    page = listing.page(conn, me, search="no such name")
    assert (page.total, page.user_has_workflows) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["mine", "mine shared", "mine expired"]),
        ({"shared": True}, ["mine", "mine shared", "mine expired", "of ann", "of bob"]),
        ({"shared_by": ANYBODY}, ["of ann", "of bob"]),
        ({"shared_by": "ann@example.org"}, ["of ann"]),
        ({"shared_by": "nobody@example.org"}, []),
        ({"shared_with": ANYBODY}, ["mine shared"]),
        ({"shared_with": NOBODY}, ["mine", "mine expired"]),
        ({"shared_with": "ann@example.org"}, ["mine shared"]),
        ({"shared_with": "bob@example.org"}, []),
    ],
)
def test_the_base_set(conn: Conn, arguments: dict[str, object], expected: list[str]) -> None:
    me, ann, bob = (make_user(conn, email=f"{name}@example.org") for name in ("me", "ann", "bob"))
    created = iter(factories.NOON - timedelta(days=days) for days in range(10))

    def run(owner: UUID, name: str) -> UUID:
        return make_workflow(conn, owner, name=name, created=next(created))

    run(me, "mine")
    share(conn, run(me, "mine shared"), ann, valid_until=factories.FAR_AHEAD)
    share(conn, run(me, "mine expired"), bob, valid_until=factories.LONG_AGO)
    share(conn, run(ann, "of ann"), me)
    share(conn, run(bob, "of bob"), me)
    share(conn, run(bob, "of bob, expired"), me, valid_until=factories.LONG_AGO)
    run(bob, "of bob, not shared")
    page = listing.page(conn, me, **arguments)  # type: ignore[arg-type] # parametrised keywords
    assert (names(page), page.total) == (expected, len(expected))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"statuses": [RunStatus.running, RunStatus.deleted]}, {"100%", "B_c"}),
        ({"statuses": []}, set()),
        ({"search": "%"}, {"100%"}),
        ({"search": "_"}, {"B_c"}),
        ({"search": "\\"}, {"a\\b"}),
        ({"search": "b"}, {"B_c", "a\\b"}),
        ({"search": ""}, {"100%", "B_c", "a\\b"}),
        ({"workflow_id_or_name": "100%"}, {"100%"}),
        ({"workflow_id_or_name": "100%.1"}, set()),
        ({"workflow_id_or_name": "b_c"}, set()),
        ({"workflow_id_or_name": "3fa85f64-5717-4562-b3fc-2c963f66afa6"}, {"a\\b"}),
        ({"workflow_id_or_name": "3FA85F6457174562B3FC2C963F66AFA6"}, {"a\\b"}),
        ({"interactive": True}, {"B_c"}),
    ],
)
def test_filters(conn: Conn, arguments: dict[str, object], expected: set[str]) -> None:
    me = make_user(conn)
    make_workflow(conn, me, name="100%", status="running")
    make_session(conn, make_workflow(conn, me, name="B_c", status="deleted"))
    make_workflow(conn, me, name="a\\b", id_=UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6"))
    page = listing.page(conn, me, **arguments)  # type: ignore[arg-type] # parametrised keywords
    assert set(names(page)) == expected
    assert page.total == len(expected)


@pytest.mark.parametrize(
    ("sort", "resource"),
    [(Sort.MOST_DISK_FIRST, "shared storage"), (Sort.MOST_CPU_FIRST, "processing time")],
)
def test_runs_that_use_nothing_come_last_newest_first(
    conn: Conn, sort: Sort, resource: str
) -> None:
    me = make_user(conn)
    used = {"unmeasured": None, "much": 2**40, "zero": 0, "little": 1, "negative": -1}
    for day, (name, amount) in enumerate(used.items()):
        created = factories.NOON - timedelta(days=day)
        set_usage(conn, make_workflow(conn, me, name=name, created=created), amount, resource)
    make_workflow(conn, me, name="none", created=factories.LONG_AGO)
    expected = ["much", "little", "unmeasured", "zero", "negative", "none"]
    assert names(listing.page(conn, me, sort=sort)) == expected
    assert names(listing.page(conn, me, sort=sort, shared=True)) == expected


def test_pages_by_number(conn: Conn) -> None:
    me = make_user(conn)
    for day in range(5):
        make_workflow(conn, me, name=f"{day}", created=factories.NOON - timedelta(days=day))
    pages = [listing.page(conn, me, page=number, size=2) for number in (1, 2, 3, 4)]
    assert [names(page) for page in pages] == [["0", "1"], ["2", "3"], ["4"], []]
    assert [page.has_prev for page in pages] == [False, True, True, True]
    assert [page.has_next for page in pages] == [True, True, False, False]
    assert {(page.total, page.total_is_exact) for page in pages} == {(5, True)}


@pytest.mark.parametrize("shared", [False, True])
def test_a_total_is_exact_up_to_a_bound(
    conn: Conn, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "COUNTED", 2)
    me, ann = make_user(conn), make_user(conn)
    for _ in range(3):
        make_workflow(conn, me)
        share(conn, make_workflow(conn, ann), me)
    runs = 6 if shared else 3
    pages = [listing.page(conn, me, page=page, size=1, shared=shared) for page in (1, runs - 1)]
    assert [(page.total, page.total_is_exact) for page in pages] == [(2, False), (runs, False)]
    last = listing.page(conn, me, page=runs, size=1, shared=shared)
    assert (last.total, last.total_is_exact) == (runs, True)


def test_a_cursor_goes_on_where_its_page_ended_whatever_came_since(conn: Conn) -> None:
    me = make_user(conn)
    for day in range(1, 5):
        make_workflow(conn, me, name=f"{day}", created=factories.NOON - timedelta(days=day))
    first = listing.page(conn, me, size=2)
    make_workflow(conn, me, name="new", created=factories.NOON)
    second = listing.page(conn, me, size=2, cursor=first.next_cursor)
    assert names(second) == ["3", "4"]
    assert (second.has_prev, second.has_next, second.next_cursor) == (True, False, None)


def test_an_item_shows_the_details_of_a_run(conn: Conn) -> None:
    me, ann = make_user(conn, email="me@example.org"), make_user(conn, email="ann@example.org")
    progress = {"total": {"total": 7, "job_ids": []}, "failed": {"total": 1, "job_ids": []}}
    run = make_workflow(conn, me, name="fit", job_progress=progress, run_number_major=3)
    make_job(conn, run, created=factories.LONG_AGO, job_name="old", prettified_cmd='"old"')
    make_job(
        conn,
        run,
        created=factories.NOON,
        job_name="fit",
        prettified_cmd='"echo é"',
        logs="x" * 1000,
    )
    session = make_session(conn, run, status="running")
    service = make_service(conn, run, name="dask-1")
    share(conn, run, ann)
    set_usage(conn, run, 5)
    (item,) = listing.page(conn, me).items
    assert item.full_name == "fit.3"
    assert item.owner_email == "me@example.org"
    assert (item.jobs_total, item.jobs_running, item.jobs_finished, item.jobs_failed) == (
        7,
        0,
        0,
        1,
    )
    assert (item.current_command, item.current_step_name) == ("echo é", "fit")
    assert item.shared_with == ("ann@example.org",)
    assert [(s.id_, s.name, s.status) for s in item.services] == [(service, "dask-1", "created")]
    assert (item.session_id, item.session_status) == (session, "running")
    assert item.disk_usage == 5


def test_an_item_without_details_has_none(conn: Conn) -> None:
    resources.create_defaults(conn)  # of each of which a run has used nothing from the start
    me = make_user(conn)
    make_workflow(conn, me, job_progress=None)
    (item,) = listing.page(conn, me).items
    assert (item.jobs_total, item.current_command, item.services) == (0, None, ())
    assert (item.session_id, item.disk_usage, item.shared_with) == (None, 0, ())


def test_with_whom_others_share_their_runs_is_not_shown(conn: Conn) -> None:
    me, ann, bob = make_user(conn), make_user(conn), make_user(conn)
    run = make_workflow(conn, ann)
    share(conn, run, me)
    share(conn, run, bob)
    (item,) = listing.page(conn, me, shared=True).items
    assert item.shared_with == ()


def test_a_run_without_owner_does_not_break_a_listing(conn: Conn) -> None:
    me = make_user(conn)
    share(conn, make_workflow(conn, None), me)
    (item,) = listing.page(conn, me, shared_by=ANYBODY).items
    assert item.owner_email is None


@pytest.mark.parametrize(
    ("arguments", "statements"),
    [({}, 3), ({"shared": True}, 4), ({"sort": Sort.MOST_DISK_FIRST}, 3)],
)
def test_a_page_takes_few_statements(
    conn: Conn, arguments: dict[str, object], statements: int
) -> None:
    me = make_user(conn)
    for _ in range(20):
        make_workflow(conn, me)
    before = queries.executions.total()
    listing.page(conn, me, size=10, **arguments)  # type: ignore[arg-type] # parametrised keywords
    assert queries.executions.total() - before == statements


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"page": 0}, "page must be a whole number from 1, not 0"),
        ({"page": "2"}, "page must be an int"),
        ({"size": -1}, "size must be a whole number from 1, not -1"),
        ({"size": True}, "size must be an int"),
        ({"page": 2**62, "size": 2**10}, "out of range"),
        ({"sort": "size"}, "sort must be one of desc, asc, disk-desc, cpu-desc, not str 'size'"),
        ({"sort": None}, "sort must be one of"),
        ({"cursor": "x", "size": 2}, "this is no cursor of a listing: 'x'"),
        ({"cursor": 5, "size": 2}, "cursor must be a str"),
        ({"cursor": "WzEsMiwzLDRd", "size": 2}, "this is no cursor"),
        ({"cursor": ""}, "a cursor needs a size"),
        ({"shared_by": "a", "shared_with": "b"}, "cannot be used together"),
        ({"shared_by": 5}, "shared_by must be a str"),
        ({"shared_with": 5}, "shared_with must be a str"),
        ({"shared": "yes"}, "shared must be a bool"),
        ({"search": 5}, "search must be a str"),
        ({"search": "a\x00"}, "NUL"),
        ({"statuses": "running"}, "statuses must be several values"),
        ({"statuses": ["flying"]}, "must be one of created"),
        ({"workflow_id_or_name": 5}, "name must be a str"),
        ({"workflow_id_or_name": "a\x00"}, "NUL"),
        ({"interactive": 1}, "interactive must be a bool"),
    ],
)
def test_bad_input_is_refused(conn: Conn, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=message):
        listing.page(conn, uuid4(), **arguments)  # type: ignore[arg-type] # parametrised keywords


def test_a_cursor_of_another_sort_is_refused(conn: Conn) -> None:
    me = make_user(conn)
    for _ in range(2):
        make_workflow(conn, me)
    cursor = listing.page(conn, me, size=1).next_cursor
    with pytest.raises(errors.InvalidArgument, match="belongs to another sort than 'asc'"):
        listing.page(conn, me, size=1, sort=Sort.OLDEST_FIRST, cursor=cursor)


def test_a_listing_passes_in_a_read_only_transaction(conn: Conn) -> None:
    me = make_user(conn)
    make_workflow(conn, me)
    conn.execute("SET TRANSACTION READ ONLY")
    assert listing.page(conn, me, shared=True).total == 1


def test_the_ids_of_jobs_come_with_a_listing_that_asks_for_them(conn: Conn) -> None:
    me = make_user(conn)
    progress = {"total": {"total": 2, "job_ids": []}, "running": {"total": 1, "job_ids": ["a"]}}
    for _ in range(3):
        make_workflow(conn, me, job_progress=progress)
    before = queries.executions.total()
    items = listing.page(conn, me, with_job_ids=True).items
    assert queries.executions.total() - before == 3
    assert [item.job_progress for item in items] == [progress] * 3
    assert listing.page(conn, me).items[0].job_progress is None


def test_the_progress_of_jobs_is_a_document_of_the_api() -> None:
    empty = {"total": 0, "job_ids": []}
    stored = {"running": {"total": 2, "job_ids": ["a", None, "b"]}, "finished": None}
    assert listing.progress_document(stored) == {
        "total": empty,
        "running": {"total": 2, "job_ids": ["a", "b"]},
        "finished": empty,
        "failed": empty,
    }
    assert listing.progress_document(None)["total"] == empty
