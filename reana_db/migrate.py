"""Migrations of the schema: apply them, adopt what Alembic made, roll back, tell the state.

Each function takes the connection string of a direct connection (default: the settings').  Only
one process migrates a database at a time; the others wait.  A process that is killed leaves whole
migrations behind, and the next one continues.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reana_db import config, roles
from reana_db.errors import MigrationError
from reana_db.migrating import adoption, record, session
from reana_db.migrating import files as migration_files
from reana_db.migrating.adoption import Adoption
from reana_db.migrating.files import MigrationFile
from reana_db.migrating.record import AppliedMigration, Operation
from reana_db.migrating.session import DEFAULT_PATIENCE, Patience
from reana_db.queries import Conn

logger = logging.getLogger("reana_db.migrate")


@dataclass(frozen=True)
class State:
    """Which migrations a database has and lacks."""

    files: list[MigrationFile]
    """The migrations of this release, in order."""
    applied: list[AppliedMigration]
    """What the database says that it has."""
    adoption: Adoption | None
    """What is to be adopted; None once it is, and for a database that these migrations made."""
    alembic_revision: str | None
    """The stamp of Alembic; it stays as it was at the adoption."""

    @cached_property
    def adoptable(self) -> list[MigrationFile]:
        """The migrations that a database has which is to be adopted."""
        if self.adoption is None:
            return []
        through = migrations_through(self.files, self.adoption.through)
        return [
            file for file in self.files if file in through or file.id in self.adoption.migrations
        ]

    @cached_property
    def pending(self) -> list[MigrationFile]:
        """The migrations that the database lacks, in order."""
        present = {item.id for item in (self.adoptable or self.applied)}
        return [file for file in self.files if file.id not in present]

    @cached_property
    def ours(self) -> list[MigrationFile]:
        """The migrations that were run, not adopted, in order: what can be rolled back."""
        run = {item.id for item in self.applied if not item.adopted}
        return [file for file in self.files if file.id in run]

    @cached_property
    def unknown(self) -> list[str]:
        """The migrations of the database that this release does not have."""
        known = {file.id for file in self.files}
        return [item.id for item in self.applied if item.id not in known]

    @cached_property
    def origin(self) -> str | None:
        """Where a database comes from that is to be adopted, or was: "Alembic" and the revision."""
        if self.adoption is not None:
            return self.adoption.origin
        return next((item.comment for item in self.applied if item.adopted), None)

    @cached_property
    def adopted_stamp(self) -> str | None:
        """The stamp of Alembic that the database was adopted with."""
        was = next((item.comment for item in self.applied if item.adopted), None)
        return adoption.stamped_revision(was) if was else None

    def pending_until(self, to: str | None) -> list[MigrationFile]:
        """Return the migrations that the database lacks, up to and including ``to``."""
        wanted = migrations_through(self.files, to)
        return [file for file in self.pending if file in wanted]

    def refuse_unknown(self) -> None:
        """Raise :class:`~reana_db.errors.MigrationError` if a newer release was here."""
        if self.unknown:
            raise MigrationError(
                f"the database has migrations that this release does not know "
                f"({', '.join(self.unknown)}): a newer release made them"
            )

    @property
    def current(self) -> bool:
        """Whether the database has exactly the migrations of this release."""
        return not self.pending and not self.unknown


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run changed."""

    origin: str | None
    """Where the database comes from, if this run adopted it."""
    adopted: list[str]
    """The migrations that it had."""
    applied: list[str]
    """The migrations that were run, in order."""
    rolled_back: list[str]
    """The migrations that were undone, in order."""


def apply(
    conninfo: str | None = None,
    *,
    to: str | None = None,
    directory: Path | None = None,
    patience: Patience = DEFAULT_PATIENCE,
    secret_key: str | None = None,
) -> Outcome:
    """Apply the migrations that a database lacks, up to and including ``to`` (default: all).

    A database that Alembic made is adopted first.  ``secret_key`` (default: the settings') is
    needed only while a database has GitLab webhook secrets without digests.
    Raises :class:`~reana_db.errors.MigrationError` for what is refused: nothing was changed, or
    the migration that the message names was not applied, and those before it were.
    """
    with _session(conninfo, directory, patience) as (conn, state):
        pending = state.pending_until(to)
        if pending or state.adoptable:
            session.refuse_missing_rights(conn)
            record.create(conn)
        if state.adoption is not None:
            logger.info("adopting a database of %s", state.adoption.origin)
            record.adopt(conn, state.adoptable, state.adoption.origin)
        _run(conn, pending, Operation.APPLY, patience, secret_key)
        if pending and to is None:
            _renew_grants(conn, patience)
    return Outcome(
        origin=state.adoption.origin if state.adoption else None,
        adopted=[file.id for file in state.adoptable],
        applied=[file.id for file in pending],
        rolled_back=[],
    )


def rollback(
    conninfo: str | None = None,
    *,
    to: str | None = None,
    everything: bool = False,
    directory: Path | None = None,
    patience: Patience = DEFAULT_PATIENCE,
) -> Outcome:
    """Undo the latest migration, or all after ``to``, or everything that this package has run.

    When nothing of it remains, its bookkeeping goes as well: an adopted database is as it was
    before, with the Alembic revision that it was adopted with, and an empty one is empty.
    Raises :class:`~reana_db.errors.MigrationError`, and changes nothing, below the point of
    adoption, when there is nothing to undo, and when any step would lose rows.
    """
    with _session(conninfo, directory, patience) as (conn, state):
        undone = undoable(state, to=to, everything=everything)
        complete = len(undone) == len(state.ours) and record.exists(conn)
        if complete:
            _refuse_upgraded(state)
        _refuse_losses(conn, undone, patience)
        if complete:
            # First, so that a killed rollback leaves no revision behind that the schema lacks.
            adoption.stamp(conn, state.adopted_stamp)
        _run(conn, undone, Operation.ROLLBACK, patience, None)
        if complete:
            record.remove(conn)
    return Outcome(origin=None, adopted=[], applied=[], rolled_back=[file.id for file in undone])


def undoable(
    state: State, *, to: str | None = None, everything: bool = False
) -> list[MigrationFile]:
    """Return what :func:`rollback` would undo, the latest first; raises what it would raise."""
    chosen = state.ours if everything else _after(state, to) if to else state.ours[-1:]
    if not chosen and not everything:
        raise MigrationError("there is no migration to roll back")
    return list(reversed(chosen))


def status(database: str | Conn | None = None, directory: Path | None = None) -> State:
    """Return which migrations a database has and lacks, without changing anything.

    The rights to read ``__reana.yoyo_migration``, ``yoyo_log`` and ``alembic_version`` suffice.
    Raises :class:`~reana_db.errors.MigrationError` for a database that cannot be adopted.
    """
    if isinstance(database, str | None):
        with session.connection(database or default_conninfo()) as conn:
            return status(conn, directory)
    applied = record.applied(database) if record.exists(database) else []
    ours = any(not item.adopted for item in applied)
    return State(
        files=migration_files.read(directory),
        applied=applied,
        adoption=None if ours else _adoption_of(database, applied),
        alembic_revision=next(iter(adoption.stamps(database)), None),
    )


def migrations_through(files: list[MigrationFile], to: str | None) -> list[MigrationFile]:
    """Return the migrations up to one, which may be given by its number; all for None."""
    if to is None:
        return files
    for position, file in enumerate(files, start=1):
        if to in {file.id, file.id.partition("-")[0]} or to.zfill(4) == file.id[:4]:
            return files[:position]
    raise MigrationError(f"this release has no migration {to}")


@contextmanager
def _session(
    conninfo: str | None, directory: Path | None, patience: Patience
) -> Iterator[tuple[Conn, State]]:
    """Keep others out, and look at the database only then."""
    migration_files.read(directory)
    with session.locked(conninfo or default_conninfo(), patience) as conn:
        state = status(conn, directory)
        state.refuse_unknown()
        yield conn, state


def _adoption_of(conn: Conn, adopted: list[AppliedMigration]) -> Adoption | None:
    """Tell what is to be adopted of a database in which nothing of ours ran.

    One that was adopted before is adopted again if old services have upgraded it since.
    """
    found = adoption.adoption_of(conn)
    return None if found and {item.comment for item in adopted} == {found.origin} else found


def _after(state: State, to: str) -> list[MigrationFile]:
    """Return what was run after a migration; refuse if that is not all that came after it."""
    kept = {file.id for file in migrations_through(state.files, to)}
    adopted = [item.id for item in state.applied if item.adopted and item.id not in kept]
    if adopted:
        raise MigrationError(
            f"{adopted[-1]} was there when this database was adopted ({state.origin}): "
            "a rollback ends before it"
        )
    return [file for file in state.ours if file.id not in kept]


def _refuse_upgraded(state: State) -> None:
    """Refuse if Alembic has run revisions since that these migrations do not undo.

    A stamp alone, as ``alembic init`` of a chart leaves it, is no such revision.
    """
    stamp = state.alembic_revision
    if stamp in {None, state.adopted_stamp}:
        return
    known = {item.id: item.migration for item in adoption.history()}.get(str(stamp))
    present = {item.id for item in state.applied}
    if known is None or any(
        file.id not in present for file in migrations_through(state.files, known)
    ):
        origin = state.origin or "nothing"
        raise MigrationError(
            f"a release has migrated this database to Alembic revision {stamp} since it was made "
            f"from {origin}: return to that revision with the release first"
        )


def _refuse_losses(conn: Conn, undone: list[MigrationFile], patience: Patience) -> None:
    """Refuse before the first step what any step would refuse."""
    if not undone:
        return
    from reana_db.migrating.backend import refusals

    if found := session.patiently(conn, patience, "down", lambda: refusals(conn, undone)):
        raise MigrationError(f"nothing was rolled back: {'. '.join(found)}")


def _run(
    conn: Conn,
    files: list[MigrationFile],
    operation: Operation,
    patience: Patience,
    secret_key: str | None,
) -> None:
    if not files:
        return
    # yoyo and sqlparse cost memory and time that no service needs.
    from reana_db.migrating.backend import AtomicBackend, migrations_of

    def prepare(migration_id: str) -> None:
        if operation is Operation.APPLY:
            adoption.prepare(conn, migration_id, secret_key)

    backend = AtomicBackend(conn, patience, prepare)
    migrations = migrations_of(files[0].path.parent)
    for file in files:
        logger.info("%s %s", operation, file.id)
        backend.run(migrations[file.id], operation)


def _renew_grants(conn: Conn, patience: Patience) -> None:
    """Grant roles what is new; those that were never granted anything stay so."""
    for statement in session.patiently(conn, patience, "grants", lambda: roles.renew(conn)):
        logger.info("%s", statement)


def default_conninfo() -> str:
    """Return the connection string of the settings that goes around a connection pooler."""
    # It brings the pool along, which only services need.
    from reana_db import database

    return database.migration_conninfo(config.settings())
