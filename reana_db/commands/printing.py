"""What commands have in common: groups, options and output."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import click

from reana_db.errors import InvalidArgument

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Group(click.Group):
    """A group whose help shows the whole first sentence of each command."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                (name, command.get_short_help_str(limit=1000))
                for name, command in commands
                if command and not command.hidden
            )


def print_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under headings, in columns."""
    lines = [tuple(headings), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: "1 user", "2 users"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


@contextmanager
def worded(words: Mapping[str, str]) -> Iterator[None]:
    """Say what was typed where an error names a function, an argument or an id of the library."""
    try:
        yield
    except InvalidArgument as error:
        message = re.sub(r"^[\w.]+: ", "", str(error))
        for ours, typed in words.items():
            message = message.replace(ours, typed)
        raise InvalidArgument(message) from error
