"""Small sets of migrations, and processes that apply them and may be killed."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psycopg

from reana_db import migrate

# Its children start with everything imported, and quickly.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["reana_db.migrate", "reana_db.migrating.backend"])


def write(directory: Path, *statements: str, rollbacks: Sequence[str] = ()) -> Path:
    """Write a chain of migrations 0001-step, 0002-step … with one text each."""
    directory.mkdir(exist_ok=True)
    for number, text in enumerate(statements, start=1):
        depends = f"-- depends: {number - 1:04}-step\n" if number > 1 else ""
        undo = rollbacks[number - 1] if rollbacks else "SELECT 1;"
        (directory / f"{number:04}-step.sql").write_text(depends + text)
        (directory / f"{number:04}-step.rollback.sql").write_text(undo)
    return directory


def start(uri: str, directory: Path | None = None) -> ForkServerProcess:
    """Start a process that applies migrations."""
    process = _processes.Process(target=migrate.apply, args=(uri,), kwargs={"directory": directory})
    process.start()
    return process


def finish(process: ForkServerProcess) -> None:
    """Wait for a process to end well."""
    process.join(120)
    assert process.exitcode == 0


def kill(process: ForkServerProcess) -> None:
    """Kill a process as the kernel does when memory runs out."""
    process.kill()
    process.join()


def until(condition: Callable[[], object], timeout: float = 30) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def rows(uri: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in a connection of its own."""
    with psycopg.connect(uri, autocommit=True) as conn:
        return conn.execute(statement.encode()).fetchall()


def waits_for_lock(uri: str) -> bool:
    """Tell whether a migrating session of this database is held up by another session."""
    return bool(
        rows(
            uri,
            """
            SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database()
                AND application_name = 'reana-db-migrate'
                AND wait_event_type = 'Lock'
            """,
        )
    )
