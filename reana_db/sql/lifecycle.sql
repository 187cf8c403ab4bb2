-- part: new_run
-- The number is assigned by a trigger; of a restart the major one is given.
run AS (
    INSERT INTO __reana.workflow (
        created,
        updated,
        id_,
        name,
        status,
        owner_id,
        reana_specification,
        input_parameters,
        operational_options,
        complexity,
        type_,
        logs,
        job_progress,
        workspace_path,
        restart,
        git_ref,
        git_repo,
        launcher_url,
        run_number_major
    )
    SELECT
        moment.utc,
        moment.utc,
        %(workflow_id)s

-- part: created_run
-- The end of a creation and of a restart: the rules and the service of ``run``, and its row.
rules AS (
    INSERT INTO __reana.workspace_retention_rule (
        id_,
        workflow_id,
        workspace_files,
        retention_days,
        apply_on,
        status
    )
    SELECT
        given.id_,
        run.id_,
        given.workspace_files,
        given.retention_days,
        NULL,
        'created'
    FROM run
    CROSS JOIN
        unnest(
            %(rule_ids)s::uuid[],
            %(workspace_files)s::text[],
            %(retention_days)s::integer[]
        ) AS given (id_, workspace_files, retention_days)
),

service AS (
    INSERT INTO __reana.service (id_, name, uri, status, type_)
    SELECT
        %(service_id)s::uuid,
        %(service_name)s::text,
        %(service_uri)s::text,
        'created',
        %(service_type)s::public.servicetype
    FROM run
    WHERE %(service_id)s::uuid IS NOT NULL
    RETURNING service.id_
),

linked AS (
    INSERT INTO __reana.workflow_service (workflow_id, service_id)
    SELECT
        run.id_,
        service.id_
    FROM run
    CROSS JOIN service
)

SELECT
    -- include: workflows.columns
FROM run AS workflow

-- name: _create
WITH moment AS (
    SELECT clock_timestamp() AT TIME ZONE 'UTC' AS utc
),

-- include: new_run,
        %(name)s,
        'created',
        %(owner_id)s,
        %(specification)s::json,
        '{}',
        %(operational_options)s::json,
        '{}',
        %(type_)s,
        '',
        '{}',
        %(workspace_path)s,
        FALSE,
        %(git_ref)s,
        %(git_repo)s,
        %(launcher_url)s,
        NULL
    FROM moment
    WHERE
        EXISTS (
            SELECT 1
            FROM __reana.user_
            WHERE user_.id_ = %(owner_id)s
        )
    ON CONFLICT (id_) DO NOTHING
    RETURNING
        -- include: workflows.columns
),

-- include: created_run;

-- name: _clone_for_restart
-- The lock makes a deletion of the original wait, and this statement for a deletion.  The trigger
-- that assigns the number waits for other restarts and refuses the row while rules are pending.
WITH moment AS (
    SELECT clock_timestamp() AT TIME ZONE 'UTC' AS utc
),

original AS MATERIALIZED (
    SELECT
        workflow.name,
        workflow.status,
        workflow.owner_id,
        workflow.reana_specification,
        workflow.type_,
        workflow.workspace_path,
        workflow.run_number_major
    FROM __reana.workflow
    WHERE workflow.id_ = %(original_id)s
    FOR SHARE
),

-- include: new_run,
        original.name,
        'created',
        original.owner_id,
        COALESCE(%(specification)s::json, original.reana_specification),
        '{}',
        '{}',
        '{}',
        COALESCE(%(type_)s::text, original.type_),
        '',
        '{}',
        original.workspace_path,
        TRUE,
        '',
        NULL,
        NULL,
        original.run_number_major
    FROM original
    CROSS JOIN moment
    WHERE original.status IN ('finished', 'failed', 'stopped')
    ON CONFLICT (id_) DO NOTHING
    RETURNING
        -- include: workflows.columns
),

-- include: created_run;

-- name: _start
-- not null: changed, allowed
-- The join of the UPDATE is evaluated again on the newest version of the row: the locked one.
WITH locked AS MATERIALIZED (
    SELECT
        workflow.id_,
        workflow.status
    FROM __reana.workflow
    WHERE workflow.id_ = %(workflow_id)s
    FOR NO KEY UPDATE
),

started AS (
    UPDATE __reana.workflow
    SET
        status = 'pending',
        input_parameters = %(input_parameters)s::json,
        operational_options = %(operational_options)s::json
    FROM locked
    WHERE
        workflow.id_ = locked.id_
        AND locked.status = 'queued'
    RETURNING
        workflow.id_,
        workflow.status
)

SELECT
    locked.id_ AS entity_id,
    locked.status::text AS before,
    COALESCE(started.status, locked.status)::text AS after,
    started.id_ IS NOT NULL AS changed,
    started.id_ IS NOT NULL AS allowed
FROM locked
LEFT JOIN started ON locked.id_ = started.id_;

-- name: _apply_status_message
-- not null: outcome
WITH message AS NOT MATERIALIZED (
    SELECT
        %(status)s::public.runstatus AS status,
        %(logs)s::text AS logs,
        %(engine_logs)s::text AS engine_logs,
        %(progress)s::json AS progress,
        %(at)s::timestamptz AT TIME ZONE 'UTC' AS at
),

locked AS MATERIALIZED (
    SELECT
        workflow.id_,
        workflow.status
    FROM __reana.workflow
    WHERE workflow.id_ = %(workflow_id)s
    FOR NO KEY UPDATE
),

judged AS (
    SELECT
        locked.id_,
        locked.status AS before,
        COALESCE(message.status, locked.status) AS after,
        (message.status IS DISTINCT FROM locked.status) AS differs,
        CASE
            WHEN locked.status IN ('finished', 'failed', 'stopped', 'deleted') THEN 'run ended'
            WHEN message.status IS NULL OR message.status = locked.status THEN 'applied'
            WHEN
                __reana.is_transition('workflow', locked.status::text, message.status::text)
                OR __reana.status_mode() = 'observe'
                THEN 'applied'
            ELSE 'not allowed'
        END AS outcome
    FROM locked
    CROSS JOIN message
),

applied AS (
    UPDATE __reana.workflow
    SET
        status = judged.after,
        logs = concat(
            workflow.logs,
            message.logs || E'\n',
            CASE
                WHEN judged.after IN ('finished', 'failed', 'stopped')
                    THEN message.engine_logs || E'\n'
            END
        ),
        job_progress = CASE
            WHEN message.progress IS NULL THEN workflow.job_progress
            ELSE __reana.merge_job_progress(workflow.job_progress, message.progress)
        END,
        run_started_at = COALESCE(
            workflow.run_started_at,
            CASE WHEN judged.differs AND judged.after = 'running' THEN message.at END
        ),
        run_finished_at = COALESCE(
            workflow.run_finished_at,
            CASE WHEN judged.after IN ('finished', 'failed') THEN message.at END
        ),
        run_stopped_at = COALESCE(
            workflow.run_stopped_at,
            CASE WHEN judged.after = 'stopped' THEN message.at END
        )
    FROM judged
    CROSS JOIN message
    WHERE
        workflow.id_ = judged.id_
        AND judged.outcome = 'applied'
)

SELECT
    judged.outcome,
    judged.before,
    CASE judged.outcome WHEN 'applied' THEN judged.after ELSE judged.before END AS after
FROM judged;

-- name: _note_message
-- Of the same message twice at once, the second waits here until the first has committed.
INSERT INTO __reana.status_message (workflow_id, message_id)
SELECT
    workflow.id_,
    %(message_id)s
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s
FOR NO KEY UPDATE
ON CONFLICT (workflow_id, message_id) DO NOTHING;

-- name: _noted_message
SELECT
    'repeated' AS outcome,
    status_message.status_before AS before,
    status_message.status_after AS after
FROM __reana.status_message
WHERE
    status_message.workflow_id = %(workflow_id)s
    AND status_message.message_id = %(message_id)s;

-- name: _keep_message
UPDATE __reana.status_message
SET
    status_before = %(before)s,
    status_after = %(after)s
WHERE
    status_message.workflow_id = %(workflow_id)s
    AND status_message.message_id = %(message_id)s;

-- name: _forget_messages
DELETE FROM __reana.status_message
WHERE
    status_message.workflow_id = %(workflow_id)s
    AND (status_message.message_id = %(message_id)s) = %(this)s;

-- name: _append_engine_logs
UPDATE __reana.workflow
SET logs = concat(workflow.logs, %(text)s::text, E'\n')
WHERE
    workflow.id_ = %(workflow_id)s
    AND workflow.status IN ('finished', 'failed', 'stopped', 'deleted');

-- name: _append_logs
UPDATE __reana.workflow
SET logs = concat(workflow.logs, E'\n', %(text)s::text)
WHERE workflow.id_ = %(workflow_id)s;

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
