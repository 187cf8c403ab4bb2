"""The history of the schema: REANA's releases, and what each migration does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reana_db.migrating import adoption, files

RELEASES = {
    "6568d7cb6710": "0.8.0 to 0.8.2",
    "377cfbfccf75": "0.9.0 to 0.9.2",
    "eb5309f3d8ee": "0.9.3 to 0.9.5",
    "3da4dd5d0b75": "0.95.0a6 to 0.95.0a9",
    "06dbbeef6d9b": "0.95.0a10",
    "a6c2120d5b2b": "0.95.0a11 to 0.95.0a13",
}
"""The releases whose last Alembic revision this is."""
HEADER = """# History of the schema

REANA's own history is in the migrations 0001 to 0020: one for each Alembic revision that changed
the schema. Those after are of this library. A fresh database runs them all; an adopted one runs
those that it lacks.

| releases of REANA | last Alembic revision | migrations of that schema |
| --- | --- | --- |
"""


def page() -> str:
    """Return the page."""
    return HEADER + "\n".join([*_releases(), "", *_migrations()])


def _releases() -> Iterator[str]:
    last = {revision.id: revision.migration for revision in adoption.history()}
    for revision, releases in RELEASES.items():
        yield f"| {releases} | `{revision}` | `0001-initial` to `{last[revision]}` |"


def _migrations() -> Iterator[str]:
    revisions: dict[str, list[str]] = {}
    for revision in adoption.history():
        revisions.setdefault(revision.migration, []).append(revision.id)
    for file in files.read():
        yield f"## {file.id}\n"
        yield re.sub(r"([*_<>\[\]$`])", r"\\\1", file.summary) + "\n"
        if found := [name for name in revisions.get(file.id, []) if name not in file.summary]:
            yield f"Alembic: {', '.join(f'`{revision}`' for revision in found)}.\n"
        for lock in file.holds:
            yield f"- Lock on {lock.replace('_', chr(92) + '_')}\n"
