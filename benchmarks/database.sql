-- The rows that database.py describes; without triggers until the last statement.
SET LOCAL session_replication_role = 'replica';

INSERT INTO __reana.user_ (id_, created, updated, email, full_name, username)
SELECT md5('user/' || n)::uuid, '2024-01-01', '2024-01-01', 'user' || n || '@example.org',
    'User ' || n, 'user' || n || '@example.org'
FROM generate_series(0, %(users)s - 1) AS n;

INSERT INTO __reana.user_token
    (id_, created, updated, user_id, token, token_digest, status, type_)
SELECT md5('token_row/' || n - 1)::uuid, '2024-01-01', '2024-01-01', md5('user/' || n - 1)::uuid,
    given.token, given.digest, 'active', 'reana'
FROM unnest(%(tokens)s::bytea[], %(digests)s::bytea[]) WITH ORDINALITY AS given (token, digest, n);

-- Somebody who has many runs has a quarter of all at most.
CREATE TEMPORARY TABLE run ON COMMIT DROP AS
WITH owned AS (
    SELECT n, owner, row_number() OVER (PARTITION BY owner ORDER BY n) - 1 AS place
    FROM generate_series(0, %(workflows)s - 1) AS n
    CROSS JOIN LATERAL (
        SELECT greatest(4, %(workflows)s / 100000) AS heavy,
            greatest(4, %(workflows)s / 1200) AS steady
    ) AS every
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN n %% heavy = 0 THEN 0
            WHEN n %% steady = 1 AND n / steady < 1200 THEN 1
            ELSE 2 + n::bigint * 7919 %% (%(users)s - 2)
        END AS owner
    ) AS choice
), named AS (
    SELECT n, owner, place, CASE
        WHEN owner = 0 AND place %% 2 = 1 THEN 'nightly' ELSE 'analysis-' || place / 2 %% 10
    END AS name
    FROM owned
), numbered AS (
    SELECT n, owner, name, sum((place %% 8 <> 7 OR first)::integer)
        OVER (PARTITION BY owner, name ORDER BY n) AS major
    FROM (
        SELECT n, owner, place, name,
            row_number() OVER (PARTITION BY owner, name ORDER BY n) = 1 AS first
        FROM named
    ) AS named
)
SELECT n, md5('workflow/' || n)::uuid AS id_, md5('user/' || owner)::uuid AS owner_id, name, major,
    row_number() OVER w - 1 AS minor, '/var/reana/users/' || owner || '/workflows/' || min(n) OVER w
        AS workspace_path,
    status, created, started, started + (120 + n::bigint * 7919 %% 7200) * interval '1 s' AS ended
FROM numbered
CROSS JOIN LATERAL (
    SELECT '2024-01-01'::timestamp + n * interval '1 s' * (730 * 86400 / %(workflows)s) AS created,
        -- How many of the newest are active does not depend on the size.
        n - %(workflows)s + least(60, %(workflows)s / 10) AS newest,
        (n * 2654435761 >> 7) %% 100 AS chance
) AS moment
CROSS JOIN LATERAL (
    SELECT created + (30 + n %% 60) * interval '1 s' AS started, CASE
        WHEN newest >= 50 THEN 'pending' WHEN newest >= 30 THEN 'queued'
        WHEN newest >= 0 THEN 'running' WHEN chance < 5 THEN 'failed'
        WHEN chance < 8 THEN 'stopped' WHEN chance < 12 THEN 'deleted' ELSE 'finished'
    END AS status
) AS life
WINDOW w AS (PARTITION BY owner, name, major ORDER BY n);

INSERT INTO __reana.workflow (
    id_, created, updated, name, status, owner_id, reana_specification, input_parameters,
    operational_options, type_, logs, run_started_at, run_finished_at, run_stopped_at,
    workspace_path, restart, job_progress, git_ref, git_repo, complexity, run_number_major,
    run_number_minor
)
SELECT id_, created, created, name, status::public.runstatus, owner_id,
    (%(specifications)s::json[])[1 + n %% 64], '{"events": 20000}', '{}', 'serial',
    CASE WHEN status IN ('queued', 'pending') THEN '' ELSE (%(logs)s::text[])[1 + n * 31 %% 64] END,
    CASE WHEN status NOT IN ('queued', 'pending') THEN started END,
    CASE WHEN status IN ('finished', 'failed', 'deleted') THEN ended END,
    CASE WHEN status = 'stopped' THEN ended END, workspace_path, minor > 0, %(progress)s, '', '',
    '{{5,536870912}}', major, minor
FROM run
ORDER BY n;

INSERT INTO __reana.job (
    id_, created, updated, backend_job_id, workflow_uuid, status, compute_backend, cvmfs_mounts,
    shared_file_system, docker_img, cmd, env_vars, deleted, job_name, prettified_cmd, logs,
    started_at, finished_at
)
SELECT md5('job/' || run.n * 5 + k)::uuid, created + (30 + k) * interval '1 s',
    created + (30 + k) * interval '1 s', 'reana-run-job-' || run.n * 5 + k, run.id_, (CASE
        WHEN waits THEN 'created' WHEN status IN ('running', 'stopped') THEN status
        WHEN status = 'failed' AND k = 4 THEN 'failed' ELSE 'finished'
    END)::public.jobstatus, 'Kubernetes', 'false', TRUE,
    'docker.io/reanahub/reana-env-root6:6.18.04', '"root -b -q fit.C"', '{}', FALSE, 'step' || k, '"root -b -q fit.C"',
    CASE WHEN waits THEN '' ELSE (%(job_logs)s::text[])[1 + (run.n * 5 + k) %% 64] END,
    CASE WHEN NOT waits THEN started END,
    CASE WHEN NOT waits AND status <> 'running' THEN ended END
FROM run
CROSS JOIN generate_series(0, 4) AS k
CROSS JOIN LATERAL (SELECT status IN ('queued', 'pending') AS waits) AS state
ORDER BY run.n, k;

ANALYZE __reana.workflow, __reana.job;

INSERT INTO __reana.workflow_resource (created, updated, workflow_id, resource_id, quota_used)
SELECT run.created, run.created, run.id_, resource.id_, CASE
        WHEN resource.type_ = 'cpu' THEN extract(EPOCH FROM ended - started)::bigint * 1000
        WHEN status = 'deleted' THEN 0 ELSE 4096 * (1 + abs(hashtext(workspace_path)) %% 25000)
    END
FROM run
CROSS JOIN __reana.resource
WHERE status NOT IN ('queued', 'pending', 'running');

INSERT INTO __reana.quota_ledger
    (workflow_id, owner_id, workspace_path, run_started_at, run_ended_at, cpu_used, disk_used)
SELECT workflow_id, owner_id, workspace_path, run_started_at, run_ended_at, coalesce(cpu_used, 0),
    coalesce(disk_used, 0)
FROM __reana.run_usage;

INSERT INTO __reana.workspace_retention_rule
    (id_, workflow_id, workspace_files, retention_days, apply_on, status)
SELECT md5('rule/' || id_)::uuid, id_, '**/*', 1825,
    CASE WHEN lasts THEN date_trunc('day', ended) + interval '1825 days 23:59:59' END,
    (CASE WHEN lasts THEN 'active' WHEN status = 'deleted' THEN 'inactive' ELSE 'created' END)
        ::public.workspaceretentionrulestatus
FROM run
CROSS JOIN LATERAL (SELECT status IN ('finished', 'failed') AS lasts) AS state
WHERE minor = 0;

-- One run in 25 is shared, a tenth of them with one user: a group.
INSERT INTO __reana.user_workflow (workflow_id, user_id, access_type)
SELECT id_, md5('user/' || receiver)::uuid, 'read'
FROM run
CROSS JOIN LATERAL (SELECT abs(hashtext(id_::text)) AS hash) AS hashed
CROSS JOIN LATERAL (
    SELECT CASE hash / 25 %% 10 WHEN 0 THEN 2 ELSE hash / 250 %% %(users)s END AS receiver
) AS choice
WHERE hash %% 25 = 0 AND owner_id <> md5('user/' || receiver)::uuid;

INSERT INTO __reana.interactive_session (id_, created, updated, name, path, status, owner_id, type_)
SELECT md5('session/' || id_)::uuid, created, created, 'run-session-' || id_, '/' || id_, 'running',
    owner_id, 'jupyter'
FROM run
WHERE status <> 'deleted' AND abs(hashtext(id_::text)) %% 500 = 7;

INSERT INTO __reana.workflow_session (workflow_id, session_id)
SELECT run.id_, session.id_
FROM run INNER JOIN __reana.interactive_session AS session ON '/' || run.id_ = session.path;

INSERT INTO __reana.service (id_, name, uri, status, owner_id, type_)
SELECT md5('service/' || id_)::uuid, 'reana-run-dask-' || left(id_::text, 8),
    'https://reana.example.org/' || id_ || '/dashboard/status', 'deleted', owner_id, 'dask'
FROM run
WHERE abs(hashtext(id_::text)) %% 1000 = 13;

INSERT INTO __reana.workflow_service (workflow_id, service_id)
SELECT run.id_, service.id_
FROM run INNER JOIN __reana.service ON md5('service/' || run.id_)::uuid = service.id_;

INSERT INTO __reana.job_cache
    (id_, created, updated, job_id, parameters, result_path, workspace_hash, access_times)
SELECT md5('cache/' || id_)::uuid, created, created, id_, md5(id_::text),
    '/var/reana/archive/' || id_, md5('workspace/' || id_), '{}'
FROM __reana.job
WHERE status = 'finished' AND abs(hashtext(id_::text)) %% 100 = 21;

-- This one counts.
SET LOCAL session_replication_role = 'origin';

INSERT INTO __reana.user_resource (created, updated, user_id, resource_id, quota_limit, quota_used)
SELECT user_.created, user_.created, user_.id_, resource.id_,
    CASE resource.type_ WHEN 'cpu' THEN 36000000000 ELSE 10 * (1024::bigint) ^ 4 END, 0
FROM __reana.user_
CROSS JOIN __reana.resource;
