"""The generated pages of the reference."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

from _site import entities, functions, history, schema
from reana_db.queries import Statement, registered
from reana_db.registry import psql

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = """Commands
========

Every option of every command. :doc:`/command-line` has an overview, exit statuses and completion.

.. click:: reana_db.cli:main
   :prog: reana-db
   :nested: full
"""
BESIDES = ("connection", "pool", "testing")
"""Modules with a page of their own that are no subjects."""


def of_the_clone(name: str) -> str:
    """Return a page of the clone with its links as they are on the site."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for before, after in (
        ("](README.md)", "](../index.md)"),
        ("](docs/", "](../"),
        ("](benchmarks/README.md)", "](../performance.md)"),
    ):
        text = text.replace(before, after)
    return text


def write(directory: Path) -> None:
    """Write all pages; those that nothing generates any more go."""
    found = {**function_pages(), **sql_pages(), **schema_pages(schema.fresh())}
    found["errors.rst"] = errors_page()
    found["commands.rst"] = COMMANDS
    found["changes.md"] = of_the_clone("CHANGELOG.md")
    found["contributing.md"] = of_the_clone("CONTRIBUTING.md")
    for path in directory.rglob("*"):
        if path.is_file() and str(path.relative_to(directory)) not in found:
            path.unlink()
    for name, text in found.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def function_pages() -> dict[str, str]:
    """Return a page for each subject, and one that lists them."""
    names = sorted([*functions.subjects(), *BESIDES])
    index = [
        "Functions by subject",
        "====================",
        "",
        "With each: its signature, errors, how many statements it sends and which, and whether it",
        "runs on a standby. ``Id``, ``Name``, ``Path`` and the like are kinds of",
        ":doc:`values </values>`.",
        "",
        ".. toctree::",
        "   :maxdepth: 1",
        "",
    ]
    found = {"functions/index.rst": "\n".join([*index, *(f"   {name}" for name in names), ""])}
    for name in names:
        lines = [name, "=" * len(name), "", f".. automodule:: reana_db.{name}", ""]
        module = importlib.import_module(f"reana_db.{name}")
        members = {item: getattr(module, item) for item in functions.members(name)}
        plain = [item for item, value in members.items() if inspect.isfunction(value)]
        classes = [item for item in members if item not in plain]
        if plain:
            lines += ["Functions", "---------", ""]
        for item in plain:
            lines += [f".. autofunction:: reana_db.{name}.{item}", ""]
        if classes:
            lines += ["Classes", "-------", ""]
        for item in classes:
            lines += [f".. autoclass:: reana_db.{name}.{item}", "   :members:", ""]
        found[f"functions/{name}.rst"] = "\n".join(lines)
    return found


def facts_of(name: str) -> str:
    """Return which statements a function sends, and how many."""
    sent = functions.sent_by(name)
    if not sent:
        return ""
    links = ", ".join(f":ref:`{statement.name} <sql-{statement.name}>`" for statement in sent)
    numbers = functions.counts().get(name.removeprefix("reana_db."), [])
    least, most = min(numbers, default=0), max(numbers, default=0)
    count = f"{least} to {most}" if least < most else most
    return f"*Statements:* {count} ({links})." if numbers else f"*Statements:* {links}."


def _page_of(statement: Statement) -> str:
    return statement.name.rpartition(".")[0]


def sql_pages() -> dict[str, str]:
    """Return a page for each file of statements, and one that lists them."""
    by_page: dict[str, list[Statement]] = {}
    for statement in registered():
        by_page.setdefault(_page_of(statement), []).append(statement)
    listed = "\n".join(sorted(by_page))
    found = {"sql/index.md": f"# Statements\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"}
    for page, statements in by_page.items():
        lines = [f"# {page}\n"]
        for statement in statements:
            lines += [
                f"(sql-{statement.name})=\n",
                f"## {statement.name}\n",
                f"{psql.purpose(statement)}\n".replace("_", "\\_"),
            ]
            lines += ["```sql", statement.text.strip(), "```", ""]
        found[f"sql/{page}.md"] = "\n".join(lines)
    return found


def schema_pages(found: schema.Schema) -> dict[str, str]:
    """Return the pages of the schema."""
    return {
        "schema/entities.md": entities.page(found),
        "schema/tables.md": schema.page("Tables", found, views=False),
        "schema/views.md": schema.page("Views", found, views=True),
        "schema/functions.md": schema.functions_page(found),
        "schema/history.md": history.page(),
    }


def errors_page() -> str:
    """Return the page of the errors, with their SQLSTATEs."""
    lines = ["Errors", "======", "", ".. automodule:: reana_db.errors", ""]
    for item in functions.error_classes():
        lines += [
            f".. autoexception:: reana_db.errors.{item.__name__}",
            "   :show-inheritance:",
            "",
        ]
        if state := getattr(item, "sqlstate", None):
            lines += [f"   SQLSTATE ``{state}``.", ""]
    return "\n".join(lines)
