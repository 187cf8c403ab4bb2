DROP FUNCTION __reana.has_expired(timestamp without time zone);

DROP FUNCTION IF EXISTS __reana.count_web_sessions();

DROP VIEW
reana.migrations,
reana.retention_rules_due,
reana.open_sessions,
reana.running_load,
reana.stuck_runs,
reana.user_quota,
reana.run_history,
reana.runs;

DROP SCHEMA reana;
