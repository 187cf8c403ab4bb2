"""Operations 123 to 136: audit, statistics, administration, schema, tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reana_db import audit, consistency, migrate, scheduling, site_report, testing
from reana_db.migrating import installation
from reana_db.records import AuditAction
from tests.catalogue import alone
from tests.catalogue.operation import Operation

_REPORT = "A field of `site_report.workflows`, which counts everything in one statement."

OPERATIONS = [
    Operation(
        123,
        "write_audit_entry",
        audit.record,
        1,
        lambda conn, world: audit.record(conn, world.owner, AuditAction.request_token),
        "Functions that change tokens write it themselves; `audit.entries` reads.",
    ),
    Operation(
        124,
        "count_active_runs",
        scheduling.count_active_runs,
        1,
        lambda conn, _: scheduling.count_active_runs(conn),
    ),
    Operation(
        125,
        "count_workflows_by_status",
        site_report.workflow_counts,
        1,
        lambda conn, _: site_report.workflow_counts(conn),
        "All statuses at once, from an index.",
    ),
    Operation(
        126,
        "count_restarted_workflows",
        site_report.workflows,
        1,
        lambda conn, _: site_report.workflows(conn),
        _REPORT,
    ),
    Operation(
        127,
        "count_stuck_running",
        site_report.workflows,
        1,
        lambda conn, _: site_report.workflows(conn),
        _REPORT + " All times are UTC.",
    ),
    Operation(
        128,
        "count_stuck_pending",
        site_report.workflows,
        1,
        lambda conn, _: site_report.workflows(conn),
        _REPORT,
    ),
    Operation(
        129,
        "count_git_workflows",
        site_report.workflows,
        1,
        lambda conn, _: site_report.workflows(conn),
        _REPORT,
    ),
    Operation(
        130,
        "count_web_sessions",
        site_report.web_sessions,
        1,
        lambda conn, _: site_report.web_sessions(conn),
        "0 where Invenio's table is not.",
    ),
    Operation(
        131,
        "cluster_status_report",
        site_report.cluster_report,
        5,
        lambda conn, _: site_report.cluster_report(conn),
        "One statement per table.",
    ),
    Operation(
        132,
        "list_workflows_to_check",
        consistency.workflows_to_check,
        1,
        lambda conn, _: list(
            consistency.workflows_to_check(
                conn, created_since=datetime.now(UTC) - timedelta(days=1)
            )
        ),
        "Streams; times are UTC.",
    ),
    Operation(
        133,
        "list_known_workspaces",
        consistency.workspaces,
        1,
        lambda conn, _: list(consistency.workspaces(conn)),
        "Streams; `consistency.owners_of_workspaces` tells whose they are, all at once.",
    ),
    Operation(
        134,
        "init_database",
        installation.install,
        None,
        None,
        "Can be repeated, and run by several processes at once.",
        alone=alone.install,
    ),
    Operation(
        135,
        "upgrade/downgrade/history/current/revision",
        migrate.apply,
        None,
        None,
        "On the command line: `reana-db migrate`, and `reana-db alembic` for existing scripts;"
        " without `revision`, for a migration is a file that people write.",
        alone=alone.migrate_to_and_fro,
    ),
    Operation(
        136,
        "test support",
        testing.new_workflow,
        1,
        lambda conn, world: testing.new_workflow(conn, owner=world.user),
        "Fixtures of a pytest plugin, `reana_db.testing`, with a private server.",
    ),
]
