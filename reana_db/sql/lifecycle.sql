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
        -- A trigger would do it, for a call more.
        updated = clock_timestamp() AT TIME ZONE 'UTC',
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
