-- name: of_entity
SELECT
    entry.from_status,
    entry.to_status,
    entry.changed_at,
    entry.role,
    entry.application_name,
    entry.allowed,
    entry.made
FROM __reana.status_history AS entry
WHERE
    entry.entity = %(entity)s
    AND entry.entity_id = %(entity_id)s
ORDER BY entry.id;

-- name: time_per_status
-- not null: status, milliseconds, current
-- Clocks can be set back: no period counts less than nothing.
WITH period AS (
    SELECT
        entry.id,
        entry.to_status,
        entry.changed_at,
        lead(entry.changed_at) OVER (ORDER BY entry.id) AS until
    FROM __reana.status_history AS entry
    WHERE
        entry.entity = %(entity)s
        AND entry.entity_id = %(entity_id)s
        AND entry.made
)

SELECT
    period.to_status AS status,
    count(*) AS times,
    round(
        sum(
            GREATEST(
                0,
                1000 * extract(
                    EPOCH FROM COALESCE(period.until, clock_timestamp()) - period.changed_at
                )
            )
        )
    )::bigint AS milliseconds,
    bool_or(period.until IS NULL) AS current
FROM period
WHERE period.to_status IS NOT NULL
GROUP BY period.to_status
ORDER BY min(period.id);

-- name: violations
-- not null: from_status, first_at, last_at
SELECT
    entry.entity,
    entry.from_status,
    entry.to_status,
    entry.application_name,
    entry.made,
    count(*) AS changes,
    min(entry.changed_at) AS first_at,
    max(entry.changed_at) AS last_at
FROM __reana.status_history AS entry
WHERE
    NOT entry.allowed
    AND (
        %(since)s::timestamptz IS NULL
        OR entry.changed_at >= %(since)s::timestamptz
    )
GROUP BY
    entry.entity,
    entry.from_status,
    entry.to_status,
    entry.application_name,
    entry.made
ORDER BY
    changes DESC,
    entry.entity,
    entry.from_status,
    entry.to_status,
    entry.application_name,
    entry.made;

-- name: _prune_batch
DELETE FROM __reana.status_history
WHERE
    status_history.ctid = ANY(
        array(
            SELECT entry.ctid
            FROM __reana.status_history AS entry
            WHERE entry.changed_at < %(before)s::timestamptz
            LIMIT %(max_rows)s
            FOR UPDATE SKIP LOCKED
        )
    );
