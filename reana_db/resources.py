"""What quotas count: processing time in milliseconds, and disk space in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from reana_db import config
from reana_db.config import DEFAULT_RESOURCES, Settings
from reana_db.queries import Conn, RowCount, query
from reana_db.records import ResourceType, ResourceUnit
from reana_db.registry.arguments import Id, checked
from reana_db.registry.savepoints import whole


@dataclass(frozen=True, slots=True)
class Resource:
    """What a quota counts."""

    id_: UUID
    name: str
    type_: ResourceType
    unit: ResourceUnit
    title: str | None


_UNITS = {
    ResourceType.cpu: ResourceUnit.milliseconds,
    ResourceType.disk: ResourceUnit.bytes_,
}


@query
def list_resources(conn: Conn) -> list[Resource]:
    """Return the resources, ordered by type and name."""


@checked
def create_defaults(conn: Conn, settings: Settings | None = None) -> int:
    """Create REANA's resources, "processing time" and "shared storage", where they are missing.

    Each keeps the default limit of the settings (milliseconds, bytes) for users whose totals the
    database has to make because they are missing; 0 leaves the limit of a resource that is there.
    Returns how many were created; safe to call from several processes at once.
    """
    chosen = settings or config.settings()
    limits = {
        ResourceType.cpu: chosen.default_cpu_limit,
        ResourceType.disk: chosen.default_disk_limit,
    }
    with whole(conn):
        return sum(
            _create(
                conn,
                resource_id=uuid4(),
                name=DEFAULT_RESOURCES[kind],
                type_=kind,
                unit=unit,
                title=f"Default {kind} resource.",
                default_limit=limits[kind],
            )
            for kind, unit in _UNITS.items()
        )


@query
def _create(
    conn: Conn,
    *,
    resource_id: Id,
    name: str,
    type_: ResourceType,
    unit: ResourceUnit,
    title: str,
    default_limit: int,
) -> RowCount: ...
