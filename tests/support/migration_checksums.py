"""The content of migrations, so that a released one is never edited.

``python -m tests.support.migration_checksums > tests/migrating/migration-checksums.txt`` records
the present files.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from reana_db.migrating import files

RECORD = Path(__file__).parents[1] / "migrating" / "migration-checksums.txt"


def of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def recorded() -> dict[str, str]:
    """Return the recorded checksums by file name."""
    lines = RECORD.read_text(encoding="utf-8").splitlines()
    return {name: checksum for checksum, name in (line.split() for line in lines)}


def main() -> None:
    """Print the checksums of the present files, as ``sha256sum`` does."""
    for file in files.read():
        for path in (file.path, file.rollback_path):
            sys.stdout.write(f"{of(path)}  {path.name}\n")


if __name__ == "__main__":
    main()
