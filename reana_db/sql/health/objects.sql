-- name: qualify_names
-- Definitions then name the schema of everything but PostgreSQL's own, until the transaction ends.
SELECT pg_catalog.set_config('search_path', 'pg_catalog', TRUE) AS search_path;

-- name: _present
-- not null: kind, name, definition
-- Every object of the schemas __reana and reana, and the enum types, with the statement that makes
-- it.  The tables of Alembic and yoyo, and __reana itself, are there before the migrations.
WITH relation AS (
    SELECT
        pg_class.oid AS id,
        pg_class.oid::regclass::text AS name,
        pg_class.relkind AS kind,
        pg_class.reloptions AS options
    FROM pg_catalog.pg_class
    INNER JOIN pg_catalog.pg_namespace
        ON pg_class.relnamespace = pg_namespace.oid
    WHERE
        pg_namespace.nspname IN ('__reana', 'reana')
        AND pg_class.relname <> 'alembic_version'
        AND pg_class.relname !~ '^yoyo_'
),

enum_type AS (
    SELECT
        pg_type.oid AS id,
        format('%%I.%%I', pg_namespace.nspname, pg_type.typname) AS name,
        string_agg(quote_literal(pg_enum.enumlabel), ', ' ORDER BY pg_enum.enumsortorder)
            AS labels
    FROM pg_catalog.pg_type
    INNER JOIN pg_catalog.pg_namespace
        ON pg_type.typnamespace = pg_namespace.oid
    INNER JOIN pg_catalog.pg_enum
        ON pg_type.oid = pg_enum.enumtypid
    WHERE pg_namespace.nspname IN ('__reana', 'reana', 'public')
    GROUP BY
        pg_type.oid,
        pg_type.typname,
        pg_namespace.nspname
),

routine AS (
    SELECT
        pg_proc.oid AS id,
        pg_proc.oid::regprocedure::text AS name,
        0 = any(
            SELECT privilege.grantee
            FROM aclexplode(
                COALESCE(pg_proc.proacl, acldefault('f', pg_proc.proowner))
            ) AS privilege
        ) AS is_public
    FROM pg_catalog.pg_proc
    INNER JOIN pg_catalog.pg_namespace
        ON pg_proc.pronamespace = pg_namespace.oid
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
),

attribute AS (
    SELECT
        relation.name AS relation,
        relation.kind AS relation_kind,
        pg_attribute.attnotnull AS is_not_null,
        pg_attribute.attidentity AS identity,
        pg_attribute.attgenerated AS generated,
        quote_ident(pg_attribute.attname) AS name,
        format_type(pg_attribute.atttypid, pg_attribute.atttypmod) AS type,
        pg_get_expr(pg_attrdef.adbin, pg_attrdef.adrelid) AS default_value,
        col_description(relation.id, pg_attribute.attnum) AS comment
    FROM relation
    INNER JOIN pg_catalog.pg_attribute
        ON relation.id = pg_attribute.attrelid
    LEFT JOIN pg_catalog.pg_attrdef
        ON
            pg_attribute.attrelid = pg_attrdef.adrelid
            AND pg_attribute.attnum = pg_attrdef.adnum
    WHERE
        relation.kind IN ('r', 'p', 'v')
        AND pg_attribute.attnum > 0
        AND NOT pg_attribute.attisdropped
),

rule AS (
    SELECT
        pg_constraint.oid AS id,
        relation.name AS relation,
        quote_ident(pg_constraint.conname) AS name,
        pg_get_constraintdef(pg_constraint.oid) AS definition,
        pg_constraint.oid IN (
            SELECT pg_trigger.tgconstraint
            FROM pg_catalog.pg_trigger
            WHERE pg_trigger.tgenabled IN ('D', 'R')
        ) AS is_disabled
    FROM pg_catalog.pg_constraint
    INNER JOIN relation
        ON pg_constraint.conrelid = relation.id
    -- From PostgreSQL 18 on NOT NULL is a constraint as well; the columns say it already.
    WHERE pg_constraint.contype IN ('p', 'u', 'f', 'c', 'x')
),

user_trigger AS (
    SELECT
        pg_trigger.oid AS id,
        format('%%I ON %%s', pg_trigger.tgname, relation.name) AS name,
        pg_get_triggerdef(pg_trigger.oid) AS definition,
        pg_trigger.tgenabled IN ('D', 'R') AS is_disabled
    FROM pg_catalog.pg_trigger
    INNER JOIN relation
        ON pg_trigger.tgrelid = relation.id
    WHERE NOT pg_trigger.tgisinternal
),

table_index AS (
    SELECT
        pg_index.indexrelid::regclass::text AS name,
        pg_get_indexdef(pg_index.indexrelid) AS definition,
        pg_index.indisvalid AND pg_index.indisready AS is_valid
    FROM pg_catalog.pg_index
    INNER JOIN relation
        ON pg_index.indrelid = relation.id
    WHERE NOT EXISTS (
        SELECT 1
        FROM pg_catalog.pg_constraint
        WHERE pg_constraint.conindid = pg_index.indexrelid
    )
),

comment AS (
    SELECT
        format('SCHEMA %%I', pg_namespace.nspname) AS target,
        obj_description(pg_namespace.oid, 'pg_namespace') AS text
    FROM pg_catalog.pg_namespace
    WHERE pg_namespace.nspname IN ('__reana', 'reana')
    UNION ALL
    SELECT
        CASE relation.kind
            WHEN 'v' THEN 'VIEW '
            WHEN 'i' THEN 'INDEX '
            WHEN 'S' THEN 'SEQUENCE '
            ELSE 'TABLE '
        END || relation.name AS target,
        obj_description(relation.id, 'pg_class') AS text
    FROM relation
    UNION ALL
    SELECT
        format('COLUMN %%s.%%s', attribute.relation, attribute.name) AS target,
        attribute.comment AS text
    FROM attribute
    UNION ALL
    SELECT
        'TYPE ' || enum_type.name AS target,
        obj_description(enum_type.id, 'pg_type') AS text
    FROM enum_type
    UNION ALL
    SELECT
        'FUNCTION ' || routine.name AS target,
        obj_description(routine.id, 'pg_proc') AS text
    FROM routine
    UNION ALL
    SELECT
        'TRIGGER ' || user_trigger.name AS target,
        obj_description(user_trigger.id, 'pg_trigger') AS text
    FROM user_trigger
    UNION ALL
    SELECT
        format('CONSTRAINT %%s ON %%s', rule.name, rule.relation) AS target,
        obj_description(rule.id, 'pg_constraint') AS text
    FROM rule
),

object AS (
    SELECT
        1 AS part,
        '' AS relation,
        'schema' AS kind,
        quote_ident(pg_namespace.nspname) AS name,
        format('CREATE SCHEMA %%I', pg_namespace.nspname) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM pg_catalog.pg_namespace
    WHERE pg_namespace.nspname = 'reana'
    UNION ALL
    SELECT
        2 AS part,
        '' AS relation,
        'type' AS kind,
        enum_type.name,
        format('CREATE TYPE %%s AS ENUM (%%s)', enum_type.name, enum_type.labels) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM enum_type
    UNION ALL
    SELECT
        3 AS part,
        '' AS relation,
        'sequence' AS kind,
        relation.name,
        format('CREATE SEQUENCE %%s AS %%s', relation.name, pg_sequence.seqtypid::regtype)
            AS definition,
        NULL AS removal,
        NULL AS defect
    FROM relation
    INNER JOIN pg_catalog.pg_sequence
        ON relation.id = pg_sequence.seqrelid
    UNION ALL
    SELECT
        4 AS part,
        relation.name AS relation,
        'table' AS kind,
        relation.name,
        format('CREATE TABLE %%s ()', relation.name) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM relation
    WHERE relation.kind IN ('r', 'p')
    UNION ALL
    SELECT
        5 AS part,
        attribute.relation,
        'column' AS kind,
        format('%%s.%%s', attribute.relation, attribute.name) AS name,
        format('ALTER TABLE %%s ADD COLUMN ', attribute.relation)
        || concat(
            attribute.name,
            ' ',
            attribute.type,
            CASE
                WHEN attribute.generated <> ''
                    THEN format(' GENERATED ALWAYS AS (%%s) STORED', attribute.default_value)
            END,
            CASE attribute.identity
                WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY'
                WHEN 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY'
            END
        ) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM attribute
    WHERE attribute.relation_kind <> 'v'
    UNION ALL
    SELECT
        6 AS part,
        attribute.relation,
        'default' AS kind,
        format('%%s.%%s', attribute.relation, attribute.name) AS name,
        format(
            'ALTER TABLE %%s ALTER COLUMN %%s SET DEFAULT %%s',
            attribute.relation,
            attribute.name,
            attribute.default_value
        ) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM attribute
    WHERE
        attribute.relation_kind <> 'v'
        AND attribute.default_value IS NOT NULL
        AND attribute.generated = ''
    UNION ALL
    SELECT
        7 AS part,
        attribute.relation,
        'not null' AS kind,
        format('%%s.%%s', attribute.relation, attribute.name) AS name,
        format(
            'ALTER TABLE %%s ALTER COLUMN %%s SET NOT NULL',
            attribute.relation,
            attribute.name
        ) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM attribute
    WHERE attribute.is_not_null
    UNION ALL
    SELECT
        8 AS part,
        rule.relation,
        'constraint' AS kind,
        format('%%s ON %%s', rule.name, rule.relation) AS name,
        format('ALTER TABLE %%s ADD CONSTRAINT %%s %%s', rule.relation, rule.name, rule.definition)
            AS definition,
        format('ALTER TABLE %%s DROP CONSTRAINT IF EXISTS %%s', rule.relation, rule.name)
            AS removal,
        CASE WHEN rule.is_disabled THEN 'disabled' END AS defect
    FROM rule
    UNION ALL
    SELECT
        9 AS part,
        '' AS relation,
        'function' AS kind,
        routine.name,
        rtrim(pg_get_functiondef(routine.id)) AS definition,
        format('DROP FUNCTION %%s', routine.name) AS removal,
        NULL AS defect
    FROM routine
    UNION ALL
    SELECT
        10 AS part,
        '' AS relation,
        'index' AS kind,
        table_index.name,
        table_index.definition,
        format('DROP INDEX %%s', table_index.name) AS removal,
        CASE WHEN NOT table_index.is_valid THEN 'invalid' END AS defect
    FROM table_index
    UNION ALL
    SELECT
        11 AS part,
        '' AS relation,
        'view' AS kind,
        relation.name,
        format(
            E'CREATE OR REPLACE VIEW %%s%%s AS\n%%s',
            relation.name,
            ' WITH (' || array_to_string(relation.options, ', ') || ')',
            rtrim(pg_get_viewdef(relation.id), ';')
        ) AS definition,
        format('DROP VIEW %%s', relation.name) AS removal,
        NULL AS defect
    FROM relation
    WHERE relation.kind = 'v'
    UNION ALL
    SELECT
        12 AS part,
        '' AS relation,
        'trigger' AS kind,
        user_trigger.name,
        user_trigger.definition,
        format('DROP TRIGGER %%s', user_trigger.name) AS removal,
        CASE WHEN user_trigger.is_disabled THEN 'disabled' END AS defect
    FROM user_trigger
    UNION ALL
    SELECT
        13 AS part,
        '' AS relation,
        'revocation' AS kind,
        routine.name,
        format('REVOKE EXECUTE ON FUNCTION %%s FROM PUBLIC', routine.name) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM routine
    WHERE NOT routine.is_public
    UNION ALL
    SELECT
        14 AS part,
        '' AS relation,
        'comment' AS kind,
        comment.target AS name,
        format('COMMENT ON %%s IS %%L', comment.target, comment.text) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM comment
    WHERE comment.text IS NOT NULL
    UNION ALL
    SELECT
        15 AS part,
        '' AS relation,
        'storage' AS kind,
        relation.name,
        format(
            'ALTER TABLE %%s SET (%%s)', relation.name, array_to_string(relation.options, ', ')
        ) AS definition,
        NULL AS removal,
        NULL AS defect
    FROM relation
    WHERE
        relation.kind IN ('r', 'p')
        AND relation.options IS NOT NULL
)

SELECT
    object.kind,
    object.name,
    object.definition,
    object.removal,
    object.defect
FROM object
-- What belongs to a table stands together.
ORDER BY
    CASE WHEN object.relation = '' THEN object.part ELSE 4 END,
    object.relation COLLATE "C",
    object.part,
    object.name COLLATE "C";
