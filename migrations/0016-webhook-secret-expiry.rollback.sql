-- Refuses while a webhook secret has an end.

LOCK TABLE __reana.user_ IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.user_
    WHERE user_.gitlab_webhook_secret_expires_at IS NOT NULL;

    IF v_rows > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0016-webhook-secret-expiry would lose the end of the webhook secrets of %s users.', v_rows),
            HINT = 'Set gitlab_webhook_secret_expires_at to NULL first if it may be lost.';
    END IF;
END
$$;

ALTER TABLE __reana.user_
DROP COLUMN gitlab_webhook_secret_expires_at;
