"""Rows with a status, for tests of the status rules: one of every entity in every status."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID, uuid4

from reana_db.queries import Conn
from reana_db.records import (
    Entity,
    JobStatus,
    RetentionRuleStatus,
    RunStatus,
    ServiceStatus,
)
from tests.support.factories import insert, make_job, make_user, make_workflow

STATUSES: dict[Entity, type[StrEnum]] = {
    Entity.workflow: RunStatus,
    Entity.job: JobStatus,
    Entity.interactive_session: RunStatus,
    Entity.service: ServiceStatus,
    Entity.workspace_retention_rule: RetentionRuleStatus,
}

SQL_TYPES = {
    Entity.workflow: "runstatus",
    Entity.job: "jobstatus",
    Entity.interactive_session: "runstatus",
    Entity.service: "servicestatus",
    Entity.workspace_retention_rule: "workspaceretentionrulestatus",
}
"""The enum type of the column ``status``, in the schema ``public``."""

NULLABLE = {Entity.workflow, Entity.job}
"""Entities whose status can be NULL."""


def pairs(entity: Entity) -> list[tuple[str, str]]:
    """Return every pair of statuses of an entity."""
    values = [str(status) for status in STATUSES[entity]]
    return [(before, after) for before in values for after in values]


class Maker:
    """Makes rows of any entity, all of one user and one run."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn
        self.user_id = make_user(conn)
        self.workflow_id = make_workflow(conn, self.user_id)

    def make(self, entity: Entity, status: str | None) -> UUID:
        """Insert a row with a status and return its id."""
        if entity is Entity.workflow:
            return make_workflow(self.conn, self.user_id, status=status)
        if entity is Entity.job:
            return make_job(self.conn, self.workflow_id, status=status)
        row_id = uuid4()
        if entity is Entity.workspace_retention_rule:
            columns = {
                "workflow_id": self.workflow_id,
                "workspace_files": str(row_id),
                "retention_days": 1,
            }
        else:
            kind = "jupyter" if entity is Entity.interactive_session else "dask"
            columns = {"name": str(row_id), "type_": kind}
        insert(self.conn, entity, id_=row_id, status=status, **columns)
        return row_id
