"""Writes ``docs/operations.md``: ``python -m tests.catalogue > docs/operations.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.catalogue import OPERATIONS
from tests.catalogue.operation import Operation

HEADER = """\
# Operations

What the services of REANA do with their database, and the function of this library for each.
Numbers and names are those of the catalogue of operations that was made from the services' code.
*Statements* is how many a call takes at most; — stands for functions with connections or batches of
their own.  A test calls every function and counts.

Written by `python -m tests.catalogue > docs/operations.md`; do not edit.

| # | operation | function | statements | where it differs on purpose |
| --: | --- | --- | --: | --- |
"""


def row(operation: Operation) -> str:
    """Return the line of one operation."""
    statements = "—" if operation.statements is None else operation.statements
    return (
        f"| {operation.number} | {operation.name} | `{operation.function_name}` | {statements}"
        f" | {operation.difference} |\n"
    )


def document() -> Iterator[str]:
    """Yield the document."""
    yield HEADER
    yield from map(row, OPERATIONS)


if __name__ == "__main__":
    sys.stdout.writelines(document())
