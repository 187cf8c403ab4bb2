-- Refuses while there are secrets.

LOCK TABLE
    __reana.interactive_session,
    __reana.user_
IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_sessions bigint;
    v_users bigint;
BEGIN
    SELECT count(*)
    INTO v_sessions
    FROM __reana.interactive_session
    WHERE interactive_session.session_secret IS NOT NULL;

    SELECT count(*)
    INTO v_users
    FROM __reana.user_
    WHERE user_.gitlab_webhook_secret IS NOT NULL;

    IF v_sessions + v_users > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format(
                'Rolling back 0014-secrets would drop the secrets of %s interactive sessions and of %s users.',
                v_sessions,
                v_users
            ),
            HINT = 'Set session_secret and gitlab_webhook_secret to NULL first if they may be lost.';
    END IF;
END
$$;

ALTER TABLE __reana.user_
DROP CONSTRAINT uq_user__gitlab_webhook_secret,
DROP COLUMN gitlab_webhook_secret;

ALTER TABLE __reana.interactive_session
DROP COLUMN session_secret;
