-- name: types
-- not null: oid, name, is_enum, is_array
SELECT
    pg_type.oid::bigint AS oid,
    pg_type.typname::text AS name,
    pg_type.typtype = 'e' AS is_enum,
    pg_type.typelem <> 0 AND pg_type.typlen = -1 AS is_array
FROM pg_catalog.pg_type;
