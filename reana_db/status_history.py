"""The lives of runs, jobs, sessions, services and retention rules: every status they had.

Triggers record each change, whoever makes it, in ``__reana.status_history``; in psql, the view
``reana.run_history`` shows the lives of runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reana_db.queries import Conn, RowCount, query
from reana_db.records import Entity
from reana_db.registry.arguments import Id, checked

PRUNING_BATCH = 20_000
"""How many entries one transaction of :func:`prune` deletes."""


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """One change of a status."""

    from_status: str | None
    """None where the row was inserted."""
    to_status: str | None
    """None where the row was deleted."""
    changed_at: datetime
    role: str
    """The role that had logged in."""
    application_name: str
    """What the client called itself; can be empty."""
    allowed: bool
    """Whether the rules allow it."""
    made: bool
    """False for a change against the rules that the mode ``keep`` left out."""


@dataclass(frozen=True, slots=True)
class StatusTime:
    """The time that something spent in one status."""

    status: str
    times: int
    """How often it got this status."""
    milliseconds: int
    """The sum, until now for the status that it has."""
    current: bool
    """Whether it has this status now."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Changes of one kind against the rules, asked for by one application."""

    entity: Entity
    from_status: str
    to_status: str | None
    """None for a status that was removed."""
    application_name: str
    made: bool
    """True in the mode ``observe``; False in the mode ``keep``, which left the status as it was."""
    changes: int
    """How many there were."""
    first_at: datetime
    last_at: datetime


@query
def of_entity(conn: Conn, entity: Entity, entity_id: Id) -> list[StatusRecord]:
    """Return the changes of one row in the order in which they were made.

    Empty for a row that was made before its changes were recorded, or whose entries were pruned.
    """


@query
def time_per_status(conn: Conn, entity: Entity, entity_id: Id) -> list[StatusTime]:
    """Return how long a row had each of its statuses, in the order in which it first got them."""


@query
def violations(conn: Conn, *, since: datetime | None = None) -> list[Violation]:
    """Return the changes against the rules by kind and application, the most frequent first.

    There are none unless the mode was ``keep`` or ``observe``: ``enforce`` refuses them.
    """


@checked
def prune(conn: Conn, *, before: datetime) -> int:
    """Delete the entries older than a time; return how many.

    On a connection that is in no transaction, each batch commits by itself, so that what is done
    stays done when it is interrupted.  Nobody waits for it.
    """
    pruned = 0
    while True:
        with conn.transaction():
            deleted = _prune_batch(conn, before=before, max_rows=PRUNING_BATCH)
        pruned += deleted
        if deleted < PRUNING_BATCH:
            return pruned


@query
def _prune_batch(conn: Conn, *, before: datetime, max_rows: int) -> RowCount:
    """Delete some of the entries older than a time."""
