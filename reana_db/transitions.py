"""Statuses: which may follow which, which are final, and changing them.

The rules are those of ``__reana.status_transition``, which the database enforces for every client.
An equal status changes nothing and is always accepted; a row of an old release without a status
may get any.

A change is one statement: it locks the row, looks at the status that the row has then, and changes
it if the rules, and the statuses that the caller expects, allow it.  ``set_…`` raises NotFound or
InvalidTransition and leaves the transaction usable; ``try_…`` returns None for a missing row and a
:class:`~reana_db.records.StatusChange` that is ``refused`` for a change that is not allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from reana_db import errors
from reana_db.queries import Conn, query
from reana_db.records import (
    Entity,
    JobStatus,
    RetentionRuleStatus,
    RunStatus,
    ServiceStatus,
    StatusChange,
)
from reana_db.registry.arguments import Id, named
from reana_db.values import Object

_SESSION_RULES = MappingProxyType(
    {
        "created": frozenset({"running", "stopped", "failed", "finished", "deleted"}),
        "running": frozenset({"stopped", "failed", "finished", "deleted"}),
        "stopped": frozenset({"deleted"}),
        "failed": frozenset({"deleted"}),
        "finished": frozenset({"deleted"}),
    }
)

RULES: Mapping[Entity, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        Entity.workflow: MappingProxyType(
            {
                "created": frozenset({"queued", "deleted"}),
                "queued": frozenset({"pending", "running", "failed", "deleted"}),
                "pending": frozenset({"running", "finished", "failed", "deleted"}),
                "running": frozenset({"finished", "failed", "stopped"}),
                "finished": frozenset({"running", "deleted"}),
                "failed": frozenset({"running", "deleted"}),
                "stopped": frozenset({"deleted"}),
            }
        ),
        Entity.job: MappingProxyType(
            {
                "created": frozenset({"queued", "running", "finished", "failed", "stopped"}),
                "queued": frozenset({"running", "finished", "failed", "stopped"}),
                "running": frozenset({"finished", "failed", "stopped"}),
            }
        ),
        Entity.interactive_session: _SESSION_RULES,
        Entity.service: _SESSION_RULES,
        Entity.workspace_retention_rule: MappingProxyType(
            {
                "created": frozenset({"active", "inactive"}),
                "active": frozenset({"inactive", "pending"}),
                "inactive": frozenset({"active"}),
                "pending": frozenset({"applied", "active"}),
            }
        ),
    }
)
"""By entity and status: the statuses that may follow.  Equal to ``__reana.status_transition``."""

_ENDS = frozenset({"finished", "failed", "stopped", "deleted"})

FINAL: Mapping[Entity, frozenset[str]] = MappingProxyType(
    {
        Entity.workflow: _ENDS,
        Entity.job: _ENDS - {"deleted"},
        Entity.interactive_session: _ENDS,
        Entity.service: _ENDS,
        Entity.workspace_retention_rule: frozenset({"applied"}),
    }
)
"""By entity: the statuses in which nothing is going on any more; some may still be deleted."""


def can_transition(entity: Entity, from_status: str | None, to_status: str) -> bool:
    """Tell whether a status may follow another; an equal one always may."""
    return from_status in (None, to_status) or to_status in allowed_from(entity, from_status)


def allowed_from(entity: Entity, status: str) -> frozenset[str]:
    """Return the other statuses that may follow a status."""
    return RULES[entity].get(status, frozenset())


def is_final(entity: Entity, status: str) -> bool:
    """Tell whether a run, job, session, service or rule with this status has ended."""
    return status in FINAL[entity]


def diagram(entity: Entity) -> str:
    """Return the rules as a Mermaid state diagram in Markdown; final statuses are marked."""
    lines = ["```mermaid", "stateDiagram-v2", "    classDef final font-weight:bold"]
    for before, following in RULES[entity].items():
        lines += [f"    {before} --> {after}" for after in sorted(following)]
    lines += [f"    class {status} final" for status in sorted(FINAL[entity])]
    return "\n".join([*lines, "```"])


@named
def set_workflow_status(
    conn: Conn,
    workflow_id: Id,
    status: RunStatus,
    *,
    expected: list[RunStatus] | None = None,
    append_logs: str | None = None,
    progress: Object | None = None,
    at: datetime | None = None,
) -> StatusChange:
    """Change the status of a run; see :func:`try_set_workflow_status`.

    Raises NotFound for a run that does not exist and InvalidTransition for a change that is not
    allowed; the transaction stays usable.  Idempotent without ``expected`` and ``logs``.
    """
    change = try_set_workflow_status(
        conn,
        workflow_id,
        status,
        expected=expected,
        append_logs=append_logs,
        progress=progress,
        at=at,
    )
    return _made(Entity.workflow, workflow_id, status, change)


@named
def set_job_status(
    conn: Conn,
    job_id: Id,
    status: JobStatus,
    *,
    expected: list[JobStatus] | None = None,
    replace_logs: str | None = None,
    at: datetime | None = None,
) -> StatusChange:
    """Change the status of a job; see :func:`try_set_job_status`.

    Raises NotFound and InvalidTransition; the transaction stays usable.
    """
    change = try_set_job_status(
        conn, job_id, status, expected=expected, replace_logs=replace_logs, at=at
    )
    return _made(Entity.job, job_id, status, change)


@named
def set_session_status(
    conn: Conn, session_id: Id, status: RunStatus, *, expected: list[RunStatus] | None = None
) -> StatusChange:
    """Change the status of an interactive session.

    Raises NotFound and InvalidTransition; the transaction stays usable.
    """
    change = try_set_session_status(conn, session_id, status, expected=expected)
    return _made(Entity.interactive_session, session_id, status, change)


@named
def set_service_status(
    conn: Conn,
    service_id: Id,
    status: ServiceStatus,
    *,
    expected: list[ServiceStatus] | None = None,
) -> StatusChange:
    """Change the status of a service.

    Raises NotFound and InvalidTransition; the transaction stays usable.
    """
    change = try_set_service_status(conn, service_id, status, expected=expected)
    return _made(Entity.service, service_id, status, change)


@named
def set_retention_rule_status(
    conn: Conn,
    rule_id: Id,
    status: RetentionRuleStatus,
    *,
    expected: list[RetentionRuleStatus] | None = None,
) -> StatusChange:
    """Change the status of a workspace retention rule.

    Raises NotFound and InvalidTransition; the transaction stays usable.
    """
    change = try_set_retention_rule_status(conn, rule_id, status, expected=expected)
    return _made(Entity.workspace_retention_rule, rule_id, status, change)


@query
def try_set_workflow_status(
    conn: Conn,
    workflow_id: Id,
    status: RunStatus,
    *,
    expected: list[RunStatus] | None = None,
    append_logs: str | None = None,
    progress: Object | None = None,
    at: datetime | None = None,
) -> StatusChange | None:
    """Change the status of a run, with its logs and the progress of its jobs, or report why not.

    ``expected``: the statuses of which the run must have one, else the change is not allowed.
    ``append_logs``: text that is appended as it is.  ``progress``: an object with the keys
    ``total``, ``running``, ``finished`` and ``failed``, each ``{"total": int, "job_ids": [text,
    …]}``, merged into what is stored (REANA's rule: job ids are united, the first total that is not
    0 stays).
    ``at``: when it started or ended, if that is not now; the first start and the first end stay.

    An equal status carries logs and progress too, and changes nothing else.  A refused change
    carries neither.
    """


@query
def try_set_job_status(
    conn: Conn,
    job_id: Id,
    status: JobStatus,
    *,
    expected: list[JobStatus] | None = None,
    replace_logs: str | None = None,
    at: datetime | None = None,
) -> StatusChange | None:
    """Change the status of a job and replace its logs, or report why not.

    The other parameters mean what they mean for :func:`try_set_workflow_status`.
    """


@query
def try_set_session_status(
    conn: Conn, session_id: Id, status: RunStatus, *, expected: list[RunStatus] | None = None
) -> StatusChange | None:
    """Change the status of an interactive session, or report why not."""


@query
def try_set_service_status(
    conn: Conn,
    service_id: Id,
    status: ServiceStatus,
    *,
    expected: list[ServiceStatus] | None = None,
) -> StatusChange | None:
    """Change the status of a service, or report why not."""


@query
def try_set_retention_rule_status(
    conn: Conn,
    rule_id: Id,
    status: RetentionRuleStatus,
    *,
    expected: list[RetentionRuleStatus] | None = None,
) -> StatusChange | None:
    """Change the status of a workspace retention rule, or report why not."""


def _made(entity: Entity, entity_id: Id, status: str, change: StatusChange | None) -> StatusChange:
    """Return a change that was not refused."""
    if change is None:
        raise errors.NotFound(f"no {entity} {entity_id}")
    if change.refused:
        raise errors.InvalidTransition.of(entity, entity_id, change.before, status)
    return change
