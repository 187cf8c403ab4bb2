"""Quota totals computed anew in Python from workflows and their usage: nothing of the triggers."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

Totals = dict[tuple[UUID, str], int]
"""Usage by user and type of resource, in milliseconds and bytes."""

NAMES = {"processing time": "cpu", "shared storage": "disk"}


def stored(conn: psycopg.Connection[Any]) -> Totals:
    """Return the totals that the database holds."""
    rows = conn.execute(
        "SELECT user_id, name, quota_used FROM __reana.user_resource"
        " JOIN __reana.resource ON id_ = resource_id"
    )
    return {(user_id, NAMES[name]): used for user_id, name, used in rows if name in NAMES}


def recomputed(conn: psycopg.Connection[Any]) -> Totals:
    """Return what the totals must be."""
    runs = conn.execute(
        "SELECT id_, owner_id, workspace_path, run_started_at, run_finished_at, run_stopped_at"
        " FROM __reana.workflow WHERE owner_id IS NOT NULL"
    ).fetchall()
    usage: dict[tuple[UUID, str], int] = {
        (run_id, NAMES[name]): used
        for run_id, name, used in conn.execute(
            "SELECT workflow_id, name, quota_used FROM __reana.workflow_resource"
            " JOIN __reana.resource ON id_ = resource_id"
        )
        if name in NAMES
    }
    periods: dict[UUID, datetime] = dict(
        conn.execute(
            "SELECT user_id, quota_period_start_at FROM __reana.user_resource"
            " JOIN __reana.resource ON id_ = resource_id"
            " WHERE name = 'processing time' AND quota_period_months IS NOT NULL"
        ).fetchall()
    )
    cpu: defaultdict[UUID, int] = defaultdict(int)
    workspaces: dict[tuple[UUID, str], int] = {}
    for run_id, owner_id, path, started, finished, stopped in runs:
        if owner_id in periods:
            cpu[owner_id] += milliseconds(started, finished or stopped, periods[owner_id])
        else:
            cpu[owner_id] += usage.get((run_id, "cpu"), 0)
        workspace = (owner_id, path or "")
        used = usage.get((run_id, "disk"), 0)
        workspaces[workspace] = max(workspaces.get(workspace, 0), used)
    disk: defaultdict[UUID, int] = defaultdict(int)
    for (owner_id, _), used in workspaces.items():
        disk[owner_id] += used
    totals: Totals = {}
    for user_id, kind in stored(conn):
        totals[user_id, kind] = cpu[user_id] if kind == "cpu" else disk[user_id]
    for user_id in {*cpu, *disk}:
        for kind, used in (("cpu", cpu[user_id]), ("disk", disk[user_id])):
            if used:
                totals.setdefault((user_id, kind), used)
    return totals


def milliseconds(started: datetime | None, ended: datetime | None, since: datetime | None) -> int:
    """Return the milliseconds of a run since a time, as the services compute them."""
    if started is None or ended is None:
        return 0
    effective = max(started, since) if since else started
    return max(int((ended - effective).total_seconds() * 1000), 0)
