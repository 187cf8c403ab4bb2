-- depends: 0033-secret-functions
--
-- Views for people in psql, one for each question that an administrator asks.  All times are UTC.
-- None shows a token or a secret; none reads logs or specifications.

CREATE SCHEMA IF NOT EXISTS reana;

CREATE VIEW reana.runs AS
SELECT
    workflow.id_ AS workflow_id,
    user_.email AS owner,
    workflow.name || '.' || workflow.run_number_major || CASE
        WHEN workflow.run_number_minor > 0 THEN '.' || workflow.run_number_minor
        ELSE ''
    END AS run,
    workflow.type_ AS engine,
    workflow.status,
    workflow.created,
    date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC' - workflow.created) AS age,
    workflow.run_started_at AS started,
    coalesce(workflow.run_finished_at, workflow.run_stopped_at) AS ended,
    date_trunc(
        'second',
        coalesce(
            workflow.run_finished_at,
            workflow.run_stopped_at,
            CASE WHEN workflow.status = 'running' THEN clock_timestamp() AT TIME ZONE 'UTC' END
        ) - workflow.run_started_at
    ) AS duration,
    workflow.workspace_path
FROM __reana.workflow
LEFT JOIN __reana.user_
    ON workflow.owner_id = user_.id_;

COMMENT ON VIEW reana.runs IS
'Every run with its owner, status, age and times (UTC).';

CREATE VIEW reana.user_quota AS
SELECT
    user_.email AS owner,
    resource.type_ AS resource,
    CASE resource.unit
        WHEN 'bytes_' THEN pg_size_pretty(user_resource.quota_used)
        ELSE (user_resource.quota_used / 1000 * interval '1 second')::text
    END AS used,
    CASE
        WHEN coalesce(user_resource.quota_limit, 0) = 0 THEN 'unlimited'
        WHEN resource.unit = 'bytes_' THEN pg_size_pretty(user_resource.quota_limit)
        ELSE (user_resource.quota_limit / 1000 * interval '1 second')::text
    END AS quota,
    round(100.0 * user_resource.quota_used / nullif(user_resource.quota_limit, 0), 1) AS percent,
    CASE
        WHEN coalesce(user_resource.quota_limit, 0) = 0 THEN NULL
        WHEN user_resource.quota_used >= user_resource.quota_limit THEN 'critical'
        WHEN user_resource.quota_used >= 0.8 * user_resource.quota_limit THEN 'warning'
        ELSE 'healthy'
    END AS health,
    user_resource.quota_period_months AS period_months,
    user_resource.quota_period_start_at AS period_start
FROM __reana.user_resource
INNER JOIN __reana.user_
    ON user_resource.user_id = user_.id_
INNER JOIN __reana.resource
    ON user_resource.resource_id = resource.id_;

COMMENT ON VIEW reana.user_quota IS
'What each user has used of each resource; warning from 80 %, critical from 100 % of the limit.';

CREATE VIEW reana.stuck_runs AS
SELECT
    workflow.id_ AS workflow_id,
    user_.email AS owner,
    workflow.name,
    workflow.status,
    workflow.run_started_at AS started,
    workflow.updated,
    date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC' - workflow.updated) AS silent_for
FROM __reana.workflow
LEFT JOIN __reana.user_
    ON workflow.owner_id = user_.id_
WHERE
    (
        workflow.status = 'running'
        AND workflow.run_started_at
        <= clock_timestamp() AT TIME ZONE 'UTC' - interval '12 hours'
        AND workflow.updated <= clock_timestamp() AT TIME ZONE 'UTC' - interval '12 hours'
    )
    OR (
        workflow.status = 'pending'
        AND workflow.updated <= clock_timestamp() AT TIME ZONE 'UTC' - interval '20 minutes'
    );

COMMENT ON VIEW reana.stuck_runs IS
'Runs that have been silent for too long: running for 12 hours, pending for 20 minutes.';

CREATE VIEW reana.running_load AS
SELECT
    user_.email AS owner,
    count(*) FILTER (WHERE workflow.status = 'queued') AS queued,
    count(*) FILTER (WHERE workflow.status = 'pending') AS pending,
    count(*) FILTER (WHERE workflow.status = 'running') AS running
FROM __reana.workflow
LEFT JOIN __reana.user_
    ON workflow.owner_id = user_.id_
WHERE workflow.status IN ('queued', 'pending', 'running')
GROUP BY user_.email;

COMMENT ON VIEW reana.running_load IS
'How many runs of each user are queued, pending and running.';

CREATE VIEW reana.open_sessions AS
SELECT
    interactive_session.id_ AS session_id,
    user_.email AS owner,
    interactive_session.type_ AS kind,
    interactive_session.status,
    interactive_session.created,
    date_trunc(
        'second', clock_timestamp() AT TIME ZONE 'UTC' - interactive_session.created
    ) AS age,
    workflow.name || '.' || workflow.run_number_major || CASE
        WHEN workflow.run_number_minor > 0 THEN '.' || workflow.run_number_minor
        ELSE ''
    END AS run,
    interactive_session.path
FROM __reana.interactive_session
LEFT JOIN __reana.user_
    ON interactive_session.owner_id = user_.id_
LEFT JOIN __reana.workflow_session
    ON interactive_session.id_ = workflow_session.session_id
LEFT JOIN __reana.workflow
    ON workflow_session.workflow_id = workflow.id_
WHERE interactive_session.status NOT IN ('stopped', 'deleted', 'failed');

COMMENT ON VIEW reana.open_sessions IS
'Interactive sessions that are not closed, with their owner and run.';

CREATE VIEW reana.retention_rules_due AS
SELECT
    workspace_retention_rule.id_ AS rule_id,
    user_.email AS owner,
    workflow.name,
    workspace_retention_rule.workspace_files,
    workspace_retention_rule.status,
    workspace_retention_rule.apply_on,
    workflow.workspace_path
FROM __reana.workspace_retention_rule
INNER JOIN __reana.workflow
    ON workspace_retention_rule.workflow_id = workflow.id_
LEFT JOIN __reana.user_
    ON workflow.owner_id = user_.id_
WHERE
    workspace_retention_rule.status = 'pending'
    OR (
        workspace_retention_rule.status = 'active'
        AND workspace_retention_rule.apply_on < clock_timestamp() AT TIME ZONE 'UTC'
    );

COMMENT ON VIEW reana.retention_rules_due IS
'Retention rules that the next cron job applies, and those that a crashed one left pending.';

CREATE VIEW reana.migrations AS
SELECT
    yoyo_migration.migration_id AS migration,
    yoyo_migration.applied_at_utc AS applied_at,
    latest.operation,
    latest.username AS applied_by,
    latest.hostname AS applied_from,
    latest.comment
FROM __reana.yoyo_migration
LEFT JOIN LATERAL (
    SELECT
        yoyo_log.operation,
        yoyo_log.username,
        yoyo_log.hostname,
        yoyo_log.comment
    FROM __reana.yoyo_log
    WHERE yoyo_log.migration_hash = yoyo_migration.migration_hash
    ORDER BY yoyo_log.created_at_utc DESC
    LIMIT 1
) AS latest
    ON TRUE;

COMMENT ON VIEW reana.migrations IS
'The migrations of this database: when, by whom, and whether run or adopted.';
