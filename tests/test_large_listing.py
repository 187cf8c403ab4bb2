"""Listings of a user with 50,000 of 200,000 runs: ``tox -e scale``."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from benchmarks import database as benchmark
from reana_db import listing
from reana_db.listing import Page, Sort
from reana_db.queries import Conn
from reana_db.records import RunStatus
from tests.support.large_database import VARIABLE, workflows

pytestmark = pytest.mark.slow

SIZE = 10
ROUNDS = 40
AS_LONG = 1.3
"""How many times as long another page of the same listing may take."""

USED = {Sort.MOST_DISK_FIRST: 4000, Sort.MOST_CPU_FIRST: 4900}
"""The last page asked for in orders by usage: after it come runs that use nothing."""


@pytest.fixture
def conn(request: pytest.FixtureRequest) -> Iterator[Conn]:
    """A connection to the large database."""
    if workflows() is None:
        pytest.skip(f"needs a database of 200,000 runs: tox -e scale, or set {VARIABLE}")
    with psycopg.connect(request.getfixturevalue("large_uri")) as conn:
        yield conn


def heavy_page(conn: Conn, **arguments: Any) -> Page:
    return listing.page(conn, benchmark.user_id(benchmark.HEAVY), size=SIZE, **arguments)


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def times_as_long(call: Callable[[], object], other: Callable[[], object]) -> float:
    """Return how many times as long one call takes as another one at the same moment."""
    return statistics.median(seconds(call) / seconds(other) for _ in range(ROUNDS))


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("sort", Sort)
def test_a_far_page_takes_as_long_as_the_first(conn: Conn, sort: Sort, mode: str) -> None:
    far = USED.get(sort, 5000) * heavy_page(conn).total // benchmark.RUNS_OF_HEAVY
    cursor = heavy_page(conn, sort=sort, page=far - 1).next_cursor
    assert cursor is not None
    conn.execute(f"SET LOCAL plan_cache_mode = {mode}".encode())
    ratio = times_as_long(
        lambda: heavy_page(conn, sort=sort, cursor=cursor), lambda: heavy_page(conn, sort=sort)
    )
    assert ratio <= AS_LONG


@pytest.mark.parametrize(
    "filters",
    [
        {"statuses": [RunStatus.finished]},
        {"statuses": [status for status in RunStatus if status is not RunStatus.deleted]},
        {"search": "nightly"},
        {"workflow_id_or_name": "analysis-3"},
        {"search": "alysis", "statuses": [RunStatus.failed, RunStatus.stopped]},
    ],
    ids=str,
)
def test_a_total_reads_no_run(conn: Conn, filters: dict[str, Any]) -> None:
    before = fetched(conn)
    total = heavy_page(conn, **filters).total
    assert total > 10 * SIZE
    assert fetched(conn) - before <= 10 * SIZE  # the runs of the page, no others


def fetched(conn: Conn) -> int:
    """Return how many rows of the table of runs this transaction has fetched by index."""
    query = "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'workflow'"
    ((count,),) = conn.execute(query).fetchall()
    assert isinstance(count, int)
    return count
