"""The statements of ``by_hand.py``, with the placeholders of psycopg."""

from __future__ import annotations

RUN = """
    workflow.id_, workflow.name, workflow.run_number_major, workflow.run_number_minor,
    workflow.status, workflow.owner_id, workflow.type_, workflow.created, workflow.updated,
    workflow.run_started_at, workflow.run_finished_at, workflow.run_stopped_at,
    workflow.workspace_path, workflow.restart, workflow.git_ref, workflow.git_repo,
    workflow.launcher_url
"""

AUTHENTICATE = """
SELECT user_.id_, user_.email, user_.full_name, user_.username, user_.created, user_token.status,
    user_token.id_ AS token_id, user_token.token
FROM __reana.user_token JOIN __reana.user_ ON user_token.user_id = user_.id_
WHERE user_token.token = %b AND user_token.type_ = 'reana'
"""

RESOLVE_UUID = f"""
SELECT {RUN} FROM __reana.workflow WHERE workflow.id_ = %s AND workflow.owner_id = %s
"""

RESOLVE_NAME = f"""
SELECT {RUN} FROM __reana.workflow WHERE workflow.owner_id = %s AND workflow.name = %s
ORDER BY workflow.run_number_major DESC, workflow.run_number_minor DESC LIMIT 1
"""

RESOLVE_RUN = f"""
SELECT {RUN} FROM __reana.workflow
WHERE workflow.owner_id = %s AND workflow.name = %s
    AND workflow.run_number_major = %s AND workflow.run_number_minor = %s
"""

CREATE = f"""
WITH run AS (
    INSERT INTO __reana.workflow AS workflow (
        created, updated, id_, name, status, owner_id, reana_specification, input_parameters,
        operational_options, complexity, type_, logs, job_progress, workspace_path, restart,
        git_ref, git_repo
    )
    VALUES (
        clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC', %s, %s,
        'created', %s, %s, '{{}}', '{{}}', '{{}}', 'serial', '', '{{}}', %s, FALSE, '', ''
    )
    RETURNING {RUN}
), rule AS (
    INSERT INTO __reana.workspace_retention_rule
    (id_, workflow_id, workspace_files, retention_days, status)
    SELECT %s, run.id_, '**/*', 30, 'created' FROM run
)
SELECT * FROM run
"""

RESTART = f"""
WITH run AS (
    INSERT INTO __reana.workflow AS workflow (
        created, updated, id_, name, status, owner_id, reana_specification, input_parameters,
        operational_options, complexity, type_, logs, job_progress, workspace_path, restart,
        git_ref, run_number_major
    )
    SELECT clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC', %s,
        original.name, 'created', original.owner_id, original.reana_specification, '{{}}', '{{}}',
        '{{}}', original.type_, '', '{{}}', original.workspace_path, TRUE, '',
        original.run_number_major
    FROM __reana.workflow AS original
    WHERE original.id_ = %s AND original.status IN ('finished', 'failed', 'stopped')
    FOR SHARE
    RETURNING {RUN}
), rule AS (
    INSERT INTO __reana.workspace_retention_rule
    (id_, workflow_id, workspace_files, retention_days, status)
    SELECT %s, run.id_, '**/*', 30, 'created' FROM run
)
SELECT * FROM run
"""

MESSAGE = """
UPDATE __reana.workflow
SET logs = concat(workflow.logs, %s::text || E'\\n'),
    job_progress = __reana.merge_job_progress(workflow.job_progress, %s::json)
WHERE workflow.id_ = %s AND workflow.status = 'running'
RETURNING workflow.status
"""

LAST_MESSAGE = """
UPDATE __reana.workflow
SET status = 'finished',
    logs = concat(workflow.logs, %s::text || E'\\n', %s::text || E'\\n'),
    job_progress = __reana.merge_job_progress(workflow.job_progress, %s::json)
WHERE workflow.id_ = %s AND workflow.status IN ('queued', 'pending', 'running')
RETURNING workflow.status
"""

JOB = """
WITH before AS (
    SELECT job.id_, job.status FROM __reana.job WHERE job.id_ = %s FOR NO KEY UPDATE
)
UPDATE __reana.job
SET status = %s, logs = COALESCE(%s, job.logs), updated = clock_timestamp() AT TIME ZONE 'UTC'
FROM before
WHERE job.id_ = before.id_
RETURNING job.id_, before.status AS old_status, job.status
"""

QUOTA = """
SELECT user_.id_, user_.email, resource.name, resource.type_, resource.unit, usage.quota_used,
    usage.quota_limit, usage.quota_period_months, usage.quota_period_start_at
FROM __reana.user_resource AS usage
JOIN __reana.resource ON usage.resource_id = resource.id_
JOIN __reana.user_ ON usage.user_id = user_.id_
WHERE usage.user_id = %s
ORDER BY resource.type_, resource.name
"""

EXCEEDED = """
SELECT EXISTS (
    SELECT 1 FROM __reana.user_resource AS usage
    WHERE usage.user_id = %s AND usage.quota_limit <> 0 AND usage.quota_used >= usage.quota_limit
)
"""
