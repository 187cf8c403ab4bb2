"""`migrate down` refuses before it changes anything, and returns what was adopted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reana_db import migrate
from reana_db.errors import MigrationError
from reana_db.migrating import files
from reana_db.queries import Conn
from tests.support import factories, released_schemas
from tests.support.contents import contents
from tests.support.migration_sets import rows
from tests.support.schema_snapshot import snapshot

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "adopting.md"


def _run(conn: Conn, **columns: Any) -> str:
    return str(factories.make_workflow(conn, factories.make_user(conn), **columns))


def _rule(conn: Conn, status: str) -> None:
    conn.execute(
        "INSERT INTO __reana.workspace_retention_rule"
        " (id_, workflow_id, workspace_files, retention_days, status)"
        f" VALUES (md5(random()::text)::uuid, '{_run(conn)}', '*', 1, '{status}')".encode()
    )


def _restart_beyond_nine(conn: Conn) -> None:
    owner = factories.make_user(conn)
    for major, minor in ((1, 10), (2, 0)):
        factories.make_workflow(
            conn, owner, name="fit", run_number_major=major, run_number_minor=minor
        )


def _quota_period(conn: Conn) -> None:
    factories.set_usage(conn, factories.make_workflow(conn, factories.make_user(conn)), 5)
    conn.execute(
        "UPDATE __reana.user_resource"
        " SET quota_period_months = 1, quota_period_start_at = '2026-01-01'"
    )


def _service_log(conn: Conn) -> None:
    service = factories.make_service(conn, factories.make_workflow(conn, None))
    conn.execute(
        "INSERT INTO __reana.service_logs (id, service_id, log)"
        " VALUES (md5(random()::text)::uuid, %s, '{}')",
        [service],
    )


def _tokens_where_there_were_none(conn: Conn) -> None:
    conn.execute(
        "INSERT INTO __reana.yoyo_log (id, migration_hash, migration_id, operation, username,"
        " hostname, comment, created_at_utc)"
        " VALUES ('x', 'x', 'x', 'adopt', 'me', 'here', 'Alembic a6c2120d5b2b', now())"
    )
    _token(conn, b"any")


def _token(conn: Conn, value: bytes) -> None:
    factories.insert(
        conn,
        "user_token",
        created="2026-01-01",
        updated="2026-01-01",
        id_="00000000-0000-0000-0000-00000000000a",
        user_id=factories.make_user(conn),
        type_="reana",
        token=value,
    )


REFUSALS: dict[str, tuple[Callable[[Conn], object], str]] = {
    "0001": (factories.make_user, "users, runs and jobs"),
    "0002": (lambda conn: _run(conn, launcher_url="https://"), "launcher_url of 1 runs"),
    "0003": (lambda conn: _rule(conn, "active"), "1 retention rules"),
    "0004": (lambda conn: _rule(conn, "pending"), "without the status pending: 1 retention"),
    "0005": (_restart_beyond_nine, "1 restarts beyond .9"),
    "0009": (
        lambda conn: factories.share(
            conn, factories.make_workflow(conn, None), factories.make_user(conn)
        ),
        "drop 1 shares",
    ),
    "0010": (
        lambda conn: factories.make_service(conn, factories.make_workflow(conn, None)),
        "drop 1 services",
    ),
    "0011": (_service_log, "1 logs of services"),
    "0012": (_quota_period, "lose the quota period of 1 rows"),
    "0013": (
        lambda conn: factories.make_user(conn, idp_issuer="https://a", idp_subject="b"),
        "the identity of 1 users",
    ),
    "0014": (
        lambda conn: factories.make_user(
            conn, gitlab_webhook_secret=b"x", gitlab_webhook_secret_digest="0a" * 32
        ),
        "0 interactive sessions and of 1 users",
    ),
    "0016": (
        lambda conn: factories.make_user(
            conn,
            gitlab_webhook_secret=b"x",
            gitlab_webhook_secret_digest="0a" * 32,
            gitlab_webhook_secret_expires_at="2030-01-01",
        ),
        "end of the webhook secrets of 1 users",
    ),
    "0020": (_tokens_where_there_were_none, "drop 1 tokens"),
    "0028": (lambda conn: _token(conn, b"sealed1:x"), "1 sealed tokens"),
}


def test_every_migration_that_can_refuse_is_tested_and_in_the_guide() -> None:
    refusing = [file.id for file in files.read() if "23R90" in file.rollback_sql]
    assert [name[:4] for name in refusing] == sorted(REFUSALS)
    guide = GUIDE.read_text()
    assert [name for name in refusing if f"`{name}`" not in guide] == []


@pytest.mark.parametrize("number", REFUSALS)
def test_a_refusal_comes_before_anything_changed(number: str, fresh_db: str) -> None:
    provoke, message = REFUSALS[number]
    with psycopg.connect(fresh_db) as conn:
        provoke(conn)
    before, schema = contents(fresh_db), snapshot(fresh_db)
    with pytest.raises(MigrationError, match=r"^nothing was rolled back: ") as refusal:
        migrate.rollback(fresh_db, everything=True)
    assert message in str(refusal.value)
    assert (contents(fresh_db), snapshot(fresh_db)) == (before, schema)


def test_all_refusals_are_told_at_once(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        _rule(conn, "active")
        _quota_period(conn)
    with pytest.raises(MigrationError) as refusal:
        migrate.rollback(fresh_db, everything=True)
    assert [part in str(refusal.value) for part in ("0012", "0003", "0001")] == [True] * 3


def test_what_is_not_undone_is_not_asked(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        _quota_period(conn)
    assert migrate.rollback(fresh_db, to="0012").rolled_back[-1].startswith("0013")


def test_half_identities_that_would_return_are_counted(empty_db: str) -> None:
    migrate.apply(empty_db, to="0014")
    with psycopg.connect(empty_db) as conn:
        factories.make_user(conn, idp_issuer="https://a")
    migrate.apply(empty_db)
    schema = snapshot(empty_db)
    with pytest.raises(MigrationError, match="the identity of 1 users"):
        migrate.rollback(empty_db, to="0012")
    assert snapshot(empty_db) == schema


# --- the stamp of Alembic

STAMP = "SELECT version_num FROM __reana.alembic_version"


def _stamp(uri: str, revision: str) -> None:
    with psycopg.connect(uri) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS __reana.alembic_version (version_num varchar(32))")
        conn.execute("DELETE FROM __reana.alembic_version")
        conn.execute("INSERT INTO __reana.alembic_version VALUES (%s)", [revision])


def test_the_stamp_of_the_adoption_returns(empty_db: str) -> None:
    released_schemas.load(empty_db, "fresh-0.9.5")
    before = rows(empty_db, STAMP)
    migrate.apply(empty_db)
    _stamp(empty_db, "06dbbeef6d9b")  # as `alembic init` of a chart of 0.95 does
    migrate.rollback(empty_db, everything=True)
    assert rows(empty_db, STAMP) == before
    assert migrate.status(empty_db).adoption is not None


def test_a_stamp_that_was_lost_returns(empty_db: str) -> None:
    released_schemas.load(empty_db, "fresh-0.9.5")
    before = rows(empty_db, STAMP)
    migrate.apply(empty_db)
    with psycopg.connect(empty_db) as conn:
        conn.execute("DROP TABLE __reana.alembic_version")
    migrate.rollback(empty_db, everything=True)
    assert rows(empty_db, STAMP) == before


def test_a_stamp_that_came_after_the_adoption_goes(empty_db: str) -> None:
    released_schemas.load(empty_db, "fresh-0.9.5")
    with psycopg.connect(empty_db) as conn:
        conn.execute("DROP TABLE __reana.alembic_version")
    migrate.apply(empty_db)
    _stamp(empty_db, "06dbbeef6d9b")
    migrate.rollback(empty_db, everything=True)
    assert rows(empty_db, "SELECT to_regclass('__reana.alembic_version')") == [(None,)]


def test_a_new_database_with_a_stamp_is_empty_again(empty_db: str) -> None:
    migrate.apply(empty_db)
    _stamp(empty_db, "06dbbeef6d9b")
    migrate.rollback(empty_db, everything=True)
    assert migrate.status(empty_db).adoption is None


@pytest.mark.parametrize("revision", ["ffffffffffff", "2e82f33ee37d"])
def test_a_database_that_a_release_migrated_since_is_refused(revision: str, empty_db: str) -> None:
    released_schemas.load(empty_db, "eb5309f3d8ee")
    migrate.apply(empty_db, to="0008")
    _stamp(empty_db, revision)
    schema = snapshot(empty_db)
    with pytest.raises(MigrationError, match=f"to Alembic revision {revision} since"):
        migrate.rollback(empty_db, everything=True)
    assert snapshot(empty_db) == schema
