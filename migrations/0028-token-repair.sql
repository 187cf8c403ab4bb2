-- depends: 0027-retention-rules
-- holds: user_token: writers wait for the repair and two small indexes, less than a second
--
-- At most one active and one requested token per user, for any client.  Two active ones used to
-- lock their user out, so the newest stays and the others are revoked, each with an audit entry.
-- Repair and indexes are one transaction: no client can break the rule in between.

LOCK TABLE __reana.user_token IN SHARE ROW EXCLUSIVE MODE;

DO $$
DECLARE
    v_now CONSTANT timestamp without time zone := clock_timestamp() AT TIME ZONE 'UTC';
BEGIN
    WITH ranked AS (
        SELECT
            user_token.id_,
            user_token.user_id,
            user_token.status,
            row_number() OVER (
                PARTITION BY user_token.user_id, user_token.type_, user_token.status
                ORDER BY user_token.created DESC, user_token.id_ DESC
            ) AS age
        FROM __reana.user_token
        WHERE user_token.status IN ('active', 'requested')
    ),

    revoked AS (
        UPDATE __reana.user_token
        SET
            status = 'revoked',
            updated = v_now
        FROM ranked
        WHERE
            user_token.id_ = ranked.id_
            AND ranked.age > 1
        RETURNING
            user_token.id_,
            user_token.user_id,
            ranked.status AS status_before
    )

    INSERT INTO __reana.audit_log (created, updated, id_, user_id, action, details)
    SELECT
        v_now,
        v_now,
        md5('0028-token-repair ' || revoked.id_::text)::uuid,
        revoked.user_id,
        'revoke_token',
        json_build_object(
            'source', '0028-token-repair',
            'rule', format('at most one %s token per user', revoked.status_before),
            'token_id', revoked.id_,
            'status_before', revoked.status_before
        )
    FROM revoked
    ON CONFLICT (id_) DO NOTHING;
END
$$;

-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX uq_user_token_active
ON __reana.user_token (user_id, type_)
WHERE status = 'active';

COMMENT ON INDEX __reana.uq_user_token_active IS
'At most one active token of a user.';

-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX uq_user_token_requested
ON __reana.user_token (user_id, type_)
WHERE status = 'requested';

COMMENT ON INDEX __reana.uq_user_token_requested IS
'At most one requested token of a user.';
