"""Random calls of all functions, with values at their bounds: nothing breaks, all can be read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from reana_db import errors
from reana_db.queries import Conn
from reana_db.registry.scalars import EARLIEST, LATEST, is_json
from reana_db.values import Amount, Days, Email, Line, Months, Name, Object, Path, Token
from tests.support import soak
from tests.support.databases import Databases
from tests.support.public import FUNCTIONS, call, parameters
from tests.support.site import Site, committed
from tests.support.valid_values import Values

CALLS = soak.size(2000, 50_000)
CALLS_BETWEEN_READINGS = 200
ENTITIES = {
    "workflow_id": "workflow",
    "original_id": "workflow",
    "user_id": "user_",
    "owner_id": "user_",
    "job_id": "job",
    "session_id": "interactive_session",
    "service_id": "service",
    "rule_id": "workspace_retention_rule",
}
EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
DEEP: Any = {}
for _ in range(500):
    DEEP = {"a": [DEEP]}
DOCUMENTS: tuple[Any, ...] = (
    {},
    DEEP,
    {"a": 10**4000},
    {"é\u2028": [None, True, -1.5e300]},
    {"total": {"total": -1}},
)
AT_BOUNDS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (Name, ("x", "x" * 255, "é" * 127, "\u202e%_\\")),
    (Email, ("a@b", f"{'x' * 250}@cern", "é@ü")),
    (Path, ("/", "/" + "x" * 1023, "/é/../%_\\")),
    (Line, ("x", "x" * 1024)),
    (Token, ("x", "x" * 1024, "\x01\n'\"")),
    (Object, DOCUMENTS),
    (Days, (0, 36_500)),
    (Months, (1, 1200)),
    (Amount, (0, 2**63 - 1)),
    (datetime, (EARLIEST, LATEST, EARLIEST.astimezone(WEST), LATEST.astimezone(EAST))),
    (int, (-(2**63), -1, 0, 1, 2**31, 2**63 - 1)),
    (str, ("", "x" * 300, "a\nb", "😀")),
)

pytestmark = [pytest.mark.slow, pytest.mark.soak, pytest.mark.usefixtures("uncounted")]


@pytest.fixture
def site(server: Databases, template: str) -> Iterator[Site]:
    """A small REANA in which the test may do everything."""
    with server.database(template=template) as name, committed(server.uri(name)) as made:
        yield made


@pytest.mark.timeout(3600)
def test_random_calls_at_the_bounds_leave_everything_readable(site: Site) -> None:
    random_ = random.Random(17)
    names = sorted(FUNCTIONS)
    ids = known_ids(site.conn)
    for number in range(CALLS):
        name = random_.choice(names)
        about = {key: random_.choice(found) for key, found in ids.items() if found}
        attempt(site.conn, name, arguments(name, Values(site.world, about), random_))
        if number % CALLS_BETWEEN_READINGS == 0:
            ids = known_ids(site.conn)
            for reader in sorted(site.readers):
                given = Values(site.world, about).arguments(reader, FUNCTIONS[reader])
                attempt(site.conn, reader, given, refused=(errors.NotFound,))
            attempt(site.conn, "listing.page", {"user_id": site.world.owner}, refused=())


def attempt(
    conn: Conn,
    name: str,
    given: dict[str, Any],
    *,
    refused: tuple[type[errors.ReanaDBError], ...] = (errors.ReanaDBError,),
) -> None:
    """Call a function, and let pass what it raises on purpose."""
    try:
        with conn.transaction():
            call(conn, name, given)
    except refused as error:
        assert not isinstance(error, errors.DatabaseFailure | errors.RegistryError), (name, given)


def known_ids(conn: Conn) -> dict[str, list[Any]]:
    """Return what there is, by the name of the parameter that takes it."""
    return {
        name: [row[0] for row in conn.execute(f"SELECT id_ FROM __reana.{table}".encode())]
        for name, table in ENTITIES.items()
    }


def arguments(name: str, values: Values, random_: random.Random) -> dict[str, Any]:
    """Return valid arguments, some of which are at their bounds."""
    given = values.arguments(name, FUNCTIONS[name], optional=random_.random() < 0.5)
    hints = get_type_hints(FUNCTIONS[name], include_extras=True)
    for item in parameters(FUNCTIONS[name]):
        if item.name in given and random_.random() < 0.3:
            given[item.name] = at_bound(hints[item.name], given[item.name], random_)
    return given


def at_bound(annotation: Any, otherwise: Any, random_: random.Random) -> Any:
    """Return a value at a bound of an annotation, else the other one."""
    if get_origin(annotation) in (Union, UnionType):
        (annotation, *_) = (item for item in get_args(annotation) if item is not NoneType)
    for kind, bounds in AT_BOUNDS:
        if annotation == kind:
            return random_.choice(bounds)
    return random_.choice((*DOCUMENTS, None, [], "text")) if is_json(annotation) else otherwise
