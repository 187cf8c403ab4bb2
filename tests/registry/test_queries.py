"""The query registry: loading, binding at import, calling."""

from __future__ import annotations

import importlib
import itertools
import logging
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from reana_db import errors, queries
from reana_db.queries import Conn, RowCount
from reana_db.records import JSON, User

Declare = Callable[..., ModuleType]

numbers = itertools.count(1)

HEADER = """\
from __future__ import annotations
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID
from reana_db.registry.arguments import Secret
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON, JobStatus, User
"""


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Declare:
    """Write a statement file and a module of a name never used before, and import the module."""
    monkeypatch.setattr(queries, "SQL_DIRECTORY", tmp_path)
    monkeypatch.setattr(queries, "_loaded", {})
    monkeypatch.syspath_prepend(tmp_path)
    name = f"subject{next(numbers)}"

    def build(sql: str, python: str) -> ModuleType:
        (tmp_path / f"{name}.sql").write_text(sql)
        (tmp_path / f"{name}.py").write_text(HEADER + python)
        return importlib.import_module(name)

    return build


def declare_one(declare: Declare, sql: str, signature: str) -> Any:
    """Declare one query named ``one``."""
    body = f'@query\ndef one{signature}:\n    """One."""\n'
    return declare(f"-- name: one\n{sql}\n", body).one


def test_a_signature_without_statement_is_refused_with_file_and_line(declare: Declare) -> None:
    with pytest.raises(errors.RegistryError, match=r"subject\d+\.py:8: no '-- name: two'"):
        declare("-- name: one\nSELECT 1", '@query\ndef two(conn: Conn) -> int:\n    "Two."\n')


def test_a_statement_without_function_is_refused_with_file_and_line(declare: Declare) -> None:
    declare_one(declare, "SELECT 1\n-- name: two\nSELECT 2", "(conn: Conn) -> int")
    with pytest.raises(
        errors.RegistryError, match=r"subject\d+\.sql:3: subject\d+\.two has no function"
    ):
        queries.refuse_unused()


def test_parameters_on_one_side_only_are_named(declare: Declare) -> None:
    with pytest.raises(errors.RegistryError, match="parameters on one side only: left, right"):
        declare_one(declare, "SELECT %(left)s::int", "(conn: Conn, right: int) -> int")


def test_the_first_parameter_must_be_the_connection(declare: Declare) -> None:
    with pytest.raises(errors.RegistryError, match="the first parameter must be conn"):
        declare_one(declare, "SELECT %(x)s::int", "(x: int) -> int")


def test_a_name_said_twice_is_refused() -> None:
    source = "-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n"
    with pytest.raises(errors.RegistryError, match=r"x\.sql:3: statement one is there twice"):
        queries.parse("x", source, Path("x.sql"))


@pytest.mark.parametrize("sql", ["SELECT 5 % 2", "SELECT 'a%'", "SELECT %(x)d", "SELECT '%s'"])
def test_a_lone_percent_sign_is_refused_with_its_line(sql: str) -> None:
    with pytest.raises(errors.RegistryError, match=r"x\.sql:2: a lone %"):
        queries.parse("x", f"-- name: one\n{sql}\n", Path("x.sql"))


def test_sql_before_the_first_name_is_refused() -> None:
    with pytest.raises(errors.RegistryError, match="before the first"):
        queries.parse("x", "SELECT 1;\n-- name: one\nSELECT 1\n", Path("x.sql"))


def test_an_empty_statement_is_refused() -> None:
    with pytest.raises(errors.RegistryError, match=r"x\.sql:1: statement one is empty"):
        queries.parse("x", "-- name: one\n-- why\n", Path("x.sql"))


def test_comments_are_not_sent_and_may_hold_percent_signs() -> None:
    source = "-- name: one\n-- 80 % of it\nSELECT '--%%' AS x /* 5 % */\n"
    statement = queries.parse("x", source, Path("x.sql"))["one"]
    assert statement.query == b"/* reana_db:x.one */ SELECT '--%%' AS x"


def test_a_statement_knows_whether_it_only_reads() -> None:
    source = "-- name: a\nSELECT 'DELETE'\n-- name: b\nWITH x AS (DELETE FROM t) SELECT 1\n"
    found = queries.parse("x", source, Path("x.sql"))
    assert (found["a"].read_only, found["b"].read_only) == (True, False)


def test_a_missing_row_is_not_found_and_names_the_arguments(declare: Declare, conn: Conn) -> None:
    one = declare_one(declare, "SELECT 1 WHERE %(x)s::int = 0", "(conn: Conn, x: int) -> int")
    with pytest.raises(errors.NotFound, match=r"subject\d+\.one: no row for x=7"):
        one(conn, 7)


def test_a_missing_row_does_not_show_a_secret(declare: Declare, conn: Conn) -> None:
    sql = "SELECT 1 WHERE %(token)s::text = ''"
    one = declare_one(declare, sql, "(conn: Conn, token: Secret) -> int")
    with pytest.raises(errors.NotFound) as caught:
        one(conn, "s3cr3t")
    assert "s3cr3t" not in str(caught.value)


def test_two_rows_where_one_is_declared_are_refused(declare: Declare, conn: Conn) -> None:
    one = declare_one(declare, "VALUES (1), (2)", "(conn: Conn) -> int | None")
    with pytest.raises(errors.RegistryError, match="2 rows where one is declared"):
        one(conn)


@pytest.mark.parametrize(
    ("sql", "annotation", "expected"),
    [
        ("SELECT 1 WHERE false", "int | None", None),
        ("SELECT NULL::int", "int | None", None),
        ("SELECT 'running'::public.jobstatus", "JobStatus", "running"),
        ("VALUES (1), (2)", "list[int]", [1, 2]),
        ("SELECT 'null'::json", "JSON", None),
        ("""SELECT '{"a": [1, null]}'::json""", "JSON", {"a": [1, None]}),
        ("SET LOCAL work_mem = '4MB'", "None", None),
    ],
)
def test_the_return_annotation_chooses_the_form(
    declare: Declare, conn: Conn, sql: str, annotation: str, expected: object
) -> None:
    assert declare_one(declare, sql, f"(conn: Conn) -> {annotation}")(conn) == expected


def test_row_count_is_the_number_of_affected_rows(declare: Declare, conn: Conn) -> None:
    conn.execute("CREATE TEMP TABLE t (x int) ON COMMIT DROP")
    one = declare_one(declare, "INSERT INTO t VALUES (1), (2)", "(conn: Conn) -> RowCount")
    assert one(conn) == RowCount(2)


def test_a_time_without_zone_comes_back_as_utc(declare: Declare, conn: Conn) -> None:
    conn.execute("SET LOCAL TimeZone = 'Europe/Zurich'")
    sql = "SELECT timestamp '2026-07-01 12:00' UNION ALL SELECT timestamptz '2026-07-01 14:00+02'"
    one = declare_one(
        declare,
        sql.replace(" UNION ALL ", " AT TIME ZONE 'UTC' UNION ALL "),
        "(conn: Conn) -> list[datetime]",
    )
    assert {value.isoformat() for value in one(conn)} == {"2026-07-01T12:00:00+00:00"}


def test_rows_stream_in_a_transaction(declare: Declare, conn: Conn) -> None:
    sql = "SELECT generate_series(1, %(n)s::int)"
    one = declare_one(declare, sql, "(conn: Conn, n: int) -> Iterator[int]")
    assert sum(one(conn, 2500)) == 2500 * 2501 // 2


def test_streaming_outside_a_transaction_is_refused(declare: Declare, db_uri: str) -> None:
    one = declare_one(declare, "SELECT 1", "(conn: Conn) -> Iterator[int]")
    with (
        psycopg.connect(db_uri, autocommit=True) as connection,
        pytest.raises(errors.InvalidArgument, match="needs a transaction"),
    ):
        one(connection)


@pytest.mark.parametrize(
    ("annotation", "value", "rule"),
    [
        ("UUID", "not-a-uuid", "must be a UUID, not str 'not-a-uuid'"),
        ("UUID", None, "must be a UUID"),
        ("int", "7", "must be an int, not str '7'"),
        ("int", True, "must be an int, not bool True"),
        ("int", 2**63, "must fit into 64 bits"),
        ("str", "a\x00b", "must not contain the character NUL"),
        ("str", "\ud800", "must not contain lone surrogates"),
        ("str", b"x", "must be a str, not bytes"),
        ("JobStatus", "flying", "must be one of created, running"),
        ("JSON", {"a": float("nan")}, "must be JSON"),
        ("JSON", {"a": object()}, "must be JSON"),
        ("JSON", {"a": "\x00"}, "must not contain the character NUL"),
        ("list[int]", 5, "must be a list, not int 5"),
        ("list[UUID]", ["x"], "must be a UUID"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_sent(
    declare: Declare, conn: Conn, annotation: str, value: object, rule: str
) -> None:
    one = declare_one(declare, "SELECT %(x)s::text", f"(conn: Conn, x: {annotation}) -> str")
    executed = queries.executions.total()
    with pytest.raises(errors.InvalidArgument, match=f"x {rule}"):
        one(conn, value)
    assert queries.executions.total() == executed


def test_a_naive_time_is_refused(declare: Declare, conn: Conn) -> None:
    one = declare_one(declare, "SELECT %(at)s::timestamptz", "(conn: Conn, at: datetime) -> str")
    naive = datetime.fromisoformat("2026-01-01T00:00:00")
    with pytest.raises(errors.InvalidArgument, match="must say its time zone"):
        one(conn, naive)


def test_a_bad_secret_is_not_shown(declare: Declare, conn: Conn) -> None:
    one = declare_one(declare, "SELECT %(x)s::text", "(conn: Conn, x: Secret) -> str")
    with pytest.raises(errors.InvalidArgument) as caught:
        one(conn, "s3cr3t\x00")
    assert "s3cr3t" not in str(caught.value)


def test_json_keeps_escaped_backslashes(declare: Declare, conn: Conn) -> None:
    one = declare_one(declare, "SELECT %(x)s::json", "(conn: Conn, x: JSON) -> JSON")
    value: JSON = {"a": "\\u0000", "é": ["\u2028", "😀"]}
    assert one(conn, value) == value


def test_arguments_are_bound_like_those_of_any_function(declare: Declare, conn: Conn) -> None:
    sql = "SELECT %(a)s::int * 10 + %(b)s::int"
    one = declare_one(declare, sql, "(conn: Conn, a: int, *, b: int = 3) -> int")
    assert (one(conn, 1), one(conn, a=1, b=2)) == (13, 12)
    for args, kwargs in (((), {}), ((1, 2), {}), ((1,), {"c": 1}), ((1,), {"a": 2})):
        with pytest.raises(TypeError):
            one(conn, *args, **kwargs)


def test_database_errors_become_typed_and_stay_psycopg_errors(declare: Declare, conn: Conn) -> None:
    conn.execute("CREATE TEMP TABLE t (x int PRIMARY KEY CHECK (x > 0)) ON COMMIT DROP")
    one = declare_one(
        declare, "INSERT INTO t VALUES (1), (%(x)s)", "(conn: Conn, x: int) -> RowCount"
    )
    for x, kind in ((1, errors.AlreadyExists), (-1, errors.InvalidValue)):
        with pytest.raises(kind) as caught, conn.transaction():
            one(conn, x)
        assert isinstance(caught.value, psycopg.Error)
        assert caught.value.sqlstate in {"23505", "23514"}
        assert caught.value.diag.table_name == "t"


def test_debug_logs_name_statements_and_never_arguments(
    declare: Declare, conn: Conn, caplog: pytest.LogCaptureFixture
) -> None:
    one = declare_one(declare, "SELECT %(x)s::text", "(conn: Conn, x: str) -> str")
    with caplog.at_level(logging.DEBUG, logger="reana_db"):
        one(conn, "argument")
    assert ".one 1 rows" in caplog.text
    assert "argument" not in caplog.text


def test_statements_work_whatever_the_row_factory_of_the_caller(
    declare: Declare, db_uri: str
) -> None:
    one = declare_one(declare, "SELECT %(x)s::uuid", "(conn: Conn, x: UUID) -> UUID")
    value: UUID = uuid4()
    with psycopg.connect(db_uri, row_factory=psycopg.rows.dict_row) as connection:
        assert one(connection, value) == value


def test_a_built_record_is_the_frozen_record_that_is_declared(declare: Declare, conn: Conn) -> None:
    sql = """
    SELECT %(id_)s::uuid, 'a@b.c', NULL::text, NULL::text, now()::timestamp, now()::timestamp
    """
    one = declare_one(declare, sql, "(conn: Conn, id_: UUID) -> User")
    user = one(conn, uuid4())
    assert type(user) is User
    assert user == replace(user) and hash(user) == hash(replace(user))
    with pytest.raises(FrozenInstanceError):
        setattr(user, "email", "other")  # noqa: B010 - mypy would refuse the assignment
