DROP FUNCTION __reana.ensure_webhook_secret(uuid, bytea, bytea, text, timestamp, boolean);
DROP FUNCTION __reana.ensure_session_secret(uuid, bytea, bytea, bytea);
DROP FUNCTION __reana.grant_encrypted_token(uuid, uuid, bytea, bytea, bytea, uuid, uuid, json);
DROP FUNCTION __reana.stored_form(bytea, bytea);

COMMENT ON INDEX __reana.ix___reana_interactive_session_undigested IS NULL;
COMMENT ON INDEX __reana.uq_interactive_session_session_secret_digest IS NULL;
COMMENT ON INDEX __reana.uq_user_token_token_digest IS NULL;
