-- The tables for what was set aside stay where they hold something: then 0008 or 0015 made them.

COMMENT ON TYPE public.accesstype IS NULL;

COMMENT ON TYPE public.auditlogaction IS NULL;

COMMENT ON TYPE public.interactivesessiontype IS NULL;

COMMENT ON TYPE public.jobstatus IS NULL;

COMMENT ON TYPE public.resourcetype IS NULL;

COMMENT ON TYPE public.resourceunit IS NULL;

COMMENT ON TYPE public.runstatus IS NULL;

COMMENT ON TYPE public.servicestatus IS NULL;

COMMENT ON TYPE public.servicetype IS NULL;

COMMENT ON TYPE public.usertokenstatus IS NULL;

COMMENT ON TYPE public.usertokentype IS NULL;

COMMENT ON TYPE public.workspaceretentionrulestatus IS NULL;

COMMENT ON TABLE __reana.audit_log IS NULL;
COMMENT ON COLUMN __reana.audit_log.action IS NULL;
COMMENT ON COLUMN __reana.audit_log.created IS NULL;
COMMENT ON COLUMN __reana.audit_log.details IS NULL;
COMMENT ON COLUMN __reana.audit_log.id_ IS NULL;
COMMENT ON COLUMN __reana.audit_log.updated IS NULL;
COMMENT ON COLUMN __reana.audit_log.user_id IS NULL;

COMMENT ON TABLE __reana.interactive_session IS NULL;
COMMENT ON COLUMN __reana.interactive_session.created IS NULL;
COMMENT ON COLUMN __reana.interactive_session.id_ IS NULL;
COMMENT ON COLUMN __reana.interactive_session.name IS NULL;
COMMENT ON COLUMN __reana.interactive_session.owner_id IS NULL;
COMMENT ON COLUMN __reana.interactive_session.path IS NULL;
COMMENT ON COLUMN __reana.interactive_session.session_secret IS NULL;
COMMENT ON COLUMN __reana.interactive_session.status IS NULL;
COMMENT ON COLUMN __reana.interactive_session.type_ IS NULL;
COMMENT ON COLUMN __reana.interactive_session.updated IS NULL;

COMMENT ON TABLE __reana.interactive_session_resource IS NULL;
COMMENT ON COLUMN __reana.interactive_session_resource.created IS NULL;
COMMENT ON COLUMN __reana.interactive_session_resource.quota_used IS NULL;
COMMENT ON COLUMN __reana.interactive_session_resource.resource_id IS NULL;
COMMENT ON COLUMN __reana.interactive_session_resource.session_id IS NULL;
COMMENT ON COLUMN __reana.interactive_session_resource.updated IS NULL;

COMMENT ON TABLE __reana.job IS NULL;
COMMENT ON COLUMN __reana.job.backend_job_id IS NULL;
COMMENT ON COLUMN __reana.job.cmd IS NULL;
COMMENT ON COLUMN __reana.job.compute_backend IS NULL;
COMMENT ON COLUMN __reana.job.created IS NULL;
COMMENT ON COLUMN __reana.job.cvmfs_mounts IS NULL;
COMMENT ON COLUMN __reana.job.deleted IS NULL;
COMMENT ON COLUMN __reana.job.docker_img IS NULL;
COMMENT ON COLUMN __reana.job.env_vars IS NULL;
COMMENT ON COLUMN __reana.job.finished_at IS NULL;
COMMENT ON COLUMN __reana.job.id_ IS NULL;
COMMENT ON COLUMN __reana.job.job_name IS NULL;
COMMENT ON COLUMN __reana.job.logs IS NULL;
COMMENT ON COLUMN __reana.job.prettified_cmd IS NULL;
COMMENT ON COLUMN __reana.job.shared_file_system IS NULL;
COMMENT ON COLUMN __reana.job.started_at IS NULL;
COMMENT ON COLUMN __reana.job.status IS NULL;
COMMENT ON COLUMN __reana.job.updated IS NULL;
COMMENT ON COLUMN __reana.job.workflow_uuid IS NULL;

COMMENT ON TABLE __reana.job_cache IS NULL;
COMMENT ON COLUMN __reana.job_cache.access_times IS NULL;
COMMENT ON COLUMN __reana.job_cache.created IS NULL;
COMMENT ON COLUMN __reana.job_cache.id_ IS NULL;
COMMENT ON COLUMN __reana.job_cache.job_id IS NULL;
COMMENT ON COLUMN __reana.job_cache.parameters IS NULL;
COMMENT ON COLUMN __reana.job_cache.result_path IS NULL;
COMMENT ON COLUMN __reana.job_cache.updated IS NULL;
COMMENT ON COLUMN __reana.job_cache.workspace_hash IS NULL;

COMMENT ON TABLE __reana.resource IS NULL;
COMMENT ON COLUMN __reana.resource.created IS NULL;
COMMENT ON COLUMN __reana.resource.id_ IS NULL;
COMMENT ON COLUMN __reana.resource.name IS NULL;
COMMENT ON COLUMN __reana.resource.title IS NULL;
COMMENT ON COLUMN __reana.resource.type_ IS NULL;
COMMENT ON COLUMN __reana.resource.unit IS NULL;
COMMENT ON COLUMN __reana.resource.updated IS NULL;

COMMENT ON TABLE __reana.service IS NULL;
COMMENT ON COLUMN __reana.service.id_ IS NULL;
COMMENT ON COLUMN __reana.service.name IS NULL;
COMMENT ON COLUMN __reana.service.owner_id IS NULL;
COMMENT ON COLUMN __reana.service.status IS NULL;
COMMENT ON COLUMN __reana.service.type_ IS NULL;
COMMENT ON COLUMN __reana.service.uri IS NULL;

COMMENT ON TABLE __reana.service_logs IS NULL;
COMMENT ON COLUMN __reana.service_logs.event_time IS NULL;
COMMENT ON COLUMN __reana.service_logs.id IS NULL;
COMMENT ON COLUMN __reana.service_logs.log IS NULL;
COMMENT ON COLUMN __reana.service_logs.service_id IS NULL;

COMMENT ON TABLE __reana.user_ IS NULL;
COMMENT ON COLUMN __reana.user_.created IS NULL;
COMMENT ON COLUMN __reana.user_.email IS NULL;
COMMENT ON COLUMN __reana.user_.full_name IS NULL;
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret IS NULL;
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret_digest IS NULL;
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret_expires_at IS NULL;
COMMENT ON COLUMN __reana.user_.id_ IS NULL;
COMMENT ON COLUMN __reana.user_.idp_issuer IS NULL;
COMMENT ON COLUMN __reana.user_.idp_subject IS NULL;
COMMENT ON COLUMN __reana.user_.updated IS NULL;
COMMENT ON COLUMN __reana.user_.username IS NULL;

COMMENT ON TABLE __reana.user_resource IS NULL;
COMMENT ON COLUMN __reana.user_resource.created IS NULL;
COMMENT ON COLUMN __reana.user_resource.quota_limit IS NULL;
COMMENT ON COLUMN __reana.user_resource.quota_period_months IS NULL;
COMMENT ON COLUMN __reana.user_resource.quota_period_start_at IS NULL;
COMMENT ON COLUMN __reana.user_resource.quota_used IS NULL;
COMMENT ON COLUMN __reana.user_resource.resource_id IS NULL;
COMMENT ON COLUMN __reana.user_resource.updated IS NULL;
COMMENT ON COLUMN __reana.user_resource.user_id IS NULL;

COMMENT ON TABLE __reana.user_token IS NULL;
COMMENT ON COLUMN __reana.user_token.created IS NULL;
COMMENT ON COLUMN __reana.user_token.id_ IS NULL;
COMMENT ON COLUMN __reana.user_token.status IS NULL;
COMMENT ON COLUMN __reana.user_token.token IS NULL;
COMMENT ON COLUMN __reana.user_token.type_ IS NULL;
COMMENT ON COLUMN __reana.user_token.updated IS NULL;
COMMENT ON COLUMN __reana.user_token.user_id IS NULL;

COMMENT ON TABLE __reana.user_workflow IS NULL;
COMMENT ON COLUMN __reana.user_workflow.access_type IS NULL;
COMMENT ON COLUMN __reana.user_workflow.message IS NULL;
COMMENT ON COLUMN __reana.user_workflow.user_id IS NULL;
COMMENT ON COLUMN __reana.user_workflow.valid_until IS NULL;
COMMENT ON COLUMN __reana.user_workflow.workflow_id IS NULL;

COMMENT ON TABLE __reana.workflow IS NULL;
COMMENT ON COLUMN __reana.workflow.complexity IS NULL;
COMMENT ON COLUMN __reana.workflow.created IS NULL;
COMMENT ON COLUMN __reana.workflow.engine_specific IS NULL;
COMMENT ON COLUMN __reana.workflow.git_provider IS NULL;
COMMENT ON COLUMN __reana.workflow.git_ref IS NULL;
COMMENT ON COLUMN __reana.workflow.git_repo IS NULL;
COMMENT ON COLUMN __reana.workflow.id_ IS NULL;
COMMENT ON COLUMN __reana.workflow.input_parameters IS NULL;
COMMENT ON COLUMN __reana.workflow.job_progress IS NULL;
COMMENT ON COLUMN __reana.workflow.launcher_url IS NULL;
COMMENT ON COLUMN __reana.workflow.logs IS NULL;
COMMENT ON COLUMN __reana.workflow.name IS NULL;
COMMENT ON COLUMN __reana.workflow.operational_options IS NULL;
COMMENT ON COLUMN __reana.workflow.owner_id IS NULL;
COMMENT ON COLUMN __reana.workflow.reana_specification IS NULL;
COMMENT ON COLUMN __reana.workflow.restart IS NULL;
COMMENT ON COLUMN __reana.workflow.run_finished_at IS NULL;
COMMENT ON COLUMN __reana.workflow.run_number_major IS NULL;
COMMENT ON COLUMN __reana.workflow.run_number_minor IS NULL;
COMMENT ON COLUMN __reana.workflow.run_started_at IS NULL;
COMMENT ON COLUMN __reana.workflow.run_stopped_at IS NULL;
COMMENT ON COLUMN __reana.workflow.status IS NULL;
COMMENT ON COLUMN __reana.workflow.type_ IS NULL;
COMMENT ON COLUMN __reana.workflow.updated IS NULL;
COMMENT ON COLUMN __reana.workflow.workspace_path IS NULL;

COMMENT ON TABLE __reana.workflow_resource IS NULL;
COMMENT ON COLUMN __reana.workflow_resource.created IS NULL;
COMMENT ON COLUMN __reana.workflow_resource.quota_used IS NULL;
COMMENT ON COLUMN __reana.workflow_resource.resource_id IS NULL;
COMMENT ON COLUMN __reana.workflow_resource.updated IS NULL;
COMMENT ON COLUMN __reana.workflow_resource.workflow_id IS NULL;

COMMENT ON TABLE __reana.workflow_service IS NULL;
COMMENT ON COLUMN __reana.workflow_service.service_id IS NULL;
COMMENT ON COLUMN __reana.workflow_service.workflow_id IS NULL;

COMMENT ON TABLE __reana.workflow_session IS NULL;
COMMENT ON COLUMN __reana.workflow_session.session_id IS NULL;
COMMENT ON COLUMN __reana.workflow_session.workflow_id IS NULL;

COMMENT ON TABLE __reana.workspace_retention_audit_log IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_audit_log.action IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_audit_log.timestamp IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_audit_log.workspace_retention_rule_id IS NULL;

COMMENT ON TABLE __reana.workspace_retention_rule IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_rule.apply_on IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_rule.id_ IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_rule.retention_days IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_rule.status IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_rule.workflow_id IS NULL;
COMMENT ON COLUMN __reana.workspace_retention_rule.workspace_files IS NULL;

COMMENT ON TABLE __reana.orphan_job IS NULL;
COMMENT ON COLUMN __reana.orphan_job.backend_job_id IS NULL;
COMMENT ON COLUMN __reana.orphan_job.cmd IS NULL;
COMMENT ON COLUMN __reana.orphan_job.compute_backend IS NULL;
COMMENT ON COLUMN __reana.orphan_job.created IS NULL;
COMMENT ON COLUMN __reana.orphan_job.cvmfs_mounts IS NULL;
COMMENT ON COLUMN __reana.orphan_job.deleted IS NULL;
COMMENT ON COLUMN __reana.orphan_job.docker_img IS NULL;
COMMENT ON COLUMN __reana.orphan_job.env_vars IS NULL;
COMMENT ON COLUMN __reana.orphan_job.finished_at IS NULL;
COMMENT ON COLUMN __reana.orphan_job.id_ IS NULL;
COMMENT ON COLUMN __reana.orphan_job.job_name IS NULL;
COMMENT ON COLUMN __reana.orphan_job.logs IS NULL;
COMMENT ON COLUMN __reana.orphan_job.prettified_cmd IS NULL;
COMMENT ON COLUMN __reana.orphan_job.set_aside_at IS NULL;
COMMENT ON COLUMN __reana.orphan_job.shared_file_system IS NULL;
COMMENT ON COLUMN __reana.orphan_job.started_at IS NULL;
COMMENT ON COLUMN __reana.orphan_job.status IS NULL;
COMMENT ON COLUMN __reana.orphan_job.updated IS NULL;
COMMENT ON COLUMN __reana.orphan_job.workflow_uuid IS NULL;

COMMENT ON TABLE __reana.orphan_job_cache IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.access_times IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.created IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.id_ IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.job_id IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.parameters IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.result_path IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.set_aside_at IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.updated IS NULL;
COMMENT ON COLUMN __reana.orphan_job_cache.workspace_hash IS NULL;

COMMENT ON TABLE __reana.orphan_identity IS NULL;
COMMENT ON COLUMN __reana.orphan_identity.idp_issuer IS NULL;
COMMENT ON COLUMN __reana.orphan_identity.idp_subject IS NULL;
COMMENT ON COLUMN __reana.orphan_identity.set_aside_at IS NULL;
COMMENT ON COLUMN __reana.orphan_identity.user_id IS NULL;

LOCK TABLE
    __reana.orphan_job,
    __reana.orphan_job_cache,
    __reana.orphan_identity
IN ACCESS EXCLUSIVE MODE;

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM __reana.orphan_job) THEN
        DROP TABLE
            __reana.orphan_job_cache,
            __reana.orphan_job;
    END IF;

    IF NOT EXISTS (SELECT 1 FROM __reana.orphan_identity) THEN
        DROP TABLE __reana.orphan_identity;
    END IF;
END
$$;
