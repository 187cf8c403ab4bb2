"""Databases made by released versions, adopted, and read back with functions of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from reana_db import migrate, users, workflows
from reana_db.queries import Conn
from tests.databases import Databases

RELEASES = ["0.8.0", "0.9.5", "0.95.0a8"]


@dataclass(frozen=True)
class Adopted:
    """A database of a released version after ``reana-db migrate``."""

    release: str
    conn: Conn
    expected: dict[str, Any]
    """What the released version itself read from it."""


@pytest.fixture(scope="module", params=RELEASES)
def adopted(request: pytest.FixtureRequest, server: Databases, shared: Path) -> Iterator[Adopted]:
    """Load the dump of a released version into an empty database, and migrate it."""
    dump = shared / "legacy" / f"reana-db-{request.param}.sql"
    expected = json.loads((dump.parent / f"{dump.stem}.expected.json").read_text())
    with server.database() as name:
        uri = server.uri(name)
        with psycopg.connect(uri) as conn:
            conn.execute(dump.read_bytes())
        migrate.apply(uri)
        with psycopg.connect(uri) as conn:
            yield Adopted(request.param, conn, expected)


RENUMBERED = {("many-restarts", "2"): "1.10", ("many-restarts", "2.1"): "1.11"}
"""Restarts after the ninth, which 0.8.0 counted as if they were second runs."""


def iso(value: Any) -> str | None:
    """Return a time as the released versions print it."""
    return value.replace(tzinfo=None).isoformat() if value else None


def test_no_row_is_lost(adopted: Adopted) -> None:
    counts = dict(adopted.expected["counts"])
    orphans = len(adopted.expected["orphan_jobs"])
    counts["job"] -= orphans
    counts["job_cache"] -= orphans
    found = {
        table: adopted.conn.execute(f"SELECT count(*) FROM __reana.{table}".encode()).fetchone()
        for table in counts
    }
    assert found == {table: (count,) for table, count in counts.items()}


def test_every_user_is_found(adopted: Adopted) -> None:
    for expected in adopted.expected["users"]:
        user = users.find_by_email(adopted.conn, expected["email"])
        assert user == users.find_by_id(adopted.conn, UUID(expected["id"]))
        assert user is not None
        assert (user.full_name, user.username) == (expected["full_name"], expected["username"])


def test_every_run_is_found_by_id(adopted: Adopted) -> None:
    for expected in adopted.expected["workflows"]:
        run = workflows.get(adopted.conn, UUID(expected["id"]))
        number = (expected["name"], expected["run_number"])
        expected["run_number"] = RENUMBERED.get(number, expected["run_number"])
        found = {
            "owner_id": str(run.owner_id),
            "name": run.name,
            "status": run.status,
            "run_number": run.run_number,
            "restart": run.restart,
            "workspace_path": run.workspace_path,
            "type": run.type_,
            "created": iso(run.created),
            "run_started_at": iso(run.run_started_at),
            "run_finished_at": iso(run.run_finished_at),
            "run_stopped_at": iso(run.run_stopped_at),
        }
        assert found == {key: expected[key] for key in found}


def test_every_log_specification_and_progress_is_read_back(adopted: Adopted) -> None:
    for expected in adopted.expected["workflows"]:
        workflow_id = UUID(expected["id"])
        specification = workflows.specification(adopted.conn, workflow_id)
        assert workflows.logs(adopted.conn, workflow_id) == expected["logs"]
        assert specification.reana_specification == expected["reana_specification"]
        assert specification.input_parameters == expected["input_parameters"]
        assert workflows.job_progress(adopted.conn, workflow_id) == expected["job_progress"]
