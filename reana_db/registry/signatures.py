"""The arguments of ordinary functions, checked by annotation as those of queries are.

For public functions that look at their arguments before a query does::

    @checked
    def extend(conn: Conn, workflow_id: UUID, *, days: int) -> list[RetentionRule]: ...
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from inspect import signature
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from reana_db import errors
from reana_db.records import JSON
from reana_db.registry import arguments
from reana_db.registry.arguments import Converter, Invalid

_F = TypeVar("_F", bound=Callable[..., Any])


def checked(function: _F) -> _F:
    """Make a function refuse arguments that do not fit their annotations.

    Raises InvalidArgument, naming function, argument and rule.  The connection is not checked, and
    JSON is left to the query that encodes it.
    """
    name = f"{function.__module__.removeprefix('reana_db.')}.{function.__name__}"

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        checkers = _checkers(function)
        try:
            for check, value in zip(checkers.values(), args, strict=False):
                check(value)
            for parameter, value in kwargs.items():
                checkers[parameter](value)
        except (Invalid, KeyError):
            _refuse(name, function, args, kwargs)
        return function(*args, **kwargs)

    return cast(_F, call)


@functools.cache
def _checkers(function: Callable[..., Any]) -> dict[str, Converter]:
    """Return the check of each parameter, in their order; the connection has none."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: _unchecked if name == "conn" else _checker(hints[name])
        for name in signature(function).parameters
    }


def _unchecked(value: object) -> object:
    return value


def _refuse(
    name: str,
    function: Callable[..., Any],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> None:
    """Raise what is wrong with the arguments of a call: a TypeError, or InvalidArgument."""
    given = signature(function).bind(*args, **kwargs).arguments
    for parameter, value in given.items():
        try:
            _checkers(function)[parameter](value)
        except Invalid as reason:
            raise errors.InvalidArgument(f"{name}: {parameter} {reason}") from None


def _checker(annotation: Any) -> Converter:
    if annotation == JSON:
        return _unchecked  # it goes on to a query, which encodes it: once is enough
    origin, options = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _one_of([_checker(option) for option in options if option is not NoneType], options)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_of(_checker(options[0]), _checker(options[1]))
    if origin is not list and isinstance(origin, type) and issubclass(origin, Iterable):
        return _several
    if _is_sent(annotation, origin):
        return arguments.converter(annotation)
    return _instance_of(annotation)


def _is_sent(annotation: Any, origin: Any) -> bool:
    """Tell whether a query takes values of an annotation."""
    if origin in (Annotated, list):
        return True
    return isinstance(annotation, type) and (
        issubclass(annotation, StrEnum) or arguments.is_scalar(annotation)
    )


def _one_of(checkers: list[Converter], options: tuple[Any, ...]) -> Converter:
    def check(value: Any) -> Any:
        if value is None and NoneType in options:
            return None
        for checker in checkers[:-1]:
            try:
                return checker(value)
            except Invalid:
                continue
        return checkers[-1](value)

    return check


def _mapping_of(key: Converter, item: Converter) -> Converter:
    def check(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise Invalid(f"must be a mapping, not {type(value).__name__}")
        return {key(name): item(content) for name, content in value.items()}

    return check


def _several(value: Any) -> Any:
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        raise Invalid(f"must be several values, not {type(value).__name__}")
    return value


def _instance_of(kind: Any) -> Converter:
    def check(value: Any) -> Any:
        if isinstance(kind, type) and not isinstance(value, kind):
            raise Invalid(f"must be a {kind.__name__}, not {type(value).__name__}")
        return value

    return check
