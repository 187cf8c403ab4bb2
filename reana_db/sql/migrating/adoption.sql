-- What a database made by Alembic, or by nobody we know, looks like.

-- name: facts
-- not null: fact
-- Tables, columns, enum labels, constraints and indexes of REANA, one line each, without the names
-- of constraints and indexes: those differ between databases that are otherwise the same.
WITH relation AS (
    SELECT
        pg_class.oid AS id,
        pg_class.relname AS name
    FROM pg_catalog.pg_class
    INNER JOIN pg_catalog.pg_namespace
        ON pg_class.relnamespace = pg_namespace.oid
    WHERE
        pg_namespace.nspname = '__reana'
        AND pg_class.relkind = 'r'
),

enum_label AS (
    SELECT
        pg_type.oid AS type_id,
        pg_type.typname AS type_name,
        pg_enum.enumlabel AS label
    FROM pg_catalog.pg_type
    INNER JOIN pg_catalog.pg_namespace
        ON pg_type.typnamespace = pg_namespace.oid
    INNER JOIN pg_catalog.pg_enum
        ON pg_type.oid = pg_enum.enumtypid
    WHERE pg_namespace.nspname = 'public'
),

column_fact AS (
    SELECT
        pg_catalog.concat(
            'column ', relation.name, '.', pg_attribute.attname, ' ',
            CASE
                WHEN EXISTS (
                    SELECT 1
                    FROM enum_label
                    WHERE enum_label.type_id = pg_attribute.atttypid
                ) THEN 'public.' || pg_type.typname
                ELSE pg_catalog.format_type(pg_attribute.atttypid, pg_attribute.atttypmod)
            END,
            CASE WHEN pg_attribute.attnotnull THEN ' not null' END
        ) AS fact
    FROM relation
    INNER JOIN pg_catalog.pg_attribute
        ON relation.id = pg_attribute.attrelid
    INNER JOIN pg_catalog.pg_type
        ON pg_attribute.atttypid = pg_type.oid
    WHERE
        pg_attribute.attnum > 0
        AND NOT pg_attribute.attisdropped
),

constraint_columns AS (
    SELECT
        pg_constraint.oid AS id,
        pg_catalog.string_agg(pg_attribute.attname, ', ' ORDER BY item.position) AS names
    FROM pg_catalog.pg_constraint
    CROSS JOIN
        LATERAL pg_catalog.unnest(pg_constraint.conkey)
        WITH ORDINALITY AS item (attnum, position)
    INNER JOIN pg_catalog.pg_attribute
        ON
            pg_constraint.conrelid = pg_attribute.attrelid
            AND item.attnum = pg_attribute.attnum
    GROUP BY
        pg_constraint.oid
),

constraint_fact AS (
    SELECT
        pg_catalog.concat(
            CASE pg_constraint.contype
                WHEN 'p' THEN 'primary key '
                WHEN 'u' THEN 'unique '
                WHEN 'f' THEN 'foreign key '
                WHEN 'c' THEN 'check '
            END,
            relation.name,
            ' (', constraint_columns.names, ')',
            CASE WHEN pg_constraint.contype = 'f' THEN ' to ' || referenced.name END,
            CASE WHEN pg_constraint.confdeltype = 'c' THEN ' on delete cascade' END,
            CASE
                WHEN pg_constraint.contype = 'c'
                    THEN ' ' || pg_catalog.pg_get_expr(pg_constraint.conbin, pg_constraint.conrelid)
            END
        ) AS fact
    FROM pg_catalog.pg_constraint
    INNER JOIN relation
        ON pg_constraint.conrelid = relation.id
    INNER JOIN constraint_columns
        ON pg_constraint.oid = constraint_columns.id
    LEFT JOIN relation AS referenced
        ON pg_constraint.confrelid = referenced.id
    WHERE
        pg_constraint.contype IN ('p', 'u', 'f', 'c')
        AND pg_constraint.convalidated
),

index_fact AS (
    SELECT
        pg_catalog.concat(
            'index ', relation.name, ' (',
            (
                SELECT
                    pg_catalog.string_agg(
                        pg_catalog.pg_get_indexdef(pg_index.indexrelid, item.position, TRUE),
                        ', ' ORDER BY item.position
                    ) AS columns
                FROM pg_catalog.generate_series(1, pg_index.indnkeyatts) AS item (position)
            ),
            ')'
        ) AS fact
    FROM pg_catalog.pg_index
    INNER JOIN relation
        ON pg_index.indrelid = relation.id
    WHERE
        pg_index.indisvalid
        AND NOT pg_index.indisunique
        AND pg_index.indpred IS NULL
)

SELECT column_fact.fact
FROM column_fact
UNION ALL
SELECT pg_catalog.concat('enum ', enum_label.type_name, ': ', enum_label.label) AS fact
FROM enum_label
UNION ALL
SELECT constraint_fact.fact
FROM constraint_fact
UNION ALL
SELECT index_fact.fact
FROM index_fact;

-- name: has_alembic_version
-- not null: is_there
SELECT
    exists(
        SELECT 1
        FROM pg_catalog.pg_class
        INNER JOIN pg_catalog.pg_namespace
            ON pg_class.relnamespace = pg_namespace.oid
        WHERE
            pg_namespace.nspname = '__reana'
            AND pg_class.relname = 'alembic_version'
    ) AS is_there;

-- name: _hand_over
-- For this transaction only.
SELECT pg_catalog.set_config(%(name)s, %(value)s::text, TRUE) AS setting;

-- name: _alembic_revisions
-- old tables
SELECT alembic_version.version_num
FROM __reana.alembic_version
ORDER BY
    alembic_version.version_num;

-- name: _drop_alembic_version
-- old tables
DROP TABLE IF EXISTS __reana.alembic_version;

-- name: _create_alembic_version
-- old tables
-- As Alembic makes it.
CREATE TABLE IF NOT EXISTS __reana.alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- name: _clear_alembic_version
-- old tables
DELETE FROM __reana.alembic_version;

-- name: _set_alembic_revision
-- old tables
INSERT INTO __reana.alembic_version (version_num)
VALUES (%(revision)s::text);

-- name: _lock_users
-- old tables
LOCK TABLE __reana.user_ IN ACCESS EXCLUSIVE MODE;

-- name: _webhook_secrets
-- old tables
SELECT
    user_.id_::text AS user_id,
    user_.gitlab_webhook_secret
FROM __reana.user_
WHERE user_.gitlab_webhook_secret IS NOT NULL
ORDER BY
    user_.id_;
