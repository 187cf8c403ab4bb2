"""The kinds of values that functions take, each with its bounds.

They stand in annotations: ``name: Name``.  What is out of bounds raises
:class:`~reana_db.errors.InvalidArgument`, which names the argument, the value and the rule.  Texts
are measured in bytes of UTF-8, so that the indexes of the database take them.  The bounds of times
hold for every time; see :data:`reana_db.registry.scalars.EARLIEST`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from reana_db.records import JSON
from reana_db.registry.scalars import absolute, address, between, filled, json_object, line

LONGEST_NAME = 255
LONGEST_PATH = 1024
LONGEST_RETENTION = 36_500
LONGEST_PERIOD = 1200
LARGEST = 2**63 - 1


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
