-- part: columns
user_.id_,
user_.email,
user_.full_name,
user_.username,
user_.created,
user_.updated

-- part: counters
-- The quota of every resource of ``new_user``.
counters AS (
    INSERT INTO __reana.user_resource (
        user_id,
        resource_id,
        quota_limit,
        quota_used,
        quota_period_months,
        quota_period_start_at
    )
    SELECT
        new_user.id_,
        resource.id_,
        CASE resource.type_
            WHEN 'cpu' THEN %(cpu_limit)s::bigint
            ELSE %(disk_limit)s::bigint
        END AS quota_limit,
        0 AS quota_used,
        CASE
            WHEN resource.name = %(periodic_resource)s THEN %(period_months)s::integer
        END AS quota_period_months,
        CASE
            WHEN
                resource.name = %(periodic_resource)s
                AND %(period_months)s::integer IS NOT NULL
                THEN new_user.created
        END AS quota_period_start_at
    FROM new_user
    CROSS JOIN __reana.resource
)

-- name: _create
WITH new_user AS (
    INSERT INTO __reana.user_ (
        id_,
        email,
        full_name,
        username
    )
    VALUES (
        %(user_id)s,
        %(email)s,
        %(full_name)s::text,
        %(username)s::text
    )
    ON CONFLICT DO NOTHING
    RETURNING
        -- include: columns
),

-- include: counters

SELECT
    -- include: columns
FROM new_user AS user_;

-- name: find_by_email
SELECT
    -- include: columns
FROM __reana.user_
WHERE user_.email = %(email)s;

-- name: find_by_id
SELECT
    -- include: columns
FROM __reana.user_
WHERE user_.id_ = %(user_id)s;

-- name: many
SELECT
    -- include: columns
FROM __reana.user_
WHERE user_.id_ = any(%(user_ids)s)
ORDER BY user_.email;
