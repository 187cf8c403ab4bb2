DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY[
        'interactive_session', 'job', 'user_', 'user_resource', 'user_workflow', 'workflow',
        'workspace_retention_rule'
    ]
    LOOP
        EXECUTE format('DROP TRIGGER refuse_inserted_value ON __reana.%I', v_table);
        EXECUTE format('DROP TRIGGER refuse_updated_value ON __reana.%I', v_table);
    END LOOP;
END
$$;

DROP FUNCTION __reana.refuse_value();
