-- depends: 0028-token-repair
--
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

    v_now := pg_catalog.clock_timestamp() AT TIME ZONE 'UTC';
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

CREATE FUNCTION __reana.grant_token(
    p_user_id uuid,
    p_token_id uuid,
    p_token bytea,
    p_granted_by uuid,
    p_audit_id uuid,
    p_details json
)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamp without time zone;
    v_constraint text;
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

    v_now := pg_catalog.clock_timestamp() AT TIME ZONE 'UTC';
    BEGIN
        UPDATE __reana.user_token
        SET
            status = 'active',
            token = p_token,
            updated = v_now
        WHERE
            user_token.user_id = p_user_id
            AND user_token.type_ = 'reana'
            AND user_token.status = 'requested';
        IF NOT FOUND THEN
            INSERT INTO __reana.user_token (created, updated, id_, token, status, user_id, type_)
            VALUES (v_now, v_now, p_token_id, p_token, 'active', p_user_id, 'reana');
        END IF;
    EXCEPTION
        -- Only a client that does not lock the user can be first: a service of an earlier release.
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

COMMENT ON FUNCTION __reana.grant_token(uuid, uuid, bytea, uuid, uuid, json) IS
'Makes the requested token of a user active, or a new one, with the encrypted value given; writes the audit entry of the administrator, if there is one; returns done, unknown user, already active or value taken.';
