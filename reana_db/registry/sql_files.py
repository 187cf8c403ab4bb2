"""The statements of ``sql/``: read by file, split by name, with their parts in place.

::

    -- part: run_columns
    workflow.id_,
    workflow.name

    -- name: get, find_by_id
    SELECT
        -- include: run_columns
    FROM __reana.workflow
    WHERE workflow.id_ = %(workflow_id)s;

What several statements have in common is a part, which each includes, with the comma or semicolon
that follows it; ``-- include: workflows.run_columns`` takes it from another file.

Other comments that mean something: ``-- not null: total, has_more`` vouches for result columns,
``-- writes`` says that a function which the statement calls changes data, and ``-- old tables``
that no current database can prepare the statement: it reads what only older ones have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from textwrap import indent
from typing import Any

from reana_db import errors

SQL_DIRECTORY = Path(__file__).parents[1] / "sql"

_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?\*/ )
  | (?P<quoted>  '(?:[^']|'')*' | "(?:[^"]|"")*" )
  | %\( (?P<parameter> [a-z_][a-z0-9_]* ) \)s
  | (?P<percent> %. )
    """,
    re.VERBOSE | re.DOTALL,
)
_HEADER = re.compile(r"^-- (?P<kind>name|part): *(?P<names>[a-z_][a-z0-9_, ]*?) *$", re.MULTILINE)
_INCLUDE = re.compile(
    r"^(?P<indent> *)-- include: *(?P<name>[a-z_][a-z0-9_.]*)(?P<end>[;,]?)$", re.MULTILINE
)
_NOT_NULL = re.compile(r"^ *-- not null: *(?P<columns>.*?) *$", re.MULTILINE)
_CALLS_WRITER = re.compile(r"^-- writes *$", re.MULTILINE)
_OLD_TABLES = re.compile(r"^-- old tables *$", re.MULTILINE)
_WRITING_WORDS = (
    *("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "LOCK", "TRUNCATE", "COMMENT"),
    *("GRANT", "DO", "FOR SHARE", "-- writes"),
)
_WRITES = re.compile(rf"\b({'|'.join(_WRITING_WORDS[:-1])})\b")


@dataclass
class Statement:
    """One named statement of a file in ``sql/``."""

    name: str
    """``<module>.<function>``."""
    source: str
    """The SQL with its comments, parts in place."""
    file: Path
    line: int
    function: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    """The function bound to it; None until its module is imported."""

    @cached_property
    def text(self) -> str:
        """The SQL without comments, with ``%(parameter)s`` placeholders."""
        lines = [line.rstrip() for line in _bare(self.source).splitlines() if line.strip()]
        return "\n".join(lines).removesuffix(";").strip()

    @property
    def parameters(self) -> frozenset[str]:
        """The names of its placeholders."""
        return frozenset(m["parameter"] for m in _TOKEN.finditer(self.source) if m["parameter"])

    @property
    def place(self) -> str:
        """Where it stands, for error messages."""
        return f"{self.file}:{self.line}"

    @cached_property
    def query(self) -> bytes:
        """What is sent: the text, led by its name for server logs and statistics."""
        return f"/* reana_db:{self.name} */ {self.text}".encode()

    @property
    def not_null(self) -> frozenset[str]:
        """The result columns that its ``-- not null:`` comments vouch for."""
        lists = (match["columns"].split(",") for match in _NOT_NULL.finditer(self.source))
        return frozenset(column.strip() for columns in lists for column in columns)

    @property
    def old(self) -> bool:
        """Whether it needs tables or columns that only databases of older releases have."""
        return _OLD_TABLES.search(self.source) is not None

    @cached_property
    def read_only(self) -> bool:
        """Whether it can run on a standby."""
        if not any(word in self.source for word in _WRITING_WORDS):
            return True  # most do not, and this is quick
        if _CALLS_WRITER.search(self.source):
            return False
        return _WRITES.search(_TOKEN.sub("", self.source)) is None


_loaded: dict[str, dict[str, Statement]] = {}
"""The statements of each module that was imported, by function name."""


def statements_of(module: str) -> dict[str, Statement]:
    """Read the statements of ``sql/<module>.sql``, by function name.

    Raises :class:`~reana_db.errors.RegistryError`, with file and line, for a name said twice, text
    before the first name, an empty statement, a part that is not there, or a lone ``%``.
    """
    if module not in _loaded:
        file = file_of(module)
        _loaded[module] = parse(module, _read(file), file)
    return _loaded[module]


def loaded() -> Iterator[Statement]:
    """Return the statements of the modules imported so far."""
    for statements in _loaded.values():
        yield from statements.values()


def modules() -> list[str]:
    """Return the modules that have a statement file."""
    files = [*SQL_DIRECTORY.glob("*.sql"), *SQL_DIRECTORY.glob("*/*.sql")]
    paths = (file.relative_to(SQL_DIRECTORY).with_suffix("") for file in files)
    return sorted(".".join(path.parts) for path in paths)


def file_of(module: str) -> Path:
    """Return the statement file of a module."""
    return SQL_DIRECTORY / f"{module.replace('.', '/')}.sql"


def parse(module: str, source: str, file: Path) -> dict[str, Statement]:
    """Split the text of a statement file at its headers."""
    parts, found = {}, {}
    for header, line, block in _blocks(source, file):
        if header["kind"] == "part":
            parts[header["names"]] = block
            continue
        for name in re.split(", *", header["names"]):
            if name in found:
                raise errors.RegistryError(f"{file}:{line}: statement {name} is there twice")
            text = _with_parts(block, parts, f"{file}:{line}")
            if not _bare(text).strip():
                raise errors.RegistryError(f"{file}:{line}: statement {name} is empty")
            found[name] = Statement(f"{module}.{name}", text, file, line)
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise errors.RegistryError(f"{file}: no such file") from None


def _blocks(source: str, file: Path) -> Iterator[tuple[re.Match[str], int, str]]:
    """Yield the headers of a file, each with its line and the text below it."""
    _refuse_lone_percent(source, file)
    headers = list(_HEADER.finditer(source))
    before = source[: headers[0].start() if headers else None]
    if _bare(before).strip():
        raise errors.RegistryError(f"{file}:1: SQL before the first '-- name:' line")
    ends = [header.start() for header in headers[1:]] + [len(source)]
    for header, end in zip(headers, ends, strict=True):
        line = source.count("\n", 0, header.start()) + 1
        yield header, line, source[header.end() : end].strip("\n")


def _bare(source: str) -> str:
    """Return SQL without comments."""
    return _TOKEN.sub(lambda match: "" if match["comment"] else match[0], source)


def _with_parts(block: str, parts: dict[str, str], place: str) -> str:
    """Return the text of a statement, or of a part, with its parts in place."""

    def part(match: re.Match[str]) -> str:
        module, _, name = match["name"].rpartition(".")
        known = _parts_of(file_of(module)) if module else parts
        if name not in known:
            raise errors.RegistryError(f"{place}: there is no part {match['name']}")
        text = _with_parts(known[name], known, place) + match["end"]
        return indent(text, match["indent"])

    return _INCLUDE.sub(part, block)


@cache
def _parts_of(file: Path) -> dict[str, str]:
    blocks = _blocks(_read(file), file)
    return {header["names"]: block for header, _, block in blocks if header["kind"] == "part"}


def _refuse_lone_percent(source: str, file: Path) -> None:
    for match in _TOKEN.finditer(source):
        literal = match["percent"] or (match["quoted"] or "").replace("%%", "")
        if "%" in literal and match["percent"] != "%%":
            here = source.count("\n", 0, match.start()) + 1
            raise errors.RegistryError(
                f"{file}:{here}: a lone % (write %% for a percent sign, %(name)s for a parameter)"
            )
