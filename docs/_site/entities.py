"""The tables of each subject and how they refer to each other, drawn from the catalogue."""

from __future__ import annotations

from _site import pictures, schema

SUBJECTS = {
    "Users and tokens": ("user_", "user_token", "audit_log"),
    "Runs and jobs": ("workflow", "job", "job_cache"),
    "Statuses": ("workflow", "status_message", "status_history", "status_transition"),
    "Sharing": ("user_workflow",),
    "Interactive sessions": ("interactive_session", "workflow_session"),
    "Services": ("service", "service_logs", "workflow_service"),
    "Retention and deletion": (
        "workspace_retention_rule",
        "workspace_retention_audit_log",
        "workspace_removal",
    ),
    "Quota": (
        "resource",
        "user_resource",
        "workflow_resource",
        "interactive_session_resource",
        "quota_ledger",
    ),
    "Settings and migrations": ("setting", "yoyo_migration", "yoyo_log"),
    "Rows that a migration set aside": ("orphan_identity", "orphan_job", "orphan_job_cache"),
}
"""Every table is on a picture; those of another subject are there if one refers to them."""


def page(found: schema.Schema) -> str:
    """Return the page with a picture for each subject."""
    shown = {table for tables in SUBJECTS.values() for table in tables}
    if missing := {item.name for item, *_ in found.relations if not item.is_view} - shown:
        raise LookupError(f"tables without a subject: {sorted(missing)}")
    lines = [
        "# Entities\n",
        "The tables by subject. An arrow leads from a table to the one that it refers to, and the",
        "columns are those that identify a row or refer to another. [All columns](tables.md)\n",
    ]
    for subject, tables in SUBJECTS.items():
        links = ", ".join(
            f"[{name}](tables.md#reana-{name.strip('_').replace('_', '-')})" for name in tables
        )
        lines += [f"## {subject}\n", f"{links}\n"]
        lines += ["```{raw} html", picture(subject, tables, found), "```\n"]
    return "\n".join(lines)


def picture(subject: str, tables: tuple[str, ...], found: schema.Schema) -> str:
    """Draw the tables of a subject with their keys, and those that they refer to."""
    edges = [
        pictures.Edge(item.table, item.target) for item in found.references if item.table in tables
    ]
    names = dict.fromkeys([*tables, *(edge.end for edge in edges)])
    labels = {name: [name, *(found.keys.get(name, []) if name in tables else [])] for name in names}
    return pictures.draw(labels, edges, f"{subject}, which refers to which", bold=set(tables))
