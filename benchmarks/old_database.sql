-- Fills a database of reana-db 0.8.0: bench.workflows runs of 1,000 users, bench.jobs jobs, a few
-- of them orphans; every tenth run is a restart.
INSERT INTO __reana.user_ (created, updated, id_, email)
SELECT
    '2021-01-01',
    '2021-01-01',
    md5('user' || n)::uuid,
    'user' || n || '@example.org'
FROM generate_series(0, 999) AS n;

INSERT INTO __reana.workflow (
    created, updated, id_, name, status, owner_id, reana_specification, input_parameters,
    operational_options, type_, logs, run_started_at, run_finished_at, job_progress,
    workspace_path, restart, run_number
)
SELECT
    timestamp '2021-01-01' + n * interval '1 minute',
    timestamp '2021-01-01' + n * interval '1 minute',
    md5('workflow' || n)::uuid,
    'analysis-' || (n / 1000) / 50,
    (ARRAY['finished', 'failed', 'running', 'deleted', 'stopped'])[n % 5 + 1]::public.runstatus,
    md5('user' || n % 1000)::uuid,
    json_build_object('workflow', json_build_object('type', 'serial', 'steps', repeat('x', 4000))),
    '{}',
    '{}',
    'serial',
    repeat('log line' || chr(10), 200),
    timestamp '2021-01-01' + n * interval '1 minute',
    timestamp '2021-01-01' + n * interval '2 minutes',
    '{}',
    '/var/reana/users/' || n % 1000 || '/workflows/' || n / 1000 - n / 1000 % 10,
    n / 1000 % 10 > 0,
    (n / 1000 % 50) / 10 + 1 + (n / 1000 % 10) * 0.1
FROM generate_series(0, current_setting('bench.workflows')::integer - 1) AS n;

INSERT INTO __reana.job (
    created, updated, id_, workflow_uuid, status, compute_backend, docker_img, cmd, env_vars, logs,
    started_at, finished_at, job_name, deleted
)
SELECT
    timestamp '2021-01-01' + n * interval '1 second',
    timestamp '2021-01-01' + n * interval '1 second',
    md5('job' || n)::uuid,
    CASE
        WHEN n % 100000 = 7 THEN md5('nobody' || n)::uuid
        ELSE md5('workflow' || n % current_setting('bench.workflows')::integer)::uuid
    END,
    'finished',
    'Kubernetes',
    'docker.io/library/python:3.11',
    '"python run.py"',
    '{}',
    repeat('job line' || chr(10), 20),
    timestamp '2021-01-01',
    timestamp '2021-01-01' + interval '1 minute',
    'step-' || n % 4,
    FALSE
FROM generate_series(0, current_setting('bench.jobs')::integer - 1) AS n;

DROP TABLE __reana.yoyo_migration, __reana.yoyo_log;

CREATE TABLE __reana.alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO __reana.alembic_version (version_num) VALUES ('6568d7cb6710');
