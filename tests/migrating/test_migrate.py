from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from reana_db import migrate
from reana_db.errors import MigrationError
from reana_db.migrating import files, record, session
from reana_db.migrating.session import Patience
from tests.support.databases import Databases
from tests.support.migration_sets import finish, kill, rows, start, until, waits_for_lock, write
from tests.support.schema_snapshot import snapshot

pytestmark = pytest.mark.slow

AS_NOBODY = """
import os, sys
from pathlib import Path
from reana_db import migrate
from reana_db.migrating import backend
os.environ.clear()
os.setgroups([])
os.setgid(54321)
os.setuid(54321)
migrate.apply(sys.argv[1], directory=Path(sys.argv[2]))
"""
"""Migrates under a uid that has no passwd entry; imports first, as the files may be private."""

IMPATIENT = Patience(lock_timeout=0.1, wait=0.3)


@pytest.fixture
def role(server: Databases, empty_db: str) -> Iterator[str]:
    """The URI of ``empty_db`` for a role without any privilege."""
    name = f"nobody_{os.getpid()}"
    dbname = psycopg.conninfo.conninfo_to_dict(empty_db)["dbname"]
    with psycopg.connect(empty_db, autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'test'".encode())
        conn.execute(b"REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        yield server.uri(str(dbname), user=name, password="test")
        conn.execute(f"DROP OWNED BY {name}".encode())
        conn.execute(f"DROP ROLE {name}".encode())


def applied(uri: str, directory: Path | None = None) -> list[str]:
    return [item.id for item in migrate.status(uri, directory).applied]


def tables(uri: str) -> set[object]:
    found = rows(uri, "SELECT tablename FROM pg_tables WHERE schemaname = '__reana'")
    return {name for (name,) in found}


# --- applying


def test_a_second_run_finds_nothing_to_do(empty_db: str, tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE __reana.one (id int);")
    assert migrate.apply(empty_db, directory=tmp_path).applied == ["0001-step"]
    assert migrate.apply(empty_db, directory=tmp_path).applied == []


def test_apply_stops_after_the_migration_named(empty_db: str) -> None:
    outcome = migrate.apply(empty_db, to="0002")
    assert outcome.applied == ["0001-initial", "0002-launcher-url"]
    with pytest.raises(MigrationError, match="no migration 9999"):
        migrate.apply(empty_db, to="9999")


def test_a_failing_migration_leaves_those_before_it(empty_db: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        "CREATE TABLE __reana.one (id int);",
        "CREATE TABLE __reana.two (id int); INSERT INTO __reana.one VALUES (1 / 0);",
    )
    with pytest.raises(MigrationError, match=r"^0002-step: division by zero$"):
        migrate.apply(empty_db, directory=tmp_path)
    assert tables(empty_db) == {"one", "yoyo_log", "yoyo_migration"}


def test_a_migration_whose_record_fails_is_not_applied(empty_db: str, tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE __reana.one (id int);", "CREATE TABLE __reana.two (id int);")
    migrate.apply(empty_db, directory=tmp_path, to="0001")
    with psycopg.connect(empty_db) as conn:
        conn.execute("ALTER TABLE __reana.yoyo_log ADD CHECK (migration_id = '0001-step')")
    with pytest.raises(MigrationError, match="check constraint"):
        migrate.apply(empty_db, directory=tmp_path)
    assert "two" not in tables(empty_db)


def test_rows_of_a_migration_are_not_printed(
    empty_db: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "SELECT 'noise';", "-- transactional: false\nSELECT 'noise';")
    migrate.apply(empty_db, directory=tmp_path)
    assert capsys.readouterr().out == ""


def test_dollar_quotes_and_percent_signs_reach_the_server_unchanged(
    empty_db: str, tmp_path: Path
) -> None:
    body = "CREATE FUNCTION __reana.rest() RETURNS int LANGUAGE plpgsql AS $a$ BEGIN "
    write(tmp_path, body + "/* ; */ RETURN 7 % 4; END; $a$; SELECT 'a' LIKE '%a';")
    migrate.apply(empty_db, directory=tmp_path)
    assert rows(empty_db, "SELECT __reana.rest()") == [(3,)]


def test_the_record_says_who_applied_what_from_where(empty_db: str, tmp_path: Path) -> None:
    write(tmp_path, "SELECT 1;")
    migrate.apply(empty_db, directory=tmp_path)
    (item,) = migrate.status(empty_db, tmp_path).applied
    assert (item.id, item.adopted) == ("0001-step", False)
    assert rows(empty_db, "SELECT CURRENT_USER") == [(item.applied_by,)]
    assert item.applied_from
    assert item.comment is not None
    assert item.comment.startswith("reana-db ")


def test_the_role_of_the_session_may_have_any_search_path(empty_db: str) -> None:
    hostile = psycopg.conninfo.make_conninfo(empty_db, options="-c search_path=nowhere")
    migrate.apply(hostile)
    assert migrate.status(empty_db).current


# --- several processes


def test_eight_processes_apply_each_migration_once(empty_db: str) -> None:
    for process in [start(empty_db) for _ in range(8)]:
        finish(process)
    log = rows(empty_db, "SELECT migration_id FROM __reana.yoyo_log ORDER BY 1")
    assert log == [(file.id,) for file in files.read()]


def test_waiting_processes_do_not_hold_up_a_concurrent_index(empty_db: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        "CREATE TABLE __reana.one (id int); SELECT pg_sleep(1);",
        "-- transactional: false\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS one_id ON __reana.one (id);",
    )
    for process in [start(empty_db, tmp_path) for _ in range(4)]:
        finish(process)
    assert applied(empty_db, tmp_path) == ["0001-step", "0002-step"]


def test_a_migration_that_does_not_end_in_time_is_an_error(empty_db: str) -> None:
    with (
        session.locked(empty_db, IMPATIENT),
        pytest.raises(MigrationError, match=r" 0\.3 s: server process \d+ \(reana-db-migrate"),
    ):
        migrate.apply(empty_db, patience=IMPATIENT)


# --- processes that are killed


def test_a_process_killed_in_a_statement_leaves_nothing_half_done(
    empty_db: str, tmp_path: Path
) -> None:
    write(
        tmp_path,
        "CREATE TABLE __reana.one (id int);",
        "CREATE TABLE __reana.two (id int); SELECT pg_advisory_xact_lock(42);",
    )
    with psycopg.connect(empty_db) as blocker:
        blocker.execute("SELECT pg_advisory_xact_lock(42)")
        process = start(empty_db, tmp_path)
        until(lambda: waits_for_lock(empty_db))
        kill(process)
        assert tables(empty_db) == {"one", "yoyo_log", "yoyo_migration"}
    assert migrate.apply(empty_db, directory=tmp_path).applied == ["0002-step"]
    assert "two" in tables(empty_db)


def test_a_process_killed_in_an_index_build_leaves_no_invalid_index(
    empty_db: str, tmp_path: Path
) -> None:
    write(
        tmp_path,
        "CREATE TABLE __reana.one (id int);",
        "-- transactional: false\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS first_id ON __reana.one (id);\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS second_id ON __reana.one (id);",
    )
    migrate.apply(empty_db, directory=tmp_path, to="0001")
    with psycopg.connect(empty_db) as blocker:
        blocker.execute("INSERT INTO __reana.one VALUES (1)")
        process = start(empty_db, tmp_path)
        until(lambda: waits_for_lock(empty_db))
        kill(process)
    assert migrate.apply(empty_db, directory=tmp_path).applied == ["0002-step"]
    indexes = rows(
        empty_db,
        "SELECT indexrelid::regclass::text, indisvalid FROM pg_index "
        "WHERE indrelid = '__reana.one'::regclass ORDER BY 1",
    )
    assert indexes == [("__reana.first_id", True), ("__reana.second_id", True)]


def test_an_invalid_index_is_built_anew(empty_db: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        "CREATE TABLE __reana.one (id int); INSERT INTO __reana.one VALUES (1), (1);",
        "-- transactional: false\n"
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_id ON __reana.one (id);",
    )
    with pytest.raises(MigrationError, match="0002-step: could not create unique index"):
        migrate.apply(empty_db, directory=tmp_path)
    with psycopg.connect(empty_db) as conn:
        conn.execute("DELETE FROM __reana.one WHERE ctid = '(0,1)'")
    migrate.apply(empty_db, directory=tmp_path)
    assert rows(
        empty_db, "SELECT indisvalid FROM pg_index WHERE indexrelid = '__reana.one_id'::regclass"
    ) == [(True,)]


@pytest.mark.timeout(120)
def test_processes_killed_at_any_time_leave_whole_migrations(
    server: Databases, tmp_path: Path
) -> None:
    write(
        tmp_path,
        *(
            f"CREATE TABLE __reana.t{number} (id int); SELECT pg_sleep(0.01);"
            f"INSERT INTO __reana.t{number} VALUES (1);"
            for number in range(1, 6)
        ),
        "-- transactional: false\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t1_id ON __reana.t1 (id);\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS t2_id ON __reana.t2 (id);",
        *(f"ALTER TABLE __reana.t{number} ADD COLUMN more int;" for number in range(1, 6)),
    )
    for attempt in range(10):
        with server.database() as name:
            uri = server.uri(name)
            process = start(uri, tmp_path)
            until(lambda uri=uri: bool(tables(uri)))  # type: ignore[misc]  # bound per attempt
            threading.Event().wait(attempt * 0.02)
            kill(process)
            migrate.apply(uri, directory=tmp_path)
            for number in range(1, 6):
                assert rows(uri, f"SELECT id, more FROM __reana.t{number}") == [(1, None)]
            log = rows(uri, "SELECT migration_id FROM __reana.yoyo_log ORDER BY 1")
            assert log == [(f"{number:04}-step",) for number in range(1, 12)]


# --- tables in use


def test_services_wait_no_longer_than_the_lock_timeout(empty_db: str, tmp_path: Path) -> None:
    """Services write all the time, and one of them holds the table for seconds."""
    write(
        tmp_path,
        "CREATE TABLE __reana.one (id int);",
        "ALTER TABLE __reana.one ADD COLUMN more int;",
    )
    migrate.apply(empty_db, directory=tmp_path, to="0001")
    patience = Patience(lock_timeout=0.3, wait=60)
    over = threading.Event()

    def longest_wait() -> float:
        longest = 0.0
        with psycopg.connect(empty_db) as conn:
            while not over.wait(0.005):
                began = time.monotonic()
                conn.execute("INSERT INTO __reana.one (id) VALUES (1)")
                conn.commit()
                longest = max(longest, time.monotonic() - began)
        return longest

    with psycopg.connect(empty_db) as holder, ThreadPoolExecutor() as threads:
        holder.execute("SELECT FROM __reana.one")
        services = [threads.submit(longest_wait) for _ in range(4)]
        migration = threads.submit(migrate.apply, empty_db, directory=tmp_path, patience=patience)
        for _ in range(2):  # it waits, lets the others pass, waits again
            until(lambda: waits_for_lock(empty_db))
            until(lambda: not waits_for_lock(empty_db))
        holder.commit()
        migration.result(30)
        over.set()
        waited = max(service.result(30) for service in services)
    assert migrate.status(empty_db, tmp_path).current
    assert patience.lock_timeout / 2 < waited < patience.lock_timeout + 1


def test_a_table_in_use_for_too_long_is_an_error(empty_db: str, tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE __reana.one (id int);", "DROP TABLE __reana.one;")
    migrate.apply(empty_db, directory=tmp_path, to="0001")
    with psycopg.connect(empty_db, application_name="a-reader") as reader:
        reader.execute("SELECT FROM __reana.one")
        rule = (
            r"^0002-step: a table was in use for more than 0\.3 s by server process \d+ \(a-reader"
        )
        with pytest.raises(MigrationError, match=rule):
            migrate.apply(empty_db, directory=tmp_path, patience=IMPATIENT)
    assert "one" in tables(empty_db)


# --- what is refused


def test_a_directory_without_migrations_is_refused(empty_db: str, tmp_path: Path) -> None:
    for wrong in (tmp_path, tmp_path / "missing"):
        with pytest.raises(MigrationError, match="no migrations in"):
            migrate.apply(empty_db, directory=wrong)
    assert not tables(empty_db)


def test_a_directory_may_have_characters_of_patterns(empty_db: str, tmp_path: Path) -> None:
    directory = write(tmp_path / "a[b]*", "CREATE TABLE __reana.one (id int);")
    assert migrate.apply(empty_db, directory=directory).applied == ["0001-step"]


def test_migrations_of_a_newer_release_are_refused(empty_db: str, tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE __reana.one (id int);", "DROP TABLE __reana.one;")
    migrate.apply(empty_db, directory=tmp_path)
    (tmp_path / "0002-step.sql").unlink()
    for refused in (migrate.apply, migrate.rollback):
        with pytest.raises(MigrationError, match=r"does not know \(0002-step\): a newer release"):
            refused(empty_db, directory=tmp_path)
    state = migrate.status(empty_db, tmp_path)
    assert (state.unknown, state.current) == (["0002-step"], False)


def test_a_role_without_create_is_told_what_it_lacks(empty_db: str, role: str) -> None:
    with pytest.raises(MigrationError, match=r"lacks CREATE on the database .* schema public$"):
        migrate.apply(role)
    assert not tables(empty_db)


def test_a_role_that_does_not_own_the_tables_is_told(empty_db: str, role: str) -> None:
    migrate.apply(empty_db, to="0003")
    name = psycopg.conninfo.conninfo_to_dict(role)["user"]
    with psycopg.connect(empty_db) as conn:
        conn.execute(f"GRANT ALL ON SCHEMA __reana, public TO {name}".encode())
        conn.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA __reana TO {name}".encode())
        conn.execute(f"GRANT CREATE ON DATABASE {conn.info.dbname} TO {name}".encode())
    with pytest.raises(MigrationError, match=r"lacks to own the table __reana\.audit_log$"):
        migrate.apply(role)


def test_a_role_that_may_only_read_sees_the_state(empty_db: str, role: str) -> None:
    migrate.apply(empty_db, to="0003")
    name = psycopg.conninfo.conninfo_to_dict(role)["user"]
    with psycopg.connect(empty_db) as conn:
        conn.execute(f"GRANT USAGE ON SCHEMA __reana TO {name}".encode())
        conn.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA __reana TO {name}".encode())
    reading = psycopg.conninfo.make_conninfo(role, options="-c default_transaction_read_only=on")
    assert [item.id for item in migrate.status(reading).applied][-1] == "0003-retention-rules"


def test_a_pooler_is_refused(empty_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_server_process", lambda _: session._Server(1, False))
    with pytest.raises(MigrationError, match="REANA_DB_MIGRATION_URI"):
        migrate.apply(empty_db)


def test_a_replica_is_refused(empty_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_server_process", lambda _: session._Server(1, True))
    with pytest.raises(MigrationError, match="read-only replica"):
        migrate.apply(empty_db)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a process with another uid")
def test_a_uid_without_a_name_can_migrate(empty_db: str) -> None:
    with tempfile.TemporaryDirectory() as readable:
        Path(readable).chmod(0o755)
        write(Path(readable), "CREATE TABLE __reana.one (id int);")
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, empty_db, readable],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "one" in tables(empty_db)


# --- rolling back


def test_rollback_undoes_the_latest_migration(empty_db: str, tmp_path: Path) -> None:
    write(
        tmp_path,
        "CREATE TABLE __reana.one (id int);",
        "CREATE TABLE __reana.two (id int);",
        rollbacks=("DROP TABLE __reana.one;", "DROP TABLE __reana.two;"),
    )
    migrate.apply(empty_db, directory=tmp_path)
    assert migrate.rollback(empty_db, directory=tmp_path).rolled_back == ["0002-step"]
    assert tables(empty_db) == {"one", "yoyo_log", "yoyo_migration"}
    assert migrate.apply(empty_db, directory=tmp_path).applied == ["0002-step"]


def test_everything_rolled_back_leaves_an_empty_database(empty_db: str) -> None:
    before = snapshot(empty_db)
    migrate.apply(empty_db)
    names = [file.id for file in files.read()]
    assert migrate.rollback(empty_db, everything=True).rolled_back == names[::-1]
    assert snapshot(empty_db) == before
    assert rows(empty_db, "SELECT 1 FROM pg_namespace WHERE nspname = '__reana'") == []


def test_rollback_to_a_migration_keeps_it(empty_db: str) -> None:
    migrate.apply(empty_db, to="0004")
    undone = migrate.rollback(empty_db, to="0002").rolled_back
    assert undone == ["0004-retention-pending", "0003-retention-rules"]
    assert applied(empty_db) == ["0001-initial", "0002-launcher-url"]


def test_nothing_to_roll_back_is_an_error_unless_everything_is_asked_for(empty_db: str) -> None:
    with pytest.raises(MigrationError, match="no migration to roll back"):
        migrate.rollback(empty_db)
    assert migrate.rollback(empty_db, everything=True).rolled_back == []


def test_a_schema_with_a_table_of_somebody_else_stays(empty_db: str) -> None:
    migrate.apply(empty_db, to="0001")
    with psycopg.connect(empty_db) as conn:
        conn.execute("CREATE TABLE __reana.theirs (id int)")
    migrate.rollback(empty_db, everything=True)
    assert tables(empty_db) == {"theirs"}


# --- status


def test_status_of_an_empty_database_changes_nothing(empty_db: str) -> None:
    state = migrate.status(empty_db)
    assert [file.id for file in state.pending] == [file.id for file in files.read()]
    assert not state.current
    assert not tables(empty_db)


def test_bookkeeping_is_created_once(empty_db: str) -> None:
    with session.connection(empty_db) as conn:
        record.create(conn)
        record.create(conn)
        assert record.applied(conn) == []
