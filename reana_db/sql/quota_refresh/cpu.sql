-- name: wrong_runs
-- not null: owner_id, workflow_id, drift, recorded
SELECT
    run_time.owner_id,
    run_time.workflow_id,
    abs(run_time.cpu_used - COALESCE(usage.quota_used, 0)) AS drift,
    usage.workflow_id IS NOT NULL AS recorded
FROM __reana.run_time
LEFT JOIN __reana.workflow_resource AS usage
    ON
        run_time.workflow_id = usage.workflow_id
        AND usage.resource_id = (
            SELECT quota_resource.resource_id
            FROM __reana.quota_resource
            WHERE quota_resource.type_ = 'cpu'
        )
WHERE
    run_time.run_ended_at IS NOT NULL
    AND (
        %(user_id)s::uuid IS NULL
        OR run_time.owner_id = %(user_id)s::uuid
    )
    AND usage.quota_used IS DISTINCT FROM run_time.cpu_used
ORDER BY
    run_time.owner_id,
    run_time.workflow_id;

-- part: recorded
SELECT
    usage.workflow_id,
    usage.resource_id
FROM __reana.workflow_resource AS usage
INNER JOIN __reana.quota_resource ON usage.resource_id = quota_resource.resource_id
INNER JOIN __reana.workflow ON usage.workflow_id = workflow.id_
WHERE
    usage.workflow_id = ANY(%(workflow_ids)s)
    AND workflow.owner_id = ANY(%(user_ids)s)

-- name: _change
-- The totals are locked, so rows that somebody else holds must not be waited for: their owner may
-- be waiting for the totals.  And runs that have another owner by now are left out, for the totals
-- of that one would be locked out of order.
WITH free AS (
    -- include: recorded
        AND quota_resource.type_ = 'cpu'
    FOR NO KEY UPDATE OF usage SKIP LOCKED
)

UPDATE __reana.workflow_resource
SET
    quota_used = run_time.cpu_used,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
FROM free
INNER JOIN __reana.run_time ON free.workflow_id = run_time.workflow_id
WHERE
    workflow_resource.workflow_id = free.workflow_id
    AND workflow_resource.resource_id = free.resource_id
    AND run_time.run_ended_at IS NOT NULL
    AND workflow_resource.quota_used IS DISTINCT FROM run_time.cpu_used;

-- name: _record
-- To lock a row of the view is to lock the run.
WITH free AS (
    SELECT
        run_time.workflow_id,
        run_time.cpu_used
    FROM __reana.run_time
    WHERE
        run_time.workflow_id = ANY(%(workflow_ids)s)
        AND run_time.owner_id = ANY(%(user_ids)s)
        AND run_time.run_ended_at IS NOT NULL
    FOR NO KEY UPDATE SKIP LOCKED
)

INSERT INTO __reana.workflow_resource (
    workflow_id,
    resource_id,
    quota_used
)
SELECT
    free.workflow_id,
    quota_resource.resource_id,
    free.cpu_used
FROM free
CROSS JOIN __reana.quota_resource
WHERE quota_resource.type_ = 'cpu'
ON CONFLICT (workflow_id, resource_id) DO NOTHING;

-- name: lock_totals
-- writes
SELECT __reana.lock_totals(%(user_ids)s);
