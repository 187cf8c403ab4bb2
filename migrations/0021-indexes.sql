-- depends: 0020-user-token
-- transactional: false
--
-- Indexes that the operations of the services need and released databases lack.  Each says why.

-- The token of a user: every request.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_user_token_user_id
ON __reana.user_token (user_id);

-- What others share with a user: listings and look-ups by name.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_user_workflow_user_id_workflow_id
ON __reana.user_workflow (user_id, workflow_id);

-- Listings: the runs of a user, newest first, page by page in a stable order.  There is none on
-- created alone: only administrators look at the runs of everybody by time.  With what listings
-- filter by, so that counting 50,000 runs reads no row; a change of status writes to every index
-- anyway, because of the released one on status.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_workflow_owner_id_created_id_
ON __reana.workflow (owner_id, created DESC, id_) INCLUDE (name, status);

-- The runs that share a workspace: disk usage, deletion.  A hash, because paths are long and
-- only looked up whole.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_workflow_workspace_path
ON __reana.workflow USING hash (workspace_path);

-- The session of a run: listings, opening, deletion.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_workflow_session_workflow_id
ON __reana.workflow_session (workflow_id);

-- The services of a run: listings and logs.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_workflow_service_workflow_id
ON __reana.workflow_service (workflow_id);

-- The logs of a service; also its deletion, which cascades.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_service_logs_service_id
ON __reana.service_logs (service_id);

-- Counts of jobs per status and backend, read from the index alone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_job_status_compute_backend
ON __reana.job (status, compute_backend);

-- The cache entry of a job, when it ends; also the deletion of a run.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_job_cache_job_id
ON __reana.job_cache (job_id);

-- A job with the same parameters and inputs as a new one.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_job_cache_parameters_workspace_hash
ON __reana.job_cache (parameters, workspace_hash);

-- The rules that are due, every night.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_workspace_retention_rule_status_apply_on
ON __reana.workspace_retention_rule (status, apply_on);

-- What a user did, in order.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_audit_log_user_id_created
ON __reana.audit_log (user_id, created);
