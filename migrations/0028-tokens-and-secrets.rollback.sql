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
            MESSAGE = format('Rolling back 0028-tokens-and-secrets would leave %s sealed tokens and secrets that nobody can read.', v_sealed),
            HINT = 'Run reana-db secrets unseal first.';
    END IF;
END
$$;

DROP FUNCTION __reana.ensure_webhook_secret(uuid, bytea, bytea, text, timestamp, boolean);
DROP FUNCTION __reana.ensure_session_secret(uuid, bytea, bytea, bytea);
DROP FUNCTION __reana.grant_token(uuid, uuid, bytea, bytea, bytea, uuid, uuid, json);
DROP FUNCTION __reana.stored_form(bytea, bytea);
DROP FUNCTION __reana.request_token(uuid, uuid, uuid);

DROP TRIGGER forget_session_secret_digest ON __reana.interactive_session;
DROP FUNCTION __reana.forget_session_secret_digest();
DROP TRIGGER forget_token_digest ON __reana.user_token;
DROP FUNCTION __reana.forget_token_digest();

ALTER TABLE __reana.interactive_session
DROP COLUMN session_secret_digest;

ALTER TABLE __reana.user_token
DROP COLUMN token_digest;

-- Tokens that the repair revoked stay revoked: two active ones would lock their user out again.
DROP INDEX __reana.uq_user_token_requested;

DROP INDEX __reana.uq_user_token_active;
