DROP TRIGGER forget_session_secret_digest ON __reana.interactive_session;
DROP FUNCTION __reana.forget_session_secret_digest();
DROP TRIGGER forget_token_digest ON __reana.user_token;
DROP FUNCTION __reana.forget_token_digest();

COMMENT ON COLUMN __reana.user_token.token IS
'The token, encrypted under REANA_SECRET_KEY, base64 text; NULL while it is only requested.';

ALTER TABLE __reana.interactive_session
DROP COLUMN session_secret_digest;

ALTER TABLE __reana.user_token
DROP COLUMN token_digest;
