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

-- part: needed
-- Which roles need which privileges: one row for each privilege on an object.
WITH role AS (
    SELECT
        given.part,
        given.name,
        given.with_logs
    FROM unnest(
        (SELECT %(parts)s::text[]),
        (SELECT %(names)s::text[]),
        (SELECT %(with_logs)s::boolean[])
    ) AS given (part, name, with_logs)
),

relation AS (
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

attribute AS (
    SELECT
        relation.oid,
        relation.schema,
        relation.name AS relation,
        pg_attribute.attname AS name
    FROM relation
    JOIN pg_catalog.pg_attribute
        ON relation.oid = pg_attribute.attrelid
    WHERE
        pg_attribute.attnum > 0
        AND NOT pg_attribute.attisdropped
),

-- Secrets are for services alone; logs and specifications for readers that were asked for them.
hidden AS (
    SELECT
        given.relation,
        given.name,
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
    ) AS given (relation, name, secret)
),

-- What roles read: all columns of a table (NULL), or those that are not hidden.
readable AS (
    SELECT
        role.name AS grantee,
        attribute.schema,
        attribute.relation,
        CASE
            WHEN bool_or(hidden.name IS NOT NULL)
                THEN array_agg(attribute.name::text) FILTER (WHERE hidden.name IS NULL)
        END AS attributes
    FROM role
    CROSS JOIN attribute
    LEFT JOIN hidden
        ON
            attribute.relation = hidden.relation
            AND attribute.name = hidden.name
            AND role.part <> 'service'
            AND (hidden.secret OR NOT role.with_logs)
    GROUP BY
        role.name,
        attribute.schema,
        attribute.relation
),

-- quota_counted is what the database believes of a total: nobody else writes it.
-- A row lock, which pruning takes, asks for UPDATE; of an identity it changes nothing else.
written AS (
    SELECT
        role.name AS grantee,
        given.relation,
        privilege.name AS privilege,
        string_to_array(given.attributes, ' ') AS attributes
    FROM (
        VALUES
        ('service', 'audit_log', 'INSERT UPDATE DELETE', NULL),
        ('service', 'interactive_session', 'INSERT UPDATE DELETE', NULL),
        ('service', 'interactive_session_resource', 'INSERT UPDATE DELETE', NULL),
        ('service', 'job', 'INSERT UPDATE DELETE', NULL),
        ('service', 'job_cache', 'INSERT UPDATE DELETE', NULL),
        ('service', 'resource', 'INSERT UPDATE DELETE', NULL),
        ('service', 'run_time', 'UPDATE', 'workflow_id'),
        ('service', 'service', 'INSERT UPDATE DELETE', NULL),
        ('service', 'service_logs', 'INSERT UPDATE DELETE', NULL),
        ('service', 'status_message', 'INSERT UPDATE DELETE', NULL),
        ('service', 'user_', 'INSERT DELETE', NULL),
        (
            'service', 'user_resource', 'INSERT',
            'created updated user_id resource_id quota_limit quota_used'
            || ' quota_period_months quota_period_start_at'
        ),
        (
            'service', 'user_resource', 'UPDATE',
            'created updated quota_limit quota_used quota_period_months quota_period_start_at'
        ),
        ('service', 'user_token', 'INSERT UPDATE DELETE', NULL),
        ('service', 'user_workflow', 'INSERT UPDATE DELETE', NULL),
        ('service', 'workflow', 'INSERT DELETE', NULL),
        ('service', 'workflow_resource', 'INSERT UPDATE DELETE', NULL),
        ('service', 'workflow_service', 'INSERT UPDATE DELETE', NULL),
        ('service', 'workflow_session', 'INSERT UPDATE DELETE', NULL),
        ('service', 'workspace_removal', 'INSERT UPDATE DELETE', NULL),
        ('service', 'workspace_retention_audit_log', 'INSERT UPDATE DELETE', NULL),
        ('service', 'workspace_retention_rule', 'INSERT UPDATE DELETE', NULL),
        ('operator', 'interactive_session', 'UPDATE', 'status'),
        ('operator', 'job', 'UPDATE', 'status'),
        ('operator', 'resource', 'UPDATE', 'updated default_limit'),
        ('operator', 'run_time', 'UPDATE', 'workflow_id'),
        ('operator', 'service', 'UPDATE', 'status'),
        ('operator', 'setting', 'INSERT UPDATE DELETE', NULL),
        ('operator', 'status_history', 'DELETE', NULL),
        ('operator', 'status_history', 'UPDATE', 'id'),
        (
            'operator', 'user_resource', 'INSERT',
            'created updated user_id resource_id quota_limit quota_used'
            || ' quota_period_months quota_period_start_at'
        ),
        (
            'operator', 'user_resource', 'UPDATE',
            'updated quota_limit quota_period_months quota_period_start_at'
        ),
        ('operator', 'workflow', 'UPDATE', 'status'),
        ('operator', 'workflow_resource', 'INSERT UPDATE', NULL),
        ('operator', 'workspace_retention_rule', 'UPDATE', 'status')
    ) AS given (part, relation, privileges, attributes)
    JOIN role
        ON given.part = role.part
    CROSS JOIN LATERAL unnest(string_to_array(given.privileges, ' ')) AS privilege (name)
    UNION ALL
    -- Quota periods begin with a user: what was made then stays so.
    SELECT
        role.name,
        attribute.relation,
        'UPDATE',
        array_agg(attribute.name::text)
    FROM role
    CROSS JOIN attribute
    WHERE
        role.part = 'service'
        AND attribute.schema = '__reana'
        AND attribute.relation IN ('user_', 'workflow')
        AND attribute.name NOT IN ('id_', 'created')
    GROUP BY
        role.name,
        attribute.relation
),

called AS (
    SELECT
        role.name AS grantee,
        pg_proc.oid
    FROM (
        VALUES
        ('service', 'count_web_sessions'),
        ('service', 'counted_cpu'),
        ('service', 'counted_disk'),
        ('service', 'cpu_milliseconds'),
        ('service', 'current_period_start'),
        ('service', 'end_of_retention'),
        ('service', 'end_retention_rules'),
        ('service', 'ensure_session_secret'),
        ('service', 'ensure_webhook_secret'),
        ('service', 'grant_token'),
        ('service', 'has_expired'),
        ('service', 'is_transition'),
        ('service', 'lock_totals'),
        ('service', 'merge_job_progress'),
        ('service', 'record_runs'),
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
        ('operator', 'end_retention_rules'),
        ('operator', 'has_expired'),
        ('operator', 'is_transition'),
        ('operator', 'lock_totals'),
        ('operator', 'record_runs'),
        ('operator', 'recount_user'),
        ('operator', 'status_mode')
    ) AS given (part, name)
    JOIN role
        ON given.part = role.part
    JOIN pg_catalog.pg_proc
        ON
            given.name = pg_proc.proname
            AND pg_proc.pronamespace = pg_catalog.to_regnamespace('__reana')
),

needed AS (
    SELECT
        on_tables.grantee,
        relation.oid,
        'TABLE' AS kind,
        relation.schema || '.' || quote_ident(relation.name) AS object,
        on_tables.privilege,
        on_tables.attributes
    FROM (
        SELECT
            written.grantee,
            '__reana' AS schema,
            written.relation,
            written.privilege,
            written.attributes
        FROM written
        UNION ALL
        SELECT
            readable.grantee,
            readable.schema,
            readable.relation,
            'SELECT',
            readable.attributes
        FROM readable
    ) AS on_tables
    JOIN relation
        ON
            on_tables.schema = relation.schema
            AND on_tables.relation = relation.name
    UNION ALL
    SELECT
        role.name,
        pg_namespace.oid,
        'SCHEMA',
        pg_namespace.nspname,
        'USAGE',
        NULL
    FROM role
    CROSS JOIN pg_catalog.pg_namespace
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
    UNION ALL
    SELECT
        called.grantee,
        called.oid,
        'FUNCTION',
        called.oid::regprocedure::text,
        'EXECUTE',
        NULL
    FROM called
)

-- part: grant
'GRANT ' || string_agg(
    needed.privilege || COALESCE(
        ' (' || (
            SELECT string_agg(quote_ident(attribute.name), ', ' ORDER BY attribute.name)
            FROM unnest(needed.attributes) AS attribute (name)
        ) || ')',
        ''
    ),
    ', ' ORDER BY needed.privilege
) || ' ON ' || needed.kind || ' ' || needed.object || ' TO ' || quote_ident(needed.grantee)

-- name: _grants
-- Takes away what the roles have and grants what they need, so that it can be repeated.
-- not null: statement
-- include: needed

SELECT statements.statement
FROM (
    SELECT
        1 AS step,
        'REVOKE ALL ON ALL ' || kind.name || ' IN SCHEMA __reana, reana FROM '
        || quote_ident(role.name) AS statement
    FROM role
    CROSS JOIN (VALUES ('TABLES'), ('SEQUENCES'), ('FUNCTIONS')) AS kind (name)
    UNION ALL
    SELECT
        1,
        'REVOKE ALL ON SCHEMA __reana, reana FROM ' || quote_ident(role.name)
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
        -- include: grant
    FROM needed
    GROUP BY
        needed.kind,
        needed.object,
        needed.grantee
) AS statements
ORDER BY
    statements.step,
    statements.statement;

-- name: _missing_grants
-- not null: statement
-- include: needed

SELECT statements.statement
FROM (
    SELECT
        1 AS step,
        'REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA __reana FROM PUBLIC' AS statement
    WHERE
        EXISTS (SELECT 1 FROM role)
        AND EXISTS (
            SELECT 1
            FROM pg_catalog.pg_proc
            WHERE
                pg_proc.pronamespace = pg_catalog.to_regnamespace('__reana')
                AND pg_catalog.has_function_privilege('public', pg_proc.oid, 'EXECUTE')
        )
    UNION ALL
    SELECT
        2,
        -- include: grant
    FROM needed
    WHERE
        NOT CASE
            WHEN needed.kind = 'SCHEMA'
                THEN pg_catalog.has_schema_privilege(needed.grantee, needed.oid, needed.privilege)
            WHEN needed.kind = 'FUNCTION'
                THEN
                    pg_catalog.has_function_privilege(needed.grantee, needed.oid, needed.privilege)
                    -- What everybody may do, nobody may once it is taken from PUBLIC.
                    AND NOT pg_catalog.has_function_privilege(
                        'public', needed.oid, needed.privilege
                    )
            WHEN needed.attributes IS NULL
                THEN pg_catalog.has_table_privilege(needed.grantee, needed.oid, needed.privilege)
            ELSE (
                SELECT
                    bool_and(
                        pg_catalog.has_column_privilege(
                            needed.grantee, needed.oid, attribute.name, needed.privilege
                        )
                    )
                FROM unnest(needed.attributes) AS attribute (name)
            )
        END
    GROUP BY
        needed.kind,
        needed.object,
        needed.grantee
) AS statements
ORDER BY
    statements.step,
    statements.statement;

-- name: granted
-- not null: part, name, with_logs
-- Recognised by a set of privileges on single columns that nobody grants by hand.
SELECT
    pg_roles.rolname::text AS name,
    CASE
        WHEN found.part = 'service' THEN found.part
        WHEN
            pg_catalog.has_table_privilege(
                found.grantee, pg_catalog.to_regclass('__reana.setting'), 'INSERT'
            )
            THEN 'operator'
        ELSE 'reader'
    END AS part,
    found.part <> 'service' AND pg_catalog.has_column_privilege(
        found.grantee, pg_catalog.to_regclass('__reana.workflow'), 'logs', 'SELECT'
    ) AS with_logs
FROM (
    SELECT
        mark.part,
        acl.grantee
    FROM (
        VALUES
        ('service', 'user_', 'full_name', 'UPDATE', 4),
        ('service', 'user_resource', 'quota_limit', 'INSERT', 4),
        ('service', 'user_resource', 'quota_limit', 'UPDATE', 4),
        ('service', 'workflow', 'name', 'UPDATE', 4),
        ('people', 'audit_log', 'action', 'SELECT', 5),
        ('people', 'interactive_session', 'name', 'SELECT', 5),
        ('people', 'job', 'job_name', 'SELECT', 5),
        ('people', 'user_', 'full_name', 'SELECT', 5),
        ('people', 'user_token', 'status', 'SELECT', 5)
    ) AS mark (part, relation, attribute, privilege, number)
    JOIN pg_catalog.pg_attribute
        ON
            pg_catalog.to_regclass('__reana.' || mark.relation) = pg_attribute.attrelid
            AND mark.attribute = pg_attribute.attname
    CROSS JOIN LATERAL pg_catalog.aclexplode(pg_attribute.attacl) AS acl
    WHERE mark.privilege = acl.privilege_type
    GROUP BY
        mark.part,
        mark.number,
        acl.grantee
    HAVING count(*) = mark.number
) AS found
JOIN pg_catalog.pg_roles
    ON found.grantee = pg_roles.oid
ORDER BY pg_roles.rolname;

-- name: elsewhere
-- not null: name, databases
SELECT
    pg_roles.rolname::text AS name,
    string_agg(DISTINCT pg_database.datname, ', ') AS databases
FROM pg_catalog.pg_shdepend
JOIN pg_catalog.pg_roles
    ON pg_shdepend.refobjid = pg_roles.oid
JOIN pg_catalog.pg_database
    ON pg_shdepend.dbid = pg_database.oid
WHERE
    pg_shdepend.refclassid = 'pg_catalog.pg_authid'::regclass
    AND pg_database.datname <> pg_catalog.current_database()
    AND pg_roles.rolname = any((SELECT %(names)s::text[])::text[])
GROUP BY pg_roles.rolname
ORDER BY pg_roles.rolname;

-- name: _ownership
-- not null: statement
-- What a role must own, and be allowed, to migrate; nothing where it has all that.
WITH owned AS (
    SELECT
        'SCHEMA' AS kind,
        quote_ident(pg_namespace.nspname) AS object,
        pg_namespace.nspowner AS owner
    FROM pg_catalog.pg_namespace
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
    UNION ALL
    -- A database that is REANA's alone: its owner could drop it.
    SELECT
        'DATABASE',
        quote_ident(pg_database.datname),
        pg_database.datdba
    FROM pg_catalog.pg_database
    JOIN pg_catalog.pg_namespace
        ON pg_database.datdba = pg_namespace.nspowner
    WHERE
        pg_database.datname = pg_catalog.current_database()
        AND pg_namespace.nspname = '__reana'
    UNION ALL
    SELECT
        CASE pg_class.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
        quote_ident(pg_namespace.nspname) || '.' || quote_ident(pg_class.relname),
        pg_class.relowner
    FROM pg_catalog.pg_class
    JOIN pg_catalog.pg_namespace
        ON pg_class.relnamespace = pg_namespace.oid
    WHERE
        pg_namespace.nspname IN ('__reana', 'reana')
        AND pg_class.relkind IN ('r', 'p', 'v', 'S')
        -- The sequence of a column goes with its table.
        AND NOT EXISTS (
            SELECT 1
            FROM pg_catalog.pg_depend
            WHERE
                pg_depend.classid = 'pg_catalog.pg_class'::regclass
                AND pg_depend.objid = pg_class.oid
                AND pg_depend.deptype IN ('a', 'i')
                AND pg_class.relkind = 'S'
        )
    UNION ALL
    SELECT
        'FUNCTION',
        pg_proc.oid::regprocedure::text,
        pg_proc.proowner
    FROM pg_catalog.pg_proc
    JOIN pg_catalog.pg_namespace
        ON pg_proc.pronamespace = pg_namespace.oid
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
    UNION ALL
    SELECT
        'TYPE',
        quote_ident(pg_namespace.nspname) || '.' || quote_ident(pg_type.typname),
        pg_type.typowner
    FROM pg_catalog.pg_type
    JOIN pg_catalog.pg_namespace
        ON pg_type.typnamespace = pg_namespace.oid
    WHERE
        pg_type.typtype = 'e'
        AND EXISTS (
            SELECT 1
            FROM pg_catalog.pg_attribute
            JOIN pg_catalog.pg_class
                ON pg_attribute.attrelid = pg_class.oid
            WHERE
                pg_attribute.atttypid = pg_type.oid
                AND pg_class.relnamespace = pg_catalog.to_regnamespace('__reana')
        )
),

new AS (
    SELECT
        given.name,
        pg_roles.oid,
        quote_ident(given.name) AS quoted
    FROM (VALUES (%(owner)s::text)) AS given (name)
    LEFT JOIN pg_catalog.pg_roles
        ON given.name = pg_roles.rolname
)

SELECT statements.statement
FROM (
    SELECT
        1 AS step,
        'CREATE ROLE ' || new.quoted || ' LOGIN' AS statement
    FROM new
    WHERE new.oid IS NULL
    UNION ALL
    SELECT
        2,
        'GRANT CONNECT, CREATE ON DATABASE ' || quote_ident(pg_catalog.current_database()) || ' TO '
        || new.quoted
    FROM new
    WHERE
        new.oid IS NULL
        OR NOT pg_catalog.has_database_privilege(
            new.oid, pg_catalog.current_database(), 'CREATE'
        )
    UNION ALL
    SELECT
        2,
        'GRANT USAGE, CREATE ON SCHEMA public TO ' || new.quoted
    FROM new
    WHERE
        new.oid IS NULL
        OR NOT pg_catalog.has_schema_privilege(new.oid, 'public', 'CREATE')
    UNION ALL
    -- Servers before 15 let everybody make operators there that administrators would call.
    SELECT
        3,
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
    FROM pg_catalog.pg_namespace
    CROSS JOIN LATERAL pg_catalog.aclexplode(pg_namespace.nspacl) AS acl
    WHERE
        pg_namespace.nspname = 'public'
        AND acl.grantee = 0
        AND acl.privilege_type = 'CREATE'
    UNION ALL
    SELECT
        CASE WHEN owned.kind = 'SCHEMA' THEN 4 ELSE 5 END,
        'ALTER ' || owned.kind || ' ' || owned.object || ' OWNER TO ' || new.quoted
    FROM owned
    CROSS JOIN new
    WHERE owned.owner IS DISTINCT FROM new.oid
) AS statements
ORDER BY
    statements.step,
    statements.statement;

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
    WHERE
        pg_namespace.nspname IN ('__reana', 'reana')
        AND NOT pg_attribute.attisdropped
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
    UNION ALL
    SELECT
        'it can write ' || string_agg(given.name, ', ' ORDER BY given.name),
        count(*) > 0
    FROM (
        VALUES
        ('quota_ledger'), ('setting'), ('status_history'), ('status_transition'), ('yoyo_migration')
    ) AS given (name)
    WHERE
        pg_catalog.has_table_privilege(
            session_user, '__reana.' || given.name, 'INSERT, UPDATE, DELETE'
        )
        AND NOT EXISTS (
            SELECT 1
            FROM pg_catalog.pg_class
            WHERE
                pg_class.oid = pg_catalog.to_regclass('__reana.' || given.name)
                AND pg_catalog.pg_has_role(session_user, pg_class.relowner, 'MEMBER')
        )
    UNION ALL
    SELECT
        'it can act as the owner of the database',
        pg_catalog.pg_has_role(session_user, pg_database.datdba, 'MEMBER')
    FROM pg_catalog.pg_database
    WHERE pg_database.datname = pg_catalog.current_database()
    UNION ALL
    SELECT
        'it can create objects in the schema public',
        pg_catalog.has_schema_privilege(session_user, 'public', 'CREATE')
) AS given
WHERE given.has;
