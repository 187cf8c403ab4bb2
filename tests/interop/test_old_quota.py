"""Usage that released versions account, beside that which the database accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from reana_db import database_settings, deletion, quota_periods, transitions
from reana_db.queries import Conn
from reana_db.records import RunStatus, SettingName
from tests.interop.conftest import ALL, new_email, require
from tests.interop.released import OldService
from tests.interop.test_old_runs import LIFE, NAME, create, start
from tests.support.databases import Databases

POLICY = {"REANA_WORKFLOW_TERMINATION_QUOTA_UPDATE_POLICY": "cpu,disk"}
SHARED = "/var/reana/users/shared/workspace"


@pytest.fixture(scope="module")
def database(server: Databases, template: str) -> Iterator[str]:
    """A database of ours that accounts processing time when a run ends."""
    with server.database(template=template) as name:
        with psycopg.connect(server.uri(name)) as conn:
            database_settings.change(conn, SettingName.termination_quota_update_policy, "cpu")
        yield server.uri(name)


@pytest.fixture(scope="module", params=ALL)
def old(request: pytest.FixtureRequest, database: str) -> Iterator[OldService]:
    """A service of each released version in turn, which accounts as well."""
    require(request.param)
    with OldService(request.param, database, **POLICY) as service:
        service("create_resources")
        yield service


def used(ours: Conn, owner: UUID, kind: str) -> int:
    row = ours.execute(
        "SELECT quota_used FROM __reana.user_resource JOIN __reana.resource"
        " ON id_ = resource_id WHERE user_id = %s AND type_::text = %s",
        [owner, kind],
    ).fetchone()
    assert row is not None
    return int(row[0])


def ran(ours: Conn, run: UUID, *, minutes: int, ended: datetime) -> None:
    """Correct the times of a run."""
    ours.execute(
        "UPDATE __reana.workflow SET run_started_at = %s, run_finished_at = %s WHERE id_ = %s",
        [
            (ended - timedelta(minutes=minutes)).replace(tzinfo=None),
            ended.replace(tzinfo=None),
            run,
        ],
    )


def minutes(number: int) -> int:
    return number * 60 * 1000


def test_a_run_that_both_account_counts_once(old: OldService, ours: Conn, owner: UUID) -> None:
    run = start(old, owner, *LIFE[:3])
    ours.execute(
        "UPDATE __reana.workflow SET run_started_at = run_started_at - interval '1 hour'"
        " WHERE id_ = %s",
        [run],
    )
    old("set_run_status", workflow_id=run, status="finished")
    assert minutes(60) <= used(ours, owner, "cpu") < minutes(61)
    assert old("used", user_id=owner)["cpu"] == used(ours, owner, "cpu")


def test_their_nightly_update_finds_nothing_to_change(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    theirs, mine = start(old, owner, *LIFE), create(ours, owner).id_
    transitions.set_workflow_status(ours, mine, RunStatus.queued)
    transitions.set_workflow_status(ours, mine, RunStatus.running)
    transitions.set_workflow_status(ours, mine, RunStatus.finished)
    for run, length in ((theirs, 10), (mine, 20)):
        ran(ours, run, minutes=length, ended=datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert used(ours, owner, "cpu") == minutes(30)
    old("update_quotas")
    assert used(ours, owner, "cpu") == minutes(30)
    assert old("used", user_id=owner)["cpu"] == minutes(30)


def test_disk_usage_that_they_measure_counts_once_per_workspace(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = old("create_run", user_id=owner, name=NAME, workspace_path=SHARED)["id"]
    for status in LIFE:
        old("set_run_status", workflow_id=run, status=status)
    restart = old(
        "create_run",
        user_id=owner,
        name=NAME,
        workspace_path=SHARED,
        restart=True,
        run_number="1",
    )["id"]
    old("set_disk_usage", workflow_id=run, number=1000)
    old("set_disk_usage", workflow_id=restart, number=1500)
    assert used(ours, owner, "disk") == 1500
    assert old("used", user_id=owner)["disk"] == 1500


def test_bytes_that_they_add_are_counted_once(old: OldService, ours: Conn, owner: UUID) -> None:
    run = start(old, owner)
    old("set_disk_usage", workflow_id=run, number=1000)
    old("add_disk_usage", workflow_id=run, number=500)
    assert used(ours, owner, "disk") == 1500
    old("add_disk_usage", workflow_id=run, number=-9000)
    assert used(ours, owner, "disk") == 0


def test_difference_bytes_added_to_a_user_alone_count_nothing(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    """A total is what the runs use; before, it stayed wrong until the nightly update."""
    run = start(old, owner)
    old("set_disk_usage", workflow_id=run, number=1000)
    old("add_to_total", user_id=owner, number=500)
    assert used(ours, owner, "disk") == 1000


def test_difference_a_total_written_from_a_stale_read_does_not_last(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner)
    old("set_disk_usage", workflow_id=run, number=1000)
    old("write_total", user_id=owner, resource="disk", number=7)
    assert used(ours, owner, "disk") == 1000


def test_a_deletion_of_ours_frees_what_they_measured(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    run = start(old, owner)
    old("set_disk_usage", workflow_id=run, number=1000)
    deletion.delete_run(ours, run)
    assert old("used", user_id=owner)["disk"] == 0


def test_a_limit_of_theirs_is_exceeded_by_runs_of_ours(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    old("set_limit", user_id=owner, resource="cpu", limit=minutes(5))
    run = create(ours, owner).id_
    for status in (RunStatus.queued, RunStatus.running, RunStatus.finished):
        transitions.set_workflow_status(ours, run, status)
    assert old("has_exceeded_quota", user_id=owner) is False
    ran(ours, run, minutes=6, ended=datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert old("has_exceeded_quota", user_id=owner) is True


def test_releases_without_periods_do_not_spoil_the_total_of_a_period(
    old: OldService, ours: Conn, owner: UUID
) -> None:
    """Before, each run that such a release ended brought back the total of a lifetime."""
    first = start(old, owner, *LIFE)
    ran(ours, first, minutes=10, ended=datetime(2020, 1, 1, tzinfo=UTC))
    ours.execute(
        "UPDATE __reana.user_resource SET quota_period_months = 1,"
        " quota_period_start_at = timezone('UTC', now()) - interval '1 day'"
        " FROM __reana.resource WHERE id_ = resource_id AND type_::text = 'cpu' AND user_id = %s",
        [owner],
    )
    second = start(old, owner, *LIFE)
    ran(ours, second, minutes=1, ended=datetime.now(UTC))
    old("update_quotas")
    assert used(ours, owner, "cpu") == minutes(1)


def test_a_release_with_periods_reads_the_window_of_the_database(database: str) -> None:
    require("0.95.0a13")
    settings = {"REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS": "1"}
    with OldService("0.95.0a13", database, **POLICY, **settings) as newest:
        newest("create_resources")
        owner = UUID(newest("create_user", email=new_email()))
        run = start(newest, owner, *LIFE)
        with psycopg.connect(database, autocommit=True) as conn:
            ran(conn, run, minutes=3, ended=datetime.now(UTC) + timedelta(minutes=5))
            newest("update_quotas")
            assert used(conn, owner, "cpu") == minutes(3)


def test_difference_the_start_of_a_period_in_the_past_moves_to_the_current_one(
    database: str, ours: Conn
) -> None:
    require("0.95.0a13")
    code = """
from reana_db.database import Session
from reana_db.models import User
cpu = [item for item in Session.query(User).filter_by(id_=user).one().resources
       if item.resource.type_.name == "cpu"][0]
cpu.quota_period_months = 1
cpu.quota_period_start_at = datetime.fromisoformat(start)
Session.commit()
"""
    with OldService("0.95.0a13", database, **POLICY) as newest:
        newest("create_resources")
        owner = UUID(newest("create_user", email=new_email()))
        newest("run_code", code="from datetime import datetime\n" + code, user=str(owner),
               start="2020-01-01T00:00:00")  # fmt: skip
    period = quota_periods.of_user(ours, owner)
    now = datetime.now(UTC)
    assert period.quota_period_start_at == now.replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
