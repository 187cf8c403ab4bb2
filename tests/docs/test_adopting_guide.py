"""The commands of the guide for adopting a database work, in the order in which they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from reana_db import cli, config, status_history
from tests.support import released_schemas
from tests.support.factories import make_user, make_workflow
from tests.support.schema_snapshot import snapshot

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "adopting.md"


def commands() -> list[str]:
    """Return the commands of the guide."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture
def adopted(empty_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database of 0.95.0a8 that the environment names."""
    released_schemas.load(empty_db, "fresh-0.95.0a8")
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", empty_db)
    config.settings.cache_clear()
    yield empty_db
    config.settings.cache_clear()


def test_the_commands_work_and_the_last_one_returns_the_old_schema(adopted: str) -> None:
    before = snapshot(adopted)
    for command in commands():
        program, *arguments = shlex.split(command)
        done = CliRunner().invoke(cli.main, arguments)
        assert (program, done.exit_code) == ("reana-db", 0), f"{command}: {done.output}"
        if command == "reana-db check":
            _break_a_rule(adopted)
    assert snapshot(adopted) == before


def _break_a_rule(uri: str) -> None:
    """Do what is refused in the mode enforce."""
    with psycopg.connect(uri) as conn:
        run = make_workflow(conn, make_user(conn), status="running")
        conn.execute("UPDATE __reana.workflow SET status = 'deleted' WHERE id_ = %s", [run])
        assert [item.changes for item in status_history.violations(conn)] == [1]
