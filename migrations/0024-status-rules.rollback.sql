ALTER TABLE __reana.service_logs
ALTER COLUMN event_time SET DEFAULT timezone('utc'::text, CURRENT_TIMESTAMP);

ALTER TABLE __reana.workspace_retention_rule
ALTER COLUMN status DROP DEFAULT;

ALTER TABLE __reana.service
ALTER COLUMN status DROP DEFAULT;

ALTER TABLE __reana.audit_log
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT;

ALTER TABLE __reana.interactive_session
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT,
ALTER COLUMN status DROP DEFAULT;

ALTER TABLE __reana.interactive_session_resource
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT;

ALTER TABLE __reana.job
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT,
ALTER COLUMN status DROP DEFAULT,
ALTER COLUMN deleted DROP DEFAULT,
ALTER COLUMN logs DROP DEFAULT;

ALTER TABLE __reana.job_cache
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT;

ALTER TABLE __reana.resource
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT;

ALTER TABLE __reana.user_
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT;

ALTER TABLE __reana.user_resource
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT;

ALTER TABLE __reana.user_token
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT;

ALTER TABLE __reana.workflow
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT,
ALTER COLUMN status DROP DEFAULT,
ALTER COLUMN restart DROP DEFAULT,
ALTER COLUMN logs DROP DEFAULT,
ALTER COLUMN job_progress DROP DEFAULT;

ALTER TABLE __reana.workflow_resource
ALTER COLUMN created DROP DEFAULT,
ALTER COLUMN updated DROP DEFAULT;

DROP TRIGGER zz_guard_status ON __reana.workflow;
DROP TRIGGER zz_guard_status ON __reana.job;
DROP TRIGGER zz_guard_status ON __reana.interactive_session;
DROP TRIGGER zz_guard_status ON __reana.service;
DROP TRIGGER zz_guard_status ON __reana.workspace_retention_rule;

DROP TRIGGER set_updated ON __reana.audit_log;
DROP TRIGGER set_updated ON __reana.interactive_session;
DROP TRIGGER set_updated ON __reana.interactive_session_resource;
DROP TRIGGER set_updated ON __reana.job_cache;
DROP TRIGGER set_updated ON __reana.resource;
DROP TRIGGER set_updated ON __reana.setting;
DROP TRIGGER set_updated ON __reana.user_;
DROP TRIGGER set_updated ON __reana.user_resource;
DROP TRIGGER set_updated ON __reana.user_token;
DROP TRIGGER set_updated ON __reana.workflow_resource;

DROP FUNCTION __reana.merge_job_progress(json, json);
DROP FUNCTION __reana.set_updated();
DROP FUNCTION __reana.guard_job();
DROP FUNCTION __reana.guard_run();
DROP FUNCTION __reana.guard_status();
DROP FUNCTION __reana.judge_status(text, uuid, text, text);
DROP FUNCTION __reana.refuse_transition(text, uuid, text, text);
DROP FUNCTION __reana.status_rules_enforced();
DROP FUNCTION __reana.is_transition(text, text, text);
DROP TABLE __reana.status_transition;
