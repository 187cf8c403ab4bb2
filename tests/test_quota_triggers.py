"""The triggers keep every total equal to a recomputation, whatever a client writes."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import migrate, resources
from reana_db.migrating import preflight
from tests.support.factories import insert, lift_bounds, make_user, make_workflow
from tests.support.quota_recomputation import milliseconds, recomputed, stored

Conn = psycopg.Connection[Any]
STARTED = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - columns without zone
ENDED = datetime(2026, 1, 1, 13, 0, 0, 123456)  # noqa: DTZ001 - the same
HOUR = 3_600_123


@pytest.fixture
def user_id(conn: Conn) -> UUID:
    resources.create_defaults(conn)
    set_policy(conn, "cpu")
    return make_user(conn)


def set_policy(conn: Conn, value: str) -> None:
    conn.execute(
        "UPDATE __reana.setting SET value = %s WHERE name = 'termination_quota_update_policy'",
        [value],
    )


def total(conn: Conn, user_id: UUID, kind: str) -> int | None:
    return stored(conn).get((user_id, kind))


def use(conn: Conn, run_id: UUID, kind: str, used: int) -> None:
    """Write usage as the services do: one row, inserted or updated."""
    conn.execute(
        "INSERT INTO __reana.workflow_resource"
        " (created, updated, workflow_id, resource_id, quota_used)"
        " SELECT now(), now(), %s, id_, %s FROM __reana.resource WHERE type_ = %s"
        " ON CONFLICT (workflow_id, resource_id) DO UPDATE SET quota_used = excluded.quota_used",
        [run_id, used, kind],
    )


def ended_run(conn: Conn, user_id: UUID, **columns: Any) -> UUID:
    times = {"run_started_at": STARTED, "run_finished_at": ENDED, "status": "finished"}
    return make_workflow(conn, user_id, **{**times, **columns})


def set_period(conn: Conn, user_id: UUID, months: int | None, start_at: datetime | None) -> None:
    conn.execute(
        "INSERT INTO __reana.user_resource"
        " (created, updated, user_id, resource_id, quota_limit, quota_used,"
        " quota_period_months, quota_period_start_at)"
        " SELECT now(), now(), %s, id_, 0, 0, %s, %s FROM __reana.resource WHERE type_ = 'cpu'"
        " ON CONFLICT (user_id, resource_id) DO UPDATE SET"
        " quota_period_months = excluded.quota_period_months,"
        " quota_period_start_at = excluded.quota_period_start_at",
        [user_id, months, start_at],
    )


def let_a_period_end(conn: Conn, user_id: UUID) -> None:
    """Leave a user with a period that began in 2020 and is over, as time would."""
    set_period(conn, user_id, 1200, STARTED.replace(year=2020))
    conn.execute("ALTER TABLE __reana.user_resource DISABLE TRIGGER recount_updated_quota")
    conn.execute("UPDATE __reana.user_resource SET quota_period_months = 1 WHERE quota_used > 0")
    conn.execute("ALTER TABLE __reana.user_resource ENABLE TRIGGER recount_updated_quota")


def test_a_run_that_ends_is_counted(conn: Conn, user_id: UUID) -> None:
    run_id = make_workflow(conn, user_id, status="running", run_started_at=STARTED)
    conn.execute(
        "UPDATE __reana.workflow SET status = 'finished', run_finished_at = %s WHERE id_ = %s",
        [ENDED, run_id],
    )
    assert total(conn, user_id, "cpu") == HOUR
    usage = conn.execute("SELECT quota_used FROM __reana.workflow_resource ORDER BY quota_used")
    assert usage.fetchall() == [(0,), (HOUR,)]


def test_a_new_run_has_its_rows_of_usage(conn: Conn, user_id: UUID) -> None:
    run_id = make_workflow(conn, user_id, status="created")
    rows = conn.execute("SELECT workflow_id, quota_used FROM __reana.workflow_resource")
    assert rows.fetchall() == [(run_id, 0)] * 2
    assert conn.execute("SELECT FROM __reana.user_resource").fetchall() == []


def test_a_stopped_run_counts_until_it_was_stopped(conn: Conn, user_id: UUID) -> None:
    ended_run(conn, user_id, run_finished_at=None, run_stopped_at=ENDED, status="stopped")
    assert total(conn, user_id, "cpu") == HOUR


def test_nothing_is_recorded_without_the_policy(conn: Conn, user_id: UUID) -> None:
    set_policy(conn, "disk")
    ended_run(conn, user_id)
    assert conn.execute("SELECT FROM __reana.workflow_resource").fetchall() == []
    assert total(conn, user_id, "cpu") == 0


def test_times_that_are_corrected_are_counted_again(conn: Conn, user_id: UUID) -> None:
    run_id = ended_run(conn, user_id)
    conn.execute("UPDATE __reana.workflow SET run_started_at = run_finished_at - interval '1 s'")
    assert total(conn, user_id, "cpu") == 1000
    conn.execute("UPDATE __reana.workflow SET run_finished_at = NULL WHERE id_ = %s", [run_id])
    assert stored(conn) == recomputed(conn)


def test_a_clock_that_went_back_counts_zero(conn: Conn, user_id: UUID) -> None:
    ended_run(conn, user_id, run_started_at=ENDED, run_finished_at=STARTED)
    assert not total(conn, user_id, "cpu")


@pytest.mark.parametrize("column", ["run_started_at", "run_finished_at"])
@pytest.mark.parametrize("value", ["infinity", "-infinity", "0001-01-01 BC", "294276-12-31"])
@pytest.mark.parametrize("months", [None, 1, 2**31 - 1])
def test_no_time_is_too_strange(
    conn: Conn, user_id: UUID, column: str, value: str, months: int | None
) -> None:
    lift_bounds(conn)
    set_period(conn, user_id, months, STARTED)
    ended_run(conn, user_id, **{column: value})
    assert total(conn, user_id, "cpu") is not None


@pytest.mark.parametrize("start_at", ["infinity", "-infinity", "4713-01-01 BC", "294276-12-31"])
@pytest.mark.parametrize("months", [1200, 2**31 - 1])
def test_no_period_is_too_strange(conn: Conn, user_id: UUID, start_at: Any, months: int) -> None:
    lift_bounds(conn)
    set_period(conn, user_id, months, start_at)
    ended_run(conn, user_id)
    assert total(conn, user_id, "cpu") is not None


def test_sums_beyond_a_bigint_stay_countable(conn: Conn, user_id: UUID) -> None:
    runs = [make_workflow(conn, user_id) for _ in range(2)]
    for run_id in runs:
        use(conn, run_id, "disk", 2**63 - 1)
    assert total(conn, user_id, "disk") == 2**63 - 1
    use(conn, runs[0], "disk", 5)
    use(conn, runs[1], "disk", 7)
    assert total(conn, user_id, "disk") == 12


def test_a_shared_workspace_counts_once_at_its_maximum(conn: Conn, user_id: UUID) -> None:
    first, second, other = (
        make_workflow(conn, user_id, workspace_path=path) for path in ("/w/1", "/w/1", "/w/2")
    )
    use(conn, first, "disk", 100)
    use(conn, second, "disk", 150)
    use(conn, other, "disk", 1000)
    assert total(conn, user_id, "disk") == 1150
    use(conn, second, "disk", 50)
    assert total(conn, user_id, "disk") == 1100


def test_deleting_all_runs_of_a_workspace_subtracts_it_once(conn: Conn, user_id: UUID) -> None:
    runs = [make_workflow(conn, user_id, workspace_path="/w/1") for _ in range(2)]
    for run_id in runs:
        use(conn, run_id, "disk", 1000)
    other = make_workflow(conn, user_id)
    use(conn, other, "disk", 5000)
    for run_id in runs:
        use(conn, run_id, "disk", 0)
    assert total(conn, user_id, "disk") == 5000


def test_one_statement_may_insert_and_update_usage_of_a_workspace(
    conn: Conn, user_id: UUID
) -> None:
    runs = [make_workflow(conn, user_id, workspace_path="/w/1") for _ in range(2)]
    use(conn, runs[0], "disk", 5)
    conn.execute(
        "INSERT INTO __reana.workflow_resource"
        " (created, updated, workflow_id, resource_id, quota_used)"
        " SELECT now(), now(), run.id_, resource.id_, run.used"
        " FROM (VALUES (%s::uuid, 7), (%s, 9)) AS run (id_, used), __reana.resource"
        " WHERE type_ = 'disk'"
        " ON CONFLICT (workflow_id, resource_id) DO UPDATE SET quota_used = excluded.quota_used",
        runs,
    )
    assert total(conn, user_id, "disk") == 9


def test_one_statement_may_delete_runs_and_their_usage(conn: Conn, user_id: UUID) -> None:
    run_id = ended_run(conn, user_id)
    use(conn, run_id, "disk", 10)
    conn.execute(
        "WITH usage AS (DELETE FROM __reana.workflow_resource)"
        " DELETE FROM __reana.workflow WHERE id_ = %s",
        [run_id],
    )
    assert (total(conn, user_id, "cpu"), total(conn, user_id, "disk")) == (0, 0)


def test_one_statement_may_change_the_owner_the_workspace_and_the_usage(
    conn: Conn, user_id: UUID
) -> None:
    other = make_user(conn)
    runs = [ended_run(conn, owner, workspace_path="/w/1") for owner in (user_id, user_id, other)]
    for run_id, used in zip(runs, (5, 6, 4), strict=True):
        use(conn, run_id, "disk", used)
    conn.execute(
        "WITH usage AS (UPDATE __reana.workflow_resource SET quota_used = quota_used + 2"
        " WHERE workflow_id = %(run)s)"
        " UPDATE __reana.workflow SET owner_id = %(other)s, workspace_path = '/w/2'"
        " WHERE id_ = %(run)s",
        {"run": runs[0], "other": other},
    )
    assert stored(conn) == recomputed(conn)
    assert total(conn, other, "disk") == 4 + 7


@pytest.mark.parametrize("change", ["owner_id = %(other)s", "workspace_path = '/w/3'"])
def test_a_run_that_has_not_ended_may_move(
    conn: Conn, user_id: UUID, change: LiteralString
) -> None:
    runs = [make_workflow(conn, user_id, workspace_path="/w/1") for _ in range(2)]
    for run_id in runs:
        use(conn, run_id, "disk", 10)
    values = {"run": runs[0], "other": make_user(conn)}
    conn.execute(f"UPDATE __reana.workflow SET {change} WHERE id_ = %(run)s".encode(), values)
    assert stored(conn) == recomputed(conn)


def test_one_statement_may_change_the_period_and_a_run(conn: Conn, user_id: UUID) -> None:
    now = datetime.utcnow()  # noqa: DTZ003 - columns without zone
    run_id = make_workflow(conn, user_id, run_started_at=STARTED, status="running")
    set_period(conn, user_id, 12, STARTED)
    conn.execute(
        "WITH period AS (UPDATE __reana.user_resource SET quota_period_start_at = %(now)s"
        "  - interval '1 hour')"
        " UPDATE __reana.workflow SET run_finished_at = %(now)s WHERE id_ = %(run)s",
        {"now": now, "run": run_id},
    )
    assert stored(conn) == recomputed(conn)
    assert total(conn, user_id, "cpu") == 3_600_000


def test_what_clients_write_into_totals_is_ignored(conn: Conn, user_id: UUID) -> None:
    use(conn, make_workflow(conn, user_id), "disk", 10)
    conn.execute("UPDATE __reana.user_resource SET quota_used = 99, quota_limit = 7")
    rows = conn.execute("SELECT quota_used, quota_limit FROM __reana.user_resource ORDER BY 1")
    assert rows.fetchall() == [(0, 7), (10, 7)]


def test_what_clients_write_into_the_usage_of_a_run_counts(conn: Conn, user_id: UUID) -> None:
    ended_run(conn, user_id)
    conn.execute("UPDATE __reana.workflow_resource SET quota_used = 77")
    assert total(conn, user_id, "cpu") == 77


def test_usage_that_is_deleted_is_given_back(conn: Conn, user_id: UUID) -> None:
    use(conn, make_workflow(conn, user_id), "disk", 8)
    conn.execute("DELETE FROM __reana.workflow_resource")
    assert total(conn, user_id, "disk") == 0
    assert stored(conn) == recomputed(conn)


def test_missing_totals_are_made_with_the_default_limit(conn: Conn, user_id: UUID) -> None:
    conn.execute("UPDATE __reana.resource SET default_limit = 1234 WHERE type_ = 'cpu'")
    assert total(conn, user_id, "cpu") is None
    ended_run(conn, user_id)
    rows = conn.execute("SELECT quota_limit, quota_used FROM __reana.user_resource ORDER BY 1")
    assert rows.fetchall() == [(0, 0), (1234, HOUR)]


def test_a_total_made_late_holds_what_was_used_before(conn: Conn, user_id: UUID) -> None:
    use(conn, make_workflow(conn, user_id), "disk", 10)
    conn.execute("DELETE FROM __reana.user_resource")
    set_period(conn, user_id, None, None)
    use(conn, make_workflow(conn, user_id), "disk", 20)
    assert total(conn, user_id, "disk") == 30


def test_usage_never_becomes_negative(conn: Conn, user_id: UUID) -> None:
    warnings: list[str] = []
    conn.add_notice_handler(lambda notice: warnings.append(notice.message_primary or ""))
    run_id = make_workflow(conn, user_id)
    use(conn, run_id, "disk", 10)
    conn.execute("UPDATE __reana.workflow_resource SET quota_used = -1 WHERE quota_used = 10")
    assert total(conn, user_id, "disk") == 0
    assert warnings == [f"The usage of run {run_id} would become negative (-1); it is set to zero."]


def test_other_resources_are_left_alone(conn: Conn, user_id: UUID) -> None:
    gpu = uuid4()
    insert(
        conn,
        "resource",
        created="2026-01-01",
        updated="2026-01-01",
        id_=gpu,
        name="gpu time",
        type_="cpu",
        unit="milliseconds",
    )
    row = {"created": "2026-01-01", "updated": "2026-01-01", "resource_id": gpu}
    insert(conn, "user_resource", **row, user_id=user_id, quota_used=5, quota_limit=0)
    run_id = ended_run(conn, user_id)
    insert(conn, "workflow_resource", **row, workflow_id=run_id, quota_used=3)
    conn.execute("UPDATE __reana.user_resource SET quota_used = 6 WHERE resource_id = %s", [gpu])
    used = conn.execute(
        "SELECT quota_used FROM __reana.user_resource WHERE resource_id = %s", [gpu]
    ).fetchone()
    assert used == (6,)
    assert total(conn, user_id, "cpu") == HOUR


def test_truncation_empties_the_totals(conn: Conn, user_id: UUID) -> None:
    use(conn, ended_run(conn, user_id), "disk", 10)
    conn.execute("TRUNCATE __reana.workflow_resource")
    assert stored(conn) == recomputed(conn)
    conn.execute("TRUNCATE __reana.workflow CASCADE")
    assert (total(conn, user_id, "cpu"), total(conn, user_id, "disk")) == (0, 0)


@pytest.mark.parametrize("count", [1, 300])
def test_one_statement_may_end_many_runs(conn: Conn, count: int) -> None:
    resources.create_defaults(conn)
    set_policy(conn, "cpu")
    owners = [make_user(conn) for _ in range(3)]
    for number in range(count):
        make_workflow(conn, owners[number % 3], status="running", run_started_at=STARTED)
    conn.execute("UPDATE __reana.workflow SET run_finished_at = %s", [ENDED])
    assert total(conn, owners[0], "cpu") == HOUR * -(-count // 3)
    assert stored(conn) == recomputed(conn)


def test_a_temporary_table_captures_nothing(conn: Conn, user_id: UUID) -> None:
    conn.execute("CREATE TEMPORARY TABLE quota_ledger (LIKE __reana.quota_ledger)")
    conn.execute("CREATE TEMPORARY TABLE user_resource (LIKE __reana.user_resource)")
    conn.execute("SET LOCAL search_path = pg_temp, __reana, public")
    use(conn, ended_run(conn, user_id), "disk", 10)
    assert (total(conn, user_id, "cpu"), total(conn, user_id, "disk")) == (HOUR, 10)
    assert conn.execute("SELECT FROM pg_temp.quota_ledger").fetchall() == []


def test_a_hostile_search_path_changes_no_total(conn: Conn, user_id: UUID) -> None:
    run_id = make_workflow(conn, user_id, status="running", run_started_at=STARTED)
    conn.execute(
        """
        CREATE SCHEMA hostile;
        CREATE FUNCTION hostile.never(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE FUNCTION hostile.never(bigint, bigint) RETURNS boolean LANGUAGE sql
        AS 'SELECT false';
        CREATE FUNCTION hostile.minus(numeric, numeric) RETURNS numeric LANGUAGE sql
        AS 'SELECT -1.0';
        CREATE OPERATOR hostile.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = hostile.never);
        CREATE OPERATOR hostile.<> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = hostile.never);
        CREATE OPERATOR hostile.+ (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = hostile.minus);
        CREATE TEMPORARY TABLE uuid (wrong integer);
        CREATE TEMPORARY TABLE setting (LIKE __reana.setting);
        SET LOCAL search_path = hostile, pg_catalog
        """
    )
    conn.execute(
        "UPDATE __reana.workflow SET status = 'finished', run_finished_at = %s"
        " WHERE id_ OPERATOR(pg_catalog.=) %s",
        [ENDED, run_id],
    )
    conn.execute("SET LOCAL search_path = pg_catalog")
    assert total(conn, user_id, "cpu") == HOUR
    assert stored(conn) == recomputed(conn)


def test_a_period_counts_the_part_of_each_run_inside(conn: Conn, user_id: UUID) -> None:
    start_at = datetime.utcnow().replace(microsecond=0)  # noqa: DTZ003 - columns without zone
    set_period(conn, user_id, 1, start_at)
    before = start_at.replace(year=start_at.year - 1)
    after = start_at.replace(year=start_at.year + 1)
    ended_run(conn, user_id, run_started_at=before, run_finished_at=start_at)
    assert total(conn, user_id, "cpu") == 0
    ended_run(conn, user_id, run_started_at=before, run_finished_at=after)
    assert total(conn, user_id, "cpu") == milliseconds(start_at, after, None)
    set_period(conn, user_id, None, None)
    assert stored(conn) == recomputed(conn)


@pytest.mark.parametrize("count", [1, 3])
def test_a_period_that_is_over_moves_on_at_the_next_write(
    conn: Conn, user_id: UUID, count: int
) -> None:
    ended_run(conn, user_id)
    let_a_period_end(conn, user_id)
    assert total(conn, user_id, "cpu") == HOUR
    now = datetime.utcnow()  # noqa: DTZ003 - columns without zone
    runs = [make_workflow(conn, user_id, run_started_at=now) for _ in range(count)]
    conn.execute(
        "UPDATE __reana.workflow SET run_finished_at = %s WHERE id_ = ANY(%s)",
        [now.replace(year=now.year + 1), runs],
    )
    assert stored(conn) == recomputed(conn)
    assert total(conn, user_id, "cpu")
    row = conn.execute(
        "SELECT quota_period_start_at FROM __reana.user_resource"
        " WHERE quota_period_months IS NOT NULL"
    ).fetchone()
    assert row is not None
    assert 0 <= (now - row[0]).days <= 31


def test_a_new_period_without_start_begins_with_the_user(conn: Conn) -> None:
    resources.create_defaults(conn)
    user_id = make_user(conn, created="2025-01-31 08:00")
    set_period(conn, user_id, 1200, None)
    row = conn.execute("SELECT quota_period_start_at FROM __reana.user_resource").fetchone()
    assert row == (datetime(2025, 1, 31, 8),)  # noqa: DTZ001 - a column without zone


def test_the_preflight_counts_totals_that_will_change(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        resources.create_defaults(conn)
    migrate.rollback(fresh_db, to="0028-tokens-and-secrets")
    with psycopg.connect(fresh_db) as conn:
        for drift, months in ((0, None), (7, None), (7, 1)):
            user_id = make_user(conn)
            for run in range(2):  # two runs of one workspace, which counts once
                run_id = make_workflow(conn, user_id, workspace_path="/w", run_number_minor=run)
                use(conn, run_id, "disk", 100 + run)
                use(conn, run_id, "cpu", 1000)
            conn.execute(
                "INSERT INTO __reana.user_resource (created, updated, user_id, resource_id,"
                " quota_limit, quota_used, quota_period_months)"
                " SELECT now(), now(), %s, id_, 0, %s + CASE type_ WHEN 'cpu' THEN 2000 ELSE 101"
                " END, %s FROM __reana.resource",
                [user_id, drift, months],
            )
        conn.commit()
        report = preflight.report(conn, migrate.status(fresh_db))
    assert [(item.count, item.migration) for item in report.findings] == [(3, "0029-quota-totals")]


def test_an_import_of_ended_runs_takes_time_in_proportion(conn: Conn, user_id: UUID) -> None:
    """Where nothing is analysed yet, as in a new database."""

    def seconds(runs: int) -> float:
        began = time.monotonic()
        with conn.transaction(force_rollback=True):
            conn.execute(
                "INSERT INTO __reana.workflow (id_, owner_id, name, status, type_, restart,"
                " run_number_major, run_number_minor, run_started_at, run_finished_at)"
                " SELECT md5('imported ' || number)::uuid, %s, 'imported ' || number, 'finished',"
                " 'serial', FALSE, 1, 0, %s, %s FROM generate_series(1, %s) AS number",
                [user_id, STARTED, ENDED, runs],
            )
            return time.monotonic() - began

    assert min(seconds(4000) for _ in range(2)) < 10 * min(seconds(1000) for _ in range(2))
