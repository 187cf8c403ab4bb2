DROP TRIGGER inactivate_retention_rules_at_deletion ON __reana.workflow;

DROP TRIGGER inactivate_retention_rules_at_restart ON __reana.workflow;

DROP FUNCTION __reana.inactivate_retention_rules();

DROP TRIGGER activate_retention_rules ON __reana.workflow;

DROP FUNCTION __reana.activate_retention_rules();

DROP TRIGGER separate_audit_times ON __reana.workspace_retention_audit_log;

DROP FUNCTION __reana.separate_audit_times();

DROP TRIGGER record_retention_update ON __reana.workspace_retention_rule;

DROP TRIGGER record_retention_insert ON __reana.workspace_retention_rule;

DROP FUNCTION __reana.record_retention_action();

DROP TRIGGER set_retention_dates ON __reana.workspace_retention_rule;

DROP FUNCTION __reana.set_retention_dates();

DROP TRIGGER zz_guard_status ON __reana.workspace_retention_rule;

CREATE TRIGGER zz_guard_status
BEFORE UPDATE ON __reana.workspace_retention_rule
FOR EACH ROW
WHEN (NEW.status IS DISTINCT FROM OLD.status)
EXECUTE FUNCTION __reana.guard_status('workspace_retention_rule');

COMMENT ON TRIGGER zz_guard_status ON __reana.workspace_retention_rule IS
'Refuses a status that may not follow; fires after all other triggers of its kind.';

DROP FUNCTION __reana.guard_retention_rule();

DROP FUNCTION __reana.end_of_retention(integer);

ALTER TABLE __reana.workspace_retention_rule
DROP COLUMN pending_since;
