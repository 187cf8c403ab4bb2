"""Tokens in the audit log: command lines of earlier releases wrote them into their messages.

What looks like a token of REANA (22 characters of URL-safe base64) is replaced, and so is, with the
keys, every word that is a token of this database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from reana_db.encryption.columns import batches
from reana_db.encryption.keyring import TOKENS, KeyRing
from reana_db.errors import UnreadableSecret
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON
from reana_db.registry.arguments import Secret

REDACTED = "(redacted)"
BATCH = 500

_LOOKS_LIKE_A_TOKEN = re.compile(
    r"(?<![\w@-])(?<!\w\.)(?=[A-Za-z0-9_-]*[A-Z0-9])[A-Za-z0-9_-]{22}(?![\w@-])(?!\.\w)"
)
_WORD = re.compile(r"[^\s\"'`<>()\[\]{},;]+")
_LAST = 2**128 - 1


@dataclass(frozen=True, slots=True)
class _Entry:
    id_: UUID
    details: str = field(repr=False)
    """JSON text."""


@query
def suspects(conn: Conn) -> int:
    """Count the audit entries that hold what looks like a token."""


def redact_audit(conn: Conn, keys: KeyRing | None = None, *, dry_run: bool = False) -> int:
    """Remove tokens from the details of audit entries; return how many entries hold any.

    With ``keys``, tokens of this database are recognised whatever they look like.  Each batch is
    one statement; can be repeated.
    """
    known = _known_tokens(conn, keys) if keys else frozenset()
    number, start = 0, UUID(int=0)
    while batch := _entries_from(conn, start=start, size=BATCH):
        changes = [(entry, text) for entry in batch if (text := _redacted(entry, known))]
        number += len(changes)
        if changes and not dry_run:
            _replace(
                conn,
                ids=[entry.id_ for entry, _ in changes],
                old=[entry.details for entry, _ in changes],
                details=[text for _, text in changes],
            )
        if batch[-1].id_.int == _LAST:
            break
        start = UUID(int=batch[-1].id_.int + 1)
    return number


def _known_tokens(conn: Conn, keys: KeyRing) -> frozenset[str]:
    found = set()
    for stored in (item for batch in batches(conn, TOKENS) for item in batch):
        try:
            found.add(keys.open(stored.value, TOKENS.row(stored.id_, stored.owner_id)).text)
        except UnreadableSecret:
            continue
    return frozenset(found - {""})


def _redacted(entry: _Entry, known: frozenset[str]) -> str | None:
    """Return the details without tokens, as JSON text, or None if there was none."""

    def replace(match: re.Match[str]) -> str:
        word = match[0]
        return REDACTED if word in known or word.rstrip(".:!?") in known else word

    def clean(text: str) -> str:
        return _WORD.sub(replace, _LOOKS_LIKE_A_TOKEN.sub(REDACTED, text))

    try:
        before = json.loads(entry.details)
        after = _mapped(before, clean)
    except (ValueError, RecursionError):  # longer numbers, deeper nesting than Python reads
        cleaned = clean(entry.details)
        return None if cleaned == entry.details else cleaned
    return None if after == before else json.dumps(after)


def _mapped(value: JSON, change: Callable[[str], str]) -> Any:
    """Return a JSON value with all its texts changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): _mapped(item, change) for key, item in value.items()}
    return value


@query
def _entries_from(conn: Conn, *, start: UUID, size: int) -> list[_Entry]:
    """Return entries with details in the order of their ids."""


@query
def _replace(conn: Conn, *, ids: list[UUID], old: list[Secret], details: list[str]) -> RowCount:
    """Replace details that are still as given."""
