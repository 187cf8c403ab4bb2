"""The schema of a database as text that does not depend on the order of columns.

``python -m tests.support.schema_snapshot > reana_db/health/schema.sql`` writes the schema that
``migrations/`` makes; with a URI as argument, the schema of that database.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from reana_db import embedded, migrate
from reana_db.health import objects

HEADER = """\
-- The schema that the migrations make, for reviews and for `reana-db check` and `repair`.
-- Columns are sorted by name.  Do not edit; write it anew:
--     python -m tests.support.schema_snapshot > reana_db/health/schema.sql
"""

WRITTEN_BY = 18
"""The major version of the private server: others write some expressions in other words."""


def snapshot(uri: str) -> str:
    """Return the schema of a database as text; equal schemas give equal text."""
    with psycopg.connect(uri) as conn:
        return objects.text(objects.present(conn))


@contextmanager
def _migrated() -> Iterator[str]:
    with embedded.start() as server:
        migrate.apply(server.uri())
        yield server.uri()


def main() -> None:
    """Print the schema of the database named as argument, else of a new one."""
    if len(sys.argv) > 1:
        sys.stdout.write(snapshot(sys.argv[1]))
        return
    with _migrated() as uri:
        sys.stdout.write(f"{HEADER}\n{snapshot(uri)}")


if __name__ == "__main__":
    main()
