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
WITH created AS (
    INSERT INTO __reana.service (
        id_,
        name,
        uri,
        status,
        type_
    )
    VALUES (
        %(service_id)s,
        %(name)s,
        %(uri)s,
        'created',
        %(type_)s::public.servicetype
    )
    RETURNING service.id_
)

INSERT INTO __reana.workflow_service (
    workflow_id,
    service_id
)
SELECT
    %(workflow_id)s,
    created.id_
FROM created;

-- name: _ensure
WITH created AS (
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
        %(uri)s,
        'created',
        %(type_)s::public.servicetype
    WHERE
        NOT EXISTS (
            SELECT 1
            FROM __reana.workflow_service AS link
            JOIN __reana.service
                ON link.service_id = service.id_
            WHERE
                link.workflow_id = %(workflow_id)s
                AND service.name = %(name)s::text
        )
    ON CONFLICT (name, uri) DO NOTHING
    RETURNING id_
)

INSERT INTO __reana.workflow_service (
    workflow_id,
    service_id
)
SELECT
    %(workflow_id)s,
    created.id_
FROM created;

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
VALUES (
    %(log_id)s,
    %(service_id)s,
    pg_catalog.clock_timestamp(),
    %(log)s::jsonb
);

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
