-- 1000 users; runs in the status that the benchmark changes, each with a session's worth of text,
-- a job, a retention rule and a measured workspace.  bench.runs is their number.
INSERT INTO __reana.user_ (id_, email)
SELECT
    md5('user' || number)::uuid,
    'user' || number || '@example.org'
FROM generate_series(0, 999) AS number;

INSERT INTO __reana.resource (id_, name, type_, unit)
SELECT
    md5(new.name)::uuid,
    new.name,
    new.type_::public.resourcetype,
    new.unit::public.resourceunit
FROM (
    VALUES
    ('processing time', 'cpu', 'milliseconds'),
    ('shared storage', 'disk', 'bytes_')
) AS new (name, type_, unit)
WHERE NOT EXISTS (SELECT FROM __reana.resource WHERE resource.name = new.name);

INSERT INTO __reana.user_resource (user_id, resource_id, quota_limit, quota_used)
SELECT
    user_.id_,
    resource.id_,
    0,
    0
FROM __reana.user_
CROSS JOIN __reana.resource
ON CONFLICT DO NOTHING;

INSERT INTO __reana.workflow
(
    id_, owner_id, name, status, type_, run_number_major, run_number_minor,
    reana_specification, logs, workspace_path
)
SELECT
    md5(number::text)::uuid,
    md5('user' || number % 1000)::uuid,
    'run' || number,
    'created',
    'serial',
    1,
    0,
    json_build_object('workflow', repeat('step ', 100)),
    repeat('line of a log' || chr(10), 20),
    '/var/reana/' || number
FROM generate_series(1, current_setting('bench.runs')::integer) AS number;

INSERT INTO __reana.job (id_, workflow_uuid, status)
SELECT
    workflow.id_,
    workflow.id_,
    'created'
FROM __reana.workflow;

INSERT INTO __reana.workspace_retention_rule
(id_, workflow_id, workspace_files, retention_days, status)
SELECT
    workflow.id_,
    workflow.id_,
    '**/*',
    30,
    'created'
FROM __reana.workflow;

UPDATE __reana.workflow_resource
SET quota_used = 1000
FROM __reana.quota_resource
WHERE
    quota_resource.resource_id = workflow_resource.resource_id
    AND quota_resource.type_ = 'disk';
