"""The health check finds what keeps a database from working as it should."""

from __future__ import annotations

import re

import pytest

from reana_db.commands.check import report
from reana_db.health import checks, objects
from reana_db.health.checks import DatabaseHealth
from reana_db.health.objects import FREE, Fault
from reana_db.migrating import files as migration_files
from reana_db.queries import Conn
from tests.catalogue.world import make_world
from tests.support.public import FUNCTIONS, call
from tests.support.valid_values import Values

pytestmark = pytest.mark.slow

DAMAGE = {
    "missing trigger": (
        "DROP TRIGGER zz_guard_status ON __reana.job",
        "trigger missing: zz_guard_status ON __reana.job",
    ),
    "disabled trigger": (
        "ALTER TABLE __reana.job DISABLE TRIGGER zz_guard_status",
        "trigger disabled: zz_guard_status ON __reana.job",
    ),
    "trigger that fires for replication only": (
        "ALTER TABLE __reana.job ENABLE REPLICA TRIGGER zz_guard_status",
        "trigger disabled: zz_guard_status ON __reana.job",
    ),
    "foreign key that nobody holds to": (
        "ALTER TABLE __reana.job DISABLE TRIGGER ALL",
        "constraint disabled: fk_job_workflow_uuid_workflow ON __reana.job",
    ),
    "unvalidated constraint": (
        (
            "ALTER TABLE __reana.job DROP CONSTRAINT fk_job_workflow_uuid_workflow,"
            " ADD CONSTRAINT fk_job_workflow_uuid_workflow FOREIGN KEY (workflow_uuid)"
            " REFERENCES __reana.workflow (id_) NOT VALID"
        ),
        "constraint altered: fk_job_workflow_uuid_workflow ON __reana.job",
    ),
    "missing index": (
        "DROP INDEX __reana.uq_user_token_active",
        "index missing: __reana.uq_user_token_active",
    ),
    "invalid index": (
        (
            "UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = '__reana.ix___reana_workflow_status'::regclass"
        ),
        "index invalid: __reana.ix___reana_workflow_status",
    ),
    "missing column": (
        "ALTER TABLE __reana.job DROP COLUMN prettified_cmd",
        "column missing: __reana.job.prettified_cmd",
    ),
    "column of another type": (
        "ALTER TABLE __reana.job ALTER COLUMN cvmfs_mounts TYPE varchar(10)",
        "column altered: __reana.job.cvmfs_mounts",
    ),
    "column that can be null": (
        "ALTER TABLE __reana.job ALTER COLUMN workflow_uuid DROP NOT NULL",
        "not null missing: __reana.job.workflow_uuid",
    ),
    "other default": (
        "ALTER TABLE __reana.job ALTER COLUMN created SET DEFAULT now()",
        "default altered: __reana.job.created",
    ),
    "function with other text": (
        (
            "CREATE OR REPLACE FUNCTION __reana.cpu_milliseconds("
            "p_started_at timestamp, p_ended_at timestamp, p_since timestamp) RETURNS bigint"
            " LANGUAGE sql AS 'SELECT 1::bigint'"
        ),
        "function altered: __reana.cpu_milliseconds(",
    ),
    "view with other text": (
        "ALTER VIEW reana.runs SET (security_barrier = true)",
        "view altered: reana.runs",
    ),
}


def found(conn: Conn) -> list[str]:
    return [str(item) for item in objects.differences(conn) if item.promised.kind not in FREE]


def test_a_migrated_database_is_healthy(conn: Conn) -> None:
    assert checks.check(conn, with_accounts=True).healthy


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_was_altered_is_found(damage: str, conn: Conn) -> None:
    statement, expected = DAMAGE[damage]
    conn.execute(statement.encode())
    assert any(line.startswith(expected) for line in found(conn))


def test_a_healthy_database_has_no_difference(conn: Conn) -> None:
    assert found(conn) == []


def test_further_objects_are_the_sites_own(conn: Conn) -> None:
    conn.execute("CREATE INDEX mine ON __reana.job (updated)")
    conn.execute("CREATE VIEW reana.mine AS SELECT id_ FROM __reana.job")
    assert found(conn) == []


def test_comments_and_storage_are_the_sites_own(conn: Conn) -> None:
    conn.execute("COMMENT ON TABLE __reana.job IS 'of the site'")
    conn.execute("ALTER TABLE __reana.job SET (autovacuum_vacuum_scale_factor = 0.01)")
    assert found(conn) == []


def test_an_altered_object_is_unhealthy(conn: Conn) -> None:
    conn.execute("DROP TRIGGER zz_guard_status ON __reana.job")
    health = checks.check(conn)
    (difference,) = health.differences
    assert (difference.fault, health.healthy) == (Fault.MISSING, False)


def test_the_search_path_of_the_caller_stays(conn: Conn) -> None:
    conn.execute("SET search_path = __reana, public")
    assert found(conn) == []
    assert conn.execute("SHOW search_path").fetchall() == [("__reana, public",)]


def test_a_setting_that_cannot_be_is_found(conn: Conn) -> None:
    conn.execute("ALTER TABLE __reana.setting DROP CONSTRAINT ck_setting_value")
    conn.execute("UPDATE __reana.setting SET value = 'lenient' WHERE name = 'status_mode'")
    assert [item.value for item in checks.check(conn).settings] == ["lenient"]


def test_a_missing_migration_is_all_that_is_told(conn: Conn) -> None:
    conn.execute("DELETE FROM __reana.yoyo_migration WHERE migration_id = '0002-launcher-url'")
    conn.execute("DROP TRIGGER zz_guard_status ON __reana.job")
    assert checks.check(conn) == DatabaseHealth(["0002-launcher-url"], [])


def record(conn: Conn, name: str) -> None:
    """Note a migration as applied."""
    conn.execute(
        "INSERT INTO __reana.yoyo_migration (migration_hash, migration_id, applied_at_utc)"
        " VALUES ('later', %s, now())",
        [name],
    )
    conn.execute(
        "INSERT INTO __reana.yoyo_log"
        " (id, migration_hash, migration_id, operation, username, hostname, created_at_utc)"
        " VALUES ('later', 'later', %s, 'apply', 'me', 'here', now())",
        [name],
    )


EXPANSIONS = """
    ALTER TABLE __reana.workflow ADD COLUMN priority integer NOT NULL DEFAULT 0;
    ALTER TYPE public.runstatus ADD VALUE 'paused';
    CREATE INDEX ix_workflow_priority ON __reana.workflow (priority);
    CREATE TABLE __reana.label (workflow_id uuid REFERENCES __reana.workflow, name text);
    CREATE FUNCTION __reana.forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER zzz_forget AFTER DELETE ON __reana.job EXECUTE FUNCTION __reana.forget();
"""
"""What a newer release may do to the schema while this one runs."""


def test_a_schema_that_a_newer_version_has_expanded_is_told_and_no_fault(conn: Conn) -> None:
    record(conn, "9999-later")
    conn.execute(EXPANSIONS)
    health = checks.check(conn, with_accounts=True)
    assert report(health) == [
        "a newer release has migrated this database (9999-later): objects are not compared",
        "healthy",
    ]


@pytest.mark.usefixtures("uncounted")
def test_every_function_works_on_a_schema_that_a_newer_version_has_expanded(conn: Conn) -> None:
    conn.execute(EXPANSIONS)
    world = make_world(conn)
    for name, function in FUNCTIONS.items():
        with conn.transaction(force_rollback=True):
            call(conn, name, Values(world).arguments(name, function, optional=True))


def test_no_migration_of_ours_takes_away_what_older_versions_need_and_does_not_say_so() -> None:
    taking = re.compile(r"^\s*(DROP (TABLE|TYPE)|.*\b(DROP COLUMN|RENAME|SET DATA TYPE)\b)", re.M)
    ours = [file for file in migration_files.read(None) if file.id > "0021"]
    assert [file.id for file in ours if taking.search(file.sql)] == []
    assert not any(migration_files.CONTRACT.match(file.id) for file in ours)


def test_a_newer_version_says_in_a_name_that_it_took_something_away(conn: Conn) -> None:
    record(conn, "9999-contract-old-tokens")
    health = checks.check(conn)
    assert not health.healthy
    needed = "upgrade this version: a newer release took away what it needs"
    assert report(health)[0] == f"{needed} (9999-contract-old-tokens)"


def test_a_schema_that_a_statement_does_not_fit_is_found(conn: Conn) -> None:
    conn.execute("ALTER TABLE __reana.workflow RENAME COLUMN logs TO log_text")
    found = checks.check(conn).statement_problems
    assert "workflows.logs" in {problem.statement for problem in found}
