-- depends: 0027-retention-rules
--
-- At most one active and one requested token per user, for any client.  Two active ones used to
-- lock their user out, so the newest stays and the others are revoked, each with an audit entry.
-- Repair and indexes are one transaction: no client can break the rule in between.

LOCK TABLE __reana.user_token IN SHARE ROW EXCLUSIVE MODE;

DO $$
DECLARE
    v_now CONSTANT timestamp without time zone := clock_timestamp() AT TIME ZONE 'UTC';
BEGIN
    WITH ranked AS (
        SELECT
            user_token.id_,
            user_token.user_id,
            user_token.status,
            row_number() OVER (
                PARTITION BY user_token.user_id, user_token.type_, user_token.status
                ORDER BY user_token.created DESC, user_token.id_ DESC
            ) AS age
        FROM __reana.user_token
        WHERE user_token.status IN ('active', 'requested')
    ),

    revoked AS (
        UPDATE __reana.user_token
        SET
            status = 'revoked',
            updated = v_now
        FROM ranked
        WHERE
            user_token.id_ = ranked.id_
            AND ranked.age > 1
        RETURNING
            user_token.id_,
            user_token.user_id,
            ranked.status AS status_before
    )

    INSERT INTO __reana.audit_log (created, updated, id_, user_id, action, details)
    SELECT
        v_now,
        v_now,
        md5('0028-tokens-and-secrets ' || revoked.id_::text)::uuid,
        revoked.user_id,
        'revoke_token',
        json_build_object(
            'source', '0028-tokens-and-secrets',
            'rule', format('at most one %s token per user', revoked.status_before),
            'token_id', revoked.id_,
            'status_before', revoked.status_before
        )
    FROM revoked
    ON CONFLICT (id_) DO NOTHING;
END
$$;

-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX uq_user_token_active
ON __reana.user_token (user_id, type_)
WHERE status = 'active';

COMMENT ON INDEX __reana.uq_user_token_active IS
'At most one active token of a user.';

-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX uq_user_token_requested
ON __reana.user_token (user_id, type_)
WHERE status = 'requested';

COMMENT ON INDEX __reana.uq_user_token_requested IS
'At most one requested token of a user.';

-- Tokens and session secrets are looked up by a digest: HMAC-SHA-256 of the value, with a key that
-- follows from REANA_SECRET_KEY.  Services of earlier releases do not know it.  What they write has
-- none until this library meets it; what they overwrite must not keep the one of another value.

ALTER TABLE __reana.user_token
ADD COLUMN token_digest bytea;

ALTER TABLE __reana.interactive_session
ADD COLUMN session_secret_digest bytea;

COMMENT ON COLUMN __reana.user_token.token_digest IS
'HMAC-SHA-256 of the token in clear, with a key derived from REANA_SECRET_KEY, to find the user by it. NULL until this library has seen the token.';
COMMENT ON COLUMN __reana.interactive_session.session_secret_digest IS
'HMAC-SHA-256 of the secret in clear, with a key derived from REANA_SECRET_KEY, to find the session by it. NULL until this library has seen the secret.';

-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX uq_user_token_token_digest
ON __reana.user_token (token_digest);

COMMENT ON INDEX __reana.uq_user_token_token_digest IS
'Finds the user of a token; two tokens never have the same value.';

-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX uq_interactive_session_session_secret_digest
ON __reana.interactive_session (session_secret_digest);

COMMENT ON INDEX __reana.uq_interactive_session_session_secret_digest IS
'Finds the session of a secret.';

-- Most of the time it is empty.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix___reana_interactive_session_undigested
ON __reana.interactive_session (id_)
WHERE session_secret IS NOT NULL AND session_secret_digest IS NULL;

COMMENT ON INDEX __reana.ix___reana_interactive_session_undigested IS
'Secrets that services of earlier releases wrote since the last look.';

CREATE FUNCTION __reana.forget_token_digest()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.token_digest := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION __reana.forget_token_digest() IS
'Clears the digest of a token that got another value.';

-- Only this library seals and unseals values, and a value keeps its digest then.
CREATE TRIGGER forget_token_digest
BEFORE UPDATE OF token ON __reana.user_token
FOR EACH ROW
WHEN (
    OLD.token IS DISTINCT FROM NEW.token
    AND OLD.token_digest IS NOT DISTINCT FROM NEW.token_digest
    AND pg_catalog.substr(OLD.token, 1, 8) IS DISTINCT FROM 'sealed1:'::bytea
    AND pg_catalog.substr(NEW.token, 1, 8) IS DISTINCT FROM 'sealed1:'::bytea
)
EXECUTE FUNCTION __reana.forget_token_digest();
COMMENT ON TRIGGER forget_token_digest ON __reana.user_token IS
'Clears the digest when a service that does not know it overwrites the token.';

CREATE FUNCTION __reana.forget_session_secret_digest()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.session_secret_digest := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION __reana.forget_session_secret_digest() IS
'Clears the digest of a session secret that got another value.';

CREATE TRIGGER forget_session_secret_digest
BEFORE UPDATE OF session_secret ON __reana.interactive_session
FOR EACH ROW
WHEN (
    OLD.session_secret IS DISTINCT FROM NEW.session_secret
    AND OLD.session_secret_digest IS NOT DISTINCT FROM NEW.session_secret_digest
    AND pg_catalog.substr(OLD.session_secret, 1, 8) IS DISTINCT FROM 'sealed1:'::bytea
    AND pg_catalog.substr(NEW.session_secret, 1, 8) IS DISTINCT FROM 'sealed1:'::bytea
)
EXECUTE FUNCTION __reana.forget_session_secret_digest();
COMMENT ON TRIGGER forget_session_secret_digest ON __reana.interactive_session IS
'Clears the digest when a service that does not know it overwrites the secret.';

-- Requests and grants of tokens, each as one statement.  Both lock the row of the user first, so
-- that what they read is what is there; a client that does not lock runs into the unique indexes.

CREATE FUNCTION __reana.request_token(p_user_id uuid, p_token_id uuid, p_audit_id uuid)
RETURNS text
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
    IF NOT FOUND THEN
        RETURN 'unknown user';
    END IF;

    PERFORM 1
    FROM __reana.user_token
    WHERE
        user_token.user_id = p_user_id
        AND user_token.type_ = 'reana'
        AND user_token.status = 'active';
    IF FOUND THEN
        RETURN 'already active';
    END IF;

    v_now := clock_timestamp() AT TIME ZONE 'UTC';
    INSERT INTO __reana.user_token (created, updated, id_, token, status, user_id, type_)
    VALUES (v_now, v_now, p_token_id, NULL, 'requested', p_user_id, 'reana')
    ON CONFLICT (user_id, type_) WHERE status = 'requested' DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'already requested';
    END IF;

    INSERT INTO __reana.audit_log (created, updated, id_, user_id, action, details)
    VALUES (v_now, v_now, p_audit_id, p_user_id, 'request_token', NULL);
    RETURN 'done';
END
$$;

COMMENT ON FUNCTION __reana.request_token(uuid, uuid, uuid) IS
'Requests a token for a user, with its audit entry; returns done, unknown user, already active or already requested.';

-- Writing tokens and secrets.  Whoever writes gives a value in both forms, and the setting
-- secrets_form decides in the same statement which one is stored.

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
CREATE FUNCTION __reana.grant_token(
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
    c_value CONSTANT bytea := __reana.stored_form(p_compatible, p_sealed);
    v_requested uuid;
    v_now timestamp without time zone;
    v_constraint text;
BEGIN
    PERFORM
    FROM __reana.user_
    WHERE user_.id_ = p_user_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown user';
    END IF;

    PERFORM
    FROM __reana.user_token
    WHERE
        user_token.user_id = p_user_id
        AND user_token.type_ = 'reana'
        AND user_token.status = 'active';
    IF FOUND THEN
        RETURN 'already active';
    END IF;

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
        PERFORM
        FROM __reana.user_token
        WHERE user_token.id_ = p_token_id;
        IF FOUND THEN
            RETURN 'request changed';
        END IF;
    END IF;

    v_now := clock_timestamp() AT TIME ZONE 'UTC';
    BEGIN
        INSERT INTO __reana.user_token
        (created, updated, id_, token, token_digest, status, user_id, type_)
        VALUES (v_now, v_now, p_token_id, c_value, p_digest, 'active', p_user_id, 'reana')
        ON CONFLICT (id_) DO UPDATE
            SET
                status = excluded.status,
                token = excluded.token,
                token_digest = excluded.token_digest,
                updated = excluded.updated
            WHERE user_token.status = 'requested';
        IF NOT FOUND THEN
            RETURN 'request changed';
        END IF;
    EXCEPTION
        -- Only a client that does not lock the user can be first with an active one: a service of
        -- an earlier release.
        WHEN unique_violation THEN
            GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
            RETURN CASE v_constraint
                WHEN 'uq_user_token_active' THEN 'already active'
                ELSE 'value taken'
            END;
    END;

    IF p_granted_by IS NOT NULL THEN
        INSERT INTO __reana.audit_log (created, updated, id_, user_id, action, details)
        VALUES (v_now, v_now, p_audit_id, p_granted_by, 'grant_token', p_details);
    END IF;
    RETURN 'done';
END
$$;

COMMENT ON FUNCTION __reana.grant_token(uuid, uuid, bytea, bytea, bytea, uuid, uuid, json) IS
'Makes the requested token of a user active, or a new one, with the encrypted value in the form that the setting secrets_form asks for; writes the audit entry of the administrator, if there is one; returns done, unknown user, already active, request changed when the requested token is not the one given, or value taken.';

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
        updated = clock_timestamp() AT TIME ZONE 'UTC'
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

    v_now := clock_timestamp() AT TIME ZONE 'UTC';
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
