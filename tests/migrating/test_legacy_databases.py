"""Databases made by released versions, adopted, and read back with functions of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

import psycopg
import pytest

from reana_db import (
    audit,
    jobs,
    migrate,
    retention,
    services,
    sessions,
    sharing,
    tokens,
    users,
    workflows,
)
from reana_db.encryption import keyring
from reana_db.queries import Conn
from tests.support import released_schemas
from tests.support.databases import Databases

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Adopted:
    """A database of a released version after ``reana-db migrate``."""

    release: str
    conn: Conn
    expected: dict[str, Any]
    """What the released version itself read from it."""


@pytest.fixture(scope="module", params=released_schemas.DATABASES)
def adopted(request: pytest.FixtureRequest, server: Databases) -> Iterator[Adopted]:
    """Load the dump of a released version into an empty database, and migrate it."""
    with server.database() as name:
        uri = server.uri(name)
        expected = released_schemas.load_database(uri, request.param)
        migrate.apply(uri)
        with psycopg.connect(uri) as conn:
            yield Adopted(request.param, conn, expected)


RENUMBERED = {("many-restarts", "2"): "1.10", ("many-restarts", "2.1"): "1.11"}
"""Restarts after the ninth, which 0.8.0 counted as if they were second runs."""


def iso(value: Any) -> str | None:
    """Return a time as the released versions print it."""
    return value.replace(tzinfo=None).isoformat() if value else None


def test_no_row_is_lost(adopted: Adopted) -> None:
    counts = dict(adopted.expected["counts"])
    orphans = len(adopted.expected["orphan_jobs"])
    counts["job"] -= orphans
    counts["job_cache"] -= orphans
    found = {
        table: adopted.conn.execute(f"SELECT count(*) FROM __reana.{table}".encode()).fetchone()
        for table in counts
    }
    assert found == {table: (count,) for table, count in counts.items()}


def test_every_user_is_found(adopted: Adopted) -> None:
    for expected in adopted.expected["users"]:
        user = users.find_by_email(adopted.conn, expected["email"])
        assert user == users.find_by_id(adopted.conn, UUID(expected["id"]))
        assert user is not None
        assert (user.full_name, user.username) == (expected["full_name"], expected["username"])


def test_every_run_is_found_by_id(adopted: Adopted) -> None:
    for expected in adopted.expected["workflows"]:
        run = workflows.get(adopted.conn, UUID(expected["id"]))
        number = (expected["name"], expected["run_number"])
        expected["run_number"] = RENUMBERED.get(number, expected["run_number"])
        found = {
            "owner_id": str(run.owner_id),
            "name": run.name,
            "status": run.status,
            "run_number": run.run_number,
            "restart": run.restart,
            "workspace_path": run.workspace_path,
            "type": run.type_,
            "created": iso(run.created),
            "run_started_at": iso(run.run_started_at),
            "run_finished_at": iso(run.run_finished_at),
            "run_stopped_at": iso(run.run_stopped_at),
        }
        assert found == {key: expected[key] for key in found}


def test_every_log_specification_and_progress_is_read_back(adopted: Adopted) -> None:
    for expected in adopted.expected["workflows"]:
        workflow_id = UUID(expected["id"])
        specification = workflows.specification(adopted.conn, workflow_id)
        assert workflows.logs(adopted.conn, workflow_id) == (expected["logs"] or "")
        assert specification.reana_specification == expected["reana_specification"]
        assert specification.input_parameters == expected["input_parameters"]
        assert workflows.job_progress(adopted.conn, workflow_id) == expected["job_progress"]


def test_every_active_token_is_decrypted_and_finds_its_owner(adopted: Adopted) -> None:
    keys = keyring.of(adopted.expected["reana_secret_key"])
    for expected in adopted.expected["users"]:
        user_id = UUID(expected["id"])
        token = tokens.active(adopted.conn, user_id, keys=keys)
        latest = tokens.latest(adopted.conn, user_id)
        assert (token.value if token else None) == expected["access_token"]
        assert (latest.status if latest else None) == expected["access_token_status"]
        for known in filter(itemgetter("plaintext"), expected["tokens"]):
            owner = tokens.find_owner(adopted.conn, known["plaintext"], keys=keys)
            assert owner is not None
            assert (str(owner.id_), owner.token_status) == (expected["id"], known["status"])


def test_every_job_is_read_back(adopted: Adopted) -> None:
    for expected in adopted.expected["jobs"]:
        job_id = UUID(expected["id"])
        job = jobs.get(adopted.conn, job_id)
        command = jobs.command(adopted.conn, job_id)
        found = {
            "workflow": str(job.workflow_id),
            "status": job.status,
            "logs": jobs.logs(adopted.conn, job_id),
            "cmd": command.cmd,
            "env_vars": command.env_vars,
            "started_at": iso(job.started_at),
            "finished_at": iso(job.finished_at),
        }
        assert found == {key: expected[key] for key in found} | {"logs": expected["logs"] or ""}


def test_jobs_without_a_run_are_set_aside(adopted: Adopted) -> None:
    rows = adopted.conn.execute("SELECT id_ FROM __reana.orphan_job").fetchall()
    assert [str(job_id) for (job_id,) in rows] == adopted.expected["orphan_jobs"]


def test_every_interactive_session_is_read_back(adopted: Adopted) -> None:
    for expected in adopted.expected["sessions"]:
        session = sessions.get(adopted.conn, UUID(expected["id"]))
        assert (session.name, session.path) == (expected["name"], expected["path"])
        assert (session.status, str(session.owner_id)) == (expected["status"], expected["owner"])


def test_every_audit_entry_is_read_back(adopted: Adopted) -> None:
    found = {str(entry.id_): entry for entry in audit.entries(adopted.conn)}
    assert found.keys() == {expected["id"] for expected in adopted.expected["audit_log"]}
    for expected in adopted.expected["audit_log"]:
        entry = found[expected["id"]]
        assert (str(entry.user_id), entry.action) == (expected["user"], expected["action"])
        assert entry.details == expected["details"]


def test_every_retention_rule_is_read_back(adopted: Adopted) -> None:
    for workflow in adopted.expected["workflows"]:
        expected = {
            rule["id"]: (rule["files"], rule["days"], rule["status"], rule["apply_on"])
            for rule in workflow["retention_rules"] or []
        }
        assert expected == {
            str(rule.id_): (
                rule.workspace_files,
                rule.retention_days,
                rule.status,
                iso(rule.apply_on),
            )
            for rule in retention.list_rules(adopted.conn, UUID(workflow["id"]))
        }


def test_every_share_is_read_back(adopted: Adopted) -> None:
    emails = {user["id"]: user["email"] for user in adopted.expected["users"]}
    for expected in adopted.expected.get("shares", []):
        found = {
            share.email: iso(share.valid_until)
            for share in sharing.of_workflow(adopted.conn, UUID(expected["workflow"]))
        }
        assert found[emails[expected["user"]]] == expected["valid_until"]


def test_every_service_is_read_back_with_its_logs(adopted: Adopted) -> None:
    for expected in adopted.expected.get("services", []):
        service = services.get(adopted.conn, UUID(expected["id"]))
        assert (service.name, service.uri) == (expected["name"], expected["uri"])
        assert service.status == expected["status"]
        logs = [entry.log for entry in services.logs(adopted.conn, [service.id_])]
        assert sorted(logs, key=lambda log: int(log["n"])) == expected["logs"]
