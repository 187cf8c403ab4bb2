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
from reana_db.registry import sql_files

Declare = Callable[..., ModuleType]

numbers = itertools.count(1)

HEADER = """\
from __future__ import annotations
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID
from reana_db.registry.arguments import Id, Secret, checked
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON, JobStatus, User
"""


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Declare:
    """Write a statement file and a module of a name never used before, and import the module."""
    monkeypatch.setattr(sql_files, "SQL_DIRECTORY", tmp_path)
    monkeypatch.setattr(sql_files, "_loaded", {})
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
        sql_files.parse("x", source, Path("x.sql"))


@pytest.mark.parametrize("sql", ["SELECT 5 % 2", "SELECT 'a%'", "SELECT %(x)d", "SELECT '%s'"])
def test_a_lone_percent_sign_is_refused_with_its_line(sql: str) -> None:
    with pytest.raises(errors.RegistryError, match=r"x\.sql:2: a lone %"):
        sql_files.parse("x", f"-- name: one\n{sql}\n", Path("x.sql"))


def test_sql_before_the_first_name_is_refused() -> None:
    with pytest.raises(errors.RegistryError, match="before the first"):
        sql_files.parse("x", "SELECT 1;\n-- name: one\nSELECT 1\n", Path("x.sql"))


def test_an_empty_statement_is_refused() -> None:
    with pytest.raises(errors.RegistryError, match=r"x\.sql:1: statement one is empty"):
        sql_files.parse("x", "-- name: one\n-- why\n", Path("x.sql"))


def test_comments_are_not_sent_and_may_hold_percent_signs() -> None:
    source = "-- name: one\n-- 80 % of it\nSELECT '--%%' AS x /* 5 % */\n"
    statement = sql_files.parse("x", source, Path("x.sql"))["one"]
    assert statement.query == b"/* reana_db:x.one */ SELECT '--%%' AS x"


def test_a_statement_knows_whether_it_only_reads() -> None:
    source = "-- name: a\nSELECT 'DELETE'\n-- name: b\nWITH x AS (DELETE FROM t) SELECT 1\n"
    found = sql_files.parse("x", source, Path("x.sql"))
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
    with pytest.raises(errors.RegistryError, match="2 rows instead of one"):
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
        pytest.raises(errors.InvalidArgument, match="in a transaction"),
    ):
        one(connection)


@pytest.mark.parametrize(
    ("annotation", "value", "rule"),
    [
        ("Id", "not-a-uuid", "must be a UUID or its text, not str 'not-a-uuid'"),
        ("Id", None, "must be a UUID"),
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
        ("list[int]", 5, "must be several values, not int 5"),
        ("list[Id]", ["x"], "must be a UUID"),
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


@pytest.mark.parametrize("text", ["00000000-0000-0000-0000-00000000000a", "A".rjust(32, "0")])
def test_an_id_may_be_given_as_its_text(declare: Declare, conn: Conn, text: str) -> None:
    one = declare_one(declare, "SELECT %(x)s", "(conn: Conn, x: Id) -> UUID")
    assert one(conn, text) == one(conn, UUID(int=10)) == UUID(int=10)


def test_a_private_query_takes_what_its_caller_checked(declare: Declare, conn: Conn) -> None:
    python = '@query\ndef _one(conn: Conn, x: int, y: JSON) -> str:\n    """One."""\n'
    _one = declare("-- name: _one\nSELECT concat(%(x)s::text, %(y)s::json)", python)._one
    assert _one(conn, "as it is", {"a": 1}) == 'as it is{"a": 1}'


def test_an_error_names_the_public_function_that_was_called(declare: Declare, conn: Conn) -> None:
    python = """

@query
def _one(conn: Conn, x: int) -> int:
    "Return a number."

@checked
def outer(conn: Conn, x: int) -> int:
    "Return a number."
    return _one(conn, x)
"""
    module = declare("-- name: _one\nSELECT 1 WHERE %(x)s::int = 0", python)
    with pytest.raises(errors.NotFound, match=rf"^{module.__name__}\.outer: no row for x=7$") as e:
        module.outer(conn, 7)
    assert (e.value.function, e.value.reason) == (f"{module.__name__}.outer", "no row for x=7")


def test_a_record_stands_for_its_fields(declare: Declare, conn: Conn) -> None:
    python = """
from dataclasses import dataclass

@dataclass
class Pair:
    left: int
    right: int

@query
def _one(conn: Conn, *, pair: Pair, times: int) -> int:
    "Return a number."
"""
    sql = "-- name: _one\nSELECT (%(left)s::int + %(right)s::int) * %(times)s::int"
    module = declare(sql, python)
    assert module._one(conn, pair=module.Pair(1, 2), times=5) == 15


def test_several_functions_may_share_a_statement(declare: Declare, conn: Conn) -> None:
    python = "".join(
        f'@query\ndef {name}(conn: Conn, x: int) -> {returned}:\n    "One."\n'
        for name, returned in (("one", "int"), ("find_one", "int | None"))
    )
    module = declare("-- name: one, find_one\nSELECT 1 WHERE %(x)s::int = 0", python)
    assert module.find_one(conn, 5) is None
    with pytest.raises(errors.NotFound):
        module.one(conn, 5)


def test_a_statement_includes_parts_with_their_comments() -> None:
    source = (
        "-- part: columns\n-- not null: b\na,\n-- include: last\n\n-- part: last\nb\n\n"
        "-- name: one\nSELECT\n    -- include: columns\nFROM t;\n"
    )
    one = sql_files.parse("x", source, Path("x.sql"))["one"]
    assert one.text == "SELECT\n    a,\n    b\nFROM t"
    assert one.not_null == {"b"}


def test_a_part_that_is_not_there_is_refused() -> None:
    source = "-- name: one\nSELECT 1\n-- include: two\n"
    with pytest.raises(errors.RegistryError, match=r"x\.sql:1: there is no part two"):
        sql_files.parse("x", source, Path("x.sql"))


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
