"""Every public function that takes the connection of its caller."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from tests.catalogue.world import KEYS, World

SUBJECTS = (
    "accounts",
    "consistency",
    "audit",
    "database_settings",
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


def plausible(parameter: inspect.Parameter, world: World) -> Any:
    """Return a value that the parameter may well take."""
    annotation = str(parameter.annotation)
    named = {
        "user_id": world.owner,
        "owner_id": world.owner,
        "session_id": world.session,
        "service_id": world.service,
        "job_id": world.job,
        "job_ids": [world.job],
    }
    if parameter.name in named:
        return named[parameter.name]
    for part, value in (
        ("KeyRing", KEYS),
        ("list[UUID]", [world.finished]),
        ("UUID", world.finished),
        ("list[str]", ["a"]),
        ("str", "owner@example.org"),
        ("bool", False),
        ("int", 1),
        ("datetime", datetime(2026, 1, 1, tzinfo=UTC)),
        ("JSON", {}),
    ):
        if part in annotation:
            return value
    return None


FUNCTIONS = dict(public_functions())
