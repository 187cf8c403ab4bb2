"""The query registry: statements of ``sql/`` behind typed signatures.

A query is said once.  Its SQL stands in ``sql/users.sql`` under ``-- name: find_by_email``, its
face in ``users.py`` as a signature with a docstring and no body::

    @query
    def find_by_email(conn: Conn, email: str) -> User | None:
        "Return the user with this e-mail address."

The decorator binds both when the module is imported and refuses what does not fit, with file and
line.  The return annotation says the form of the result: ``T`` (exactly one row, else
:class:`~reana_db.errors.NotFound`), ``T | None``, ``list[T]``, ``Iterator[T]`` (streamed through a
server-side cursor), :data:`RowCount` (affected rows) or ``None``.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, NewType, TypeAlias, TypeVar, cast, get_type_hints

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from reana_db import errors
from reana_db.registry import arguments, results

Conn: TypeAlias = psycopg.Connection[Any]
"""A connection of the caller, who owns its transaction."""

RowCount = NewType("RowCount", int)
"""The number of rows that a statement inserted, updated or deleted."""

_F = TypeVar("_F", bound=Callable[..., Any])

SQL_DIRECTORY = Path(__file__).parent / "sql"
ROWS_PER_FETCH = 1000

logger = logging.getLogger("reana_db")

executions: Counter[str] = Counter()
"""How often this process executed each statement, by name."""

_cursor_numbers = itertools.count(1)

_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?\*/ )
  | (?P<quoted>  '(?:[^']|'')*' | "(?:[^"]|"")*" )
  | %\( (?P<parameter> [a-z_][a-z0-9_]* ) \)s
  | (?P<percent> %. )
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"^-- name: *(?P<name>[a-z_][a-z0-9_]*) *$", re.MULTILINE)
_NOT_NULL = re.compile(r"^-- not null: *(?P<columns>.*?) *$", re.MULTILINE)
_CALLS_WRITER = re.compile(r"^-- writes *$", re.MULTILINE)
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|LOCK|TRUNCATE|COMMENT|GRANT|DO)\b")


@dataclass(frozen=True)
class Statement:
    """One named statement of a file in ``sql/``."""

    name: str
    """``<module>.<function>``."""
    text: str
    """The SQL without comments, with ``%(parameter)s`` placeholders."""
    parameters: frozenset[str]
    not_null: frozenset[str]
    """The result columns that its ``-- not null:`` comment vouches for."""
    file: Path
    line: int
    calls_writer: bool = False
    """Whether its ``-- writes`` comment says that a function which it calls changes data."""
    function: list[Callable[..., Any]] = field(default_factory=list, compare=False, repr=False)
    """The function bound to it: empty until its module is imported."""

    @property
    def place(self) -> str:
        """Where it stands, for error messages."""
        return f"{self.file}:{self.line}"

    @cached_property
    def query(self) -> bytes:
        """What is sent: the text, led by its name for server logs and statistics."""
        return f"/* reana_db:{self.name} */ {self.text}".encode()

    @cached_property
    def read_only(self) -> bool:
        """Whether it can run on a replica."""
        return not self.calls_writer and _WRITES.search(_TOKEN.sub("", self.text)) is None


_loaded: dict[str, dict[str, Statement]] = {}
"""The statements of each module that was imported, by function name."""


def statements_of(module: str) -> Mapping[str, Statement]:
    """Read the statements of ``sql/<module>.sql``, by function name.

    Raises :class:`~reana_db.errors.RegistryError`, with file and line, for a name said twice, text
    before the first name, an empty statement or a lone ``%``.
    """
    if module in _loaded:
        return _loaded[module]
    file = _file_of(module)
    try:
        source = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise errors.RegistryError(f"{file}: no such file for module {module}") from None
    return _loaded.setdefault(module, parse(module, source, file))


def _file_of(module: str) -> Path:
    return SQL_DIRECTORY / f"{module.replace('.', '/')}.sql"


def parse(module: str, source: str, file: Path) -> dict[str, Statement]:
    """Split the text of a statement file at its ``-- name:`` lines."""
    found: dict[str, Statement] = {}
    headers = list(_NAME.finditer(source))
    if _text_of(source[: headers[0].start() if headers else None], file, 1)[0]:
        raise errors.RegistryError(f"{file}:1: SQL before the first '-- name:' line")
    ends = [header.start() for header in headers[1:]] + [len(source)]
    for header, end in zip(headers, ends, strict=True):
        line = source.count("\n", 0, header.start()) + 1
        name = header["name"]
        if name in found:
            raise errors.RegistryError(f"{file}:{line}: statement {name} is there twice")
        block = source[header.end() : end]
        text, parameters = _text_of(block, file, line)
        if not text:
            raise errors.RegistryError(f"{file}:{line}: statement {name} is empty")
        found[name] = Statement(
            f"{module}.{name}",
            text,
            parameters,
            _vouched_for(block),
            file,
            line,
            calls_writer=_CALLS_WRITER.search(block) is not None,
        )
    return found


def _vouched_for(block: str) -> frozenset[str]:
    """Return the columns that the comments of a block declare to be never NULL."""
    lists = (match["columns"].split(",") for match in _NOT_NULL.finditer(block))
    return frozenset(column.strip() for columns in lists for column in columns)


def _text_of(block: str, file: Path, line: int) -> tuple[str, frozenset[str]]:
    """Return a block without its comments, and the names of its parameters."""
    parameters: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        if match["percent"] != "%%" and "%" in _literal(match):
            here = line + block.count("\n", 0, match.start())
            raise errors.RegistryError(
                f"{file}:{here}: a lone % (write %% for a percent sign, %(name)s for a parameter)"
            )
        if match["parameter"]:
            parameters.add(match["parameter"])
        return "" if match["comment"] else match[0]

    lines = _TOKEN.sub(replace, block).splitlines()
    text = "\n".join(stripped for stripped in map(str.rstrip, lines) if stripped)
    return text.removesuffix(";").strip(), frozenset(parameters)


def _literal(match: re.Match[str]) -> str:
    return match["percent"] or (match["quoted"] or "").replace("%%", "")


def query(function: _F) -> _F:
    """Bind a typed signature to the statement of the same module and name."""
    module = function.__module__.removeprefix("reana_db.")
    code = function.__code__
    place = f"{code.co_filename}:{code.co_firstlineno}"
    statement = statements_of(module).get(function.__name__)
    if statement is None:
        raise errors.RegistryError(
            f"{place}: no '-- name: {function.__name__}' in {_file_of(module)}"
        )
    # What inspect.signature() would say, at a fraction of its cost.
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if names[:1] != ("conn",):
        raise errors.RegistryError(f"{place}: the first parameter must be conn")
    if set(names[1:]) != statement.parameters:
        difference = ", ".join(sorted(set(names[1:]) ^ statement.parameters))
        raise errors.RegistryError(
            f"{place} and {statement.place}: parameters on one side only: {difference}"
        )
    bound = _BoundQuery(statement, function)
    statement.function.append(function)

    @functools.wraps(function)
    def call(conn: Conn, /, *args: object, **kwargs: object) -> object:
        return bound.call(conn, args, kwargs)

    return cast(_F, call)


def registered() -> list[Statement]:
    """Import the module of every statement file, and return all statements by name."""
    files = [*SQL_DIRECTORY.glob("*.sql"), *SQL_DIRECTORY.glob("*/*.sql")]
    modules = sorted(
        ".".join(file.relative_to(SQL_DIRECTORY).with_suffix("").parts) for file in files
    )
    for module in modules:
        importlib.import_module(f"reana_db.{module}")
    refuse_unused()
    return [item for module in modules for _, item in sorted(_loaded[module].items())]


def refuse_unused() -> None:
    """Raise :class:`~reana_db.errors.RegistryError` for a statement without a function.

    Looks at the modules imported so far.
    """
    for statements in _loaded.values():
        for statement in statements.values():
            if not statement.function:
                raise errors.RegistryError(f"{statement.place}: {statement.name} has no function")


class _BoundQuery:
    """A statement with what is needed to call it, worked out at the first call."""

    def __init__(self, statement: Statement, function: Callable[..., Any]) -> None:
        self.statement = statement
        self.function = function

    @cached_property
    def hints(self) -> dict[str, Any]:
        return get_type_hints(self.function, include_extras=True)

    @cached_property
    def parameters(self) -> list[Parameter]:
        return list(signature(self.function).parameters.values())[1:]

    @cached_property
    def positional(self) -> list[str]:
        return [p.name for p in self.parameters if p.kind is not Parameter.KEYWORD_ONLY]

    @cached_property
    def defaults(self) -> dict[str, object]:
        return {p.name: p.default for p in self.parameters if p.default is not Parameter.empty}

    @cached_property
    def converters(self) -> list[tuple[str, frozenset[type], arguments.Converter]]:
        """The name of each parameter, the types that need no look, and what looks at others."""
        hints = [(p.name, self.hints[p.name]) for p in self.parameters]
        return [(n, arguments.sent_as_is(hint), arguments.converter(hint)) for n, hint in hints]

    @cached_property
    def result(self) -> results.Result:
        return results.result(self.hints["return"], RowCount)

    def call(self, conn: Conn, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        values = self.bind(args, kwargs)
        form, build = self.result.form, self.result.build
        if form is results.Form.ITERATOR:
            return self.stream(conn, values)
        cursor = self.execute(conn, values)
        if form is results.Form.NOTHING:
            return None
        if form is results.Form.COUNT:
            return cursor.rowcount
        if form is results.Form.MANY:
            return [build(row) for row in cursor.fetchall()]
        return self.single(cursor, values)

    def bind(self, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, Any]:
        """Return the converted values by parameter name."""
        values: dict[str, Any] = dict(zip(self.positional, args, strict=False), **kwargs)
        if len(values) != len(self.converters) or len(args) + len(kwargs) != len(values):
            signature(self.function).bind(None, *args, **kwargs)  # a TypeError, unless defaults
            values = {**self.defaults, **values}
        try:
            for name, fine, convert in self.converters:
                if type(values[name]) not in fine:
                    values[name] = convert(values[name])
        except arguments.Invalid as reason:
            raise errors.InvalidArgument(f"{self.statement.name}: {name} {reason}") from None
        except KeyError:
            signature(self.function).bind(None, *args, **kwargs)  # a TypeError
            raise
        return values

    def execute(self, conn: Conn, values: dict[str, Any]) -> psycopg.Cursor[tuple[Any, ...]]:
        debug = logger.isEnabledFor(logging.DEBUG)
        started = time.perf_counter() if debug else 0.0
        executions[self.statement.name] += 1
        # Half the cost of conn.cursor(), and sends parameters apart whatever its cursor_factory.
        cursor = psycopg.Cursor(conn, row_factory=tuple_row)
        try:
            cursor.execute(self.statement.query, values)
        except psycopg.Error as error:
            raise errors.translated(error, self.statement.name) from error
        if debug:
            elapsed = (time.perf_counter() - started) * 1000
            logger.debug("%s %d rows %.2f ms", self.statement.name, cursor.rowcount, elapsed)
        return cursor

    def single(self, cursor: psycopg.Cursor[tuple[Any, ...]], values: dict[str, Any]) -> object:
        row = cursor.fetchone()
        if row is None:
            if self.result.form is results.Form.OPTIONAL:
                return None
            raise errors.NotFound(f"{self.statement.name}: no row for {self.described(values)}")
        if cursor.rowcount > 1:
            raise errors.RegistryError(
                f"{self.statement.place}: {cursor.rowcount} rows where one is declared"
            )
        return self.result.build(row)

    def described(self, values: dict[str, Any]) -> str:
        """Name the arguments of a call, without those that are secret."""
        shown = (
            f"{name}={arguments.shown(self.hints[name], values[name])}"
            for name, _, _ in self.converters
        )
        return ", ".join(shown) or "this database"

    def stream(self, conn: Conn, values: dict[str, Any]) -> Iterator[object]:
        idle = conn.info.transaction_status is TransactionStatus.IDLE
        if conn.autocommit and idle:
            raise errors.InvalidArgument(
                f"{self.statement.name} streams its rows and needs a transaction: "
                "call it inside `with conn.transaction():`"
            )
        return self.rows(conn, values)

    def rows(self, conn: Conn, values: dict[str, Any]) -> Iterator[object]:
        executions[self.statement.name] += 1
        name = f"reana_db_{next(_cursor_numbers)}"
        with conn.cursor(name, row_factory=tuple_row) as cursor:
            cursor.itersize = ROWS_PER_FETCH
            try:
                cursor.execute(self.statement.query, values)
            except psycopg.Error as error:
                raise errors.translated(error, self.statement.name) from error
            for row in cursor:
                yield self.result.build(row)
