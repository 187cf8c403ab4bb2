"""Whatever arguments and environment it gets, a command answers with a sentence and a status."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from reana_db import config
from reana_db.cli import COMMANDS, HIDDEN, CommandLine, main
from reana_db.config import Settings
from tests.support import soak
from tests.support.databases import Databases

NUMBERS = (
    *("-1", "0", "1", "2147483648", "9223372036854775808", "1e400", "nan", "inf", "", " 1"),
    *("\u0663", "9" * 5000, "0x10", "1_000"),
)
TEXTS = ("", " ", "x" * 100_000, "\udcff", "é", "-", "--", "\n", "'\"\\", "%s%n", "0001-01-01")
PATHS = ("", "/", "/nowhere/to/be/found", "\udcff", "x" * 5000, "-")
TIMES = ("0001-01-01", "9999-12-31", "9999-12-31 23:59:59", "10000-01-01", "", "\u0663")
VARIABLES = (
    *(item.metadata["variable"] for item in fields(Settings) if "variable" in item.metadata),
    *("REANA_DB_HOST", "REANA_DB_NAME", "REANA_DB_USERNAME", "REANA_DB_PASSWORD", "REANA_DB_PORT"),
    *("REANA_SQLALCHEMY_DATABASE_URI", "REANA_DB_MIGRATION_URI", "PGHOST", "PGPORT", "PGUSER"),
)
URIS = (
    "postgresql://",
    "postgresql://a:b@[::1",
    "postgresql://a:%zz@h/d",
    "postgresql://h/d?x=1",
    "host=",
    "sqlite://",
    "host=127.0.0.1 port=1 connect_timeout=99999999999",
)
CALLS = soak.size(10, 400)
HOSTS = ("REANA_DB_HOST", "PGHOST")
pytestmark = pytest.mark.slow

LEFT_OUT = {"demo", "new"}
"""What takes long, and what writes files."""


def leaves(group: click.Group, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it."""
    context = click.Context(group)
    own = [*COMMANDS, *HIDDEN] if isinstance(group, CommandLine) else group.list_commands(context)
    for name in own:
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from leaves(found, *names, name)
        if name not in LEFT_OUT:
            yield (*names, name), found


COMMAND_LINES = dict(leaves(main))


@pytest.fixture(scope="module")
def environment(server: Databases, template: str) -> Iterator[dict[str, str]]:
    """The environment of a command that finds a migrated database."""
    with server.database(template=template) as name:
        yield {
            "REANA_SQLALCHEMY_DATABASE_URI": server.direct_uri(name),
            "REANA_SECRET_KEY": "a key of at least sixteen bytes",
        }


def run(arguments: Sequence[str], environment: dict[str, str]) -> Result:
    config.settings.cache_clear()
    try:
        return CliRunner().invoke(main, arguments, env=environment, input="")
    finally:
        config.settings.cache_clear()


def odd_arguments(words: tuple[str, ...], random_: random.Random) -> list[str]:
    """Return a command line with odd values."""
    line = list(words)
    for parameter in COMMAND_LINES[words].params:
        if isinstance(parameter, click.Argument):
            line += [random_.choice(TEXTS + NUMBERS) for _ in range(random_.randint(0, 2))]
        elif random_.random() < 0.6:
            line.append(parameter.opts[0])
            if not getattr(parameter, "is_flag", False):
                line.append(random_.choice(values_for(parameter)))
    return line


def values_for(parameter: click.Parameter) -> tuple[str, ...]:
    if isinstance(parameter.type, click.types.IntParamType | click.types.FloatParamType):
        return NUMBERS
    if isinstance(parameter.type, click.Path | click.File):
        return PATHS
    if isinstance(parameter.type, click.DateTime):
        return TIMES
    return TEXTS


def assert_a_sentence_and_a_status(result: Result) -> None:
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in (0, 1, 2, 3)
    assert "Traceback" not in result.output


@pytest.mark.soak
@pytest.mark.parametrize("words", COMMAND_LINES, ids=" ".join)
def test_odd_arguments(environment: dict[str, str], words: tuple[str, ...]) -> None:
    random_ = random.Random(" ".join(words))
    calls = CALLS // 5 if words == ("check",) else CALLS  # each reads the whole schema
    lines = {tuple(odd_arguments(words, random_)) for _ in range(calls)}
    for line in sorted(lines):
        assert_a_sentence_and_a_status(run(line, environment))


@pytest.mark.parametrize("variable", VARIABLES)
def test_odd_environments(variable: str) -> None:
    nowhere = {"REANA_DB_HOST": "127.0.0.1", "REANA_DB_PORT": "1", "REANA_DB_CONNECT_TIMEOUT": "2"}
    values = (*NUMBERS, *TEXTS, *URIS)
    for value in values if variable not in HOSTS else (*TEXTS, "9" * 5000, "a..b"):
        result = run(["quota", "show"], {**nowhere, variable: value})
        assert_a_sentence_and_a_status(result)


def test_a_file_that_is_no_text_is_no_key(tmp_path: Path, environment: dict[str, str]) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xff")
    result = run(["secrets", "status", "--key-file", str(file)], environment)
    assert result.output == f"Error: {file}: a key must be UTF-8\n"
