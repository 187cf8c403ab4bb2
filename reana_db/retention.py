"""Retention rules: which files of a workspace are removed some days after the end of a run.

A rule is ``created`` with its run, ``active`` when the run finishes or fails, ``pending`` while its
files are removed and ``applied`` afterwards; a restart or a deletion of any run of the same
workspace makes it ``inactive``.  The database does all of this by itself, for any client, and
writes the audit log; what remains to be called is here.

Locks.  Whoever changes several rules locks their rows first, in the order of their ids.  A claim
skips rules that others have locked, so it never waits and two claims never get the same rule.  A
restart waits for a claim of its files and is refused
(:class:`~reana_db.errors.RestartRefused`) when it finds one pending; a claim after it finds the
rules inactive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from reana_db import errors, workflows
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON, RetentionRuleStatus
from reana_db.registry.arguments import Id, checked
from reana_db.registry.savepoints import whole
from reana_db.values import Days, Name


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long some files of a workspace are kept."""

    id_: UUID
    workflow_id: UUID
    workspace_files: str
    """Pattern of the files, relative to the workspace; ``**/*`` for all."""
    retention_days: int
    apply_on: datetime | None
    """When the files are due: the end of a day in UTC; None before the run ends."""
    status: RetentionRuleStatus

    @property
    def document(self) -> dict[str, JSON]:
        """The rule as the API of REANA's server returns it."""
        return {
            "id": str(self.id_),
            "workspace_files": self.workspace_files,
            "retention_days": self.retention_days,
            "apply_on": f"{self.apply_on:%Y-%m-%dT%H:%M:%S}" if self.apply_on else None,
            "status": self.status.value,
        }


@dataclass(frozen=True, slots=True)
class DueRule:
    """A rule to be applied, and where."""

    id_: UUID
    workflow_id: UUID
    workspace_files: str
    """Pattern of the files, relative to the workspace; ``**/*`` for all."""
    retention_days: int
    apply_on: datetime | None
    status: RetentionRuleStatus
    """``pending``, or ``active`` in a list of what would be claimed."""
    workspace_path: str | None
    """Absolute path on the shared volume."""
    reana_specification: JSON
    """Of the run; its inputs and outputs are never removed (REANA's rule)."""


@checked
def add(conn: Conn, workflow_id: Id, rules: Mapping[Name, Days]) -> list[RetentionRule]:
    """Add rules to a run: pattern of files to number of days.

    All or none.  Raises MissingReference for an unknown run, and AlreadyExists when the run has a
    rule for one of the patterns.
    """
    with whole(conn) if len(rules) > 1 else nullcontext():
        added = _add(
            conn,
            workflow_id=workflow_id,
            rule_ids=[uuid4() for _ in rules],
            workspace_files=list(rules),
            retention_days=list(rules.values()),
        )
        if len(added) < len(rules):
            if workflows.find_by_id(conn, workflow_id) is None:
                raise errors.MissingReference(f"no workflow {workflow_id}")
            taken = ", ".join(sorted({*rules} - {rule.workspace_files for rule in added}))
            raise errors.AlreadyExists(f"workflow {workflow_id} has a rule for {taken}")
    return added


@query
def _add(
    conn: Conn,
    *,
    workflow_id: Id,
    rule_ids: Sequence[Id],
    workspace_files: list[str],
    retention_days: list[int],
) -> list[RetentionRule]:
    """Insert rules in the status created."""


@query
def list_rules(conn: Conn, workflow_id: Id) -> list[RetentionRule]:
    """Return the rules of a run, ordered by pattern."""


@query
def activate(conn: Conn, workflow_id: Id) -> RowCount:
    """Make the created rules of a run active; the database does so when the run ends."""


@query
def inactivate_all_runs(conn: Conn, workflow_id: Id) -> RowCount:
    """End the created and active rules of all runs that share the workspace of a run.

    These are the runs with its owner, name and major number.  The database does so when one of them
    is restarted or deleted.
    """


@query
def has_pending(conn: Conn, workflow_id: Id) -> bool:
    """Tell whether files are being removed from the workspace of a run, by the rules of any run.

    For messages only: a restart checks it by itself, under lock.
    """


@query
def list_due(
    conn: Conn,
    now: datetime,
    *,
    workflow_id: Id | None = None,
    owner_id: Id | None = None,
) -> list[DueRule]:
    """Return what a claim at a time would get, and what is pending already; changes nothing."""


@query
def claim_due(
    conn: Conn,
    now: datetime,
    *,
    workflow_id: Id | None = None,
    owner_id: Id | None = None,
    maximum: int | None = None,
) -> list[DueRule]:
    """Make active rules that are due before a time pending and return them, oldest first.

    Processes that claim at the same time get different rules.  Commit before removing any file,
    and tell the end of each rule with :func:`finish`.
    """


@query
def claim_abandoned(
    conn: Conn,
    pending_before: datetime,
    *,
    workflow_id: Id | None = None,
    owner_id: Id | None = None,
    maximum: int | None = None,
) -> list[DueRule]:
    """Claim rules anew that have been pending since before a time, and return them.

    Their process is taken to be dead.  Processes that claim at the same time get different rules.
    """


@query
def list_pending(
    conn: Conn, *, workflow_id: Id | None = None, owner_id: Id | None = None
) -> list[DueRule]:
    """Return the rules that are being applied, or were when their process died."""


@checked
def finish(conn: Conn, rule_id: Id, *, applied: bool) -> bool:
    """Tell that a pending rule was applied, or failed and waits for the next claim.

    A failed rule is active again and keeps its date.  Returns False, and changes nothing, when the
    rule is not pending: another process has finished it.
    """
    status = RetentionRuleStatus.applied if applied else RetentionRuleStatus.active
    return _finish(conn, rule_id, status) == 1


@query
def _finish(conn: Conn, rule_id: Id, status: RetentionRuleStatus) -> RowCount:
    """Set the status of a rule if it is pending."""


@checked
def extend(conn: Conn, workflow_id: Id, *, days: Days) -> list[RetentionRule]:
    """Postpone the active rules of a run by a number of days and return them."""
    return _extend(conn, workflow_id, days)


@query
def _extend(conn: Conn, workflow_id: Id, days: int) -> list[RetentionRule]:
    """Add days to the active rules of a run."""
