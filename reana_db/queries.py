"""The query registry: statements of ``sql/`` behind typed signatures.

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

import functools
import importlib
import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar, cast

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from reana_db import errors
from reana_db.registry import arguments, odd_values, results, signatures, sql_files
from reana_db.registry.results import RowCount
from reana_db.registry.sql_files import Statement

__all__ = ["Conn", "RowCount", "Statement", "executions", "query", "refuse_unused", "registered"]

Conn: TypeAlias = psycopg.Connection[Any]
"""A connection of the caller, who owns its transaction."""

_F = TypeVar("_F", bound=Callable[..., Any])

ROWS_PER_FETCH = 1000

logger = logging.getLogger("reana_db")

executions: Counter[str] = Counter()
"""How often this process executed each statement, by name."""

_cursor_numbers = itertools.count(1)


def query(function: _F) -> _F:
    """Bind a typed signature to the statement of the same module and name."""
    module, _, name = signatures.public_name(function).rpartition(".")
    code = function.__code__
    place = f"{code.co_filename}:{code.co_firstlineno}"
    statement = sql_files.statements_of(module).get(name)
    if statement is None:
        raise errors.RegistryError(f"{place}: no '-- name: {name}' in {sql_files.file_of(module)}")
    # What inspect.signature() would say, at a fraction of its cost.
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if names[:1] != ("conn",):
        raise errors.RegistryError(f"{place}: the first parameter must be conn")
    spread = signatures.record_parameters(function)
    sent = {part for name in names[1:] for part in spread.get(name, (name,))}
    if sent != statement.parameters:
        difference = ", ".join(sorted(sent ^ statement.parameters))
        raise errors.RegistryError(
            f"{place} and {statement.place}: parameters on one side only: {difference}"
        )
    bound = _BoundQuery(statement, function, spread)
    statement.function = function

    @functools.wraps(function)
    def call(conn: Conn, /, *args: object, **kwargs: object) -> object:
        try:
            return bound.call(conn, args, kwargs)
        except errors.ReanaDBError as error:
            error.function = statement.name
            raise

    return cast(_F, call)


def registered() -> list[Statement]:
    """Import the module of every statement file, and return all statements by name."""
    for module in sql_files.modules():
        importlib.import_module(f"reana_db.{module}")
    refuse_unused()
    return sorted(sql_files.loaded(), key=lambda statement: statement.name)


def refuse_unused() -> None:
    """Raise :class:`~reana_db.errors.RegistryError` for a statement without a function.

    Looks at the modules imported so far.
    """
    for statement in sql_files.loaded():
        if statement.function is None:
            raise errors.RegistryError(f"{statement.place}: {statement.name} has no function")


@dataclass
class _BoundQuery:
    """A statement with what is needed to call it, worked out at the first call."""

    statement: Statement
    function: Callable[..., Any]
    spread: Mapping[str, tuple[str, ...]]

    @cached_property
    def signature(self) -> signatures.Signature:
        """A private query takes what the function that executes it has checked."""
        if self.function.__name__.startswith("_"):
            return signatures.Signature(self.function, signatures.encoder)
        return signatures.Signature(self.function, signatures.converter)

    @cached_property
    def result(self) -> results.Result:
        return results.result(signatures.sent_annotations(self.function)["return"])

    def call(self, conn: Conn, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
        values = self.signature.bind(args, kwargs)
        for name, parts in self.spread.items():
            record = values.pop(name)
            values.update({part: getattr(record, part) for part in parts})
        form, build = self.result.form, self.result.build
        if form is results.Form.ITERATOR:
            return self.stream(conn, values)
        cursor = self.execute(psycopg.Cursor(conn, row_factory=tuple_row), values)
        if form is results.Form.NOTHING:
            return None
        if form is results.Form.COUNT:
            return cursor.rowcount
        if form is results.Form.MANY:
            return [build(row) for row in odd_values.fetch_all(cursor)]
        return self.single(cursor, values)

    def execute(
        self, cursor: psycopg.Cursor[tuple[Any, ...]], values: dict[str, Any]
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Execute with psycopg's own cursor, which sends parameters apart from the statement."""
        debug = logger.isEnabledFor(logging.DEBUG)
        started = time.perf_counter() if debug else 0.0
        executions[self.statement.name] += 1
        try:
            cursor.execute(self.statement.query, values)
        except psycopg.Error as error:
            errors.reraise(error, cursor.connection)
        if debug:
            elapsed = (time.perf_counter() - started) * 1000
            logger.debug("%s %d rows %.2f ms", self.statement.name, cursor.rowcount, elapsed)
        return cursor

    def single(self, cursor: psycopg.Cursor[tuple[Any, ...]], values: dict[str, Any]) -> object:
        rows = odd_values.fetch_all(cursor)
        if not rows:
            if self.result.form is results.Form.OPTIONAL:
                return None
            raise errors.NotFound(f"no row for {self.described(values)}")
        if len(rows) > 1:
            raise errors.RegistryError(
                f"{self.statement.place}: {len(rows)} rows where one is declared"
            )
        return self.result.build(rows[0])

    def described(self, values: dict[str, Any]) -> str:
        """Name the arguments of a call, without those that are secret."""
        hints = signatures.sent_annotations(self.function)
        shown = (f"{name}={arguments.shown(hints[name], value)}" for name, value in values.items())
        return ", ".join(shown) or "this database"

    def stream(self, conn: Conn, values: dict[str, Any]) -> Iterator[object]:
        idle = conn.info.transaction_status is TransactionStatus.IDLE
        if conn.autocommit and idle:
            raise errors.InvalidArgument(
                "rows are streamed in a transaction: call it inside `with conn.transaction():`"
            )
        return self.rows(conn, values)

    def rows(self, conn: Conn, values: dict[str, Any]) -> Iterator[object]:
        name = f"reana_db_{next(_cursor_numbers)}"
        with conn.cursor(name, row_factory=tuple_row) as cursor:
            cursor.itersize = ROWS_PER_FETCH
            odd_values.prepare(cursor)
            for row in self.execute(cursor, values):
                yield self.result.build(row)
