"""How the rows of a result become what a signature promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, make_dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum, auto
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from reana_db.records import JSON

Conversion: TypeAlias = Callable[[Any], Any]

_Record = TypeVar("_Record")


class Form(Enum):
    """How many rows a signature promises, and as what."""

    ONE = auto()
    OPTIONAL = auto()
    MANY = auto()
    ITERATOR = auto()
    COUNT = auto()
    NOTHING = auto()


@dataclass(frozen=True)
class Result:
    """The form of a result, the type of one row and how to build it."""

    form: Form
    row_type: Any
    build: Conversion


def result(annotation: Any, row_count: Any) -> Result:
    """Work out the result of a return annotation."""
    if annotation is NoneType:
        return Result(Form.NOTHING, None, _as_is)
    if annotation is row_count:
        return Result(Form.COUNT, int, _as_is)
    origin, options = get_origin(annotation), get_args(annotation)
    if origin is list:
        return Result(Form.MANY, options[0], _row_builder(options[0]))
    if origin is Iterator:
        return Result(Form.ITERATOR, options[0], _row_builder(options[0]))
    if is_optional(annotation):
        return Result(Form.OPTIONAL, present(annotation), _row_builder(present(annotation)))
    return Result(Form.ONE, annotation, _row_builder(annotation))


def is_optional(annotation: Any) -> bool:
    """Tell whether an annotation is ``T | None``."""
    return get_origin(annotation) in (Union, UnionType) and NoneType in get_args(annotation)


def present(annotation: Any) -> Any:
    """Return ``T`` of ``T | None``, and every other annotation as it is."""
    if not is_optional(annotation):
        return annotation
    (option,) = (option for option in get_args(annotation) if option is not NoneType)
    return option


def as_utc(value: datetime) -> datetime:
    """Return a time in UTC; a column without zone holds UTC already."""
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    return datetime.combine(value, value.time(), UTC)  # a tenth of the time of replace()


def _as_is(value: Any) -> Any:
    return value


def _row_builder(kind: Any) -> Conversion:
    if is_dataclass(kind):
        return _record_builder(kind)
    convert = conversion(kind) or _as_is
    return lambda row: None if row[0] is None else convert(row[0])


def _record_builder(kind: Any) -> Conversion:
    hints = get_type_hints(kind, include_extras=True)
    converted = [
        (index, convert)
        for index, item in enumerate(fields(kind))
        if (convert := conversion(hints[item.name])) is not None
    ]

    make = maker(kind)

    def build(row: tuple[Any, ...]) -> Any:
        values = list(row)
        for index, convert in converted:
            if values[index] is not None:
                values[index] = convert(values[index])
        return make(*values)

    return build


def maker(kind: type[_Record]) -> Callable[..., _Record]:
    """Return what makes a record out of its fields in a fifth of the time of its class.

    A frozen dataclass sets each field through ``object.__setattr__``.  Here the fields are set on
    an object of a class with the same slots, which then becomes the record.
    """
    names = [item.name for item in fields(cast(Any, kind))]
    twin: Any = make_dataclass(f"_{kind.__name__}", names, slots=True)

    def make(*values: Any) -> _Record:
        record = twin(*values)
        record.__class__ = kind
        return cast(_Record, record)

    return make


def conversion(annotation: Any) -> Conversion | None:
    """Return what turns a loaded value into the annotated type, or None if nothing has to."""
    kind = present(annotation)
    if kind == JSON:
        return None
    if kind is datetime:
        return as_utc
    if get_origin(kind) is tuple:
        inner = _from_json(get_args(kind)[0])
        return lambda items: tuple(inner(item) for item in items)
    if is_dataclass(kind):
        return _from_json(kind)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _members(kind)
    return None


def _members(kind: type[StrEnum]) -> Conversion:
    return {member.value: member for member in kind}.__getitem__


def _from_json(annotation: Any) -> Conversion:
    """Return what builds a value out of an array element or of JSON made by the server."""
    kind = present(annotation)
    if is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        parts = {item.name: _from_json(hints[item.name]) for item in fields(kind)}
        build: Any = kind
        return lambda value: build(**{name: parts[name](value[name]) for name in parts})
    return _or_none(_SCALARS.get(kind) or conversion(kind) or _as_is)


def _or_none(convert: Conversion) -> Conversion:
    return lambda value: None if value is None else convert(value)


_SCALARS: dict[Any, Conversion] = {
    UUID: lambda value: value if isinstance(value, UUID) else UUID(value),
    datetime: lambda value: as_utc(
        value if isinstance(value, datetime) else datetime.fromisoformat(value)
    ),
}
