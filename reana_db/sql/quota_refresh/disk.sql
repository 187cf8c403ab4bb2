-- name: workspace_count
-- not null: workspaces
SELECT count(used.workspace_path) AS workspaces
FROM (
    SELECT workflow.workspace_path
    FROM __reana.workflow
    WHERE
        %(user_id)s::uuid IS NULL
        OR workflow.owner_id = %(user_id)s::uuid
    GROUP BY workflow.workspace_path
) AS used;

-- name: _workspaces
-- not null: owner_id, workspace_path
-- A page in the order of owners, which an index has: only those of the page are sorted.
SELECT DISTINCT
    workflow.owner_id,
    workflow.workspace_path
FROM __reana.workflow
WHERE
    (workflow.owner_id, workflow.workspace_path) > (%(owner_id)s::uuid, %(after)s::text)
    AND workflow.workspace_path > ''
    AND (
        %(user_id)s::uuid IS NULL
        OR workflow.owner_id = %(user_id)s::uuid
    )
ORDER BY
    workflow.owner_id,
    workflow.workspace_path
LIMIT %(size)s;

-- name: _wrong
-- not null: owner_id, workspace_path, bytes_
-- The runs of measured workspaces whose recorded size is not what was measured.
SELECT
    workflow.owner_id,
    workflow.id_ AS workflow_id,
    workflow.workspace_path,
    measured.bytes_,
    CASE WHEN usage.workflow_id IS NOT NULL THEN COALESCE(usage.quota_used, 0) END AS recorded
FROM
    unnest(%(workspace_paths)s::text[], %(sizes)s::bigint[])
        AS measured (
            workspace_path,
            bytes_
        )
INNER JOIN __reana.workflow ON measured.workspace_path = workflow.workspace_path
LEFT JOIN __reana.workflow_resource AS usage
    ON
        workflow.id_ = usage.workflow_id
        AND usage.resource_id = (
            SELECT quota_resource.resource_id
            FROM __reana.quota_resource
            WHERE quota_resource.type_ = 'disk'
        )
WHERE
    workflow.owner_id IS NOT NULL
    AND usage.quota_used IS DISTINCT FROM measured.bytes_;

-- name: _known_bytes
-- not null: bytes_
-- What is recorded of the workspaces in a directory.
SELECT LEAST(COALESCE(sum(workspace.bytes_), 0), 9223372036854775807)::bigint AS bytes_
FROM (
    SELECT max(usage.quota_used) AS bytes_
    FROM __reana.workflow_resource AS usage
    INNER JOIN __reana.quota_resource ON usage.resource_id = quota_resource.resource_id
    INNER JOIN __reana.workflow ON usage.workflow_id = workflow.id_
    WHERE
        quota_resource.type_ = 'disk'
        AND usage.quota_used > 0
        AND starts_with(workflow.workspace_path, %(prefix)s)
        AND (
            %(user_id)s::uuid IS NULL
            OR workflow.owner_id = %(user_id)s::uuid
        )
    GROUP BY
        workflow.owner_id,
        workflow.workspace_path
) AS workspace;

-- name: _lock_totals
-- writes
SELECT __reana.lock_totals(%(user_ids)s);

-- name: _change
-- Leaves out what __reana.record_runs leaves out, for the same reasons; and what somebody has
-- recorded since the workspace was measured.
WITH free AS (
    SELECT
        usage.workflow_id,
        usage.resource_id
    FROM __reana.workflow_resource AS usage
    INNER JOIN __reana.quota_resource ON usage.resource_id = quota_resource.resource_id
    INNER JOIN __reana.workflow ON usage.workflow_id = workflow.id_
    WHERE
        usage.workflow_id = ANY(%(workflow_ids)s)
        AND workflow.owner_id = ANY(%(user_ids)s)
        AND quota_resource.type_ = 'disk'
    FOR NO KEY UPDATE OF usage SKIP LOCKED
)

UPDATE __reana.workflow_resource
SET
    quota_used = measured.bytes_,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
FROM free
INNER JOIN
    unnest(%(workflow_ids)s::uuid[], %(recorded)s::bigint[], %(sizes)s::bigint[])
        AS measured (
            workflow_id,
            recorded,
            bytes_
        )
    ON free.workflow_id = measured.workflow_id
WHERE
    workflow_resource.workflow_id = free.workflow_id
    AND workflow_resource.resource_id = free.resource_id
    AND COALESCE(workflow_resource.quota_used, 0) = measured.recorded;

-- name: _record
WITH free AS (
    SELECT workflow.id_
    FROM __reana.workflow
    WHERE
        workflow.id_ = ANY(%(workflow_ids)s)
        AND workflow.owner_id = ANY(%(user_ids)s)
    FOR NO KEY UPDATE SKIP LOCKED
)

INSERT INTO __reana.workflow_resource (
    workflow_id,
    resource_id,
    quota_used
)
SELECT
    free.id_,
    quota_resource.resource_id,
    measured.bytes_
FROM free
INNER JOIN unnest(%(workflow_ids)s::uuid[], %(sizes)s::bigint[]) AS measured (
    workflow_id,
    bytes_
) ON free.id_ = measured.workflow_id
CROSS JOIN __reana.quota_resource
LEFT JOIN __reana.workflow_resource AS usage
    ON
        free.id_ = usage.workflow_id
        AND quota_resource.resource_id = usage.resource_id
WHERE
    quota_resource.type_ = 'disk'
    AND usage.workflow_id IS NULL
ON CONFLICT (workflow_id, resource_id) DO NOTHING;
