"""What happens on a site, in numbers.

The whole report takes at most one statement per table.
"""

from __future__ import annotations

from dataclasses import dataclass

from reana_db import jobs, sessions
from reana_db.jobs import JobCount
from reana_db.queries import Conn, query
from reana_db.records import ResourceType, ResourceUnit, RunStatus
from reana_db.registry.arguments import checked

SAMPLED_PAGES = 2000
"""Of a table, for an estimate: 16 MB."""


@dataclass(frozen=True, slots=True)
class WorkflowCount:
    """How many runs have a status."""

    status: RunStatus | None
    workflows: int


@dataclass(frozen=True, slots=True)
class WorkflowStatistics:
    """How many runs there are, of all users."""

    total: int
    created: int
    queued: int
    pending: int
    running: int
    finished: int
    failed: int
    stopped: int
    deleted: int
    restarted: int
    """Runs that are restarts of others."""
    stuck_running: int
    """Runs that started long ago and of which nothing has been heard for as long."""
    stuck_pending: int
    """Runs that have been pending for too long."""
    from_git: int
    """Runs that came from a Git repository."""
    is_exact: bool
    """False where runs that have ended were estimated from a sample of the table."""


@dataclass(frozen=True, slots=True)
class TopUser:
    """A user who uses much of a resource."""

    type_: ResourceType
    unit: ResourceUnit
    email: str
    quota_used: int | None
    """In the unit: bytes or milliseconds."""
    quota_limit: int | None
    """In the unit; 0 and None are unlimited."""
    position_by_usage: int
    """1 for the user who uses most; equal usage is ordered by e-mail address."""
    position_by_percentage: int | None
    """1 for the user who uses the largest share of the limit; None without limit."""


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """The state of a site."""

    workflows: WorkflowStatistics
    jobs: tuple[JobCount, ...]
    """By status and backend; what there is none of is left out."""
    active_sessions: int
    """Interactive sessions that are neither stopped, failed nor deleted."""
    web_sessions: int
    top_users: tuple[TopUser, ...]


@query
def workflow_counts(conn: Conn) -> list[WorkflowCount]:
    """Return how many runs there are per status; statuses without runs are left out."""


@query
def workflows(
    conn: Conn, *, hours: int = 12, minutes: int = 20, sampled_pages: int | None = None
) -> WorkflowStatistics:
    """Return how many runs there are, by status and by what may be wrong with them.

    A running one is stuck when it started, and was last updated, ``hours`` ago or before; a pending
    one when it was last updated ``minutes`` ago or before.  All times are UTC.  With
    ``sampled_pages``, those that have ended are estimated from about so many pages of the table, if
    it is larger; active ones are always counted.
    """


@query
def top_users(conn: Conn, *, size: int = 5) -> list[TopUser]:
    """Return the first users by usage and by share of the limit, of each type of resource."""


@query
def web_sessions(conn: Conn) -> int:
    """Return the number of sessions of the web interface.

    The rows of Invenio's table ``public.accounts_user_session_activity``; 0 without that table.
    """


@checked
def cluster_report(conn: Conn, *, exact: bool = False) -> ClusterReport:
    """Return the state of the site.  Five statements, one for each table.

    Runs and jobs that have ended are estimated from a sample where their tables are larger than 16
    MB, within about 5 % (``is_exact`` says so); ``exact`` counts them, which takes a second for a
    million runs.  Active ones are always counted.

    Runs on a standby.
    """
    pages = None if exact else SAMPLED_PAGES
    return ClusterReport(
        workflows=workflows(conn, sampled_pages=pages),
        jobs=tuple(jobs.counts(conn, sampled_pages=pages)),
        active_sessions=sessions.count_active(conn),
        web_sessions=web_sessions(conn),
        top_users=tuple(top_users(conn)),
    )
