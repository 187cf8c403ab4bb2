"""Every public function that takes the connection of its caller."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from reana_db.queries import Conn

SUBJECTS = (
    "accounts",
    "consistency",
    "audit",
    "database_settings",
    "deletion",
    "status_history",
    "identities",
    "job_cache",
    "jobs",
    "lifecycle",
    "listing",
    "quota",
    "quota_periods",
    "reports",
    "resources",
    "retention",
    "scheduling",
    "user_secrets",
    "services",
    "sessions",
    "sharing",
    "site_report",
    "tokens",
    "transitions",
    "users",
    "workflows",
)


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in SUBJECTS:
        module: ModuleType = importlib.import_module(f"reana_db.{name}")
        for attribute, value in sorted(vars(module).items()):
            own = inspect.isfunction(value) and value.__module__ == module.__name__
            if own and not attribute.startswith("_") and takes_connection(value):
                yield f"{name}.{attribute}", value


def takes_connection(function: Callable[..., Any]) -> bool:
    return next(iter(inspect.signature(function).parameters), "") == "conn"


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of a public function without the connection."""
    return list(inspect.signature(function).parameters.values())[1:]


FUNCTIONS = dict(public_functions())


def call(conn: Conn, name: str, given: Mapping[str, Any]) -> Any:
    """Call a public function by its name; what streams is read to its end."""
    result = FUNCTIONS[name](conn, **given)
    return list(result) if isinstance(result, Iterator) else result
