"""Quota: what users and runs use, the limits of users, and how usage of runs is recorded.

Triggers keep the totals of users exact (migration 0029), so functions here only write the usage
of runs, and limits.  Processing time is in milliseconds, disk space in bytes; a limit of 0 is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from reana_db import config, database_settings, errors, site_report, users
from reana_db.config import DEFAULT_RESOURCES
from reana_db.errors import InvalidArgument
from reana_db.queries import Conn, RowCount, query
from reana_db.records import JSON, ResourceType, ResourceUnit, SettingName
from reana_db.registry.arguments import Id, checked
from reana_db.site_report import TopUser
from reana_db.units import human_readable
from reana_db.values import Amount

WARNING_PERCENTAGE = 80
CRITICAL_PERCENTAGE = 100


class QuotaHealth(StrEnum):
    """How near usage is to its limit: warning from 80 %, critical from 100 %."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class UserQuota:
    """What a user has used of a resource, and may use."""

    user_id: UUID
    email: str
    resource_name: str
    type_: ResourceType
    unit: ResourceUnit
    quota_used: int
    """In the current period, if there is one."""
    quota_limit: int
    """0 is unlimited."""
    quota_period_months: int | None
    """None counts for life."""
    quota_period_start_at: datetime | None
    """When the current period began."""

    @property
    def exceeded(self) -> bool:
        """Whether nothing more may be started."""
        return 0 < self.quota_limit <= self.quota_used

    @property
    def health(self) -> QuotaHealth | None:
        """How near the usage is to the limit; None without one."""
        return health(self.quota_used, self.quota_limit)


@dataclass(frozen=True, slots=True)
class WorkflowQuota:
    """What a run uses of a resource."""

    resource_name: str
    type_: ResourceType
    unit: ResourceUnit
    quota_used: int


class _Usage(Protocol):
    @property
    def type_(self) -> ResourceType: ...
    @property
    def unit(self) -> ResourceUnit: ...
    @property
    def quota_used(self) -> int: ...


def health(used: int, limit: int) -> QuotaHealth | None:
    """Return how near usage is to its limit; None for a limit of 0, which is none."""
    if not limit:
        return None
    if used * 100 >= limit * CRITICAL_PERCENTAGE:
        return QuotaHealth.CRITICAL
    if used * 100 >= limit * WARNING_PERCENTAGE:
        return QuotaHealth.WARNING
    return QuotaHealth.HEALTHY


@query
def of_user(conn: Conn, user_id: Id) -> list[UserQuota]:
    """Return what a user has used and may use, one for each resource, ordered by type and name."""


@query
def of_everybody(conn: Conn) -> list[UserQuota]:
    """Return what all users have used and may use, ordered by e-mail address, type and name."""


@query
def of_workflow(conn: Conn, workflow_id: Id) -> list[WorkflowQuota]:
    """Return what a run uses, one for each resource that was recorded, ordered by type and name."""


def document(usages: Iterable[_Usage]) -> dict[str, JSON]:
    """Return usage as REANA's API does, by type of resource.

    ``{"cpu": {"usage": {"raw": 1000, "human_readable": "1s"}, "limit": …, "health": "healthy"}}``;
    several resources of one type are added up, ``limit`` and ``health`` are there if there is a
    limit.  Raises InvalidArgument for resources of one type with different units.
    """
    by_type: dict[ResourceType, list[_Usage]] = {}
    for usage in usages:
        by_type.setdefault(usage.type_, []).append(usage)
    return {str(type_): _document_of_type(type_, found) for type_, found in by_type.items()}


def _document_of_type(type_: ResourceType, usages: list[_Usage]) -> JSON:
    units = {usage.unit for usage in usages}
    if len(units) > 1:
        raise InvalidArgument(f"the resources of type {type_} have different units")
    (unit,) = units
    used = sum(usage.quota_used for usage in usages)
    limit = sum(usage.quota_limit for usage in usages if isinstance(usage, UserQuota))
    found: dict[str, JSON] = {"usage": _amount(unit, used)}
    if limit:
        found |= {"limit": _amount(unit, limit), "health": str(health(used, limit))}
    return found


def _amount(unit: ResourceUnit, amount: int) -> JSON:
    return {"raw": amount, "human_readable": human_readable(unit, amount)}


@query
def exceeded(conn: Conn, user_id: Id) -> bool:
    """Tell whether a user has reached a limit, so that nothing more may be started."""


@query
def would_exceed(conn: Conn, *, user_id: Id, bytes_: int) -> int | None:
    """Return the disk limit of a user if so many bytes more would exceed it, else None."""


@query
def set_disk_usage(conn: Conn, *, workflow_id: Id, bytes_: int) -> int:
    """Record the size of the workspace of a run and return it; the total of its owner follows.

    Below zero becomes zero, with a warning in the log of the server.  Runs that share the workspace
    keep theirs, and the largest counts: see :func:`set_workspace_disk_usage`.  Raises NotFound.
    """


@query
def add_disk_usage(conn: Conn, *, workflow_id: Id, bytes_: int) -> int:
    """Add bytes, or take them away if negative, and return the size of the workspace of the run.

    Safe from any number of sessions at once; otherwise as :func:`set_disk_usage`.
    """


@query
def set_workspace_disk_usage(conn: Conn, *, workspace_path: str, bytes_: int) -> RowCount:
    """Record the size of a workspace for all runs that share it; return how many these are.

    For changes that concern the workspace as a whole: its deletion, the removal of old files.
    """


@checked
def set_limit(
    conn: Conn,
    *,
    user_ids: Sequence[Id],
    limit: Amount,
    type_: ResourceType | None = None,
    resource_name: str | None = None,
) -> RowCount:
    """Set the limit of users, of the default resource of a type or of a resource by name.

    Returns the number of users.  Raises InvalidArgument for a negative limit, or unless exactly one
    of ``type_`` and ``resource_name`` is given; NotFound for an unknown user or resource.  Nothing
    is changed then.
    """
    if (type_ is None) == (resource_name is None):
        raise InvalidArgument("either type_ or resource_name must be given")
    name = resource_name if type_ is None else DEFAULT_RESOURCES[type_]
    resource = resource_id(conn, str(name))
    changed = _set_limit(conn, user_ids=user_ids, quota_limit=limit, resource_id=resource)
    if user_ids and not changed:
        known = {user.id_ for user in users.many(conn, user_ids)}
        unknown = ", ".join(str(user_id) for user_id in user_ids if user_id not in known)
        raise errors.NotFound(f"no user {unknown}")
    return changed


@query
def resource_id(conn: Conn, name: str) -> UUID:
    """Return the id of a resource by its name; raises NotFound."""


@query
def _set_limit(
    conn: Conn, *, user_ids: Sequence[Id], resource_id: Id, quota_limit: int
) -> RowCount: ...


@query
def set_default_limits(conn: Conn, *, cpu_limit: Amount, disk_limit: Amount) -> RowCount:
    """Give users without a limit the default limits; 0 leaves them unlimited.

    Returns the number of limits that were set.
    """


@checked
def top_by_usage(conn: Conn, type_: ResourceType, *, size: int = 5) -> list[TopUser]:
    """Return the users who use most of a type of resource, most first.

    Runs on a standby.
    """
    return [
        user
        for user in site_report.top_users(conn, size=size)
        if user.type_ == type_ and user.position_by_usage <= size
    ]


@checked
def top_by_percentage(conn: Conn, type_: ResourceType, *, size: int = 5) -> list[TopUser]:
    """Return the users who use the largest share of their limit of a type, largest first.

    Runs on a standby.
    """
    ranked = [
        (user.position_by_percentage, user)
        for user in site_report.top_users(conn, size=size)
        if user.type_ == type_ and user.position_by_percentage is not None
    ]
    ranked.sort(key=lambda item: item[0])
    return [user for position, user in ranked if position <= size]


def policy(conn: Conn) -> frozenset[ResourceType]:
    """Return the resources that are accounted when a run ends.

    Triggers account processing time if it is among them; whether disk usage is measured then is
    left to the service that ends the run.

    Runs on a standby.
    """
    stored = database_settings.get(conn, SettingName.termination_quota_update_policy)
    return frozenset(ResourceType(name) for name in stored.split(",") if name)


def policy_difference(conn: Conn) -> str | None:
    """Return a sentence if the environment names other resources than the database, else None.

    Runs on a standby.
    """
    wanted = config.settings().termination_quota_policy
    stored = policy(conn)
    if wanted is None or wanted == stored:
        return None
    return (
        f"{config.POLICY_VARIABLE} is {_listed(wanted)}, but the database has {_listed(stored)}: "
        "the database counts; change it with reana-db quota policy"
    )


def _listed(names: Iterable[str]) -> str:
    return ",".join(sorted(names)) or "none"


@checked
def set_policy(conn: Conn, types: Iterable[ResourceType]) -> None:
    """Choose the resources that are accounted when a run ends."""
    chosen = ",".join(sorted({str(type_) for type_ in types}))
    database_settings.change(conn, SettingName.termination_quota_update_policy, chosen)
