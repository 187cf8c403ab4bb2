-- Who holds the locks that a session waits for.

-- name: of
-- not null: pid
-- The name tells a session from a stranger with its number, which a connection pooler invented.
SELECT
    blocker.pid,
    blocker.xact_start AS since,
    NULLIF(blocker.application_name, '') AS application_name,
    pg_catalog.host(blocker.client_addr) AS client
FROM pg_catalog.pg_stat_activity AS waiting
JOIN pg_catalog.pg_stat_activity AS blocker
    ON blocker.pid = any(pg_catalog.pg_blocking_pids(waiting.pid))
WHERE
    waiting.pid = %(pid)s::integer
    AND waiting.application_name = %(application_name)s::text
ORDER BY
    blocker.xact_start,
    blocker.pid
LIMIT 3;
