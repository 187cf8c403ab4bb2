"""The tests that releases ship, run by these releases on databases of ours.

0.8.0 gets the schema that our first migration makes; the others get the newest one.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from reana_db import database_settings
from reana_db.records import SettingName, StatusMode
from tests import migration_steps
from tests.databases import Databases
from tests.interop import environments
from tests.interop.conftest import require
from tests.interop.released import HERE, environment

SCHEMAS = {"0.8.0": "0001", "0.9.5": None, "0.95.0a8": None, "0.95.0a13": None}
"""By release: the last migration of the database that its tests get; None is the newest."""

LATER = {
    "test_workflow_retention_rules": "it makes an inactive rule pending, against REANA's own list",
}

EXPECTED = {"0.8.0": {}, "0.9.5": LATER, "0.95.0a8": LATER, "0.95.0a13": LATER}
"""By release: the tests that fail, each with its reason."""


def shipped(release: str, uri: str, *arguments: str) -> str:
    """Run the tests of a release and return what pytest printed."""
    options = ("-q", "-rA", "-o", "addopts=", "-p", "shipped_plugin", "-p", "no:cacheprovider")
    done = subprocess.run(
        [environments.python(release), "-m", "pytest", *options, "tests", *arguments],
        cwd=environments.sources(release),
        env=environment(uri, PYTHONPATH=str(HERE), PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def outcomes(output: str) -> dict[str, set[str]]:
    """Return the names of tests by outcome."""
    found: dict[str, set[str]] = {"PASSED": set(), "FAILED": set(), "ERROR": set()}
    for outcome, name in re.findall(r"^(PASSED|FAILED|ERROR) \S+?::(\S+)", output, re.MULTILINE):
        found[outcome].add(name.partition("[")[0])
    return found


@pytest.fixture
def uri(request: pytest.FixtureRequest, server: Databases, template: str, release: str) -> str:
    require(release)
    last = SCHEMAS[release]
    context = server.database(template=None if last else template)
    name = context.__enter__()
    request.addfinalizer(lambda: context.__exit__(None, None, None))
    if last:
        migration_steps.apply(server.uri(name), migration_steps.through(last))
    return server.uri(name)


@pytest.mark.parametrize("release", SCHEMAS)
def test_the_shipped_tests_pass_but_for_what_is_expected(release: str, uri: str) -> None:
    output = shipped(release, uri)
    found = outcomes(output)
    assert found["FAILED"] | found["ERROR"] == set(EXPECTED[release]), output[-3000:]
    assert found["PASSED"]


@pytest.mark.parametrize("release", [name for name, tests in EXPECTED.items() if tests])
def test_what_fails_passes_in_the_mode_observe(release: str, uri: str) -> None:
    with psycopg.connect(uri) as conn:
        database_settings.change(conn, SettingName.STATUS_MODE, StatusMode.OBSERVE)
    found = outcomes(shipped(release, uri, "-k", " or ".join(EXPECTED[release])))
    assert found == {"PASSED": set(EXPECTED[release]), "FAILED": set(), "ERROR": set()}


def test_every_release_has_its_tests() -> None:
    for release in SCHEMAS:
        require(release)
        assert list(Path(environments.sources(release), "tests").glob("test_*.py"))
