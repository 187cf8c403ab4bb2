"""Processing time of runs, compared with what is recorded and corrected where it differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reana_db.queries import Conn, query
from reana_db.registry.arguments import Id


@dataclass(frozen=True, slots=True)
class WrongRuns:
    """Runs whose recorded processing time is not their time, to be corrected at once."""

    workflow_ids: str
    """As an array literal: it goes back to the server as it came, which saves the client's work."""
    owner_ids: str
    """Their owners, as an array literal."""
    runs: int
    drift: int
    """By how many milliseconds they are wrong."""


@query
def wrong_runs(conn: Conn, *, user_id: Id | None, size: int) -> Iterator[WrongRuns]:
    """Yield the runs to correct, of everybody or of one user, so many at a time.

    Those of a user follow each other.  Read in one go: to hash both tables takes a fraction of
    looking up every run.
    """


@query
def correct(conn: Conn, *, workflow_ids: str, owner_ids: str) -> int:
    """Correct runs in one transaction, but for those that others are changing; return how many.

    Their owners' totals are locked first and once, which is why runs of a user come together.
    """
