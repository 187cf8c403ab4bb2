"""Priorities of runs, with REANA's rounding."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from reana_db import errors, scheduling
from reana_db.queries import Conn
from tests.support.factories import make_user, make_workflow


@pytest.mark.parametrize(
    ("active_runs", "maximum", "priority"),
    [
        (0, 30, 1.0),
        (1, 30, 0.97),
        (2, 10, 0.82),
        (4, 10, 0.64),
        (15, 30, 0.55),
        (7, 64, 0.9),
        (29, 30, 0.13),
        (30, 30, 0.1),
        (99, 30, 0.1),
        (0, 0, 0.1),
    ],
)
def test_the_load_lowers_the_priority(active_runs: int, maximum: int, priority: float) -> None:
    assert scheduling.load_priority(active_runs, maximum) == priority


@pytest.mark.parametrize(
    ("complexity", "memory", "priority"),
    [
        ([(1, 8 * 2**30), (2, 4 * 2**30), (5, 4 * 2**30)], 80 * 2**30, 55),
        ([(2, 8)], 400, 96),
        ([(1, 43)], 100, 56),  # 0.57 · 100 is a little less than 57, and is cut
        ([(1, 396)], 400, 1),
        ([(1, 400)], 400, 0),
        ([(1, 401)], 400, 0),
        ([], 100, 0),
        ([(1, 1)], None, 0),
        ([(1, 1)], 0, 0),
        ([(0, 0)], 100, 100),
    ],
)
def test_the_memory_of_its_jobs_lowers_the_priority(
    complexity: list[tuple[int, int]], memory: int | None, priority: int
) -> None:
    assert scheduling.complexity_priority(complexity, memory) == priority


@pytest.mark.parametrize("complexity", [[(1,)], [(1, 2, 3)], [(-1, 5)], [(1, -5)]])
def test_a_complexity_that_is_no_list_of_pairs_is_refused(complexity: Any) -> None:
    with pytest.raises(errors.InvalidArgument, match="must be pairs"):
        scheduling.complexity_priority(complexity, 100)


@pytest.mark.parametrize("value", [-1, "3", 1.5])
def test_a_bad_number_of_runs_is_refused(value: Any) -> None:
    with pytest.raises(errors.InvalidArgument, match="whole number from 0"):
        scheduling.load_priority(value, 10)


@pytest.fixture
def owner(conn: Conn) -> UUID:
    user_id = make_user(conn)
    for status in ("created", "queued", "pending", "running", "finished", "deleted"):
        make_workflow(conn, user_id, status=status)
    return user_id


def test_pending_and_running_runs_are_active(conn: Conn, owner: UUID) -> None:
    make_workflow(conn, make_user(conn), status="running")
    assert scheduling.count_active_runs_of(conn, owner) == 2
    assert scheduling.count_active_runs(conn) == 3
    assert scheduling.owner_load_priority(conn, owner, maximum=10) == 0.82


def test_the_maximum_is_that_of_the_settings(conn: Conn, owner: UUID) -> None:
    assert scheduling.owner_load_priority(conn, owner) == scheduling.load_priority(2, 30)


def test_the_priority_of_a_run_is_the_product(conn: Conn, owner: UUID) -> None:
    run = make_workflow(conn, owner, complexity=[[2, 8]])
    assert scheduling.workflow_priority(conn, run, cluster_memory=400, maximum=10) == 79
    assert scheduling.workflow_priority(conn, run, cluster_memory=None, maximum=10) == 0


@pytest.mark.parametrize("complexity", [None, []])
def test_a_run_without_estimate_has_the_lowest_priority(
    conn: Conn, owner: UUID, complexity: object
) -> None:
    run = make_workflow(conn, owner, complexity=complexity)
    assert scheduling.workflow_priority(conn, run, cluster_memory=400) == 0


def test_the_priority_of_an_unknown_run_is_not_found(conn: Conn) -> None:
    with pytest.raises(errors.NotFound):
        scheduling.workflow_priority(conn, uuid4(), cluster_memory=400)
