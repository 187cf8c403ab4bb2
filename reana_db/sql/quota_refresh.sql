-- name: _claim
-- writes
-- not null: claimed
-- Until the end of the transaction, so that it works through PgBouncer and ends with its owner.
SELECT pg_catalog.pg_try_advisory_xact_lock(%(key)s) AS claimed;

-- name: _holder
-- not null: pid
SELECT
    activity.pid,
    activity.application_name,
    activity.xact_start AS since,
    COALESCE(pg_catalog.host(activity.client_addr), 'the server itself') AS client
FROM pg_catalog.pg_locks AS held
INNER JOIN pg_catalog.pg_stat_activity AS activity ON held.pid = activity.pid
WHERE
    held.locktype = 'advisory'
    AND held.granted
    AND held.objsubid = 1
    AND (held.classid::bigint << 32) + held.objid::bigint = %(key)s
    AND held.database = (
        SELECT pg_database.oid
        FROM pg_catalog.pg_database
        WHERE pg_database.datname = pg_catalog.current_database()
    )
LIMIT 1;

-- name: _prepare_guard
-- not null: settings
-- For this transaction, which stays idle for long, reads all of what it asks for, and would need
-- more time to compile that than to run it.
SELECT
    pg_catalog.concat(
        pg_catalog.set_config('idle_in_transaction_session_timeout', '0', TRUE),
        pg_catalog.set_config('cursor_tuple_fraction', '1', TRUE),
        pg_catalog.set_config('jit', 'off', TRUE)
    ) AS settings;

-- name: _sizes
-- not null: users, runs
-- Grouped, which hashes; count(DISTINCT …) would sort.
SELECT
    count(owned.owner_id) AS users,
    COALESCE(sum(owned.runs), 0)::bigint AS runs
FROM (
    SELECT
        workflow.owner_id,
        count(*) AS runs
    FROM __reana.workflow
    WHERE
        %(user_id)s::uuid IS NULL
        OR workflow.owner_id = %(user_id)s::uuid
    GROUP BY workflow.owner_id
) AS owned;

-- part: due
SELECT
    run_usage.workflow_id,
    run_usage.owner_id,
    run_usage.workspace_path,
    run_usage.run_started_at,
    run_usage.run_ended_at,
    run_usage.cpu_used,
    run_usage.disk_used
FROM __reana.run_usage

-- part: counted
SELECT
    quota_ledger.workflow_id,
    quota_ledger.owner_id,
    quota_ledger.workspace_path,
    quota_ledger.run_started_at,
    quota_ledger.run_ended_at,
    quota_ledger.cpu_used,
    quota_ledger.disk_used
FROM __reana.quota_ledger

-- name: _wrong_users
-- not null: user_id
-- Users whose ledger is not what their runs use, or whose totals are not what the ledger adds up to
-- in the current period: because something was written without triggers, or a period is over.
SELECT COALESCE(due.owner_id, was.owner_id) AS user_id
FROM (
    -- include: due
    WHERE
        %(user_id)s::uuid IS NULL
        OR run_usage.owner_id = %(user_id)s::uuid
) AS due
FULL JOIN (
    -- include: counted
    WHERE
        %(user_id)s::uuid IS NULL
        OR quota_ledger.owner_id = %(user_id)s::uuid
) AS was ON due.workflow_id = was.workflow_id
WHERE
    row(
        due.owner_id,
        due.workspace_path,
        due.run_started_at,
        due.run_ended_at,
        due.cpu_used,
        due.disk_used
    ) IS DISTINCT FROM row(
        was.owner_id,
        was.workspace_path,
        was.run_started_at,
        was.run_ended_at,
        was.cpu_used,
        was.disk_used
    )
UNION
SELECT total.user_id
FROM __reana.user_resource AS total
INNER JOIN __reana.quota_resource ON total.resource_id = quota_resource.resource_id
INNER JOIN __reana.current_quota AS quota
    ON
        total.user_id = quota.user_id
        AND total.resource_id = quota.resource_id
WHERE
    (
        %(user_id)s::uuid IS NULL
        OR total.user_id = %(user_id)s::uuid
    )
    AND (
        total.quota_period_start_at IS DISTINCT FROM quota.quota_period_start_at
        OR total.quota_counted IS DISTINCT FROM CASE quota_resource.type_
            WHEN 'disk' THEN __reana.counted_disk(total.user_id)
            ELSE
                __reana.counted_cpu(
                    total.user_id,
                    CASE
                        WHEN total.quota_period_months IS NOT NULL
                            THEN quota.quota_period_start_at
                    END
                )
        END
        OR total.quota_used IS DISTINCT FROM LEAST(total.quota_counted, 9223372036854775807)
    )
ORDER BY user_id;

-- name: _recount
-- writes
SELECT __reana.recount_user(%(user_id)s);

-- name: _used
-- not null: used
SELECT COALESCE(sum(user_resource.quota_used), 0)::bigint AS used
FROM __reana.user_resource
INNER JOIN __reana.quota_resource ON user_resource.resource_id = quota_resource.resource_id
WHERE
    user_resource.user_id = %(user_id)s
    AND quota_resource.type_ = %(type_)s::public.resourcetype;
