-- Rows that pending migrations will convert or set aside: each statement counts one kind.

-- name: orphan_jobs
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.job
WHERE
    NOT EXISTS (
        SELECT 1
        FROM __reana.workflow
        WHERE workflow.id_ = job.workflow_uuid
    );

-- name: orphan_job_cache
-- old tables
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
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.workflow
WHERE workflow.run_number IS NOT NULL;

-- name: overflown_restarts
-- old tables
-- Restarts after the ninth, whose number looks like that of another run.
SELECT pg_catalog.count(*)
FROM __reana.workflow
WHERE
    workflow.restart
    AND pg_catalog.mod(pg_catalog.round((workflow.run_number * 10)::numeric), 10) = 0;

-- name: half_identities
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.user_
WHERE (user_.idp_issuer IS NULL) <> (user_.idp_subject IS NULL);

-- name: webhook_secrets
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.user_
WHERE user_.gitlab_webhook_secret IS NOT NULL;

-- name: duplicate_tokens
-- old tables
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

-- name: wrong_totals
-- old tables
-- Databases before 0012 have no column for the period: as JSON, it is null there.
WITH run AS (
    SELECT
        workflow.owner_id,
        resource.id_ AS resource_id,
        resource.type_,
        COALESCE(workflow.workspace_path, '') AS workspace_path,
        GREATEST(workflow_resource.quota_used, 0) AS used
    FROM __reana.workflow_resource
    INNER JOIN __reana.workflow ON workflow_resource.workflow_id = workflow.id_
    INNER JOIN __reana.resource ON workflow_resource.resource_id = resource.id_
),

total AS (
    SELECT
        run.owner_id,
        run.resource_id,
        pg_catalog.sum(run.used) AS used
    FROM run
    WHERE run.type_ = 'cpu'
    GROUP BY
        run.owner_id,
        run.resource_id
    UNION ALL
    SELECT
        workspace.owner_id,
        workspace.resource_id,
        pg_catalog.sum(workspace.used) AS used
    FROM (
        SELECT
            run.owner_id,
            run.resource_id,
            pg_catalog.max(run.used) AS used
        FROM run
        WHERE run.type_ = 'disk'
        GROUP BY
            run.owner_id,
            run.resource_id,
            run.workspace_path
    ) AS workspace
    GROUP BY
        workspace.owner_id,
        workspace.resource_id
)

SELECT pg_catalog.count(*)
FROM __reana.user_resource
INNER JOIN __reana.resource ON user_resource.resource_id = resource.id_
LEFT JOIN total
    ON
        user_resource.user_id = total.owner_id
        AND user_resource.resource_id = total.resource_id
WHERE
    resource.name IN ('processing time', 'shared storage')
    AND NOT (
        resource.type_ = 'cpu'
        AND pg_catalog.to_jsonb(user_resource) ->> 'quota_period_months' IS NOT NULL
    )
    AND COALESCE(user_resource.quota_used, 0) <> COALESCE(total.used, 0);

-- name: audit_tokens
-- old tables
-- The same expression as in redaction.py.
SELECT pg_catalog.count(*)
FROM __reana.audit_log
WHERE
    audit_log.details IS NOT NULL
    AND pg_catalog.replace(audit_log.details::text, '\n', ' ')
    ~ '(?<![\w@-])(?<!\w\.)(?=[A-Za-z0-9_-]*[A-Z0-9])[A-Za-z0-9_-]{22}(?![\w@-])(?!\.\w)';

-- name: values_out_of_bounds
-- old tables
-- The bounds of 0031-value-bounds, on the tables that every release has.
SELECT
    (
        SELECT pg_catalog.count(*)
        FROM __reana.workflow
        WHERE
            workflow.created NOT BETWEEN '0001-01-02' AND '9999-12-30'
            OR workflow.run_started_at NOT BETWEEN '0001-01-02' AND '9999-12-30'
            OR workflow.run_finished_at NOT BETWEEN '0001-01-02' AND '9999-12-30'
            OR workflow.name = ''
            OR workflow.name ~ '[[:cntrl:]]'
    ) + (
        SELECT pg_catalog.count(*)
        FROM __reana.job
        WHERE
            job.created NOT BETWEEN '0001-01-02' AND '9999-12-30'
            OR job.started_at NOT BETWEEN '0001-01-02' AND '9999-12-30'
            OR job.finished_at NOT BETWEEN '0001-01-02' AND '9999-12-30'
    ) + (
        SELECT pg_catalog.count(*)
        FROM __reana.user_
        WHERE
            user_.email = ''
            OR user_.email ~ '[[:cntrl:]]'
    ) AS rows_outside;

-- name: specifications_out_of_bounds
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.workflow
WHERE
    pg_catalog.json_typeof(workflow.reana_specification) NOT IN ('object', 'null')
    AND workflow.reana_specification::text <> '[]';

-- name: workspaces_out_of_bounds
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.workflow
WHERE
    workflow.workspace_path NOT LIKE '/%%'
    AND workflow.workspace_path <> '';

-- name: shares_out_of_bounds
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.user_workflow
WHERE user_workflow.valid_until NOT BETWEEN '0001-01-02' AND '9999-12-30';

-- name: retention_days_out_of_bounds
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.workspace_retention_rule
WHERE workspace_retention_rule.retention_days NOT BETWEEN 0 AND 36500;

-- name: limits_out_of_bounds
-- old tables
SELECT pg_catalog.count(*)
FROM __reana.user_resource
WHERE user_resource.quota_limit < 0;
