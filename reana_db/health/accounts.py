"""Do the accounts agree: usage of runs, ledger, totals of users, and the runs themselves.

They do at every commit while the triggers are in force.  They may not after a restore without
triggers, or after triggers were off.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

from reana_db.queries import Conn, query


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """What :func:`accounts` found; everything is 0 where the accounts agree."""

    uncounted_runs: int
    """Runs that use what the ledger does not have."""
    vanished_runs: int
    """Runs that the ledger has, and that are gone or use nothing."""
    wrong_totals: int
    """Totals of users that are not what the ledger adds up to."""
    lost_runs: int
    """Runs in the history of statuses that are gone, though nobody deleted their rows."""
    lost_others: int
    """Jobs, sessions and services of which the same is true."""

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not any(astuple(self))


@query
def accounts(conn: Conn) -> AccountHealth:
    """Compare usage, ledger, totals and runs, all of them: seconds where there are many runs."""
