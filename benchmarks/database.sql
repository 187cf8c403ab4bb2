-- What database.py derives from the users, runs and jobs that it has loaded.

INSERT INTO __reana.workflow_resource (created, updated, workflow_id, resource_id, quota_used)
SELECT
    workflow.created,
    workflow.created,
    workflow.id_,
    resource.id_,
    CASE
        WHEN resource.type_ = 'cpu'
            THEN
                extract(
                    EPOCH FROM coalesce(workflow.run_finished_at, workflow.run_stopped_at)
                    - workflow.run_started_at
                )::bigint * 1000
        WHEN workflow.status = 'deleted' THEN 0
        ELSE 4096 * (1 + abs(hashtext(workflow.workspace_path)) % 25000)
    END
FROM __reana.workflow
CROSS JOIN __reana.resource
WHERE coalesce(workflow.run_finished_at, workflow.run_stopped_at) IS NOT NULL;

INSERT INTO __reana.quota_ledger
(workflow_id, owner_id, workspace_path, run_started_at, run_ended_at, cpu_used, disk_used)
SELECT
    run_usage.workflow_id,
    run_usage.owner_id,
    run_usage.workspace_path,
    run_usage.run_started_at,
    run_usage.run_ended_at,
    coalesce(run_usage.cpu_used, 0),
    coalesce(run_usage.disk_used, 0)
FROM __reana.run_usage;

INSERT INTO __reana.workspace_retention_rule
(id_, workflow_id, workspace_files, retention_days, apply_on, status)
SELECT
    md5('rule/' || workflow.id_)::uuid,
    workflow.id_,
    '**/*',
    1825,
    CASE
        WHEN workflow.status IN ('finished', 'failed')
            THEN date_trunc('day', workflow.run_finished_at) + interval '1825 days 23:59:59'
    END,
    CASE
        WHEN workflow.status IN ('finished', 'failed') THEN 'active'
        WHEN workflow.status = 'deleted' THEN 'inactive'
        ELSE 'created'
    END::public.workspaceretentionrulestatus
FROM __reana.workflow
WHERE NOT workflow.restart;

-- One run in 25 is shared, with the user whose number follows that of its hash.
INSERT INTO __reana.user_workflow (workflow_id, user_id, access_type)
SELECT
    workflow.id_,
    numbered.id_,
    'read'
FROM __reana.workflow
INNER JOIN
    (
        SELECT
            user_.id_,
            row_number() OVER (ORDER BY user_.id_) - 1 AS number,
            count(*) OVER () AS users
        FROM __reana.user_
    ) AS numbered
    ON abs(hashtext(workflow.id_::text)) / 25 % numbered.users = numbered.number
WHERE
    abs(hashtext(workflow.id_::text)) % 25 = 0
    AND workflow.owner_id <> numbered.id_;

INSERT INTO __reana.interactive_session
(id_, created, updated, name, path, status, owner_id, type_)
SELECT
    md5('session/' || workflow.id_)::uuid,
    workflow.created,
    workflow.created,
    'run-session-' || workflow.id_,
    '/' || workflow.id_,
    'running',
    workflow.owner_id,
    'jupyter'
FROM __reana.workflow
WHERE
    workflow.status <> 'deleted'
    AND abs(hashtext(workflow.id_::text)) % 500 = 7;

INSERT INTO __reana.workflow_session (workflow_id, session_id)
SELECT
    workflow.id_,
    interactive_session.id_
FROM __reana.workflow
INNER JOIN __reana.interactive_session
    ON md5('session/' || workflow.id_)::uuid = interactive_session.id_;

INSERT INTO __reana.service (id_, name, uri, status, owner_id, type_)
SELECT
    md5('service/' || workflow.id_)::uuid,
    'reana-run-dask-' || left(workflow.id_::text, 8),
    'https://reana.example.org/' || workflow.id_ || '/dashboard/status',
    'deleted',
    workflow.owner_id,
    'dask'
FROM __reana.workflow
WHERE abs(hashtext(workflow.id_::text)) % 1000 = 13;

INSERT INTO __reana.workflow_service (workflow_id, service_id)
SELECT
    workflow.id_,
    service.id_
FROM __reana.workflow
INNER JOIN __reana.service ON md5('service/' || workflow.id_)::uuid = service.id_;

INSERT INTO __reana.job_cache
(id_, created, updated, job_id, parameters, result_path, workspace_hash, access_times)
SELECT
    md5('cache/' || job.id_)::uuid,
    job.created,
    job.created,
    job.id_,
    md5(job.id_::text),
    '/var/reana/archive/' || job.id_,
    md5('workspace/' || job.id_),
    '{}'
FROM __reana.job
WHERE
    job.status = 'finished'
    AND abs(hashtext(job.id_::text)) % 100 = 21;

-- With triggers, which count.

INSERT INTO __reana.user_resource (created, updated, user_id, resource_id, quota_limit, quota_used)
SELECT
    user_.created,
    user_.created,
    user_.id_,
    resource.id_,
    CASE resource.type_
        WHEN 'cpu' THEN 36000000000
        ELSE 10 * (1024::bigint) ^ 4
    END,
    0
FROM __reana.user_
CROSS JOIN __reana.resource;
