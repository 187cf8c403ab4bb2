-- Privileges are granted by statements that the server writes: a role cannot be a parameter.

-- name: _missing
-- not null: statement
SELECT 'CREATE ROLE ' || quote_ident(wanted.name) || ' NOLOGIN' AS statement
FROM unnest((SELECT %(names)s::text[])) AS wanted (name)
WHERE
    NOT EXISTS (
        SELECT 1
        FROM pg_catalog.pg_roles
        WHERE pg_roles.rolname = wanted.name
    )
ORDER BY wanted.name;

-- name: _grants
-- Takes away what the roles have and grants what they need, so that it can be repeated.
-- not null: statement
WITH relation AS (
    SELECT
        pg_class.oid,
        pg_class.relname AS name,
        pg_namespace.nspname AS schema
    FROM pg_catalog.pg_class
    JOIN pg_catalog.pg_namespace
        ON pg_class.relnamespace = pg_namespace.oid
    WHERE
        pg_namespace.nspname IN ('__reana', 'reana')
        AND pg_class.relkind IN ('r', 'v')
),

-- Secrets are for services alone; logs and specifications for readers that were asked for them.
hidden AS (
    SELECT
        given.name,
        given.attribute,
        given.secret
    FROM (
        VALUES
        ('audit_log', 'details', TRUE),
        ('interactive_session', 'session_secret', TRUE),
        ('interactive_session', 'session_secret_digest', TRUE),
        ('job', 'env_vars', TRUE),
        ('orphan_job', 'env_vars', TRUE),
        ('user_', 'gitlab_webhook_secret', TRUE),
        ('user_', 'gitlab_webhook_secret_digest', TRUE),
        ('user_token', 'token', TRUE),
        ('user_token', 'token_digest', TRUE),
        ('job', 'logs', FALSE),
        ('orphan_job', 'logs', FALSE),
        ('service_logs', 'log', FALSE),
        ('workflow', 'input_parameters', FALSE),
        ('workflow', 'logs', FALSE),
        ('workflow', 'reana_specification', FALSE)
    ) AS given (name, attribute, secret)
),

readable AS (
    SELECT
        relation.schema,
        relation.name,
        string_agg(quote_ident(pg_attribute.attname), ', ' ORDER BY pg_attribute.attname)
        FILTER (WHERE hidden.attribute IS NULL) AS attributes,
        bool_or(hidden.attribute IS NOT NULL) AS partly
    FROM relation
    JOIN pg_catalog.pg_attribute
        ON relation.oid = pg_attribute.attrelid
    LEFT JOIN hidden
        ON
            relation.name = hidden.name
            AND pg_attribute.attname = hidden.attribute
            AND (hidden.secret OR NOT %(with_logs)s::boolean)
    WHERE
        pg_attribute.attnum > 0
        AND NOT pg_attribute.attisdropped
    GROUP BY
        relation.schema,
        relation.name
),

-- quota_counted is what the database believes of a total: nobody else writes it.
needed AS (
    SELECT
        given.part,
        given.privilege,
        given.object
    FROM (
        VALUES
        ('service', 'SELECT', 'ALL TABLES IN SCHEMA __reana'),
        ('service', 'SELECT', 'ALL TABLES IN SCHEMA reana'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.audit_log'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.interactive_session'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.interactive_session_resource'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.job'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.job_cache'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.resource'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.service'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.service_logs'),
        ('service', 'INSERT, DELETE', '__reana.user_'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.status_message'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.user_token'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.user_workflow'),
        ('service', 'INSERT, DELETE', '__reana.workflow'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.workflow_resource'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.workflow_service'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.workflow_session'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.workspace_removal'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.workspace_retention_audit_log'),
        ('service', 'INSERT, UPDATE, DELETE', '__reana.workspace_retention_rule'),
        (
            'service',
            'INSERT (created, updated, user_id, resource_id, quota_limit, quota_used,'
            || ' quota_period_months, quota_period_start_at)',
            '__reana.user_resource'
        ),
        (
            'service',
            'UPDATE (created, updated, quota_limit, quota_used, quota_period_months,'
            || ' quota_period_start_at)',
            '__reana.user_resource'
        ),
        ('service', 'UPDATE (workflow_id)', '__reana.run_time'),
        ('operator', 'INSERT, UPDATE, DELETE', '__reana.setting'),
        ('operator', 'UPDATE (updated, default_limit)', '__reana.resource'),
        (
            'operator',
            'INSERT (created, updated, user_id, resource_id, quota_limit, quota_used,'
            || ' quota_period_months, quota_period_start_at)',
            '__reana.user_resource'
        ),
        (
            'operator',
            'UPDATE (updated, quota_limit, quota_period_months, quota_period_start_at)',
            '__reana.user_resource'
        ),
        ('operator', 'INSERT, UPDATE', '__reana.workflow_resource'),
        ('operator', 'UPDATE (workflow_id)', '__reana.run_time'),
        ('operator', 'UPDATE (status)', '__reana.interactive_session'),
        ('operator', 'UPDATE (status)', '__reana.job'),
        ('operator', 'UPDATE (status)', '__reana.service'),
        ('operator', 'UPDATE (status)', '__reana.workflow'),
        ('operator', 'UPDATE (status)', '__reana.workspace_retention_rule'),
        -- A row lock, which pruning takes, asks for UPDATE; of an identity it changes nothing else.
        ('operator', 'DELETE, UPDATE (id)', '__reana.status_history')
    ) AS given (part, privilege, object)
    UNION ALL
    -- Quota periods begin with a user: what was made then stays so.
    SELECT
        'service',
        'UPDATE (' || string_agg(
            quote_ident(pg_attribute.attname), ', ' ORDER BY pg_attribute.attname
        ) || ')',
        relation.schema || '.' || relation.name
    FROM relation
    JOIN pg_catalog.pg_attribute
        ON relation.oid = pg_attribute.attrelid
    WHERE
        relation.schema = '__reana'
        AND relation.name IN ('user_', 'workflow')
        AND pg_attribute.attnum > 0
        AND NOT pg_attribute.attisdropped
        AND pg_attribute.attname NOT IN ('id_', 'created')
    GROUP BY
        relation.schema,
        relation.name
    UNION ALL
    SELECT
        role.part,
        'SELECT' || CASE WHEN readable.partly THEN ' (' || readable.attributes || ')' ELSE '' END,
        readable.schema || '.' || quote_ident(readable.name)
    FROM readable
    CROSS JOIN (VALUES ('reader'), ('operator')) AS role (part)
    UNION ALL
    SELECT
        role.part,
        'USAGE',
        'SCHEMA ' || pg_namespace.nspname
    FROM pg_catalog.pg_namespace
    CROSS JOIN (VALUES ('service'), ('reader'), ('operator')) AS role (part)
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
    UNION ALL
    SELECT
        given.part,
        'EXECUTE',
        'FUNCTION ' || pg_proc.oid::regprocedure
    FROM (
        VALUES
        ('service', 'count_web_sessions'),
        ('service', 'counted_cpu'),
        ('service', 'counted_disk'),
        ('service', 'cpu_milliseconds'),
        ('service', 'current_period_start'),
        ('service', 'end_of_retention'),
        ('service', 'ensure_session_secret'),
        ('service', 'ensure_webhook_secret'),
        ('service', 'grant_token'),
        ('service', 'has_expired'),
        ('service', 'is_transition'),
        ('service', 'lock_totals'),
        ('service', 'merge_job_progress'),
        ('service', 'recount_user'),
        ('service', 'request_token'),
        ('service', 'status_mode'),
        ('service', 'stored_form'),
        ('reader', 'counted_cpu'),
        ('reader', 'counted_disk'),
        ('reader', 'cpu_milliseconds'),
        ('reader', 'current_period_start'),
        ('reader', 'has_expired'),
        ('reader', 'is_transition'),
        ('reader', 'status_mode'),
        ('operator', 'counted_cpu'),
        ('operator', 'counted_disk'),
        ('operator', 'cpu_milliseconds'),
        ('operator', 'current_period_start'),
        ('operator', 'end_of_retention'),
        ('operator', 'has_expired'),
        ('operator', 'is_transition'),
        ('operator', 'lock_totals'),
        ('operator', 'recount_user'),
        ('operator', 'status_mode')
    ) AS given (part, name)
    JOIN pg_catalog.pg_proc
        ON
            given.name = pg_proc.proname
            AND pg_proc.pronamespace = '__reana'::regnamespace
),

role AS (
    SELECT
        given.part,
        quote_ident(given.name) AS name
    FROM (
        VALUES
        ('service', %(service)s::text),
        ('reader', %(reader)s::text),
        ('operator', %(operator)s::text)
    ) AS given (part, name)
),

written (step, statement) AS (
    SELECT
        1,
        'REVOKE ALL ON ALL ' || kind.name || ' IN SCHEMA __reana, reana FROM ' || role.name
    FROM role
    CROSS JOIN (VALUES ('TABLES'), ('SEQUENCES'), ('FUNCTIONS')) AS kind (name)
    UNION ALL
    SELECT
        1,
        'REVOKE ALL ON SCHEMA __reana, reana FROM ' || role.name
    FROM role
    UNION ALL
    SELECT
        2,
        'REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA __reana FROM PUBLIC'
    UNION ALL
    -- Servers before 15 let everybody make operators there that administrators would call.
    SELECT
        2,
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
    WHERE
        EXISTS (
            SELECT 1
            FROM pg_catalog.pg_namespace
            WHERE
                pg_namespace.nspname = 'public'
                AND pg_catalog.pg_has_role(pg_namespace.nspowner, 'USAGE')
        )
    UNION ALL
    SELECT
        3,
        'GRANT ' || needed.privilege || ' ON ' || needed.object || ' TO ' || role.name
    FROM needed
    JOIN role
        ON needed.part = role.part
)

SELECT written.statement
FROM written
ORDER BY
    written.step,
    written.statement;

-- name: privileges
-- not null: role, object, privilege
-- What was granted on columns is listed by column; what the owner of everything has is not.
SELECT
    grantee.rolname::text AS role,
    granted.object,
    string_agg(granted.privilege, ', ' ORDER BY granted.privilege) AS privilege
FROM (
    SELECT
        acl.grantee,
        pg_namespace.nspname || '.' || pg_class.relname AS object,
        acl.privilege_type AS privilege
    FROM pg_catalog.pg_class
    JOIN pg_catalog.pg_namespace
        ON pg_class.relnamespace = pg_namespace.oid
    CROSS JOIN LATERAL pg_catalog.aclexplode(pg_class.relacl) AS acl
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
    UNION ALL
    SELECT
        acl.grantee,
        pg_namespace.nspname || '.' || pg_class.relname,
        acl.privilege_type || ' ('
        || string_agg(pg_attribute.attname, ', ' ORDER BY pg_attribute.attname) || ')'
    FROM pg_catalog.pg_attribute
    JOIN pg_catalog.pg_class
        ON pg_attribute.attrelid = pg_class.oid
    JOIN pg_catalog.pg_namespace
        ON pg_class.relnamespace = pg_namespace.oid
    CROSS JOIN LATERAL pg_catalog.aclexplode(pg_attribute.attacl) AS acl
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
    GROUP BY
        acl.grantee,
        pg_namespace.nspname,
        pg_class.relname,
        acl.privilege_type
    UNION ALL
    SELECT
        acl.grantee,
        pg_namespace.nspname || '.' || pg_proc.proname || '()',
        acl.privilege_type
    FROM pg_catalog.pg_proc
    JOIN pg_catalog.pg_namespace
        ON pg_proc.pronamespace = pg_namespace.oid
    CROSS JOIN LATERAL pg_catalog.aclexplode(pg_proc.proacl) AS acl
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
    UNION ALL
    SELECT
        acl.grantee,
        'schema ' || pg_namespace.nspname,
        acl.privilege_type
    FROM pg_catalog.pg_namespace
    CROSS JOIN LATERAL pg_catalog.aclexplode(pg_namespace.nspacl) AS acl
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
) AS granted
JOIN pg_catalog.pg_roles AS grantee
    ON granted.grantee = grantee.oid
WHERE grantee.rolname = any((SELECT %(names)s::text[])::text[])
GROUP BY
    grantee.rolname,
    granted.object
ORDER BY
    grantee.rolname,
    granted.object;

-- name: powers
-- not null: power
SELECT given.power
FROM (
    SELECT
        'it is a superuser' AS power,
        pg_roles.rolsuper AS has
    FROM pg_catalog.pg_roles
    WHERE pg_roles.rolname = session_user
    UNION ALL
    SELECT
        'it has BYPASSRLS',
        pg_roles.rolbypassrls
    FROM pg_catalog.pg_roles
    WHERE pg_roles.rolname = session_user
    UNION ALL
    SELECT
        'it can act as the owner of ' || string_agg(pg_class.oid::regclass::text, ', '),
        count(*) > 0
    FROM pg_catalog.pg_class
    WHERE
        pg_class.oid IN ('__reana.workflow'::regclass, '__reana.status_history'::regclass)
        AND pg_catalog.pg_has_role(session_user, pg_class.relowner, 'MEMBER')
    UNION ALL
    SELECT
        'it has ' || privilege.name || ' on ' || string_agg(
            pg_class.relname, ', ' ORDER BY pg_class.relname
        ),
        TRUE
    FROM pg_catalog.pg_class
    CROSS JOIN (VALUES ('TRIGGER'), ('TRUNCATE')) AS privilege (name)
    WHERE
        pg_class.relnamespace = '__reana'::regnamespace
        AND pg_class.relkind = 'r'
        AND pg_catalog.has_table_privilege(session_user, pg_class.oid, privilege.name)
        AND NOT pg_catalog.pg_has_role(session_user, pg_class.relowner, 'MEMBER')
    GROUP BY privilege.name
) AS given
WHERE given.has;
