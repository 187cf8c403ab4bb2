DO $$
DECLARE
    v_table text;
    v_function text;
BEGIN
    FOR v_table, v_function IN
        VALUES
        ('interactive_session', 'refuse_interactive_session_values'),
        ('job', 'refuse_job_values'),
        ('resource', 'refuse_resource_values'),
        ('user_', 'refuse_user_values'),
        ('user_resource', 'refuse_user_resource_values'),
        ('user_workflow', 'refuse_user_workflow_values'),
        ('workflow', 'refuse_workflow_times'),
        ('workflow', 'refuse_workflow_values'),
        ('workspace_retention_rule', 'refuse_workspace_retention_rule_values')
    LOOP
        EXECUTE format('DROP TRIGGER %I ON __reana.%I', v_function, v_table);
        EXECUTE format('DROP FUNCTION __reana.%I()', v_function);
    END LOOP;
END
$$;
