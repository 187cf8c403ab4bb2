"""Two processes of a released version and two of ours work on the same users at the same time.

``REANA_DB_INTEROP_SECONDS`` says how long: 60 seconds in each mode unless given.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reana_db import database_settings, quota_refresh, status_history
from reana_db.queries import Conn
from reana_db.quota_refresh import Plan
from reana_db.records import ResourceType, SettingName, StatusMode
from tests.interop import environments
from tests.interop.conftest import new_email, require
from tests.interop.released import HERE, OldService, environment

RELEASE = "0.95.0a8"
SECONDS = os.environ.get("REANA_DB_INTEROP_SECONDS", "60")
USERS = 3
POLICY = {"REANA_WORKFLOW_TERMINATION_QUOTA_UPDATE_POLICY": "cpu,disk"}


@dataclass(frozen=True)
class Aftermath:
    """What the processes said, and the database that they left."""

    uri: str
    old: list[dict[str, Any]]
    ours: list[dict[str, Any]]

    def errors(self, reports: list[dict[str, Any]]) -> list[str]:
        return sorted({error for report in reports for error in report["errors"]})


@pytest.fixture(params=list(StatusMode))
def mode(request: pytest.FixtureRequest) -> StatusMode:
    chosen: StatusMode = request.param
    return chosen


@pytest.fixture
def aftermath(mode: StatusMode, fresh_db: str) -> Aftermath:
    require(RELEASE)
    with psycopg.connect(fresh_db) as conn:
        database_settings.change(conn, SettingName.status_mode, mode)
        database_settings.change(conn, SettingName.termination_quota_update_policy, "cpu,disk")
    with OldService(RELEASE, fresh_db) as service:
        service("create_resources")
        users = [service("create_user", email=new_email()) for _ in range(USERS)]
    old = [_start_old(fresh_db, number, users) for number in (1, 2)]
    ours = [_start_ours(fresh_db, number, users) for number in (3, 4)]
    return Aftermath(fresh_db, [_report(item) for item in old], [_report(item) for item in ours])


def _start_old(uri: str, number: int, users: list[str]) -> subprocess.Popen[str]:
    script = HERE / "old_fleet.py"
    command = [str(environments.python(RELEASE)), str(script), str(number), SECONDS, *users]
    return _start(command, environment(uri, **POLICY), Path("/"))


def _start_ours(uri: str, number: int, users: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.interop.our_fleet", uri, str(number), SECONDS, *users]
    return _start(command, dict(os.environ), HERE.parents[1])


def _start(command: list[str], env: dict[str, str], cwd: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=env, cwd=cwd, stdout=pipe, stderr=pipe, text=True)


def _report(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, complaint = process.communicate(timeout=float(SECONDS) + 60)
    assert process.returncode == 0, complaint
    report: dict[str, Any] = json.loads(output)
    return report


def broken_lives(conn: Conn) -> int:
    """Count changes that do not begin where the change before ended."""
    row = conn.execute(
        "SELECT count(*) FROM (SELECT from_status, lag(to_status) OVER"
        " (PARTITION BY entity_id ORDER BY id) AS before FROM __reana.status_history WHERE made)"
        " AS change"
        " WHERE from_status IS DISTINCT FROM before"
    ).fetchone()
    assert row is not None
    return int(row[0])


MISJUDGED = """
SELECT count(*)
FROM __reana.status_history AS change
WHERE change.from_status IS NOT NULL AND change.to_status IS NOT NULL AND change.allowed <> EXISTS (
    SELECT FROM __reana.status_transition AS rule
    WHERE rule.entity = change.entity
        AND rule.from_status = change.from_status
        AND rule.to_status = change.to_status
)
"""
"""Changes that were recorded as allowed and are not, or the other way round."""

NAMED = {StatusMode.enforce: ["cannot go from"], StatusMode.keep: [], StatusMode.observe: []}
"""What the guide says that services of released versions may see."""

TOTALS = """
SELECT user_resource.user_id, resource.type_::text, user_resource.quota_used, due.used
FROM __reana.user_resource
JOIN __reana.resource ON resource.id_ = user_resource.resource_id
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(part.used), 0)
    FROM (
        SELECT CASE resource.type_
            WHEN 'disk' THEN max(usage.quota_used) ELSE sum(usage.quota_used)
        END AS used
        FROM __reana.workflow AS run
        JOIN __reana.workflow_resource AS usage ON usage.workflow_id = run.id_
        WHERE run.owner_id = user_resource.user_id AND usage.resource_id = resource.id_
        GROUP BY run.workspace_path
    ) AS part
) AS due (used)
"""
"""The totals, and what released versions would compute from the usage of runs."""


def test_a_mixed_fleet(mode: StatusMode, aftermath: Aftermath) -> None:
    for report in (*aftermath.old, *aftermath.ours):
        sys.stdout.write(f"{json.dumps(report)}\n")
        assert sum(report["done"].values()) > 0
    assert aftermath.errors(aftermath.ours) == []
    for error in aftermath.errors(aftermath.old):
        assert any(part in error for part in NAMED[mode]), error
    with psycopg.connect(aftermath.uri) as conn:
        assert broken_lives(conn) == 0
        assert conn.execute(MISJUDGED.encode()).fetchone() == (0,)
        violations = status_history.violations(conn)
        assert bool(violations) is (mode is not StatusMode.enforce)
        assert {item.made for item in violations} <= {mode is StatusMode.observe}
        totals = conn.execute(TOTALS.encode()).fetchall()
    assert len(totals) == 2 * USERS
    assert [row for row in totals if row[2] != row[3]] == []
    plan = Plan(types=frozenset({ResourceType.cpu}), dry_run=True)
    found = quota_refresh.refresh(lambda: psycopg.connect(aftermath.uri), plan)
    assert (found.cpu_differences, found.total_differences) == (0, 0)
