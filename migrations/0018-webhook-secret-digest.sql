-- depends: 0017-user-resource-index
--
-- Webhook secrets are looked up by their digest (Alembic revision 8ae7b67c2d41): SHA-256, in hex,
-- of the plaintext.  Only the holder of REANA_SECRET_KEY can compute it, so whoever applies this
-- says it, for this transaction only, in the setting reana_db.webhook_secrets:
--     {"<user id>": {"digest": "<hex>", "secret": "<base64 text of the AES-GCM value>"}}

ALTER TABLE __reana.user_
ADD COLUMN gitlab_webhook_secret_digest character varying(64);

DO $$
DECLARE
    v_secrets json := coalesce(
        nullif(current_setting('reana_db.webhook_secrets', true), ''),
        '{}'
    );
    v_users bigint;
BEGIN
    UPDATE __reana.user_
    SET
        gitlab_webhook_secret_digest = entry.value ->> 'digest',
        gitlab_webhook_secret = convert_to(entry.value ->> 'secret', 'UTF8')
    FROM json_each(v_secrets) AS entry
    WHERE
        entry.key = user_.id_::text
        AND user_.gitlab_webhook_secret IS NOT NULL
        AND entry.value ->> 'digest' ~ '^[0-9a-f]{64}$'
        AND entry.value ->> 'secret' IS NOT NULL;

    SELECT count(*)
    INTO v_users
    FROM __reana.user_
    WHERE
        user_.gitlab_webhook_secret IS NOT NULL
        AND user_.gitlab_webhook_secret_digest IS NULL;

    IF v_users > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('The GitLab webhook secrets of %s users must be digested, which needs REANA_SECRET_KEY.', v_users),
            HINT = 'Set REANA_SECRET_KEY to the key that the services use, and migrate again.';
    END IF;
END
$$;

ALTER TABLE __reana.user_
DROP CONSTRAINT uq_user__gitlab_webhook_secret,
ADD CONSTRAINT uq_user__gitlab_webhook_secret_digest UNIQUE (gitlab_webhook_secret_digest),
ADD CONSTRAINT ck_user__gitlab_webhook_secret_complete
CHECK ((gitlab_webhook_secret IS NULL) = (gitlab_webhook_secret_digest IS NULL));
