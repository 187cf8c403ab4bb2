"""Functions that can return very much need no more memory for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.databases import Databases

ROOT = Path(__file__).parents[2]
ROWS = 40_000
MOST = 14_000
"""KB that a process may grow by, whatever it reads; the first use of a module is among them."""

FILLING = f"""
SET LOCAL session_replication_role = 'replica';
INSERT INTO __reana.user_ (id_, email, full_name, created, updated)
SELECT md5('u' || i)::uuid, 'u' || i || '@example.com', repeat('x', 200), now(), now()
FROM generate_series(1, {ROWS}) AS i;
INSERT INTO __reana.workflow (id_, name, status, owner_id, created, updated, workspace_path,
    run_number_major, run_number_minor)
SELECT md5('w' || i)::uuid, 'name', 'finished', md5('u' || i)::uuid, now(), now(),
    '/w/' || repeat('x', 200) || i, 1, 0
FROM generate_series(1, {ROWS}) AS i;
INSERT INTO __reana.audit_log (id_, user_id, action, details, created, updated)
SELECT md5('a' || i)::uuid, md5('u' || i)::uuid, 'grant_token',
    json_build_object('why', repeat('x', 200)), now(), now()
FROM generate_series(1, {ROWS}) AS i;
INSERT INTO __reana.interactive_session (id_, name, path, status, type_, created, updated)
SELECT md5('s' || i)::uuid, 's' || i, '/' || repeat('x', 200), 'running', 'jupyter', now(), now()
FROM generate_series(1, {ROWS}) AS i;
INSERT INTO __reana.workflow_session (workflow_id, session_id)
SELECT md5('w' || i)::uuid, md5('s' || i)::uuid FROM generate_series(1, {ROWS}) AS i;
"""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory"),
    pytest.mark.slow,
]

STREAMS = {
    "accounts.export": "accounts.export(conn, keys=keyring.of('a key'))",
    "accounts.search": "accounts.search(conn)",
    "consistency.workflows_to_check": (
        "consistency.workflows_to_check(conn, created_since=datetime(2000, 1, 1, tzinfo=UTC))"
    ),
    "consistency.workspaces": "consistency.workspaces(conn)",
    "audit.entries": "audit.entries(conn)",
    "sessions.open_sessions": "sessions.open_sessions(conn)",
}

PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from reana_db import accounts, audit, consistency, sessions
from reana_db.encryption import keyring


def peak():
    # Not ru_maxrss, which starts with what the parent of the process needs.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


with psycopg.connect(sys.argv[1]) as conn:
    conn.execute("SELECT 1")
    before = peak()
    rows = sum(1 for _ in eval(sys.argv[2]))
    print(rows, peak() - before)
"""


@pytest.fixture(scope="module")
def filled_uri(server: Databases, template: str) -> Iterator[str]:
    """The address of a database with many rows of everything that streams."""
    with server.database(template=template) as name:
        with psycopg.connect(server.uri(name)) as conn:
            conn.execute(FILLING)
        yield server.uri(name)


def measured(uri: str, expression: str) -> tuple[int, int]:
    """Return the rows of a process that reads them, and by how many KB it grew."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, uri, expression],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows, growth = map(int, done.stdout.split())
    return rows, growth


@pytest.mark.parametrize("expression", STREAMS.values(), ids=STREAMS)
def test_a_stream_needs_as_little_memory_for_many_rows(filled_uri: str, expression: str) -> None:
    rows, growth = measured(filled_uri, expression)
    assert rows >= ROWS
    assert growth < MOST


def test_rows_that_are_kept_are_noticed(filled_uri: str) -> None:
    rows, growth = measured(filled_uri, "list(accounts.search(conn))")
    assert rows == ROWS
    assert growth > MOST
    _, growth = measured(filled_uri, "conn.execute('SELECT * FROM __reana.user_')")
    assert growth > MOST
