-- depends: 0023-settings
--
-- Defaults for rows that people and this library insert; released services give all of these.  And
-- the time of the last change of a row, whoever changes it; runs, jobs and sessions get it where
-- their status is guarded, in one call.

CREATE FUNCTION __reana.set_updated()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated := pg_catalog.timezone('UTC', pg_catalog.clock_timestamp());
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.set_updated() IS
'Sets the time of the last change of a row (UTC), where the client did not.';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY[
        'audit_log', 'interactive_session', 'interactive_session_resource', 'job', 'job_cache',
        'resource', 'user_', 'user_resource', 'user_token', 'workflow', 'workflow_resource',
        'setting'
    ]
    LOOP
        IF v_table NOT IN ('workflow', 'job', 'interactive_session') THEN
            EXECUTE format(
                'CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.%I FOR EACH ROW'
                ' WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)'
                ' EXECUTE FUNCTION __reana.set_updated()',
                v_table
            );
            EXECUTE format(
                'COMMENT ON TRIGGER set_updated ON __reana.%I IS %L',
                v_table, 'Sets updated where the client did not.'
            );
        END IF;
        IF v_table <> 'setting' THEN
            EXECUTE format(
                'ALTER TABLE __reana.%I'
                ' ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE ''UTC''),'
                ' ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE ''UTC'')',
                v_table
            );
        END IF;
    END LOOP;
END
$$;

ALTER TABLE __reana.workflow
ALTER COLUMN status SET DEFAULT 'created',
ALTER COLUMN restart SET DEFAULT FALSE,
ALTER COLUMN logs SET DEFAULT '',
ALTER COLUMN job_progress SET DEFAULT '{}';

ALTER TABLE __reana.job
ALTER COLUMN status SET DEFAULT 'created',
ALTER COLUMN deleted SET DEFAULT FALSE,
ALTER COLUMN logs SET DEFAULT '';

ALTER TABLE __reana.interactive_session
ALTER COLUMN status SET DEFAULT 'created';

ALTER TABLE __reana.service
ALTER COLUMN status SET DEFAULT 'created';

ALTER TABLE __reana.workspace_retention_rule
ALTER COLUMN status SET DEFAULT 'created';

-- The default of released databases is off by the time zone of the session.
ALTER TABLE __reana.service_logs
ALTER COLUMN event_time SET DEFAULT clock_timestamp();
