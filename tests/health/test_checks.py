"""The health check finds what keeps a database from working as it should."""

from __future__ import annotations

import pytest

from reana_db.health import checks
from reana_db.queries import Conn

pytestmark = pytest.mark.slow


def test_a_migrated_database_is_healthy(conn: Conn) -> None:
    assert checks.check(conn).healthy


def test_a_disabled_trigger_is_found(conn: Conn) -> None:
    conn.execute("CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
    conn.execute(
        "CREATE TRIGGER t BEFORE UPDATE ON __reana.job FOR EACH ROW EXECUTE FUNCTION pg_temp.f()"
    )
    conn.execute("ALTER TABLE __reana.job DISABLE TRIGGER t")
    assert checks.check(conn).disabled_triggers == ["job.t"]


def test_an_invalid_index_is_found(conn: Conn) -> None:
    conn.execute(
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid = '__reana.ix___reana_workflow_status'::regclass"
    )
    assert checks.check(conn).invalid_indexes == ["ix___reana_workflow_status"]


def test_a_missing_migration_is_found(conn: Conn) -> None:
    conn.execute("DELETE FROM __reana.yoyo_migration WHERE migration_id = '0002-launcher-url'")
    assert checks.check(conn).pending_migrations == ["0002-launcher-url"]


def test_a_migration_of_a_newer_version_is_found(conn: Conn) -> None:
    conn.execute(
        "UPDATE __reana.yoyo_migration SET migration_id = '9999-later'"
        " WHERE migration_id = '0002-launcher-url'"
    )
    assert checks.check(conn).unknown_migrations == ["9999-later"]


def test_a_schema_that_a_statement_does_not_fit_is_found(conn: Conn) -> None:
    conn.execute("ALTER TABLE __reana.workflow RENAME COLUMN logs TO log_text")
    found = checks.check(conn).statement_problems
    assert "workflows.logs" in {problem.statement for problem in found}
