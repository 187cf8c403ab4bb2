"""The migrations retell the released schemas, forth and back, and end equal from each of them.

That each is undone by its rollback and applies again is shown before all tests: ``round_trip``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support import migration_steps, released_schemas
from tests.support.migration_steps import BY_NUMBER
from tests.support.schema_snapshot import HEADER, WRITTEN_BY, snapshot

pytestmark = pytest.mark.slow

COMMITTED = Path(__file__).with_name("schema.sql")


@pytest.fixture(scope="module")
def newest(schemas: list[str]) -> str:
    """The schema after the last migration."""
    return schemas[-1]


@pytest.mark.parametrize("name", released_schemas.NAMES)
def test_the_history_passes_through_every_released_schema(
    name: str, schemas: list[str], empty_db: str
) -> None:
    released_schemas.load(empty_db, name)
    with psycopg.connect(empty_db) as conn:
        conn.execute("DROP TABLE __reana.alembic_version")
    if name in released_schemas.WITHOUT_TOKENS:
        migration_steps.apply(empty_db, [BY_NUMBER["0020"]])
    assert snapshot(empty_db) == schemas[int(released_schemas.last_migration(name))]


def test_the_committed_schema_is_the_present_one(
    newest: str, conn: psycopg.Connection[Any]
) -> None:
    if conn.info.server_version // 10000 != WRITTEN_BY:
        pytest.skip(f"schema.sql is as PostgreSQL {WRITTEN_BY} writes expressions")
    assert COMMITTED.read_text(encoding="utf-8") == f"{HEADER}\n{newest}", (
        "the schema changed: python -m tests.support.schema_snapshot > tests/migrating/schema.sql"
    )


def _rename(table: str, old: str, new: str) -> str:
    return f"ALTER TABLE __reana.{table} RENAME CONSTRAINT {old} TO {new}"


NAME_VARIANTS = {
    "retention tables named by convention before revision 2461610e9698": (
        "b85c3e601de4",
        [
            _rename("workspace_retention_rule", old, new)
            for old, new in (
                ("workspace_retention_rule_pkey", "pk_workspace_retention_rule"),
                ("_workspace_retention_rule_uc", "uq_workspace_retention_rule_workflow_id"),
                (
                    "workspace_retention_rule_workflow_id_fkey",
                    "fk_workspace_retention_rule_workflow_id_workflow",
                ),
            )
        ],
    ),
    "run numbers still under their first name": (
        "2461610e9698",
        [_rename("workflow", "uq_workflow_name", "_user_workflow_run_uc")],
    ),
    "old names everywhere until the repair": (
        "3da4dd5d0b75",
        [
            _rename("job", "pk_job", "job_pkey"),
            _rename("user_", "uq_user__email", "user__email_key"),
            _rename("user_token", "fk_user_token_user_id_user_", "user_token_user_id_fkey"),
        ],
    ),
    "quota period checked under its right name": (
        "06dbbeef6d9b",
        [
            _rename(
                "user_resource",
                "ck_user_resource_ck_user_resource_quota_period_months_positive",
                "ck_user_resource_quota_period_months_positive",
            )
        ],
    ),
    "quota period checked under its literal name": (
        "8ae7b67c2d41",
        [
            _rename(
                "user_resource",
                "ck_user_resource_ck_user_resource_quota_period_months_positive",
                "quota_period_months_positive",
            )
        ],
    ),
}


@pytest.mark.parametrize("variant", NAME_VARIANTS)
def test_variants_of_constraint_names_end_equal(variant: str, newest: str, empty_db: str) -> None:
    revision, renames = NAME_VARIANTS[variant]
    released_schemas.load(empty_db, revision)
    with psycopg.connect(empty_db) as conn:
        for rename in renames:
            conn.execute(rename.encode())
    migration_steps.apply(
        empty_db, migration_steps.after(released_schemas.last_migration(revision))
    )
    assert snapshot(empty_db) == newest


@pytest.mark.parametrize("revision", ["377cfbfccf75", "eb5309f3d8ee"])
def test_tables_made_early_by_init_of_a_newer_release_are_kept(
    revision: str, newest: str, empty_db: str
) -> None:
    released_schemas.load(empty_db, revision)
    migration_steps.apply(empty_db, [BY_NUMBER[number] for number in ("0009", "0010", "0011")])
    with psycopg.connect(empty_db) as conn:
        conn.execute(
            "INSERT INTO __reana.service (id_, name, status, type_)"
            " VALUES ('11111111-1111-1111-1111-111111111111', 'dask', 'created', 'dask')"
        )
    migration_steps.apply(
        empty_db, migration_steps.after(released_schemas.last_migration(revision))
    )
    assert snapshot(empty_db) == newest
    with psycopg.connect(empty_db) as conn:
        assert conn.execute("SELECT name FROM __reana.service").fetchall() == [("dask",)]


UNCOMMENTED = """
SELECT 'table ' || c.oid::regclass
FROM pg_class AS c
WHERE
    c.relnamespace::regnamespace::text IN ('__reana', 'reana')
    AND c.relkind IN ('r', 'v', 'm')
    AND obj_description(c.oid, 'pg_class') IS NULL
UNION ALL
SELECT 'column ' || c.oid::regclass || '.' || a.attname
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE
    c.relnamespace::regnamespace::text IN ('__reana', 'reana')
    AND c.relkind IN ('r', 'v', 'm')
    AND col_description(c.oid, a.attnum) IS NULL
UNION ALL
SELECT 'function ' || p.oid::regprocedure
FROM pg_proc AS p
WHERE
    p.pronamespace::regnamespace::text IN ('__reana', 'reana')
    AND obj_description(p.oid, 'pg_proc') IS NULL
UNION ALL
SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass
FROM pg_trigger AS t
WHERE NOT t.tgisinternal AND obj_description(t.oid, 'pg_trigger') IS NULL
UNION ALL
SELECT 'type ' || t.oid::regtype
FROM pg_type AS t
WHERE
    t.typtype IN ('e', 'd')
    AND t.typnamespace::regnamespace::text IN ('__reana', 'reana', 'public')
    AND obj_description(t.oid, 'pg_type') IS NULL
ORDER BY 1
"""


def test_every_object_says_what_it_is(conn: psycopg.Connection[Any]) -> None:
    assert conn.execute(UNCOMMENTED).fetchall() == []
