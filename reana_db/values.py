"""The kinds of values that functions take, each with its bounds.

They stand in annotations: ``name: Name``.  What is out of bounds raises
:class:`~reana_db.errors.InvalidArgument`, which names the argument, the value and the rule.  Texts
are measured in bytes of UTF-8, so that the indexes of the database take them.  The bounds of times
hold for every time; see :data:`reana_db.registry.scalars.EARLIEST`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeAlias
from unicodedata import category

from reana_db.records import JSON
from reana_db.registry.arguments import between
from reana_db.registry.scalars import Converter, Invalid, described

LONGEST_NAME = 255
LONGEST_PATH = 1024
LONGEST_RETENTION = 36_500
LONGEST_PERIOD = 1200
LARGEST = 2**63 - 1


def filled(longest: int) -> Converter:
    """Return the rule of a text that is not empty and has so many bytes at most."""

    def check(value: str) -> str:
        if not value:
            raise Invalid("must not be empty")
        if len(value.encode()) > longest:
            raise Invalid(f"must have at most {longest} bytes, not {len(value.encode())}")
        return value

    return check


def line(longest: int) -> Converter:
    """Return the rule of a text that is also one line."""
    check_length = filled(longest)

    def check(value: str) -> str:
        check_length(value)
        if any(category(character) == "Cc" for character in value):
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
    if not PurePosixPath(value).is_absolute():
        raise Invalid(f"must be an absolute path, not {described(value)}")
    return value


def json_object(value: Any) -> Any:
    """Check a JSON object."""
    if not isinstance(value, Mapping):
        raise Invalid(f"must be an object, not {described(value)}")
    return value


Name: TypeAlias = Annotated[str, line(LONGEST_NAME)]
"""Not empty, no control characters, at most 255 bytes."""

Token: TypeAlias = Annotated[str, "secret", filled(LONGEST_PATH)]
"""Secret, not empty, at most 1,024 bytes."""

Email: TypeAlias = Annotated[str, line(LONGEST_NAME), address]
"""A name with an ``@`` that is neither its first nor its last character, and no white space."""

Path: TypeAlias = Annotated[str, line(LONGEST_PATH), absolute]
"""Absolute, no control characters, at most 1,024 bytes."""

Line: TypeAlias = Annotated[str, line(LONGEST_PATH)]
"""Not empty, no control characters, at most 1,024 bytes."""

Object: TypeAlias = Annotated[JSON, json_object]
"""A JSON object."""

Days: TypeAlias = Annotated[int, between(0, LONGEST_RETENTION)]
"""Days that files are kept: 0 to 36,500."""

Months: TypeAlias = Annotated[int, between(1, LONGEST_PERIOD)]
"""The length of a quota period: 1 to 1,200."""

Amount: TypeAlias = Annotated[int, between(0, LARGEST)]
"""Bytes or milliseconds, not negative."""
