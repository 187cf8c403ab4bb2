-- Refuses while a user has an identity.  Half identities that 0015 set aside count: its rollback,
-- which comes before this one, returns them.

LOCK TABLE __reana.user_ IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
    v_aside bigint := 0;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.user_
    WHERE
        user_.idp_issuer IS NOT NULL
        OR user_.idp_subject IS NOT NULL;

    IF to_regclass('__reana.orphan_identity') IS NOT NULL THEN
        SELECT count(*)
        INTO v_aside
        FROM __reana.orphan_identity
        INNER JOIN __reana.user_ ON orphan_identity.user_id = user_.id_
        WHERE
            user_.idp_issuer IS NULL
            AND user_.idp_subject IS NULL;
    END IF;

    IF v_rows + v_aside > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0013-identities would lose the identity of %s users.', v_rows + v_aside),
            HINT = 'Set idp_issuer and idp_subject to NULL first if they may be lost.';
    END IF;
END
$$;

ALTER TABLE __reana.user_
DROP CONSTRAINT uq_user__idp_identity,
DROP COLUMN idp_subject,
DROP COLUMN idp_issuer;
