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
from tests.interop import environments
from tests.interop.conftest import require
from tests.interop.released import HERE, environment
from tests.support import migration_steps
from tests.support.databases import Databases

SCHEMAS = {"0.8.0": "0001", "0.9.5": None, "0.95.0a8": None, "0.95.0a13": None}
"""By release: the last migration of the database that its tests get; None is the newest."""

RELEASES = ("0.9.5", "0.95.0a8", "0.95.0a13")
"""Those whose tests get the newest schema."""

REFUSED = {
    "test_workflow_retention_rules": "it makes an inactive rule pending, against REANA's own list",
}
"""The tests that fail in the mode ``enforce``, each with its reason."""

ALWAYS = {
    "test_all_users_disk_quota_usage_update": "it takes the first row of usage for the only one",
}
"""The tests that fail in every mode, each with its reason."""


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
    expected = {*REFUSED, *ALWAYS} if release in RELEASES else set()
    assert found["FAILED"] | found["ERROR"] == expected, output[-3000:]
    assert found["PASSED"]


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_refused_passes_in_the_mode_observe(release: str, uri: str) -> None:
    with psycopg.connect(uri) as conn:
        database_settings.change(conn, SettingName.status_mode, StatusMode.observe)
    found = outcomes(shipped(release, uri, "-k", " or ".join(REFUSED)))
    assert found == {"PASSED": set(REFUSED), "FAILED": set(), "ERROR": set()}


def test_every_release_has_its_tests() -> None:
    for release in SCHEMAS:
        require(release)
        assert list(Path(environments.sources(release), "tests").glob("test_*.py"))
