"""What pending migrations will find: rows to convert, to set aside, secrets that need the key.

Read-only, and quick enough for a database that is in use; :mod:`reana_db.migrate` runs it before
it changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import tuple_row

from reana_db.migrate import State
from reana_db.migrating import adoption
from reana_db.queries import Conn
from reana_db.registry import sql_files


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows that a pending migration will deal with."""

    check: str
    """What was counted, for programs."""
    count: int
    migration: str
    """The pending migration."""
    message: str
    """What will happen to them, for people."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A pending migration that keeps a busy table locked for longer than about a second."""

    migration: str
    reason: str
    """The table, why, and roughly how long."""


@dataclass(frozen=True, slots=True)
class Report:
    """What to know before migrating."""

    pending: list[str]
    findings: list[Finding]
    holds: list[Hold]


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    migration: str
    """Worth counting while this one is pending …"""
    column: str
    """… and this column is there."""
    message: str


CHECKS = (
    _Check(
        "float_run_numbers",
        "0005-run-numbers",
        "workflow.run_number",
        "runs get a major and a minor number instead of a decimal one",
    ),
    _Check(
        "overflown_restarts",
        "0005-run-numbers",
        "workflow.run_number",
        "restarts after the ninth return to the number of their run, as .10 and so on",
    ),
    _Check(
        "orphan_jobs",
        "0008-job-workflow-key",
        "job.workflow_uuid",
        "jobs of no known run are set aside in __reana.orphan_job",
    ),
    _Check(
        "orphan_job_cache",
        "0008-job-workflow-key",
        "job.workflow_uuid",
        "cache entries of such jobs are set aside in __reana.orphan_job_cache",
    ),
    _Check(
        "half_identities",
        "0015-identity-complete",
        "user_.idp_issuer",
        "users with an issuer without subject, or a subject without issuer: set aside in "
        "__reana.orphan_identity",
    ),
    _Check(
        "webhook_secrets",
        adoption.WEBHOOK_DIGESTS,
        "user_.gitlab_webhook_secret",
        "GitLab webhook secrets are digested, which needs REANA_SECRET_KEY",
    ),
    _Check(
        "duplicate_tokens",
        "0028-tokens-and-secrets",
        "user_token.status",
        "second active or requested tokens of a user are revoked, each with an audit entry",
    ),
    _Check(
        "wrong_totals",
        "0029-quota-totals",
        "user_resource.quota_used",
        "quota totals of users are not what their runs use, and become that (processing "
        "time in a quota period is not compared here)",
    ),
    _Check(
        "audit_tokens",
        "0028-tokens-and-secrets",
        "audit_log.details",
        "audit entries hold what looks like a token: reana-db secrets redact-audit removes it",
    ),
    _Check(
        "values_out_of_bounds",
        "0031-value-bounds",
        "workflow.name",
        "runs, jobs and users have a time outside the years 1 to 9999, or a name or an e-mail "
        "address that is empty or has control characters: they stay, new ones are refused",
    ),
    _Check(
        "specifications_out_of_bounds",
        "0031-value-bounds",
        "workflow.reana_specification",
        "runs have a specification that is no object: it stays, new ones are refused",
    ),
    _Check(
        "workspaces_out_of_bounds",
        "0031-value-bounds",
        "workflow.workspace_path",
        "runs have a workspace path that is not absolute: it stays, new ones are refused",
    ),
    _Check(
        "shares_out_of_bounds",
        "0031-value-bounds",
        "user_workflow.valid_until",
        "shares end outside the years 1 to 9999: they stay, new ones are refused",
    ),
    _Check(
        "retention_days_out_of_bounds",
        "0031-value-bounds",
        "workspace_retention_rule.retention_days",
        "retention rules have less than 0 or more than 36500 days: they stay and count as 0 or "
        "36500, new ones are refused",
    ),
    _Check(
        "limits_out_of_bounds",
        "0031-value-bounds",
        "user_resource.quota_limit",
        "quota limits are negative: they stay, new ones are refused",
    ),
)


def report(conn: Conn, state: State, to: str | None = None) -> Report:
    """Count what the pending migrations of a database, up to ``to``, will deal with."""
    files = state.pending_until(to)
    pending = {file.id for file in files}
    columns = _columns(conn)
    return Report(
        pending=[file.id for file in files],
        findings=[
            Finding(check.name, count, check.migration, check.message)
            for check in CHECKS
            if check.migration in pending and check.column in columns
            if (count := _count(conn, check.name))
        ],
        holds=[Hold(file.id, reason) for file in files for reason in file.holds],
    )


def _columns(conn: Conn) -> set[str]:
    facts = (fact.split(" ") for fact in adoption.facts(conn))
    return {words[1] for words in facts if words[0] == "column"}


def _count(conn: Conn, name: str) -> int:
    statement = sql_files.statements_of("migrating.preflight")[name]
    (count,) = conn.cursor(row_factory=tuple_row).execute(statement.query).fetchall()[0]
    return int(count)
