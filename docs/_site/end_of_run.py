"""How the end of a run reaches the totals, drawn from the triggers and functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from _site import pictures, schema

MARK = "<!-- picture: the end of a run -->"
UPDATE = 16
"""The bit of ``pg_trigger.tgtype``."""
COUNTED = {"workflow_resource", "quota_ledger", "user_resource"}
CHANGED = r"(?i)(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+__reana\.(\w+)"


def add(text: str, found: schema.Schema) -> str:
    """Return the source of a page with the picture, if it asks for it."""
    block = f"```{{raw}} html\n{picture(found)}\n```\n" if MARK in text else ""
    return text.replace(MARK, block)


def picture(found: schema.Schema) -> str:
    """Draw which triggers count when the row of a run changes, and which tables they write."""
    edges = list(dict.fromkeys(_edges("workflow", found, set())))
    labels = {"workflow": ["workflow"]}
    for edge in edges:
        for name in (edge.start, edge.end):
            labels[name] = name.split(" ")
    tables = {name for name in labels if " " not in name}
    return pictures.draw(labels, edges, "How the end of a run is counted", bold=tables)


def _edges(table: str, found: schema.Schema, seen: set[str]) -> Iterator[pictures.Edge]:
    seen.add(table)
    for trigger in found.firing:
        written = COUNTED & _written(trigger.function, found, set()) - {table}
        if trigger.table != table or not trigger.kinds & UPDATE or not written:
            continue
        name = f"{trigger.name} {trigger.function}()"
        yield pictures.Edge(table, name)
        for target in sorted(written):
            yield pictures.Edge(name, target)
        for target in sorted(written - seen):
            yield from _edges(target, found, seen)


def _written(function: str, found: schema.Schema, seen: set[str]) -> set[str]:
    """Return the tables that a function changes, itself or by what it calls."""
    seen.add(function)
    source = re.sub(r"--.*", "", found.sources[function])
    tables = set(re.findall(CHANGED, source))
    for other in found.sources.keys() - seen:
        if re.search(rf"__reana\.{other}\(", source):
            tables |= _written(other, found, seen)
    return tables
