"""How the rows of a result become what a signature promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, auto
from types import NoneType
from typing import Any, NewType, get_args, get_origin, get_type_hints

from reana_db.registry.scalars import Converter, bare, is_optional, present, scalar_of

RowCount = NewType("RowCount", int)
"""The number of rows that a statement inserted, updated or deleted."""


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


def result(annotation: Any) -> Result:
    """Work out the result of a return annotation."""
    form, kind = _form_and_kind(annotation)
    return Result(
        form, kind, _record_builder(kind) if is_dataclass(kind) else _scalar_builder(kind)
    )


def _form_and_kind(annotation: Any) -> tuple[Form, Any]:
    if annotation is NoneType:
        return Form.NOTHING, NoneType
    if annotation is RowCount:
        return Form.COUNT, int
    if get_origin(annotation) is list:
        return Form.MANY, get_args(annotation)[0]
    if get_origin(annotation) is Iterator:
        return Form.ITERATOR, get_args(annotation)[0]
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
