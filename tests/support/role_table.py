"""The table of role, object and privilege in ``docs/roles.md``, from the catalogue.

``python -m tests.support.role_table`` writes it there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import psycopg

from reana_db import embedded, migrate, roles
from reana_db.queries import Conn
from reana_db.roles import Roles

PARTS = ("service", "reader", "operator")
PAGE = Path(__file__).parents[2] / "docs" / "roles.md"
_TABLE = re.compile(r"(?<=<!-- privileges -->\n).*?(?=<!-- end -->)", re.DOTALL)


def table(conn: Conn) -> str:
    """Return what the roles of a migrated database get; its transaction is rolled back."""
    with conn.transaction(force_rollback=True):
        names = Roles(*(f"reana_table_{os.getpid()}_{part}" for part in PARTS))
        roles.create(conn, names)
        roles.grant(conn, names)
        found = sorted(roles.of(conn, names), key=lambda item: (item.role, item.object))
    rows = [
        f"| {item.role.rpartition('_')[2]} | `{item.object}` | {item.privilege} |\n"
        for item in found
    ]
    return "".join(["\n| role | object | privilege |\n| --- | --- | --- |\n", *rows, "\n"])


def written() -> str:
    """Return the table of the page."""
    match = _TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert match is not None
    return match[0]


def main() -> None:
    """Write the table into the page."""
    with embedded.start() as server:
        migrate.apply(server.uri())
        with psycopg.connect(server.uri()) as conn:
            text = table(conn)
    PAGE.write_text(_TABLE.sub(lambda _: text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
