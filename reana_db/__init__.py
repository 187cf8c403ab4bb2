"""The database layer of REANA: typed functions over hand-written SQL.

Functions take the connection first and leave the transaction to their caller::

    from reana_db import database, workflows

    with database.connect() as conn:
        run = workflows.resolve(conn, "analysis.3.1", user_id=user_id)
"""

from __future__ import annotations

from reana_db import (
    accounts,
    administration,
    audit,
    errors,
    identities,
    job_cache,
    jobs,
    lifecycle,
    listing,
    queries,
    quota,
    quota_periods,
    records,
    reports,
    retention,
    scheduling,
    secrets,
    services,
    sessions,
    sharing,
    statistics,
    tokens,
    users,
    workflows,
    workspaces,
)
from reana_db.version import __version__

queries.refuse_unused()

__all__ = [
    "__version__",
    "accounts",
    "administration",
    "audit",
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
    "secrets",
    "services",
    "sessions",
    "sharing",
    "statistics",
    "tokens",
    "users",
    "workflows",
    "workspaces",
]
