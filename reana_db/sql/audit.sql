-- name: _record
INSERT INTO __reana.audit_log (created, updated, id_, user_id, action, details)
SELECT
    moment.utc,
    moment.utc,
    %(entry_id)s,
    user_.id_,
    %(action)s::public.auditlogaction,
    %(details)s::json
FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS utc) AS moment
CROSS JOIN __reana.user_
WHERE user_.id_ = %(user_id)s
RETURNING
    id_,
    created,
    user_id,
    action,
    details;

-- name: entries
SELECT
    audit_log.id_,
    audit_log.created,
    audit_log.user_id,
    audit_log.action,
    audit_log.details
FROM __reana.audit_log
WHERE
    (%(user_id)s::uuid IS NULL OR audit_log.user_id = %(user_id)s)
    AND (
        %(since)s::timestamptz IS NULL
        OR audit_log.created >= %(since)s::timestamptz AT TIME ZONE 'UTC'
    )
    AND (
        %(until)s::timestamptz IS NULL
        OR audit_log.created < %(until)s::timestamptz AT TIME ZONE 'UTC'
    )
ORDER BY
    audit_log.created,
    audit_log.id_;
