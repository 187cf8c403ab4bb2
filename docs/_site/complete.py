"""Whether a built site has everything: names, commands, variables, tables, errors, links.

Called with the directory of the site: ``python docs/_site/complete.py docs/_build``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import reana_db  # noqa: E402 - of this clone
from _site import functions, schema  # noqa: E402 - of this clone
from reana_db import cli  # noqa: E402 - of this clone
from reana_db.migrating import adoption, files  # noqa: E402 - of this clone


def text_of(page: Path) -> str:
    """Return what a reader sees of a page."""
    return unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def commands(command: click.Command, path: str = "reana-db") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that the help shows."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from commands(inner, f"{path} {name}")


def expected() -> Iterator[tuple[str, str]]:
    """Yield each name that the site must have, and the folder or page that must have it."""
    yield from of_the_package()
    yield from of_the_command_line()
    yield from of_the_schema()
    source = (ROOT / "reana_db" / "config.py").read_text(encoding="utf-8")
    for variable in re.findall(r'"((?:REANA|SQLALCHEMY)_[A-Z_]+)"', source):
        yield variable, "configuration.html"


def of_the_package() -> Iterator[tuple[str, str]]:
    """Yield the public names."""
    for subject in functions.subjects():
        for name in functions.members(subject):
            yield name, f"reference/functions/{subject}.html"
    for name in set(reana_db.__all__) - {"errors", "__version__"}:
        yield name, "reference/functions"
    for error in functions.error_classes():
        yield error.__name__, "reference/errors.html"


def of_the_command_line() -> Iterator[tuple[str, str]]:
    """Yield the commands and their options."""
    for path, command in commands(cli.main):
        yield path.rpartition(" ")[2], "reference/commands.html"
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                yield option, "reference/commands.html"


def of_the_schema() -> Iterator[tuple[str, str]]:
    """Yield the tables, views, columns, triggers and functions."""
    found = schema.fresh()
    for relation, columns, triggers in found.relations:
        page = f"reference/schema/{'views' if relation.is_view else 'tables'}.html"
        for name in (relation.name, *(item.name for item in [*columns, *triggers])):
            yield name, page
    for function in found.functions:
        yield function.name, "reference/schema/functions.html"
    for revision in adoption.history():
        yield revision.id, "reference/schema/history.html"
    for file in files.read():
        yield file.id, "reference/schema/history.html"


def missing(site: Path) -> Iterator[str]:
    """Yield what the site lacks."""
    texts: dict[str, str] = {}
    for name, place in expected():
        if place not in texts:
            pages = sorted((site / place).glob("*.html")) or [site / place]
            texts[place] = "\n".join(map(text_of, pages))
        if name not in texts[place]:
            yield f"{place} lacks {name}"


def dead_links(site: Path) -> Iterator[str]:
    """Yield the links within the site that lead nowhere."""
    anchors = {
        page.resolve(): set(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8")))
        for page in site.rglob("*.html")
    }
    for page in anchors:
        for link in re.findall(r'href="([^"]+)"', page.read_text(encoding="utf-8")):
            target, _, anchor = unescape(link).partition("#")
            if re.match(r"\w+:", target):
                continue
            file = (page.parent / target.partition("?")[0]).resolve() if target else page
            wrong = anchor and file in anchors and anchor not in anchors[file]
            if not file.exists() or wrong:
                yield f"{page.relative_to(site.resolve())} leads to {link}"


def main() -> None:
    """Print what is wrong; exit status 1 if anything is."""
    site = Path(sys.argv[1])
    found = sorted({*missing(site), *dead_links(site)})
    print("\n".join(found) or "the site has everything")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
