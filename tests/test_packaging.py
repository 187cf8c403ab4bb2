"""The wheel is complete, and works from any directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, so that nothing is left in the checkout."""
    sources, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in ("reana_db", "migrations", "examples"):
        shutil.copytree(ROOT / name, sources / name)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out), "."]
    subprocess.run(command, cwd=sources, check=True, capture_output=True, text=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel, without its dependencies, into a directory of its own."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", str(target), str(wheel)], check=True)
    return target


def run(installed: Path, *arguments: str, cwd: Path, **variables: str) -> str:
    """Run Python with the installed package, from another directory."""
    environment = {**os.environ, "PYTHONPATH": str(installed), **variables}
    command = [sys.executable, "-P", *arguments]
    done = subprocess.run(
        command, cwd=cwd, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_the_wheel_holds_every_statement_migration_and_the_type_marker(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    statements = {f"reana_db/sql/{file.name}" for file in (ROOT / "reana_db/sql").glob("*.sql")}
    migrations = {f"reana_db/migrations/{file.name}" for file in (ROOT / "migrations").iterdir()}
    examples = {
        f"reana_db/examples/{file.parent.name}/{file.name}"
        for file in (ROOT / "examples").glob("*/*.yaml")
    }
    assert statements | migrations | examples | {"reana_db/py.typed"} <= names
    assert not [name for name in names if name.startswith(("tests/", "migrations/"))]


def test_the_installed_package_is_the_one_that_runs(installed: Path, tmp_path: Path) -> None:
    shown = run(installed, "-c", "import reana_db; print(reana_db.__file__)", cwd=tmp_path)
    assert Path(shown.strip()).is_relative_to(installed)


def test_the_installed_package_migrates_and_verifies_a_database(
    installed: Path, tmp_path: Path, empty_db: str
) -> None:
    where = {"REANA_SQLALCHEMY_DATABASE_URI": empty_db}
    run(installed, "-m", "reana_db", "migrate", cwd=tmp_path, **where)
    assert run(installed, "-m", "reana_db", "check", cwd=tmp_path, **where) == "healthy\n"
