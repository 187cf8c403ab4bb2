DROP TRIGGER assign_run_number ON __reana.workflow;

DROP FUNCTION __reana.assign_run_number();
