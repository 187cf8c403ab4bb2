"""Operations 99 to 122: quotas and resources."""

from __future__ import annotations

from reana_db import lifecycle, quota, quota_periods, quota_refresh, resources, workflows
from reana_db.config import DEFAULT_RESOURCES
from reana_db.queries import Conn
from reana_db.records import ResourceType, RunStatus
from tests.catalogue import alone
from tests.catalogue.operation import Operation
from tests.catalogue.world import World


def _finish(conn: Conn, world: World) -> object:
    return lifecycle.apply_status_message(conn, world.running, status=RunStatus.finished)


_TRIGGERS = "The totals of users follow by trigger, exact at every commit, whoever writes."

OPERATIONS = [
    Operation(
        99,
        "get_default_resource",
        quota.resource_id,
        1,
        lambda conn, _: quota.resource_id(conn, DEFAULT_RESOURCES["cpu"]),
        "No function needs it first.",
    ),
    Operation(
        100,
        "get_user_quota",
        quota.of_user,
        1,
        lambda conn, world: quota.of_user(conn, world.owner),
        "In the current period, evaluated when read; `quota.document` makes the API's form.",
    ),
    Operation(
        101,
        "has_exceeded_quota",
        quota.exceeded,
        1,
        lambda conn, world: quota.exceeded(conn, world.owner),
        "In the current period: nobody stays blocked after its end.",
    ),
    Operation(
        102,
        "would_exceed_disk_quota",
        quota.would_exceed,
        1,
        lambda conn, world: quota.would_exceed(conn, user_id=world.owner, bytes_=1),
    ),
    Operation(
        103,
        "set_quota_limit",
        quota.set_limit,
        2,
        lambda conn, world: quota.set_limit(
            conn, user_ids=[world.owner, world.reader], limit=5, type_=ResourceType.disk
        ),
        "Two statements for any number of users.",
    ),
    Operation(
        104,
        "set_default_limits_for_unlimited",
        quota.set_default_limits,
        1,
        lambda conn, _: quota.set_default_limits(conn, cpu_limit=1, disk_limit=2),
        "Works, and in one statement.",
    ),
    Operation(
        105,
        "set_quota_period",
        quota_periods.set_period,
        1,
        lambda conn, world: quota_periods.set_period(conn, user_id=world.owner, months=3),
        "The usage becomes that of the new period at once; `set_start` and `clear` do the rest.",
    ),
    Operation(
        106,
        "get_quota_period",
        quota_periods.of_user,
        1,
        lambda conn, world: quota_periods.of_user(conn, world.owner),
        "The current period, evaluated when read.",
    ),
    Operation(
        107,
        "list_resources",
        resources.list_resources,
        1,
        lambda conn, _: resources.list_resources(conn),
        "Ordered by type and name.",
    ),
    Operation(
        108,
        "add_workflow_disk_usage",
        quota.add_disk_usage,
        1,
        lambda conn, world: quota.add_disk_usage(conn, workflow_id=world.finished, bytes_=5),
        "Added in the database, nothing is lost; without a policy in between.",
    ),
    Operation(
        109,
        "add_user_disk_usage",
        quota.add_disk_usage,
        1,
        lambda conn, world: quota.add_disk_usage(conn, workflow_id=world.finished, bytes_=-5),
        _TRIGGERS,
    ),
    Operation(
        110,
        "set_workflow_disk_usage",
        quota.set_disk_usage,
        1,
        lambda conn, world: quota.set_disk_usage(conn, workflow_id=world.finished, bytes_=5),
        "`quota.set_workspace_disk_usage` sets it for all runs that share a workspace.",
    ),
    Operation(
        111,
        "recompute_user_disk_usage",
        quota.set_disk_usage,
        1,
        lambda conn, world: quota.set_disk_usage(conn, workflow_id=world.finished, bytes_=7),
        _TRIGGERS,
    ),
    Operation(
        112,
        "set_workflow_cpu_usage",
        lifecycle.apply_status_message,
        1,
        _finish,
        "A trigger records it when a run ends, and when its times are corrected.",
    ),
    Operation(
        113, "recompute_user_cpu_usage", lifecycle.apply_status_message, 1, _finish, _TRIGGERS
    ),
    Operation(
        114,
        "quota_update_all",
        quota_refresh.refresh,
        None,
        None,
        "`reana-db quota refresh`: corrects what differs, in short transactions, workspaces in"
        " parallel.",
        alone=alone.refresh_quota,
    ),
    Operation(
        115,
        "create_default_resources",
        resources.create_defaults,
        2,
        lambda conn, _: resources.create_defaults(conn),
        "Succeeds when there is nothing to do.",
    ),
    Operation(
        116,
        "init_default_period",
        quota_periods.init_default,
        1,
        lambda conn, _: quota_periods.init_default(conn, months=3),
        "All users in one statement.",
    ),
    Operation(
        117,
        "top_quota_users",
        quota.top_by_usage,
        1,
        lambda conn, _: quota.top_by_usage(conn, ResourceType.disk),
        "Users without usage come last; equal usage is ordered by e-mail address.",
    ),
    Operation(
        118,
        "top_quota_users_by_percentage",
        quota.top_by_percentage,
        1,
        lambda conn, _: quota.top_by_percentage(conn, ResourceType.disk),
    ),
    Operation(
        119,
        "get_workflow_quota",
        quota.of_workflow,
        1,
        lambda conn, world: quota.of_workflow(conn, world.finished),
    ),
    Operation(
        120,
        "get_run_times",
        workflows.get,
        1,
        lambda conn, world: workflows.get(conn, world.finished),
        "Without logs and specification.",
    ),
    Operation(
        121,
        "advance_cpu_period",
        quota_periods.of_user,
        1,
        lambda conn, world: quota_periods.of_user(conn, world.owner),
        "A period advances when written, and is evaluated when read.",
    ),
    Operation(
        122,
        "get_quota_overview",
        quota.of_user,
        1,
        lambda conn, world: quota.of_user(conn, world.owner),
        "Usage, limit, unit and period in one statement.",
    ),
]
