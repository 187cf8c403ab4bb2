"""Whatever a client stored with SQL of its own, everything can be read, and nothing hides a row."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql

from reana_db import audit, errors, listing, migrate, quota_refresh, services
from reana_db.health import checks
from reana_db.migrating import preflight
from reana_db.queries import Conn
from reana_db.records import AuditAction
from reana_db.registry.scalars import EARLIEST, LATEST
from tests.support import soak
from tests.support.databases import Databases
from tests.support.public import FUNCTIONS, call
from tests.support.site import Site, committed
from tests.support.valid_values import Values

TABLES = (
    "audit_log",
    "interactive_session",
    "interactive_session_resource",
    "job",
    "job_cache",
    "resource",
    "service",
    "service_logs",
    "user_",
    "user_resource",
    "user_token",
    "user_workflow",
    "workflow",
    "workflow_resource",
    "workspace_retention_audit_log",
    "workspace_retention_rule",
)
"""What released services write."""

OURS = ("default_limit", "quota_counted")
"""Columns that no release has and no service writes."""

TIMES = (
    "infinity",
    "-infinity",
    "4713-01-01 BC",
    "0001-01-01",
    "9999-12-31 23:59:59.999999",
    "10000-01-01",
    "294276-12-31",
)
TEXTS = ("", " ", "a\x01\n", "é%_\\", "x" * 255, "😀" * 40, "relative/path", "null", "{}", "\u202e")
DOCUMENTS = (
    "null",
    '"text"',
    "5",
    "true",
    "[]",
    "{}",
    '[null, [1, "a"]]',
    '{"total": 5, "running": null, "finished": [], "failed": "x"}',
    '{"total": {"total": "x", "job_ids": 5}, "running": {"total": null}}',
    '{"total": {"total": 1e400}, "running": {"total": 99999999999999999999}}',
    '{"total": {"total": -1.5, "job_ids": [5, null, {}, "a"]}, "finished": {"total": true}}',
    '{"total": {"total": {}, "job_ids": {"a": 1}}, "failed": {"total": []}}',
    '{"inputs": 5, "workflow": [], "workspace": null}',
    '{"inputs": {"parameters": [1]}, "pod_uid": 5, "component": []}',
    '{"inputs": {"parameters": "x"}, "component": null}',
    f'{{"a": {"9" * 5000}}}',
    '{"a": 1, "a": 2}',
    r'{"a": "\u0000", "b": "\ud800", "total": {"total": "\u0000"}}',
    "[" * 5000 + "]" * 5000,
)
NUMBERS = (-(2**63), 2**63 - 1, -(2**31), 2**31 - 1, -1, 0)
BY_TYPE: dict[str, tuple[Any, ...]] = {
    "timestamp without time zone": TIMES,
    "timestamp with time zone": TIMES,
    "json": DOCUMENTS,
    "jsonb": DOCUMENTS,
    "character varying": TEXTS,
    "text": TEXTS,
    "bigint": NUMBERS,
    "integer": NUMBERS,
    "numeric": (*NUMBERS, "NaN", "1e100"),
    "boolean": (True, False),
    "bytea": (b"", b"\0", b"sealed1:", b"sealed1:00000000:AAAA", b"QUJD", "é".encode()),
    "ARRAY": ("{}", "{NULL}", "{1}", "{{NULL,NULL}}", "{{1,9223372036854775807}}", "{{-1,5}}"),
}
MOST_VALUES = max(map(len, BY_TYPE.values())) + 1

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("uncounted")]


class Column(NamedTuple):
    """A column of a table."""

    table: str
    name: str
    type_: str

    @property
    def odd_values(self) -> tuple[Any, ...]:
        """What a client may have stored in it."""
        return (*BY_TYPE.get(self.type_, ()), None)


@pytest.fixture(scope="module")
def committed_site(server: Databases, template: str) -> Iterator[Site]:
    """A small REANA as it was committed."""
    with server.database(template=template) as name, committed(server.uri(name)) as made:
        world = made.world
        audit.record(made.conn, world.owner, AuditAction.grant_token, {"a": 1})
        services.store_log(made.conn, world.service, {"a": 1})
        made.conn.commit()
        yield made


@pytest.fixture
def site(committed_site: Site) -> Iterator[Site]:
    """It, for one test, which is rolled back."""
    committed_site.conn.execute("SET LOCAL statement_timeout = '20s'")
    yield committed_site
    committed_site.conn.rollback()


def columns(conn: Conn) -> list[Column]:
    """Return the columns that hold values, not references."""
    found = conn.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = '__reana' AND table_name = ANY(%s)"
        " AND column_name <> ALL(%s) AND data_type NOT IN ('uuid', 'USER-DEFINED')"
        " ORDER BY table_name, ordinal_position",
        [list(TABLES), list(OURS)],
    )
    return [Column(*row) for row in found]


def store(conn: Conn, column: Column, value: Any) -> bool:
    """Store a value in all rows of a table as a raw client would, or could before our triggers.

    Returns False if a constraint refuses it.
    """
    statement = sql.SQL("UPDATE __reana.{} SET {} = {}").format(
        sql.Identifier(column.table), sql.Identifier(column.name), sql.Literal(value)
    )
    for role in ("origin", "replica"):
        try:
            with conn.transaction():
                conn.execute(f"SET LOCAL session_replication_role = {role}".encode())
                conn.execute(statement)
                conn.execute("SET LOCAL session_replication_role = origin")
        except psycopg.Error:
            continue
        return True
    return False


def failures(
    site: Site, names: frozenset[str], *expected: type[errors.ReanaDBError]
) -> dict[str, str]:
    """Call functions with valid values, and return what fails otherwise than expected."""
    found = {}
    for name in sorted(names):
        try:
            with site.conn.transaction(force_rollback=True):
                call(site.conn, name, Values(site.world).arguments(name, FUNCTIONS[name]))
        except Exception as error:  # noqa: BLE001 # whatever escapes is reported
            if not isinstance(error, expected) or isinstance(error, errors.DatabaseFailure):
                found[name] = f"{type(error).__name__}: {error!s:.200}"
    return found


# What is gone is no failure, nor is a secret that does not open.
EXPECTED = (errors.NotFound, errors.UnreadableSecret)


@pytest.mark.parametrize("number", range(MOST_VALUES))
def test_everything_can_be_read_among_odd_rows(site: Site, number: int) -> None:
    stored = Counter(
        store(site.conn, column, column.odd_values[number % len(column.odd_values)])
        for column in columns(site.conn)
    )
    assert stored[True] > 0
    assert failures(site, site.readers, *EXPECTED) == {}


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_everything_can_be_read_beside_each_odd_value(site: Site) -> None:
    pairs = [(column, value) for column in columns(site.conn) for value in column.odd_values]
    random.Random(17).shuffle(pairs)
    found = {}
    for column, value in pairs[: soak.size(20, len(pairs))]:
        with site.conn.transaction(force_rollback=True):
            stored = store(site.conn, column, value)
            failed = failures(site, site.readers, *EXPECTED) if stored else {}
        if failed:
            found[f"{column.table}.{column.name} = {value!s:.80}"] = failed
    assert found == {}


@pytest.mark.parametrize("number", range(MOST_VALUES))
def test_writing_among_odd_rows_works_or_is_refused_with_an_error_of_ours(
    site: Site, number: int
) -> None:
    for column in columns(site.conn):
        store(site.conn, column, column.odd_values[number % len(column.odd_values)])
    writers = frozenset(FUNCTIONS) - site.readers
    assert failures(site, writers, errors.ReanaDBError) == {}


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("number", range(soak.size(1, MOST_VALUES)))
def test_checks_refresh_and_migrations_work_among_odd_rows(
    server: Databases, template: str, number: int
) -> None:
    with server.database(template=template) as name, committed(server.uri(name)) as site:
        uri = server.direct_uri(name)
        for column in columns(site.conn):
            store(site.conn, column, column.odd_values[number % len(column.odd_values)])
        site.conn.commit()
        assert not checks.check(site.conn, with_accounts=True).statement_problems
        site.conn.commit()
        plan = quota_refresh.Plan(workers=1, roots=(), force=True)
        quota_refresh.refresh(lambda: psycopg.connect(uri), plan)
        with suppress(errors.MigrationError):  # of sealed values, before anything is rolled back
            migrate.rollback(uri, to="0020-user-token")
        preflight.report(site.conn, migrate.status(uri))
        site.conn.commit()
        migrate.apply(uri)
        assert failures(site, site.readers, *EXPECTED) == {}


@pytest.mark.parametrize("odd", ["infinity", "-infinity", "4713-01-01 BC", "294276-12-31"])
def test_a_far_time_reads_as_the_bound_and_hides_no_other_run(site: Site, odd: str) -> None:
    before = listing.page(site.conn, site.world.owner)
    site.conn.execute("SET LOCAL session_replication_role = replica")
    site.conn.execute(
        "UPDATE __reana.workflow SET created = %s WHERE id_ = %s", [odd, site.world.queued]
    )
    after = listing.page(site.conn, site.world.owner)
    assert {item.id_ for item in after.items} == {item.id_ for item in before.items}
    (found,) = (item.created for item in after.items if item.id_ == site.world.queued)
    assert found == (EARLIEST if odd.startswith("-") or odd.endswith("BC") else LATEST)
