ALTER TABLE __reana.service_logs
ALTER COLUMN event_time SET DEFAULT timezone('utc'::text, CURRENT_TIMESTAMP);

ALTER TABLE __reana.workspace_retention_rule
ALTER COLUMN status DROP DEFAULT;

ALTER TABLE __reana.service
ALTER COLUMN status DROP DEFAULT;

ALTER TABLE __reana.interactive_session
ALTER COLUMN status DROP DEFAULT;

ALTER TABLE __reana.job
ALTER COLUMN status DROP DEFAULT,
ALTER COLUMN deleted DROP DEFAULT,
ALTER COLUMN logs DROP DEFAULT;

ALTER TABLE __reana.workflow
ALTER COLUMN status DROP DEFAULT,
ALTER COLUMN restart DROP DEFAULT,
ALTER COLUMN logs DROP DEFAULT,
ALTER COLUMN job_progress DROP DEFAULT;

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
            EXECUTE format('DROP TRIGGER set_updated ON __reana.%I', v_table);
        END IF;
        IF v_table <> 'setting' THEN
            EXECUTE format(
                'ALTER TABLE __reana.%I ALTER COLUMN created DROP DEFAULT,'
                ' ALTER COLUMN updated DROP DEFAULT',
                v_table
            );
        END IF;
    END LOOP;
END
$$;

DROP FUNCTION __reana.set_updated();
