"""Rows for tests, written with plain SQL: a test says only what matters to it."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql

from reana_db.queries import Conn

_numbers = itertools.count(1)


def insert(conn: Conn, table: str, **columns: Any) -> None:
    """Insert one row; ``created`` and ``updated`` are 2026-01-01 unless given."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier("__reana", table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(map(sql.Placeholder, columns)),
    )
    conn.execute(statement, columns)


def make_user(conn: Conn, **columns: Any) -> UUID:
    """Insert a user and return the id."""
    user_id: UUID = columns.pop("id_", uuid4())
    defaults = {"created": "2026-01-01", "updated": "2026-01-01"}
    email = f"user{next(_numbers)}@example.org"
    insert(conn, "user_", **{**defaults, "id_": user_id, "email": email, **columns})
    return user_id


def make_workflow(conn: Conn, owner_id: UUID, **columns: Any) -> UUID:
    """Insert a run and return the id; its name is unique and its number 1 unless given."""
    workflow_id: UUID = columns.pop("id_", uuid4())
    defaults = {
        "created": "2026-01-01",
        "updated": "2026-01-01",
        "id_": workflow_id,
        "owner_id": owner_id,
        "name": f"workflow{next(_numbers)}",
        "status": "created",
        "type_": "serial",
        "run_number_major": 1,
        "run_number_minor": 0,
        "restart": False,
        "logs": "",
        "workspace_path": f"/var/reana/users/{owner_id}/workflows/{workflow_id}",
    }
    insert(conn, "workflow", **{**defaults, **columns})
    return workflow_id


def make_job(conn: Conn, workflow_id: UUID, **columns: Any) -> UUID:
    """Insert a job and return the id."""
    job_id: UUID = columns.pop("id_", uuid4())
    defaults = {
        "created": "2026-01-01",
        "updated": "2026-01-01",
        "id_": job_id,
        "workflow_uuid": workflow_id,
        "status": "created",
        "compute_backend": "Kubernetes",
        "job_name": "step",
        "logs": "",
    }
    insert(conn, "job", **{**defaults, **columns})
    return job_id


def share(conn: Conn, workflow_id: UUID, user_id: UUID, valid_until: str | None = None) -> None:
    """Share a run with a user."""
    insert(
        conn,
        "user_workflow",
        workflow_id=workflow_id,
        user_id=user_id,
        access_type="read",
        valid_until=valid_until,
    )
