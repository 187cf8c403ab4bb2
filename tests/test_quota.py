"""Usage, limits and health of users and runs."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from reana_db import errors, quota, quota_periods, resources
from reana_db.queries import Conn
from reana_db.quota import QuotaHealth, WorkflowQuota
from reana_db.records import ResourceType, ResourceUnit
from tests.support.factories import insert, make_user, make_workflow

CPU, DISK = ResourceType.cpu, ResourceType.disk


@pytest.fixture
def user_id(conn: Conn) -> UUID:
    resources.create_defaults(conn)
    return make_user(conn)


@pytest.fixture
def run_id(conn: Conn, user_id: UUID) -> UUID:
    return make_workflow(conn, user_id)


def used(conn: Conn, user_id: UUID, type_: ResourceType = DISK) -> int:
    (found,) = (item.quota_used for item in quota.of_user(conn, user_id) if item.type_ == type_)
    return found


def test_a_user_without_usage_has_no_totals_yet(conn: Conn, user_id: UUID) -> None:
    assert quota.of_user(conn, user_id) == []
    assert not quota.exceeded(conn, user_id)
    assert quota.would_exceed(conn, user_id=user_id, bytes_=2**62) is None


def test_bytes_are_set_and_added(conn: Conn, user_id: UUID, run_id: UUID) -> None:
    assert quota.set_disk_usage(conn, workflow_id=run_id, bytes_=1000) == 1000
    assert quota.add_disk_usage(conn, workflow_id=run_id, bytes_=500) == 1500
    assert quota.add_disk_usage(conn, workflow_id=run_id, bytes_=-1) == 1499
    assert used(conn, user_id) == 1499


def test_the_first_bytes_of_a_run_count(conn: Conn, user_id: UUID, run_id: UUID) -> None:
    assert quota.add_disk_usage(conn, workflow_id=run_id, bytes_=7) == 7
    assert used(conn, user_id) == 7


def test_usage_stops_at_zero(conn: Conn, user_id: UUID, run_id: UUID) -> None:
    assert quota.add_disk_usage(conn, workflow_id=run_id, bytes_=-7) == 0
    quota.set_disk_usage(conn, workflow_id=run_id, bytes_=5)
    assert quota.add_disk_usage(conn, workflow_id=run_id, bytes_=-6) == 0
    assert quota.set_disk_usage(conn, workflow_id=run_id, bytes_=-6) == 0
    assert used(conn, user_id) == 0


def test_an_unknown_run_is_not_found(conn: Conn, user_id: UUID) -> None:
    with pytest.raises(errors.NotFound):
        quota.set_disk_usage(conn, workflow_id=user_id, bytes_=1)
    with pytest.raises(errors.NotFound):
        quota.add_disk_usage(conn, workflow_id=user_id, bytes_=1)


def test_a_workspace_is_set_for_all_its_runs(conn: Conn, user_id: UUID) -> None:
    runs = [make_workflow(conn, user_id, workspace_path="/w/1") for _ in range(3)]
    quota.set_disk_usage(conn, workflow_id=runs[0], bytes_=1000)
    assert quota.set_workspace_disk_usage(conn, workspace_path="/w/1", bytes_=10) == 3
    assert used(conn, user_id) == 10
    assert quota.of_workflow(conn, runs[2]) == [
        WorkflowQuota("processing time", CPU, ResourceUnit.milliseconds, 0),
        WorkflowQuota("shared storage", DISK, ResourceUnit.bytes_, 10),
    ]


def test_a_limit_that_is_reached_is_exceeded(conn: Conn, user_id: UUID, run_id: UUID) -> None:
    quota.set_limit(conn, user_ids=[user_id], type_=DISK, limit=100)
    quota.set_disk_usage(conn, workflow_id=run_id, bytes_=99)
    assert not quota.exceeded(conn, user_id)
    assert quota.would_exceed(conn, user_id=user_id, bytes_=1) is None
    assert quota.would_exceed(conn, user_id=user_id, bytes_=2) == 100
    assert quota.would_exceed(conn, user_id=user_id, bytes_=2**63 - 1) == 100
    quota.add_disk_usage(conn, workflow_id=run_id, bytes_=1)
    assert quota.exceeded(conn, user_id)


@pytest.mark.parametrize(
    ("usage", "limit", "expected"),
    [
        (0, 0, None),
        (99, 0, None),
        (0, 100, QuotaHealth.HEALTHY),
        (79, 100, QuotaHealth.HEALTHY),
        (80, 100, QuotaHealth.WARNING),
        (99, 100, QuotaHealth.WARNING),
        (100, 100, QuotaHealth.CRITICAL),
        (2**62, 1, QuotaHealth.CRITICAL),
    ],
)
def test_health(usage: int, limit: int, expected: QuotaHealth | None) -> None:
    assert quota.health(usage, limit) == expected


def test_the_document_is_that_of_the_api(conn: Conn, user_id: UUID, run_id: UUID) -> None:
    quota.set_limit(conn, user_ids=[user_id], type_=DISK, limit=2048)
    quota.set_disk_usage(conn, workflow_id=run_id, bytes_=1792)
    assert quota.document(quota.of_user(conn, user_id)) == {
        "cpu": {"usage": {"raw": 0, "human_readable": "0s"}},
        "disk": {
            "usage": {"raw": 1792, "human_readable": "1.75 KiB"},
            "limit": {"raw": 2048, "human_readable": "2 KiB"},
            "health": "warning",
        },
    }
    assert quota.document(quota.of_workflow(conn, run_id)) == {
        "cpu": {"usage": {"raw": 0, "human_readable": "0s"}},
        "disk": {"usage": {"raw": 1792, "human_readable": "1.75 KiB"}},
    }


def test_units_of_one_type_are_not_mixed() -> None:
    usages = [
        WorkflowQuota(name, CPU, unit, 1)
        for name, unit in (("a", ResourceUnit.bytes_), ("b", ResourceUnit.milliseconds))
    ]
    with pytest.raises(errors.InvalidArgument, match="cpu"):
        quota.document(usages)


def test_everybody_is_listed(conn: Conn, user_id: UUID, run_id: UUID) -> None:
    quota.set_disk_usage(conn, workflow_id=run_id, bytes_=1)
    assert quota.of_everybody(conn) == quota.of_user(conn, user_id)


def test_limits_of_many_users(conn: Conn, user_id: UUID) -> None:
    users = [user_id, make_user(conn), user_id]
    assert quota.set_limit(conn, user_ids=users, resource_name="processing time", limit=5) == 2
    assert quota.set_limit(conn, user_ids=users, type_=CPU, limit=6) == 2
    assert [item.quota_limit for item in quota.of_everybody(conn)] == [6, 6]


def test_limits_that_are_refused(conn: Conn, user_id: UUID) -> None:
    with pytest.raises(errors.InvalidArgument, match="from 0 to"):
        quota.set_limit(conn, user_ids=[user_id], type_=CPU, limit=-1)
    with pytest.raises(errors.InvalidArgument, match="either"):
        quota.set_limit(conn, user_ids=[user_id], limit=1)
    with pytest.raises(errors.InvalidArgument, match="either"):
        quota.set_limit(conn, user_ids=[], limit=1, type_=CPU, resource_name="processing time")
    with pytest.raises(errors.NotFound):
        quota.set_limit(conn, user_ids=[user_id], resource_name="gpu", limit=1)
    with pytest.raises(errors.NotFound):
        quota.set_limit(conn, user_ids=[user_id, uuid4()], type_=CPU, limit=1)


def test_users_without_limit_get_the_default(conn: Conn, user_id: UUID) -> None:
    limited = make_user(conn)
    quota.set_limit(conn, user_ids=[user_id], type_=CPU, limit=0)
    quota.set_limit(conn, user_ids=[limited, user_id], type_=DISK, limit=3)
    quota.set_limit(conn, user_ids=[limited], type_=DISK, limit=0)
    assert quota.set_default_limits(conn, cpu_limit=10, disk_limit=0) == 1
    assert quota.set_default_limits(conn, cpu_limit=10, disk_limit=20) == 1
    found = {(item.user_id, item.type_): item.quota_limit for item in quota.of_everybody(conn)}
    assert found == {(user_id, CPU): 10, (user_id, DISK): 3, (limited, DISK): 20}


def test_the_policy_is_kept_in_the_database(conn: Conn) -> None:
    assert quota.policy(conn) == frozenset()
    quota.set_policy(conn, [DISK, CPU])
    assert quota.policy(conn) == {CPU, DISK}
    quota.set_policy(conn, [])
    assert quota.policy(conn) == frozenset()


def test_top_users(conn: Conn) -> None:
    resources.create_defaults(conn)
    for number, (bytes_, limit) in enumerate([(50, 1000), (60, 0), (10, 20)]):
        user_id = make_user(conn, email=f"{number}@example.org")
        run_id = make_workflow(conn, user_id)
        quota.set_disk_usage(conn, workflow_id=run_id, bytes_=bytes_)
        quota.set_limit(conn, user_ids=[user_id], type_=DISK, limit=limit)
    by_usage = quota.top_by_usage(conn, DISK, size=2)
    assert [user.email for user in by_usage] == ["1@example.org", "0@example.org"]
    by_percentage = quota.top_by_percentage(conn, DISK)
    assert [user.email for user in by_percentage] == ["2@example.org", "0@example.org"]


def test_other_resources_are_shown_too(conn: Conn, user_id: UUID) -> None:
    times = {"created": "2026-01-01", "updated": "2026-01-01"}
    gpu = uuid4()
    insert(conn, "resource", **times, id_=gpu, name="gpu", type_="cpu", unit="milliseconds")
    insert(conn, "user_resource", **times, user_id=user_id, resource_id=gpu, quota_used=7)
    (found,) = quota.of_user(conn, user_id)
    assert (found.resource_name, found.quota_used, found.quota_limit) == ("gpu", 7, 0)
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_period_that_is_over_blocks_nobody(conn: Conn, user_id: UUID) -> None:
    started = datetime(2020, 1, 1, tzinfo=UTC)
    make_workflow(conn, user_id, run_started_at=started, run_finished_at="2020-01-02")
    quota.set_limit(conn, user_ids=[user_id], type_=CPU, limit=1)
    quota_periods.set_period(conn, user_id=user_id, months=1200, start_at=started)
    assert quota.exceeded(conn, user_id)
    with conn.transaction():
        conn.execute("ALTER TABLE __reana.user_resource DISABLE TRIGGER recount_updated_quota")
        conn.execute(
            "UPDATE __reana.user_resource SET quota_period_months = 1"
            " WHERE quota_period_months IS NOT NULL"
        )
        conn.execute("ALTER TABLE __reana.user_resource ENABLE TRIGGER recount_updated_quota")
    assert used(conn, user_id, CPU) == 0
    assert not quota.exceeded(conn, user_id)
    start_at = quota_periods.of_user(conn, user_id).quota_period_start_at
    assert start_at is not None
    assert datetime.now(UTC) - start_at < timedelta(days=32)
