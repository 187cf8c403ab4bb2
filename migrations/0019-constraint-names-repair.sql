-- depends: 0018-webhook-secret-digest
--
-- Repairs constraint names (Alembic revision 3f6c0d2a1b7e).  The check of the quota period is
-- doubly prefixed by the revision that made it, and has a third name where the releases made the
-- table.  All constraints are looked at, found by their table, kind and columns.

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
            ('job', 'f', 'workflow_uuid', 'fk_job_workflow_uuid_workflow'),
            ('job_cache', 'p', 'id_, job_id', 'pk_job_cache'),
            ('job_cache', 'f', 'job_id', 'fk_job_cache_job_id_job'),
            ('resource', 'p', 'id_', 'pk_resource'),
            ('resource', 'u', 'name', 'uq_resource_name'),
            ('service', 'p', 'id_', 'pk_service'),
            ('service', 'u', 'name, uri', 'uq_service_name'),
            ('service', 'f', 'owner_id', 'fk_service_owner_id_user_'),
            ('service_logs', 'p', 'id', 'pk_service_logs'),
            ('service_logs', 'f', 'service_id', 'fk_service_logs_service_id_service'),
            ('user_', 'p', 'id_, email', 'pk_user_'),
            ('user_', 'u', 'email', 'uq_user__email'),
            ('user_', 'u', 'gitlab_webhook_secret_digest', 'uq_user__gitlab_webhook_secret_digest'),
            ('user_', 'u', 'id_', 'uq_user__id_'),
            ('user_', 'u', 'idp_issuer, idp_subject', 'uq_user__idp_identity'),
            ('user_', 'c', 'gitlab_webhook_secret, gitlab_webhook_secret_digest', 'ck_user__gitlab_webhook_secret_complete'),
            ('user_', 'c', 'idp_issuer, idp_subject', 'ck_user__idp_identity_complete'),
            ('user_resource', 'p', 'user_id, resource_id', 'pk_user_resource'),
            ('user_resource', 'f', 'resource_id', 'fk_user_resource_resource_id_resource'),
            ('user_resource', 'f', 'user_id', 'fk_user_resource_user_id_user_'),
            ('user_resource', 'c', 'quota_period_months', 'ck_user_resource_quota_period_months_positive'),
            ('user_token', 'p', 'id_', 'pk_user_token'),
            ('user_token', 'u', 'token', 'uq_user_token_token'),
            ('user_token', 'f', 'user_id', 'fk_user_token_user_id_user_'),
            ('user_workflow', 'p', 'workflow_id, user_id', 'pk_user_workflow'),
            ('user_workflow', 'f', 'user_id', 'fk_user_workflow_user_id_user_'),
            ('user_workflow', 'f', 'workflow_id', 'fk_user_workflow_workflow_id_workflow'),
            ('workflow', 'p', 'id_', 'pk_workflow'),
            ('workflow', 'u', 'owner_id, name, run_number_major, run_number_minor', 'uq_workflow_owner_id'),
            ('workflow', 'f', 'owner_id', 'fk_workflow_owner_id_user_'),
            ('workflow_resource', 'p', 'workflow_id, resource_id', 'pk_workflow_resource'),
            ('workflow_resource', 'f', 'resource_id', 'fk_workflow_resource_resource_id_resource'),
            ('workflow_resource', 'f', 'workflow_id', 'fk_workflow_resource_workflow_id_workflow'),
            ('workflow_service', 'p', 'service_id', 'pk_workflow_service'),
            ('workflow_service', 'f', 'service_id', 'fk_workflow_service_service_id_service'),
            ('workflow_service', 'f', 'workflow_id', 'fk_workflow_service_workflow_id_workflow'),
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
