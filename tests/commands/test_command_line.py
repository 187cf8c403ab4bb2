"""What all commands have in common: help, errors, output."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from reana_db import accounts, blockers, cli, config, resources
from reana_db.accounts import NewUser
from reana_db.commands import connecting

FULL = Path("/dev/full")


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of every command that the help shows."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from commands(inner, *path, name)


def leaves(command: click.Group) -> list[tuple[str, ...]]:
    """Return the paths of the commands that do something."""
    found = []
    for path in commands(command):
        inner = found_at(command, path)
        if not isinstance(inner, click.Group) or inner.invoke_without_command:
            found.append(path)
    return found


def found_at(command: click.Command, path: tuple[str, ...]) -> click.Command:
    for name in path:
        assert isinstance(command, click.Group)
        inner = command.get_command(click.Context(command), name)
        assert inner is not None
        command = inner
    return command


@pytest.mark.parametrize("path", list(commands(cli.main)), ids=" ".join)
def test_the_help_of_a_command_fits_a_terminal_and_cuts_nothing(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli.main, [*path, "--help"], terminal_width=80).output
    assert max(map(len, shown.splitlines())) <= 80
    assert not re.search(r"[a-z]\.\.\.$", shown, re.MULTILINE)


WITHOUT_FACTS = {
    ("demo",): "a show",
    ("migrate", "new"): "names two files",
    ("quota", "set"): "prints nothing",
    ("settings", "set"): "prints nothing",
    ("wait",): "prints nothing",
}


def test_every_command_that_prints_facts_prints_them_as_json_too() -> None:
    without = {
        path
        for path in leaves(cli.main)
        if "--json" not in {name for item in found_at(cli.main, path).params for name in item.opts}
    }
    assert without == set(WITHOUT_FACTS)


READING = {
    ("check",): (),
    ("deletions",): (),
    ("migrate",): ("--preflight",),
    ("migrate", "history"): (),
    ("migrate", "status"): (),
    ("quota", "policy"): (),
    ("quota", "refresh"): ("--dry-run", "--resource", "cpu"),
    ("quota", "show"): ("--user", "alice@example.org"),
    ("repair",): ("--dry-run",),
    ("roles", "show"): (),
    ("secrets", "status"): (),
    ("settings", "get"): ("status_mode",),
    ("settings", "list"): (),
    ("sql",): (),
    ("status", "history"): ("00000000-0000-0000-0000-000000000000",),
    ("status", "mode"): (),
    ("status", "rules"): ("--entity", "job"),
    ("status", "violations"): (),
}


def test_what_is_printed_as_json_is_json(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", committed)
    config.settings.cache_clear()
    for path, arguments in READING.items():
        done = CliRunner().invoke(cli.main, [*path, *arguments, "--json"])
        assert done.exit_code == 0, f"{path}: {done.output}"
        json.loads(done.stdout)


WAITING = (
    ("deletions",),
    ("quota", "policy", "cpu"),
    ("quota", "refresh", "--resource", "cpu"),
    ("quota", "set", "alice@example.org", "--limit", "10h"),
    ("quota", "show"),
    ("secrets", "rotate"),
    ("secrets", "status"),
    ("settings", "set", "status_mode", "keep"),
    ("status", "mode", "keep"),
    ("status", "prune", "--older-than", "1"),
)
LOCKED = """
LOCK TABLE __reana.setting, __reana.workflow, __reana.user_, __reana.user_token,
    __reana.status_history, __reana.workspace_removal
"""


def test_a_command_that_waits_for_a_lock_says_who_holds_it(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", committed)
    monkeypatch.setenv("REANA_SECRET_KEY", "a key that is long enough")
    monkeypatch.setenv("REANA_SECRET_KEY_PREVIOUS", "the key that was used before")
    monkeypatch.setattr(blockers, "FIRST", 0.1)
    config.settings.cache_clear()
    for arguments in WAITING:
        with psycopg.connect(committed, application_name="pg_dump") as other:
            other.execute(LOCKED.encode())
            told: list[str] = []
            monkeypatch.setattr(connecting, "_tell", lambda text, t=told, o=other: _end(text, t, o))
            done = CliRunner().invoke(cli.main, arguments)
            pid = other.info.backend_pid
        assert done.exit_code == 0, f"{arguments}: {done.output}"
        assert told, arguments
        assert told[0].startswith(f"waiting for server process {pid} (pg_dump"), arguments
        assert re.search(r", in a transaction since \d\d:\d\d:\d\d UTC\)$", told[0])


def _end(text: str, told: list[str], other: psycopg.Connection[Any]) -> None:
    """Let the one who is waited for end its transaction."""
    told.append(text)
    other.rollback()


@pytest.fixture
def committed(fresh_db: str) -> Iterator[str]:
    """A database with a user."""
    with psycopg.connect(fresh_db) as conn:
        resources.create_defaults(conn)
        accounts.create(conn, NewUser(email="alice@example.org"))
    yield fresh_db
    config.settings.cache_clear()


@pytest.mark.skipif(not FULL.exists(), reason="a feature of Linux")
@pytest.mark.parametrize("arguments", [["sql"], ["--help"]])
def test_output_that_cannot_be_written_is_one_sentence(arguments: list[str]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "reana_db", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "Error: No space left on device\n")


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "command-line.md").read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_complete_the_command_as_the_page_says(shell: str) -> None:
    assert f"_REANA_DB_COMPLETE={shell}_source reana-db" in PAGE
    done = subprocess.run(
        [Path(sys.executable).with_name("reana-db")],
        env={**os.environ, "_REANA_DB_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_REANA_DB_COMPLETE" in done.stdout


def test_commands_and_options_are_completed() -> None:
    complete = ShellComplete(cli.main, {}, "reana-db", "_REANA_DB_COMPLETE")
    words = {
        word: [item.value for item in complete.get_completions(list(before), word)]
        for before, word in [((), "rep"), (("status",), "vio"), (("quota", "set"), "--li")]
    }
    assert words == {"rep": ["repair"], "vio": ["violations"], "--li": ["--limit"]}
