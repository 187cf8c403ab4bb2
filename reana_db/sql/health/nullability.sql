-- name: columns_declared_not_null
-- not null: table_oid, number
SELECT
    pg_attribute.attrelid::bigint AS table_oid,
    pg_attribute.attnum::integer AS number
FROM pg_catalog.pg_attribute
WHERE
    pg_attribute.attnum > 0
    AND pg_attribute.attnotnull;

-- name: _plan_generically
SET LOCAL plan_cache_mode = force_generic_plan;
