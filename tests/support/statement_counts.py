"""How many statements each public function sends, as measured.

``python -m tests.support.statement_counts > docs/_site/statement_counts.txt`` calls each in a small
REANA, with what it needs and with all its arguments, and writes both numbers for the site.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reana_db import embedded, queries
from reana_db.migrating import installation
from reana_db.queries import Conn
from tests.catalogue.world import World
from tests.support.public import FUNCTIONS, call
from tests.support.site import committed
from tests.support.valid_values import Values

RECORD = Path(__file__).parents[2] / "docs" / "_site" / "statement_counts.txt"


def recorded() -> dict[tuple[str, bool], int]:
    """Return what was measured, by function and whether it was given all arguments."""
    rows = [line.split() for line in RECORD.read_text(encoding="utf-8").splitlines()]
    return {
        (name, everything): int(number)
        for name, *numbers in rows
        for everything, number in zip((False, True), numbers, strict=True)
    }


def sent(conn: Conn, world: World, name: str, *, everything: bool) -> int:
    """Call a function and return how many statements it sent."""
    given = Values(world).arguments(name, FUNCTIONS[name], optional=everything)
    before = queries.executions.total()
    call(conn, name, given)
    return queries.executions.total() - before


def main() -> None:
    """Print the numbers of all functions."""
    with embedded.start() as server:
        installation.install(server.uri("counted"))
        with committed(server.uri("counted")) as site:
            for name in sorted(FUNCTIONS):
                numbers = []
                for everything in (False, True):
                    numbers.append(sent(site.conn, site.world, name, everything=everything))
                    site.conn.rollback()
                sys.stdout.write(f"{name} {' '.join(map(str, numbers))}\n")


if __name__ == "__main__":
    main()
