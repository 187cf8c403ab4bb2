-- name: status
SELECT
    workflow.id_,
    workflow.name,
    workflow.run_number_major,
    workflow.run_number_minor,
    workflow.status,
    workflow.owner_id,
    workflow.created,
    workflow.run_started_at,
    workflow.run_finished_at,
    workflow.run_stopped_at,
    workflow.job_progress,
    newest_job.prettified_cmd AS current_command,
    newest_job.job_name AS current_step_name
FROM __reana.workflow
-- include: jobs.newest
WHERE workflow.id_ = %(workflow_id)s;

-- name: _workflow_logs
SELECT
    workflow.engine_specific,
    CASE WHEN %(texts)s::boolean THEN workflow.logs END AS logs
FROM __reana.workflow
WHERE workflow.id_ = %(workflow_id)s;
