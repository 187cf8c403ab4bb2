-- Refuses while a user has an identity.

LOCK TABLE __reana.user_ IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.user_
    WHERE
        user_.idp_issuer IS NOT NULL
        OR user_.idp_subject IS NOT NULL;

    IF v_rows > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0013-identities would lose the identity of %s users.', v_rows),
            HINT = 'Set idp_issuer and idp_subject to NULL first if they may be lost.';
    END IF;
END
$$;

ALTER TABLE __reana.user_
DROP CONSTRAINT uq_user__idp_identity,
DROP COLUMN idp_subject,
DROP COLUMN idp_issuer;
