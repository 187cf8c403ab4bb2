"""`check --accounts`: usage, ledger, totals and runs agree."""

from __future__ import annotations

import psycopg
import pytest
from click.testing import CliRunner

from reana_db import cli, config
from reana_db.health import accounts
from reana_db.health.accounts import AccountHealth
from reana_db.queries import Conn
from tests.support import factories

AGREED = AccountHealth(0, 0, 0, 0, 0)


@pytest.fixture
def used(conn: Conn) -> Conn:
    """A database with one run, which uses 5 bytes."""
    _use(conn)
    return conn


def _use(conn: Conn) -> None:
    factories.set_usage(conn, factories.make_workflow(conn, factories.make_user(conn)), 5)


def _without_triggers(conn: Conn, statement: str) -> AccountHealth:
    conn.execute("SET LOCAL session_replication_role = replica")
    conn.execute(statement.encode())
    conn.execute("SET LOCAL session_replication_role = origin")
    return accounts.accounts(conn)


def test_accounts_agree_when_triggers_keep_them(used: Conn) -> None:
    assert accounts.accounts(used) == AGREED


def test_usage_that_nobody_counted_is_found(used: Conn) -> None:
    found = _without_triggers(used, "UPDATE __reana.workflow_resource SET quota_used = 7")
    assert (found.uncounted_runs, found.vanished_runs, found.wrong_totals) == (1, 0, 0)


def test_a_ledger_without_its_run_is_found(used: Conn) -> None:
    found = _without_triggers(
        used, "DELETE FROM __reana.workflow_resource; DELETE FROM __reana.workflow"
    )
    assert (found.uncounted_runs, found.vanished_runs, found.lost_runs) == (0, 1, 1)


def test_a_wrong_total_is_found(used: Conn) -> None:
    found = _without_triggers(
        used, "UPDATE __reana.user_resource SET quota_counted = 6 WHERE quota_counted = 5"
    )
    assert (found.uncounted_runs, found.wrong_totals) == (0, 1)


def test_a_missing_total_is_found(used: Conn) -> None:
    found = _without_triggers(used, "DELETE FROM __reana.user_resource")
    assert found.wrong_totals == 1


def test_a_lost_job_is_found(used: Conn) -> None:
    factories.make_job(used, factories.make_workflow(used, None))
    found = _without_triggers(used, "DELETE FROM __reana.job")
    assert (found.lost_runs, found.lost_others) == (0, 1)


def test_a_deleted_run_is_not_lost(used: Conn) -> None:
    used.execute("DELETE FROM __reana.workflow_resource")
    used.execute("DELETE FROM __reana.workflow")
    assert accounts.accounts(used) == AGREED


def test_check_says_what_to_run_and_that_mends_it(
    fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", fresh_db)
    config.settings.cache_clear()
    with psycopg.connect(fresh_db) as conn:
        _use(conn)
        _without_triggers(
            conn,
            "UPDATE __reana.workflow_resource SET quota_used = 7;"
            " UPDATE __reana.user_resource SET quota_counted = 6 WHERE quota_counted = 5",
        )
    result = CliRunner().invoke(cli.main, ["check", "--accounts"])
    assert result.exit_code == 1
    assert result.output.startswith("run reana-db quota refresh, which counts again:\n")
    # The run has no workspace on this machine.
    assert CliRunner().invoke(cli.main, ["quota", "refresh", "--force"]).exit_code == 0
    result = CliRunner().invoke(cli.main, ["check", "--accounts"])
    assert result.output == "healthy\n"
    config.settings.cache_clear()
