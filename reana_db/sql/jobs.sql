-- part: newest
-- With the newest job of ``workflow``.
LEFT JOIN
    LATERAL (
        SELECT
            job.prettified_cmd,
            job.job_name
        FROM __reana.job
        WHERE job.workflow_uuid = workflow.id_
        ORDER BY
            job.created DESC,
            job.id_
        LIMIT 1
    ) AS newest_job
    ON TRUE

-- part: columns
job.id_,
job.workflow_uuid AS workflow_id,
job.backend_job_id,
job.status,
job.compute_backend,
job.docker_img,
job.job_name,
job.prettified_cmd,
job.cvmfs_mounts,
job.shared_file_system,
job.created,
job.started_at,
job.finished_at

-- name: _create
INSERT INTO __reana.job (
    id_,
    workflow_uuid,
    backend_job_id,
    status,
    compute_backend,
    cvmfs_mounts,
    shared_file_system,
    docker_img,
    cmd,
    env_vars,
    deleted,
    prettified_cmd,
    job_name
)
SELECT
    new.id_,
    %(workflow_id)s,
    new.backend_job_id,
    'created',
    new.compute_backend,
    new.cvmfs_mounts,
    new.shared_file_system,
    new.docker_img,
    new.cmd,
    new.env_vars,
    FALSE,
    new.prettified_cmd,
    new.job_name
FROM
    json_to_recordset(%(jobs)s::json)
        AS new (
            id_ uuid,
            backend_job_id text,
            compute_backend text,
            cvmfs_mounts text,
            shared_file_system boolean,
            docker_img text,
            cmd json,
            env_vars json,
            prettified_cmd json,
            job_name text
        )
WHERE
    EXISTS (
        SELECT 1
        FROM __reana.workflow
        WHERE workflow.id_ = %(workflow_id)s
    )
ON CONFLICT (id_) DO NOTHING
RETURNING job.id_;

-- name: set_backend_job_id
-- not null: backend_job_id
UPDATE __reana.job
SET
    backend_job_id = %(backend_job_id)s,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE job.id_ = %(job_id)s
RETURNING job.backend_job_id;

-- name: get
SELECT
    -- include: columns
FROM __reana.job
WHERE job.id_ = %(job_id)s;

-- name: command
SELECT
    job.cmd,
    job.env_vars
FROM __reana.job
WHERE job.id_ = %(job_id)s;

-- name: logs
SELECT COALESCE(job.logs, '') AS logs
FROM __reana.job
WHERE job.id_ = %(job_id)s;

-- name: many
SELECT
    -- include: columns
FROM __reana.job
WHERE job.id_ = any(%(job_ids)s)
ORDER BY
    job.created,
    job.id_;

-- name: of_workflow
SELECT
    -- include: columns
FROM __reana.job
WHERE job.workflow_uuid = %(workflow_id)s
ORDER BY
    job.created,
    job.id_;

-- name: newest
SELECT
    -- include: columns
FROM __reana.job
WHERE job.workflow_uuid = %(workflow_id)s
ORDER BY
    job.created DESC,
    job.id_
LIMIT 1;

-- name: replace_logs
UPDATE __reana.job
SET
    logs = %(logs)s,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE job.id_ = %(job_id)s
RETURNING job.id_;

-- name: append_logs
UPDATE __reana.job
SET
    logs = COALESCE(job.logs, '') || %(logs)s,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE job.id_ = %(job_id)s
RETURNING job.id_;

-- name: _report
-- The jobs are locked in the order of their ids, so that two reports never wait for each other in a
-- circle, and judged by the status that they have then.  The planner does not see how long the
-- arrays are: so the server keeps one plan instead of planning each time.
-- not null: changed
WITH request AS (
    SELECT
        report.job_id,
        report.status::public.jobstatus AS status,
        report.logs
    FROM unnest(
        (SELECT %(job_ids)s::uuid[]),
        (SELECT %(statuses)s::public.jobstatus[]),
        (SELECT %(logs)s::text[])
    ) AS report (job_id, status, logs)
),

locked AS (
    SELECT
        job.id_,
        job.status
    FROM __reana.job
    WHERE job.id_ = any((SELECT %(job_ids)s::uuid[])::uuid[])
    ORDER BY job.id_
    FOR NO KEY UPDATE
),

judged AS (
    SELECT
        locked.id_,
        locked.status,
        request.logs,
        COALESCE(request.status, locked.status) AS wanted,
        (request.status IS DISTINCT FROM locked.status AND request.status IS NOT NULL) AS differs,
        request.status IS NULL
        OR __reana.is_transition('job', locked.status::text, request.status::text) AS by_rule
    FROM locked
    JOIN request
        ON locked.id_ = request.job_id
),

written AS (
    UPDATE __reana.job
    SET
        status = judged.wanted,
        logs = COALESCE(judged.logs, job.logs),
        updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
    FROM judged
    WHERE
        job.id_ = judged.id_
        AND (judged.by_rule OR __reana.status_mode() = 'observe')
        AND (judged.differs OR judged.logs IS NOT NULL)
    RETURNING
        job.id_,
        job.status
)

SELECT
    judged.id_ AS entity_id,
    judged.status::text AS before,
    COALESCE(written.status, judged.status)::text AS after,
    judged.differs AND written.id_ IS NOT NULL AS changed,
    COALESCE(judged.by_rule, FALSE) AS allowed
FROM judged
LEFT JOIN written
    ON judged.id_ = written.id_
ORDER BY judged.id_;

-- name: _with_logs
SELECT
    job.id_,
    job.workflow_uuid AS workflow_id,
    job.backend_job_id,
    job.status,
    job.compute_backend,
    job.docker_img,
    job.job_name,
    job.prettified_cmd,
    job.created,
    job.started_at,
    job.finished_at,
    CASE WHEN %(texts)s::boolean THEN job.logs END AS logs
FROM __reana.job
WHERE
    job.workflow_uuid = %(workflow_id)s
    AND (
        %(job_names)s::text[] IS NULL
        OR job.job_name = any(%(job_names)s::text[])
    )
ORDER BY
    job.created,
    job.id_
LIMIT %(size)s::bigint OFFSET %(skipped)s::bigint;

-- name: count_of_workflow
SELECT count(*) AS jobs
FROM __reana.job
WHERE
    job.workflow_uuid = %(workflow_id)s
    AND (
        %(job_names)s::text[] IS NULL
        OR job.job_name = any(%(job_names)s::text[])
    );

-- part: sample
-- Percent of the table; all of it without a number of pages.
LEAST(
    100,
    100.0 * %(sampled_pages)s::bigint * current_setting('block_size')::bigint
    / GREATEST(1, pg_relation_size('__reana.job'))
)

-- name: counts
-- Active jobs are counted in an index; of what has ended, a sample may be enough.
-- not null: jobs, is_exact
SELECT
    job.status,
    job.compute_backend,
    (
        count(*) * 100
        / (
            -- include: sample
        )
    )::bigint AS jobs,
    (
        -- include: sample
    ) = 100 AS is_exact
FROM __reana.job TABLESAMPLE SYSTEM ( -- noqa: PRS
    -- include: sample
) REPEATABLE (0)
WHERE
    job.status IS NULL
    OR job.status NOT IN ('created', 'queued', 'running')
GROUP BY
    job.status,
    job.compute_backend
UNION ALL
SELECT
    job.status,
    job.compute_backend,
    count(*) AS jobs,
    TRUE AS is_exact
FROM __reana.job
WHERE job.status IN ('created', 'queued', 'running')
GROUP BY
    job.status,
    job.compute_backend
ORDER BY
    status,
    compute_backend;
