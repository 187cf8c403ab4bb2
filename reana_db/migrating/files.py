"""The migrations as files: ``NNNN-what.sql``, its rollback, and what their headers say.

A header is made of the leading ``--`` lines:

``-- depends: 0004-retention-pending``
    the migration before this one; the chain is linear and has one beginning.
``-- transactional: false``
    statements run one by one outside a transaction, as ``CREATE INDEX CONCURRENTLY`` needs it.
``-- holds: workflow: rewrites the table, about 4 s``
    a lock on a busy table for longer than about a second, and why; ``--dry-run`` shows it.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reana_db.errors import MigrationError

ROLLBACK_SUFFIX = ".rollback.sql"

_DIRECTIVE = re.compile(r"^--\s*(?P<name>depends|transactional|holds)\s*:\s*(?P<value>.*?)\s*$")
CONTRACT = re.compile(r"[0-9]{4}-contract-")
"""How the name of a migration begins that takes away what the release before needs.

Older versions know no more of a migration than its name, which the database keeps.
"""

_NAME = re.compile(r"^[0-9]{4}-[a-z0-9]+(-[a-z0-9]+)*$")
_LONGEST_SLUG = 100


@dataclass(frozen=True)
class MigrationFile:
    """One migration, as its file describes it."""

    path: Path
    depends: str | None
    """The id of the migration before this one."""
    transactional: bool
    """Whether it is applied as a whole or not at all."""
    holds: tuple[str, ...]
    """The locks on busy tables held longer than about a second: "table: why and how long"."""

    @property
    def id(self) -> str:
        """The file name without its suffix."""
        return self.path.name.removesuffix(".sql")

    @property
    def rollback_path(self) -> Path:
        """The file that undoes it."""
        return self.path.with_name(self.id + ROLLBACK_SUFFIX)

    @property
    def sql(self) -> str:
        """The text of the migration."""
        return self.path.read_text(encoding="utf-8")

    @property
    def rollback_sql(self) -> str:
        """The text that undoes it."""
        return self.rollback_path.read_text(encoding="utf-8")

    @cached_property
    def summary(self) -> str:
        """The first sentence of its header, or its name as words."""
        lines = itertools.takewhile(lambda line: line.startswith("--"), self.sql.splitlines())
        prose = " ".join(line[2:].strip() for line in lines if not _DIRECTIVE.match(line))
        sentence = re.split(r"(?<=\.)\s", prose.strip(), maxsplit=1)[0]
        return sentence or self.id.partition("-")[2].replace("-", " ")

    @cached_property
    def hash(self) -> str:
        """The key under which yoyo records it: made of the id, not of the content."""
        return hashlib.sha256(self.id.encode()).hexdigest()


def migrations_directory() -> Path:
    """Return the directory of the installed migrations, or that of the checkout."""
    packaged = Path(__file__).parents[1] / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "migrations"


def read(directory: Path | None = None) -> list[MigrationFile]:
    """Return the migrations of a directory, in the order in which they are applied.

    Raises :class:`~reana_db.errors.MigrationError`, naming the file, for a directory without
    migrations, a broken header, a missing rollback, or a chain that is not linear.
    """
    directory = directory or migrations_directory()
    paths = [path for path in directory.glob("*.sql") if not path.name.endswith(ROLLBACK_SUFFIX)]
    if not paths:
        raise MigrationError(f"no migrations in {directory}: the installation is incomplete")
    return _chained([_described(path) for path in sorted(paths)])


def scaffold(what: str, directory: Path) -> list[Path]:
    """Create the next migration and its rollback, and return their paths.

    ``what`` becomes part of the name: "Add owner index" gives ``0033-add-owner-index.sql``.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", what.lower()).strip("-")
    if not slug:
        raise MigrationError(f"{what!r:.80} says nothing that a file name can say")
    if len(slug) > _LONGEST_SLUG:
        raise MigrationError(f"the name is longer than {_LONGEST_SLUG} characters: {what!r:.80}")
    last = read(directory)[-1]
    path = directory / f"{int(last.id.partition('-')[0]) + 1:04}-{slug}.sql"
    texts = {
        path: f"-- depends: {last.id}\n--\n-- {what}.\n\n",
        path.with_name(path.stem + ROLLBACK_SUFFIX): f"-- Undoes {path.stem}.\n\n",
    }
    for file, text in texts.items():
        file.write_text(text, encoding="utf-8")
    return list(texts)


def _described(path: Path) -> MigrationFile:
    if not _NAME.match(path.stem):
        raise MigrationError(f"{path}: a migration is named NNNN-what.sql, in lower case")
    directives = _directives(path)
    transactional = directives.get("transactional", ["true"])[-1]
    if transactional not in {"true", "false"}:
        raise MigrationError(f"{path}: 'transactional' must be true or false")
    depends = " ".join(directives.get("depends", [])).split()
    if len(depends) > 1:
        raise MigrationError(f"{path}: depends on more than one migration")
    file = MigrationFile(
        path=path,
        depends=depends[0] if depends else None,
        transactional=transactional == "true",
        holds=tuple(directives.get("holds", [])),
    )
    if not file.rollback_path.is_file():
        raise MigrationError(f"{path}: {file.rollback_path.name} is missing")
    return file


def _directives(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            break
        if match := _DIRECTIVE.match(line):
            found.setdefault(match["name"], []).append(match["value"])
    return found


def _chained(files: list[MigrationFile]) -> list[MigrationFile]:
    """Order by ``depends``, which must form one line."""
    following: dict[str | None, MigrationFile] = {}
    for file in files:
        if file.depends in following:
            other = following[file.depends].path.name
            raise MigrationError(f"{file.path}: depends on the same migration as {other}")
        following[file.depends] = file
    chain: list[MigrationFile] = []
    while (last := chain[-1].id if chain else None) in following:
        chain.append(following.pop(last))
    if following:
        broken = next(iter(following.values()))
        raise MigrationError(f"{broken.path}: depends on {broken.depends}, which is not there")
    return chain
