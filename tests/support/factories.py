"""Rows for tests, written with plain SQL: a test says only what matters to it."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql

from reana_db.queries import Conn

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2100, 1, 1, 12, tzinfo=UTC)

_numbers = itertools.count(1)


def insert(conn: Conn, table: str, **columns: Any) -> None:
    """Insert one row: times are stored in UTC, dictionaries as JSON."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier("__reana", table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(map(sql.Placeholder, columns)),
    )
    conn.execute(statement, {name: _stored(value) for name, value in columns.items()})


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return json.dumps(value) if isinstance(value, dict) else value


def make_user(conn: Conn, **columns: Any) -> UUID:
    """Insert a user and return the id."""
    user_id: UUID = columns.pop("id_", uuid4())
    defaults = {"created": "2026-01-01", "updated": "2026-01-01"}
    email = f"user{next(_numbers)}@example.org"
    insert(conn, "user_", **{**defaults, "id_": user_id, "email": email, **columns})
    return user_id


def make_workflow(conn: Conn, owner_id: UUID | None, **columns: Any) -> UUID:
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


def share(conn: Conn, workflow_id: UUID, user_id: UUID, valid_until: Any = None) -> None:
    """Share a run with a user."""
    insert(
        conn,
        "user_workflow",
        workflow_id=workflow_id,
        user_id=user_id,
        access_type="read",
        valid_until=valid_until,
    )


def make_session(conn: Conn, workflow_id: UUID, **columns: Any) -> UUID:
    """Insert an interactive session of a run and return its id."""
    session_id: UUID = columns.pop("id_", uuid4())
    defaults = {
        "created": "2026-01-01",
        "updated": "2026-01-01",
        "id_": session_id,
        "name": f"session-{session_id}",
        "path": f"/{session_id}",
        "status": "created",
        "type_": "jupyter",
    }
    insert(conn, "interactive_session", **{**defaults, **columns})
    insert(conn, "workflow_session", workflow_id=workflow_id, session_id=session_id)
    return session_id


def make_service(conn: Conn, workflow_id: UUID, **columns: Any) -> UUID:
    """Insert a service of a run and return its id."""
    service_id: UUID = columns.pop("id_", uuid4())
    defaults = {
        "id_": service_id,
        "name": f"dask-service-{service_id}",
        "uri": f"/{service_id}",
        "status": "created",
        "type_": "dask",
    }
    insert(conn, "service", **{**defaults, **columns})
    insert(conn, "workflow_service", workflow_id=workflow_id, service_id=service_id)
    return service_id


RESOURCES = {
    "shared storage": ("disk", "bytes_"),
    "processing time": ("cpu", "milliseconds"),
}


def resource_id(conn: Conn, name: str) -> UUID:
    """Return the id of a default resource, which is made if it is missing."""
    conn.execute(
        "INSERT INTO __reana.resource (id_, name, type_, unit, created, updated)"
        " VALUES (%s, %s, %s, %s, now(), now()) ON CONFLICT (name) DO NOTHING",
        [uuid4(), name, *RESOURCES[name]],
    )
    row = conn.execute("SELECT id_ FROM __reana.resource WHERE name = %s", [name]).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def set_usage(
    conn: Conn, workflow_id: UUID, used: int | None, name: str = "shared storage"
) -> None:
    """Record what a run uses of a default resource."""
    conn.execute(
        "INSERT INTO __reana.workflow_resource"
        " (workflow_id, resource_id, quota_used, created, updated)"
        " VALUES (%s, %s, %s, now(), now())"
        " ON CONFLICT (workflow_id, resource_id) DO UPDATE SET quota_used = EXCLUDED.quota_used",
        [workflow_id, resource_id(conn, name), used],
    )


def lift_bounds(conn: Conn) -> None:
    """Let any value be written until the end of the transaction, as before there were bounds."""
    conn.execute(
        """
        DO $$
        DECLARE
            v_table text;
            v_trigger text;
        BEGIN
            FOR v_table, v_trigger IN
                SELECT tgrelid::regclass, tgname FROM pg_trigger
                WHERE tgname ~ '^refuse_.*_(times|values)$'
            LOOP
                EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', v_table, v_trigger);
            END LOOP;
        END
        $$
        """
    )
