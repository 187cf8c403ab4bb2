"""The statements of ``by_hand.py``."""

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
    user_token.id_, user_token.token
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

FIRST_MESSAGE = """
UPDATE __reana.workflow
SET status = 'running',
    job_progress = __reana.merge_job_progress(workflow.job_progress, %s::json)
WHERE workflow.id_ = %s AND workflow.status IN ('queued', 'pending')
RETURNING workflow.status
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

QUEUE = """
UPDATE __reana.workflow SET status = 'queued'
WHERE workflow.id_ = %s AND workflow.status = 'created'
RETURNING workflow.status
"""

START = """
UPDATE __reana.workflow
SET status = 'pending', input_parameters = %s, operational_options = %s
WHERE workflow.id_ = %s AND workflow.status = 'queued'
RETURNING workflow.status
"""

CREATE_JOB = """
INSERT INTO __reana.job
(id_, workflow_uuid, status, compute_backend, cvmfs_mounts, cmd, deleted, prettified_cmd, job_name,
    created, updated)
VALUES (%s, %s, 'created', 'Kubernetes', '', %s, FALSE, %s, %s,
    clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC')
"""

JOB = """
WITH before AS (
    SELECT job.id_, job.status FROM __reana.job WHERE job.id_ = %s FOR NO KEY UPDATE
)
UPDATE __reana.job
SET status = %s, logs = COALESCE(%s, job.logs), updated = clock_timestamp() AT TIME ZONE 'UTC'
FROM before
WHERE job.id_ = before.id_
RETURNING job.id_, before.status, job.status
"""

LIST = """
SELECT workflow.id_, workflow.name, workflow.run_number_major, workflow.run_number_minor,
    workflow.status, workflow.owner_id, user_.email, workflow.launcher_url, workflow.created,
    workflow.run_started_at, workflow.run_finished_at, workflow.run_stopped_at,
    newest.prettified_cmd, newest.job_name, session.id_, session.type_, session.path,
    session.status, workflow.job_progress,
    ARRAY(
        SELECT receiver.email FROM __reana.user_workflow AS share
        JOIN __reana.user_ AS receiver ON share.user_id = receiver.id_
        WHERE share.workflow_id = workflow.id_ AND workflow.owner_id = %s
        ORDER BY receiver.email
    ),
    ARRAY(
        SELECT ROW(service.id_, service.name, service.type_, service.status)::text
        FROM __reana.workflow_service AS link
        JOIN __reana.service ON link.service_id = service.id_
        WHERE link.workflow_id = workflow.id_ ORDER BY service.name
    ),
    (
        SELECT sum(usage.quota_used)
        FROM __reana.workflow_resource AS usage
        JOIN __reana.resource ON usage.resource_id = resource.id_
        WHERE usage.workflow_id = workflow.id_ AND resource.type_ = 'disk'
    )
FROM (
    SELECT run.id_
    FROM __reana.workflow AS run
    WHERE run.owner_id = %s
    ORDER BY run.created DESC, run.id_
    LIMIT %s OFFSET %s
) AS page
JOIN __reana.workflow ON page.id_ = workflow.id_
LEFT JOIN __reana.user_ ON workflow.owner_id = user_.id_
LEFT JOIN LATERAL (
    SELECT job.prettified_cmd, job.job_name FROM __reana.job
    WHERE job.workflow_uuid = workflow.id_ ORDER BY job.created DESC LIMIT 1
) AS newest ON TRUE
LEFT JOIN LATERAL (
    SELECT interactive_session.id_, interactive_session.type_, interactive_session.path,
        interactive_session.status
    FROM __reana.workflow_session
    JOIN __reana.interactive_session ON workflow_session.session_id = interactive_session.id_
    WHERE workflow_session.workflow_id = workflow.id_ LIMIT 1
) AS session ON TRUE
ORDER BY workflow.created DESC, workflow.id_
"""

COUNT = "SELECT count(*) FROM __reana.workflow WHERE workflow.owner_id = %s"

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

DELETE = """
WITH doomed AS MATERIALIZED (
    SELECT run.id_, run.owner_id, run.workspace_path, run.status
    FROM __reana.workflow AS run
    WHERE run.id_ = %s AND run.status IS DISTINCT FROM 'running'
    FOR NO KEY UPDATE
), link AS (
    DELETE FROM __reana.workflow_session USING doomed
    WHERE workflow_session.workflow_id = doomed.id_
    RETURNING workflow_session.session_id
), session AS (
    DELETE FROM __reana.interactive_session USING link
    WHERE interactive_session.id_ = link.session_id
), service AS (
    UPDATE __reana.service SET status = 'deleted'
    FROM __reana.workflow_service JOIN doomed ON workflow_service.workflow_id = doomed.id_
    WHERE service.id_ = workflow_service.service_id AND service.status <> 'deleted'
), cache AS (
    DELETE FROM __reana.job_cache
    USING __reana.job JOIN doomed ON job.workflow_uuid = doomed.id_
    WHERE job_cache.job_id = job.id_
), freed AS (
    UPDATE __reana.workflow_resource SET quota_used = 0
    FROM doomed
    JOIN __reana.workflow AS run
        ON doomed.workspace_path = run.workspace_path AND doomed.owner_id = run.owner_id
    JOIN __reana.resource ON resource.type_ = 'disk'
    WHERE workflow_resource.workflow_id = run.id_
        AND workflow_resource.resource_id = resource.id_
)
UPDATE __reana.workflow SET status = 'deleted'
FROM doomed
WHERE workflow.id_ = doomed.id_
RETURNING workflow.id_, workflow.name, workflow.run_number_major, workflow.run_number_minor,
    workflow.workspace_path, doomed.status
"""

REPORT = (
    """
SELECT count(*), count(*) FILTER (WHERE status = 'created'),
    count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'pending'),
    count(*) FILTER (WHERE status = 'running'), count(*) FILTER (WHERE status = 'finished'),
    count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'stopped'),
    count(*) FILTER (WHERE status = 'deleted'), count(*) FILTER (WHERE restart),
    count(*) FILTER (WHERE status = 'running' AND run_started_at <= now.utc - interval '12 h'
        AND updated <= now.utc - interval '12 h'),
    count(*) FILTER (WHERE status = 'pending' AND updated <= now.utc - interval '20 min'),
    count(*) FILTER (WHERE git_repo <> '')
FROM __reana.workflow, (SELECT now() AT TIME ZONE 'UTC' AS utc) AS now
""",
    "SELECT status, compute_backend, count(*) FROM __reana.job GROUP BY status, compute_backend",
    """
SELECT count(*) FROM __reana.interactive_session
WHERE status NOT IN ('stopped', 'deleted', 'failed')
""",
    *(
        f"""
SELECT resource.type_, resource.unit, user_.email, usage.quota_used, usage.quota_limit
FROM __reana.user_resource AS usage
JOIN __reana.resource ON usage.resource_id = resource.id_
JOIN __reana.user_ ON usage.user_id = user_.id_
WHERE resource.type_ = '{type_}' AND usage.quota_limit <> 0
ORDER BY {order} DESC NULLS LAST LIMIT 5
"""
        for type_ in ("cpu", "disk")
        for order in ("usage.quota_used", "usage.quota_used::numeric / usage.quota_limit")
    ),
)
