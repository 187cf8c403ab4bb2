-- The session that migrates: its settings, its lock, what it may do, and what it leaves behind.

-- name: _configure
-- No limit but the one on waiting for locks; names resolve the same for every role.
SELECT
    pg_catalog.set_config('statement_timeout', '0', FALSE) AS statement_timeout,
    pg_catalog.set_config('idle_in_transaction_session_timeout', '0', FALSE) AS idle_timeout,
    pg_catalog.set_config('search_path', 'pg_catalog', FALSE) AS search_path,
    pg_catalog.set_config('timezone', 'UTC', FALSE) AS timezone;

-- name: _notice_a_dead_client
-- From PostgreSQL 14 on, a server process whose client was killed stops within a second.
SELECT pg_catalog.set_config(pg_settings.name, '1s', FALSE) AS check_interval
FROM pg_catalog.pg_settings
WHERE pg_settings.name = 'client_connection_check_interval';

-- name: _limit_waiting
SELECT pg_catalog.set_config('lock_timeout', %(milliseconds)s::text, FALSE) AS lock_timeout;

-- name: _try_lock
-- not null: locked
-- The key is arbitrary and says "reana" in ASCII.
SELECT pg_catalog.pg_try_advisory_lock(491327155809) AS locked;

-- name: _unlock
SELECT pg_catalog.pg_advisory_unlock(491327155809) AS unlocked;

-- name: _blockers
-- not null: pid
-- Who holds the lock of migrations, or locks on REANA's tables; the longest transaction first.
SELECT
    activity.pid,
    activity.xact_start AS since,
    NULLIF(activity.application_name, '') AS application_name,
    pg_catalog.host(activity.client_addr) AS client
FROM pg_catalog.pg_stat_activity AS activity
WHERE
    activity.pid <> pg_catalog.pg_backend_pid()
    AND activity.pid IN (
        SELECT held.pid
        FROM pg_catalog.pg_locks AS held
        LEFT JOIN pg_catalog.pg_class
            ON held.locktype = 'relation' AND held.relation = pg_class.oid
        WHERE
            held.granted
            AND held.database = (
                SELECT pg_database.oid
                FROM pg_catalog.pg_database
                WHERE pg_database.datname = pg_catalog.current_database()
            )
            AND CASE
                WHEN %(migrating)s::boolean
                    THEN
                        held.locktype = 'advisory'
                        AND (held.classid::bigint << 32) + held.objid::bigint = 491327155809
                ELSE pg_class.relnamespace = pg_catalog.to_regnamespace('__reana')
            END
    )
ORDER BY
    activity.xact_start,
    activity.pid
LIMIT 3;

-- name: _server_process
-- not null: process_id, is_replica
SELECT
    pg_catalog.pg_backend_pid() AS process_id,
    pg_catalog.pg_is_in_recovery() AS is_replica;

-- name: _missing_rights
-- not null: what
-- What a role needs to create and change REANA's objects, as the rest of a sentence.
SELECT missing.what
FROM (
    SELECT
        1 AS rank,
        'CREATE on the database ' || pg_catalog.quote_ident(pg_catalog.current_database()) AS what
    WHERE NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
    UNION ALL
    SELECT
        2 AS rank,
        'CREATE on the schema ' || pg_namespace.nspname AS what
    FROM pg_catalog.pg_namespace
    WHERE
        pg_namespace.nspname IN ('public', '__reana')
        AND NOT pg_catalog.has_schema_privilege(pg_namespace.oid, 'CREATE')
    UNION ALL
    SELECT
        3 AS rank,
        'to own the table __reana.'
        || pg_catalog.quote_ident(pg_catalog.min(pg_class.relname)) AS what
    FROM pg_catalog.pg_class
    INNER JOIN pg_catalog.pg_namespace
        ON pg_class.relnamespace = pg_namespace.oid
    WHERE
        pg_namespace.nspname = '__reana'
        AND pg_class.relkind = 'r'
        AND NOT pg_catalog.pg_has_role(pg_class.relowner, 'USAGE')
    HAVING pg_catalog.count(*) > 0
) AS missing
ORDER BY
    missing.rank;

-- name: _drops_of_invalid_indexes
-- not null: statement
-- What a killed CREATE INDEX CONCURRENTLY leaves: an index that costs writes and serves nobody.
SELECT
    pg_catalog.format(
        'DROP INDEX CONCURRENTLY IF EXISTS %%I.%%I', pg_namespace.nspname, pg_class.relname
    ) AS statement
FROM pg_catalog.pg_index
INNER JOIN pg_catalog.pg_class
    ON pg_index.indexrelid = pg_class.oid
INNER JOIN pg_catalog.pg_namespace
    ON pg_class.relnamespace = pg_namespace.oid
WHERE
    NOT pg_index.indisvalid
    AND pg_namespace.nspname = '__reana'
    AND pg_class.relname = any(%(names)s::text[])
ORDER BY
    pg_class.relname;
