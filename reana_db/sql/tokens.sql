-- name: _find_owner
SELECT
    user_.id_,
    user_.email,
    user_.full_name,
    user_.username,
    user_.created,
    user_token.status AS token_status
FROM __reana.user_token
INNER JOIN __reana.user_ ON user_token.user_id = user_.id_
WHERE
    user_token.token = %(token)s
    AND user_token.type_ = 'reana';

-- name: _active
SELECT
    user_token.id_,
    user_token.created,
    user_token.token
FROM __reana.user_token
WHERE
    user_token.user_id = %(user_id)s
    AND user_token.type_ = 'reana'
    AND user_token.status = 'active';

-- name: latest
SELECT
    user_token.id_,
    user_token.user_id,
    user_token.status,
    user_token.created
FROM __reana.user_token
WHERE
    user_token.user_id = %(user_id)s
    AND user_token.type_ = 'reana'
ORDER BY
    user_token.created DESC,
    user_token.id_ DESC
LIMIT 1;

-- name: _request
-- not null: outcome
SELECT __reana.request_token(%(user_id)s, %(token_id)s, %(audit_id)s) AS outcome;

-- name: _grant
-- not null: outcome
SELECT
    __reana.grant_token(
        %(user_id)s,
        %(token_id)s,
        %(token)s,
        %(granted_by)s,
        %(audit_id)s,
        %(details)s::json
    ) AS outcome;

-- name: _revoke
WITH revoked AS (
    UPDATE __reana.user_token
    SET
        status = 'revoked',
        updated = clock_timestamp() AT TIME ZONE 'UTC'
    WHERE
        user_token.user_id = %(user_id)s
        AND user_token.type_ = 'reana'
        AND user_token.status = 'active'
    RETURNING
        user_token.id_,
        user_token.user_id,
        user_token.status,
        user_token.created,
        user_token.updated
),

recorded AS (
    INSERT INTO __reana.audit_log (created, updated, id_, user_id, action, details)
    SELECT
        revoked.updated,
        revoked.updated,
        %(audit_id)s,
        %(revoked_by)s::uuid,
        'revoke_token',
        %(details)s::json
    FROM revoked
    WHERE %(revoked_by)s::uuid IS NOT NULL
)

SELECT
    revoked.id_,
    revoked.user_id,
    revoked.status,
    revoked.created
FROM revoked;
