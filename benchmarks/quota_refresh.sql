-- Runs of 1,000 users, with the specification and the logs that a refresh must not read; nothing is
-- recorded of their processing time and disk usage yet.  bench.runs is their number, bench.root the
-- directory of their workspaces.  The last bench.queued of them are queued, the others have ended.
INSERT INTO __reana.user_ (created, updated, id_, email)
SELECT
    '2024-01-01',
    '2024-01-01',
    md5('user' || number)::uuid,
    'user' || number || '@example.org'
FROM generate_series(0, 999) AS number;

INSERT INTO __reana.workflow
(
    created, updated, id_, owner_id, name, status, type_, run_number_major, run_number_minor,
    reana_specification, logs, run_started_at, run_finished_at, workspace_path
)
SELECT
    run.created,
    run.created,
    md5(run.number::text)::uuid,
    md5('user' || run.number % 1000)::uuid,
    'analysis',
    CASE
        WHEN run.ended THEN 'finished'
        ELSE 'queued'
    END::public.runstatus,
    'serial',
    1 + run.number / 1000,
    0,
    json_build_object('workflow', repeat('step ', 100)),
    repeat('line of a log' || chr(10), 20),
    CASE
        WHEN run.ended THEN run.created
    END,
    CASE
        WHEN run.ended THEN run.created + (60 + run.number % 7200) * interval '1.001 s'
    END,
    current_setting('bench.root') || '/' || run.number
FROM (
    SELECT
        number,
        timestamp '2024-01-01' + number * interval '10 s' AS created,
        number
        < current_setting('bench.runs')::integer - current_setting('bench.queued')::integer AS ended
    FROM generate_series(0, current_setting('bench.runs')::integer - 1) AS number
) AS run;

INSERT INTO __reana.quota_ledger
(workflow_id, owner_id, workspace_path, run_started_at, run_ended_at, cpu_used, disk_used)
SELECT
    run_usage.workflow_id,
    run_usage.owner_id,
    run_usage.workspace_path,
    run_usage.run_started_at,
    run_usage.run_ended_at,
    0,
    0
FROM __reana.run_usage;

INSERT INTO __reana.user_resource
(created, updated, user_id, resource_id, quota_limit, quota_used, quota_counted)
SELECT
    user_.created,
    user_.created,
    user_.id_,
    resource.id_,
    0,
    0,
    0
FROM __reana.user_
CROSS JOIN __reana.resource;
