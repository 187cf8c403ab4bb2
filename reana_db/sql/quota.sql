-- part: quotas
SELECT
    user_.id_ AS user_id,
    user_.email,
    resource.name AS resource_name,
    resource.type_,
    resource.unit,
    quota.quota_used,
    quota.quota_limit,
    quota.quota_period_months,
    quota.quota_period_start_at
FROM __reana.current_quota AS quota
INNER JOIN __reana.resource ON quota.resource_id = resource.id_
INNER JOIN __reana.user_ ON quota.user_id = user_.id_

-- part: usage_row
-- The start of a write of usage; what follows is the value and the runs.
INSERT INTO __reana.workflow_resource AS usage (
    workflow_id,
    resource_id,
    quota_used
)
SELECT
    workflow.id_,
    quota_resource.resource_id,

-- name: of_user
-- not null: quota_used, quota_limit
-- include: quotas
WHERE quota.user_id = %(user_id)s
ORDER BY
    resource.type_,
    resource.name;

-- name: of_everybody
-- not null: quota_used, quota_limit
-- include: quotas
ORDER BY
    user_.email,
    resource.type_,
    resource.name;

-- name: of_workflow
-- not null: quota_used
SELECT
    resource.name AS resource_name,
    resource.type_,
    resource.unit,
    COALESCE(usage.quota_used, 0) AS quota_used
FROM __reana.workflow_resource AS usage
INNER JOIN __reana.resource ON usage.resource_id = resource.id_
WHERE usage.workflow_id = %(workflow_id)s
ORDER BY
    resource.type_,
    resource.name;

-- name: exceeded
-- not null: exceeded
SELECT count(*) > 0 AS exceeded
FROM __reana.current_quota AS quota
WHERE
    quota.user_id = %(user_id)s
    AND quota.quota_limit <> 0
    AND quota.quota_used >= quota.quota_limit;

-- name: would_exceed
SELECT quota.quota_limit
FROM __reana.current_quota AS quota
INNER JOIN __reana.quota_resource ON quota.resource_id = quota_resource.resource_id
WHERE
    quota.user_id = %(user_id)s
    AND quota_resource.type_ = 'disk'
    AND quota.quota_limit > 0
    AND quota.quota_used::numeric + %(bytes_)s::bigint > quota.quota_limit;

-- name: set_disk_usage
-- not null: quota_used
-- include: usage_row
    %(bytes_)s::bigint
FROM __reana.workflow
CROSS JOIN __reana.quota_resource
WHERE
    workflow.id_ = %(workflow_id)s
    AND quota_resource.type_ = 'disk'
ON CONFLICT (workflow_id, resource_id) DO UPDATE
    SET
        quota_used = excluded.quota_used,
        updated = excluded.updated
RETURNING usage.quota_used;

-- name: add_disk_usage
-- not null: quota_used
-- include: usage_row
    GREATEST(%(bytes_)s::bigint, 0)
FROM __reana.workflow
CROSS JOIN __reana.quota_resource
WHERE
    workflow.id_ = %(workflow_id)s
    AND quota_resource.type_ = 'disk'
ON CONFLICT (workflow_id, resource_id) DO UPDATE
    SET
        quota_used = COALESCE(usage.quota_used, 0) + %(bytes_)s::bigint,
        updated = excluded.updated
RETURNING usage.quota_used;

-- name: set_workspace_disk_usage
-- include: usage_row
    %(bytes_)s::bigint
FROM __reana.workflow
CROSS JOIN __reana.quota_resource
WHERE
    workflow.workspace_path = %(workspace_path)s
    AND quota_resource.type_ = 'disk'
ORDER BY workflow.id_
ON CONFLICT (workflow_id, resource_id) DO UPDATE SET
    quota_used = excluded.quota_used,
    updated = excluded.updated;

-- name: resource_id
SELECT resource.id_
FROM __reana.resource
WHERE resource.name = %(name)s;

-- name: _set_limit
INSERT INTO __reana.user_resource (
    created,
    updated,
    user_id,
    resource_id,
    quota_limit,
    quota_used
)
SELECT DISTINCT
    pg_catalog.timezone('UTC', pg_catalog.now()) AS created,
    pg_catalog.timezone('UTC', pg_catalog.now()) AS updated,
    chosen.user_id,
    %(resource_id)s::uuid AS resource_id,
    %(quota_limit)s::bigint AS quota_limit,
    0 AS quota_used
FROM pg_catalog.unnest(%(user_ids)s::uuid[]) AS chosen (user_id)
WHERE
    NOT EXISTS (
        SELECT 1
        FROM pg_catalog.unnest(%(user_ids)s::uuid[]) AS given (user_id)
        LEFT JOIN __reana.user_ ON given.user_id = user_.id_
        WHERE user_.id_ IS NULL
    )
ORDER BY chosen.user_id
ON CONFLICT (user_id, resource_id) DO UPDATE SET
    quota_limit = excluded.quota_limit,
    updated = excluded.updated;

-- name: set_default_limits
UPDATE __reana.user_resource
SET
    quota_limit = fresh.quota_limit,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
FROM (
    SELECT
        counter.user_id,
        counter.resource_id,
        CASE quota_resource.type_
            WHEN 'cpu' THEN %(cpu_limit)s::bigint
            ELSE %(disk_limit)s::bigint
        END AS quota_limit
    FROM __reana.user_resource AS counter
    INNER JOIN __reana.quota_resource ON counter.resource_id = quota_resource.resource_id
    WHERE COALESCE(counter.quota_limit, 0) = 0
    ORDER BY
        counter.user_id,
        counter.resource_id
    FOR NO KEY UPDATE OF counter
) AS fresh
WHERE
    user_resource.user_id = fresh.user_id
    AND user_resource.resource_id = fresh.resource_id
    AND fresh.quota_limit > 0;
