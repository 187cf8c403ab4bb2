"""Adopted, used, stamped by later charts, and given back to the release that it came from."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from reana_db import migrate
from tests.interop.conftest import ALL, new_email, require
from tests.interop.released import OldService, command
from tests.support.migration_sets import rows
from tests.support.schema_snapshot import snapshot

EVERY = ("0.8.0", *ALL)
STAMP = "SELECT version_num FROM __reana.alembic_version"


def _run(release: str, uri: str, *arguments: str) -> str:
    done = command(release, uri, *arguments)
    assert done.returncode == 0, f"{release} {arguments}: {done.stderr}"
    return done.stdout


def _life(release: str, uri: str, status: str) -> Any:
    """Create a user and a run with the release, and return what it tells of the run."""
    with OldService(release, uri) as old:
        user_id = old("create_user", email=new_email())
        run = old("create_run", user_id=user_id, name="analysis")["id"]
        for step in ("queued", "pending", "running", status):
            old("set_run_status", workflow_id=run, status=step)
        return old("describe_run", workflow_id=run)["status"]


@pytest.mark.parametrize("release", EVERY)
def test_the_release_works_again_after_all_was_undone(release: str, empty_db: str) -> None:
    require(release)
    with psycopg.connect(empty_db) as conn:
        conn.execute("CREATE SCHEMA IF NOT EXISTS __reana")
    _run(release, empty_db, "init")
    _run(release, empty_db, "alembic", "init")
    with OldService(release, empty_db) as old:
        old("create_resources")
    before, stamp = snapshot(empty_db), rows(empty_db, STAMP)
    current = _run(release, empty_db, "alembic", "current")
    migrate.apply(empty_db)
    if release != "0.8.0":  # which knows run numbers as floats
        assert _life(release, empty_db, "finished") == "finished"
    for later in EVERY[EVERY.index(release) :]:
        require(later)
        _run(later, empty_db, "init")
        _run(later, empty_db, "alembic", "init")
    migrate.rollback(empty_db, everything=True)
    assert (snapshot(empty_db), rows(empty_db, STAMP)) == (before, stamp)
    assert _run(release, empty_db, "alembic", "current") == current
    _run(release, empty_db, "alembic", "upgrade")
    assert _life(release, empty_db, "finished") == "finished"
