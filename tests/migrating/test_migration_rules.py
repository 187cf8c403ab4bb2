"""Rules that every migration file keeps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pglast
import pytest

from reana_db.migrating.files import MigrationFile
from tests.support import migration_checksums, migration_steps
from tests.support.migration_steps import FILES

ROOT = Path(__file__).resolve().parents[2]
PATHS = [path for file in FILES for path in (file.path, file.rollback_path)]
NON_TRANSACTIONAL = [file for file in FILES if not file.transactional]

FORBIDDEN = {
    "BEGIN": "the runner opens the transaction",
    "START": "the runner opens the transaction",
    "COMMIT": "the runner ends the transaction",
    "ROLLBACK": "the runner ends the transaction",
    "SELECT": "its rows would be printed; use DO and PERFORM",
    "COPY": "psycopg cannot send it as a statement",
    "SET": "a setting would outlive the migration",
}
NEWER_THAN_12 = re.compile(
    r"\bMERGE\s+INTO\b|\bCREATE\s+OR\s+REPLACE\s+TRIGGER\b|\bBEGIN\s+ATOMIC\b"
    r"|\bgen_random_uuid\b|\bsecurity_invoker\b|\bNULLS\s+NOT\s+DISTINCT\b|\bMULTIRANGE\b",
    re.IGNORECASE,
)
CONCURRENT_CREATE = re.compile(
    r"CREATE\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+IF\s+NOT\s+EXISTS\s+(\w+)\s", re.IGNORECASE
)
CONCURRENT_DROP = re.compile(
    r"DROP\s+INDEX\s+CONCURRENTLY\s+IF\s+EXISTS\s+__reana\.(\w+)\s*;$", re.IGNORECASE
)


def test_numbers_follow_the_chain() -> None:
    assert [file.id[:4] for file in FILES] == sorted({file.id[:4] for file in FILES})


def test_every_rollback_has_its_migration() -> None:
    directory = FILES[0].path.parent
    assert sorted(path.name for path in directory.glob("*.sql")) == sorted(p.name for p in PATHS)


def test_the_directory_holds_no_module() -> None:
    assert not list(FILES[0].path.parent.glob("*.py"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_statements_are_those_that_a_migration_may_hold(path: Path) -> None:
    first_words = {text.split()[0].strip(";").upper() for text in migration_steps.statements(path)}
    assert {word: FORBIDDEN[word] for word in first_words & set(FORBIDDEN)} == {}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_sql_is_that_of_postgresql_12(path: Path) -> None:
    assert not NEWER_THAN_12.search("\n".join(migration_steps.statements(path)))


@pytest.mark.parametrize("file", NON_TRANSACTIONAL, ids=lambda file: file.id)
def test_without_a_transaction_there_are_only_repeatable_concurrent_indexes(
    file: MigrationFile,
) -> None:
    creates = [CONCURRENT_CREATE.match(text) for text in migration_steps.statements(file.path)]
    drops = [CONCURRENT_DROP.match(text) for text in migration_steps.statements(file.rollback_path)]
    created = [match and match[2] for match in creates]
    dropped = [match and match[1] for match in drops]
    assert None not in created
    assert dropped == created[::-1]


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.transactional], ids=lambda file: file.id
)
def test_in_a_transaction_nothing_is_concurrent(file: MigrationFile) -> None:
    texts = [
        *migration_steps.statements(file.path),
        *migration_steps.statements(file.rollback_path),
    ]
    assert not [text for text in texts if re.match(r"\w+ (UNIQUE )?INDEX CONCURRENTLY", text)]


def test_identifiers_fit_into_63_bytes() -> None:
    words = {word for path in PATHS for word in re.findall(r"\w+", path.read_text("utf-8"))}
    assert [word for word in words if len(word.encode()) > 63] == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_released_files_do_not_change(path: Path) -> None:
    assert migration_checksums.recorded().get(path.name) == migration_checksums.of(path), (
        "a released migration must not change; for a new one:"
        " python -m tests.support.migration_checksums > tests/migrating/migration-checksums.txt"
    )


def test_squawk_finds_no_unsafe_change() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("squawk"), "--config", ".squawk.toml", "migrations/*.sql"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_server_splits_a_file_as_the_runner_does(path: Path) -> None:
    assert len(pglast.split(path.read_text("utf-8"))) == len(migration_steps.statements(path))
