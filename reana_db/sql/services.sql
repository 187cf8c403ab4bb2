-- part: columns
service.id_,
link.workflow_id,
service.name,
service.uri,
service.type_,
service.status

-- part: log_columns
service_logs.id AS id_,
service.id_ AS service_id,
service.name AS service_name,
service_logs.event_time,
service_logs.log

-- part: in_log_order
ORDER BY
    service.name,
    service.id_,
    (service_logs.log ->> 'component' IS NOT DISTINCT FROM 'scheduler') DESC,
    service_logs.event_time,
    service_logs.id

-- name: _create
-- not null: run_found, created
-- The service of the run with this name, and the one with this name and address, of any run.
WITH run AS (
    SELECT workflow.id_
    FROM __reana.workflow
    WHERE workflow.id_ = %(workflow_id)s
),

there AS (
    SELECT service.id_
    FROM __reana.workflow_service AS link
    JOIN __reana.service
        ON link.service_id = service.id_
    WHERE
        %(once)s::boolean
        AND link.workflow_id = %(workflow_id)s
        AND service.name = %(name)s::text
    LIMIT 1
),

created AS (
    INSERT INTO __reana.service (
        id_,
        name,
        uri,
        status,
        type_
    )
    SELECT
        %(service_id)s,
        %(name)s::text,
        %(uri)s::text,
        'created',
        %(type_)s::public.servicetype
    FROM run
    WHERE NOT EXISTS (SELECT 1 FROM there)
    ON CONFLICT (name, uri) DO NOTHING
    RETURNING service.id_
),

linked AS (
    INSERT INTO __reana.workflow_service (
        workflow_id,
        service_id
    )
    SELECT
        run.id_,
        created.id_
    FROM run
    CROSS JOIN created
)

SELECT
    exists(SELECT 1 FROM run) AS run_found,
    (SELECT there.id_ FROM there) AS there,
    exists(SELECT 1 FROM created) AS created;

-- name: get
SELECT
    -- include: columns
FROM __reana.service
LEFT JOIN __reana.workflow_service AS link
    ON service.id_ = link.service_id
WHERE service.id_ = %(service_id)s;

-- name: of_workflow
SELECT
    -- include: columns
FROM __reana.workflow_service AS link
JOIN __reana.service
    ON link.service_id = service.id_
WHERE link.workflow_id = %(workflow_id)s
ORDER BY
    service.name,
    service.id_;

-- name: named
SELECT
    -- include: columns
FROM __reana.service
LEFT JOIN __reana.workflow_service AS link
    ON service.id_ = link.service_id
WHERE service.name = %(name)s
ORDER BY service.id_;

-- name: logs
SELECT
    -- include: log_columns
FROM __reana.service
JOIN __reana.service_logs
    ON service.id_ = service_logs.service_id
WHERE service.id_ = any(%(service_ids)s)
-- include: in_log_order;

-- name: logs_of_workflow
SELECT
    -- include: log_columns
FROM __reana.workflow_service AS link
JOIN __reana.service
    ON link.service_id = service.id_
JOIN __reana.service_logs
    ON service.id_ = service_logs.service_id
WHERE link.workflow_id = %(workflow_id)s
-- include: in_log_order;

-- name: _store_log
INSERT INTO __reana.service_logs (
    id,
    service_id,
    event_time,
    log
)
SELECT
    %(log_id)s,
    service.id_,
    pg_catalog.clock_timestamp(),
    %(log)s::jsonb
FROM __reana.service
WHERE service.id_ = %(service_id)s;

-- name: log_exists
-- not null: found
SELECT
    exists(
        SELECT 1
        FROM __reana.service_logs
        WHERE
            service_logs.service_id = %(service_id)s
            AND service_logs.log ->> 'pod_uid' = %(pod_uid)s
    ) AS found;
