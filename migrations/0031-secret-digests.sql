-- depends: 0030-quota-totals
--
-- Tokens and session secrets are looked up by a digest: HMAC-SHA-256 of the value, with a key that
-- follows from REANA_SECRET_KEY.  Services of earlier releases do not know it.  What they write has
-- none until this library meets it; what they overwrite must not keep the one of another value.

ALTER TABLE __reana.user_token
ADD COLUMN token_digest bytea;

ALTER TABLE __reana.interactive_session
ADD COLUMN session_secret_digest bytea;

COMMENT ON COLUMN __reana.user_token.token IS
'The token, encrypted under REANA_SECRET_KEY; NULL while it is only requested. Base64 of AES-256-CBC as released services read it, or sealed1:<key>:<base64>, which opens in this row only.';
COMMENT ON COLUMN __reana.user_token.token_digest IS
'HMAC-SHA-256 of the token in clear, with a key derived from REANA_SECRET_KEY, to find the user by it. NULL until this library has seen the token.';
COMMENT ON COLUMN __reana.interactive_session.session_secret_digest IS
'HMAC-SHA-256 of the secret in clear, with a key derived from REANA_SECRET_KEY, to find the session by it. NULL until this library has seen the secret.';

CREATE FUNCTION __reana.forget_token_digest()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.token_digest := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION __reana.forget_token_digest() IS
'Clears the digest of a token that got another value.';

-- Only this library seals and unseals values, and a value keeps its digest then.
CREATE TRIGGER forget_token_digest
BEFORE UPDATE OF token ON __reana.user_token
FOR EACH ROW
WHEN (
    OLD.token IS DISTINCT FROM NEW.token
    AND OLD.token_digest IS NOT DISTINCT FROM NEW.token_digest
    AND pg_catalog.substr(OLD.token, 1, 8) IS DISTINCT FROM 'sealed1:'::bytea
    AND pg_catalog.substr(NEW.token, 1, 8) IS DISTINCT FROM 'sealed1:'::bytea
)
EXECUTE FUNCTION __reana.forget_token_digest();
COMMENT ON TRIGGER forget_token_digest ON __reana.user_token IS
'Clears the digest when a service that does not know it overwrites the token.';

CREATE FUNCTION __reana.forget_session_secret_digest()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.session_secret_digest := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION __reana.forget_session_secret_digest() IS
'Clears the digest of a session secret that got another value.';

CREATE TRIGGER forget_session_secret_digest
BEFORE UPDATE OF session_secret ON __reana.interactive_session
FOR EACH ROW
WHEN (
    OLD.session_secret IS DISTINCT FROM NEW.session_secret
    AND OLD.session_secret_digest IS NOT DISTINCT FROM NEW.session_secret_digest
    AND pg_catalog.substr(OLD.session_secret, 1, 8) IS DISTINCT FROM 'sealed1:'::bytea
    AND pg_catalog.substr(NEW.session_secret, 1, 8) IS DISTINCT FROM 'sealed1:'::bytea
)
EXECUTE FUNCTION __reana.forget_session_secret_digest();
COMMENT ON TRIGGER forget_session_secret_digest ON __reana.interactive_session IS
'Clears the digest when a service that does not know it overwrites the secret.';
