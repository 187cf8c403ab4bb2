"""Every command line in the documents works."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner

from reana_db import cli, config, resources
from tests.support.factories import make_user, make_workflow

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("", "docs", "benchmarks", "examples", "examples/service", "tests/data")
PAGES = [page for folder in FOLDERS for page in sorted((ROOT / folder).glob("*.md"))]
ELSEWHERE = {
    "docs/adopting.md": "tests/docs/test_adopting_guide.py runs them, on an older database",
    "docs/restoring.md": "tests/docs/test_restoring_guide.py runs them and PostgreSQL's",
    "README.md": "a fresh virtual environment: CI runs them",
    "examples/service/README.md": "a service that goes on: tests/test_testing.py runs its tests",
    "docs/running.md": "tests/failover/backups.py runs them, with pgBackRest",
    "docs/tutorial.md": "a fresh virtual environment, as in the README",
    "docs/adding.md": "what writes the files that tests compare with",
}
"""Pages whose command lines are run by others."""
RUN = "5f3c1d6e-0f3b-4b55-9d0f-0e5bb4a6a2c7"
"""The run of the examples."""


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[str]:
    """Yield the command lines in the blocks of a page."""
    pattern = r"^```(?:sh|console)\n(.*?)^```$"
    for block in re.findall(pattern, page.read_text(), re.MULTILINE | re.DOTALL):
        lines = block.splitlines()
        with_prompt = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        yield from with_prompt or lines


COMMANDS = [
    pytest.param(page, id=name(page))
    for page in PAGES
    if name(page) not in ELSEWHERE and list(blocks(page))
]


@pytest.fixture
def site(fresh_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database that the examples are about, where the environment says."""
    with psycopg.connect(fresh_db, autocommit=True) as conn:
        resources.create_defaults(conn)
        owner, _ = (make_user(conn, email=f"{name}@example.org") for name in ("emmy", "lise"))
        make_workflow(conn, owner, id_=RUN, workspace_path=str(tmp_path))
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", fresh_db)
    monkeypatch.setenv("REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS", "3")
    monkeypatch.setenv("REANA_SECRET_KEY", "a key that is long enough")
    monkeypatch.setenv("REANA_SECRET_KEY_PREVIOUS", "the key that was used before")
    config.settings.cache_clear()
    yield
    monkeypatch.undo()
    config.settings.cache_clear()


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("page", COMMANDS)
def test_the_command_lines_of_a_page_work(page: Path) -> None:
    for line in blocks(page):
        program, *arguments = shlex.split(line)
        done = CliRunner().invoke(cli.main, arguments)
        assert (program, done.exit_code) == ("reana-db", 0), f"{line}: {done.output}"


def named() -> set[str]:
    """Return the command lines within sentences."""
    found = {text for page in PAGES for text in re.findall(r"`(reana-db [^`]+)`", page.read_text())}
    return {re.sub(r"\s+", " ", text) for text in found}


@pytest.mark.parametrize("line", sorted(named()))
def test_a_command_that_a_page_names_exists_with_its_options(line: str) -> None:
    context = click.Context(cli.main)
    command: click.Command = cli.main
    words = shlex.split(line)[1:]
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        inner = command.get_command(context, words.pop(0))
        assert inner is not None
        command = inner
    known = {option for item in command.get_params(context) for option in item.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_every_environment_of_tox_that_a_page_names_exists() -> None:
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    names = {name for page in PAGES for name in re.findall(r"tox -e (\w+)", page.read_text())}
    assert names <= {section.removeprefix("testenv:") for section in tox.sections()}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parent.name != "service"], ids=name
)
def test_no_line_of_a_page_is_longer_than_100_characters(page: Path) -> None:
    """Rows of tables are as long as they must be."""
    lines = [line for line in page.read_text().splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > 100] == []
