"""The fixtures that the package offers to the tests of services."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

TESTS = """
import psycopg

from reana_db import users, workflows


def test_sample_runs_have_two_owners(reana_db_conn, reana_db_serial_workflow,
                                     reana_db_yadage_workflow, reana_db_users):
    assert reana_db_serial_workflow.full_name == "my-serial-analysis.1"
    assert reana_db_serial_workflow.owner_id == reana_db_users[0].id_
    assert reana_db_yadage_workflow.owner_id == reana_db_users[1].id_
    found = workflows.specification(reana_db_conn, reana_db_yadage_workflow.id_)
    assert found.reana_specification["workflow"]["type"] == "yadage"


def test_new_runs_are_numbered(reana_db_new_workflow):
    runs = [reana_db_new_workflow(name="fit") for _ in range(2)]
    assert [run.full_name for run in runs] == ["fit.1", "fit.2"]


def test_nothing_is_left_of_another_test(reana_db_conn):
    assert users.find_by_email(reana_db_conn, "user0@reana.io") is None


def test_a_fresh_database_may_be_changed(reana_db_fresh_uri, reana_db_uri):
    assert reana_db_fresh_uri != reana_db_uri
    with psycopg.connect(reana_db_fresh_uri) as conn:
        user = users.create(conn, email="a@example.org")
    with psycopg.connect(reana_db_fresh_uri) as conn:
        assert users.find_by_email(conn, "a@example.org") == user
"""


def test_a_service_can_test_with_them(tmp_path: Path) -> None:
    (tmp_path / "test_service.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "reana_db.testing", "."]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        # Whether or not the package is installed, and its plugin registered, in this environment.
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed" in done.stdout, done.stdout + done.stderr
