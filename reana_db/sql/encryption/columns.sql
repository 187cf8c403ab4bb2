-- part: change
WITH change AS (
    SELECT
        given.id_,
        given.old,
        given.value,
        given.digest
    FROM unnest(
        %(ids)s::uuid[],
        %(old)s::bytea[],
        %(values)s::bytea[],
        %(digests)s::bytea[]
    ) AS given (id_, old, value, digest)
)

-- name: tokens_from
-- not null: value
SELECT
    user_token.id_,
    user_token.user_id AS owner_id,
    user_token.token AS value,
    user_token.token_digest AS digest
FROM __reana.user_token
WHERE
    user_token.id_ >= %(start)s
    AND user_token.token IS NOT NULL
ORDER BY user_token.id_
LIMIT %(size)s;

-- name: rewrite_tokens
-- Only values that are still what they were when they were read, and that nobody is changing.
-- include: change,

locked AS (
    SELECT
        user_token.id_,
        change.value,
        change.digest
    FROM __reana.user_token
    INNER JOIN change
        ON
            user_token.id_ = change.id_
            AND user_token.token = change.old
    ORDER BY user_token.id_
    FOR UPDATE OF user_token SKIP LOCKED
)

UPDATE __reana.user_token
SET
    token = locked.value,
    token_digest = locked.digest
FROM locked
WHERE user_token.id_ = locked.id_
RETURNING user_token.id_;

-- name: webhook_secrets_from
-- not null: value
SELECT
    user_.id_,
    NULL::uuid AS owner_id,
    user_.gitlab_webhook_secret AS value,
    convert_to(user_.gitlab_webhook_secret_digest, 'UTF8') AS digest
FROM __reana.user_
WHERE
    user_.id_ >= %(start)s
    AND user_.gitlab_webhook_secret IS NOT NULL
ORDER BY user_.id_
LIMIT %(size)s;

-- name: rewrite_webhook_secrets
-- include: change,

locked AS (
    SELECT
        user_.id_,
        change.value,
        convert_from(change.digest, 'UTF8') AS digest
    FROM __reana.user_
    INNER JOIN change
        ON
            user_.id_ = change.id_
            AND user_.gitlab_webhook_secret = change.old
    ORDER BY user_.id_
    FOR UPDATE OF user_ SKIP LOCKED
)

UPDATE __reana.user_
SET
    gitlab_webhook_secret = locked.value,
    gitlab_webhook_secret_digest = locked.digest
FROM locked
WHERE user_.id_ = locked.id_
RETURNING user_.id_;

-- name: session_secrets_from
-- not null: value
SELECT
    interactive_session.id_,
    NULL::uuid AS owner_id,
    interactive_session.session_secret AS value,
    interactive_session.session_secret_digest AS digest
FROM __reana.interactive_session
WHERE
    interactive_session.id_ >= %(start)s
    AND interactive_session.session_secret IS NOT NULL
ORDER BY interactive_session.id_
LIMIT %(size)s;

-- name: rewrite_session_secrets
-- include: change,

locked AS (
    SELECT
        interactive_session.id_,
        change.value,
        change.digest
    FROM __reana.interactive_session
    INNER JOIN change
        ON
            interactive_session.id_ = change.id_
            AND interactive_session.session_secret = change.old
    ORDER BY interactive_session.id_
    FOR UPDATE OF interactive_session SKIP LOCKED
)

UPDATE __reana.interactive_session
SET
    session_secret = locked.value,
    session_secret_digest = locked.digest
FROM locked
WHERE interactive_session.id_ = locked.id_
RETURNING interactive_session.id_;

-- name: counts
-- not null: tokens, webhook_secrets, session_secrets
SELECT
    (
        SELECT count(user_token.token)
        FROM __reana.user_token
    ) AS tokens,
    (
        SELECT count(user_.gitlab_webhook_secret)
        FROM __reana.user_
    ) AS webhook_secrets,
    (
        SELECT count(interactive_session.session_secret)
        FROM __reana.interactive_session
    ) AS session_secrets;
