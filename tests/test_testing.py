"""The fixtures for the tests of services, and the example service that uses them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import Databases

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "testing-a-service.md"

TESTS = """
import time
from pathlib import Path

import psycopg
from reana_db import (JobStatus, Pool, RunStatus, config, jobs, quota, sharing, tokens, users,
                      workflows)


def test_samples_have_owners(sample_serial_workflow_in_db, sample_yadage_workflow_in_db,
                             sample_serial_workflow_in_db_owned_by_user1, user0, user1):
    assert sample_serial_workflow_in_db.full_name == "my-serial-analysis.1"
    assert sample_serial_workflow_in_db.owner_id == user0.id_ == users.ADMIN_ID
    assert sample_yadage_workflow_in_db.type_ == "yadage"
    assert sample_serial_workflow_in_db_owned_by_user1.owner_id == user1.id_


def test_users_have_fixed_ids_and_tokens(reana_db_settings, user2):
    assert str(user2.id_) == "22222222-2222-2222-2222-222222222222"
    with Pool() as pool, pool.connection() as conn:
        assert tokens.find_owner(conn, "user2token").id_ == user2.id_


def test_a_run_comes_into_every_status(reana_db_quick_site):
    for status in RunStatus:
        assert reana_db_quick_site.run_in_status(status).status is status


def test_jobs_have_logs(reana_db_conn, reana_db_quick_site):
    run = reana_db_quick_site.run_in_status(RunStatus.running)
    job = reana_db_quick_site.job(run, JobStatus.failed, logs="no space")
    assert (job.status, jobs.logs(reana_db_conn, job.id_)) == (JobStatus.failed, "no space")


def test_workspaces_are_on_the_volume(reana_db_site, tmp_shared_volume_path, user1):
    root = reana_db_site.workspace(reana_db_site.run_in_status(owner=user1), {"a/b.txt": "x"})
    assert root.is_relative_to(tmp_shared_volume_path)
    assert (root / "a" / "b.txt").read_text() == "x"
    assert config.settings().shared_volume_path == str(tmp_shared_volume_path)


def test_shares_sessions_and_quota(reana_db_conn, reana_db_quick_site):
    site = reana_db_quick_site
    run = site.run_in_status(owner=site.user(1))
    site.share(run, site.user(2))
    assert sharing.sharing_with(reana_db_conn, site.user(2).id_) == ["user1@reana.io"]
    assert site.session(run).status == "created"
    site.exceed_quota(run)
    assert quota.exceeded(reana_db_conn, run.owner_id)
    assert len(site.busy(3)) == 3


def test_nothing_is_left_of_another_test(reana_db_conn):
    assert users.find_by_email(reana_db_conn, "user1@reana.io") is None


def test_a_fresh_database_may_be_changed(reana_db_fresh_uri, reana_db_uri):
    assert reana_db_fresh_uri != reana_db_uri
    with psycopg.connect(reana_db_fresh_uri) as conn:
        user = users.create(conn, email="a@example.org")
    with psycopg.connect(reana_db_fresh_uri) as conn:
        assert users.find_by_email(conn, "a@example.org") == user
"""


def pytest_in(folder: Path, server: Databases | None = None) -> str:
    """Run tests in a folder with the fixtures, on a server, and return what pytest prints."""
    given = {"REANA_DB_TEST_URI": server.direct_uri("postgres")} if server else {}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "reana_db.testing.plugin"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "."],
        cwd=folder,
        # Whether or not the package is installed, and its plugin registered, in this environment.
        env={
            **os.environ,
            **given,
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return done.stdout + done.stderr


def test_a_service_can_test_with_them(tmp_path: Path) -> None:
    (tmp_path / "test_service.py").write_text(TESTS)
    printed = pytest_in(tmp_path)
    assert "8 passed" in printed, printed


def test_the_guide_tells_the_truth(tmp_path: Path, server: Databases) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    for number, block in enumerate(blocks):
        (tmp_path / f"test_block{number}.py").write_text(block)
    printed = pytest_in(tmp_path, server)
    assert f"{len(blocks)} passed" in printed, printed


def test_the_guide_names_every_fixture() -> None:
    plugin = (ROOT / "reana_db" / "testing" / "plugin.py").read_text(encoding="utf-8")
    fixtures = set(re.findall(r"@pytest\.fixture.*\ndef (\w+)", plugin))
    internal = {"reana_db_server_uri", "reana_db_template"}
    table = GUIDE.read_text(encoding="utf-8").partition("## Fixtures")[2]
    named = re.findall(
        r"`((?:reana_db_|user|sample_|tmp_)\w+)`", table.partition("\n\nThe last")[0]
    )
    assert fixtures - internal == set(named)


def test_the_example_service_passes_its_own_tests(server: Databases) -> None:
    printed = pytest_in(ROOT / "examples" / "service", server)
    assert "4 passed" in printed, printed
