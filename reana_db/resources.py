"""What quotas count: processing time in milliseconds, and disk space in bytes."""

from __future__ import annotations

from uuid import UUID, uuid4

from reana_db.config import DEFAULT_RESOURCES
from reana_db.queries import Conn, RowCount, query
from reana_db.records import ResourceType, ResourceUnit

_UNITS = {
    ResourceType.CPU: ResourceUnit.MILLISECONDS,
    ResourceType.DISK: ResourceUnit.BYTES,
}


def create_defaults(conn: Conn) -> int:
    """Create REANA's resources, "processing time" and "shared storage", where they are missing.

    Returns how many were created; safe to call from several processes at once.
    """
    with conn.transaction():
        return sum(
            _create(
                conn,
                resource_id=uuid4(),
                name=DEFAULT_RESOURCES[kind],
                type_=kind,
                unit=unit,
                title=f"Default {kind} resource.",
            )
            for kind, unit in _UNITS.items()
        )


@query
def _create(
    conn: Conn,
    *,
    resource_id: UUID,
    name: str,
    type_: ResourceType,
    unit: ResourceUnit,
    title: str,
) -> RowCount: ...
