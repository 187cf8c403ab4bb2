"""One import: a service finds everything in ``reana_db`` itself."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
from typing import Any, get_args, get_type_hints

import pytest

import reana_db
from tests.support.public import FUNCTIONS


def types_in(annotation: Any) -> set[type]:
    """Return the records and enums that an annotation shows, with those that they hold."""
    if inner := get_args(annotation):
        return {kind for part in inner for kind in types_in(part)}
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        hints = get_type_hints(annotation, include_extras=True).values()
        return {annotation, *(kind for hint in hints for kind in types_in(hint))}
    is_enum = isinstance(annotation, type) and issubclass(annotation, enum.Enum)
    return {annotation} if is_enum else set()


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_types_of_a_public_signature_are_there(function: Any) -> None:
    hints = get_type_hints(inspect.unwrap(function), include_extras=True).values()
    for kind in {kind for hint in hints for kind in types_in(hint)}:
        assert getattr(reana_db, kind.__name__) is kind


@pytest.mark.parametrize("name", reana_db.__all__)
def test_every_name_leads_to_something(name: str) -> None:
    assert getattr(reana_db, name) is not None


@pytest.mark.parametrize("module", sorted({name.partition(".")[0] for name in FUNCTIONS}))
def test_every_module_of_functions_is_there(module: str) -> None:
    assert module in reana_db.__all__
    assert getattr(reana_db, module) is importlib.import_module(f"reana_db.{module}")


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'session'"):
        _ = reana_db.session  # type: ignore[attr-defined]
