"""Every block of every page runs, or is output, a picture or a copy of what runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
import sqlparse
import yaml
from psycopg import sql

from reana_db import cli, config
from reana_db.pool import Pool
from reana_db.queries import Conn
from tests.docs.test_commands import PAGES, ROOT, name
from tests.support.factories import make_user, make_workflow

RUN_BY = {
    "sh": "tests/docs/test_commands.py",
    "ini": "tests/failover/backups.py",
    "console": "tests/docs/test_commands.py",
    "mermaid": "tests/docs/test_docs.py, for the rules; others are pictures",
    "text": "nothing: output, which the test of its page compares",
    "{toctree}": "the build of the site",
}
"""Who runs the blocks of a language, besides the tests below."""
HERE = {"python", "sql", "yaml"}
COPIES = "docs/adding.md"
"""The page whose blocks are in the package as well."""
GUIDES = {
    "docs/tutorial.md": "tests/docs/test_tutorial.py",
    "docs/moving-a-service.md": "tests/docs/test_moving_guide.py",
    "docs/running.md": "tests/test_replication.py, on a primary with standbys",
    "docs/testing-a-service.md": "tests/test_testing.py",
    COPIES: "the tests of the package",
}
"""Pages whose Python and SQL are run by others."""


def blocks(page: Path, language: str = r"[^\n]*") -> list[tuple[str, str]]:
    """Return the blocks of a page: language and text."""
    pattern = rf"^```({language})\n(.*?)^```$"
    return re.findall(pattern, page.read_text(), re.MULTILINE | re.DOTALL)


def with_blocks(language: str) -> list[Any]:
    """Return the pages that have blocks of a language for the tests here."""
    return [
        pytest.param(page, id=name(page))
        for page in PAGES
        if blocks(page, language) and name(page) not in GUIDES
    ]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_in_a_language_that_something_runs(page: Path) -> None:
    assert {language for language, _ in blocks(page)} <= RUN_BY.keys() | HERE


@pytest.fixture
def names(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What a service has at hand: a database, a connection, a pool, a user with a run."""
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", fresh_db)
    config.settings.cache_clear()
    with psycopg.connect(fresh_db) as conn, Pool() as pool:
        user_id = make_user(conn)
        number = {"run_number_major": 3, "run_number_minor": 1}
        run = make_workflow(conn, user_id, name="analysis", **number)
        conn.commit()
        yield {
            "conn": conn,
            "pool": pool,
            "user_id": user_id,
            "workflow_id": run,
            "remove": [].append,
        }
    config.settings.cache_clear()


@pytest.mark.parametrize("page", with_blocks("python"))
def test_the_python_of_a_page_runs(page: Path, names: dict[str, Any]) -> None:
    for _, code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), names)


@pytest.mark.parametrize("page", with_blocks("sql"))
def test_the_sql_of_a_page_runs(page: Path, conn: Conn) -> None:
    text = "\n".join(code for _, code in blocks(page, "sql"))
    created = set(re.findall(r"CREATE ROLE (\w+)", text))
    for role in set(re.findall(r"\breana(?:_\w+)?\b(?!\.)", text)) - created:
        if not conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
            conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    for statement in sqlparse.split(text):
        conn.execute(statement.encode())


@pytest.mark.parametrize("page", with_blocks("yaml"))
def test_the_command_of_a_yaml_block_exists_with_its_options(page: Path) -> None:
    for _, text in blocks(page, "yaml"):
        for program, *words in commands(yaml.safe_load(text)):
            assert program == "reana-db"
            command: click.Command = cli.main
            while isinstance(command, click.Group):
                command = command.get_command(click.Context(command), words.pop(0)) or command
            command.make_context(program, words)


def commands(document: Any) -> Iterator[list[str]]:
    """Yield the commands of containers, however deep."""
    if isinstance(document, dict):
        if "command" in document:
            yield document["command"]
        for value in document.values():
            yield from commands(value)
    elif isinstance(document, list):
        for item in document:
            yield from commands(item)


@pytest.mark.parametrize("language", ["python", "sql"])
def test_the_examples_of_the_page_about_adding_are_in_the_package(language: str) -> None:
    folder, suffix = {"python": (".", "py"), "sql": ("sql", "sql")}[language]
    sources = (ROOT / "reana_db" / folder).glob(f"*.{suffix}")
    package = "\n".join(path.read_text() for path in sources)
    for _, text in blocks(ROOT / COPIES, language):
        assert text in package


def test_the_page_about_the_architecture_names_every_module() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    modules = {path.name for path in (ROOT / "reana_db").glob("*.py")} - {"__init__.py"}
    packages = {f"{path.parent.name}/" for path in (ROOT / "reana_db").glob("*/__init__.py")}
    assert {item for item in modules | packages if item not in page} == {"__main__.py"}
