"""The verification of statements finds each way in which one does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from reana_db import queries
from reana_db.health import statements
from reana_db.queries import Conn
from reana_db.records import JSON, JobStatus, User
from reana_db.registry import sql_files

OUTER_JOIN = "__reana.workflow AS z LEFT JOIN __reana.user_ AS q ON z.owner_id = q.id_"


@dataclass(frozen=True, slots=True)
class Pair:
    """A workflow and its owner's e-mail address."""

    name: str | None
    email: str


def returning(annotation: Any, **parameters: Any) -> Callable[..., Any]:
    """Return a function with these annotations."""

    def function() -> None:
        """Do nothing."""

    function.__annotations__ = {**parameters, "return": annotation}
    return function


def messages(conn: Conn, sql: str, function: Callable[..., Any]) -> list[str]:
    """Verify one statement."""
    statement = sql_files.parse("x", f"-- name: one\n{sql}\n", Path("x.sql"))["one"]
    statement.function = function
    return [problem.message for problem in statements.verify(conn, [statement])]


def test_every_statement_of_the_library_fits_the_schema(conn: Conn) -> None:
    assert statements.verify(conn) == []


def test_no_reading_statement_calls_a_function_that_may_write(conn: Conn) -> None:
    volatile = conn.execute(
        "SELECT proname FROM pg_proc"
        " WHERE provolatile = 'v' AND pronamespace = '__reana'::regnamespace"
    )
    names = "|".join(row[0] for row in volatile)
    calls = re.compile(rf"__reana\.({names})\(")
    reading = [item for item in queries.registered() if item.read_only]
    assert [item.place for item in reading if calls.search(item.text)] == []


def test_a_missing_table_is_found(conn: Conn) -> None:
    assert messages(conn, "SELECT x.y FROM __reana.x", returning(int)) == [
        'does not prepare: relation "__reana.x" does not exist'
    ]


def test_columns_in_another_order_than_the_record_are_found(conn: Conn) -> None:
    sql = "SELECT user_.email, user_.username AS name FROM __reana.user_"
    (message,) = messages(conn, sql, returning(list[Pair]))
    assert message == "columns ['email', 'name'] where Pair has ['name', 'email']"


def test_a_missing_column_is_found(conn: Conn) -> None:
    sql = "SELECT user_.id_ FROM __reana.user_"
    assert messages(conn, sql, returning(list[User])) == ["1 columns where 6 are promised"]


@pytest.mark.parametrize(
    ("column", "annotation", "found"),
    [
        ("sum(3)::numeric", int | None, "is numeric where int | None is promised"),
        ("count(*)", int, None),
        ("max(user_.username)", str, "can be NULL where str is promised"),
        ("max(user_.username)", str | None, None),
        ("ARRAY['running']::public.jobstatus[]", tuple[JobStatus, ...] | None, None),
        ("max('running'::public.jobstatus)", JobStatus | None, None),
        ("'{}'::json", JSON, None),
        ("'{}'::json", str, "is json where str is promised"),
    ],
)
def test_types_of_expressions_are_compared(
    conn: Conn, column: str, annotation: Any, found: str | None
) -> None:
    sql = f"SELECT {column} AS x FROM __reana.user_"
    expected = [f"x {found}"] if found else []
    assert messages(conn, sql, returning(list[annotation])) == expected


def test_a_nullable_column_must_be_promised_as_optional(conn: Conn) -> None:
    sql = "SELECT user_.username AS x FROM __reana.user_"
    assert messages(conn, sql, returning(list[str])) == ["x can be NULL where str is promised"]
    assert messages(conn, sql, returning(list[str | None])) == []


def test_a_statement_can_vouch_for_an_expression(conn: Conn) -> None:
    sql = "-- not null: x\nSELECT max(job.created) AS x FROM __reana.job"
    assert messages(conn, sql, returning(datetime)) == []


@pytest.mark.parametrize(
    ("joined", "nullable"),
    [
        ("__reana.workflow AS w INNER JOIN __reana.user_ AS u ON w.owner_id = u.id_", False),
        ("__reana.workflow AS w LEFT JOIN __reana.user_ AS u ON w.owner_id = u.id_", True),
        ("__reana.user_ AS u RIGHT JOIN __reana.workflow AS w ON w.owner_id = u.id_", True),
        ("__reana.user_ AS u LEFT JOIN __reana.workflow AS w ON w.owner_id = u.id_", False),
        ("__reana.user_ AS u FULL JOIN __reana.workflow AS w ON w.owner_id = u.id_", True),
        (f"(SELECT q.email FROM {OUTER_JOIN} OFFSET 0) AS u", True),
    ],
)
def test_outer_joins_make_columns_nullable(conn: Conn, joined: str, *, nullable: bool) -> None:
    found = messages(conn, f"SELECT u.email FROM {joined}", returning(list[str]))
    assert bool(found) is nullable


def test_a_number_that_needs_a_cast_once_it_is_large_is_found(conn: Conn) -> None:
    sql = "SELECT now() - make_interval(hours => %(h)s) > now() IS NULL AS x"
    found = messages(conn, sql, returning(bool | None, h=int))
    assert [message for message in found if "as sent (h: int8)" in message]


def test_a_text_compared_with_a_uuid_is_found(conn: Conn) -> None:
    sql = "SELECT user_.email FROM __reana.user_ WHERE user_.email = %(x)s"
    (message,) = messages(conn, sql, returning(list[str], x=UUID))
    assert message.startswith("does not prepare as sent (x: uuid)")


def test_an_uncast_nullable_parameter_is_found(conn: Conn) -> None:
    sql = "SELECT 1 WHERE %(x)s IS NULL"
    assert messages(conn, sql, returning(int | None, x=str | None))


def test_a_time_without_cast_is_found(conn: Conn) -> None:
    sql = "SELECT user_.email FROM __reana.user_ WHERE user_.created > %(since)s"
    found = messages(conn, sql, returning(list[str], since=datetime))
    assert found == ["since: a time must be cast, %(since)s::timestamptz"]


def test_verification_leaves_the_transaction_usable_and_nothing_prepared(conn: Conn) -> None:
    messages(conn, "SELECT nonsense", returning(int))
    prepared = conn.execute(
        "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'reana%'"
    ).fetchone()
    assert prepared == (0,)
