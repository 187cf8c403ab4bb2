DROP TRIGGER follow_run ON __reana.workflow;
DROP TRIGGER follow_restart ON __reana.workflow;
DROP FUNCTION __reana.follow_run();
DROP FUNCTION __reana.follow_restart();
DROP FUNCTION __reana.end_retention_rules(uuid, text, integer, uuid);

DROP TRIGGER separate_audit_times ON __reana.workspace_retention_audit_log;
DROP FUNCTION __reana.separate_audit_times();

DROP TRIGGER record_retention_action ON __reana.workspace_retention_rule;
DROP FUNCTION __reana.record_retention_action();

DROP TRIGGER set_retention_dates ON __reana.workspace_retention_rule;
DROP FUNCTION __reana.set_retention_dates();
DROP FUNCTION __reana.end_of_retention(integer);

ALTER TABLE __reana.workspace_retention_rule
DROP COLUMN pending_since;
