"""Lay out the statements as they are sent, each part in its places, and let sqlfluff read them.

``python -m tests.support.expanded_sql`` writes the files of ``reana_db/sql`` to
``.tox/expanded_sql`` and exits as sqlfluff does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from reana_db import queries
from reana_db.queries import Statement
from reana_db.registry import sql_files
from reana_db.registry.sql_files import SQL_DIRECTORY

ROOT = Path(__file__).parents[2]


def every_statement() -> list[Statement]:
    queries.registered()
    return list(sql_files.loaded())


def write(directory: Path) -> None:
    texts: dict[Path, list[str]] = {}
    for statement in every_statement():
        name = statement.name.rpartition(".")[2]
        file = directory / statement.file.relative_to(SQL_DIRECTORY)
        source = statement.source.rstrip().removesuffix(";")
        texts.setdefault(file, []).append(f"-- name: {name}\n{source};\n")
    for file, statements in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(statements))


def main() -> int:
    directory = ROOT / ".tox" / "expanded_sql"
    write(directory)
    command = [sys.executable, "-m", "sqlfluff", "lint", "--config", ".sqlfluff"]
    return subprocess.run(
        [*command, "--processes", "2", str(directory)], check=False, cwd=ROOT
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
