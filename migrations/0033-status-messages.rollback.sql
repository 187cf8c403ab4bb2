DROP TABLE IF EXISTS __reana.status_message;
