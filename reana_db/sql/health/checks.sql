-- name: disabled_triggers
-- not null: trigger
-- An internal trigger enforces a foreign key; REPLICA triggers do not fire for services either.
SELECT pg_class.relname::text || '.' || pg_trigger.tgname::text AS trigger
FROM pg_catalog.pg_trigger
INNER JOIN pg_catalog.pg_class
    ON pg_trigger.tgrelid = pg_class.oid
INNER JOIN pg_catalog.pg_namespace
    ON pg_class.relnamespace = pg_namespace.oid
WHERE
    pg_namespace.nspname = '__reana'
    AND pg_trigger.tgenabled IN ('D', 'R')
ORDER BY trigger;

-- name: invalid_indexes
-- not null: index
SELECT pg_class.relname::text AS index
FROM pg_catalog.pg_index
INNER JOIN pg_catalog.pg_class
    ON pg_index.indexrelid = pg_class.oid
INNER JOIN pg_catalog.pg_namespace
    ON pg_class.relnamespace = pg_namespace.oid
WHERE
    pg_namespace.nspname = '__reana'
    AND NOT (pg_index.indisvalid AND pg_index.indisready)
ORDER BY index;
