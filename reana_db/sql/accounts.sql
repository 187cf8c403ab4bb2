-- part: person
user_.id_,
user_.email,
user_.full_name,
user_.username,
user_.created,
latest.status AS token_status,
latest.created AS token_created,
active.id_ AS token_id

-- part: users_with_tokens
FROM __reana.user_
LEFT JOIN
    LATERAL (
        SELECT
            user_token.status,
            user_token.created
        FROM __reana.user_token
        WHERE
            user_token.user_id = user_.id_
            AND user_token.type_ = 'reana'
        ORDER BY
            user_token.created DESC,
            user_token.id_ DESC
        LIMIT 1
    ) AS latest
    ON TRUE
LEFT JOIN __reana.user_token AS active
    ON
        user_.id_ = active.user_id
        AND active.type_ = 'reana'
        AND active.status = 'active'

-- name: _create_many
-- Users, a counter of every resource for each, and the tokens of those who have one.
WITH given AS (
    SELECT
        given.user_id,
        given.email,
        given.full_name,
        given.username,
        given.token_id,
        given.compatible,
        given.sealed,
        given.digest
    FROM unnest(
        %(user_ids)s::uuid[],
        %(emails)s::text[],
        %(full_names)s::text[],
        %(usernames)s::text[],
        %(token_ids)s::uuid[],
        %(compatible)s::bytea[],
        %(sealed)s::bytea[],
        %(digests)s::bytea[]
    ) AS given (
        user_id, email, full_name, username, token_id, compatible, sealed, digest
    )
),

clock AS (
    SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now
),

new_user AS (
    INSERT INTO __reana.user_ (
        id_,
        email,
        full_name,
        username,
        created,
        updated
    )
    SELECT
        given.user_id,
        given.email,
        given.full_name,
        given.username,
        clock.now,
        clock.now
    FROM given
    CROSS JOIN clock
    RETURNING
        id_,
        created
),

-- include: users.counters,

granted AS (
    INSERT INTO __reana.user_token (
        id_,
        user_id,
        token,
        token_digest,
        status,
        type_,
        created,
        updated
    )
    SELECT
        given.token_id,
        given.user_id,
        __reana.stored_form(given.compatible, given.sealed) AS token,
        given.digest,
        'active',
        'reana',
        clock.now,
        clock.now
    FROM given
    CROSS JOIN clock
    WHERE given.token_id IS NOT NULL
)

SELECT count(*) AS users
FROM new_user;

-- name: _search
WITH matching AS (
    SELECT user_token.user_id
    FROM __reana.user_token
    WHERE
        user_token.type_ = 'reana'
        AND (
            user_token.token_digest = any(%(digests)s::bytea[])
            OR user_token.token = any(%(ciphertexts)s::bytea[])
        )
)

SELECT
    -- include: person,
    CASE WHEN %(with_tokens)s::boolean THEN active.token END AS token
-- include: users_with_tokens
WHERE
    (
        %(user_id)s::uuid IS NULL
        OR user_.id_ = %(user_id)s::uuid
    )
    AND (
        %(email)s::text IS NULL
        OR user_.email = %(email)s::text
    )
    AND (
        %(digests)s::bytea[] IS NULL
        OR user_.id_ IN (SELECT matching.user_id FROM matching)
    )
ORDER BY user_.email;

-- name: _profile
-- A quota period that is over counts as renewed, although nothing has written the new one yet.
-- not null: quotas
SELECT
    -- include: person,
    active.token,
    (
        SELECT
            COALESCE(
                json_agg(
                    json_build_object(
                        'type_', resource.type_,
                        'name', resource.name,
                        'unit', resource.unit,
                        'quota_used', counter.quota_used,
                        'quota_limit', NULLIF(counter.quota_limit, 0),
                        'period_months', counter.quota_period_months,
                        'period_start_at', counter.quota_period_start_at
                    )
                    ORDER BY
                        resource.type_,
                        resource.name
                ),
                '[]'::json
            )
        FROM __reana.current_quota AS counter
        JOIN __reana.resource
            ON counter.resource_id = resource.id_
        WHERE counter.user_id = user_.id_
    ) AS quotas
-- include: users_with_tokens
WHERE user_.id_ = %(user_id)s;
