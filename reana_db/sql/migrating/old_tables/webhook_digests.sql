-- GitLab webhook secrets before their digests: Alembic revisions 5e5fab65889f to d8f509a4169e.

-- name: lock_users
LOCK TABLE __reana.user_ IN ACCESS EXCLUSIVE MODE;

-- name: secrets
SELECT
    user_.id_::text AS user_id,
    user_.gitlab_webhook_secret
FROM __reana.user_
WHERE user_.gitlab_webhook_secret IS NOT NULL
ORDER BY
    user_.id_;
