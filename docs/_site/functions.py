"""The public functions by subject, and the statements that each of them sends."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import reana_db
from reana_db import errors, queries
from reana_db.queries import Statement

HERE = Path(__file__).parent


def subjects() -> list[str]:
    """Return the names of the modules that a service imports; the errors have their own page."""
    modules = (name for name in reana_db.__all__ if isinstance(getattr(reana_db, name), ModuleType))
    return sorted(name for name in modules if name != "errors")


def members(subject: str) -> list[str]:
    """Return the public names that a module defines, in the order of its source."""
    module = importlib.import_module(f"reana_db.{subject}")
    own = [
        (name, item)
        for name, item in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(item) or inspect.isclass(item))
        and item.__module__ == module.__name__
    ]
    return [name for name, item in own]


@cache
def statements() -> dict[str, Statement]:
    """Return all statements by name."""
    return {item.name: item for item in queries.registered()}


@cache
def counts() -> dict[str, list[int]]:
    """Return how many statements each function sends, as tests have measured."""
    found: dict[str, list[int]] = {}
    for line in (HERE / "statement_counts.txt").read_text(encoding="utf-8").splitlines():
        name, *numbers = line.split()
        found[name] = [int(number) for number in numbers]
    operations = (HERE.parent / "operations.md").read_text(encoding="utf-8")
    for name, number in re.findall(r"`([\w.]+)` \| (\d+) \|", operations):
        if name in found:
            found[name].append(int(number))
    return found


def sent_by(name: str) -> list[Statement]:
    """Return the statements that a function can send: its own, and those of what it calls."""
    module, _, function = name.removeprefix("reana_db.").rpartition(".")
    found: dict[str, Statement] = {}
    _collect(importlib.import_module(f"reana_db.{module}"), function, found, set())
    return list(found.values())


def _collect(
    module: ModuleType, function: str, found: dict[str, Statement], seen: set[str]
) -> None:
    place = f"{module.__name__.removeprefix('reana_db.')}.{function}"
    if place in seen:
        return
    seen.add(place)
    if statement := statements().get(place):
        found[place] = statement
        return
    item = inspect.unwrap(getattr(module, function))
    if isinstance(item, FunctionType):
        for inner, name in _called(module, item):
            _collect(inner, name, found, seen)


def _called(module: ModuleType, function: Callable[..., Any]) -> Iterator[tuple[ModuleType, str]]:
    """Yield the functions of the package that the source of a function names."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except OSError:
        return
    for node in ast.walk(ast.parse(source)):
        item: Any = None
        if isinstance(node, ast.Name):
            item = getattr(module, node.id, None)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            item = getattr(getattr(module, node.value.id, None), node.attr, None)
        home = getattr(item, "__module__", "") or ""
        if inspect.isfunction(item) and home.startswith("reana_db."):
            yield importlib.import_module(home), item.__name__


def error_classes() -> list[type[Exception]]:
    """Return the errors of the package."""
    return [
        item
        for item in vars(errors).values()
        if inspect.isclass(item)
        and issubclass(item, Exception)
        and item.__module__ == errors.__name__
        and not item.__name__.startswith("_")
    ]
