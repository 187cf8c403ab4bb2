-- part: found
found AS (
    SELECT own.id_
    FROM own
    UNION ALL
    SELECT shared.id_
    FROM shared
)

SELECT
    -- include: columns
FROM found
JOIN __reana.workflow
    ON found.id_ = workflow.id_
ORDER BY workflow.id_

-- part: columns
-- What a run is, but for its big columns.
workflow.id_,
workflow.name,
workflow.run_number_major,
workflow.run_number_minor,
workflow.status,
workflow.owner_id,
workflow.type_,
workflow.created,
workflow.updated,
workflow.run_started_at,
workflow.run_finished_at,
workflow.run_stopped_at,
workflow.workspace_path,
workflow.restart,
workflow.git_ref,
workflow.git_repo,
workflow.launcher_url

-- name: get, find_by_id
SELECT
    -- include: columns
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;

-- name: logs
SELECT COALESCE(workflow.logs, '') AS logs
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;

-- name: specification
SELECT
    workflow.reana_specification,
    workflow.input_parameters
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;

-- name: specification_parameters
SELECT
    CASE
        -- JSON may hold this character, and PostgreSQL reads no member of what does.
        WHEN position('\u0000' IN workflow.reana_specification::text) = 0
            THEN workflow.reana_specification #> '{inputs,parameters}'
    END AS parameters
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;

-- name: operational_options
SELECT workflow.operational_options
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;

-- name: job_progress
SELECT workflow.job_progress
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;

-- name: workspace_location
SELECT
    workflow.id_,
    workflow.name,
    workflow.run_number_major,
    workflow.run_number_minor,
    workflow.workspace_path
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;

-- name: restarts
SELECT
    -- include: columns
FROM __reana.workflow AS asked
JOIN __reana.workflow
    ON
        workflow.owner_id = asked.owner_id
        AND workflow.name = asked.name
        AND workflow.run_number_major = asked.run_number_major
WHERE asked.id_ = %(workflow_id)s
ORDER BY workflow.run_number_minor;

-- name: many
SELECT
    -- include: columns
FROM __reana.workflow
WHERE workflow.id_ = any(%(workflow_ids)s)
ORDER BY
    workflow.created,
    workflow.id_;

-- name: replace_specification
UPDATE __reana.workflow
SET
    reana_specification = %(reana_specification)s::json,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE workflow.id_ = %(workflow_id)s
RETURNING workflow.id_;

-- name: _set_complexity
UPDATE __reana.workflow
SET
    complexity = COALESCE(
        (
            SELECT array_agg(ARRAY[pair.jobs, pair.size])
            FROM unnest(%(jobs)s::bigint[], %(sizes)s::bigint[]) AS pair (jobs, size)
        ),
        '{}'
    ),
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE workflow.id_ = %(workflow_id)s
RETURNING workflow.id_;

-- name: _own_by_id
SELECT
    -- include: columns
FROM __reana.workflow
WHERE
    workflow.id_ = %(workflow_id)s
    AND workflow.owner_id = %(user_id)s;

-- name: _own_newest
SELECT
    -- include: columns
FROM __reana.workflow
WHERE
    workflow.owner_id = %(user_id)s
    AND workflow.name = %(name)s
ORDER BY
    workflow.run_number_major DESC,
    workflow.run_number_minor DESC
LIMIT 1;

-- name: _own_by_run
SELECT
    -- include: columns
FROM __reana.workflow
WHERE
    workflow.owner_id = %(user_id)s
    AND workflow.name = %(name)s
    AND workflow.run_number_major = %(major)s
    AND workflow.run_number_minor = %(minor)s;

-- name: _visible_by_id
SELECT
    -- include: columns
FROM __reana.workflow
WHERE
    workflow.id_ = %(workflow_id)s
    AND (
        workflow.owner_id = %(user_id)s
        OR EXISTS (
            SELECT 1
            FROM __reana.user_workflow AS share
            WHERE
                share.workflow_id = workflow.id_
                AND share.user_id = %(user_id)s
                -- include: sharing.valid
        )
    );

-- name: _visible_newest
-- The shared branch is read only when the user owns no such run.
WITH own AS MATERIALIZED (
    SELECT workflow.id_
    FROM __reana.workflow
    WHERE
        workflow.owner_id = %(user_id)s
        AND workflow.name = %(name)s
    ORDER BY
        workflow.run_number_major DESC,
        workflow.run_number_minor DESC
    LIMIT 1
),

shared AS (
    SELECT DISTINCT ON (workflow.owner_id) workflow.id_
    FROM __reana.user_workflow AS share
    JOIN __reana.workflow
        ON share.workflow_id = workflow.id_
    WHERE
        share.user_id = %(user_id)s
        -- include: sharing.valid
        AND workflow.name = %(name)s
        AND NOT EXISTS (SELECT 1 FROM own)
    ORDER BY
        workflow.owner_id,
        workflow.run_number_major DESC,
        workflow.run_number_minor DESC
),

-- include: found;

-- name: _visible_by_run
-- The shared branch is read only when the user owns no such run.
WITH own AS MATERIALIZED (
    SELECT workflow.id_
    FROM __reana.workflow
    WHERE
        workflow.owner_id = %(user_id)s
        AND workflow.name = %(name)s
        AND workflow.run_number_major = %(major)s
        AND workflow.run_number_minor = %(minor)s
    ORDER BY
        workflow.run_number_major DESC,
        workflow.run_number_minor DESC
    LIMIT 1
),

shared AS (
    SELECT DISTINCT ON (workflow.owner_id) workflow.id_
    FROM __reana.user_workflow AS share
    JOIN __reana.workflow
        ON share.workflow_id = workflow.id_
    WHERE
        share.user_id = %(user_id)s
        -- include: sharing.valid
        AND workflow.name = %(name)s
        AND workflow.run_number_major = %(major)s
        AND workflow.run_number_minor = %(minor)s
        AND NOT EXISTS (SELECT 1 FROM own)
    ORDER BY
        workflow.owner_id,
        workflow.run_number_major DESC,
        workflow.run_number_minor DESC
),

-- include: found;
