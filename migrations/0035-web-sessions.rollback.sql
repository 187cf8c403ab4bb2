DROP FUNCTION IF EXISTS __reana.count_web_sessions();
