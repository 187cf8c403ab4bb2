"""What all commands have in common: help, errors, output."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reana_db import cli

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


@pytest.mark.parametrize("path", list(commands(cli.main)), ids=" ".join)
def test_the_help_of_a_command_fits_a_terminal_and_cuts_nothing(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli.main, [*path, "--help"], terminal_width=80).output
    assert max(map(len, shown.splitlines())) <= 80
    assert not re.search(r"[a-z]\.\.\.$", shown, re.MULTILINE)


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


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_complete_the_command(shell: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("reana-db")],
        env={**os.environ, "_REANA_DB_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_REANA_DB_COMPLETE" in done.stdout
