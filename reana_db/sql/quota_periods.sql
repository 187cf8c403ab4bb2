-- name: of_user
SELECT
    quota.quota_period_months,
    quota.quota_period_start_at
FROM __reana.current_quota AS quota
INNER JOIN __reana.quota_resource ON quota.resource_id = quota_resource.resource_id
WHERE
    quota.user_id = %(user_id)s
    AND quota_resource.type_ = 'cpu';

-- name: _set_period
-- The parameters and not "excluded", whose start a trigger has set.
INSERT INTO __reana.user_resource AS total (
    user_id,
    resource_id,
    quota_limit,
    quota_used,
    quota_period_months,
    quota_period_start_at
)
SELECT
    user_.id_,
    resource.id_,
    resource.default_limit,
    0,
    %(months)s::integer,
    %(start_at)s::timestamptz AT TIME ZONE 'UTC'
FROM __reana.resource
CROSS JOIN __reana.quota_resource
CROSS JOIN __reana.user_
WHERE
    resource.id_ = quota_resource.resource_id
    AND quota_resource.type_ = 'cpu'
    AND user_.id_ = %(user_id)s
ON CONFLICT (user_id, resource_id) DO UPDATE
    SET
        quota_period_months = %(months)s::integer,
        quota_period_start_at = COALESCE(
            pg_catalog.timezone('UTC', %(start_at)s::timestamptz), total.quota_period_start_at
        ),
        updated = excluded.updated
RETURNING
    total.quota_period_months,
    total.quota_period_start_at;

-- name: _set_start
UPDATE __reana.user_resource
SET
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
    quota_period_start_at = %(start_at)s::timestamptz AT TIME ZONE 'UTC'
FROM __reana.quota_resource
WHERE
    user_resource.user_id = %(user_id)s
    AND user_resource.resource_id = quota_resource.resource_id
    AND user_resource.quota_period_months IS NOT NULL
    AND quota_resource.type_ = 'cpu'
RETURNING
    user_resource.quota_period_months,
    user_resource.quota_period_start_at;

-- name: clear
UPDATE __reana.user_resource
SET
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
    quota_period_months = NULL,
    quota_period_start_at = NULL
FROM __reana.quota_resource
WHERE
    user_resource.user_id = %(user_id)s
    AND user_resource.resource_id = quota_resource.resource_id
    AND quota_resource.type_ = 'cpu'
RETURNING
    user_resource.quota_period_months,
    user_resource.quota_period_start_at;

-- name: users_without_period
SELECT user_.email
FROM __reana.user_resource AS total
INNER JOIN __reana.quota_resource ON total.resource_id = quota_resource.resource_id
INNER JOIN __reana.user_ ON total.user_id = user_.id_
WHERE
    quota_resource.type_ = 'cpu'
    AND total.quota_period_months IS NULL
ORDER BY user_.email;

-- name: _init_default
WITH locked AS (
    SELECT
        total.user_id,
        total.resource_id
    FROM __reana.user_resource AS total
    INNER JOIN __reana.quota_resource ON total.resource_id = quota_resource.resource_id
    WHERE
        quota_resource.type_ = 'cpu'
        AND total.quota_period_months IS NULL
    ORDER BY total.user_id
    FOR NO KEY UPDATE OF total
),

changed AS (
    UPDATE __reana.user_resource
    SET
        updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
        quota_period_months = %(months)s::integer,
        quota_period_start_at = NULL
    FROM locked
    WHERE
        user_resource.user_id = locked.user_id
        AND user_resource.resource_id = locked.resource_id
    RETURNING user_resource.user_id
)

SELECT user_.email
FROM changed
INNER JOIN __reana.user_ ON changed.user_id = user_.id_
ORDER BY user_.email;
