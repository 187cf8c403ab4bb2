-- What the demo shows, from the views that administrators have in psql.

-- name: is_played
-- not null: is_there
SELECT exists(SELECT 1 FROM __reana.user_) AS is_there;

-- name: runs
SELECT
    runs.run,
    runs.owner,
    runs.engine,
    runs.status,
    runs.started,
    runs.duration::text AS duration
FROM reana.runs
ORDER BY
    runs.started ASC NULLS LAST,
    runs.created ASC;

-- name: statuses
-- not null: since, application, allowed
SELECT
    run_history.run,
    run_history.status,
    run_history.since,
    run_history.application_name AS application,
    run_history.allowed
FROM reana.run_history
WHERE
    run_history.owner = %(owner)s
    AND run_history.run LIKE %(name)s || '.%%'
ORDER BY
    run_history.since;

-- name: open_sessions
-- not null: kind
SELECT
    open_sessions.run,
    open_sessions.owner,
    open_sessions.kind
FROM reana.open_sessions
ORDER BY open_sessions.created;

-- name: rules
-- not null: files, days
SELECT
    runs.run,
    runs.owner,
    workspace_retention_rule.workspace_files AS files,
    workspace_retention_rule.retention_days AS days,
    workspace_retention_rule.apply_on
FROM __reana.workspace_retention_rule
INNER JOIN reana.runs
    ON workspace_retention_rule.workflow_id = runs.workflow_id
WHERE workspace_retention_rule.status = 'active'
ORDER BY
    workspace_retention_rule.apply_on,
    runs.owner,
    runs.run,
    files;
