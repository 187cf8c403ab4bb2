-- name: suspects
-- The same expression as in redaction.py.
-- not null: suspects
SELECT count(*) AS suspects
FROM __reana.audit_log
WHERE
    audit_log.details IS NOT NULL
    AND replace(audit_log.details::text, '\n', ' ')
    ~ '(?<![\w@-])(?<!\w\.)(?=[A-Za-z0-9_-]*[A-Z0-9])[A-Za-z0-9_-]{22}(?![\w@-])(?!\.\w)';

-- name: _entries_from
-- not null: details
SELECT
    audit_log.id_,
    audit_log.details::text AS details
FROM __reana.audit_log
WHERE
    audit_log.id_ >= %(start)s
    AND audit_log.details IS NOT NULL
ORDER BY audit_log.id_
LIMIT %(size)s;

-- name: _replace
UPDATE __reana.audit_log
SET details = change.details::json
FROM
    unnest(
        %(ids)s::uuid[],
        %(old)s::text[],
        %(details)s::text[]
    ) AS change (id_, old, details)
WHERE
    audit_log.id_ = change.id_
    AND audit_log.details::text = change.old;
