"""One operation of REANA's services, and what stands for it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from reana_db.queries import Conn
from tests.catalogue.world import World

Call: TypeAlias = Callable[[Conn, World], object]
Alone: TypeAlias = Callable[[str, World], None]


@dataclass(frozen=True)
class Operation:
    """An operation of the catalogue with its function."""

    number: int
    name: str
    """What the catalogue calls it."""
    function: Callable[..., Any]
    statements: int | None
    """At most so many; None where connections or numbers of rows of its own decide."""
    call: Call | None
    """A call of it; None for what runs outside the transaction of a caller."""
    difference: str = ""
    """Where it differs from the services of today on purpose, and why."""
    alone: Alone | None = None
    """What has transactions of its own, done to the database at an address, and checked."""

    @property
    def function_name(self) -> str:
        """``module.function`` below the package."""
        module = self.function.__module__.removeprefix("reana_db.")
        return f"{module}.{self.function.__qualname__}"
