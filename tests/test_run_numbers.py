from __future__ import annotations

import random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db.queries import Conn
from tests.support import soak
from tests.support.factories import make_user, make_workflow
from tests.support.races import at_once

CREATIONS = soak.size(24, 100)

AUTOMATIC: dict[str, Any] = {"run_number_major": None, "run_number_minor": None}


def number_of(conn: Conn, workflow_id: UUID) -> tuple[int, int]:
    row = conn.execute(
        "SELECT run_number_major, run_number_minor FROM __reana.workflow WHERE id_ = %s",
        [workflow_id],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def new_run(conn: Conn, owner: UUID, name: str = "w", **columns: Any) -> tuple[int, int]:
    columns = {"name": name, **AUTOMATIC, **columns}
    return number_of(conn, make_workflow(conn, owner, **columns))


def restart(conn: Conn, owner: UUID, major: int, name: str = "w") -> tuple[int, int]:
    return new_run(conn, owner, name, restart=True, run_number_major=major)


def all_numbers(uri: str, owner: UUID, name: str) -> list[tuple[int, int]]:
    with psycopg.connect(uri) as conn:
        return conn.execute(
            "SELECT run_number_major, run_number_minor FROM __reana.workflow"
            " WHERE owner_id = %s AND name = %s ORDER BY 1, 2",
            [owner, name],
        ).fetchall()


def test_the_first_run_of_a_name_is_number_1(conn: Conn) -> None:
    assert new_run(conn, make_user(conn)) == (1, 0)


def test_the_next_run_counts_up(conn: Conn) -> None:
    owner = make_user(conn)
    assert [new_run(conn, owner) for _ in range(3)] == [(1, 0), (2, 0), (3, 0)]


def test_every_name_and_every_owner_counts_for_itself(conn: Conn) -> None:
    first, second = make_user(conn), make_user(conn)
    new_run(conn, first)
    assert new_run(conn, first, "other") == (1, 0)
    assert new_run(conn, second) == (1, 0)


def test_a_restart_counts_up_the_minor_number(conn: Conn) -> None:
    owner = make_user(conn)
    new_run(conn, owner)
    new_run(conn, owner)
    assert [restart(conn, owner, 1) for _ in range(11)][-1] == (1, 11)
    assert restart(conn, owner, 2) == (2, 1)


def test_a_restart_does_not_count_for_new_runs(conn: Conn) -> None:
    owner = make_user(conn)
    new_run(conn, owner)
    restart(conn, owner, 1)
    assert new_run(conn, owner) == (2, 0)


def test_deleted_runs_keep_their_number(conn: Conn) -> None:
    owner = make_user(conn)
    new_run(conn, owner, status="deleted")
    assert new_run(conn, owner) == (2, 0)


def test_a_run_without_restart_flag_counts_as_new(conn: Conn) -> None:
    owner = make_user(conn)
    assert new_run(conn, owner, restart=None) == (1, 0)
    assert new_run(conn, owner, restart=None) == (2, 0)


def test_a_restart_left_over_from_float_numbers_does_not_block_its_number(conn: Conn) -> None:
    owner = make_user(conn)
    new_run(conn, owner)
    make_workflow(conn, owner, name="w", run_number_major=2, restart=True, status="finished")
    assert new_run(conn, owner) == (3, 0)


def test_given_numbers_are_kept(conn: Conn) -> None:
    owner = make_user(conn)
    assert new_run(conn, owner, run_number_major=7, run_number_minor=3) == (7, 3)
    assert new_run(conn, owner) == (8, 0)


def test_a_given_major_number_gets_minor_0(conn: Conn) -> None:
    assert new_run(conn, make_user(conn), run_number_major=5) == (5, 0)


def test_one_statement_numbers_its_rows_in_turn(conn: Conn) -> None:
    owner = make_user(conn)
    conn.execute(
        "INSERT INTO __reana.workflow (created, updated, id_, owner_id, name, restart)"
        " SELECT now(), now(), md5('run' || n)::uuid, %s, 'w', false"
        " FROM generate_series(1, 5) AS n",
        [owner],
    )
    assert new_run(conn, owner) == (6, 0)


def test_a_restart_of_a_run_that_never_was_is_refused(conn: Conn) -> None:
    owner = make_user(conn)
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=r"no run w\.4 to restart"):
        restart(conn, owner, 4)


def test_a_restart_must_say_of_what(conn: Conn) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation, match="does not say what it restarts"):
        new_run(conn, make_user(conn), restart=True)


def test_a_duplicate_number_is_refused_as_before(conn: Conn) -> None:
    owner = make_user(conn)
    new_run(conn, owner)
    with pytest.raises(psycopg.errors.UniqueViolation):
        make_workflow(conn, owner, name="w", run_number_major=1, run_number_minor=0)


def test_a_temporary_table_does_not_decide_numbers(conn: Conn) -> None:
    owner = make_user(conn)
    conn.execute("CREATE TEMPORARY TABLE workflow (LIKE __reana.workflow) ON COMMIT DROP")
    conn.execute("SET LOCAL search_path = pg_temp, public, pg_catalog")
    assert new_run(conn, owner) == (1, 0)
    assert new_run(conn, owner) == (2, 0)


def test_a_hostile_search_path_does_not_decide_numbers(conn: Conn) -> None:
    owner = make_user(conn)
    conn.execute("CREATE SCHEMA hostile")
    conn.execute(
        "CREATE FUNCTION hostile.hashtextextended(text, bigint) RETURNS bigint"
        " LANGUAGE sql AS 'SELECT 1/0::bigint'"
    )
    conn.execute("SET LOCAL search_path = hostile, pg_catalog")
    assert new_run(conn, owner) == (1, 0)


def test_r2_parallel_creations_and_restarts_of_one_name_leave_no_gap(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as setup:
        owner = make_user(setup)
        new_run(setup, owner)

    def work(conn: Conn, _: int) -> None:
        for count in range(CREATIONS):
            new_run(conn, owner)
            if count % 4 == 0:
                restart(conn, owner, random.randint(1, 1 + count))

    at_once(fresh_db, 16, work)
    numbers = all_numbers(fresh_db, owner, "w")
    minors: dict[int, list[int]] = {}
    for major, minor in numbers:
        minors.setdefault(major, []).append(minor)
    assert list(minors) == list(range(1, 2 + 16 * CREATIONS))
    assert all(found == list(range(len(found))) for found in minors.values())
    assert len(numbers) == 1 + 16 * CREATIONS * 5 // 4


def test_r2_a_creator_that_gives_numbers_never_makes_another_fail(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as setup:
        owner = make_user(setup)

    def old_service(conn: Conn) -> bool:
        row = conn.execute(
            "SELECT coalesce(max(run_number_major), 0) + 1 FROM __reana.workflow"
            " WHERE owner_id = %s AND name = 'w'",
            [owner],
        ).fetchone()
        assert row is not None
        try:
            new_run(conn, owner, run_number_major=row[0], run_number_minor=0)
        except psycopg.errors.UniqueViolation:
            return False
        return True

    def work(conn: Conn, number: int) -> int:
        if number % 4 == 0:
            return sum(old_service(conn) for _ in range(20))
        for _ in range(20):
            new_run(conn, owner)
        return 20

    made = sum(at_once(fresh_db, 8, work))
    assert all_numbers(fresh_db, owner, "w") == [(major, 0) for major in range(1, made + 1)]


def test_different_names_do_not_wait_for_each_other(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as setup:
        owner = make_user(setup)
    with psycopg.connect(fresh_db) as first, psycopg.connect(fresh_db) as second:
        new_run(first, owner, "one")
        second.execute("SET lock_timeout = '2s'")
        assert new_run(second, owner, "two") == (1, 0)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            new_run(second, owner, "one")


def test_a_number_of_a_rolled_back_creation_is_given_again(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        owner = make_user(conn)
        conn.commit()
        assert new_run(conn, owner) == (1, 0)
        conn.rollback()
        assert new_run(conn, owner, id_=uuid4()) == (1, 0)
