"""Checks and conversions of the arguments of a query, chosen by their annotation.

A value of the wrong type, a text with NUL, a number that no bigint holds, a time without zone:
each is refused here, before anything is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin
from uuid import UUID

from reana_db.records import JSON

Converter: TypeAlias = Callable[[Any], Any]

Secret: TypeAlias = Annotated[str, "secret"]
"""A text that no message may show."""

SecretBytes: TypeAlias = Annotated[bytes, "secret"]
"""Bytes that no message may show."""

_BIGINT = 2**63
_SURROGATE = re.compile("[\ud800-\udfff]")
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.I)
_NUL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Invalid(ValueError):
    """What is wrong with a value, said as the rest of a sentence: "must be …"."""


def converter(annotation: Any) -> Converter:
    """Return the check and conversion for values of an annotation."""
    if annotation == JSON:
        return json_text
    origin, options = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _unshown(converter(options[0]))
    if origin in (Union, UnionType):
        return _optional(converter(_present(annotation)))
    if origin is list:
        return _list_of(converter(options[0]))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _enum(annotation)
    return _SCALARS[annotation]


def sent_as_is(annotation: Any) -> frozenset[type]:
    """Return the types whose every value the converter of an annotation returns as it is."""
    origin, options = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return sent_as_is(options[0])
    if origin in (Union, UnionType):
        return sent_as_is(_present(annotation)) | {NoneType}
    return frozenset({annotation}) if annotation in (bool, bytes, UUID) else frozenset()


def uuid_of(text: object) -> UUID | None:
    """Return the UUID that a text spells, with or without dashes, or None."""
    return UUID(text) if isinstance(text, str) and _UUID.fullmatch(text) else None


def is_scalar(kind: Any) -> bool:
    """Tell whether values of a type are sent as they are."""
    return kind in _SCALARS


def shown(annotation: Any, value: object) -> str:
    """Return a value as a message may show it."""
    if _is_secret(annotation):
        return "(secret)"
    text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def json_text(value: Any) -> str | None:
    """Return a value as JSON text; ``None`` stays ``None``, so that it is stored as SQL NULL."""
    if value is None:
        return None
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"must be JSON: {error}") from None
    if "\\u0000" in text and _NUL_ESCAPE.search(text):  # the first is quick
        raise Invalid("must not contain the character NUL")
    return text


def text(value: Any) -> str:
    """Check a text that PostgreSQL can store."""
    if not isinstance(value, str):
        raise Invalid(f"must be a str, not {_described(value)}")
    if "\x00" in value:
        raise Invalid("must not contain the character NUL")
    if _SURROGATE.search(value):
        raise Invalid("must not contain lone surrogates")
    return value


def integer(value: Any) -> int:
    """Check a whole number that a bigint holds."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"must be an int, not {_described(value)}")
    if not -_BIGINT <= value < _BIGINT:
        raise Invalid(f"must fit into 64 bits, not {value:.3e}")
    return value


def aware_datetime(value: Any) -> datetime:
    """Check a time that says its zone."""
    if not isinstance(value, datetime):
        raise Invalid(f"must be a datetime, not {_described(value)}")
    if value.utcoffset() is None:
        raise Invalid(f"must say its time zone (for example UTC), not {value.isoformat()}")
    return value


def number(value: Any) -> float:
    """Check a floating-point number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Invalid(f"must be a number, not {_described(value)}")
    return float(value)


def _instance_of(kind: type) -> Converter:
    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise Invalid(f"must be a {kind.__name__}, not {_described(value)}")
        return value

    return check


def _enum(kind: type[StrEnum]) -> Converter:
    members = {str(member.value): str(member.value) for member in kind}

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in members:
            raise Invalid(f"must be one of {', '.join(members)}, not {_described(value)}")
        return members[value]

    return check


def _optional(convert: Converter) -> Converter:
    return lambda value: None if value is None else convert(value)


def _list_of(convert: Converter) -> Converter:
    def check(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise Invalid(f"must be a list, not {_described(value)}")
        return [convert(item) for item in value]

    return check


def _is_secret(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return "secret" in get_args(annotation)[1:]
    return any(_is_secret(option) for option in get_args(annotation))


def _unshown(convert: Converter) -> Converter:
    def check(value: Any) -> Any:
        try:
            return convert(value)
        except Invalid:
            pass
        # Not inside an except clause: the error would keep the other one, which shows the value.
        raise Invalid("is not a value that can be stored (not shown: it is secret)")

    return check


def _present(annotation: Any) -> Any:
    """Return ``T`` of ``T | None``."""
    (present,) = (option for option in get_args(annotation) if option is not NoneType)
    return present


def _described(value: object) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 80 else text[:77] + '...'}"


_SCALARS: dict[Any, Converter] = {
    str: text,
    int: integer,
    float: number,
    bool: _instance_of(bool),
    bytes: _instance_of(bytes),
    UUID: _instance_of(UUID),
    datetime: aware_datetime,
}
