"""Quota periods: arithmetic of months, and what is counted in them."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reana_db import errors, quota, quota_periods, resources
from reana_db.queries import Conn
from reana_db.quota_periods import QuotaPeriod
from reana_db.records import ResourceType
from tests.support.factories import make_user, make_workflow
from tests.support.quota_recomputation import milliseconds, recomputed, stored

CREATED = datetime(2025, 1, 31, 8, tzinfo=UTC)


@pytest.fixture
def user_id(conn: Conn) -> UUID:
    resources.create_defaults(conn)
    return make_user(conn, created=CREATED.replace(tzinfo=None))


def period_start(conn: Conn, start_at: datetime, months: int, now: datetime) -> datetime:
    row = conn.execute(
        "SELECT __reana.current_period_start(%s, %s, %s)", [start_at, months, now]
    ).fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def add_months(start_at: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last one of a shorter month."""
    month = start_at.month - 1 + months
    year, month = start_at.year + month // 12, month % 12 + 1
    day = min(start_at.day, calendar.monthrange(year, month)[1])
    return start_at.replace(year=year, month=month, day=day)


def expected_start(start_at: datetime, months: int, now: datetime) -> datetime:
    while now >= add_months(start_at, months):
        start_at = add_months(start_at, months)
    return start_at


@pytest.mark.parametrize(
    ("start_at", "months", "now", "expected"),
    [
        ("2026-01-31 10:00", 1, "2026-02-28 09:59:59.999999", "2026-01-31 10:00"),
        ("2026-01-31 10:00", 1, "2026-02-28 10:00", "2026-02-28 10:00"),
        ("2026-01-31 10:00", 1, "2026-03-28 10:00", "2026-03-28 10:00"),
        ("2026-01-31 10:00", 2, "2026-03-30 10:00", "2026-01-31 10:00"),
        ("2026-01-31 10:00", 2, "2026-03-31 10:00", "2026-03-31 10:00"),
        ("2024-01-31", 1, "2024-02-29", "2024-02-29"),
        ("2024-02-29", 12, "2025-02-27", "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28", "2025-02-28"),
        ("2024-02-29", 12, "2028-02-29", "2028-02-28"),
        ("2023-12-31", 6, "2024-06-30", "2024-06-30"),
        ("2023-12-31", 6, "2024-12-31", "2024-12-30"),
        ("2030-01-01", 1, "2026-01-01", "2030-01-01"),
        ("2026-01-01", 1, "2026-01-01", "2026-01-01"),
        ("2026-01-01", 2**31 - 1, "2026-06-01", "2026-01-01"),
        ("1900-01-31", 1, "2026-01-15", "2025-12-28"),
    ],
)
def test_the_current_period(
    conn: Conn, start_at: str, months: int, now: str, expected: str
) -> None:
    found = period_start(
        conn, datetime.fromisoformat(start_at), months, datetime.fromisoformat(now)
    )
    assert found == datetime.fromisoformat(expected)


TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - no zone there
CHECKS = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@CHECKS
@given(start_at=TIMES, months=st.integers(1, 40), now=TIMES)
def test_periods_are_those_of_another_calendar(
    conn: Conn, start_at: datetime, months: int, now: datetime
) -> None:
    found = period_start(conn, start_at, months, now)
    assert found == expected_start(start_at, months, now)
    assert found == start_at or found <= now < add_months(found, months)
    assert period_start(conn, found, months, now) == found


@CHECKS
@given(started=TIMES, ended=TIMES, since=st.none() | TIMES)
def test_milliseconds_are_those_of_the_services(
    conn: Conn, started: datetime, ended: datetime, since: datetime | None
) -> None:
    row = conn.execute(
        "SELECT __reana.cpu_milliseconds(%s, %s, %s)", [started, ended, since]
    ).fetchone()
    assert row == (milliseconds(started, ended, since),)


@pytest.mark.slow
@CHECKS
@given(
    runs=st.lists(st.tuples(TIMES, TIMES), max_size=5),
    months=st.none() | st.integers(1, 40),
    start_at=TIMES,
)
def test_totals_are_the_parts_inside_the_period(
    conn: Conn, runs: list[tuple[datetime, datetime]], months: int | None, start_at: datetime
) -> None:
    with conn.transaction(force_rollback=True):
        resources.create_defaults(conn)
        user_id = make_user(conn)
        if months:
            start = start_at.replace(tzinfo=UTC)
            quota_periods.set_period(conn, user_id=user_id, months=months, start_at=start)
        for started, ended in runs:
            make_workflow(conn, user_id, run_started_at=started, run_finished_at=ended)
        assert stored(conn) == recomputed(conn)


def test_a_period_begins_with_the_user(conn: Conn, user_id: UUID) -> None:
    assert quota_periods.set_period(conn, user_id=user_id, months=1200) == QuotaPeriod(
        1200, CREATED
    )


def test_a_start_stays_when_the_months_change(conn: Conn, user_id: UUID) -> None:
    start_at = datetime.now(UTC) - timedelta(days=3)
    quota_periods.set_period(conn, user_id=user_id, months=2, start_at=start_at)
    found = quota_periods.set_period(conn, user_id=user_id, months=3)
    assert found == quota_periods.of_user(conn, user_id) == QuotaPeriod(3, start_at)


def test_a_start_is_moved_and_reset(conn: Conn, user_id: UUID) -> None:
    future = datetime.now(UTC) + timedelta(days=300)
    quota_periods.set_period(conn, user_id=user_id, months=1200)
    found = quota_periods.set_start(conn, user_id=user_id, start_at=future)
    assert found == QuotaPeriod(1200, future)
    found = quota_periods.set_start(conn, user_id=user_id, start_at=None)
    assert found == QuotaPeriod(1200, CREATED)


def test_a_start_without_period_is_refused(conn: Conn, user_id: UUID) -> None:
    with pytest.raises(errors.InvalidArgument, match="needs a quota period"):
        quota_periods.set_start(conn, user_id=user_id, start_at=CREATED)


@pytest.mark.parametrize("months", [0, -1, 2**31, True])
def test_months_that_are_refused(conn: Conn, user_id: UUID, months: int) -> None:
    with pytest.raises(errors.InvalidArgument, match="months"):
        quota_periods.set_period(conn, user_id=user_id, months=months)


def test_a_user_without_quota_has_no_period(conn: Conn, user_id: UUID) -> None:
    with pytest.raises(errors.NotFound):
        quota_periods.of_user(conn, user_id)
    with pytest.raises(errors.NotFound):
        quota_periods.clear(conn, user_id)


def test_usage_follows_the_period(conn: Conn, user_id: UUID) -> None:
    now = datetime.now(UTC)
    quota.set_policy(conn, [ResourceType.cpu])
    for days in (1, 400):
        started = now - timedelta(days=days)
        ended = started + timedelta(hours=1)
        make_workflow(conn, user_id, run_started_at=started, run_finished_at=ended)
    assert quota.of_user(conn, user_id)[0].quota_used == 7_200_000
    quota_periods.set_period(
        conn, user_id=user_id, months=12, start_at=now - timedelta(days=1, minutes=-30)
    )
    assert quota.of_user(conn, user_id)[0].quota_used == 1_800_000
    quota_periods.clear(conn, user_id)
    assert quota.of_user(conn, user_id)[0].quota_used == 7_200_000


def test_users_without_period_get_the_default(conn: Conn, user_id: UUID) -> None:
    users = [user_id, make_user(conn, email="b@example.org")]
    quota.set_limit(conn, user_ids=users, type_=ResourceType.cpu, limit=0)
    quota_periods.set_period(conn, user_id=user_id, months=1)
    assert quota_periods.users_without_period(conn) == ["b@example.org"]
    assert quota_periods.init_default(conn, months=2) == ["b@example.org"]
    assert quota_periods.init_default(conn, months=2) == []
    assert quota_periods.of_user(conn, users[1]).quota_period_months == 2
