-- name: _has_database
-- not null: is_there
SELECT
    exists(
        SELECT 1
        FROM pg_catalog.pg_database
        WHERE pg_database.datname = %(name)s
    ) AS is_there;

-- name: _creation
-- not null: statement
-- An identifier cannot be a parameter, so the server quotes it.
SELECT
    pg_catalog.format(
        'CREATE DATABASE %%I TEMPLATE template0 ENCODING ''UTF8''', %(name)s::text
    ) AS statement;
