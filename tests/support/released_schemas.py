"""Schemas and databases of released versions, and the migrations that each of them already has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg

DATA = Path(__file__).parents[1] / "data"

DATABASES = ("0.8.0", "0.9.5", "0.95.0a8")
"""The releases of which there is a database with rows."""

LAST_MIGRATION = {
    "6568d7cb6710": "0001",
    "d34f3905043c": "0002",
    "b92fe567be5b": "0003",
    "377cfbfccf75": "0004",
    "b85c3e601de4": "0005",
    "2461610e9698": "0006",
    "eb5309f3d8ee": "0007",
    "86435bb00714": "0008",
    "2e82f33ee37d": "0009",
    "3d0994430da7": "0010",
    "3da4dd5d0b75": "0011",
    "06dbbeef6d9b": "0012",
    "25a9293c27cc": "0013",
    "5e5fab65889f": "0014",
    "972826f7f99f": "0015",
    "f7c88ca6b713": "0016",
    "d8f509a4169e": "0017",
    "8ae7b67c2d41": "0018",
    "3f6c0d2a1b7e": "0019",
    "e940248e5165": "0019",
    "a6c2120d5b2b": "0019",
}
"""The number of the last migration that a database at an Alembic revision does not need."""

FRESH = {
    "fresh-0.8.0": "6568d7cb6710",
    "fresh-0.9.5": "eb5309f3d8ee",
    "fresh-0.95.0a8": "3da4dd5d0b75",
    "fresh-0.95.0a13": "a6c2120d5b2b",
}
"""The revision that a release stamps on a database that it makes from nothing."""

NAMES = [*LAST_MIGRATION, *FRESH]
WITHOUT_TOKENS = {"a6c2120d5b2b", "fresh-0.95.0a13"}


def last_migration(name: str) -> str:
    """Return the number of the last migration that this schema does not need."""
    return LAST_MIGRATION[FRESH.get(name, name)]


def load(uri: str, name: str) -> None:
    """Make the schema of a released version, stamped as Alembic does it."""
    script = (DATA / "schemas" / f"{name}.sql").read_text(encoding="utf-8")
    with psycopg.connect(uri) as conn:
        conn.execute(script.encode())
        conn.execute(
            "INSERT INTO __reana.alembic_version (version_num) VALUES (%s)",
            [FRESH.get(name, name)],
        )


def load_database(uri: str, release: str) -> dict[str, Any]:
    """Load a database that a released version filled; return what that version read from it."""
    with psycopg.connect(uri) as conn:
        conn.execute((DATA / "databases" / f"{release}.sql").read_bytes())
    return expected(release)


def expected(release: str) -> dict[str, Any]:
    """Return what a released version read from the database that it filled."""
    text = (DATA / "databases" / f"{release}.expected.json").read_text(encoding="utf-8")
    known: dict[str, Any] = json.loads(text)
    return known
