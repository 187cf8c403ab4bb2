"""The database layer of REANA: typed functions over hand-written SQL.

Functions take the connection first and leave the transaction to their caller::

    from reana_db import connect, workflows

    with connect() as conn:
        run = workflows.resolve(conn, "analysis.3.1", user_id=user_id)

Everything that a service needs is imported from here: the modules of functions, the records and
enums of their signatures, and what connects.  Each is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reana_db import (
        accounts,
        audit,
        config,
        consistency,
        database,
        database_settings,
        deletion,
        disk_usage,
        errors,
        identities,
        job_cache,
        jobs,
        lifecycle,
        listing,
        quota,
        quota_periods,
        records,
        replication,
        reports,
        resources,
        retention,
        scheduling,
        services,
        sessions,
        sharing,
        site_report,
        status_history,
        tokens,
        transitions,
        user_secrets,
        users,
        workflows,
        workspaces,
    )
    from reana_db.accounts import Account, NewUser, Profile, ProfileQuota
    from reana_db.audit import AuditEntry
    from reana_db.config import Settings
    from reana_db.connection import Connection
    from reana_db.consistency import CheckedWorkflow, WorkspaceOwner
    from reana_db.database import connect
    from reana_db.database_settings import DatabaseSetting
    from reana_db.deletion import ClosedEndpoint, DeletionOutcome, RunDeletion, UnendedJob
    from reana_db.encryption.keyring import KeyRing
    from reana_db.identities import Identity
    from reana_db.job_cache import CachedJob
    from reana_db.jobs import Job, JobCommand, JobCount, JobPage, JobReport, JobWithLogs, NewJob
    from reana_db.lifecycle import AppliedMessage, MessageOutcome, NewService
    from reana_db.listing import ListedService, ListedWorkflow, Page, Sort
    from reana_db.pool import Pool
    from reana_db.quota import UserQuota, WorkflowQuota
    from reana_db.quota_periods import QuotaPeriod
    from reana_db.records import (
        AccessType,
        AuditAction,
        Entity,
        JobStatus,
        ResourceType,
        ResourceUnit,
        RetentionRuleStatus,
        RunStatus,
        ServiceStatus,
        ServiceType,
        SessionType,
        SettingName,
        StatusChange,
        TokenStatus,
        User,
        Workflow,
        WorkflowSpecification,
        WorkspaceLocation,
    )
    from reana_db.reports import LogReport, StatusReport
    from reana_db.resources import Resource
    from reana_db.retention import DueRule, RetentionRule
    from reana_db.services import Service, ServiceLog
    from reana_db.sessions import OpenSession, Session
    from reana_db.sharing import Share
    from reana_db.site_report import ClusterReport, TopUser, WorkflowCount, WorkflowStatistics
    from reana_db.status_history import StatusRecord, StatusTime, Violation
    from reana_db.tokens import ActiveToken, TokenOwner, TokenState
    from reana_db.user_secrets import SessionOwner, WebhookOwner, WebhookSecret

__version__ = "1.0.0.dev0"

_HOMES = {
    "accounts": "Account NewUser Profile ProfileQuota",
    "audit": "AuditEntry",
    "config": "Settings",
    "connection": "Connection",
    "consistency": "CheckedWorkflow WorkspaceOwner",
    "database": "connect",
    "database_settings": "DatabaseSetting",
    "deletion": "ClosedEndpoint DeletionOutcome RunDeletion UnendedJob",
    "encryption.keyring": "KeyRing",
    "identities": "Identity",
    "job_cache": "CachedJob",
    "jobs": "Job JobCommand JobCount JobPage JobReport JobWithLogs NewJob",
    "lifecycle": "AppliedMessage MessageOutcome NewService",
    "listing": "ListedService ListedWorkflow Page Sort",
    "pool": "Pool",
    "quota": "UserQuota WorkflowQuota",
    "quota_periods": "QuotaPeriod",
    "records": (
        "AccessType AuditAction Entity JobStatus ResourceType ResourceUnit "
        "RetentionRuleStatus RunStatus ServiceStatus ServiceType SessionType SettingName "
        "StatusChange TokenStatus User Workflow WorkflowSpecification WorkspaceLocation"
    ),
    "reports": "LogReport StatusReport",
    "resources": "Resource",
    "retention": "DueRule RetentionRule",
    "services": "Service ServiceLog",
    "sessions": "OpenSession Session",
    "sharing": "Share",
    "site_report": "ClusterReport TopUser WorkflowCount WorkflowStatistics",
    "status_history": "StatusRecord StatusTime Violation",
    "tokens": "ActiveToken TokenOwner TokenState",
    "user_secrets": "SessionOwner WebhookOwner WebhookSecret",
}
"""The names of each module that are imported from here."""

_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AccessType",
    "Account",
    "ActiveToken",
    "AppliedMessage",
    "AuditAction",
    "AuditEntry",
    "CachedJob",
    "CheckedWorkflow",
    "ClosedEndpoint",
    "ClusterReport",
    "Connection",
    "DatabaseSetting",
    "DeletionOutcome",
    "DueRule",
    "Entity",
    "Identity",
    "Job",
    "JobCommand",
    "JobCount",
    "JobPage",
    "JobReport",
    "JobStatus",
    "JobWithLogs",
    "KeyRing",
    "ListedService",
    "ListedWorkflow",
    "LogReport",
    "MessageOutcome",
    "NewJob",
    "NewService",
    "NewUser",
    "OpenSession",
    "Page",
    "Pool",
    "Profile",
    "ProfileQuota",
    "QuotaPeriod",
    "Resource",
    "ResourceType",
    "ResourceUnit",
    "RetentionRule",
    "RetentionRuleStatus",
    "RunDeletion",
    "RunStatus",
    "Service",
    "ServiceLog",
    "ServiceStatus",
    "ServiceType",
    "Session",
    "SessionOwner",
    "SessionType",
    "SettingName",
    "Settings",
    "Share",
    "Sort",
    "StatusChange",
    "StatusRecord",
    "StatusReport",
    "StatusTime",
    "TokenOwner",
    "TokenState",
    "TokenStatus",
    "TopUser",
    "UnendedJob",
    "User",
    "UserQuota",
    "Violation",
    "WebhookOwner",
    "WebhookSecret",
    "Workflow",
    "WorkflowCount",
    "WorkflowQuota",
    "WorkflowSpecification",
    "WorkflowStatistics",
    "WorkspaceLocation",
    "WorkspaceOwner",
    "__version__",
    "accounts",
    "audit",
    "config",
    "connect",
    "consistency",
    "database",
    "database_settings",
    "deletion",
    "disk_usage",
    "errors",
    "identities",
    "job_cache",
    "jobs",
    "lifecycle",
    "listing",
    "quota",
    "quota_periods",
    "records",
    "replication",
    "reports",
    "resources",
    "retention",
    "scheduling",
    "services",
    "sessions",
    "sharing",
    "site_report",
    "status_history",
    "tokens",
    "transitions",
    "user_secrets",
    "users",
    "workflows",
    "workspaces",
]

if not TYPE_CHECKING:  # else every misspelt name would have the type Any

    def __getattr__(name: str) -> Any:
        """Import a module, or the module of a name, when it is first used."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = importlib.import_module(f"{__name__}.{_MODULE_OF.get(name, name)}")
        return getattr(module, name) if name in _MODULE_OF else module
