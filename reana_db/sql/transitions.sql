-- A change locks the row, judges the status that the row has then, and writes in the same
-- statement: the join of the UPDATE is evaluated again on the newest version of the row, so that it
-- finds the one that was locked.

-- part: judged
judged AS (
    SELECT
        locked.id_,
        locked.status,
        (locked.status IS DISTINCT FROM request.status) AS differs,
        COALESCE(locked.status = ANY(request.expected), request.expected IS NULL) AS expected,
        __reana.is_transition(
            locked.entity, locked.status::text, request.status::text
        ) AS by_rule
    FROM locked
    CROSS JOIN request
)

-- part: answer
-- not null: changed, allowed
SELECT
    judged.id_ AS entity_id,
    judged.status::text AS before,
    COALESCE(written.status, judged.status)::text AS after,
    judged.differs AND written.id_ IS NOT NULL AS changed,
    judged.expected AND judged.by_rule AS allowed
FROM judged
LEFT JOIN written
    ON judged.id_ = written.id_

-- name: try_set_workflow_status
WITH request AS NOT MATERIALIZED (
    SELECT
        %(status)s::public.runstatus AS status,
        %(expected)s::public.runstatus[] AS expected,
        %(append_logs)s::text AS logs,
        %(progress)s::json AS progress,
        %(at)s::timestamptz AT TIME ZONE 'UTC' AS at
),

locked AS (
    SELECT
        'workflow' AS entity,
        workflow.id_,
        workflow.status
    FROM __reana.workflow
    WHERE workflow.id_ = %(workflow_id)s
    FOR NO KEY UPDATE
),

-- include: judged,

written AS (
    UPDATE __reana.workflow
    SET
        status = request.status,
        logs = COALESCE(workflow.logs || request.logs, request.logs, workflow.logs),
        job_progress = CASE
            WHEN request.progress IS NULL THEN workflow.job_progress
            ELSE __reana.merge_job_progress(workflow.job_progress, request.progress)
        END,
        run_started_at = COALESCE(
            workflow.run_started_at,
            CASE
                WHEN judged.differs AND request.status = 'running' THEN request.at
            END
        ),
        run_finished_at = COALESCE(
            workflow.run_finished_at,
            CASE
                WHEN judged.differs AND request.status IN ('finished', 'failed') THEN request.at
            END
        ),
        run_stopped_at = COALESCE(
            workflow.run_stopped_at,
            CASE
                WHEN judged.differs AND request.status = 'stopped' THEN request.at
            END
        )
    FROM judged
    CROSS JOIN request
    WHERE
        workflow.id_ = judged.id_
        AND judged.expected
        AND (judged.by_rule OR __reana.status_mode() = 'observe')
        AND (judged.differs OR request.logs IS NOT NULL OR request.progress IS NOT NULL)
    RETURNING
        workflow.id_,
        workflow.status
)

-- include: answer;

-- name: try_set_job_status
WITH request AS NOT MATERIALIZED (
    SELECT
        %(status)s::public.jobstatus AS status,
        %(expected)s::public.jobstatus[] AS expected,
        %(replace_logs)s::text AS logs,
        %(at)s::timestamptz AT TIME ZONE 'UTC' AS at
),

locked AS (
    SELECT
        'job' AS entity,
        job.id_,
        job.status
    FROM __reana.job
    WHERE job.id_ = %(job_id)s
    FOR NO KEY UPDATE
),

-- include: judged,

written AS (
    UPDATE __reana.job
    SET
        status = request.status,
        logs = COALESCE(request.logs, job.logs),
        started_at = COALESCE(
            job.started_at,
            CASE
                WHEN judged.differs AND request.status = 'running' THEN request.at
            END
        ),
        finished_at = COALESCE(
            job.finished_at,
            CASE
                WHEN judged.differs AND request.status IN ('finished', 'failed') THEN request.at
            END
        )
    FROM judged
    CROSS JOIN request
    WHERE
        job.id_ = judged.id_
        AND judged.expected
        AND (judged.by_rule OR __reana.status_mode() = 'observe')
        AND (judged.differs OR request.logs IS NOT NULL)
    RETURNING
        job.id_,
        job.status
)

-- include: answer;

-- name: try_set_session_status
WITH request AS (
    SELECT
        %(status)s::public.runstatus AS status,
        %(expected)s::public.runstatus[] AS expected
),

locked AS (
    SELECT
        'interactive_session' AS entity,
        interactive_session.id_,
        interactive_session.status
    FROM __reana.interactive_session
    WHERE interactive_session.id_ = %(session_id)s
    FOR NO KEY UPDATE
),

-- include: judged,

written AS (
    UPDATE __reana.interactive_session
    SET
        status = request.status
    FROM judged
    CROSS JOIN request
    WHERE
        interactive_session.id_ = judged.id_
        AND judged.expected
        AND (judged.by_rule OR __reana.status_mode() = 'observe')
        AND judged.differs
    RETURNING
        interactive_session.id_,
        interactive_session.status
)

-- include: answer;

-- name: try_set_service_status
WITH request AS (
    SELECT
        %(status)s::public.servicestatus AS status,
        %(expected)s::public.servicestatus[] AS expected
),

locked AS (
    SELECT
        'service' AS entity,
        service.id_,
        service.status
    FROM __reana.service
    WHERE service.id_ = %(service_id)s
    FOR NO KEY UPDATE
),

-- include: judged,

written AS (
    UPDATE __reana.service
    SET
        status = request.status
    FROM judged
    CROSS JOIN request
    WHERE
        service.id_ = judged.id_
        AND judged.expected
        AND (judged.by_rule OR __reana.status_mode() = 'observe')
        AND judged.differs
    RETURNING
        service.id_,
        service.status
)

-- include: answer;

-- name: try_set_retention_rule_status
WITH request AS (
    SELECT
        %(status)s::public.workspaceretentionrulestatus AS status,
        %(expected)s::public.workspaceretentionrulestatus[] AS expected
),

locked AS (
    SELECT
        'workspace_retention_rule' AS entity,
        workspace_retention_rule.id_,
        workspace_retention_rule.status
    FROM __reana.workspace_retention_rule
    WHERE workspace_retention_rule.id_ = %(rule_id)s
    FOR NO KEY UPDATE
),

-- include: judged,

written AS (
    UPDATE __reana.workspace_retention_rule
    SET
        status = request.status
    FROM judged
    CROSS JOIN request
    WHERE
        workspace_retention_rule.id_ = judged.id_
        AND judged.expected
        AND (judged.by_rule OR __reana.status_mode() = 'observe')
        AND judged.differs
    RETURNING
        workspace_retention_rule.id_,
        workspace_retention_rule.status
)

-- include: answer;
