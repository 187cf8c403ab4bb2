"""The objects of the schema: those that a database has, and those that the migrations make.

``schema.sql``, next to this module, has every object after the last migration of this release,
each with the statement that makes it, as PostgreSQL 18 writes it.  The same statement reads the
objects of a database.  So one comparison finds whatever is missing or altered, and the file says
how to make it anew (:mod:`reana_db.health.repair`).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reana_db.queries import Conn, query

PROMISED = Path(__file__).with_name("schema.sql")
"""Written by ``python -m tests.support.schema_snapshot``; a test holds it to the migrations."""

_HEADING = re.compile(r"^-- object: (.+?): (.+)\n", re.MULTILINE)

_QUALIFIER = re.compile(r"(?<![\w.])(?!__reana\.|reana\.|public\.)\w+\.(?=[a-z_])")
_TIMEZONE = re.compile(r"timezone\('UTC'::text, ((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")


class Kind(StrEnum):
    """What an object is, in an order in which objects can be made."""

    SCHEMA = "schema"
    TYPE = "type"
    SEQUENCE = "sequence"
    TABLE = "table"
    COLUMN = "column"
    DEFAULT = "default"
    NOT_NULL = "not null"
    FUNCTION = "function"
    CONSTRAINT = "constraint"
    INDEX = "index"
    VIEW = "view"
    TRIGGER = "trigger"
    REVOCATION = "revocation"
    COMMENT = "comment"
    STORAGE = "storage"


FREE = {Kind.COMMENT, Kind.STORAGE}
"""What a site may change: nothing depends on it."""


class Fault(StrEnum):
    """What is wrong with an object."""

    MISSING = "missing"
    ALTERED = "altered"
    DISABLED = "disabled"
    """A trigger that does not fire, a foreign key that nobody holds to."""
    INVALID = "invalid"
    """An index whose build did not end."""


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """One object and how it is made."""

    kind: Kind
    name: str
    """As in ``DROP``: ``__reana.job``, ``set_updated ON __reana.job``."""
    definition: str
    """The statement that makes it."""
    removal: str | None = None
    """The statement that drops it; None for what keeps data and what need not be dropped."""
    defect: Fault | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is missing from a database, or differs from what it should be."""

    promised: SchemaObject
    present: SchemaObject | None
    fault: Fault

    def __str__(self) -> str:
        return f"{self.promised.kind} {self.fault}: {self.promised.name}"


@query
def qualify_names(conn: Conn) -> None:
    """Let definitions name the schema of what they use, until the transaction ends."""


@query
def _present(conn: Conn) -> list[SchemaObject]: ...


def present(conn: Conn) -> list[SchemaObject]:
    """Return the objects that a database has; any role may read them."""
    with conn.transaction(force_rollback=True):
        qualify_names(conn)
        return _present(conn)


@functools.cache
def promised() -> list[SchemaObject]:
    """Return the objects that the migrations of this release make."""
    _, *parts = _HEADING.split(PROMISED.read_text(encoding="utf-8"))
    return [
        SchemaObject(Kind(kind), name, definition.strip().removesuffix(";"))
        for kind, name, definition in zip(parts[0::3], parts[1::3], parts[2::3], strict=True)
    ]


def text(objects: list[SchemaObject]) -> str:
    """Return objects as a script, which :func:`promised` reads."""
    return "\n".join(
        f"-- object: {item.kind}: {item.name}\n{item.definition};\n" for item in objects
    )


def differences(conn: Conn) -> list[Difference]:
    """Return what a database with all migrations of this release lacks or has otherwise.

    Further objects are the site's own.
    """
    found = {(item.kind, item.name): item for item in present(conn)}
    pairs = [(item, found.get((item.kind, item.name))) for item in promised()]
    return [
        Difference(item, there, fault) for item, there in pairs if (fault := _fault(item, there))
    ]


def _fault(promised: SchemaObject, present: SchemaObject | None) -> Fault | None:
    if present is None:
        return Fault.MISSING
    if present.defect or comparable(present) == comparable(promised):
        return present.defect
    return Fault.ALTERED


def comparable(item: SchemaObject) -> str:
    """Return a definition in words that PostgreSQL 12 to 18 have in common.

    Before 14, ``x AT TIME ZONE 'UTC'`` is written ``timezone('UTC'::text, x)``; before 16, views
    name the table of each column, also where there is one table.
    """
    if item.kind is Kind.FUNCTION:
        return item.definition
    text = _TIMEZONE.sub(r"(\1 AT TIME ZONE 'UTC'::text)", item.definition)
    return _QUALIFIER.sub("", text) if item.kind is Kind.VIEW else text
