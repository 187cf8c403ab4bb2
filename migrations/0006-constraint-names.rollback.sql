-- The names as PostgreSQL and the releases until 0.9.2 gave them.

DO $$
DECLARE
    v_constraint record;
BEGIN
    FOR v_constraint IN
        WITH wanted (table_name, kind, columns, name) AS (
            VALUES
            ('audit_log', 'p', 'id_', 'audit_log_pkey'),
            ('audit_log', 'f', 'user_id', 'audit_log_user_id_fkey'),
            ('interactive_session', 'p', 'id_', 'interactive_session_pkey'),
            ('interactive_session', 'u', 'name, path', '_interactive_session_uc'),
            ('interactive_session', 'f', 'owner_id', 'interactive_session_owner_id_fkey'),
            ('interactive_session_resource', 'p', 'session_id, resource_id', 'interactive_session_resource_pkey'),
            ('interactive_session_resource', 'f', 'resource_id', 'interactive_session_resource_resource_id_fkey'),
            ('interactive_session_resource', 'f', 'session_id', 'interactive_session_resource_session_id_fkey'),
            ('job', 'p', 'id_', 'job_pkey'),
            ('job_cache', 'p', 'id_, job_id', 'job_cache_pkey'),
            ('job_cache', 'f', 'job_id', 'job_cache_job_id_fkey'),
            ('resource', 'p', 'id_', 'resource_pkey'),
            ('resource', 'u', 'name', 'resource_name_key'),
            ('user_', 'p', 'id_, email', 'user__pkey'),
            ('user_', 'u', 'email', 'user__email_key'),
            ('user_', 'u', 'id_', 'user__id__key'),
            ('user_resource', 'p', 'user_id, resource_id', 'user_resource_pkey'),
            ('user_resource', 'f', 'resource_id', 'user_resource_resource_id_fkey'),
            ('user_resource', 'f', 'user_id', 'user_resource_user_id_fkey'),
            ('user_token', 'p', 'id_', 'user_token_pkey'),
            ('user_token', 'u', 'token', 'user_token_token_key'),
            ('user_token', 'f', 'user_id', 'user_token_user_id_fkey'),
            ('workflow', 'p', 'id_', 'workflow_pkey'),
            ('workflow', 'u', 'name, owner_id, run_number_major, run_number_minor', '_user_workflow_run_uc'),
            ('workflow', 'f', 'owner_id', 'workflow_owner_id_fkey'),
            ('workflow_resource', 'p', 'workflow_id, resource_id', 'workflow_resource_pkey'),
            ('workflow_resource', 'f', 'resource_id', 'workflow_resource_resource_id_fkey'),
            ('workflow_resource', 'f', 'workflow_id', 'workflow_resource_workflow_id_fkey'),
            ('workflow_session', 'p', 'session_id', 'workflow_session_pkey'),
            ('workflow_session', 'f', 'session_id', 'workflow_session_session_id_fkey'),
            ('workflow_session', 'f', 'workflow_id', 'workflow_session_workflow_id_fkey'),
            ('workspace_retention_audit_log', 'p', 'workspace_retention_rule_id, timestamp, action', 'workspace_retention_audit_log_pkey'),
            ('workspace_retention_audit_log', 'f', 'workspace_retention_rule_id', 'workspace_retention_audit_log_workspace_retention_rule_id_fkey'),
            ('workspace_retention_rule', 'p', 'id_', 'workspace_retention_rule_pkey'),
            ('workspace_retention_rule', 'u', 'workflow_id, workspace_files', '_workspace_retention_rule_uc'),
            ('workspace_retention_rule', 'f', 'workflow_id', 'workspace_retention_rule_workflow_id_fkey')
        ),

        present AS (
            SELECT
                pg_class.relname AS table_name,
                pg_constraint.contype::text AS kind,
                pg_constraint.conname AS name,
                (
                    SELECT string_agg(pg_attribute.attname, ', ' ORDER BY key.position)
                    FROM unnest(pg_constraint.conkey) WITH ORDINALITY AS key (attnum, position)
                    INNER JOIN pg_catalog.pg_attribute
                        ON pg_constraint.conrelid = pg_attribute.attrelid
                        AND key.attnum = pg_attribute.attnum
                ) AS columns
            FROM pg_catalog.pg_constraint
            INNER JOIN pg_catalog.pg_class
                ON pg_constraint.conrelid = pg_class.oid
            WHERE pg_class.relnamespace = '__reana'::regnamespace
        )

        SELECT
            wanted.table_name,
            present.name AS old_name,
            wanted.name AS new_name
        FROM wanted
        INNER JOIN present
            ON wanted.table_name = present.table_name
            AND wanted.kind = present.kind
            AND wanted.columns = present.columns
        WHERE wanted.name <> present.name
    LOOP
        EXECUTE format(
            'ALTER TABLE __reana.%I RENAME CONSTRAINT %I TO %I',
            v_constraint.table_name,
            v_constraint.old_name,
            v_constraint.new_name
        );
    END LOOP;
END
$$;
