"""In the mode observe, services of released versions write what they always wrote."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from reana_db import database_settings, status_history
from reana_db.queries import Conn
from reana_db.records import SettingName, StatusMode
from tests.interop.conftest import ALL, require
from tests.interop.released import OldError, OldService
from tests.interop.test_old_runs import ILLEGAL, LIFE, NAME, start
from tests.support.databases import Databases


@pytest.fixture(scope="module")
def database(server: Databases, template: str) -> Iterator[str]:
    """A database of ours that observes."""
    with server.database(template=template) as name:
        with psycopg.connect(server.uri(name)) as conn:
            database_settings.change(conn, SettingName.status_mode, StatusMode.observe)
        yield server.uri(name)


@pytest.fixture(scope="module", params=ALL)
def old(request: pytest.FixtureRequest, database: str) -> Iterator[OldService]:
    """A service of each released version in turn."""
    require(request.param)
    with OldService(request.param, database) as service:
        service("create_resources")
        yield service


def violations(ours: Conn) -> int:
    return sum(item.changes for item in status_history.violations(ours))


@pytest.mark.parametrize(("statuses", "late"), ILLEGAL)
def test_a_status_that_comes_late_is_written_and_recorded(
    statuses: tuple[str, ...], late: str, old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner, *statuses)
    before = violations(ours)
    old("set_run_status", workflow_id=run, status=late)
    assert old("describe_run", workflow_id=run)["status"] == late
    assert violations(ours) == before + 1


def test_a_job_that_has_ended_runs_again_and_it_is_recorded(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    job = old("create_job", workflow_id=start(old, owner, *LIFE[:3]))
    before = violations(ours)
    for status in ("finished", "running"):
        old("set_job_status", job_id=job, status=status)
    assert old("describe_job", job_id=job)["status"] == "running"
    assert violations(ours) == before + 1


def test_a_restart_while_files_are_removed_is_refused_all_the_same(
    old: OldService, owner: UUID
) -> None:
    run = start(old, owner)
    old("add_rules", workflow_id=run, days={"**/*": 30})
    for status in LIFE:
        old("set_run_status", workflow_id=run, status=status)
    old("set_rules_status", workflow_id=run, status="pending")
    with pytest.raises(OldError, match="cannot be restarted") as caught:
        old("create_run", user_id=owner, name=NAME, restart=True, run_number="1")
    assert caught.value.sqlstate == "23R02"
