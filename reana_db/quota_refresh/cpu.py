"""Processing time of runs, compared with what is recorded and corrected where it differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from reana_db.queries import Conn, RowCount, query
from reana_db.registry.arguments import Id


@dataclass(frozen=True, slots=True)
class WrongRun:
    """A run whose recorded processing time is not its time."""

    owner_id: UUID
    workflow_id: UUID
    drift: int
    """By how many milliseconds it is wrong."""
    recorded: bool
    """Whether there is a row for it at all."""


@query
def wrong_runs(conn: Conn, *, user_id: Id | None) -> Iterator[WrongRun]:
    """Yield the runs to correct, of everybody or of one user; those of a user follow each other.

    Read in one go: to hash both tables takes a fraction of looking up every run.
    """


def correct(conn: Conn, wrong: list[WrongRun]) -> int:
    """Correct runs in one transaction, but for those that others are changing; return how many.

    Their owners' totals are locked first and once, which is why runs of a user come together.
    """
    with conn.transaction():
        owners = list({run.owner_id for run in wrong})
        lock_totals(conn, owners)
        recorded = [run.workflow_id for run in wrong if run.recorded]
        missing = [run.workflow_id for run in wrong if not run.recorded]
        corrected = _change(conn, recorded, owners) if recorded else 0
        return corrected + (_record(conn, missing, owners) if missing else 0)


@query
def _change(conn: Conn, workflow_ids: Sequence[Id], user_ids: Sequence[Id]) -> RowCount: ...


@query
def _record(conn: Conn, workflow_ids: Sequence[Id], user_ids: Sequence[Id]) -> RowCount: ...


@query
def lock_totals(conn: Conn, user_ids: Sequence[Id]) -> None:
    """Lock the totals of users, each named once, until the end of the transaction.

    In key order, as everybody locks them; makes those that are missing.
    """
