-- name: wrong_runs
-- not null: workflow_ids, owner_ids, runs, drift
SELECT
    array_agg(wrong.workflow_id)::text AS workflow_ids,
    array_agg(DISTINCT wrong.owner_id)::text AS owner_ids,
    count(wrong.workflow_id) AS runs,
    LEAST(sum(wrong.drift), 9223372036854775807)::bigint AS drift
FROM (
    SELECT
        run_time.owner_id,
        run_time.workflow_id,
        abs(run_time.cpu_used - COALESCE(usage.quota_used, 0)) AS drift,
        (
            row_number() OVER (
                ORDER BY
                    run_time.owner_id,
                    run_time.workflow_id
            ) - 1
        ) / %(size)s AS batch
    FROM __reana.run_time
    LEFT JOIN __reana.workflow_resource AS usage
        ON
            run_time.workflow_id = usage.workflow_id
            AND usage.resource_id = (
                SELECT quota_resource.resource_id
                FROM __reana.quota_resource
                WHERE quota_resource.type_ = 'cpu'
            )
    WHERE
        run_time.run_ended_at IS NOT NULL
        AND (
            %(user_id)s::uuid IS NULL
            OR run_time.owner_id = %(user_id)s::uuid
        )
        AND usage.quota_used IS DISTINCT FROM run_time.cpu_used
) AS wrong
GROUP BY wrong.batch
ORDER BY wrong.batch;

-- name: correct
-- writes
-- not null: corrected
SELECT __reana.record_runs(%(workflow_ids)s::uuid[], %(owner_ids)s::uuid[]) AS corrected;
