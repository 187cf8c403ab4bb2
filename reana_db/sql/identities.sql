-- name: find
SELECT
    -- include: users.columns
FROM __reana.user_
WHERE
    user_.idp_issuer = %(issuer)s
    AND user_.idp_subject = %(subject)s;

-- name: _link
-- A user who has the identity already comes back unchanged.
UPDATE __reana.user_
SET
    idp_issuer = %(issuer)s,
    idp_subject = %(subject)s,
    updated = CASE
        WHEN user_.idp_issuer IS NULL THEN pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
        ELSE user_.updated
    END
WHERE
    user_.id_ = %(user_id)s
    AND (
        user_.idp_issuer IS NULL
        OR (user_.idp_issuer = %(issuer)s AND user_.idp_subject = %(subject)s)
    )
RETURNING
    -- include: users.columns;

-- name: unlink
UPDATE __reana.user_
SET
    idp_issuer = NULL,
    idp_subject = NULL,
    updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE
    user_.id_ = %(user_id)s
    AND user_.idp_issuer IS NOT NULL;

-- name: of_user
SELECT
    user_.idp_issuer AS issuer,
    user_.idp_subject AS subject
FROM __reana.user_
WHERE user_.id_ = %(user_id)s;
