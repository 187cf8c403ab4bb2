"""``reana-db migrate`` and ``init`` as people and charts call them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reana_db import config, migrate
from reana_db.cli import main
from reana_db.errors import MigrationError
from reana_db.migrating import files, installation
from tests.commands.test_command_line import leaves
from tests.support import migration_steps, released_schemas
from tests.support.databases import Databases
from tests.support.migration_sets import rows
from tests.support.schema_snapshot import snapshot

pytestmark = pytest.mark.slow

NAMES = [file.id for file in files.read()]


class Run(Protocol):
    def __call__(self, *arguments: str, uri: str = ..., answer: str = ...) -> Result: ...


@pytest.fixture
def run(empty_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run reana-db on ``empty_db``, or on the database of a URI."""

    def call(*arguments: str, uri: str = empty_db, answer: str = "") -> Result:
        monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", uri)
        config.settings.cache_clear()
        return CliRunner().invoke(main, arguments, input=answer)

    yield call
    config.settings.cache_clear()


def ok(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result) -> str:
    """Return the one sentence on standard error."""
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    sentences = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(sentences) == 1
    return sentences[0]


def test_migrate_says_what_it_applied_and_then_that_there_is_nothing_to_do(run: Run) -> None:
    assert ok(run("migrate")).splitlines() == [f"applied {name}" for name in NAMES]
    assert ok(run("migrate")) == "nothing to do\n"


def test_migrate_prints_json(run: Run) -> None:
    assert json.loads(ok(run("migrate", "--to", "0002", "--json"))) == {
        "origin": None,
        "adopted": [],
        "applied": NAMES[:2],
        "rolled_back": [],
    }


def test_check_tells_by_its_exit_status(run: Run, empty_db: str) -> None:
    result = run("migrate", "--check")
    assert (result.exit_code, result.stderr) == (1, f"{len(NAMES)} migrations are pending\n")
    migrate.apply(empty_db)
    assert ok(run("migrate", "--check")) == ""


def test_a_dry_run_is_a_script_that_says_what_holds_locks(run: Run, empty_db: str) -> None:
    before = snapshot(empty_db)
    output = ok(run("migrate", "--dry-run"))
    assert output.startswith(f"-- {len(NAMES)} migrations are pending\n")
    assert "-- 0005-run-numbers holds a lock on workflow: " in output
    positions = [output.index(f"\n-- {name}.sql\n") for name in NAMES]
    assert positions == sorted(positions)
    assert snapshot(empty_db) == before


def test_the_output_of_a_dry_run_is_what_migrate_does(run: Run, empty_db: str, db_uri: str) -> None:
    transactional = NAMES.index("0021-indexes")
    script = ok(run("migrate", "--dry-run", "--to", NAMES[transactional - 1]))
    with psycopg.connect(empty_db) as conn:
        conn.execute(script.encode())
    migration_steps.apply(empty_db, files.read()[transactional:])
    assert snapshot(empty_db) == snapshot(db_uri)


def test_a_dry_run_ends_where_it_is_told(run: Run) -> None:
    document = json.loads(ok(run("migrate", "--dry-run", "--json", "--to", "3")))
    assert document["pending"] == NAMES[:3]
    assert list(document["sql"]) == NAMES[:3]


def test_a_preflight_without_findings_says_so(run: Run, empty_db: str) -> None:
    assert "nothing needs attention" not in ok(run("migrate", "--preflight"))
    migrate.apply(empty_db)
    output = ok(run("migrate", "--preflight"))
    assert output == "-- 0 migrations are pending\n-- nothing needs attention\n"


def test_the_first_policy_is_that_of_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(config.POLICY_VARIABLE, "disk,cpu")
    ok(run("migrate"))
    assert ok(run("quota", "policy")) == "cpu, disk\n"
    ok(run("quota", "policy", "none"))
    ok(run("migrate"))
    assert ok(run("quota", "policy")).startswith("none\n")


def test_the_preflight_counts_rows(run: Run, empty_db: str) -> None:
    released_schemas.load_database(empty_db, "0.8.0")
    output = ok(run("migrate", "--preflight"))
    assert "-- adopts a database of Alembic 6568d7cb6710\n" in output
    assert "-- 0005-run-numbers: 40 runs get a major and a minor number" in output
    document = json.loads(ok(run("migrate", "--preflight", "--json")))
    assert {item["check"] for item in document["findings"]} >= {"orphan_jobs", "orphan_job_cache"}


def test_status_lists_applied_and_pending(run: Run, empty_db: str) -> None:
    migrate.apply(empty_db, to="0001")
    lines = ok(run("migrate", "status")).splitlines()
    assert lines[0].startswith("0001-initial ")
    assert " UTC  by " in lines[0]
    assert lines[1].split() == ["0002-launcher-url", "pending"]
    document = json.loads(ok(run("migrate", "status", "--json")))
    assert document["current"] is False
    assert [item["id"] for item in document["applied"]] == ["0001-initial"]
    assert [item["id"] for item in document["pending"]] == NAMES[1:]


def test_status_of_an_older_release_says_what_migrate_would_adopt(run: Run, empty_db: str) -> None:
    released_schemas.load(empty_db, "d34f3905043c")
    lines = ok(run("migrate", "status")).splitlines()
    assert lines[0] == "not adopted yet: this is a database of Alembic d34f3905043c"
    assert lines[2].split() == ["0002-launcher-url", "to", "be", "adopted"]
    migrate.apply(empty_db)
    assert "adopted from Alembic d34f3905043c" in ok(run("migrate", "status"))


def test_status_names_migrations_of_a_newer_release(run: Run, empty_db: str) -> None:
    migrate.apply(empty_db, to="0001")
    with psycopg.connect(empty_db) as conn:
        for table in ("yoyo_migration", "yoyo_log"):
            conn.execute(f"UPDATE __reana.{table} SET migration_id = '9999-later'".encode())
    assert "not known to this release" in ok(run("migrate", "status"))
    assert "a newer release made them" in refused(run("migrate", "--dry-run"))
    result = run("migrate", "--check")
    assert (result.exit_code, result.stderr) == (1, "not known to this release: 9999-later\n")


def test_history_needs_no_database(run: Run) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    assert [
        line.split()[0] for line in ok(run("migrate", "history", uri=nowhere)).splitlines()
    ] == NAMES
    document = json.loads(ok(run("migrate", "history", "--json", uri=nowhere)))
    assert document[0]["summary"].startswith("The schema of reana-db 0.8.0")


def test_down_asks_first(run: Run, empty_db: str) -> None:
    migrate.apply(empty_db, to="0002")
    result = run("migrate", "down", answer="n\n")
    assert result.exit_code == 1
    assert "0002-launcher-url" in result.stderr
    assert len(migrate.status(empty_db).applied) == 2
    assert ok(run("migrate", "down", answer="y\n")) == "rolled back 0002-launcher-url\n"


def test_down_with_yes_does_not_ask(run: Run, empty_db: str) -> None:
    migrate.apply(empty_db, to="0003")
    assert ok(run("migrate", "down", "--to", "0002", "--yes")) == (
        "rolled back 0003-retention-rules\n"
    )
    ok(run("migrate", "down", "--all", "--yes"))
    assert ok(run("migrate", "down", "--all")) == "nothing to do\n"
    assert "no migration to roll back" in refused(run("migrate", "down", "--yes"))
    assert run("migrate", "down", "--all", "--to", "0001").exit_code == 2


def test_new_begins_a_migration_with_its_rollback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "0007-old.sql").write_text("SELECT 1;")
    (tmp_path / "0007-old.rollback.sql").write_text("SELECT 1;")
    created = ok(run("migrate", "new", "Owner index, again", "--directory", str(tmp_path)))
    assert created.splitlines() == [
        str(tmp_path / "0008-owner-index-again.sql"),
        str(tmp_path / "0008-owner-index-again.rollback.sql"),
    ]
    new = files.read(tmp_path)[-1]
    assert (new.depends, new.summary) == ("0007-old", "Owner index, again.")
    assert "says nothing" in refused(run("migrate", "new", "?!", "--directory", str(tmp_path)))


# --- errors are one sentence


def test_an_unreachable_server_is_one_sentence_without_the_password(run: Run) -> None:
    result = run("migrate", uri="postgresql://reana:hunter2@127.0.0.1:1/reana")
    assert "port 1 failed: Connection refused" in refused(result)
    assert "hunter2" not in result.output


def test_a_missing_database_is_one_sentence(run: Run, empty_db: str) -> None:
    missing = make_conninfo(empty_db, dbname="no_such_database")
    assert 'database "no_such_database" does not exist' in refused(run("migrate", uri=missing))


def test_an_unknown_revision_is_one_sentence(run: Run, empty_db: str) -> None:
    released_schemas.load(empty_db, "d34f3905043c")
    with psycopg.connect(empty_db) as conn:
        conn.execute("UPDATE __reana.alembic_version SET version_num = 'c0ffee'")
    assert "upgrade with 0.8.0 first" in refused(run("migrate"))
    assert "upgrade with 0.8.0 first" in refused(run("migrate", "status"))


def test_another_migration_that_goes_on_is_one_sentence(run: Run, empty_db: str) -> None:
    with psycopg.connect(empty_db, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(491327155809)")
        assert "another process has been migrating" in refused(run("migrate", "--wait", "0.2"))


def test_the_command_starts_without_what_only_migrations_need() -> None:
    code = "import sys; from reana_db.cli import main; print('yoyo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_help_names_every_command_and_imports_none() -> None:
    code = (
        "import sys; from reana_db.cli import main; main(['--help'], standalone_mode=False); "
        "print([name for name in sys.modules if name.startswith('reana_db.commands')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "migrate" in done.stdout
    assert "alembic" not in done.stdout
    assert done.stdout.endswith("[]\n")


# --- init


@pytest.fixture
def missing_db(server: Databases, empty_db: str) -> Iterator[str]:
    """The URI of a database that does not exist."""
    name = f"{conninfo_to_dict(empty_db)['dbname']}_init"
    yield server.uri(name)
    with psycopg.connect(empty_db, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {name}".encode())


def test_init_makes_a_database_that_reana_can_use(run: Run, missing_db: str, db_uri: str) -> None:
    output = ok(run("init", uri=missing_db))
    assert output.startswith("created the database\napplied 0001-initial\n")
    assert output.endswith("created 2 default resources\n")
    assert snapshot(missing_db) == snapshot(db_uri)
    assert rows(
        missing_db,
        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()",
    ) == [("UTF8",)]
    assert rows(
        missing_db, "SELECT name, type_::text, unit::text FROM __reana.resource ORDER BY 1"
    ) == [
        ("processing time", "cpu", "milliseconds"),
        ("shared storage", "disk", "bytes_"),
    ]
    document: dict[str, Any] = json.loads(ok(run("init", "--json", uri=missing_db)))
    assert (document["database_created"], document["resources_created"]) == (False, 0)


def test_init_by_several_at_once_happens_once(missing_db: str) -> None:
    done: list[installation.Installation] = []
    threads = [
        threading.Thread(target=lambda: done.append(installation.install(missing_db)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(item.database_created for item in done) == 1
    assert sum(len(item.migrations.applied) for item in done) == len(NAMES)
    assert sum(item.resources_created for item in done) == 2


def test_init_by_a_role_that_may_not_create_databases_is_refused(
    missing_db: str, empty_db: str
) -> None:
    with psycopg.connect(empty_db, autocommit=True) as conn:
        conn.execute("CREATE ROLE no_creator LOGIN PASSWORD 'test'")
        try:
            poor = make_conninfo(missing_db, user="no_creator", password="test")
            with pytest.raises(MigrationError, match="does not exist, and the role no_creator may"):
                installation.install(poor)
        finally:
            conn.execute("DROP ROLE no_creator")


def test_init_of_an_unreachable_server_says_so(run: Run) -> None:
    result = run("init", uri="postgresql://reana@127.0.0.1:1/reana")
    assert "Connection refused" in refused(result)


# --- the names of Alembic


@pytest.mark.parametrize(
    "arguments", [("current", "-v"), ("current", "--verbose"), ("history", "-v")]
)
def test_the_options_of_alembic_still_work(arguments: tuple[str, ...], run: Run) -> None:
    ok(run("alembic", *arguments))


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("downgrade",), "-1 undoes the latest migration, base all of them"),
        (("history", "-r", "base:head"), "use reana-db migrate status"),
        (("history", "-i"), "use reana-db migrate status"),
    ],
)
def test_other_options_of_alembic_say_what_to_use(
    arguments: tuple[str, ...], advice: str, run: Run
) -> None:
    result = run("alembic", *arguments)
    assert result.exit_code == 2
    assert advice in result.stderr


def test_downgrade_asks_as_down_does(run: Run, empty_db: str) -> None:
    ok(run("migrate", "--to", "0002"))
    assert run("alembic", "downgrade", "-1", answer="n\n").exit_code == 1
    assert len(migrate.status(empty_db).applied) == 2


WITHOUT_MIGRATIONS = {
    ("check",): "says what to run as its first line, see below",
    ("demo",): "has a database of its own",
    ("init",): "migrates",
    ("migrate",): "migrates",
    ("migrate", "down"): "undoes migrations",
    ("migrate", "history"): "needs no database",
    ("migrate", "new"): "needs no database",
    ("migrate", "status"): "shows which migrations are pending",
    ("repair",): "says what to run, see below",
    ("roles", "create"): "roles belong to the server",
    ("sql",): "needs no database",
    ("status", "rules"): "needs no database",
    ("wait",): "waits for the server",
}
"""Commands that have something to do before all migrations are applied."""
WITH_SETTINGS = {
    ("settings", "get"),
    ("settings", "list"),
    ("settings", "set"),
    ("status", "mode"),
}
"""Commands that need the table of settings only: the mode is chosen before the rules are there."""
ARGUMENTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("quota", "set"): ("alice@example.org", "--limit", "1"),
    ("settings", "get"): ("status_mode",),
    ("settings", "set"): ("status_mode", "observe"),
    ("status", "history"): ("00000000-0000-0000-0000-000000000000",),
    ("status", "prune"): ("--older-than", "1"),
}


@pytest.mark.parametrize("to", [None, NAMES[-2]])
def test_every_command_says_first_that_migrations_are_missing(
    to: str | None, run: Run, empty_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REANA_SECRET_KEY", "a key that is long enough")
    monkeypatch.setenv("REANA_SECRET_KEY_PREVIOUS", "the key that was used before")
    monkeypatch.setenv("REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS", "3")
    lacks = f"{len(NAMES)} migrations"
    if to:
        migrate.apply(empty_db, to=to)
        lacks = "1 migration"
    for path in leaves(main):
        if path not in WITHOUT_MIGRATIONS:
            result = run(*path, *ARGUMENTS.get(path, ()))
            error, first = "Error: ", result.output.splitlines()[0]
            refused = not (to and path in WITH_SETTINGS)
            assert first.removeprefix(error) == f"run reana-db migrate: the database lacks {lacks}"
            assert (first.startswith(error), result.exit_code) == (refused, int(refused)), path


@pytest.mark.parametrize("to", [None, "0020"])
def test_check_says_only_that_migrations_are_missing(
    to: str | None, run: Run, empty_db: str
) -> None:
    lacks = len(NAMES)
    if to:
        lacks -= len(migrate.apply(empty_db, to=to).applied)
    result = run("check", "--accounts")
    assert result.exit_code == 1
    assert result.output == f"run reana-db migrate: the database lacks {lacks} migrations\n"
    assert "run reana-db migrate first" in refused(run("repair"))


def test_the_names_of_alembic_still_work(run: Run, empty_db: str) -> None:
    assert ok(run("alembic", "upgrade", "d34f3905043c")).endswith("applied 0002-launcher-url\n")
    assert ok(run("alembic", "current")).startswith("0001-initial ")
    assert ok(run("alembic", "history")) == ok(run("migrate", "history"))
    assert "nothing to stamp" in ok(run("alembic", "init"))
    assert "ADD COLUMN run_number_major" in ok(run("alembic", "upgrade", "--sql"))
    assert "DROP COLUMN launcher_url" in ok(run("alembic", "downgrade", "-1", "--sql"))
    undone = "rolled back 0002-launcher-url\n"
    assert ok(run("alembic", "downgrade", "-1", answer="y\n")) == undone
    ok(run("alembic", "upgrade", "head"))
    assert migrate.status(empty_db).current
    undone = ok(run("alembic", "downgrade", "d34f3905043c", "--yes"))
    assert len(undone.splitlines()) == len(NAMES) - 2
    ok(run("alembic", "downgrade", "base", "--yes"))
    assert snapshot(empty_db) == ""
