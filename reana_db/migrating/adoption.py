"""Adoption: recognise a database made by Alembic, and say which migrations it already has.

Nothing is believed unseen.  ``alembic_history.txt`` has, for each revision that a released
reana-db ended at or passed, what it added and removed; a database must have everything of its
revision.  Names of constraints and indexes are not compared: they differ between databases with
the same past, and the migrations find constraints by their columns.

``reana-db init`` of a newer release over an older database adds the tables that are new and leaves
the old stamp.  Such tables are recognised, and their migrations count as done.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reana_db.errors import MigrationError
from reana_db.migrating import old_tables
from reana_db.queries import Conn, query

OLDEST = "6568d7cb6710"
"""The revision of reana-db 0.8.0."""

_HISTORY = Path(__file__).parent / "alembic_history.txt"
_NOT_OURS = ("column alembic_version.", "column yoyo_migration.", "column yoyo_log.")
_SHOWN = 3


@dataclass(frozen=True)
class Revision:
    """An Alembic revision, and what a database that is there looks like."""

    id: str
    migration: str
    """The last migration of ours that it contains."""
    facts: frozenset[str]
    """Columns, enum labels, constraints and indexes, as :func:`facts` describes them."""
    added: frozenset[str]
    """Those that came with this revision."""
    only_adds_tables: bool
    """Whether ``init`` of a newer release makes all of it, without an upgrade."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a database not made by these migrations was recognised as."""

    revision: str
    stamped: bool
    """Whether ``alembic_version`` says so; else its shape does."""
    migrations: frozenset[str]
    """Every migration that it already has, besides those before :attr:`through`."""
    through: str
    """The last migration that its revision contains."""

    @property
    def description(self) -> str:
        """Where the database comes from, for the log of migrations."""
        return f"Alembic {self.revision}" + ("" if self.stamped else " by its shape")


@query
def facts(conn: Conn) -> list[str]:
    """Describe the tables of ``__reana`` and the enums of ``public``, a line for each fact."""


@query
def has_alembic_version(conn: Conn) -> bool:
    """Tell whether Alembic has left its table."""


def stamps(conn: Conn) -> list[str]:
    """Return the revisions in ``__reana.alembic_version``: none if there is no such table."""
    if not has_alembic_version(conn):
        return []
    return [revision for (revision,) in old_tables.rows(conn, "adoption", "alembic_revisions")]


def stamp(conn: Conn, revision: str | None) -> None:
    """Make ``alembic_version`` say a revision; with None, the table goes."""
    if stamps(conn) == ([revision] if revision else []):
        return
    with conn.transaction():
        if revision is None:
            old_tables.execute(conn, "adoption", "drop_alembic_version")
            return
        old_tables.execute(conn, "adoption", "create_alembic_version")
        old_tables.execute(conn, "adoption", "clear_alembic_version")
        old_tables.execute(conn, "adoption", "set_alembic_revision", revision=revision)


def stamped_revision(description: str) -> str | None:
    """Return the revision in a :attr:`Recognition.description`; None if the shape told it."""
    revision, _, by_shape = description.removeprefix("Alembic ").partition(" ")
    return None if by_shape else revision


def recognise(conn: Conn) -> Recognition | None:
    """Say what a database is that these migrations have not made; None for an empty one.

    Raises :class:`~reana_db.errors.MigrationError` for a database that cannot be adopted.
    """
    present = {fact for fact in facts(conn) if not fact.startswith(_NOT_OURS)}
    stamped = stamps(conn)
    if not any(fact.startswith("column ") for fact in present):
        if stamped:
            raise MigrationError(f"Alembic revision {stamped[0]} is stamped, but nothing is there")
        return None
    if len(stamped) > 1:
        raise MigrationError(f"alembic_version has several revisions: {', '.join(stamped)}")
    if not stamped:
        return _by_shape(present)
    revision = {known.id: known for known in history()}.get(stamped[0])
    if revision is None:
        raise MigrationError(
            f"unknown Alembic revision {stamped[0]}: if it is older than reana-db 0.8.0 "
            f"({OLDEST}), upgrade with 0.8.0 first; if newer, this release cannot adopt it"
        )
    _refuse_lacking(present, revision)
    return Recognition(
        revision=revision.id,
        stamped=True,
        migrations=frozenset(_premature(present, revision)),
        through=revision.migration,
    )


def _by_shape(present: set[str]) -> Recognition:
    for revision in history():
        later = {fact for newer in _after(revision) for fact in newer.added} - revision.facts
        if revision.facts <= present and not later & present:
            return Recognition(revision.id, False, frozenset(), revision.migration)  # noqa: FBT003
    raise MigrationError(
        "there are tables in the schema __reana but no alembic_version, and they fit no release "
        "of reana-db from 0.8.0 on: nothing was changed"
    )


def _refuse_lacking(present: set[str], revision: Revision) -> None:
    if lacking := revision.facts - present:
        raise MigrationError(
            f"the database says that it is at Alembic revision {revision.id}, but it lacks "
            f"{_listed(lacking)}: nothing was changed"
        )


def _premature(present: set[str], revision: Revision) -> Iterable[str]:
    """Yield later migrations whose objects are there already."""
    for newer in _after(revision):
        added = newer.added - revision.facts
        found = added & present
        if not found:
            continue
        if found == added and newer.only_adds_tables:
            yield newer.migration
            continue
        raise MigrationError(
            f"the database says that it is at Alembic revision {revision.id}, but it has "
            f"{_listed(found)} of the later revision {newer.id}"
            + (f" without {_listed(added - found)}" if found != added else "")
            + ": nothing was changed"
        )


def _after(revision: Revision) -> list[Revision]:
    revisions = history()
    return revisions[revisions.index(revision) + 1 :]


def _listed(found: Iterable[str]) -> str:
    ordered = sorted(found)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return ", ".join(f"'{fact}'" for fact in ordered[:_SHOWN]) + more


@functools.cache
def history() -> list[Revision]:
    """Return the known revisions, oldest first."""
    revisions: list[Revision] = []
    for block in _HISTORY.read_text(encoding="utf-8").split("\n= ")[1:]:
        heading, *lines = block.splitlines()
        before = revisions[-1].facts if revisions else frozenset()
        added = frozenset(line[2:] for line in lines if line.startswith("+ "))
        removed = frozenset(line[2:] for line in lines if line.startswith("- "))
        name, migration = heading.split()
        revisions.append(
            Revision(
                id=name,
                migration=migration,
                facts=before - removed | added,
                added=added,
                only_adds_tables=not removed and not _tables(added) & _tables(before),
            )
        )
    return revisions


def _tables(among: Iterable[str]) -> set[str]:
    """Return the tables that facts are about; an enum label is about none."""
    kinds = ("column ", "primary key ", "unique ", "foreign key ", "check ", "index ")
    return {
        fact.removeprefix(kind).split(".")[0].split(" ")[0]
        for fact in among
        for kind in kinds
        if fact.startswith(kind)
    }
