"""The tables of each subject and how they refer to each other, drawn from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

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

WIDTH, TITLE, LINE, GAP, ROW_GAP, PER_ROW = 176, 28, 17, 14, 44, 2


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
    """Draw the tables of a subject and those that they refer to."""
    edges = [(item.table, item.target) for item in found.references if item.table in tables]
    names = list(dict.fromkeys([*tables, *(target for _, target in edges)]))
    keys = {name: found.keys.get(name, []) if name in tables else [] for name in names}
    places = dict(_places(_rows(names, edges), keys))
    bottom = max(y + _height(keys[name]) for name, (_, y) in places.items())
    width = max(x for x, _ in places.values()) + WIDTH + GAP
    said = "; ".join(f"{table} refers to {target}" for table, target in edges) or "no references"
    return "\n".join(
        [
            f'<svg class="picture" role="img" viewBox="0 0 {width} {bottom + GAP}"',
            f' width="{width}" aria-label="{escape(subject)}: {escape(said)}">',
            pictures.ARROW,
            *(_arrow(places[a], places[b], keys[b]) for a, b in edges),
            *(_box(name, keys[name], *places[name]) for name in names),
            "</svg>",
        ]
    )


def _rows(names: list[str], edges: list[tuple[str, str]]) -> list[list[str]]:
    """Put each table below those that it refers to, two in a row."""
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for table, target in edges:
            depth[table] = max(depth[table], depth[target] + 1)
    levels = [[n for n in names if depth[n] == level] for level in range(max(depth.values()) + 1)]
    return [
        level[start : start + PER_ROW]
        for level in levels
        for start in range(0, len(level), PER_ROW)
    ]


def _places(
    rows: list[list[str]], keys: dict[str, list[str]]
) -> Iterator[tuple[str, tuple[int, int]]]:
    y = GAP
    for row in rows:
        for number, name in enumerate(row):
            yield name, (GAP + number * (WIDTH + 2 * GAP), y)
        y += max(_height(keys[name]) for name in row) + ROW_GAP


def _height(columns: list[str]) -> int:
    return TITLE + LINE * len(columns) + (6 if columns else 0)


def _box(name: str, columns: list[str], x: int, y: int) -> str:
    weight = ' font-weight="bold"' if columns else ""
    lines = [
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{_height(columns)}" rx="6"/>',
        f'<text x="{x + 10}" y="{y + 19}"{weight}>{escape(name)}</text>',
    ]
    for number, column in enumerate(columns):
        lines.append(
            f'<text x="{x + 10}" y="{y + TITLE + 10 + number * LINE}">{escape(column)}</text>'
        )
    return "\n".join(lines)


def _arrow(start: tuple[int, int], end: tuple[int, int], columns: list[str]) -> str:
    x1, x2 = start[0] + WIDTH // 2, end[0] + WIDTH // 2
    y1, y2 = start[1], end[1] + _height(columns) + 2
    return (
        f'<path d="M{x1} {y1}C{x1} {y1 - 30} {x2} {y2 + 30} {x2} {y2}" marker-end="url(#arrow)"/>'
    )
