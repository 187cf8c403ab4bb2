"""Operations 59 to 98: jobs, sessions, services, sharing, retention."""

from __future__ import annotations

from datetime import UTC, date, datetime

from reana_db import (
    job_cache,
    jobs,
    retention,
    services,
    sessions,
    sharing,
    transitions,
    workflows,
)
from reana_db.jobs import NewJob
from reana_db.queries import Conn
from reana_db.records import JobStatus
from tests.catalogue.operation import Operation
from tests.catalogue.world import CLAIMED_RULE, World

_CLEAN = "Of a run; pages by number as everywhere."


def _share(conn: Conn, world: World) -> None:
    sharing.share(
        conn,
        world.created,
        owner_id=world.owner,
        email="reader@example.org",
        valid_until=date(2999, 1, 1),
    )


def _unshare(conn: Conn, world: World) -> None:
    sharing.unshare(conn, world.finished, owner_id=world.owner, email="reader@example.org")


OPERATIONS = [
    Operation(
        59,
        "complete_job_cache_entry",
        job_cache.complete,
        1,
        lambda conn, world: job_cache.complete(
            conn, world.job, parameters="p", workspace_hash="w", result_path="/r"
        ),
        "The service hashes the files, after `job_cache.find_by_job`.",
    ),
    Operation(
        60,
        "create_job",
        jobs.create,
        1,
        lambda conn, world: jobs.create(conn, world.running, NewJob("Kubernetes")),
        "Can come before the submission: `jobs.set_backend_job_id` follows. `jobs.create_many`"
        " creates many.",
    ),
    Operation(
        61,
        "set_job_status",
        transitions.set_job_status,
        1,
        lambda conn, world: transitions.set_job_status(conn, world.job, JobStatus.finished),
        "Against the rules it raises; `jobs.report` takes many jobs at once and reports.",
    ),
    Operation(
        62,
        "delete_job_cache_of_workflow",
        job_cache.delete_of_workflows,
        1,
        lambda conn, world: job_cache.delete_of_workflows(conn, [world.finished]),
        "One statement for many runs.",
    ),
    Operation(
        63,
        "store_job_logs",
        jobs.replace_logs,
        1,
        lambda conn, world: jobs.replace_logs(conn, world.job, "text"),
        "An unknown job raises; `updated` changes.",
    ),
    Operation(
        64,
        "list_job_logs",
        jobs.with_logs,
        2,
        lambda conn, world: jobs.with_logs(conn, world.finished, size=10),
        _CLEAN,
    ),
    Operation(
        65,
        "find_cached_job",
        job_cache.find,
        1,
        lambda conn, _: job_cache.find(conn, parameters="p", workspace_hash="w"),
        "The newest of several.",
    ),
    Operation(
        66,
        "create_job_cache_entry",
        job_cache.create,
        1,
        lambda conn, world: job_cache.create(conn, world.job, {}),
    ),
    Operation(
        67,
        "count_jobs",
        jobs.counts,
        1,
        lambda conn, _: jobs.counts(conn),
        "All statuses and backends at once, compute4punch too.",
    ),
    Operation(
        68,
        "get_job_fields_for_backend",
        workflows.get,
        1,
        lambda conn, world: workflows.get(conn, world.running),
        "Without logs and specification.",
    ),
    Operation(
        69,
        "get_workspace_path_of_workflow",
        workflows.workspace_location,
        1,
        lambda conn, world: workflows.workspace_location(conn, world.running),
    ),
    Operation(
        70,
        "mark_session_running",
        sessions.mark_running,
        1,
        lambda conn, world: sessions.mark_running(conn, world.session),
        "A function of its own, not part of a listing; a closed session is no error.",
    ),
    Operation(
        71,
        "open_session",
        sessions.open_session,
        2,
        lambda conn, world: sessions.open_session(conn, world.running, name="s", path="/s"),
        "Exactly one of several callers opens it.",
    ),
    Operation(
        72,
        "get_open_session",
        sessions.of_workflow,
        1,
        lambda conn, world: sessions.of_workflow(conn, world.finished),
        "The newest, should there be two.",
    ),
    Operation(
        73,
        "get_session",
        sessions.get,
        1,
        lambda conn, world: sessions.get(conn, world.session),
    ),
    Operation(
        74,
        "close_session",
        sessions.close_session,
        1,
        lambda conn, world: sessions.close_session(conn, world.session),
        "Can be repeated; `sessions.close_of_workflows` closes those of many runs.",
    ),
    Operation(
        75,
        "count_active_sessions",
        sessions.count_active,
        1,
        lambda conn, _: sessions.count_active(conn),
    ),
    Operation(
        76,
        "list_sessions_to_check",
        sessions.open_sessions,
        1,
        lambda conn, _: list(sessions.open_sessions(conn)),
        "Running sessions too, whose pods are taken for orphans today; streams.",
    ),
    Operation(
        77,
        "create_service",
        services.create,
        1,
        lambda conn, world: services.create(conn, world.created, name="dask", uri="/dask"),
        "A new run gets its service from `lifecycle.create`.",
    ),
    Operation(
        78,
        "mark_service_running",
        services.mark_running,
        1,
        lambda conn, world: services.mark_running(conn, world.service),
        "A function of its own; cannot bring a deleted service back.",
    ),
    Operation(
        79,
        "ensure_service",
        services.ensure,
        1,
        lambda conn, world: services.ensure(conn, world.running, name="dask", uri="/dask"),
    ),
    Operation(
        80,
        "find_service_by_name",
        services.named,
        1,
        lambda conn, _: services.named(conn, "dask-service-1"),
        "All of them, with their runs: names are not unique.",
    ),
    Operation(
        81,
        "mark_service_deleted",
        services.mark_deleted,
        2,
        lambda conn, world: services.mark_deleted(conn, world.running, name="dask-service-1"),
        "That of the run, not any of that name.",
    ),
    Operation(
        82,
        "list_service_logs",
        services.logs,
        1,
        lambda conn, world: services.logs(conn, [world.service]),
        "Of many services at once, in a fixed order.",
    ),
    Operation(
        83,
        "store_service_log",
        services.store_log,
        1,
        lambda conn, world: services.store_log(conn, world.service, {}),
        "With the right time in every time zone of the database.",
    ),
    Operation(
        84,
        "service_log_exists",
        services.log_exists,
        1,
        lambda conn, world: services.log_exists(conn, world.service, pod_uid="p"),
        "Only the answer leaves the database.",
    ),
    Operation(
        85,
        "share_workflow",
        sharing.share,
        1,
        _share,
        "A day given as `valid_until` is included; an expired share is replaced.",
    ),
    Operation(86, "unshare_workflow", sharing.unshare, 1, _unshare),
    Operation(
        87,
        "get_share_status",
        sharing.of_workflow,
        1,
        lambda conn, world: sharing.of_workflow(conn, world.finished),
        "Ordered; marks expired shares.",
    ),
    Operation(
        88,
        "list_users_sharing_with_me",
        sharing.sharing_with,
        1,
        lambda conn, world: sharing.sharing_with(conn, world.reader),
        "Ordered, without expired shares.",
    ),
    Operation(
        89,
        "list_users_i_share_with",
        sharing.shared_with_by,
        1,
        lambda conn, world: sharing.shared_with_by(conn, world.owner),
        "Ordered, without expired shares.",
    ),
    Operation(
        90,
        "add_retention_rules",
        retention.add,
        1,
        lambda conn, world: retention.add(conn, world.created, {"**/*": 3}),
        "A new run gets its rules from `lifecycle.create`.",
    ),
    Operation(
        91,
        "activate_rules",
        retention.activate,
        1,
        lambda conn, world: retention.activate(conn, world.finished),
        "The database does it when a run finishes or fails.",
    ),
    Operation(
        92,
        "inactivate_rules_of_all_runs",
        retention.inactivate_all_runs,
        1,
        lambda conn, world: retention.inactivate_all_runs(conn, world.finished),
        "The database does it at a restart or a deletion.",
    ),
    Operation(
        93,
        "has_pending_rules",
        retention.has_pending,
        1,
        lambda conn, world: retention.has_pending(conn, world.finished),
        "For messages; a restart checks it under lock.",
    ),
    Operation(
        94,
        "list_rules",
        retention.list_rules,
        1,
        lambda conn, world: retention.list_rules(conn, world.finished),
        "Ordered by pattern.",
    ),
    Operation(
        95,
        "claim_due_rules",
        retention.claim_due,
        1,
        lambda conn, _: retention.claim_due(conn, datetime.now(UTC)),
        "Several processes get different rules.",
    ),
    Operation(
        96,
        "list_pending_rules",
        retention.list_pending,
        1,
        lambda conn, _: retention.list_pending(conn),
        "With workspace and specification; `retention.list_due` shows what a claim would get.",
    ),
    Operation(
        97,
        "finish_rule",
        retention.finish,
        1,
        lambda conn, _: retention.finish(conn, CLAIMED_RULE, applied=False),
        "A failed rule keeps its date.",
    ),
    Operation(
        98,
        "extend_active_rules",
        retention.extend,
        1,
        lambda conn, world: retention.extend(conn, world.finished, days=2),
        "All rules of the run in one statement.",
    ),
]
