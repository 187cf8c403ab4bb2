-- Rows that pending migrations will convert or set aside: each statement counts one kind.

-- name: orphan_jobs
SELECT pg_catalog.count(*)
FROM __reana.job
WHERE
    NOT EXISTS (
        SELECT 1
        FROM __reana.workflow
        WHERE workflow.id_ = job.workflow_uuid
    );

-- name: orphan_job_cache
SELECT pg_catalog.count(*)
FROM __reana.job_cache
INNER JOIN __reana.job
    ON job_cache.job_id = job.id_
WHERE
    NOT EXISTS (
        SELECT 1
        FROM __reana.workflow
        WHERE workflow.id_ = job.workflow_uuid
    );

-- name: float_run_numbers
SELECT pg_catalog.count(*)
FROM __reana.workflow
WHERE workflow.run_number IS NOT NULL;

-- name: overflown_restarts
-- Restarts after the ninth, whose number looks like that of another run.
SELECT pg_catalog.count(*)
FROM __reana.workflow
WHERE
    workflow.restart
    AND pg_catalog.mod(pg_catalog.round((workflow.run_number * 10)::numeric), 10) = 0;

-- name: half_identities
SELECT pg_catalog.count(*)
FROM __reana.user_
WHERE (user_.idp_issuer IS NULL) <> (user_.idp_subject IS NULL);

-- name: webhook_secrets
SELECT pg_catalog.count(*)
FROM __reana.user_
WHERE user_.gitlab_webhook_secret IS NOT NULL;

-- name: duplicate_tokens
SELECT COALESCE(pg_catalog.sum(tokens.number - 1), 0)
FROM (
    SELECT pg_catalog.count(*) AS number
    FROM __reana.user_token
    WHERE user_token.status IN ('active', 'requested')
    GROUP BY
        user_token.user_id,
        user_token.type_,
        user_token.status
) AS tokens;

-- name: audit_tokens
-- The same expression as in redaction.py.
SELECT pg_catalog.count(*)
FROM __reana.audit_log
WHERE
    audit_log.details IS NOT NULL
    AND pg_catalog.replace(audit_log.details::text, '\n', ' ')
    ~ '(?<![\w@-])(?<!\w\.)(?=[A-Za-z0-9_-]*[A-Z0-9])[A-Za-z0-9_-]{22}(?![\w@-])(?!\.\w)';
