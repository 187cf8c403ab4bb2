-- name: workflow_counts
-- Read from the index on the status alone.
SELECT
    workflow.status,
    count(*) AS workflows
FROM __reana.workflow
GROUP BY workflow.status
ORDER BY workflow.status;

-- name: workflows
-- The time of the statement: one that is asked anew for each row would keep parallel workers away.
WITH now AS (
    SELECT pg_catalog.statement_timestamp() AT TIME ZONE 'UTC' AS utc
)

SELECT
    count(*) AS total,
    count(*) FILTER (WHERE workflow.status = 'created') AS created,
    count(*) FILTER (WHERE workflow.status = 'queued') AS queued,
    count(*) FILTER (WHERE workflow.status = 'pending') AS pending,
    count(*) FILTER (WHERE workflow.status = 'running') AS running,
    count(*) FILTER (WHERE workflow.status = 'finished') AS finished,
    count(*) FILTER (WHERE workflow.status = 'failed') AS failed,
    count(*) FILTER (WHERE workflow.status = 'stopped') AS stopped,
    count(*) FILTER (WHERE workflow.status = 'deleted') AS deleted,
    count(*) FILTER (WHERE workflow.restart) AS restarted,
    count(*) FILTER (
        WHERE
        workflow.status = 'running'
        AND workflow.run_started_at <= now.utc - make_interval(hours => %(hours)s::integer)
        AND workflow.updated <= now.utc - make_interval(hours => %(hours)s::integer)
    ) AS stuck_running,
    count(*) FILTER (
        WHERE
        workflow.status = 'pending'
        AND workflow.updated <= now.utc - make_interval(mins => %(minutes)s::integer)
    ) AS stuck_pending,
    count(*) FILTER (WHERE workflow.git_repo <> '') AS from_git
FROM __reana.workflow
CROSS JOIN now;

-- name: top_users
-- not null: type_, unit, email, position_by_usage
WITH ranked AS (
    SELECT
        resource.type_,
        resource.unit,
        owner.email,
        counter.quota_used,
        counter.quota_limit,
        row_number() OVER (
            PARTITION BY resource.type_
            ORDER BY
                counter.quota_used DESC NULLS LAST,
                owner.email
        ) AS position_by_usage,
        CASE
            WHEN counter.quota_limit <> 0
                THEN
                    row_number() OVER (
                        PARTITION BY
                            resource.type_,
                            COALESCE(counter.quota_limit, 0) = 0
                        ORDER BY
                            counter.quota_used::numeric
                            / NULLIF(counter.quota_limit, 0) DESC NULLS LAST,
                            owner.email
                    )
        END AS position_by_percentage
    FROM __reana.current_quota AS counter
    JOIN __reana.resource
        ON counter.resource_id = resource.id_
    JOIN __reana.user_ AS owner
        ON counter.user_id = owner.id_
)

SELECT
    ranked.type_,
    ranked.unit,
    ranked.email,
    ranked.quota_used,
    ranked.quota_limit,
    ranked.position_by_usage,
    ranked.position_by_percentage
FROM ranked
WHERE
    ranked.position_by_usage <= %(size)s
    OR ranked.position_by_percentage <= %(size)s
ORDER BY
    ranked.type_,
    ranked.position_by_usage;

-- name: web_sessions
SELECT COALESCE(__reana.count_web_sessions(), 0) AS web_sessions;
