"""Runs for operations that change or end one: as many as will be used, made beforehand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import database, texts

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
JOBS = 3
"""Of each run."""


def run_id(tag: str, number: int) -> UUID:
    """Return the id of a run that was staged, the numbers start with 1."""
    return UUID(hashlib.md5(f"{tag}/{number}".encode(), usedforsecurity=False).hexdigest())


def job_id(tag: str, number: int, job: int) -> UUID:
    """Return the id of a job of such a run, the numbers of both start with 1."""
    digits = hashlib.md5(f"{tag}/{number}/{job}".encode(), usedforsecurity=False).hexdigest()
    return UUID(digits)


def owners(users: int) -> list[UUID]:
    """Return the users who own staged runs, where there are so many."""
    return [database.user_id(2 + number) for number in range(min(users, 500) - 2)]


def stage(conn: psycopg.Connection[Any], tag: str, runs: int, status: str, users: int) -> None:
    """Insert runs of many owners, each with three jobs, a session, a cache entry and a rule."""
    values = {
        "tag": tag,
        "runs": runs,
        "status": status,
        "job_status": "finished" if status == "finished" else "running",
        "owners": owners(users),
        "specification": json.dumps(texts.specification(0)),
        "logs": texts.log_text(0, 20),
        "job_logs": texts.log_text(1, 4),
    }
    for statement in SQL.split(";\n"):
        if statement.strip():
            conn.execute(statement.encode(), values)
