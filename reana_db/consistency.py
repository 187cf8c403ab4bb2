"""Comparing the database with what the cluster runs and the volume holds.

Everything streams: memory does not grow with the number of rows.  Call it inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from reana_db.queries import Conn, query
from reana_db.records import Numbered, RunStatus


@dataclass(frozen=True, slots=True)
class CheckedWorkflow(Numbered):
    """A run to be compared with the cluster."""

    id_: UUID
    name: str | None
    run_number_major: int | None
    run_number_minor: int | None
    status: RunStatus | None
    workspace_path: str | None
    created: datetime
    owner_email: str | None


@dataclass(frozen=True, slots=True)
class WorkspaceOwner:
    """Whose runs have a workspace."""

    workspace_path: str
    owner_id: UUID | None
    owner_email: str | None
    runs: int


@query
def workflows_to_check(
    conn: Conn, *, created_since: datetime, created_until: datetime | None = None
) -> Iterator[CheckedWorkflow]:
    """Iterate over the runs that are not deleted and were created in a time, oldest first.

    From ``created_since`` until before ``created_until``.
    """


@query
def workspaces(conn: Conn) -> Iterator[str]:
    """Iterate over the paths of all workspaces that any run has, deleted or not, each once."""


@query
def owners_of_workspaces(conn: Conn, paths: list[str]) -> list[WorkspaceOwner]:
    """Return whose runs have these workspaces; a path that no run has is left out."""
