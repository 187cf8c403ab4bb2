-- name: _lock_run
SELECT workflow.id_
FROM __reana.workflow
WHERE
    workflow.id_ IN (
        SELECT %(workflow_id)s::uuid
        UNION ALL
        SELECT sibling.id_
        FROM __reana.workflow AS asked
        INNER JOIN __reana.workflow AS sibling
            ON
                asked.workspace_path = sibling.workspace_path
                AND asked.owner_id = sibling.owner_id
        WHERE asked.id_ = %(workflow_id)s
    )
ORDER BY workflow.id_
FOR NO KEY UPDATE;

-- name: _lock_runs_of_name
SELECT workflow.id_
FROM __reana.workflow
WHERE
    workflow.owner_id = %(owner_id)s
    AND workflow.name = %(name)s
    AND (
        %(run_number_major)s::integer IS NULL
        OR workflow.run_number_major = %(run_number_major)s
    )
ORDER BY workflow.id_
FOR NO KEY UPDATE;

-- name: _lock_rules
-- The end of another run of the workspace locks its rules before its usage.  The statement that
-- deletes reaches the usage first, so the rules are locked here.
SELECT rule.id_
FROM __reana.workspace_retention_rule AS rule
WHERE
    rule.status IN ('created', 'active', 'pending')
    AND rule.workflow_id IN (
        SELECT run.id_
        FROM __reana.workflow AS doomed
        INNER JOIN __reana.workflow AS run
            ON
                doomed.owner_id = run.owner_id
                AND doomed.name = run.name
                AND doomed.run_number_major = run.run_number_major
        WHERE
            doomed.id_ = ANY((SELECT %(workflow_ids)s::uuid[])::uuid[])
            AND doomed.status IS DISTINCT FROM 'running'
    )
ORDER BY rule.id_
FOR NO KEY UPDATE OF rule;

-- part: unended_jobs
(
    SELECT
        COALESCE(
            json_agg(
                json_build_object(
                    'id_', job.id_,
                    'backend_job_id', job.backend_job_id,
                    'compute_backend', job.compute_backend
                )
                ORDER BY job.id_
            ),
            '[]'
        )
    FROM __reana.job
    WHERE
        job.workflow_uuid = asked.id_
        AND job.status IN ('created', 'queued', 'running')
)

-- name: _delete
-- not null: outcome, closed, jobs, cache_entries_deleted
-- The runs are locked, so nobody changes them meanwhile.  Retention rules follow by trigger.
WITH asked AS MATERIALIZED (
    SELECT
        workflow.id_,
        workflow.owner_id,
        workflow.name,
        workflow.run_number_major,
        workflow.run_number_minor,
        workflow.workspace_path,
        workflow.status,
        exists(
            SELECT 1
            FROM __reana.workflow AS other
            WHERE
                workflow.workspace_path = other.workspace_path
                AND workflow.owner_id = other.owner_id
                AND workflow.id_ <> other.id_
                AND (
                    other.status = 'running'
                    OR (
                        other.status IN ('created', 'queued', 'pending')
                        AND other.id_ <> all((SELECT %(workflow_ids)s::uuid[])::uuid[])
                    )
                )
        ) AS shared
    FROM __reana.workflow
    WHERE workflow.id_ = ANY((SELECT %(workflow_ids)s::uuid[])::uuid[])
),

doomed AS (
    SELECT
        asked.id_,
        asked.owner_id,
        asked.workspace_path
    FROM asked
    WHERE
        asked.status IS DISTINCT FROM 'running'
        AND NOT asked.shared
),

session_link AS (
    DELETE FROM __reana.workflow_session
    USING doomed
    WHERE workflow_session.workflow_id = doomed.id_
    RETURNING
        workflow_session.workflow_id,
        workflow_session.session_id
),

session_resource AS (
    DELETE FROM __reana.interactive_session_resource
    USING session_link
    WHERE interactive_session_resource.session_id = session_link.session_id
),

session AS (
    DELETE FROM __reana.interactive_session
    USING session_link
    WHERE interactive_session.id_ = session_link.session_id
    RETURNING
        session_link.workflow_id,
        interactive_session.id_,
        interactive_session.name,
        interactive_session.path,
        interactive_session.type_
),

service AS (
    UPDATE __reana.service
    SET status = 'deleted'
    FROM __reana.workflow_service
    INNER JOIN doomed ON workflow_service.workflow_id = doomed.id_
    WHERE
        service.id_ = workflow_service.service_id
        AND service.status IN ('created', 'running', 'stopped', 'failed', 'finished')
    RETURNING
        workflow_service.workflow_id,
        service.id_,
        service.name,
        service.uri,
        service.type_
),

cache AS (
    DELETE FROM __reana.job_cache
    USING __reana.job
    INNER JOIN doomed ON job.workflow_uuid = doomed.id_
    WHERE job_cache.job_id = job.id_
    RETURNING doomed.id_ AS workflow_id
),

closed AS (
    SELECT
        session.workflow_id,
        jsonb_build_object(
            'entity', 'interactive_session',
            'id_', session.id_,
            'name', session.name,
            'path', session.path,
            'type_', session.type_
        ) AS item
    FROM session
    UNION ALL
    SELECT
        service.workflow_id,
        jsonb_build_object(
            'entity', 'service',
            'id_', service.id_,
            'name', service.name,
            'path', service.uri,
            'type_', service.type_
        ) AS item
    FROM service
),

removal AS (
    INSERT INTO __reana.workspace_removal (workflow_id, closed)
    SELECT
        doomed.id_,
        COALESCE(
            (
                SELECT jsonb_agg(closed.item)
                FROM closed
                WHERE closed.workflow_id = doomed.id_
            ),
            '[]'
        )
    FROM doomed
    ON CONFLICT (workflow_id) DO UPDATE
        SET closed = workspace_removal.closed || excluded.closed
    RETURNING
        workspace_removal.workflow_id,
        workspace_removal.claimed_at,
        workspace_removal.closed
),

sharing AS MATERIALIZED (
    SELECT DISTINCT run.id_
    FROM doomed
    INNER JOIN __reana.workflow AS run
        ON
            doomed.workspace_path = run.workspace_path
            AND doomed.owner_id = run.owner_id
),

usage AS MATERIALIZED (
    SELECT
        workflow_resource.workflow_id,
        workflow_resource.resource_id
    FROM sharing
    INNER JOIN __reana.workflow_resource ON sharing.id_ = workflow_resource.workflow_id
    INNER JOIN __reana.resource ON workflow_resource.resource_id = resource.id_
    WHERE
        resource.type_ = 'disk'
        AND workflow_resource.quota_used <> 0
    ORDER BY
        workflow_resource.workflow_id,
        workflow_resource.resource_id
    FOR NO KEY UPDATE OF workflow_resource
),

freed AS (
    UPDATE __reana.workflow_resource
    SET quota_used = 0
    FROM usage
    WHERE
        workflow_resource.workflow_id = usage.workflow_id
        AND workflow_resource.resource_id = usage.resource_id
),

deleted AS (
    UPDATE __reana.workflow
    SET status = 'deleted'
    FROM doomed
    WHERE
        workflow.id_ = doomed.id_
        AND workflow.status IS DISTINCT FROM 'deleted'
)

SELECT -- noqa: ST06
    asked.id_,
    asked.name,
    asked.run_number_major,
    asked.run_number_minor,
    asked.workspace_path,
    asked.status AS before,
    CASE
        WHEN asked.status = 'running' THEN 'running'
        WHEN asked.shared THEN 'workspace in use'
        WHEN asked.status = 'deleted' THEN 'already deleted'
        ELSE 'deleted'
    END AS outcome,
    removal.claimed_at,
    COALESCE(removal.closed, '[]') AS closed,
    CASE
        WHEN removal.workflow_id IS NULL THEN '[]'::json
        ELSE
            -- include: unended_jobs
    END AS jobs,
    (
        SELECT count(*)
        FROM cache
        WHERE cache.workflow_id = asked.id_
    ) AS cache_entries_deleted
FROM asked
LEFT JOIN removal ON asked.id_ = removal.workflow_id
ORDER BY
    asked.run_number_major,
    asked.run_number_minor,
    asked.id_;

-- name: unconfirmed_deletions
-- not null: outcome, closed, jobs, cache_entries_deleted
SELECT -- noqa: ST06
    asked.id_,
    asked.name,
    asked.run_number_major,
    asked.run_number_minor,
    asked.workspace_path,
    asked.status AS before,
    'already deleted' AS outcome,
    removal.claimed_at,
    removal.closed,
    -- include: unended_jobs
        AS jobs,
    0 AS cache_entries_deleted
FROM __reana.workspace_removal AS removal
INNER JOIN __reana.workflow AS asked ON removal.workflow_id = asked.id_
WHERE removal.claimed_at <= COALESCE(%(claimed_before)s::timestamptz, 'infinity')
ORDER BY
    removal.claimed_at,
    asked.id_;

-- name: confirm_deletions
DELETE FROM __reana.workspace_removal
WHERE workspace_removal.workflow_id = ANY(%(workflow_ids)s);
