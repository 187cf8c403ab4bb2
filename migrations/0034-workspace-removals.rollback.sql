DROP TRIGGER IF EXISTS refuse_restart_during_removal ON __reana.workflow;

DROP FUNCTION IF EXISTS __reana.refuse_restart_during_removal();

DROP TABLE IF EXISTS __reana.workspace_removal;
