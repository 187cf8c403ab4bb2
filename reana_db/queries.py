"""The query registry: statements of ``sql/`` behind typed arguments.

A query is said once.  Its SQL stands in ``sql/users.sql`` under ``-- name: find_by_email``, its
face in ``users.py`` as a signature with a docstring and no body::

    @query
    def find_by_email(conn: Conn, email: str) -> User | None:
        "Return the user with this e-mail address."

The decorator binds both when the module is imported and refuses what does not fit, with file and
line.  The return annotation says the form of the result: ``T`` (exactly one row, else
:class:`~reana_db.errors.NotFound`), ``T | None``, ``list[T]``, ``Iterator[T]`` (streamed through a
server-side cursor), :data:`RowCount` (affected rows) or ``None``.  A parameter that is a record
stands for its fields.
"""

from __future__ import annotations

import importlib
import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, auto
from functools import cached_property
from types import NoneType
from typing import Any, NewType, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from reana_db import errors
from reana_db.registry import arguments, odd_values, sql_files
from reana_db.registry.scalars import Converter, bare, is_optional, present, scalar_of
from reana_db.registry.sql_files import Statement

__all__ = ["Conn", "RowCount", "Statement", "executions", "query", "refuse_unused", "registered"]

Conn: TypeAlias = psycopg.Connection[Any]
"""A connection of the caller, who owns its transaction."""

RowCount = NewType("RowCount", int)
"""The number of rows that a statement inserted, updated or deleted."""

_F = TypeVar("_F", bound=Callable[..., Any])

ROWS_PER_FETCH = 1000

logger = logging.getLogger("reana_db")

executions: Counter[str] = Counter()
"""How often this process executed each statement, by name."""

_cursor_numbers = itertools.count(1)


def query(function: _F) -> _F:
    """Bind a typed signature to the statement of the same module and name."""
    module, _, name = arguments.public_name(function).rpartition(".")
    code = function.__code__
    place = f"{code.co_filename}:{code.co_firstlineno}"
    statement = sql_files.statements_of(module).get(name)
    if statement is None:
        raise errors.RegistryError(f"{place}: no '-- name: {name}' in {sql_files.file_of(module)}")
    # What inspect.signature() would say, at a fraction of its cost.
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if names[:1] != ("conn",):
        raise errors.RegistryError(f"{place}: the first parameter must be conn")
    spread = arguments.record_parameters(function)
    sent = {part for name in names[1:] for part in spread.get(name, (name,))}
    if sent != statement.parameters:
        difference = ", ".join(sorted(sent ^ statement.parameters))
        raise errors.RegistryError(
            f"{place} and {statement.place}: parameters on one side only: {difference}"
        )
    statement.function = function
    bound = _BoundQuery(statement, function, spread)
    return arguments.named(function, bound.call, reads=statement.read_only)


def registered() -> list[Statement]:
    """Import the module of every statement file; return the statements of current databases."""
    for module in sql_files.modules():
        importlib.import_module(f"reana_db.{module}")
    refuse_unused()
    current = (statement for statement in sql_files.loaded() if not statement.old)
    return sorted(current, key=lambda statement: statement.name)


def refuse_unused() -> None:
    """Raise :class:`~reana_db.errors.RegistryError` for a statement without a function.

    Looks at the modules imported so far.
    """
    for statement in sql_files.loaded():
        if statement.function is None and not statement.old:
            raise errors.RegistryError(f"{statement.place}: {statement.name} has no function")


@dataclass
class _BoundQuery:
    """A statement with what is needed to call it, worked out at the first call."""

    statement: Statement
    function: Callable[..., Any]
    spread: Mapping[str, tuple[str, ...]]

    @cached_property
    def signature(self) -> arguments.Signature:
        """A private query takes what the function that executes it has checked."""
        private = self.function.__name__.startswith("_")
        convert = arguments.encoder if private else arguments.converter
        return arguments.Signature(self.function, convert)

    @cached_property
    def result(self) -> Result:
        return result_of(arguments.sent_annotations(self.function)["return"])

    def call(self, conn: Conn, /, *args: object, **kwargs: object) -> object:
        values = self.signature.bind(args, kwargs)
        for name, parts in self.spread.items():
            record = values.pop(name)
            values.update({part: getattr(record, part) for part in parts})
        form, build = self.result.form, self.result.build
        if form is Form.ITERATOR:
            return self.stream(conn, values)
        cursor = self.execute(psycopg.Cursor(conn, row_factory=tuple_row), values)
        if form is Form.NOTHING:
            return None
        if form is Form.COUNT:
            return cursor.rowcount
        if form is Form.MANY:
            return [build(row) for row in _all_rows(cursor)]
        return self.single(cursor, values)

    def execute(
        self, cursor: psycopg.Cursor[tuple[Any, ...]], values: dict[str, Any]
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Execute with psycopg's own cursor, which sends parameters apart from the statement."""
        started = time.perf_counter()
        executions[self.statement.name] += 1
        try:
            cursor.execute(self.statement.query, values)
        except psycopg.Error as error:
            errors.reraise(error, cursor.connection)
        if logger.isEnabledFor(logging.DEBUG):
            elapsed = (time.perf_counter() - started) * 1000
            logger.debug("%s %d rows %.2f ms", self.statement.name, cursor.rowcount, elapsed)
        return cursor

    def single(self, cursor: psycopg.Cursor[tuple[Any, ...]], values: dict[str, Any]) -> object:
        rows = _all_rows(cursor)
        if not rows:
            if self.result.form is Form.OPTIONAL:
                return None
            raise errors.NotFound(f"no row for {self.described(values)}")
        if len(rows) > 1:
            raise errors.RegistryError(f"{self.statement.place}: {len(rows)} rows instead of one")
        return self.result.build(rows[0])

    def described(self, values: dict[str, Any]) -> str:
        """Name the arguments of a call, without those that are secret."""
        hints = arguments.sent_annotations(self.function)
        shown = (f"{name}={arguments.shown(hints[name], value)}" for name, value in values.items())
        return ", ".join(shown) or "this database"

    def stream(self, conn: Conn, values: dict[str, Any]) -> Iterator[object]:
        if conn.autocommit and conn.info.transaction_status is TransactionStatus.IDLE:
            raise errors.InvalidArgument(
                "rows are streamed in a transaction: call it inside `with conn.transaction():`"
            )
        return self.rows(conn, values)

    def rows(self, conn: Conn, values: dict[str, Any]) -> Iterator[object]:
        with conn.cursor(f"reana_db_{next(_cursor_numbers)}", row_factory=tuple_row) as cursor:
            cursor.itersize = ROWS_PER_FETCH
            odd_values.prepare(cursor)
            for row in self.execute(cursor, values):
                yield self.result.build(row)


def _all_rows(cursor: psycopg.Cursor[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    try:
        return cursor.fetchall()
    except (psycopg.DataError, ValueError, RecursionError):
        return odd_values.loaded_again(cursor)


class Form(Enum):
    """How many rows a signature promises, and as what."""

    ONE = auto()
    OPTIONAL = auto()
    MANY = auto()
    ITERATOR = auto()
    COUNT = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Result:
    """The form of a result, the type of one row and how to build it."""

    form: Form
    row_type: Any
    build: Converter


def result_of(annotation: Any) -> Result:
    """Work out the result of a return annotation."""
    form, kind = _form_and_kind(annotation)
    build = _record_builder(kind) if is_dataclass(kind) else _scalar_builder(kind)
    return Result(form, kind, build)


def _form_and_kind(annotation: Any) -> tuple[Form, Any]:
    if annotation is NoneType:
        return Form.NOTHING, NoneType
    if annotation is RowCount:
        return Form.COUNT, int
    if several := {list: Form.MANY, Iterator: Form.ITERATOR}.get(get_origin(annotation)):
        return several, get_args(annotation)[0]
    if is_optional(annotation):
        return Form.OPTIONAL, present(annotation)
    return Form.ONE, annotation


def _scalar_builder(kind: Any) -> Converter:
    load = _loader(kind) or _as_is
    return lambda row: None if row[0] is None else load(row[0])


def _record_builder(kind: Any) -> Converter:
    hints = get_type_hints(kind, include_extras=True)
    loaders = [
        (index, load)
        for index, item in enumerate(fields(kind))
        if (load := _loader(hints[item.name])) is not None
    ]

    def build(row: tuple[Any, ...]) -> Any:
        values = list(row)
        for index, load in loaders:
            if values[index] is not None:
                values[index] = load(values[index])
        return kind(*values)

    return build


def _loader(annotation: Any) -> Converter | None:
    """Return what turns a loaded value into the annotated type, or None if nothing has to."""
    scalar = scalar_of(annotation)
    return scalar.load if scalar else _from_json(annotation)


def _from_json(annotation: Any) -> Converter:
    """Return what builds a value out of an array, or of JSON made by the server."""
    kind = bare(annotation)
    if get_origin(kind) is tuple:
        inner = _element(get_args(kind)[0])
        return lambda items: tuple(inner(item) for item in items)
    if is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        parts = {item.name: _element(hints[item.name]) for item in fields(kind)}
        build: Any = kind
        return lambda value: build(**{name: part(value[name]) for name, part in parts.items()})
    return _as_is


def _element(annotation: Any) -> Converter:
    scalar = scalar_of(annotation)
    convert = (scalar.from_json or _as_is) if scalar else _from_json(annotation)
    return lambda value: None if value is None else convert(value)


def _as_is(value: Any) -> Any:
    return value
