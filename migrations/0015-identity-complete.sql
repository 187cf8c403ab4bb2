-- depends: 0014-secrets
--
-- An identity has an issuer and a subject, or neither (Alembic revision 972826f7f99f).  Halves
-- identify nobody; they are set aside, not lost, and the way back returns them.

-- Nobody writes another half in between.
LOCK TABLE __reana.user_ IN SHARE ROW EXCLUSIVE MODE;

DO $$
DECLARE
    v_users bigint;
BEGIN
    IF NOT EXISTS (
        SELECT 1
        FROM __reana.user_
        WHERE (user_.idp_issuer IS NULL) <> (user_.idp_subject IS NULL)
    ) THEN
        RETURN;
    END IF;

    CREATE TABLE __reana.orphan_identity (
        user_id uuid NOT NULL,
        idp_issuer character varying(255),
        idp_subject character varying(255),
        set_aside_at timestamp without time zone NOT NULL,
        CONSTRAINT pk_orphan_identity PRIMARY KEY (user_id)
    );

    INSERT INTO __reana.orphan_identity (
        user_id,
        idp_issuer,
        idp_subject,
        set_aside_at
    )
    SELECT
        user_.id_,
        user_.idp_issuer,
        user_.idp_subject,
        clock_timestamp() AT TIME ZONE 'UTC'
    FROM __reana.user_
    WHERE (user_.idp_issuer IS NULL) <> (user_.idp_subject IS NULL);

    GET DIAGNOSTICS v_users = ROW_COUNT;

    UPDATE __reana.user_
    SET
        idp_issuer = NULL,
        idp_subject = NULL
    WHERE (user_.idp_issuer IS NULL) <> (user_.idp_subject IS NULL);

    RAISE WARNING 'Half an identity of % users was set aside in __reana.orphan_identity.', v_users;
END
$$;

ALTER TABLE __reana.user_
ADD CONSTRAINT ck_user__idp_identity_complete
CHECK ((idp_issuer IS NULL) = (idp_subject IS NULL));
