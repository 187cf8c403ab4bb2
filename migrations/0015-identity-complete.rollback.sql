-- Half identities return, except to users who have a complete one by now.

ALTER TABLE __reana.user_
DROP CONSTRAINT ck_user__idp_identity_complete;

DO $$
BEGIN
    IF to_regclass('__reana.orphan_identity') IS NULL THEN
        RETURN;
    END IF;

    UPDATE __reana.user_
    SET
        idp_issuer = orphan.idp_issuer,
        idp_subject = orphan.idp_subject
    FROM __reana.orphan_identity AS orphan
    WHERE
        orphan.user_id = user_.id_
        AND user_.idp_issuer IS NULL
        AND user_.idp_subject IS NULL;

    DROP TABLE __reana.orphan_identity;
END
$$;
