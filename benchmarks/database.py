"""A large database that looks like that of a site after two years, the same one every time.

1,000 users; 200,000 runs with specifications of about 4 KB and logs of about 2 KB; five jobs for
each; quota, shares, sessions, services, retention rules and cache entries.  Loaded without
triggers, into a state in which what triggers keep is right.  Three users are there to be measured:

``HEAVY``    owns 50,000 runs, 100,000 of a million, half of them of one name
``STEADY``   owns 1,200 runs in a database of any size
``GROUP``    is the one with whom a tenth of all shared runs are shared
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from benchmarks import texts
from reana_db.encryption import keyring
from reana_db.migrating import files, installation

SECRET_KEY = "benchmark"
"""The ``REANA_SECRET_KEY`` that opens the tokens."""
SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")

USERS = 1000
JOBS_PER_RUN = 5
RUNS_OF_HEAVY = 50_000
HEAVY, STEADY, GROUP = 0, 1, 2
"""Numbers of users."""
_VARIANTS = range(64)
_MARK = """
SELECT pg_catalog.shobj_description(oid, 'pg_database')
FROM pg_catalog.pg_database WHERE datname = current_database()
"""


class BenchmarkError(Exception):
    """A benchmark cannot run as asked."""


def identity(kind: str, number: int) -> UUID:
    """Return the id of a row, which depends on nothing else."""
    return UUID(hashlib.md5(f"{kind}/{number}".encode(), usedforsecurity=False).hexdigest())


def user_id(number: int) -> UUID:
    """Return the id of a user."""
    return identity("user", number)


def token(number: int) -> str:
    """Return the active token of a user."""
    return identity("token", number).hex[:22]


def build(uri: str, *, workflows: int = 200_000, users: int = USERS, short: bool = False) -> None:
    """Make sure that a database holds so many runs: build it, or find it as it was left.

    ``short`` specifications and logs, of 300 bytes, save minutes where nothing reads them.

    The database may be missing or must be empty; its role must be a superuser, who can switch
    triggers off.  Raises BenchmarkError for one that holds something else, such as what earlier
    migrations made of it.
    """
    installation.install(uri)
    mark = _mark(workflows, users, short=short)
    with psycopg.connect(uri, autocommit=True) as conn:
        found = conn.execute(_MARK).fetchone()
        if found == (mark,):
            return
        if conn.execute("SELECT 1 FROM __reana.user_ LIMIT 1").fetchone():
            raise BenchmarkError(f"{conn.info.dbname} is {found and found[0]}, not {mark}")
        with conn.transaction():
            run_script(conn, SQL, _values(workflows, users, short=short))
        conn.execute("VACUUM (ANALYZE)")
        name = sql.Identifier(conn.info.dbname)
        conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, mark))


def run_script(conn: psycopg.Connection[Any], script: str, values: dict[str, Any]) -> None:
    """Execute the statements of a script, each with the values that it names."""
    cursor = psycopg.ClientCursor(conn)
    for statement in script.split(";\n"):
        if statement.strip():
            cursor.execute(statement.encode(), values)


def _mark(workflows: int, users: int, *, short: bool) -> str:
    """Return what a database is marked with: what it was built by, and how large."""
    parts = [SQL, *(file.sql for file in files.read())]
    digest = hashlib.sha256("".join(parts).encode()).hexdigest()
    return f"benchmark of reana-db: {digest[:8]}, {workflows} workflows, {users} users, {short=}"


def _values(workflows: int, users: int, *, short: bool) -> dict[str, Any]:
    key = keyring.of(SECRET_KEY).current
    tokens = [token(number) for number in range(users)]
    counts = {"total": JOBS_PER_RUN, "running": 0, "finished": JOBS_PER_RUN, "failed": 0}
    steps, lines = (1, 2) if short else (texts.STEPS, 20)
    return {
        "workflows": workflows,
        "users": users,
        "tokens": [key.encrypt_cbc(value) for value in tokens],
        "digests": [key.digest(value) for value in tokens],
        "specifications": [
            json.dumps(texts.specification(variant, steps)) for variant in _VARIANTS
        ],
        "logs": [texts.log_text(variant, lines) for variant in _VARIANTS],
        "job_logs": [texts.log_text(variant, min(lines, 4)) for variant in _VARIANTS],
        "progress": json.dumps(
            {name: {"total": count, "job_ids": []} for name, count in counts.items()}
        ),
    }
