-- depends: 0034-views
--
-- The sessions of the web interface are in a table of Invenio, in the same database or not.

CREATE FUNCTION __reana.count_web_sessions()
RETURNS bigint
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sessions bigint := 0;
BEGIN
    -- Dynamic, because the table need not exist.
    IF to_regclass('public.accounts_user_session_activity') IS NOT NULL THEN
        EXECUTE 'SELECT count(*) FROM public.accounts_user_session_activity' INTO v_sessions;
    END IF;

    RETURN v_sessions;
END
$$;

COMMENT ON FUNCTION __reana.count_web_sessions() IS
'The number of sessions of the web interface: rows of Invenio''s table, 0 where it is not.';
