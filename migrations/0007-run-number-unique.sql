-- depends: 0006-constraint-names
-- holds: workflow: writers wait while indexes are built, about 2 s with 200,000 runs
-- holds: job: writers wait while an index is built, about 1 s with 1,000,000 jobs
--
-- One run per owner, name and number, and the indexes of a run's jobs and of statuses
-- (Alembic revision eb5309f3d8ee).  The unique index is built before it becomes a constraint:
-- that stops writers but not readers.

CREATE UNIQUE INDEX uq_workflow_owner_id
ON __reana.workflow (owner_id, name, run_number_major, run_number_minor);

-- The second name is that of databases which never met revision 2461610e9698.
ALTER TABLE __reana.workflow
DROP CONSTRAINT IF EXISTS uq_workflow_name,
DROP CONSTRAINT IF EXISTS _user_workflow_run_uc,
ADD CONSTRAINT uq_workflow_owner_id UNIQUE USING INDEX uq_workflow_owner_id;

CREATE INDEX ix___reana_workflow_status
ON __reana.workflow (status);

CREATE INDEX ix___reana_job_workflow_uuid
ON __reana.job (workflow_uuid, created);
