-- Refuses while a value is sealed: no released service could read it.

LOCK TABLE __reana.user_token, __reana.user_, __reana.interactive_session
IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_sealed bigint;
BEGIN
    SELECT count(*)
    INTO v_sealed
    FROM (
        SELECT user_token.token AS value
        FROM __reana.user_token
        UNION ALL
        SELECT user_.gitlab_webhook_secret
        FROM __reana.user_
        UNION ALL
        SELECT interactive_session.session_secret
        FROM __reana.interactive_session
    ) AS secret
    WHERE substr(secret.value, 1, 8) = 'sealed1:'::bytea;

    IF v_sealed > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0033-secret-digests would leave %s sealed tokens and secrets that nobody can read.', v_sealed),
            HINT = 'Run reana-db secrets unseal first.';
    END IF;
END
$$;

DROP TRIGGER forget_session_secret_digest ON __reana.interactive_session;
DROP FUNCTION __reana.forget_session_secret_digest();
DROP TRIGGER forget_token_digest ON __reana.user_token;
DROP FUNCTION __reana.forget_token_digest();

COMMENT ON COLUMN __reana.user_token.token IS
'The token, encrypted under REANA_SECRET_KEY, base64 text; NULL while it is only requested.';

ALTER TABLE __reana.interactive_session
DROP COLUMN session_secret_digest;

ALTER TABLE __reana.user_token
DROP COLUMN token_digest;
