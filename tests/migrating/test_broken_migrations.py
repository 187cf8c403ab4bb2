"""A migration that is broken is said once, before anything else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import Databases
from tests.support.migration_steps import FILES

ROOT = Path(__file__).parents[2]
LAST = FILES[-1]

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository in another place."""
    for name in ("reana_db", "migrations", "examples", "tests", "benchmarks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def complaint(copy: Path, server: Databases) -> str:
    """Run the suite on a copy, in which no test begins, and return what it says."""
    command = [sys.executable, "-m", "pytest", "-q", "-n1"]
    env = os.environ | {"REANA_DB_TEST_URI": server.direct_uri("postgres")}
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "FAILED" not in said
    assert "ERROR" not in said
    return said


def test_a_rollback_that_forgets_something(copy: Path, server: Databases) -> None:
    (copy / "migrations" / LAST.rollback_path.name).write_text("")
    assert f"the rollback of {LAST.id} leaves another schema" in complaint(copy, server)


def test_a_migration_that_fails(copy: Path, server: Databases) -> None:
    with (copy / "migrations" / LAST.path.name).open("a") as migration:
        migration.write("\nDROP TABLE __reana.no_such_table;\n")
    assert f'{LAST.id} fails: table "no_such_table" does not exist' in complaint(copy, server)
