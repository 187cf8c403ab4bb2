"""The benchmarks run, and what they count is what they say."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from benchmarks import __main__ as command
from benchmarks import growth, report, throughput
from benchmarks.comparison import Results
from benchmarks.operations import OPERATIONS, World
from benchmarks.servers import Site
from reana_db import quota_refresh
from reana_db.queries import Conn
from reana_db.records import ResourceType
from tests.support.databases import Databases

pytestmark = pytest.mark.slow

WORKFLOWS, USERS = 120 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), 20
"""Each worker has a database of another size: they share a server."""
NAMES = ["ours", "by hand", "class_row"]


@pytest.fixture(scope="module")
def site(server: Databases) -> Iterator[Site]:
    """A server with a tiny database of the benchmark."""
    tiny = Site(server.uri("postgres"), WORKFLOWS, USERS)
    tiny.build()
    yield tiny
    tiny.drop()


@pytest.fixture(scope="module")
def results(site: Site) -> Results:
    """The operations as they were measured in it, hardly at all."""
    options = command.arguments(["--rounds", "1", "--seconds", "0"])
    return command.compare(site, options, NAMES)


def test_every_operation_is_measured(results: Results) -> None:
    assert list(results) == [operation.name for operation in OPERATIONS]
    assert all(found.median() > 0 for each in results.values() for found in each.values())


@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS if operation.single])
def test_an_operation_of_one_statement_takes_one_by_hand_too(results: Results, name: str) -> None:
    statements = {each: found.traffic.statements for each, found in results[name].items()}
    assert statements == dict.fromkeys(NAMES, 1)


def test_a_database_is_built_once(site: Site) -> None:
    with site.connect() as conn:
        before = mark(conn)
    site.build()
    with site.connect() as conn:
        assert mark(conn) == before


def mark(conn: Conn) -> object:
    """Return what changes when rows are loaded again."""
    query = "SELECT xmin::text FROM __reana.workflow ORDER BY id_ LIMIT 1"
    return conn.execute(query).fetchone()


def test_the_quota_of_the_database_is_right(site: Site) -> None:
    plan = quota_refresh.Plan(types=frozenset({ResourceType.cpu}), dry_run=True)
    summary = quota_refresh.refresh(site.connect, plan)
    assert (summary.runs, summary.cpu_differences, summary.total_differences) == (WORKFLOWS, 0, 0)


def test_the_table_has_a_row_for_each_operation(results: Results) -> None:
    lines = report.table(results, NAMES).splitlines()
    assert len(lines) == len(OPERATIONS) + 2
    assert len({line.count("|") for line in lines}) == 1
    others = report.others(results, NAMES, "cpu").splitlines()
    assert len(others) == len([each for each in OPERATIONS if each.single]) + 2


def test_growth_is_told_from_the_first_size_to_the_last(results: Results) -> None:
    sizes = {name: {"10": found["ours"], "100": found["ours"]} for name, found in results.items()}
    shown = growth.table(sizes)
    assert all(operation.title in shown for operation in OPERATIONS)


def test_sessions_run_lives(site: Site) -> None:
    options = throughput.arguments(["--sessions", "1", "2", "--rounds", "1", "--duration", "0.2"])
    with throughput.ways_to(site, ["processes", "bare", "few"]) as ways:
        rates = throughput.run(ways, World.of(site), options)
    for found in rates.values():
        assert all(rate.lives > 0 for each in found.values() for rate in each)
        assert throughput.table(found).count("\n") == 3
