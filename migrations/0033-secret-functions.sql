-- depends: 0032-secret-digest-indexes
--
-- Writing tokens and secrets.  Whoever writes gives a value in both forms, and the setting
-- secrets_form decides in the same statement which one is stored.

COMMENT ON INDEX __reana.uq_user_token_token_digest IS
'Finds the user of a token; two tokens never have the same value.';
COMMENT ON INDEX __reana.uq_interactive_session_session_secret_digest IS
'Finds the session of a secret.';
COMMENT ON INDEX __reana.ix___reana_interactive_session_undigested IS
'Secrets that services of earlier releases wrote since the last look.';

CREATE FUNCTION __reana.stored_form(p_compatible bytea, p_sealed bytea)
RETURNS bytea
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM 1
    FROM __reana.setting
    WHERE
        setting.name = 'secrets_form'
        AND setting.value = 'sealed';
    RETURN CASE WHEN FOUND THEN p_sealed ELSE p_compatible END;
END
$$;
COMMENT ON FUNCTION __reana.stored_form(bytea, bytea) IS
'Returns the form of an encrypted value that the setting secrets_form asks for.';

-- A sealed value is bound to its row, so the caller says which row will hold it: the request that
-- it has seen, else a new one.  The outcome "request changed" asks it to look again.
CREATE FUNCTION __reana.grant_encrypted_token(
    p_user_id uuid,
    p_token_id uuid,
    p_compatible bytea,
    p_sealed bytea,
    p_digest bytea,
    p_granted_by uuid,
    p_audit_id uuid,
    p_details json
)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_requested uuid;
    v_outcome text;
BEGIN
    PERFORM 1
    FROM __reana.user_
    WHERE user_.id_ = p_user_id
    FOR NO KEY UPDATE;

    SELECT user_token.id_
    INTO v_requested
    FROM __reana.user_token
    WHERE
        user_token.user_id = p_user_id
        AND user_token.type_ = 'reana'
        AND user_token.status = 'requested';
    IF v_requested <> p_token_id THEN
        RETURN 'request changed';
    END IF;

    IF v_requested IS NULL THEN
        PERFORM 1
        FROM __reana.user_token
        WHERE user_token.id_ = p_token_id;
        IF FOUND THEN
            RETURN 'request changed';
        END IF;
    END IF;

    v_outcome := __reana.grant_token(
        p_user_id,
        p_token_id,
        __reana.stored_form(p_compatible, p_sealed),
        p_granted_by,
        p_audit_id,
        p_details
    );
    IF v_outcome = 'done' THEN
        UPDATE __reana.user_token
        SET token_digest = p_digest
        WHERE user_token.id_ = p_token_id;
    END IF;
    RETURN v_outcome;
EXCEPTION
    WHEN unique_violation THEN
        RETURN 'value taken';
END
$$;
COMMENT ON FUNCTION __reana.grant_encrypted_token(uuid, uuid, bytea, bytea, bytea, uuid, uuid, json) IS
'Grants a token as grant_token does, in the form that the setting secrets_form asks for and with its digest; returns also request changed when the requested token is not the one given.';

CREATE FUNCTION __reana.ensure_session_secret(
    p_session_id uuid,
    p_compatible bytea,
    p_sealed bytea,
    p_digest bytea
)
RETURNS bytea
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_secret bytea;
BEGIN
    SELECT interactive_session.session_secret
    INTO v_secret
    FROM __reana.interactive_session
    WHERE interactive_session.id_ = p_session_id;
    IF NOT FOUND OR v_secret IS NOT NULL THEN
        RETURN v_secret;
    END IF;

    -- Another session may have been first: this one waits for it and then sees its secret.
    UPDATE __reana.interactive_session
    SET
        session_secret = __reana.stored_form(p_compatible, p_sealed),
        session_secret_digest = p_digest,
        updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
    WHERE
        interactive_session.id_ = p_session_id
        AND interactive_session.session_secret IS NULL;

    SELECT interactive_session.session_secret
    INTO v_secret
    FROM __reana.interactive_session
    WHERE interactive_session.id_ = p_session_id;
    RETURN v_secret;
END
$$;
COMMENT ON FUNCTION __reana.ensure_session_secret(uuid, bytea, bytea, bytea) IS
'Returns the encrypted secret of a session, having stored the one given if there was none; NULL for an unknown session.';

CREATE FUNCTION __reana.ensure_webhook_secret(
    p_user_id uuid,
    p_compatible bytea,
    p_sealed bytea,
    p_digest text,
    p_expires_at timestamp without time zone,
    p_renew boolean
)
RETURNS TABLE (secret bytea, expires_at timestamp without time zone)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamp without time zone;
BEGIN
    PERFORM 1
    FROM __reana.user_
    WHERE user_.id_ = p_user_id
    FOR NO KEY UPDATE;

    v_now := pg_catalog.clock_timestamp() AT TIME ZONE 'UTC';
    UPDATE __reana.user_
    SET
        gitlab_webhook_secret = __reana.stored_form(p_compatible, p_sealed),
        gitlab_webhook_secret_digest = p_digest,
        gitlab_webhook_secret_expires_at = p_expires_at,
        updated = v_now
    WHERE
        user_.id_ = p_user_id
        AND (
            p_renew
            OR user_.gitlab_webhook_secret IS NULL
            OR user_.gitlab_webhook_secret_expires_at <= v_now
        );

    RETURN QUERY
    SELECT
        user_.gitlab_webhook_secret,
        user_.gitlab_webhook_secret_expires_at
    FROM __reana.user_
    WHERE user_.id_ = p_user_id;
END
$$;
COMMENT ON FUNCTION __reana.ensure_webhook_secret(uuid, bytea, bytea, text, timestamp, boolean) IS
'Returns the encrypted GitLab webhook secret of a user and its end, having stored the one given if there was none, if it had expired or if it is to be renewed; no row for an unknown user.';
