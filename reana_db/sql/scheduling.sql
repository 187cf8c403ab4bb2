-- name: count_active_runs
SELECT count(*) AS runs
FROM __reana.workflow
WHERE workflow.status IN ('pending', 'running');

-- name: count_active_runs_of
SELECT count(*) AS runs
FROM __reana.workflow
WHERE
    workflow.owner_id = %(owner_id)s
    AND workflow.status IN ('pending', 'running');

-- name: _load
SELECT
    CASE
        WHEN
            array_ndims(workflow.complexity) = 2
            AND array_length(workflow.complexity, 2) = 2
            AND 0 <= ALL(workflow.complexity) -- noqa: CP03
            THEN workflow.complexity
    END AS complexity,
    (
        SELECT count(*)
        FROM __reana.workflow AS run
        WHERE
            run.owner_id = workflow.owner_id
            AND run.status IN ('pending', 'running')
    ) AS active_runs
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;
