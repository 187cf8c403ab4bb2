"""What functions return: frozen records, and the string enums of statuses and types.

A field is named like its column.  Sizes are bytes, durations milliseconds, times aware and in UTC.
``None`` stands for SQL NULL and for JSON ``null`` alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias
from uuid import UUID

JSON: TypeAlias = Annotated[Any, "json"]
"""A value made of dicts with text keys, lists, texts, numbers, booleans and ``None``."""


class RunStatus(StrEnum):
    """Statuses of workflows and interactive sessions (``public.runstatus``)."""

    created = "created"
    running = "running"
    finished = "finished"
    failed = "failed"
    deleted = "deleted"
    stopped = "stopped"
    queued = "queued"
    pending = "pending"


class JobStatus(StrEnum):
    """Statuses of jobs (``public.jobstatus``)."""

    created = "created"
    running = "running"
    finished = "finished"
    failed = "failed"
    stopped = "stopped"
    queued = "queued"


class ServiceStatus(StrEnum):
    """Statuses of services (``public.servicestatus``)."""

    created = "created"
    running = "running"
    finished = "finished"
    failed = "failed"
    deleted = "deleted"
    stopped = "stopped"
    queued = "queued"
    pending = "pending"


class RetentionRuleStatus(StrEnum):
    """Statuses of workspace retention rules (``public.workspaceretentionrulestatus``)."""

    created = "created"
    active = "active"
    inactive = "inactive"
    applied = "applied"
    pending = "pending"


class TokenStatus(StrEnum):
    """Statuses of access tokens (``public.usertokenstatus``)."""

    requested = "requested"
    active = "active"
    revoked = "revoked"


class AuditAction(StrEnum):
    """What an audit entry records (``public.auditlogaction``)."""

    request_token = "request_token"
    grant_token = "grant_token"
    revoke_token = "revoke_token"


class ResourceType(StrEnum):
    """What a quota counts (``public.resourcetype``)."""

    cpu = "cpu"
    disk = "disk"


class ResourceUnit(StrEnum):
    """The unit that a quota counts in (``public.resourceunit``)."""

    bytes_ = "bytes_"
    milliseconds = "milliseconds"


class SessionType(StrEnum):
    """Kinds of interactive sessions (``public.interactivesessiontype``)."""

    jupyter = "jupyter"


class ServiceType(StrEnum):
    """Kinds of services (``public.servicetype``)."""

    dask = "dask"


class AccessType(StrEnum):
    """What a share allows (``public.accesstype``)."""

    read = "read"


@dataclass(frozen=True, slots=True)
class User:
    """A person who owns workflows."""

    id_: UUID
    email: str
    """Unique; compared exactly, case included."""
    full_name: str | None
    username: str | None
    created: datetime
    updated: datetime


class Numbered:
    """A record of a run, which people know by its name and number."""

    __slots__ = ()

    name: str | None
    run_number_major: int | None
    run_number_minor: int | None

    @property
    def run_number(self) -> str:
        """The run number as people write it: "M", or "M.m" for a restart."""
        minor = f".{self.run_number_minor}" if self.run_number_minor else ""
        return f"{self.run_number_major}{minor}"

    @property
    def full_name(self) -> str:
        """The name with the run number: "name.M" or "name.M.m"."""
        return f"{self.name}.{self.run_number}"


@dataclass(frozen=True, slots=True)
class Workflow(Numbered):
    """One run of a workflow, without its big columns (logs, specification, parameters)."""

    id_: UUID
    name: str | None
    run_number_major: int | None
    """Counts the runs of one name and owner, from 1."""
    run_number_minor: int | None
    """Counts the restarts of a run; 0 is the run itself."""
    status: RunStatus | None
    owner_id: UUID | None
    type_: str | None
    """The engine: serial, cwl, yadage or snakemake."""
    created: datetime
    updated: datetime
    run_started_at: datetime | None
    run_finished_at: datetime | None
    run_stopped_at: datetime | None
    workspace_path: str | None
    """Absolute; restarts share the workspace of the first run."""
    restart: bool | None
    git_ref: str | None
    git_repo: str | None
    launcher_url: str | None


@dataclass(frozen=True, slots=True)
class WorkflowSpecification:
    """What a run was asked to do."""

    reana_specification: JSON
    """The whole ``reana.yaml`` as an object."""
    input_parameters: JSON
    """Overrides given at the start: a flat object, or None."""


@dataclass(frozen=True, slots=True)
class WorkspaceLocation(Numbered):
    """Where the files of a run are."""

    id_: UUID
    name: str | None
    run_number_major: int | None
    run_number_minor: int | None
    workspace_path: str | None
    """Absolute path on the shared volume."""


class SettingName(StrEnum):
    """What a site decides for its database (``__reana.setting``)."""

    status_mode = "status_mode"
    """What becomes of a status change against the rules: see :class:`StatusMode`."""
    termination_quota_update_policy = "termination_quota_update_policy"
    """What is accounted when a run ends: nothing, cpu, disk or both (``cpu,disk``)."""
    secrets_form = "secrets_form"
    """How new secrets are stored: ``compatible`` with released services, or ``sealed``."""


class StatusMode(StrEnum):
    """What becomes of a status change against the rules."""

    enforce = "enforce"
    """It is refused."""
    keep = "keep"
    """Status and times stay, the rest of the statement is stored; recorded as not allowed."""
    observe = "observe"
    """It is made, and recorded as not allowed."""


class Entity(StrEnum):
    """What has a status: the name of its table."""

    workflow = "workflow"
    job = "job"
    interactive_session = "interactive_session"
    service = "service"
    workspace_retention_rule = "workspace_retention_rule"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """What a request to change a status did."""

    entity_id: UUID
    before: str | None
    """The status that the row had when it was locked."""
    after: str | None
    """The status that it has now."""
    changed: bool
    """Whether the two differ."""
    allowed: bool
    """Whether the rules and the expected statuses allow it.

    A change against the rules that was made all the same was made in the mode ``observe``.
    """

    @property
    def refused(self) -> bool:
        """Whether the row was left as it was because the change is not allowed."""
        return not self.allowed and not self.changed


class Progress:
    """Told how far long work has come; this one tells nobody."""

    def start(self, label: str, total: int) -> None:
        """Begin a phase of about so many steps."""

    def advance(self, steps: int) -> None:
        """Note that so many steps more are done."""
