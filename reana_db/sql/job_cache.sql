-- part: entries
SELECT
    job_cache.id_,
    job_cache.job_id,
    job_cache.parameters,
    job_cache.workspace_hash,
    job_cache.result_path,
    job_cache.access_times
FROM __reana.job_cache

-- name: _create
INSERT INTO __reana.job_cache (
    id_,
    job_id,
    access_times
)
SELECT
    %(entry_id)s,
    job.id_,
    %(access_times)s::json
FROM __reana.job
WHERE job.id_ = %(job_id)s;

-- name: find_by_job
-- include: entries
WHERE job_cache.job_id = %(job_id)s
ORDER BY
    job_cache.created,
    job_cache.id_
LIMIT 1;

-- name: complete
UPDATE __reana.job_cache
SET
    parameters = %(parameters)s,
    workspace_hash = %(workspace_hash)s,
    result_path = %(result_path)s,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE
    job_cache.job_id = %(job_id)s
    AND %(workspace_hash)s::text <> '-1'
    AND job_cache.id_ = (
        SELECT entry.id_
        FROM __reana.job_cache AS entry
        WHERE entry.job_id = %(job_id)s
        ORDER BY
            entry.created,
            entry.id_
        LIMIT 1
    );

-- name: find
-- The newest of several equal results: the one whose files are most likely still there.
-- include: entries
WHERE
    job_cache.parameters = %(parameters)s
    AND job_cache.workspace_hash = %(workspace_hash)s
    AND %(workspace_hash)s::text <> '-1'
ORDER BY
    job_cache.created DESC,
    job_cache.id_
LIMIT 1;

-- name: delete_of_workflows
-- By an array, and so by the index, however many jobs the planner expects.
DELETE FROM __reana.job_cache
WHERE
    job_cache.job_id = any(
        array(
            SELECT job.id_
            FROM __reana.job
            WHERE job.workflow_uuid = any(%(workflow_ids)s)
        )
    );
