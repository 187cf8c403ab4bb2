"""The guide for moving a service: its blocks of code, and the databases that they leave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reana_db import tokens, users
from reana_db.encryption import keyring
from reana_db.queries import Conn
from tests.support.factories import LONG_AGO, RESOURCES, insert, make_workflow, resource_id

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "moving-a-service.md"
SECRET_KEY = "the key of interop"
SPECIFICATION = {"workflow": {"type": "serial"}}


@dataclass(frozen=True)
class Pair:
    """The same operation twice."""

    title: str
    before: str
    after: str


def pairs() -> list[Pair]:
    """Return the pairs of the guide, the imports first."""
    sections = re.split(r"^## ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = []
    for section in [sections[0], *(item for item in sections if re.match(r"\d+\. ", item))]:
        before, after = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        found.append(Pair(section.splitlines()[0], before, after))
    return found


def last_blocks() -> list[str]:
    """Return the code below the pairs."""
    text = GUIDE.read_text(encoding="utf-8").partition("\n## Errors\n")[2]
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def prepare(conn: Conn) -> None:
    """Make what the guide takes for granted: a user, a token, a run with a rule that is due."""
    for name in RESOURCES:
        resource_id(conn, name)
    ada = users.create(conn, email="ada@example.org")
    tokens.grant(conn, ada.id_, token="ada-token", keys=keyring.of(SECRET_KEY))
    earlier = make_workflow(conn, ada.id_, name="earlier", status="finished")
    insert(
        conn,
        "workspace_retention_rule",
        id_=earlier,
        workflow_id=earlier,
        workspace_files="**/*",
        retention_days=1,
        status="active",
        apply_on=LONG_AGO,
    )
    conn.commit()


LEFT = """
SELECT
    (
        SELECT json_agg(row_to_json(run) ORDER BY run)
        FROM (
            SELECT name, run_number_major, run_number_minor, status::text, logs, restart,
                input_parameters::text, job_progress::jsonb::text AS progress,
                run_started_at IS NULL AS unstarted, run_stopped_at IS NULL AS unstopped
            FROM __reana.workflow
        ) AS run
    ),
    (
        SELECT json_agg(row_to_json(rule) ORDER BY rule)
        FROM (
            SELECT name, workspace_files, retention_days, rule.status::text
            FROM __reana.workspace_retention_rule AS rule
            JOIN __reana.workflow ON workflow.id_ = rule.workflow_id
        ) AS rule
    ),
    (
        SELECT json_agg(row_to_json(job))
        FROM (
            SELECT job_name, backend_job_id, status::text, logs, finished_at IS NULL AS unfinished
            FROM __reana.job
        ) AS job
    ),
    (SELECT count(*) FROM __reana.interactive_session)
"""


def left(conn: Conn) -> Any:
    """Return what the guide wrote."""
    return conn.execute(LEFT.encode()).fetchone()
