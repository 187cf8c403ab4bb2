-- transactional: false

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_audit_log_user_id_created;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_workspace_retention_rule_status_apply_on;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_job_cache_parameters_workspace_hash;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_job_cache_job_id;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_job_status_compute_backend;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_service_logs_service_id;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_workflow_service_workflow_id;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_workflow_session_workflow_id;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_workflow_workspace_path;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_workflow_owner_id_created_id_;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_user_workflow_user_id_workflow_id;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_user_token_user_id;
