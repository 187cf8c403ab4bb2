-- name: workflow_counts
-- Read from the index on the status alone.
SELECT
    workflow.status,
    count(*) AS workflows
FROM __reana.workflow
GROUP BY workflow.status
ORDER BY workflow.status;

-- part: sample
-- Percent of the table; all of it without a number of pages.
LEAST(
    100,
    100.0 * %(sampled_pages)s::bigint * current_setting('block_size')::bigint
    / GREATEST(1, pg_relation_size('__reana.workflow'))
)

-- name: workflows
-- Active runs are found by their status; of what has ended, a sample may be enough.
-- not null: total, created, queued, pending, running, finished, failed, stopped, deleted, restarted
-- not null: stuck_running, stuck_pending, from_git, is_exact
WITH now AS (
    SELECT pg_catalog.statement_timestamp() AT TIME ZONE 'UTC' AS utc
),

sampled AS (
    SELECT
        workflow.status,
        workflow.restart,
        workflow.git_repo <> '' AS is_from_git,
        count(*) AS runs
    FROM __reana.workflow TABLESAMPLE SYSTEM ( -- noqa: PRS
        -- include: sample
    ) REPEATABLE (0)
    WHERE
        workflow.status IS NULL
        OR workflow.status NOT IN ('created', 'queued', 'pending', 'running')
    GROUP BY
        workflow.status,
        workflow.restart,
        is_from_git
),

active AS (
    SELECT
        workflow.status,
        workflow.restart,
        workflow.git_repo <> '' AS is_from_git,
        workflow.status = 'running'
        AND workflow.run_started_at <= now.utc - make_interval(hours => %(hours)s::integer)
        AND workflow.updated <= now.utc - make_interval(hours => %(hours)s::integer)
        OR workflow.status = 'pending'
        AND workflow.updated <= now.utc - make_interval(mins => %(minutes)s::integer) AS is_stuck
    FROM __reana.workflow
    CROSS JOIN now
    WHERE workflow.status IN ('created', 'queued', 'pending', 'running')
),

counted AS (
    SELECT
        sampled.status,
        sampled.restart,
        sampled.is_from_git,
        FALSE AS is_stuck,
        sampled.runs * 100
        / (
            -- include: sample
        ) AS runs
    FROM sampled
    UNION ALL
    SELECT
        active.status,
        active.restart,
        active.is_from_git,
        active.is_stuck,
        1 AS runs
    FROM active
)

SELECT
    COALESCE(round(sum(counted.runs)), 0)::bigint AS total,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.status = 'created'), 0)::bigint AS created,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.status = 'queued'), 0)::bigint AS queued,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.status = 'pending'), 0)::bigint AS pending,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.status = 'running'), 0)::bigint AS running,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.status = 'finished'), 0)::bigint AS finished,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.status = 'failed'), 0)::bigint AS failed,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.status = 'stopped'), 0)::bigint AS stopped,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.status = 'deleted'), 0)::bigint AS deleted,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.restart), 0)::bigint AS restarted,
    count(*) FILTER (WHERE counted.is_stuck AND counted.status = 'running') AS stuck_running,
    count(*) FILTER (WHERE counted.is_stuck AND counted.status = 'pending') AS stuck_pending,
    COALESCE(sum(counted.runs) FILTER (WHERE counted.is_from_git), 0)::bigint AS from_git,
    (
        -- include: sample
    ) = 100 AS is_exact
FROM counted;

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
