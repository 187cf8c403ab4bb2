INSERT INTO __reana.workflow (
    created, updated, id_, name, status, owner_id, reana_specification, input_parameters,
    operational_options, complexity, type_, logs, job_progress, workspace_path, restart,
    git_ref, run_number_major, run_number_minor, run_started_at, run_finished_at
)
SELECT now.utc - interval '1 h', now.utc - interval '1 h', md5(%(tag)s || '/' || number)::uuid,
    %(tag)s || '-' || number, %(status)s::public.runstatus,
    (%(owners)s::uuid[])[1 + number %% cardinality(%(owners)s::uuid[])], %(specification)s::json,
    '{}', '{}', '{}', 'serial', %(logs)s,
    '{"total": {"total": 3, "job_ids": []}, "running": {"total": 0, "job_ids": []},
      "finished": {"total": 0, "job_ids": []}, "failed": {"total": 0, "job_ids": []}}',
    '/var/reana/' || %(tag)s || '/' || number, FALSE, '', 1, 0, now.utc - interval '50 min',
    CASE WHEN %(status)s = 'finished' THEN now.utc - interval '10 min' END
FROM generate_series(1, %(runs)s::integer) AS number
CROSS JOIN LATERAL (SELECT now() AT TIME ZONE 'UTC' AS utc) AS now;

INSERT INTO __reana.job (
    created, updated, id_, workflow_uuid, status, compute_backend, cvmfs_mounts, cmd, env_vars,
    deleted, job_name, prettified_cmd, logs, started_at
)
SELECT now.utc, now.utc, md5(%(tag)s || '/' || run.number || '/' || job.number)::uuid,
    md5(%(tag)s || '/' || run.number)::uuid, %(job_status)s::public.jobstatus, 'Kubernetes', '',
    '"root -b -q fit.C"', '{}', FALSE, 'step' || job.number, '"root -b -q fit.C"', %(job_logs)s,
    now.utc
FROM generate_series(1, %(runs)s::integer) AS run (number)
CROSS JOIN generate_series(1, 3) AS job (number)
CROSS JOIN LATERAL (SELECT now() AT TIME ZONE 'UTC' AS utc) AS now;

INSERT INTO __reana.workspace_retention_rule
    (id_, workflow_id, workspace_files, retention_days, status, apply_on)
SELECT md5(%(tag)s || '/rule/' || number)::uuid, md5(%(tag)s || '/' || number)::uuid, '**/*', 30,
    (CASE %(status)s WHEN 'finished' THEN 'active' ELSE 'created' END)
        ::public.workspaceretentionrulestatus,
    CASE %(status)s WHEN 'finished' THEN now() AT TIME ZONE 'UTC' + interval '30 days' END
FROM generate_series(1, %(runs)s::integer) AS number;

INSERT INTO __reana.interactive_session
    (created, updated, id_, name, path, status, owner_id, type_)
SELECT now(), now(), md5(%(tag)s || '/session/' || number)::uuid, 'run-session-' || %(tag)s || number,
    '/' || number, 'running',
    (%(owners)s::uuid[])[1 + number %% cardinality(%(owners)s::uuid[])], 'jupyter'
FROM generate_series(1, %(runs)s::integer) AS number;

INSERT INTO __reana.workflow_session (workflow_id, session_id)
SELECT md5(%(tag)s || '/' || number)::uuid, md5(%(tag)s || '/session/' || number)::uuid
FROM generate_series(1, %(runs)s::integer) AS number;

INSERT INTO __reana.job_cache
    (created, updated, id_, job_id, parameters, result_path, workspace_hash, access_times)
SELECT now(), now(), md5(%(tag)s || '/cache/' || number)::uuid, md5(%(tag)s || '/' || number || '/1')::uuid,
    md5(%(tag)s || number), '/var/reana/archive', md5(%(tag)s || number), '{}'
FROM generate_series(1, %(runs)s::integer) AS number;

INSERT INTO __reana.workflow_resource (created, updated, workflow_id, resource_id, quota_used)
SELECT now(), now(), md5(%(tag)s || '/' || number)::uuid, resource.id_, 2400000
FROM generate_series(1, %(runs)s::integer) AS number
CROSS JOIN __reana.resource
WHERE %(status)s = 'finished';
