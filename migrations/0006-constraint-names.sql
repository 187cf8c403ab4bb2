-- depends: 0005-run-numbers
--
-- Constraint names by convention: pk_, uq_, fk_ (Alembic revision 2461610e9698).  A constraint is
-- found by its table, kind (primary key, unique, foreign key) and columns, whatever its name:
-- databases that went through 0.9.2 in time have other names than those which did not.

DO $$
DECLARE
    v_constraint record;
BEGIN
    FOR v_constraint IN
        WITH wanted (table_name, kind, columns, name) AS (
            VALUES
            ('audit_log', 'p', 'id_', 'pk_audit_log'),
            ('audit_log', 'f', 'user_id', 'fk_audit_log_user_id_user_'),
            ('interactive_session', 'p', 'id_', 'pk_interactive_session'),
            ('interactive_session', 'u', 'name, path', 'uq_interactive_session_name'),
            ('interactive_session', 'f', 'owner_id', 'fk_interactive_session_owner_id_user_'),
            ('interactive_session_resource', 'p', 'session_id, resource_id', 'pk_interactive_session_resource'),
            ('interactive_session_resource', 'f', 'resource_id', 'fk_interactive_session_resource_resource_id_resource'),
            ('interactive_session_resource', 'f', 'session_id', 'fk_interactive_session_resource_session_id_interactive_session'),
            ('job', 'p', 'id_', 'pk_job'),
            ('job_cache', 'p', 'id_, job_id', 'pk_job_cache'),
            ('job_cache', 'f', 'job_id', 'fk_job_cache_job_id_job'),
            ('resource', 'p', 'id_', 'pk_resource'),
            ('resource', 'u', 'name', 'uq_resource_name'),
            ('user_', 'p', 'id_, email', 'pk_user_'),
            ('user_', 'u', 'email', 'uq_user__email'),
            ('user_', 'u', 'id_', 'uq_user__id_'),
            ('user_resource', 'p', 'user_id, resource_id', 'pk_user_resource'),
            ('user_resource', 'f', 'resource_id', 'fk_user_resource_resource_id_resource'),
            ('user_resource', 'f', 'user_id', 'fk_user_resource_user_id_user_'),
            ('user_token', 'p', 'id_', 'pk_user_token'),
            ('user_token', 'u', 'token', 'uq_user_token_token'),
            ('user_token', 'f', 'user_id', 'fk_user_token_user_id_user_'),
            ('workflow', 'p', 'id_', 'pk_workflow'),
            ('workflow', 'u', 'name, owner_id, run_number_major, run_number_minor', 'uq_workflow_name'),
            ('workflow', 'f', 'owner_id', 'fk_workflow_owner_id_user_'),
            ('workflow_resource', 'p', 'workflow_id, resource_id', 'pk_workflow_resource'),
            ('workflow_resource', 'f', 'resource_id', 'fk_workflow_resource_resource_id_resource'),
            ('workflow_resource', 'f', 'workflow_id', 'fk_workflow_resource_workflow_id_workflow'),
            ('workflow_session', 'p', 'session_id', 'pk_workflow_session'),
            ('workflow_session', 'f', 'session_id', 'fk_workflow_session_session_id_interactive_session'),
            ('workflow_session', 'f', 'workflow_id', 'fk_workflow_session_workflow_id_workflow'),
            ('workspace_retention_audit_log', 'p', 'workspace_retention_rule_id, timestamp, action', 'pk_workspace_retention_audit_log'),
            ('workspace_retention_audit_log', 'f', 'workspace_retention_rule_id', 'fk_workspace_retention_audit_log_workspace_retention_ru_7253'),
            ('workspace_retention_rule', 'p', 'id_', 'pk_workspace_retention_rule'),
            ('workspace_retention_rule', 'u', 'workflow_id, workspace_files', 'uq_workspace_retention_rule_workflow_id'),
            ('workspace_retention_rule', 'f', 'workflow_id', 'fk_workspace_retention_rule_workflow_id_workflow')
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
