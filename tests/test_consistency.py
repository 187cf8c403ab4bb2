"""What administrators compare with the cluster and the volume."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from reana_db import consistency, errors
from reana_db.queries import Conn
from tests.support.factories import NOON, make_user, make_workflow


def test_runs_created_in_a_time_are_checked_unless_deleted(conn: Conn) -> None:
    owner = make_user(conn, email="ann@example.org")
    for hours, status in (
        (-1, "running"),
        (0, "running"),
        (1, "deleted"),
        (2, "failed"),
        (3, "queued"),
    ):
        make_workflow(
            conn, owner, name=f"{hours}", status=status, created=NOON + timedelta(hours=hours)
        )
    found = consistency.workflows_to_check(
        conn, created_since=NOON, created_until=NOON + timedelta(hours=3)
    )
    assert [(run.name, run.status, run.owner_email) for run in found] == [
        ("0", "running", "ann@example.org"),
        ("2", "failed", "ann@example.org"),
    ]
    everything = consistency.workflows_to_check(conn, created_since=NOON)
    assert [run.name for run in everything] == ["0", "2", "3"]


def test_each_workspace_is_listed_once(conn: Conn) -> None:
    owner = make_user(conn, email="ann@example.org")
    for path in ("/b", "/a", "/b", None):
        make_workflow(conn, owner, workspace_path=path)
    assert list(consistency.workspaces(conn)) == ["/a", "/b"]
    found = consistency.owners_of_workspaces(conn, ["/b", "/unknown"])
    assert [(item.workspace_path, item.owner_email, item.runs) for item in found] == [
        ("/b", "ann@example.org", 2)
    ]


def test_a_stream_needs_a_transaction(db_uri: str) -> None:
    with (
        psycopg.connect(db_uri, autocommit=True) as conn,
        pytest.raises(errors.InvalidArgument, match="in a transaction"),
    ):
        consistency.workspaces(conn)
