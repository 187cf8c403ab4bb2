"""What is known of each Python type: one table.

How an argument is checked, how a loaded value becomes what is promised, the types of SQL it goes
with, and how it is written in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin
from uuid import UUID

from reana_db.records import JSON

Converter: TypeAlias = Callable[[Any], Any]
UNIONS = (Union, UnionType)

EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""The bounds of times: so that each can be shown in every time zone."""

_BIGINT = 2**63
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FAR_YEAR = re.compile(r"[0-9]{5,}-")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.I)

_NUL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Invalid(ValueError):
    """What is wrong with a value, said as the rest of a sentence: "must be …"."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """What is known of a Python type."""

    check: Converter
    """Returns an argument, converted where it may be given as another, or raises
    :class:`Invalid`."""
    columns: tuple[str, ...] = ()
    """The types of columns that are loaded as it."""
    sent: tuple[str, ...] = ()
    """The types that psycopg declares for it; none: the server decides."""
    psql: str = "unknown"
    """The type that ``PREPARE`` declares for it in psql."""
    encode: Converter | None = None
    """Makes what is sent of an argument; None: it is sent as it is."""
    load: Converter | None = None
    """Makes it of a loaded value that is not None; None: nothing has to be done."""
    from_json: Converter | None = None
    """Makes it of an element of JSON or of an array, likewise."""
    to_json: Converter | None = None
    """Makes an element of JSON of it, likewise."""


def described(value: object) -> str:
    """Return type and value as messages show them."""
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # too long a number, too deep a nesting
        shown = "that cannot be shown"
    return f"{type(value).__name__} {shown if len(shown) <= 80 else shown[:77] + '...'}"


def text(value: Any) -> str:
    """Check a text that PostgreSQL can store."""
    if not isinstance(value, str):
        raise Invalid(f"must be a str, not {described(value)}")
    if "\x00" in value:
        raise Invalid("must not contain the character NUL")
    if not value.isascii() and _SURROGATE.search(value):
        raise Invalid("must not contain lone surrogates")
    return value


def integer(value: Any) -> int:
    """Check a whole number that a bigint holds."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"must be an int, not {described(value)}")
    if not -_BIGINT <= value < _BIGINT:
        raise Invalid(f"must fit into 64 bits, not a number of {value.bit_length()} bits")
    return value


def text_or_number(value: Any) -> str:
    """Return a text, given as one or as a whole number."""
    return text(value) if isinstance(value, str) else str(integer(value))


def number(value: Any) -> float:
    """Check a floating-point number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Invalid(f"must be a number, not {described(value)}")
    try:
        return float(value)
    except OverflowError:
        raise Invalid("must fit into a floating-point number") from None


def day(value: Any) -> date:
    """Check a date without a time."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Invalid(f"must be a date, not {described(value)}")
    if not EARLIEST.date() <= value < LATEST.date():
        raise Invalid(f"must be from {EARLIEST.date()} to before {LATEST.date()}, not {value}")
    return value


def aware_datetime(value: Any) -> datetime:
    """Check a time that says its zone."""
    if not isinstance(value, datetime):
        raise Invalid(f"must be a datetime, not {described(value)}")
    if value.utcoffset() is None:
        raise Invalid(f"must say its time zone (for example UTC), not {value.isoformat()}")
    if not EARLIEST <= value <= LATEST:
        raise Invalid(f"must be from {EARLIEST} to {LATEST}, not {value.isoformat()}")
    return value


def uuid_of(value: object) -> UUID | None:
    """Return the UUID that a text spells, with or without dashes, or None."""
    return UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None


def uuid(value: Any) -> UUID:
    """Return a UUID, given as one or as its text."""
    found = value if isinstance(value, UUID) else uuid_of(value)
    if found is None:
        raise Invalid(f"must be a UUID or its text, not {described(value)}")
    return found


def instance_of(kind: type) -> Converter:
    """Return the check of an exact kind of value."""

    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise Invalid(f"must be a {kind.__name__}, not {described(value)}")
        return value

    return check


def between(low: int, high: int) -> Converter:
    """Return the rule of a number that is neither less nor more."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise Invalid(f"must be from {low} to {high}, not {value}")
        return value

    return check


def filled(longest: int) -> Converter:
    """Return the rule of a text that is not empty and has so many bytes at most."""

    def check(value: str) -> str:
        if not value:
            raise Invalid("must not be empty")
        size = len(value) if value.isascii() else len(value.encode())
        if size > longest:
            raise Invalid(f"must have at most {longest} bytes, not {size}")
        return value

    return check


def line(longest: int) -> Converter:
    """Return the rule of a text that is also one line."""
    check_length = filled(longest)

    def check(value: str) -> str:
        check_length(value)
        if _CONTROL.search(value):
            raise Invalid(f"must not contain control characters: {described(value)}")
        return value

    return check


def address(value: str) -> str:
    """Check an e-mail address: something on both sides of an ``@``, and no white space."""
    before, _, after = value.rpartition("@")
    if not before or not after or any(map(str.isspace, value)):
        raise Invalid(f"must be an e-mail address, not {described(value)}")
    return value


def absolute(value: str) -> str:
    """Check an absolute path."""
    if not value.startswith("/"):
        raise Invalid(f"must be an absolute path, not {described(value)}")
    return value


def json_object(value: Any) -> Any:
    """Check a JSON object."""
    if not isinstance(value, Mapping):
        raise Invalid(f"must be an object, not {described(value)}")
    return value


def json_text(value: Any) -> str | None:
    """Return a value as JSON text; ``None`` stays ``None``, so that it is stored as SQL NULL."""
    if value is None:
        return None
    try:
        found = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"must be JSON: {error}") from None
    if "\\u0000" in found and _NUL_ESCAPE.search(found):  # the first is quick
        raise Invalid("must not contain the character NUL")
    if "\\ud" in found and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise Invalid("must not contain lone surrogates")
    return found


def as_utc(value: datetime) -> datetime:
    """Return a time in UTC; a column without zone holds UTC already."""
    if value.tzinfo is None:
        return datetime.combine(value, value.time(), UTC)  # a tenth of the time of replace()
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return EARLIEST if value.year == 1 else LATEST


def nearest_time(stored: str) -> datetime | None:
    """Return the bound next to a stored time that Python cannot hold; None for any other text."""
    if stored == "-infinity" or stored.endswith("BC"):
        return EARLIEST
    return LATEST if stored == "infinity" or _FAR_YEAR.match(stored) else None


def _time_of(value: datetime | str) -> datetime:
    if isinstance(value, datetime):
        return as_utc(value)
    return nearest_time(value) or as_utc(datetime.fromisoformat(value))


SCALARS: dict[Any, Scalar] = {
    JSON: Scalar(lambda value: value, ("json", "jsonb"), encode=json_text),
    bool: Scalar(instance_of(bool), ("bool",), ("bool",), "boolean"),
    bytes: Scalar(instance_of(bytes), ("bytea",), ("bytea",), "bytea"),
    date: Scalar(day, ("date",), ("date",), "date"),
    datetime: Scalar(
        aware_datetime,
        ("timestamp", "timestamptz"),
        ("timestamptz",),
        "timestamptz",
        load=as_utc,
        from_json=_time_of,
        to_json=datetime.isoformat,
    ),
    float: Scalar(number, ("float8",), ("float8",), "float8"),
    int: Scalar(integer, ("int2", "int4", "int8"), ("int2", "int4", "int8"), "bigint"),
    str: Scalar(text, ("text", "varchar", "name")),
    "text or number": Scalar(text_or_number, ("text", "varchar")),
    UUID: Scalar(uuid, ("uuid",), ("uuid",), "uuid", from_json=uuid, to_json=str),
}
SCALARS["id"] = SCALARS[UUID]


def scalar_of(annotation: Any) -> Scalar | None:
    """Return what is known of the type of an annotation, or None of one that is no scalar."""
    kind = bare(annotation)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enum(kind)
    return SCALARS.get(kind)


@cache
def _enum(kind: type[StrEnum]) -> Scalar:
    members = {member.value: member for member in kind}

    def check(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in members:
            raise Invalid(f"must be one of {', '.join(members)}, not {described(value)}")
        return members[value]

    return Scalar(
        check, ("text", "varchar"), load=members.__getitem__, from_json=members.__getitem__
    )


def is_json(annotation: Any) -> bool:
    """Tell whether an annotation is JSON, with rules or without."""
    return get_origin(annotation) is Annotated and "json" in annotation.__metadata__


def is_optional(annotation: Any) -> bool:
    """Tell whether an annotation is ``T | None``."""
    return get_origin(annotation) in UNIONS and NoneType in get_args(annotation)


def present(annotation: Any) -> Any:
    """Return ``T`` of ``T | None``, and every other annotation as it is."""
    if not is_optional(annotation):
        return annotation
    return Union[tuple(option for option in get_args(annotation) if option is not NoneType)]  # noqa: UP007 # of options found at run time


def bare(annotation: Any) -> Any:
    """Return the type of an annotation: without ``| None``, without its rules."""
    kind = present(annotation)
    if is_json(kind):
        return JSON
    if get_origin(kind) is not Annotated:
        return kind
    marks = (mark for mark in kind.__metadata__ if mark in SCALARS)
    return next(marks, get_args(kind)[0])


def item_of(annotation: Any) -> Any:
    """Return ``T`` of ``list[T]`` and the like, else None."""
    kind = present(annotation)
    origin = get_origin(kind)
    several = isinstance(origin, type) and issubclass(origin, Iterable)
    return get_args(kind)[0] if several else None
