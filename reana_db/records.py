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

    CREATED = "created"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    DELETED = "deleted"
    STOPPED = "stopped"
    QUEUED = "queued"
    PENDING = "pending"


class JobStatus(StrEnum):
    """Statuses of jobs (``public.jobstatus``)."""

    CREATED = "created"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    QUEUED = "queued"


class ServiceStatus(StrEnum):
    """Statuses of services (``public.servicestatus``)."""

    CREATED = "created"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    DELETED = "deleted"
    STOPPED = "stopped"
    QUEUED = "queued"
    PENDING = "pending"


class RetentionRuleStatus(StrEnum):
    """Statuses of workspace retention rules (``public.workspaceretentionrulestatus``)."""

    CREATED = "created"
    ACTIVE = "active"
    INACTIVE = "inactive"
    APPLIED = "applied"
    PENDING = "pending"


class TokenStatus(StrEnum):
    """Statuses of access tokens (``public.usertokenstatus``)."""

    REQUESTED = "requested"
    ACTIVE = "active"
    REVOKED = "revoked"


class AuditAction(StrEnum):
    """What an audit entry records (``public.auditlogaction``)."""

    REQUEST_TOKEN = "request_token"
    GRANT_TOKEN = "grant_token"
    REVOKE_TOKEN = "revoke_token"


class ResourceType(StrEnum):
    """What a quota counts (``public.resourcetype``)."""

    CPU = "cpu"
    DISK = "disk"


class ResourceUnit(StrEnum):
    """The unit that a quota counts in (``public.resourceunit``)."""

    BYTES = "bytes_"
    MILLISECONDS = "milliseconds"


class SessionType(StrEnum):
    """Kinds of interactive sessions (``public.interactivesessiontype``)."""

    JUPYTER = "jupyter"


class ServiceType(StrEnum):
    """Kinds of services (``public.servicetype``)."""

    DASK = "dask"


class AccessType(StrEnum):
    """What a share allows (``public.accesstype``)."""

    READ = "read"


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


@dataclass(frozen=True, slots=True)
class Workflow:
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
class WorkflowSpecification:
    """What a run was asked to do."""

    reana_specification: JSON
    """The whole ``reana.yaml`` as an object."""
    input_parameters: JSON
    """Overrides given at the start: a flat object, or None."""


@dataclass(frozen=True, slots=True)
class WorkspaceLocation:
    """Where the files of a run are."""

    id_: UUID
    name: str | None
    run_number_major: int | None
    run_number_minor: int | None
    workspace_path: str | None
    """Absolute path on the shared volume."""


class SettingName(StrEnum):
    """What a site decides for its database (``__reana.setting``)."""

    STATUS_MODE = "status_mode"
    """What becomes of a status change against the rules: see :class:`StatusMode`."""
    TERMINATION_QUOTA_UPDATE_POLICY = "termination_quota_update_policy"
    """What is accounted when a run ends: nothing, cpu, disk or both (``cpu,disk``)."""
    SECRETS_FORM = "secrets_form"
    """How new secrets are stored: ``compatible`` with released services, or ``sealed``."""


class StatusMode(StrEnum):
    """What becomes of a status change against the rules."""

    ENFORCE = "enforce"
    """It is refused."""
    OBSERVE = "observe"
    """It is made, and recorded as not allowed."""


class Entity(StrEnum):
    """What has a status: the name of its table."""

    WORKFLOW = "workflow"
    JOB = "job"
    INTERACTIVE_SESSION = "interactive_session"
    SERVICE = "service"
    RETENTION_RULE = "workspace_retention_rule"


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
