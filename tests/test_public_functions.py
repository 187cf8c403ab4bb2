"""Every public function, called with what it accepts, and with what it does not."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import errors
from reana_db.queries import Conn
from tests.catalogue.world import World
from tests.support import soak, statement_counts
from tests.support.databases import Databases
from tests.support.public import FUNCTIONS, call, parameters
from tests.support.site import Site, committed, everything_read, leaves
from tests.support.valid_values import Values

IDS = ("_id", "_ids")
ABOUT = ("issuer", "subject", "parameters", "workspace_hash", "secret", "token")
"""Parameters, besides ids, by which readers find what was written."""

RETURNED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "accounts.create": lambda user_id: {"user_id": user_id},
    "accounts.create_many": lambda user_ids: {"user_id": user_ids[0]},
    "identities.find_or_create": lambda user: {"user_id": user.id_},
    "jobs.create": lambda job_id: {"job_id": job_id},
    "jobs.create_many": lambda job_ids: {"job_id": job_ids[0]},
    "user_secrets.session_secret": lambda secret: {"secret": secret},
    "user_secrets.webhook_secret": lambda secret: {"secret": secret.value},
    "services.create": lambda service_id: {"service_id": service_id},
}
"""What a function returns that readers take."""

NOT_STORED: dict[str, set[str]] = {
    "status_history.prune": {"before"},
    "quota.add_disk_usage": {"bytes_"},  # added to what there is
    "quota_periods.set_period": {"start_at"},  # moved to the current period
    "quota_periods.set_start": {"start_at"},
    "retention.claim_abandoned": {"maximum", "pending_before"},
    "retention.claim_due": {"maximum", "now"},
    "workflows.set_complexity": {"complexity"},  # turned into a priority
}
"""Arguments that no reader returns as they are."""
NEVER_STORED = {"expected", "keys", "settings"}


def deep(levels: int) -> Any:
    """Return lists in lists."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


JUNK: tuple[Any, ...] = (
    None,
    "",
    "a\x00b",
    "\ud800",
    "x" * 6000,
    "x" * 1_000_000,
    "😀" * 1000,
    "a\x1bb",
    "not-a-uuid",
    "é%_\\",
    b"x",
    -1,
    0,
    2**31,
    2**63,
    10**40,
    10**400,
    10**5000,
    [10**5000],
    deep(3000),
    {"*": 2**31 - 1},
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
BY_THE_WAY = (errors.DatabaseFailure, errors.RegistryError)
"""Errors of ours that no argument may bring about."""
STATEMENTS = statement_counts.recorded()
CALLS_WITH_JUNK = soak.size(25, 1000)

EVERY_FUNCTION = pytest.mark.parametrize("name", FUNCTIONS)
pytestmark = pytest.mark.usefixtures("uncounted")


@pytest.fixture(scope="module")
def committed_site(server: Databases, template: str) -> Iterator[Site]:
    """A small REANA as it was committed."""
    with server.database(template=template) as name, committed(server.uri(name)) as made:
        yield made


@pytest.fixture
def site(committed_site: Site) -> Iterator[Site]:
    """It, for one test, which is rolled back."""
    committed_site.conn.execute("SELECT")
    yield committed_site
    committed_site.conn.rollback()


@EVERY_FUNCTION
@pytest.mark.parametrize("optional", [False, True], ids=["needed", "all"])
def test_valid_values_are_accepted_in_as_many_statements_as_the_site_says(
    site: Site, name: str, *, optional: bool
) -> None:
    sent = statement_counts.sent(site.conn, site.world, name, everything=optional)
    assert sent == STATEMENTS[name, optional]


@EVERY_FUNCTION
def test_what_is_stored_is_read_back(site: Site, name: str) -> None:
    given = Values(site.world).arguments(name, FUNCTIONS[name], optional=True)
    result = call(site.conn, name, given)
    if name in site.readers:
        return
    found = set(everything_read(site, subject_of(name, given, result)))
    texts = "\n".join(item for item in found if isinstance(item, str))
    searched = given.keys() - NEVER_STORED - NOT_STORED.get(name, set())
    for leaf in leaves([given[item] for item in searched if not item.endswith(IDS)]):
        assert leaf in found or leaf is None or (isinstance(leaf, str) and leaf in texts)


def subject_of(name: str, given: Mapping[str, Any], result: Any) -> dict[str, Any]:
    """Return what a call was about, by the names of the parameters that take it."""
    about = {key: value for key, value in given.items() if key.endswith(IDS) or key in ABOUT}
    if "owner_id" in about:
        about["user_id"] = about["owner_id"]
    about |= RETURNED[name](result) if name in RETURNED else {}
    return about | {f"{key}s": [value] for key, value in about.items() if key.endswith("_id")}


@pytest.mark.slow
@pytest.mark.soak
@EVERY_FUNCTION
def test_junk_is_refused_with_an_error_of_ours_and_changes_nothing(site: Site, name: str) -> None:
    random_ = random.Random(name)
    before = checksum(site.conn)
    escaped: Counter[str] = Counter()
    for _ in range(CALLS_WITH_JUNK):
        given = with_junk(name, site.world, random_)
        try:
            call_undone_if_it_returns(site.conn, name, given)
        except Exception as error:  # noqa: BLE001 # whatever escapes is reported
            if isinstance(error, errors.ReanaDBError) and not isinstance(error, BY_THE_WAY):
                continue
            escaped[f"{type(error).__name__}: {error} for {given!r:.200}"] += 1
    assert escaped == Counter()
    assert checksum(site.conn) == before


def with_junk(name: str, world: World, random_: random.Random) -> dict[str, Any]:
    """Return arguments of which at least one is junk, if there are any."""
    given = Values(world).arguments(name, FUNCTIONS[name])
    named = [item.name for item in parameters(FUNCTIONS[name])]
    if named:
        spoilt = {random_.choice(named), *(item for item in named if random_.random() < 0.2)}
        given |= {item: random_.choice(JUNK) for item in spoilt}
    return given


def call_undone_if_it_returns(conn: Conn, name: str, given: Mapping[str, Any]) -> None:
    """Call a function, and keep what it changed if it raised: that is what must be nothing."""
    conn.execute("SAVEPOINT before_call")
    try:
        call(conn, name, given)
    except errors.ReanaDBError:
        if conn.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS:
            conn.execute("RELEASE before_call")
            raise
        conn.execute("ROLLBACK TO before_call")
        raise
    conn.execute("ROLLBACK TO before_call")


def checksum(conn: Conn) -> list[tuple[Any, ...]]:
    """Return the checksum of the rows of each table."""
    tables = conn.execute(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = '__reana' AND table_type = 'BASE TABLE' ORDER BY table_name"
    ).fetchall()
    sums = " UNION ALL ".join(
        f"SELECT '{table}', count(*), sum(hashtext(t::text)) FROM __reana.{table} AS t"
        for (table,) in tables
    )
    return conn.execute(sums.encode()).fetchall()
