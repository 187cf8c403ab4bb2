-- depends: 0029-quota-totals
--
-- Views for people in psql, one for each question that an administrator asks.  All times are UTC.
-- None shows a token or a secret; none reads logs or specifications.  A time that is infinite has
-- no difference to another.

CREATE SCHEMA IF NOT EXISTS reana;

COMMENT ON SCHEMA reana IS
'Views for people in psql.';

CREATE VIEW reana.runs AS
SELECT
    workflow.id_ AS workflow_id,
    user_.email AS owner,
    workflow.name || '.' || workflow.run_number_major
    || coalesce('.' || nullif(workflow.run_number_minor, 0), '') AS run,
    workflow.type_ AS engine,
    workflow.status,
    workflow.created,
    CASE
        WHEN isfinite(workflow.created)
            THEN date_trunc('second', now.utc - workflow.created)
    END AS age,
    workflow.run_started_at AS started,
    ending.at AS ended,
    CASE
        WHEN isfinite(workflow.run_started_at) AND isfinite(ending.at)
            THEN date_trunc('second', ending.at - workflow.run_started_at)
        WHEN isfinite(workflow.run_started_at) AND workflow.status = 'running' AND ending.at IS NULL
            THEN date_trunc('second', now.utc - workflow.run_started_at)
    END AS duration,
    workflow.workspace_path
FROM __reana.workflow
LEFT JOIN __reana.user_
    ON workflow.owner_id = user_.id_
CROSS JOIN LATERAL (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS utc) AS now
CROSS JOIN LATERAL (
    SELECT coalesce(workflow.run_finished_at, workflow.run_stopped_at) AS at
) AS ending;

COMMENT ON VIEW reana.runs IS
'Every run with its owner, status, age and times (UTC).';
COMMENT ON COLUMN reana.runs.workflow_id IS
'Which run.';
COMMENT ON COLUMN reana.runs.owner IS
'E-mail address of the owner.';
COMMENT ON COLUMN reana.runs.run IS
'Name and number: name.M, or name.M.m for a restart.';
COMMENT ON COLUMN reana.runs.engine IS
'The workflow engine: cwl, serial, snakemake or yadage.';
COMMENT ON COLUMN reana.runs.status IS
'The status.';
COMMENT ON COLUMN reana.runs.created IS
'When the run was created.';
COMMENT ON COLUMN reana.runs.age IS
'How long ago that was.';
COMMENT ON COLUMN reana.runs.started IS
'When the run started; NULL if it has not.';
COMMENT ON COLUMN reana.runs.ended IS
'When the run ended: finished or failed, else stopped.';
COMMENT ON COLUMN reana.runs.duration IS
'From the start to the end; until now for a run that is running.';
COMMENT ON COLUMN reana.runs.workspace_path IS
'The directory of its files.';

-- LATERAL, so that a condition on the run is met before its history is read.
CREATE VIEW reana.run_history AS
SELECT
    runs.workflow_id,
    runs.owner,
    runs.run,
    period.status,
    period.since,
    period.until,
    COALESCE(period.until, clock_timestamp()) - period.since AS duration,
    period.application_name,
    period.role,
    period.allowed
FROM reana.runs
CROSS JOIN LATERAL (
    SELECT
        entry.to_status AS status,
        entry.changed_at AS since,
        lead(entry.changed_at) OVER (ORDER BY entry.id) AS until,
        entry.application_name,
        entry.role,
        entry.allowed,
        entry.id
    FROM __reana.status_history AS entry
    WHERE
        entry.entity_id = runs.workflow_id
        AND entry.entity = 'workflow'
        AND entry.made
) AS period
ORDER BY runs.workflow_id, period.id;

COMMENT ON VIEW reana.run_history IS
'The lives of runs: one row per status that a run had, and how long. For example: SELECT * FROM reana.run_history WHERE run = ''analysis.3'';';
COMMENT ON COLUMN reana.run_history.workflow_id IS
'Which run.';
COMMENT ON COLUMN reana.run_history.owner IS
'E-mail address of the owner.';
COMMENT ON COLUMN reana.run_history.run IS
'Name and number: name.M, or name.M.m for a restart.';
COMMENT ON COLUMN reana.run_history.status IS
'The status.';
COMMENT ON COLUMN reana.run_history.since IS
'When the run got it.';
COMMENT ON COLUMN reana.run_history.until IS
'When the run got the next one; NULL for the status that it has.';
COMMENT ON COLUMN reana.run_history.duration IS
'How long the run had it; until now for the status that it has.';
COMMENT ON COLUMN reana.run_history.application_name IS
'What the client that gave it calls itself.';
COMMENT ON COLUMN reana.run_history.role IS
'The role of that client.';
COMMENT ON COLUMN reana.run_history.allowed IS
'Whether the rules allowed it.';

CREATE VIEW reana.user_quota AS
SELECT
    user_.email AS owner,
    resource.type_ AS resource,
    CASE resource.unit
        WHEN 'bytes_' THEN pg_size_pretty(current_quota.quota_used)
        ELSE (seconds.used * interval '1 second')::text
    END AS used,
    CASE
        WHEN current_quota.quota_limit = 0 THEN 'unlimited'
        WHEN resource.unit = 'bytes_' THEN pg_size_pretty(current_quota.quota_limit)
        ELSE (seconds.quota * interval '1 second')::text
    END AS quota,
    round(100.0 * current_quota.quota_used / nullif(current_quota.quota_limit, 0), 1) AS percent,
    CASE
        WHEN current_quota.quota_limit = 0 THEN NULL
        WHEN current_quota.quota_used >= current_quota.quota_limit THEN 'critical'
        WHEN current_quota.quota_used >= 0.8 * current_quota.quota_limit THEN 'warning'
        ELSE 'healthy'
    END AS health,
    current_quota.quota_period_months AS period_months,
    current_quota.quota_period_start_at AS period_start
FROM __reana.current_quota
INNER JOIN __reana.user_
    ON current_quota.user_id = user_.id_
INNER JOIN __reana.resource
    ON current_quota.resource_id = resource.id_
-- An interval holds less than a bigint of milliseconds.
CROSS JOIN LATERAL (
    SELECT
        least(current_quota.quota_used / 1000, 9000000000000) AS used,
        least(current_quota.quota_limit / 1000, 9000000000000) AS quota
) AS seconds;

COMMENT ON VIEW reana.user_quota IS
'What each user has used of each resource, in the current quota period; warning from 80 %, critical from 100 % of the limit.';
COMMENT ON COLUMN reana.user_quota.owner IS
'E-mail address of the user.';
COMMENT ON COLUMN reana.user_quota.resource IS
'What is counted: cpu (processing time) or disk (storage).';
COMMENT ON COLUMN reana.user_quota.used IS
'What the user has used, as a person reads it.';
COMMENT ON COLUMN reana.user_quota.quota IS
'The limit, as a person reads it; unlimited where it is 0.';
COMMENT ON COLUMN reana.user_quota.percent IS
'How much of the limit is used; NULL without a limit.';
COMMENT ON COLUMN reana.user_quota.health IS
'healthy, warning or critical; NULL without a limit.';
COMMENT ON COLUMN reana.user_quota.period_months IS
'How many months a quota period lasts; NULL without periods.';
COMMENT ON COLUMN reana.user_quota.period_start IS
'When the current period began or begins.';

CREATE VIEW reana.stuck_runs AS
SELECT
    runs.workflow_id,
    runs.owner,
    runs.run,
    runs.status,
    runs.started,
    workflow.updated,
    CASE
        WHEN isfinite(workflow.updated)
            THEN date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC' - workflow.updated)
    END AS silent_for
FROM __reana.workflow
INNER JOIN reana.runs
    ON workflow.id_ = runs.workflow_id
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
COMMENT ON COLUMN reana.stuck_runs.workflow_id IS
'Which run.';
COMMENT ON COLUMN reana.stuck_runs.owner IS
'E-mail address of the owner.';
COMMENT ON COLUMN reana.stuck_runs.run IS
'Name and number: name.M, or name.M.m for a restart.';
COMMENT ON COLUMN reana.stuck_runs.status IS
'running or pending.';
COMMENT ON COLUMN reana.stuck_runs.started IS
'When the run started; NULL if it has not.';
COMMENT ON COLUMN reana.stuck_runs.updated IS
'When anything of the run last changed.';
COMMENT ON COLUMN reana.stuck_runs.silent_for IS
'How long ago that was.';

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
COMMENT ON COLUMN reana.running_load.owner IS
'E-mail address of the user; NULL for runs without an owner.';
COMMENT ON COLUMN reana.running_load.queued IS
'How many runs are queued.';
COMMENT ON COLUMN reana.running_load.pending IS
'How many runs are pending.';
COMMENT ON COLUMN reana.running_load.running IS
'How many runs are running.';

CREATE VIEW reana.open_sessions AS
SELECT
    interactive_session.id_ AS session_id,
    user_.email AS owner,
    interactive_session.type_ AS kind,
    interactive_session.status,
    interactive_session.created,
    CASE
        WHEN isfinite(interactive_session.created)
            THEN date_trunc(
                'second', clock_timestamp() AT TIME ZONE 'UTC' - interactive_session.created
            )
    END AS age,
    runs.run,
    interactive_session.path
FROM __reana.interactive_session
LEFT JOIN __reana.user_
    ON interactive_session.owner_id = user_.id_
LEFT JOIN __reana.workflow_session
    ON interactive_session.id_ = workflow_session.session_id
LEFT JOIN reana.runs
    ON workflow_session.workflow_id = runs.workflow_id
WHERE interactive_session.status NOT IN ('stopped', 'deleted', 'failed');

COMMENT ON VIEW reana.open_sessions IS
'Interactive sessions that are not closed, with their owner and run.';
COMMENT ON COLUMN reana.open_sessions.session_id IS
'Which interactive session.';
COMMENT ON COLUMN reana.open_sessions.owner IS
'E-mail address of the owner.';
COMMENT ON COLUMN reana.open_sessions.kind IS
'What runs in the session, such as jupyter.';
COMMENT ON COLUMN reana.open_sessions.status IS
'The status.';
COMMENT ON COLUMN reana.open_sessions.created IS
'When the session was created.';
COMMENT ON COLUMN reana.open_sessions.age IS
'How long ago that was.';
COMMENT ON COLUMN reana.open_sessions.run IS
'The run whose workspace is open: name.M, or name.M.m for a restart.';
COMMENT ON COLUMN reana.open_sessions.path IS
'The path of the session below the address of REANA.';

CREATE VIEW reana.retention_rules_due AS
SELECT
    workspace_retention_rule.id_ AS rule_id,
    runs.owner,
    runs.run,
    workspace_retention_rule.workspace_files,
    workspace_retention_rule.status,
    workspace_retention_rule.apply_on,
    runs.workspace_path
FROM __reana.workspace_retention_rule
INNER JOIN reana.runs
    ON workspace_retention_rule.workflow_id = runs.workflow_id
WHERE
    workspace_retention_rule.status = 'pending'
    OR (
        workspace_retention_rule.status = 'active'
        AND workspace_retention_rule.apply_on < clock_timestamp() AT TIME ZONE 'UTC'
    );

COMMENT ON VIEW reana.retention_rules_due IS
'Retention rules that the next cron job applies, and those that a crashed one left pending.';
COMMENT ON COLUMN reana.retention_rules_due.rule_id IS
'Which retention rule.';
COMMENT ON COLUMN reana.retention_rules_due.owner IS
'E-mail address of the owner of the run.';
COMMENT ON COLUMN reana.retention_rules_due.run IS
'Name and number: name.M, or name.M.m for a restart.';
COMMENT ON COLUMN reana.retention_rules_due.workspace_files IS
'Which files the rule deletes: a pattern, such as **/*.tmp.';
COMMENT ON COLUMN reana.retention_rules_due.status IS
'active, or pending where a cron job has claimed the rule.';
COMMENT ON COLUMN reana.retention_rules_due.apply_on IS
'When the rule is due.';
COMMENT ON COLUMN reana.retention_rules_due.workspace_path IS
'The directory of the files.';

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
COMMENT ON COLUMN reana.migrations.migration IS
'The name of the migration, as its file has it.';
COMMENT ON COLUMN reana.migrations.applied_at IS
'When it was applied or adopted.';
COMMENT ON COLUMN reana.migrations.operation IS
'What was done last: apply, or adopt where the database had it already.';
COMMENT ON COLUMN reana.migrations.applied_by IS
'By which role.';
COMMENT ON COLUMN reana.migrations.applied_from IS
'On which machine.';
COMMENT ON COLUMN reana.migrations.comment IS
'The release that did it, or how the database was adopted.';

-- The sessions of the web interface are in a table of Invenio, in the same database or not.

CREATE FUNCTION __reana.count_web_sessions()
RETURNS bigint
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sessions bigint := 0;
BEGIN
    -- Dynamic, because the table need not exist.
    IF to_regclass('public.accounts_user_session_activity') IS NOT NULL THEN
        EXECUTE 'SELECT count(*) FROM public.accounts_user_session_activity' INTO v_sessions;
    END IF;

    RETURN v_sessions;
END
$$;

COMMENT ON FUNCTION __reana.count_web_sessions() IS
'The number of sessions of the web interface: rows of Invenio''s table, 0 where it is not.';

-- Services of released versions store midnight of the last day of a share, and mean the whole day.
-- In SQL, to be put in the place of the call.
CREATE FUNCTION __reana.has_expired(p_valid_until timestamp without time zone)
RETURNS boolean
LANGUAGE sql
STABLE
AS $$
SELECT COALESCE(
    p_valid_until <= pg_catalog.statement_timestamp() AT TIME ZONE 'UTC'
    - CASE
        WHEN p_valid_until = pg_catalog.date_trunc('day', p_valid_until) THEN interval '1 day'
        ELSE interval '0'
    END,
    FALSE
)
$$;

COMMENT ON FUNCTION __reana.has_expired(timestamp without time zone) IS
'Whether a share with this end (UTC) is over; midnight is the end of the day that it begins, NULL no end.';
