DROP INDEX __reana.ix___reana_job_workflow_uuid;

DROP INDEX __reana.ix___reana_workflow_status;

CREATE UNIQUE INDEX uq_workflow_name
ON __reana.workflow (name, owner_id, run_number_major, run_number_minor);

ALTER TABLE __reana.workflow
DROP CONSTRAINT uq_workflow_owner_id,
ADD CONSTRAINT uq_workflow_name UNIQUE USING INDEX uq_workflow_name;
