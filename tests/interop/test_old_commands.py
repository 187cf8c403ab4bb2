"""Commands of released versions, which charts run by themselves, on a database of ours."""

from __future__ import annotations

import psycopg
import pytest

from reana_db import migrate
from tests.interop.conftest import ALL, new_email, require
from tests.interop.released import OldService, command
from tests.support.schema_snapshot import snapshot

EVERY = ("0.8.0", *ALL)


@pytest.mark.parametrize("release", EVERY)
def test_their_init_changes_nothing(release: str, fresh_db: str) -> None:
    require(release)
    before = snapshot(fresh_db)
    done = command(release, fresh_db, "init")
    assert done.returncode == 0, done.stderr
    assert snapshot(fresh_db) == before
    assert migrate.status(fresh_db).current


@pytest.mark.parametrize("release", EVERY)
def test_their_stamp_does_not_unsettle_us(release: str, fresh_db: str) -> None:
    """``reana-db alembic init``, which charts run at an installation."""
    require(release)
    done = command(release, fresh_db, "alembic", "init")
    assert done.returncode == 0, done.stderr
    assert migrate.status(fresh_db).current
    assert migrate.apply(fresh_db).applied == []


@pytest.mark.parametrize("release", ALL)
def test_their_upgrade_fails_and_changes_nothing(release: str, fresh_db: str) -> None:
    """Every revision of theirs is in ours already."""
    require(release)
    with psycopg.connect(fresh_db) as conn:
        conn.execute(
            "CREATE TABLE __reana.alembic_version (version_num varchar(32) PRIMARY KEY);"
            "INSERT INTO __reana.alembic_version VALUES ('6568d7cb6710')"
        )
    before = snapshot(fresh_db)
    assert command(release, fresh_db, "alembic", "upgrade").returncode != 0
    assert snapshot(fresh_db) == before
    assert migrate.status(fresh_db).alembic_revision == "6568d7cb6710"


def test_a_newer_upgrade_of_an_adopted_database_fails_and_changes_nothing(empty_db: str) -> None:
    """0.95.0a13 would drop the access tokens; it does not come that far."""
    require("0.95.0a8")
    require("0.95.0a13")
    assert command("0.95.0a8", empty_db, "init").returncode == 0
    assert command("0.95.0a8", empty_db, "alembic", "init").returncode == 0
    migrate.apply(empty_db)
    before = snapshot(empty_db)
    done = command("0.95.0a13", empty_db, "alembic", "upgrade")
    assert done.returncode != 0
    assert "already exists" in done.stderr
    assert snapshot(empty_db) == before
    assert migrate.status(empty_db).current


@pytest.mark.parametrize("release", ALL)
def test_their_nightly_quota_update_runs(release: str, fresh_db: str) -> None:
    require(release)
    with OldService(release, fresh_db) as old:
        old("create_resources")
        user_id = old("create_user", email=new_email())
        run = old("create_run", user_id=user_id, name="analysis")["id"]
        for status in ("queued", "pending", "running", "finished"):
            old("set_run_status", workflow_id=run, status=status)
    settings = {"REANA_PERIODIC_RESOURCE_QUOTA_UPDATE_POLICY": "true"}
    done = command(release, fresh_db, "quota", "resource-usage-update", **settings)
    assert done.returncode == 0, done.stderr
    assert "CPU quota usage updated successfully" in done.stdout
