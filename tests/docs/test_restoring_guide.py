"""The commands of the guide for repairing and restoring, with the programs of PostgreSQL."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from reana_db import cli, config, embedded
from tests.support import factories
from tests.support.contents import contents
from tests.support.databases import Databases
from tests.support.schema_snapshot import snapshot

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "restoring.md"
SECTIONS = {
    title: block.replace("\\\n", " ").splitlines()
    for title, block in re.findall(
        r"^## ([^\n]+)\n(?:(?!^## ).)*?^```sh\n(.*?)^```$",
        GUIDE.read_text(),
        re.MULTILINE | re.DOTALL,
    )
}
WITHOUT_TRIGGERS = "Restore the data alone"
ONE_TABLE = "Restore one table"


class Shell:
    """Runs commands on the databases ``reana`` and ``restored``, by their names in the test."""

    def __init__(self, server: Databases, reana: str, restored: str, directory: Path) -> None:
        bindir, _ = embedded.find_binaries()
        at = conninfo_to_dict(server.direct_uri(reana))
        self.names = {"reana": reana, "restored": restored}
        self.server = server
        self.directory = directory
        self.environment = {
            **os.environ,
            "PATH": f"{bindir}:{os.environ['PATH']}",
            "PGHOST": str(at["host"]),
            "PGPORT": str(at["port"]),
            "PGUSER": str(at["user"]),
            "PGPASSWORD": str(at.get("password") or ""),
        }
        if not (bindir / "pg_dump").exists():
            pytest.skip("needs pg_dump of the version of the server")

    def run(self, line: str, *, on: str = "restored") -> subprocess.CompletedProcess[str]:
        """Run a command line; ours in this process, which is quicker."""
        words = [re.sub(r"(?<![\w.-])(reana|restored)$", self._name, w) for w in shlex.split(line)]
        uri = self.server.direct_uri(self.names[on])
        if words[0] == "reana-db":
            config.settings.cache_clear()
            shown = CliRunner().invoke(
                cli.main, words[1:], env={"REANA_SQLALCHEMY_DATABASE_URI": uri}
            )
            config.settings.cache_clear()
            return subprocess.CompletedProcess(words, shown.exit_code, shown.stdout, shown.stderr)
        return subprocess.run(
            words,
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def _name(self, match: re.Match[str]) -> str:
        return self.names[match[1]]


@pytest.fixture
def shell(fresh_db: str, server: Databases, tmp_path: Path) -> Shell:
    """A database with runs that have ended and are accounted, and the name of another one."""
    with psycopg.connect(fresh_db) as conn:
        owner = factories.make_user(conn)
        for size in range(4):
            run = factories.make_workflow(conn, owner)
            factories.make_job(conn, run)
            factories.set_usage(conn, run, size)
        for status in ("queued", "pending", "running", "finished"):
            conn.execute("UPDATE __reana.workflow SET status = %s", [status])
    name = str(conninfo_to_dict(fresh_db)["dbname"])
    return Shell(server, name, f"{name}_restored", tmp_path)


@pytest.fixture(autouse=True)
def _dropped(shell: Shell) -> Iterator[None]:
    yield
    with psycopg.connect(shell.server.direct_uri(shell.names["reana"]), autocommit=True) as conn:
        name = sql.Identifier(shell.names["restored"])
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))


def test_the_guide_has_the_sections_that_are_tested() -> None:
    assert len(SECTIONS) == 5
    assert {WITHOUT_TRIGGERS, ONE_TABLE, "Repair"} < set(SECTIONS)


@pytest.mark.parametrize("title", [title for title in SECTIONS if title.startswith("Restore ")])
def test_what_was_restored_is_whole_and_its_accounts_agree(title: str, shell: Shell) -> None:
    on = "reana" if title == ONE_TABLE else "restored"
    source = shell.server.direct_uri(shell.names["reana"])
    before = contents(source)
    for line in SECTIONS[title]:
        done = shell.run(line, on=on)
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert done.stdout == "healthy\n"
    restored = shell.server.direct_uri(shell.names[on])
    after = contents(restored)
    if title == WITHOUT_TRIGGERS:
        for rows in (before, after):
            for table in ("yoyo_log", "yoyo_migration", "setting"):
                del rows[table]
    assert after == before
    assert snapshot(restored) == snapshot(source)


def test_the_commands_of_a_repair_work(shell: Shell) -> None:
    for line in SECTIONS["Repair"]:
        assert shell.run(line, on="reana").returncode == 0


def test_data_alone_with_triggers_loses_rows_and_check_says_so(shell: Shell) -> None:
    for line in (
        "pg_dump --format=custom --file=reana.dump reana",
        "createdb --template=template0 restored",
        "pg_restore --schema-only --dbname=restored reana.dump",
    ):
        assert shell.run(line).returncode == 0
    assert shell.run("pg_restore --data-only --dbname=restored reana.dump").returncode == 1
    done = shell.run("reana-db check --accounts")
    assert (done.returncode, "that are gone: 4\n" in done.stdout) == (1, True)


def test_check_says_what_the_guide_says_of_lost_runs(shell: Shell) -> None:
    for line in SECTIONS[ONE_TABLE][:2]:
        shell.run(line)
    (said,) = re.findall(r"^```text\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert shell.run("reana-db check --accounts", on="reana").stdout == said
