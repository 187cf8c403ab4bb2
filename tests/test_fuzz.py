"""Whatever is given to a public function, it works or raises an error of this package."""

from __future__ import annotations

import inspect
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import errors
from reana_db.queries import Conn
from tests.catalogue.world import World, make_world
from tests.support.public import FUNCTIONS, plausible

CALLS_PER_FUNCTION = 150

JUNK: tuple[Any, ...] = (
    None,
    "",
    "a\x00b",
    "\ud800",
    "x" * 6000,
    "not-a-uuid",
    "é%_\\",
    b"x",
    -1,
    0,
    2**31,
    2**63,
    10**40,
    True,
    1.5,
    float("nan"),
    object(),
    [],
    [None],
    ["x", 5],
    [UUID(int=1)],
    {},
    {"a": object()},
    {"a": "\x00"},
    {1: 2},
    set(),
    uuid4(),
    datetime.fromisoformat("2026-01-01T00:00:00"),
    datetime(9999, 12, 31, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    date(2026, 1, 1),
    date.max,
)


def arguments(function: Callable[..., Any], world: World, random_: random.Random) -> dict[str, Any]:
    """Return arguments of which at least one is junk, if there are any."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    spoilt = random_.choice(parameters).name if parameters else ""
    chosen: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        if parameter.name == spoilt or random_.random() < 0.2:
            chosen[parameter.name] = random_.choice(JUNK)
        elif parameter.default is inspect.Parameter.empty:
            chosen[parameter.name] = plausible(parameter, world)
    return chosen


def call(conn: Conn, function: Callable[..., Any], given: dict[str, Any]) -> None:
    with conn.transaction(force_rollback=True):
        result = function(conn, **given)
        if inspect.isgenerator(result):
            list(result)


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items(), ids=FUNCTIONS)
def test_junk_is_refused_with_an_error_of_ours(
    conn: Conn, name: str, function: Callable[..., Any]
) -> None:
    random_ = random.Random(name)
    world = make_world(conn)
    escaped: Counter[str] = Counter()
    for _ in range(CALLS_PER_FUNCTION):
        given = arguments(function, world, random_)
        try:
            call(conn, function, given)
        except errors.ReanaDBError:
            continue
        except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
            escaped[f"{type(error).__name__}: {error} for {given!r:.200}"] += 1
        except psycopg.Error as error:
            escaped[f"{type(error).__name__}: {error} for {given!r:.200}"] += 1
    assert escaped == Counter()


def test_twenty_thousand_calls_are_tried() -> None:
    assert len(FUNCTIONS) * CALLS_PER_FUNCTION >= 20_000
