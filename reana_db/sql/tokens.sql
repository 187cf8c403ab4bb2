-- part: candidates
SELECT
    user_token.id_,
    user_token.user_id,
    user_token.status,
    user_token.token,
    user_token.token_digest
FROM __reana.user_token

-- name: _find_owner
-- The ciphertext finds what services of earlier releases wrote.  Two branches instead of OR, and
-- single parameters instead of arrays: so the server keeps one plan instead of planning each time.
-- not null: token_id, token, digest_missing
SELECT
    user_.id_,
    user_.email,
    user_.full_name,
    user_.username,
    user_.created,
    found.status AS token_status,
    found.id_ AS token_id,
    found.token,
    CASE
        WHEN found.token_digest IS NOT NULL THEN FALSE
        WHEN current_setting('transaction_read_only') = 'on' THEN FALSE
        ELSE has_table_privilege('__reana.user_token', 'UPDATE')
    END AS digest_missing
FROM (
    -- include: candidates
    WHERE
        user_token.token_digest IN (%(digest)s, %(previous_digest)s)
        AND user_token.type_ = 'reana'

    UNION ALL

    -- include: candidates
    WHERE
        user_token.token IN (%(ciphertext)s, %(previous_ciphertext)s)
        AND COALESCE(
            user_token.token_digest NOT IN (%(digest)s, %(previous_digest)s),
            TRUE
        )
        AND user_token.type_ = 'reana'
) AS found
INNER JOIN __reana.user_ ON found.user_id = user_.id_;

-- name: _active
SELECT
    user_token.id_,
    user_token.user_id,
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
-- writes
-- not null: outcome
SELECT __reana.request_token(%(user_id)s, %(token_id)s, %(audit_id)s) AS outcome;

-- name: _requested
SELECT user_token.id_
FROM __reana.user_token
WHERE
    user_token.user_id = %(user_id)s
    AND user_token.type_ = 'reana'
    AND user_token.status = 'requested';

-- name: _grant
-- writes
-- not null: outcome
SELECT
    __reana.grant_token(
        %(user_id)s,
        %(token_id)s,
        %(compatible)s,
        %(sealed)s,
        %(digest)s,
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
