"""Every object of the schema that is dropped or altered is missed, and made anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest
from click.testing import CliRunner

from reana_db import cli, config
from reana_db.errors import MigrationError
from reana_db.health import objects, repair
from reana_db.health.objects import Kind, SchemaObject
from reana_db.queries import Conn

pytestmark = pytest.mark.slow

MADE_ANEW = (
    Kind.FUNCTION,
    Kind.CONSTRAINT,
    Kind.INDEX,
    Kind.VIEW,
    Kind.TRIGGER,
    Kind.DEFAULT,
    Kind.NOT_NULL,
    Kind.REVOCATION,
)


def _parts(item: SchemaObject) -> tuple[str, str]:
    """Split ``name ON table``, or ``table.column``."""
    name, _, table = item.name.partition(" ON ")
    return (name, table) if table else (item.name.rpartition(".")[2], item.name.rpartition(".")[0])


def _dropped(item: SchemaObject) -> str:
    name, table = _parts(item)
    return {
        Kind.FUNCTION: f"DROP FUNCTION IF EXISTS {item.name} CASCADE",
        Kind.CONSTRAINT: f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE",
        Kind.INDEX: f"DROP INDEX {item.name}",
        Kind.VIEW: f"DROP VIEW IF EXISTS {item.name} CASCADE",
        Kind.TRIGGER: f"DROP TRIGGER {item.name}",
        Kind.DEFAULT: f"ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT",
        Kind.NOT_NULL: f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL",
        Kind.REVOCATION: f"GRANT EXECUTE ON FUNCTION {item.name} TO PUBLIC",
    }[item.kind]


def _altered(item: SchemaObject) -> str:
    """Return what makes another object of the same name, as quietly as possible."""
    name, table = _parts(item)
    if item.kind is Kind.FUNCTION:
        return f"ALTER FUNCTION {item.name} SET work_mem = '4MB'"
    if item.kind is Kind.INDEX:
        other = item.definition.partition(" WHERE ")[0] + " WHERE false"
        return f"DROP INDEX {item.name}; {other}"
    if item.kind is Kind.VIEW:
        return f"ALTER VIEW {item.name} SET (security_barrier = true)"
    if item.kind is Kind.TRIGGER:
        return f"ALTER TABLE {table} DISABLE TRIGGER {name}"
    if item.kind is Kind.DEFAULT:
        return f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT NULL"
    assert item.kind is Kind.CONSTRAINT
    rule = item.definition.partition(f" {name} ")[2]
    other = _other_rule(table, rule)
    return f"{_dropped(item)}; ALTER TABLE {table} ADD CONSTRAINT {name} {other}"


def _other_rule(table: str, rule: str) -> str:
    if rule.startswith("CHECK"):
        return "CHECK (false) NOT VALID"
    if rule.startswith("PRIMARY KEY"):
        return rule.replace("PRIMARY KEY", "UNIQUE")
    if rule.startswith("UNIQUE"):
        return f"{rule} INCLUDE ({_another_column(table, rule)})"
    return f"{rule} DEFERRABLE"


def _another_column(table: str, rule: str) -> str:
    columns = (_parts(item) for item in objects.promised() if item.kind is Kind.COLUMN)
    return next(name for name, of in columns if of == table and name not in rule)


def _of(kind: Kind) -> list[SchemaObject]:
    """Return the objects of a kind; columns of primary keys cannot be null anyway."""
    keys = [item for item in objects.promised() if "PRIMARY KEY" in item.definition]
    keyed = {
        f"{_parts(key)[1]}.{column}"
        for key in keys
        for column in key.definition.partition("(")[2].rstrip(")").split(", ")
    }
    return [
        item
        for item in objects.promised()
        if item.kind is kind and not (kind is Kind.NOT_NULL and item.name in keyed)
    ]


def _schema(conn: Conn) -> str:
    return objects.text(objects.present(conn))


DAMAGES: list[tuple[Kind, Callable[[SchemaObject], str]]] = [
    *((kind, _dropped) for kind in MADE_ANEW),
    *((kind, _altered) for kind in MADE_ANEW[:6]),
]


@pytest.mark.parametrize(
    ("kind", "damage"), DAMAGES, ids=[f"{kind}{damage.__name__}" for kind, damage in DAMAGES]
)
def test_every_object_is_missed_and_made_anew(
    kind: Kind, damage: Callable[[SchemaObject], str], conn: Conn
) -> None:
    whole = _schema(conn)
    for item in _of(kind):
        conn.execute(damage(item).encode())
    missed = {item.promised for item in objects.differences(conn)}
    assert missed.issuperset(_of(kind))
    repair.make_anew(conn)
    assert _schema(conn) == whole


def test_a_dropped_schema_of_views_is_made_anew(conn: Conn) -> None:
    whole = _schema(conn)
    conn.execute("DROP SCHEMA reana CASCADE")
    repair.make_anew(conn)
    assert _schema(conn) == whole


def test_a_view_with_other_columns_is_replaced(conn: Conn) -> None:
    whole = _schema(conn)
    conn.execute("DROP VIEW reana.runs CASCADE")
    conn.execute("CREATE VIEW reana.runs AS SELECT id_ AS other FROM __reana.workflow")
    repair.make_anew(conn)
    assert _schema(conn) == whole


def test_what_the_site_has_built_on_a_view_stands_in_the_way(conn: Conn) -> None:
    conn.execute("DROP VIEW reana.runs CASCADE")
    conn.execute("CREATE VIEW reana.runs AS SELECT id_ AS other FROM __reana.workflow")
    conn.execute("CREATE VIEW public.mine AS SELECT other FROM reana.runs")
    with pytest.raises(MigrationError, match=r"view altered: reana\.runs: cannot drop view"):
        repair.make_anew(conn)


def test_rows_that_break_a_rule_are_told_and_nothing_changes(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        conn.execute("ALTER TABLE __reana.user_ DROP CONSTRAINT uq_user__email")
        conn.execute("DROP TRIGGER zz_guard_status ON __reana.job")
        conn.execute(
            "INSERT INTO __reana.user_ (id_, email) VALUES (md5(random()::text)::uuid, 'a@x.org'),"
            " (md5(random()::text)::uuid, 'a@x.org')"
        )
        damaged = _schema(conn)
    with pytest.raises(MigrationError, match=r"constraint missing: uq_user__email .* could not"):
        repair.repair(fresh_db)
    with psycopg.connect(fresh_db) as conn:
        assert _schema(conn) == damaged


def test_what_keeps_data_is_told_and_left(conn: Conn) -> None:
    conn.execute("ALTER TABLE __reana.job DROP COLUMN prettified_cmd")
    found = repair.plan(conn)
    assert [str(item) for item in found.lost] == ["column missing: __reana.job.prettified_cmd"]


def test_a_database_without_all_migrations_is_refused(empty_db: str) -> None:
    with pytest.raises(MigrationError, match="run reana-db migrate first"):
        repair.repair(empty_db)


@pytest.fixture
def damaged_db(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database without one trigger, which the commands work on."""
    with psycopg.connect(fresh_db) as conn:
        conn.execute("DROP TRIGGER zz_guard_status ON __reana.job")
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", fresh_db)
    config.settings.cache_clear()
    yield fresh_db
    config.settings.cache_clear()


def _run(*arguments: str, answer: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(cli.main, arguments, input=answer)
    return result.exit_code, result.output


@pytest.mark.usefixtures("damaged_db")
def test_check_names_what_to_run() -> None:
    code, output = _run("check")
    assert code == 1
    assert output.splitlines() == [
        "run reana-db repair, which makes these anew:",
        "trigger missing: zz_guard_status ON __reana.job",
    ]


@pytest.mark.usefixtures("damaged_db")
def test_a_dry_run_prints_the_statements_and_changes_nothing() -> None:
    code, output = _run("repair", "--dry-run")
    assert code == 0
    assert "CREATE TRIGGER zz_guard_status" in output
    assert _run("check")[0] == 1


@pytest.mark.usefixtures("damaged_db")
def test_repair_asks() -> None:
    assert _run("repair", answer="n\n")[0] == 1
    assert _run("check")[0] == 1
    assert _run("repair", answer="y\n")[0] == 0
    assert _run("check", "--accounts") == (0, "healthy\n")


@pytest.mark.usefixtures("damaged_db")
def test_repair_answers_in_json() -> None:
    code, output = _run("repair", "--yes", "--json")
    assert code == 0
    assert [item["kind"] for item in json.loads(output)["repairs"]] == ["trigger", "comment"]


@pytest.mark.usefixtures("damaged_db")
def test_a_repair_of_nothing_says_so() -> None:
    assert _run("repair", "--yes")[0] == 0
    assert _run("repair") == (0, "nothing to repair\n")


def test_repair_lets_others_pass_and_gives_up_in_time(damaged_db: str) -> None:
    with psycopg.connect(damaged_db) as other:
        other.execute("LOCK TABLE __reana.job")
        code, output = _run("repair", "--yes", "--lock-timeout", "0.05", "--wait", "0.1")
    assert code == 1
    assert "repair: a table was in use" in output
