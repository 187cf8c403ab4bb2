"""Names of functions and errors lead to their reference."""

from __future__ import annotations

import re
from functools import cache

from _site import functions

NAMED = re.compile(r"(?<![`\w])`(?P<subject>\w+)\.(?P<name>\w+)`(?!`)")
APART = re.compile(r"(^```.*?^```$|^#.*?$|\[[^\]]*\]\([^)]*\))", re.MULTILINE | re.DOTALL)
"""Blocks, headings and links, which stay as they are."""


@cache
def _known() -> dict[str, set[str]]:
    return {subject: set(functions.members(subject)) for subject in functions.subjects()}


@cache
def _errors() -> re.Pattern[str]:
    names = "|".join(item.__name__ for item in functions.error_classes())
    return re.compile(rf"(?<![`.~\w])(?:``)?({names})(?:``)?(?![`\w])")


def to_errors(line: str) -> str:
    """Return a line of a docstring in which the names of errors are links; not in a block."""
    if line.startswith(" "):
        return line
    return _errors().sub(r":py:exc:`\1 <reana_db.errors.\1>`", line)


def to_functions(text: str) -> str:
    """Return the source of a page in which the names of functions are links."""
    parts = APART.split(text)
    parts[::2] = [NAMED.sub(_linked, part) for part in parts[::2]]
    return "".join(parts)


def _linked(match: re.Match[str]) -> str:
    subject, name = match["subject"], match["name"]
    if name not in _known().get(subject, ()):
        return match[0]
    return f"{{py:obj}}`{subject}.{name} <reana_db.{subject}.{name}>`"
