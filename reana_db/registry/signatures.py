"""The arguments of a function: bound to their names, checked and converted, each once.

A public function is a query or is decorated so::

    @checked
    def extend(conn: Conn, workflow_id: Id, *, days: int) -> list[RetentionRule]: ...

Either checks what callers give.  The queries that such a function executes are private, by an
underscore: they take what it gives them as it is.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast, get_type_hints

from reana_db import errors
from reana_db.registry.arguments import checker
from reana_db.registry.scalars import Converter, Invalid, scalar_of

_F = TypeVar("_F", bound=Callable[..., Any])


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
    name = public_name(function)

    @functools.wraps(function)
    def call(conn: Any, /, *args: object, **kwargs: object) -> object:
        try:
            return function(conn, **_signature(function).bind(args, kwargs))
        except errors.ReanaDBError as error:
            error.function = name
            raise

    return cast(_F, call)


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
