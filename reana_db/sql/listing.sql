-- part: filters
-- The same for each statement of a page and for its count.
AND (
    %(statuses)s::public.runstatus[] IS NULL
    OR workflow.status = any(%(statuses)s::public.runstatus[])
)
AND (
    %(pattern)s::text IS NULL
    OR workflow.name ILIKE %(pattern)s::text
)
AND (
    %(workflow_id)s::uuid IS NULL
    OR workflow.id_ = %(workflow_id)s::uuid
)
AND (
    %(name)s::text IS NULL
    OR workflow.name = %(name)s::text
)
AND (
    NOT %(interactive)s::boolean
    OR EXISTS (
        SELECT 1
        FROM __reana.workflow_session AS link
        WHERE link.workflow_id = workflow.id_
    )
)

-- part: sharing
-- The filter of own runs by whom they are shared with.
AND (
    %(shared_with)s::text IS NULL
    OR %(shared_with)s::text = 'nobody'
    OR EXISTS (
        SELECT 1
        FROM __reana.user_workflow AS share
        WHERE
            share.workflow_id = workflow.id_
            -- include: sharing.valid
            AND (
                %(shared_with)s::text = 'anybody'
                OR share.user_id = (
                    SELECT receiver.id_
                    FROM __reana.user_ AS receiver
                    WHERE receiver.email = %(shared_with)s::text
                )
            )
    )
)
AND (
    %(shared_with)s::text IS DISTINCT FROM 'nobody'
    OR NOT EXISTS (
        SELECT 1
        FROM __reana.user_workflow AS share
        WHERE
            share.workflow_id = workflow.id_
            -- include: sharing.valid
    )
)

-- part: scope
WITH scope AS (
    SELECT
        workflow.id_,
        workflow.name,
        workflow.status,
        workflow.created
    FROM __reana.workflow
    WHERE
        %(own_runs)s::boolean
        AND workflow.owner_id = %(user_id)s
    UNION ALL
    SELECT
        workflow.id_,
        workflow.name,
        workflow.status,
        workflow.created
    FROM __reana.user_workflow AS share
    JOIN __reana.workflow
        ON share.workflow_id = workflow.id_
    WHERE
        %(foreign_runs)s::boolean
        AND share.user_id = %(user_id)s
        AND workflow.owner_id IS DISTINCT FROM %(user_id)s
        -- include: sharing.valid
        AND (
            %(shared_by)s::text IS NULL
            OR workflow.owner_id = (
                SELECT sharer.id_
                FROM __reana.user_ AS sharer
                WHERE sharer.email = %(shared_by)s::text
            )
        )
)

-- part: counted
-- not null: user_has_workflows
SELECT
    count(*) AS total,
    exists(
        SELECT 1
        FROM __reana.workflow AS run
        WHERE run.owner_id = %(user_id)s
    ) AS user_has_workflows

-- name: _own_newest_first
-- Walks the index on (owner_id, created DESC, id_): a page costs what it holds.
SELECT
    workflow.id_,
    workflow.created,
    0::bigint AS rank
FROM __reana.workflow
WHERE
    workflow.owner_id = %(user_id)s
    AND workflow.created <= COALESCE(
        %(after_created)s::timestamptz AT TIME ZONE 'UTC', 'infinity'::timestamp
    )
    AND (
        %(after_id)s::uuid IS NULL
        OR workflow.created < %(after_created)s::timestamptz AT TIME ZONE 'UTC'
        OR workflow.id_ > %(after_id)s::uuid
    )
    -- include: filters
ORDER BY
    workflow.created DESC,
    workflow.id_
LIMIT %(size)s::bigint OFFSET %(skipped)s::bigint;

-- name: _own_oldest_first
-- The same index, walked backwards; hence ties in the reverse order.
SELECT
    workflow.id_,
    workflow.created,
    0::bigint AS rank
FROM __reana.workflow
WHERE
    workflow.owner_id = %(user_id)s
    AND workflow.created >= COALESCE(
        %(after_created)s::timestamptz AT TIME ZONE 'UTC', '-infinity'::timestamp
    )
    AND (
        %(after_id)s::uuid IS NULL
        OR workflow.created > %(after_created)s::timestamptz AT TIME ZONE 'UTC'
        OR workflow.id_ < %(after_id)s::uuid
    )
    -- include: filters
ORDER BY
    workflow.created,
    workflow.id_ DESC
LIMIT %(size)s::bigint OFFSET %(skipped)s::bigint;

-- name: _own_total
-- include: counted
FROM (
    SELECT 1
    FROM __reana.workflow
    WHERE
        workflow.owner_id = %(user_id)s
        -- include: filters
    LIMIT %(most)s::bigint
) AS found;

-- name: _own_most_used_first
-- Walks the ledger of the owner by usage, as far as the page goes; then come the runs that use
-- nothing, newest first.  Each walk has an index of its own, and only one of the first two is made.
-- not null: id_, rank, created
WITH most_disk AS (
    SELECT
        workflow.id_,
        workflow.created,
        ledger.disk_used AS rank
    FROM __reana.quota_ledger AS ledger
    JOIN __reana.workflow
        ON ledger.workflow_id = workflow.id_
    WHERE
        %(by_disk)s::boolean
        AND ledger.owner_id = %(user_id)s
        AND ledger.disk_used > 0
        AND ledger.disk_used <= COALESCE(%(after_rank)s::bigint, 9223372036854775807)
        AND (
            %(after_id)s::uuid IS NULL
            OR ledger.disk_used < %(after_rank)s::bigint
            OR ledger.workflow_id > %(after_id)s::uuid
        )
        -- include: filters
    ORDER BY
        ledger.disk_used DESC,
        ledger.workflow_id
    LIMIT %(size)s::bigint + %(skipped)s::bigint
),

most_cpu AS (
    SELECT
        workflow.id_,
        workflow.created,
        ledger.cpu_used AS rank
    FROM __reana.quota_ledger AS ledger
    JOIN __reana.workflow
        ON ledger.workflow_id = workflow.id_
    WHERE
        NOT %(by_disk)s::boolean
        AND ledger.owner_id = %(user_id)s
        AND ledger.cpu_used > 0
        AND ledger.cpu_used <= COALESCE(%(after_rank)s::bigint, 9223372036854775807)
        AND (
            %(after_id)s::uuid IS NULL
            OR ledger.cpu_used < %(after_rank)s::bigint
            OR ledger.workflow_id > %(after_id)s::uuid
        )
        -- include: filters
    ORDER BY
        ledger.cpu_used DESC,
        ledger.workflow_id
    LIMIT %(size)s::bigint + %(skipped)s::bigint
),

used AS (
    SELECT
        most_disk.id_,
        most_disk.created,
        most_disk.rank
    FROM most_disk
    UNION ALL
    SELECT
        most_cpu.id_,
        most_cpu.created,
        most_cpu.rank
    FROM most_cpu
),

unused AS (
    SELECT
        workflow.id_,
        workflow.created,
        0::bigint AS rank
    FROM __reana.workflow
    WHERE
        workflow.owner_id = %(user_id)s
        AND workflow.created <= COALESCE(
            CASE WHEN %(after_rank)s::bigint = 0 THEN %(after_created)s::timestamptz END
            AT TIME ZONE 'UTC',
            'infinity'::timestamp
        )
        AND (
            %(after_id)s::uuid IS NULL
            OR %(after_rank)s::bigint > 0
            OR workflow.created < %(after_created)s::timestamptz AT TIME ZONE 'UTC'
            OR workflow.id_ > %(after_id)s::uuid
        )
        AND NOT EXISTS (
            SELECT 1
            FROM __reana.quota_ledger AS ledger
            WHERE
                ledger.workflow_id = workflow.id_
                AND ledger.owner_id = %(user_id)s
                AND CASE
                    WHEN %(by_disk)s::boolean THEN ledger.disk_used
                    ELSE ledger.cpu_used
                END > 0
        )
        -- include: filters
    ORDER BY
        workflow.created DESC,
        workflow.id_
    -- None where the page is full without them.
    LIMIT
        CASE
            WHEN %(size)s::bigint IS NOT NULL
                THEN
                    GREATEST(
                        %(size)s::bigint + %(skipped)s::bigint - (SELECT count(*) FROM used), 0
                    )
        END
)

SELECT
    listed.id_,
    listed.created,
    listed.rank
FROM (
    SELECT
        used.id_,
        used.created,
        used.rank
    FROM used
    UNION ALL
    SELECT
        unused.id_,
        unused.created,
        unused.rank
    FROM unused
) AS listed
ORDER BY
    listed.rank DESC,
    CASE WHEN listed.rank = 0 THEN listed.created END DESC,
    listed.id_
LIMIT %(size)s::bigint OFFSET %(skipped)s::bigint;

-- name: _highest_rank_first
-- Every other scope and order: ranks all candidates, then cuts.  Without a resource all ranks are
-- 0, which leaves the order by time.
-- not null: id_, rank, created
-- include: scope,

candidate AS (
    SELECT
        workflow.id_,
        workflow.created,
        GREATEST(usage.quota_used, 0) AS rank
    FROM scope AS workflow
    LEFT JOIN __reana.workflow_resource AS usage
        ON
            %(resource)s::text IS NOT NULL
            AND workflow.id_ = usage.workflow_id
            AND usage.resource_id = (
                SELECT resource.id_
                FROM __reana.resource
                WHERE resource.name = %(resource)s::text
            )
    WHERE
        TRUE
        -- include: filters
        -- include: sharing
)

SELECT
    candidate.id_,
    candidate.created,
    candidate.rank
FROM candidate
WHERE
    %(after_id)s::uuid IS NULL
    OR CASE
        WHEN %(oldest_first)s::boolean
            THEN
                candidate.created > %(after_created)s::timestamptz AT TIME ZONE 'UTC'
                OR (
                    candidate.created = %(after_created)s::timestamptz AT TIME ZONE 'UTC'
                    AND candidate.id_ < %(after_id)s::uuid
                )
        ELSE
            candidate.rank < %(after_rank)s::bigint
            OR (
                candidate.rank = %(after_rank)s::bigint
                AND candidate.rank = 0
                AND candidate.created < %(after_created)s::timestamptz AT TIME ZONE 'UTC'
            )
            OR (
                candidate.rank = %(after_rank)s::bigint
                AND (
                    candidate.rank > 0
                    OR candidate.created = %(after_created)s::timestamptz AT TIME ZONE 'UTC'
                )
                AND candidate.id_ > %(after_id)s::uuid
            )
    END
ORDER BY
    CASE WHEN %(oldest_first)s::boolean THEN candidate.created END,
    CASE WHEN %(oldest_first)s::boolean THEN candidate.id_ END DESC,
    candidate.rank DESC,
    CASE WHEN candidate.rank = 0 THEN candidate.created END DESC,
    candidate.id_
LIMIT %(size)s::bigint OFFSET %(skipped)s::bigint;

-- name: _total
-- include: scope

-- include: counted
FROM (
    SELECT 1
    FROM scope AS workflow
    WHERE
        TRUE
        -- include: filters
        -- include: sharing
    LIMIT %(most)s::bigint
) AS found;

-- name: _items
-- Each lateral branch reads one index range per run of the page, and no logs.
-- not null: id_, created, jobs_total, jobs_running, jobs_finished, jobs_failed
-- not null: shared_with, services
SELECT
    workflow.id_,
    workflow.name,
    workflow.run_number_major,
    workflow.run_number_minor,
    workflow.status,
    workflow.owner_id,
    owner.email AS owner_email,
    workflow.launcher_url,
    workflow.created,
    workflow.run_started_at,
    workflow.run_finished_at,
    workflow.run_stopped_at,
    newest_job.prettified_cmd AS current_command,
    newest_job.job_name AS current_step_name,
    session.id_ AS session_id,
    session.type_ AS session_type,
    session.path AS session_path,
    session.status AS session_status,
    COALESCE(
        substring(progress.jobs #>> '{total,total}' FROM '^[0-9]{1,18}$')::bigint, 0
    ) AS jobs_total,
    COALESCE(
        substring(progress.jobs #>> '{running,total}' FROM '^[0-9]{1,18}$')::bigint, 0
    ) AS jobs_running,
    COALESCE(
        substring(progress.jobs #>> '{finished,total}' FROM '^[0-9]{1,18}$')::bigint, 0
    ) AS jobs_finished,
    COALESCE(
        substring(progress.jobs #>> '{failed,total}' FROM '^[0-9]{1,18}$')::bigint, 0
    ) AS jobs_failed,
    CASE WHEN %(with_job_ids)s::boolean THEN workflow.job_progress END AS job_progress,
    array(
        SELECT receiver.email
        FROM __reana.user_workflow AS share
        JOIN __reana.user_ AS receiver
            ON share.user_id = receiver.id_
        WHERE
            share.workflow_id = workflow.id_
            AND workflow.owner_id = %(user_id)s
            -- include: sharing.valid
        ORDER BY receiver.email
    ) AS shared_with,
    (
        SELECT
            COALESCE(
                json_agg(
                    json_build_object(
                        'id_', service.id_,
                        'name', service.name,
                        'type_', service.type_,
                        'status', service.status
                    )
                    ORDER BY service.name, service.id_
                ),
                '[]'::json
            )
        FROM __reana.workflow_service AS link
        JOIN __reana.service
            ON link.service_id = service.id_
        WHERE link.workflow_id = workflow.id_
    ) AS services,
    (
        SELECT sum(usage.quota_used)::bigint
        FROM __reana.workflow_resource AS usage
        JOIN __reana.resource
            ON usage.resource_id = resource.id_
        WHERE
            usage.workflow_id = workflow.id_
            AND resource.type_ = 'disk'
    ) AS disk_usage
FROM __reana.workflow
CROSS JOIN
    LATERAL (
        SELECT
            CASE
                -- JSON may hold this character, and PostgreSQL reads no member of what does.
                WHEN position('\u0000' IN workflow.job_progress::text) = 0
                    THEN workflow.job_progress
            END AS jobs
    ) AS progress
LEFT JOIN __reana.user_ AS owner
    ON workflow.owner_id = owner.id_
-- include: jobs.newest
LEFT JOIN
    LATERAL (
        SELECT
            interactive_session.id_,
            interactive_session.type_,
            interactive_session.path,
            interactive_session.status
        FROM __reana.workflow_session AS link
        JOIN __reana.interactive_session
            ON link.session_id = interactive_session.id_
        WHERE link.workflow_id = workflow.id_
        ORDER BY
            interactive_session.created DESC,
            interactive_session.id_
        LIMIT 1
    ) AS session
    ON TRUE
WHERE workflow.id_ = any(%(workflow_ids)s);
