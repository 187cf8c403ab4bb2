DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY[
        'workflow', 'job', 'interactive_session', 'service', 'workspace_retention_rule'
    ]
    LOOP
        EXECUTE format('DROP TRIGGER zz_guard_status ON __reana.%I', v_table);
        EXECUTE format('DROP FUNCTION __reana.%I()', 'guard_' || v_table);
        EXECUTE format('DROP TRIGGER record_first_status ON __reana.%I', v_table);
        EXECUTE format('DROP TRIGGER record_deletion ON __reana.%I', v_table);
    END LOOP;
END
$$;

DROP FUNCTION __reana.merge_job_progress(json, json);
DROP FUNCTION __reana.record_status();
DROP FUNCTION __reana.first_end(
    timestamp without time zone, timestamp without time zone,
    timestamp without time zone, timestamp without time zone
);
DROP FUNCTION __reana.first_start(
    timestamp without time zone, timestamp without time zone,
    timestamp without time zone, timestamp without time zone
);
DROP FUNCTION __reana.judge_violation(text, uuid, text, text);
DROP FUNCTION __reana.status_mode();
DROP FUNCTION __reana.is_transition(text, text, text);
DROP TABLE __reana.status_history;
DROP TABLE __reana.status_transition;
