-- What is applied, by whom and when: the tables that yoyo keeps, in the schema of REANA.
-- Their columns are those of yoyo 9; times are UTC.

-- name: exists
-- not null: is_there
SELECT
    exists(
        SELECT 1
        FROM pg_catalog.pg_class
        INNER JOIN pg_catalog.pg_namespace
            ON pg_class.relnamespace = pg_namespace.oid
        WHERE
            pg_namespace.nspname = '__reana'
            AND pg_class.relname = 'yoyo_migration'
    ) AS is_there;

-- name: _create
DO $body$
BEGIN
    CREATE SCHEMA IF NOT EXISTS __reana;

    CREATE TABLE __reana.yoyo_migration (
        migration_hash varchar(64) PRIMARY KEY,
        migration_id varchar(255) NOT NULL UNIQUE,
        applied_at_utc timestamp NOT NULL
    );
    COMMENT ON TABLE __reana.yoyo_migration IS
        'Migrations that this database has; written by "reana-db migrate" only.';
    COMMENT ON COLUMN __reana.yoyo_migration.migration_hash IS
        'SHA-256 of the name, in hex.';
    COMMENT ON COLUMN __reana.yoyo_migration.migration_id IS
        'The name of the migration, as its file has it.';
    COMMENT ON COLUMN __reana.yoyo_migration.applied_at_utc IS
        'When it was applied or adopted.';

    CREATE TABLE __reana.yoyo_log (
        id varchar(36) PRIMARY KEY,
        migration_hash varchar(64) NOT NULL,
        migration_id varchar(255) NOT NULL,
        operation varchar(10) NOT NULL,
        username varchar(255) NOT NULL,
        hostname varchar(255) NOT NULL,
        comment varchar(255),
        created_at_utc timestamp NOT NULL
    );
    COMMENT ON TABLE __reana.yoyo_log IS
        'Every migration that was applied, adopted or rolled back: when (UTC), by which role, '
        'from where.';
    COMMENT ON COLUMN __reana.yoyo_log.id IS
        'Which entry.';
    COMMENT ON COLUMN __reana.yoyo_log.migration_hash IS
        'SHA-256 of the name, in hex.';
    COMMENT ON COLUMN __reana.yoyo_log.migration_id IS
        'The name of the migration, as its file has it.';
    COMMENT ON COLUMN __reana.yoyo_log.operation IS
        'apply, adopt or rollback.';
    COMMENT ON COLUMN __reana.yoyo_log.username IS
        'By which role.';
    COMMENT ON COLUMN __reana.yoyo_log.hostname IS
        'On which machine.';
    COMMENT ON COLUMN __reana.yoyo_log.comment IS
        'The release that did it, or how the database was adopted.';
    COMMENT ON COLUMN __reana.yoyo_log.created_at_utc IS
        'When.';
END
$body$;

-- name: remove
-- A schema with anything in it stays, and one of another role: it belongs to somebody else.
DO $body$
BEGIN
    DROP TABLE __reana.yoyo_log;
    DROP TABLE __reana.yoyo_migration;
    IF EXISTS (
        SELECT 1
        FROM pg_catalog.pg_namespace
        LEFT JOIN pg_catalog.pg_depend
            ON
                pg_namespace.oid = pg_depend.refobjid
                AND pg_depend.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
        WHERE
            pg_namespace.nspname = '__reana'
            AND pg_catalog.pg_has_role(pg_namespace.nspowner, 'USAGE')
            AND pg_depend.refobjid IS NULL
    ) THEN
        DROP SCHEMA __reana;
    END IF;
END
$body$;

-- name: applied
-- not null: adopted
-- The latest entry of the log tells how a migration came into this database.
SELECT
    yoyo_migration.migration_id AS id,
    yoyo_migration.applied_at_utc AS applied_at,
    latest.username AS applied_by,
    latest.hostname AS applied_from,
    latest.comment AS comment,
    latest.operation = 'adopt' AS adopted
FROM __reana.yoyo_migration
INNER JOIN
    LATERAL (
        SELECT
            yoyo_log.username,
            yoyo_log.hostname,
            yoyo_log.operation,
            yoyo_log.comment
        FROM __reana.yoyo_log
        WHERE
            yoyo_log.migration_hash = yoyo_migration.migration_hash
            AND yoyo_log.operation IN ('apply', 'adopt')
        ORDER BY
            yoyo_log.created_at_utc DESC,
            yoyo_log.id DESC
        LIMIT 1
    ) AS latest
    ON TRUE
ORDER BY
    yoyo_migration.migration_id;

-- name: _mark
INSERT INTO __reana.yoyo_migration (
    migration_hash,
    migration_id,
    applied_at_utc
)
VALUES (
    %(migration_hash)s,
    %(migration_id)s,
    pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
);

-- name: _forget
DELETE FROM __reana.yoyo_migration;

-- name: _unmark
DELETE FROM __reana.yoyo_migration
WHERE yoyo_migration.migration_hash = %(migration_hash)s;

-- name: _log
INSERT INTO __reana.yoyo_log (
    id,
    migration_hash,
    migration_id,
    operation,
    username,
    hostname,
    comment,
    created_at_utc
)
VALUES (
    %(log_id)s::text,
    %(migration_hash)s,
    %(migration_id)s,
    %(operation)s,
    session_user,
    pg_catalog.left(%(hostname)s, 255),
    pg_catalog.left(%(comment)s, 255),
    pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
);
