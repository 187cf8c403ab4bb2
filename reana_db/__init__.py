"""The database layer of REANA: typed functions over hand-written SQL.

Functions take the connection first and leave the transaction to their caller::

    from reana_db import database, workflows

    with database.connect() as conn:
        run = workflows.resolve(conn, "analysis.3.1", user_id=user_id)
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "1.0.0.dev0"

__all__ = [  # modules, imported when they are first used
    "__version__",
    "accounts",
    "audit",
    "consistency",
    "database",
    "disk_usage",
    "errors",
    "identities",
    "job_cache",
    "jobs",
    "lifecycle",
    "listing",
    "queries",
    "quota",
    "quota_periods",
    "records",
    "reports",
    "retention",
    "scheduling",
    "services",
    "sessions",
    "sharing",
    "site_report",
    "status_history",
    "tokens",
    "transitions",
    "user_secrets",
    "users",
    "workflows",
    "workspaces",
]


def __getattr__(name: str) -> Any:
    """Import a module of this package when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
