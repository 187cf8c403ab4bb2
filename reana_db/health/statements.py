"""Verification of every statement against a live server, without running any.

Each statement is prepared, once with the types that the server infers and once with the types that
psycopg really sends for the annotated Python types.  The described result is held against the
record or scalar that the signature promises: names, order, types, and whether a column can be
NULL (see :mod:`reana_db.health.nullability`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, get_origin, get_type_hints

import psycopg
from psycopg import pq

from reana_db.health import nullability
from reana_db.queries import Conn, Form, Result, Statement, query, registered, result_of
from reana_db.records import JSON
from reana_db.registry.arguments import sent_annotations
from reana_db.registry.scalars import (
    SCALARS,
    bare,
    is_json,
    is_optional,
    item_of,
    present,
    scalar_of,
)

_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")
_PREPARED = "reana_db_verification"


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which a statement does not fit the database or its signature."""

    statement: str
    place: str
    """File and line of the statement."""
    message: str


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type of this database."""

    oid: int
    name: str
    is_enum: bool
    is_array: bool


@query
def types(conn: Conn) -> list[TypeName]:
    """Return the types of this database."""


def verify(conn: Conn, statements: list[Statement] | None = None) -> list[Problem]:
    """Return what does not fit, for all statements or for those given.

    Prepares statements inside a savepoint that is rolled back; reads no data and changes none.
    """
    chosen = registered() if statements is None else statements
    with conn.transaction(force_rollback=True):
        verifier = _Verifier(conn)
        return [
            Problem(statement.name, statement.place, message)
            for statement in chosen
            for message in verifier.messages(statement)
        ]


def numbered(text: str) -> tuple[str, list[str]]:
    """Return a statement with $1, $2 … for its placeholders, and their names in that order."""
    order: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%"
        if match[1] not in order:
            order.append(match[1])
        return f"${order.index(match[1]) + 1}"

    return _PLACEHOLDER.sub(replace, text), order


class _Verifier:
    def __init__(self, conn: Conn) -> None:
        self.conn = conn
        self.types = {item.oid: item for item in types(conn)}
        self.oids = {item.name: item.oid for item in self.types.values()}
        self.not_null = nullability.not_null_columns(conn)

    def messages(self, statement: Statement) -> Iterator[str]:
        try:
            yield from self._messages(statement)
        except psycopg.errors.InsufficientPrivilege:
            return  # this role does not run it, so for this role it need not fit

    def _messages(self, statement: Statement) -> Iterator[str]:
        hints = sent_annotations(statement.function)
        text, order = numbered(statement.text)
        with self.conn.transaction(force_rollback=True):
            try:
                described = self.prepare(text, [])
            except psycopg.Error as error:
                yield f"does not prepare: {error.diag.message_primary}"
                return
            yield from self.result_messages(statement, text, described, hints["return"])
            yield from self.time_messages(described, hints, order)
            yield from self.sent_messages(text, hints, order)

    def prepare(self, text: str, oids: list[int]) -> pq.abc.PGresult:
        """Prepare a statement and describe it; without a name, which poolers leave as it is."""
        pgconn = self.conn.pgconn
        with self.conn.transaction():
            prepared = pgconn.prepare(b"", text.encode(), oids or None)
            if prepared.status != pq.ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(prepared)
            return pgconn.describe_prepared(b"")

    def nullable_outputs(
        self, statement: Statement, text: str, described: pq.abc.PGresult
    ) -> list[bool]:
        self.conn.execute(f"PREPARE {_PREPARED} AS {text}".encode(), prepare=False)
        try:
            with self.conn.transaction():
                return nullability.nullable_outputs(
                    self.conn, _PREPARED, described, self.not_null, statement.not_null
                )
        finally:
            self.conn.execute(f"DEALLOCATE {_PREPARED}".encode(), prepare=False)

    def time_messages(
        self, described: pq.abc.PGresult, hints: dict[str, Any], order: list[str]
    ) -> Iterator[str]:
        """Demand a cast of times: the session's zone must not decide what they mean."""
        for index, parameter in enumerate(order):
            inferred = self.types[described.param_type(index)].name
            if bare(hints[parameter]) is datetime and inferred == "timestamp":
                yield f"{parameter}: a time must be cast, %({parameter})s::timestamptz"

    def sent_messages(self, text: str, hints: dict[str, Any], order: list[str]) -> Iterator[str]:
        for oids in self.sent(hints, order):
            try:
                self.prepare(text, oids)
            except psycopg.Error as error:
                names = [self.types[oid].name if oid else "unknown" for oid in oids]
                sent = ", ".join(f"{p}: {n}" for p, n in zip(order, names, strict=True))
                yield f"does not prepare as sent ({sent}): {error.diag.message_primary}"

    def sent(self, hints: dict[str, Any], order: list[str]) -> Iterator[list[int]]:
        """Yield the oids that psycopg declares, one list for each width of integers."""
        options = [self.sent_oids(hints[parameter]) for parameter in order]
        for width in range(max(map(len, options), default=0)):
            yield [oids[min(width, len(oids) - 1)] for oids in options]

    def sent_oids(self, annotation: Any) -> list[int]:
        item = item_of(annotation)
        prefix = "" if item is None else "_"
        scalar = scalar_of(annotation if item is None else item)
        return [self.oids[prefix + name] for name in (scalar.sent if scalar else ())] or [0]

    def result_messages(
        self, statement: Statement, text: str, described: pq.abc.PGresult, annotation: Any
    ) -> Iterator[str]:
        result = result_of(annotation)
        if result.form in (Form.NOTHING, Form.COUNT):
            return
        names = [(described.fname(i) or b"").decode() for i in range(described.nfields)]
        expected = _expected(result)
        if len(names) != len(expected):
            yield f"{len(names)} columns where {len(expected)} are promised"
        elif is_dataclass(result.row_type) and names != list(expected):
            yield f"columns {names} where {_name(result.row_type)} has {list(expected)}"
        else:
            nullable = self.nullable_outputs(statement, text, described)
            for index, (name, kind) in enumerate(zip(names, expected.values(), strict=True)):
                loaded = self.types[described.ftype(index)]
                yield from self.column_messages(name, kind, loaded, nullable=nullable[index])

    def column_messages(
        self, name: str, kind: Any, loaded: TypeName, *, nullable: bool
    ) -> Iterator[str]:
        promised = _name(kind)
        if not self.loads_as(loaded, present(kind)):
            yield f"{name} is {loaded.name} where {promised} is promised"
        if nullable and not is_optional(kind) and not is_json(kind):
            yield f"{name} can be NULL where {promised} is promised"

    def loads_as(self, loaded: TypeName, kind: Any) -> bool:
        if scalar := scalar_of(kind):
            is_enum = loaded.is_enum and (kind is str or issubclass(kind, StrEnum))
            return is_enum or loaded.name in scalar.columns
        is_json = loaded.name in SCALARS[JSON].columns
        return is_json or (get_origin(kind) is tuple and loaded.is_array)


def _expected(result: Result) -> dict[str, Any]:
    """Return the promised columns by name; a scalar has one, whatever its name."""
    if is_dataclass(result.row_type):
        hints = get_type_hints(result.row_type, include_extras=True)
        return {item.name: hints[item.name] for item in fields(result.row_type)}
    optional = result.form is Form.OPTIONAL
    return {"": result.row_type | None if optional else result.row_type}


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))
