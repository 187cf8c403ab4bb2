"""The arguments of a function: bound to their names, checked and converted, each once.

A public function is a query, hands its arguments to one, or is decorated so::

    @checked
    def extend(conn: Conn, workflow_id: Id, *, days: int) -> list[RetentionRule]: ...

Either checks what callers give.  The queries that such a function executes are private, by an
underscore: they take what it gives them as it is.

The check is chosen by the annotation.  A value of the wrong type, a text with NUL, a number that no
bigint holds, a time without zone: each is refused before anything is sent.  A rule of a value
stands in its annotation, as a function that returns the value or raises :class:`Invalid`:
``Annotated[int, between(1, 366)]``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from types import NoneType
from typing import Annotated, Any, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from reana_db import errors
from reana_db.records import JSON
from reana_db.registry.scalars import (
    SCALARS,
    UNIONS,
    Converter,
    Invalid,
    Scalar,
    described,
    instance_of,
    scalar_of,
)

_F = TypeVar("_F", bound=Callable[..., Any])

Id: TypeAlias = Annotated[UUID | str, "id"]
"""An id: a UUID, or its text with or without dashes."""

TextOrNumber: TypeAlias = Annotated[str | int, "text or number"]
"""A text, which may be given as a whole number."""

Secret: TypeAlias = Annotated[str, "secret"]
"""A text that no message may show."""

SecretBytes: TypeAlias = Annotated[bytes, "secret"]
"""Bytes that no message may show."""

RUNS_ON_STANDBY = "Runs on a standby."
WRITES = "Does not run on a standby: it writes."
"""What a docstring says.  Of functions of several statements, authors say that they run there."""


class Signature:
    """The parameters of a function, but for its connection, and what converts them."""

    def __init__(self, function: Callable[..., Any], convert: Callable[[Any], Any]) -> None:
        """``convert`` returns the converter of an annotation, or None."""
        self.function = function
        parameters = list(inspect.signature(function).parameters.values())[1:]
        hints = get_type_hints(function, include_extras=True)
        self.names = {item.name for item in parameters}
        self.positional = [item.name for item in parameters if item.kind is not item.KEYWORD_ONLY]
        self.defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        self.converters: dict[str, Converter] = {
            item.name: found for item in parameters if (found := convert(hints[item.name]))
        }

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments by name, converted; raises TypeError and InvalidArgument."""
        values: dict[str, Any] = dict(zip(self.positional, args, strict=False), **kwargs)
        given = len(values)
        if values.keys() != self.names:
            values = {**self.defaults, **values}
        if given != len(args) + len(kwargs) or values.keys() != self.names:
            inspect.signature(self.function).bind(None, *args, **kwargs)  # a TypeError
        for name, convert in self.converters.items():
            try:
                values[name] = convert(values[name])
            except Invalid as reason:
                raise errors.InvalidArgument(f"{name} {reason}") from None
        return values


def checked(function: _F) -> _F:
    """Make a function check its arguments by their annotations, but for the connection.

    Raises InvalidArgument, naming argument and rule.  Every error of this package that leaves the
    function names it.
    """

    def call(conn: Any, /, *args: object, **kwargs: object) -> object:
        return function(conn, **_signature(function).bind(args, kwargs))

    return named(function, call)


def named(function: _F, call: Callable[..., object] | None = None, *, reads: bool = False) -> _F:
    """Make errors name a function; ``call`` is what does its work, else the function itself.

    Alone it is for one that hands its arguments to another, which checks them.  The docstring says
    whether the function runs on a standby, unless its author has said so.
    """
    name, work = public_name(function), call or function

    @functools.wraps(function)
    def named_call(*args: object, **kwargs: object) -> object:
        try:
            return work(*args, **kwargs)
        except errors.ReanaDBError as error:
            error.function = name
            raise

    text = function.__doc__ or ""
    if not function.__name__.startswith("_") and RUNS_ON_STANDBY not in text:
        named_call.__doc__ = f"{text.rstrip()}\n\n    {RUNS_ON_STANDBY if reads else WRITES}\n    "
    return cast(_F, named_call)


@functools.cache
def _signature(function: Callable[..., Any]) -> Signature:
    return Signature(function, checker)


def converter(annotation: Any) -> Converter | None:
    """Return what checks an argument and makes it what is sent, or None."""
    check, encode = checker(annotation), encoder(annotation)
    if check and encode:
        return lambda value: encode(check(value))
    return encode or check


def encoder(annotation: Any) -> Converter | None:
    """Return what makes an argument that was checked what is sent, or None."""
    scalar = scalar_of(annotation)
    return scalar.encode if scalar else None


def public_name(function: Callable[..., Any]) -> str:
    """Return the name of a function as services import it: ``workflows.get``."""
    return f"{function.__module__.removeprefix('reana_db.')}.{function.__name__}"


def sent_annotations(function: Any) -> dict[str, Any]:
    """Return the annotations of what a query sends, and of what it returns."""
    hints = get_type_hints(function, include_extras=True)
    spread = {name: hints.pop(name) for name in record_parameters(function)}
    for kind in spread.values():
        hints |= get_type_hints(kind, include_extras=True)
    return hints


def record_parameters(function: Any) -> dict[str, tuple[str, ...]]:
    """Return the parameters that are records, each with its fields: these are what is sent."""
    named = {n: function.__globals__.get(a) for n, a in function.__annotations__.items()}
    return {
        name: tuple(item.name for item in fields(kind))
        for name, kind in named.items()
        if name != "return" and kind and is_dataclass(kind)
    }


def checker(annotation: Any) -> Converter | None:
    """Return the check and conversion of an argument, or None where nothing has to be done.

    JSON is left as it is, but for its rules: what sends it encodes it.
    """
    if annotation == JSON:
        return None
    origin, options = get_origin(annotation), get_args(annotation)
    if scalar := scalar_of(annotation) if origin not in UNIONS else None:
        return _with_rules(scalar.check, annotation)
    if origin in UNIONS:
        return _one_of(options)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_of(_checked(options[0]), _checked(options[1]))
    if origin is tuple and Ellipsis not in options:
        return _tuple_of([_checked(option) for option in options])
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _list_of(_checked(options[0]))
    if is_dataclass(annotation):
        return _record_of(annotation)
    return instance_of(annotation) if isinstance(annotation, type) else None


def shown(annotation: Any, value: object) -> str:
    """Return a value as a message may show it."""
    if _is_secret(annotation):
        return "(secret)"
    found = repr(str(value)) if isinstance(value, str) else str(value)
    return found if len(found) <= 80 else f"{found[:77]}..."


def _checked(annotation: Any) -> Converter:
    return checker(annotation) or (lambda value: value)


def _with_rules(check: Converter, annotation: Any) -> Converter:
    rules = [rule for rule in getattr(annotation, "__metadata__", ()) if callable(rule)]

    def ruled(value: Any) -> Any:
        value = check(value)
        for rule in rules:
            value = rule(value)
        return value

    found = ruled if rules else check
    return _unshown(found) if _is_secret(annotation) else found


def _is_secret(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return "secret" in annotation.__metadata__
    return any(_is_secret(option) for option in get_args(annotation))


def _unshown(convert: Converter) -> Converter:
    def check(value: Any) -> Any:
        with suppress(Invalid):
            return convert(value)
        # Not inside an except clause: the error would keep the other one, which shows the value.
        raise Invalid("is not a value that can be stored (not shown: it is secret)")

    return check


def _one_of(options: tuple[Any, ...]) -> Converter:
    *others, last = [_checked(option) for option in options if option is not NoneType]
    optional = NoneType in options

    def check(value: Any) -> Any:
        if value is None and optional:
            return None
        for other in others:
            with suppress(Invalid):
                return other(value)
        return last(value)

    return check


def _record_of(kind: Any) -> Converter:
    """Return the check of a record: of its fields too, where each of them can be sent."""
    check_kind, hints = instance_of(kind), get_type_hints(kind, include_extras=True)
    checks = [(item.name, _checked(hints[item.name])) for item in fields(kind)]
    if not all(scalar_of(hints[name]) for name, _ in checks):
        return check_kind

    def check(record: Any) -> Any:
        check_kind(record)
        changed = {}
        for name, check_field in checks:
            given = getattr(record, name)
            try:
                found = check_field(given)
            except Invalid as reason:
                raise Invalid(f"has a {name} that {reason}") from None
            if found is not given:
                changed[name] = found
        return replace(record, **changed) if changed else record

    return check


def _mapping_of(key: Converter, item: Converter) -> Converter:
    def check(value: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise Invalid(f"must be a mapping, not {described(value)}")
        found = {}
        for name, content in value.items():
            checked_name = key(name)
            try:
                found[checked_name] = item(content)
            except Invalid as reason:
                raise Invalid(f"of {name!r:.80} {reason}") from None
        return found

    return check


def _tuple_of(items: list[Converter]) -> Converter:
    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, tuple | list) or len(value) != len(items):
            raise Invalid(f"must be {len(items)} values together, not {described(value)}")
        return tuple(item(each) for item, each in zip(items, value, strict=True))

    return check


def _list_of(item: Converter) -> Converter:
    def check(value: Any) -> list[Any]:
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
            raise Invalid(f"must be several values, not {described(value)}")
        return [item(each) for each in value]

    return check


def json_rows(kind: type, records: Iterable[Any]) -> list[dict[str, Any]]:
    """Return checked records as what ``json_to_recordset`` takes: many rows in one statement."""
    found = [{name: getattr(record, name) for name in _scalars(kind)} for record in records]
    for row in found:
        for name, scalar in _scalars(kind).items():
            if scalar.to_json and row[name] is not None:
                row[name] = scalar.to_json(row[name])
    return found


@functools.cache
def _scalars(kind: Any) -> dict[str, Scalar]:
    hints = get_type_hints(kind, include_extras=True)
    return {item.name: scalar_of(hints[item.name]) or SCALARS[JSON] for item in fields(kind)}
