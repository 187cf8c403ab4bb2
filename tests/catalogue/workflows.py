"""Operations 20 to 58: runs, their life cycle, listings."""

from __future__ import annotations

from reana_db import deletion, lifecycle, listing, reports, scheduling, services, workflows
from reana_db.lifecycle import NewService
from reana_db.listing import Sort
from reana_db.queries import Conn
from reana_db.records import RunStatus
from tests.catalogue.operation import Operation
from tests.catalogue.world import World
from tests.support.factories import make_workflow


def _create(conn: Conn, world: World) -> object:
    return lifecycle.create(
        conn,
        owner_id=world.owner,
        name="fit",
        specification={},
        type_="serial",
        workspace_path="/var/reana/fit",
        retention_rules={"**/*": 3},
        service=NewService(name="dask", uri="/dask"),
    )


def _clone(conn: Conn, world: World) -> object:
    ended = make_workflow(conn, world.owner, name="fit", status="finished")
    return lifecycle.clone_for_restart(conn, ended)


_NUMBERS = "By a trigger under a lock per owner and name: no creation fails, no number is skipped."
_SHARES = "Shares past `valid_until` do not count."
_PAGE = "A column of the listing."

OPERATIONS = [
    Operation(
        20,
        "create_workflow",
        lifecycle.create,
        1,
        _create,
        "Run, rules and service are created together or not at all.",
    ),
    Operation(21, "allocate_run_number", lifecycle.create, 1, _create, _NUMBERS),
    Operation(22, "allocate_restart_number", lifecycle.clone_for_restart, 1, _clone, _NUMBERS),
    Operation(
        23,
        "clone_workflow_for_restart",
        lifecycle.clone_for_restart,
        1,
        _clone,
        "One transaction with the end of the old rules, serialised with the retention cron job.",
    ),
    Operation(
        24,
        "get_workflow_by_id_for_owner",
        workflows.resolve,
        1,
        lambda conn, world: workflows.resolve(conn, str(world.created), user_id=world.owner),
        "Without logs and specification.",
    ),
    Operation(
        25,
        "get_workflow_by_id_shared",
        workflows.resolve,
        1,
        lambda conn, world: workflows.resolve(
            conn, str(world.finished), user_id=world.reader, include_shared=True
        ),
        _SHARES,
    ),
    Operation(
        26,
        "get_latest_workflow_by_name",
        workflows.resolve,
        1,
        lambda conn, world: workflows.resolve(conn, "created", user_id=world.owner),
        "One's own run wins over a shared one with a higher number.",
    ),
    Operation(
        27,
        "get_workflow_by_name_and_run",
        workflows.resolve,
        1,
        lambda conn, world: workflows.resolve(conn, "created.1", user_id=world.owner),
        "One's own run wins; several shared ones raise an error that names them.",
    ),
    Operation(
        28,
        "resolve_workflow",
        workflows.resolve,
        1,
        lambda conn, world: workflows.resolve(
            conn, "finished", user_id=world.reader, include_shared=True
        ),
        _SHARES,
    ),
    Operation(
        29,
        "get_workflow",
        workflows.find_by_id,
        1,
        lambda conn, world: workflows.find_by_id(conn, world.created),
        "Without logs and specification.",
    ),
    Operation(
        30,
        "get_workflow_specification",
        workflows.specification,
        1,
        lambda conn, world: workflows.specification(conn, world.created),
        "After `workflows.resolve`, as #31 to #34; JSON null and SQL NULL both are None.",
    ),
    Operation(
        31,
        "get_workflow_parameters",
        workflows.specification_parameters,
        1,
        lambda conn, world: workflows.specification_parameters(conn, world.created),
        "Only the parameters leave the database.",
    ),
    Operation(
        32,
        "get_workflow_pair_for_diff",
        workflows.specification,
        1,
        lambda conn, world: workflows.specification(conn, world.created),
        "Once for each of the two runs.",
    ),
    Operation(
        33,
        "get_workspace_location",
        workflows.workspace_location,
        1,
        lambda conn, world: workflows.workspace_location(conn, world.created),
    ),
    Operation(
        34,
        "list_restarts",
        workflows.restarts,
        1,
        lambda conn, world: workflows.restarts(conn, world.created),
    ),
    Operation(
        35,
        "replace_specification",
        workflows.replace_specification,
        1,
        lambda conn, world: workflows.replace_specification(conn, world.created, {}),
    ),
    Operation(
        36,
        "set_complexity",
        workflows.set_complexity,
        1,
        lambda conn, world: workflows.set_complexity(conn, world.created, [(1, 2)]),
    ),
    Operation(
        37,
        "queue_workflow",
        lifecycle.queue,
        1,
        lambda conn, world: lifecycle.queue(conn, world.created),
        "Only a created run; of two requests at once one is refused.",
    ),
    Operation(
        38,
        "get_owner_load_priority",
        scheduling.owner_load_priority,
        1,
        lambda conn, world: scheduling.owner_load_priority(conn, world.owner),
    ),
    Operation(
        39,
        "start_run",
        lifecycle.start,
        1,
        lambda conn, world: lifecycle.start(conn, world.queued),
        "Only a queued run, before its engine is created; a restart is a run of its own.",
    ),
    Operation(
        40,
        "apply_status_message",
        lifecycle.apply_status_message,
        1,
        lambda conn, world: lifecycle.apply_status_message(
            conn, world.running, status=RunStatus.finished, logs="done", engine_logs="engine"
        ),
        "Applies pending to failed and finished and queued to running, which are lost today.",
    ),
    Operation(
        41,
        "set_status_from_engine",
        lifecycle.apply_status_message,
        1,
        lambda conn, world: lifecycle.apply_status_message(
            conn, world.running, status=RunStatus.failed
        ),
        "Triggers set times, rules and quotas; no time is overwritten.",
    ),
    Operation(
        42,
        "finish_run_bookkeeping",
        lifecycle.append_engine_logs,
        1,
        lambda conn, world: lifecycle.append_engine_logs(conn, world.finished, "engine"),
        "The time of the end is set once, by the trigger.",
    ),
    Operation(
        43,
        "merge_job_progress",
        lifecycle.apply_status_message,
        1,
        lambda conn, world: lifecycle.apply_status_message(
            conn, world.running, progress={"total": {"total": 1, "job_ids": []}}
        ),
        "Merged in the database, safe with several consumers.",
    ),
    Operation(
        44,
        "stop_run",
        lifecycle.stop,
        1,
        lambda conn, world: lifecycle.stop(conn, world.running),
    ),
    Operation(
        45,
        "delete_run",
        deletion.delete_run,
        3,
        lambda conn, world: deletion.delete_run(conn, world.finished),
        "One transaction; a running run is left as it is; also deletes its services.",
    ),
    Operation(
        46,
        "list_runs_to_delete",
        deletion.delete_all_runs,
        3,
        lambda conn, world: deletion.delete_all_runs(conn, world.owner, "finished"),
        "Deletes them all at once; a shared workspace is subtracted once.",
    ),
    Operation(
        47,
        "append_workflow_logs",
        lifecycle.append_logs,
        1,
        lambda conn, world: lifecycle.append_logs(conn, world.running, "text"),
        "Appended in the database: nothing that others append is lost.",
    ),
    Operation(
        48,
        "get_status_report",
        reports.status,
        1,
        lambda conn, world: reports.status(conn, world.finished),
        "Without the logs of all jobs, which `jobs.with_logs` returns page by page.",
    ),
    Operation(
        49,
        "get_log_report",
        reports.logs,
        4,
        lambda conn, world: reports.logs(conn, world.finished, size=10),
        "`texts=False` reads no logs where they are kept elsewhere; an unknown run is not found.",
    ),
    Operation(
        50,
        "list_workflows",
        listing.page,
        4,
        lambda conn, world: listing.page(
            conn, world.owner, shared=True, search="f", sort=Sort.MOST_DISK_FIRST, size=10
        ),
        "Stable order, cursors, literal wildcards, no status written while reading; an unknown sort"
        " is refused. Sorted by usage, runs that use nothing come with those of unknown usage. "
        + _SHARES,
    ),
    Operation(
        51,
        "count_workflows",
        listing.page,
        3,
        lambda conn, world: listing.page(conn, world.owner, size=1),
        "The field `total` of the listing: exact up to 10,000, then said to be at least that.",
    ),
    Operation(
        52,
        "get_owner_emails",
        listing.page,
        3,
        lambda conn, world: listing.page(conn, world.owner, size=1),
        _PAGE + " A run without owner does not break it.",
    ),
    Operation(
        53,
        "list_share_emails",
        listing.page,
        3,
        lambda conn, world: listing.page(conn, world.owner, size=1),
        _PAGE + " In order of the addresses. " + _SHARES,
    ),
    Operation(
        54,
        "get_latest_job_summary",
        listing.page,
        3,
        lambda conn, world: listing.page(conn, world.owner, size=1),
        _PAGE,
    ),
    Operation(
        55,
        "list_services_of_workflows",
        services.of_workflow,
        1,
        lambda conn, world: services.of_workflow(conn, world.running),
        _PAGE,
    ),
    Operation(
        56,
        "get_session_summary",
        listing.page,
        3,
        lambda conn, world: listing.page(conn, world.owner, interactive=True),
        _PAGE,
    ),
    Operation(
        57,
        "get_workflow_disk_usage",
        listing.page,
        3,
        lambda conn, world: listing.page(conn, world.owner, size=1),
        _PAGE + " None instead of -1 when not measured.",
    ),
    Operation(
        58,
        "user_has_workflows",
        listing.page,
        3,
        lambda conn, world: listing.page(conn, world.owner, size=1),
        "A field of the listing.",
    ),
]
