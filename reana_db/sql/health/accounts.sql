-- name: accounts
-- not null: uncounted_runs, vanished_runs, wrong_totals, lost_runs, lost_others
-- One statement, so one snapshot: what is compared holds at every commit.
WITH lost AS (
    SELECT recorded.entity
    FROM (
        SELECT
            status_history.entity,
            status_history.entity_id AS id_
        FROM __reana.status_history
        WHERE status_history.entity IN ('workflow', 'job', 'interactive_session', 'service')
        GROUP BY
            status_history.entity,
            status_history.entity_id
        HAVING bool_and(status_history.to_status IS NOT NULL)
    ) AS recorded
    LEFT JOIN __reana.workflow
        ON recorded.id_ = workflow.id_
    LEFT JOIN __reana.job
        ON recorded.id_ = job.id_
    LEFT JOIN __reana.interactive_session AS session
        ON recorded.id_ = session.id_
    LEFT JOIN __reana.service
        ON recorded.id_ = service.id_
    WHERE COALESCE(workflow.id_, job.id_, session.id_, service.id_) IS NULL
)

SELECT
    (
        SELECT count(*) AS runs
        FROM (
            -- include: quota_refresh.due
            EXCEPT
            -- include: quota_refresh.counted
        ) AS uncounted
    ) AS uncounted_runs,
    (
        SELECT count(*) AS runs
        FROM __reana.quota_ledger
        WHERE NOT EXISTS (
            SELECT 1
            FROM __reana.run_usage
            WHERE run_usage.workflow_id = quota_ledger.workflow_id
        )
    ) AS vanished_runs,
    (
        SELECT count(*) AS totals
        FROM (
            SELECT
                quota_resource.type_,
                user_.id_ AS user_id,
                user_resource.quota_used,
                user_resource.quota_counted,
                CASE
                    WHEN user_resource.quota_period_months IS NOT NULL
                        THEN user_resource.quota_period_start_at
                END AS since
            FROM __reana.user_
            CROSS JOIN __reana.quota_resource
            LEFT JOIN __reana.user_resource
                ON
                    user_.id_ = user_resource.user_id
                    AND quota_resource.resource_id = user_resource.resource_id
        ) AS total
        CROSS JOIN
            LATERAL (
                SELECT
                    CASE total.type_
                        WHEN 'cpu' THEN __reana.counted_cpu(total.user_id, total.since)
                        WHEN 'disk' THEN __reana.counted_disk(total.user_id)
                    END AS used
            ) AS ledger
        WHERE
            COALESCE(total.quota_counted, 0) <> ledger.used
            OR COALESCE(total.quota_used, 0) <> LEAST(ledger.used, 9223372036854775807)
    ) AS wrong_totals,
    (
        SELECT count(*) AS runs
        FROM lost
        WHERE lost.entity = 'workflow'
    ) AS lost_runs,
    (
        SELECT count(*) AS others
        FROM lost
        WHERE lost.entity <> 'workflow'
    ) AS lost_others;
