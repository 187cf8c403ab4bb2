-- transactional: false

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_interactive_session_undigested;

DROP INDEX CONCURRENTLY IF EXISTS __reana.uq_interactive_session_session_secret_digest;

DROP INDEX CONCURRENTLY IF EXISTS __reana.uq_user_token_token_digest;
