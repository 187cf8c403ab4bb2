"""Resources: what quotas count."""

from __future__ import annotations

from reana_db import resources
from reana_db.queries import Conn
from reana_db.records import ResourceType, ResourceUnit


def test_resources_are_listed(conn: Conn) -> None:
    resources.create_defaults(conn)
    listed = resources.list_resources(conn)
    assert [(item.name, item.type_, item.unit) for item in listed] == [
        ("processing time", ResourceType.cpu, ResourceUnit.milliseconds),
        ("shared storage", ResourceType.disk, ResourceUnit.bytes_),
    ]
