-- name: _ensure_session_secret
-- writes
SELECT
    __reana.ensure_session_secret(
        %(session_id)s,
        %(compatible)s,
        %(sealed)s,
        %(digest)s
    ) AS secret;

-- name: _find_session
-- not null: path, status, secret, digested, read_only
SELECT
    interactive_session.id_,
    interactive_session.owner_id,
    interactive_session.path,
    interactive_session.status,
    interactive_session.session_secret AS secret,
    interactive_session.session_secret_digest IS NOT NULL AS digested,
    current_setting('transaction_read_only') = 'on' AS read_only
FROM __reana.interactive_session
WHERE
    (
        interactive_session.session_secret_digest = ANY(%(digests)s)
        OR (
            interactive_session.session_secret IS NOT NULL
            AND interactive_session.session_secret_digest IS NULL
        )
    )
    AND interactive_session.status IN ('created', 'running')
ORDER BY interactive_session.id_;

-- name: _ensure_webhook_secret
-- writes
SELECT
    stored.secret,
    stored.expires_at
FROM __reana.ensure_webhook_secret(
    %(user_id)s,
    %(compatible)s,
    %(sealed)s,
    %(digest)s,
    %(expires_at)s::timestamptz AT TIME ZONE 'UTC',
    %(renew)s
) AS stored;

-- name: _find_webhook_owner
-- not null: secret
SELECT
    user_.id_,
    user_.email,
    user_.gitlab_webhook_secret_expires_at AS expires_at,
    user_.gitlab_webhook_secret AS secret
FROM __reana.user_
WHERE
    user_.gitlab_webhook_secret_digest = %(digest)s
    AND COALESCE(
        user_.gitlab_webhook_secret_expires_at > clock_timestamp() AT TIME ZONE 'UTC',
        TRUE
    );

-- name: remove_webhook_secret
UPDATE __reana.user_
SET
    gitlab_webhook_secret = NULL,
    gitlab_webhook_secret_digest = NULL,
    gitlab_webhook_secret_expires_at = NULL,
    updated = clock_timestamp() AT TIME ZONE 'UTC'
WHERE
    user_.id_ = %(user_id)s
    AND user_.gitlab_webhook_secret IS NOT NULL;
