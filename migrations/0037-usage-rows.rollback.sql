DROP TRIGGER IF EXISTS open_usage ON __reana.workflow;

DROP FUNCTION IF EXISTS __reana.open_usage();
