-- depends: 0031-secret-digests
-- transactional: false
--
-- How the digests are looked up.

-- The user of a token: every request.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS uq_user_token_token_digest
ON __reana.user_token (token_digest);

-- The session of a secret.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS uq_interactive_session_session_secret_digest
ON __reana.interactive_session (session_secret_digest);

-- Secrets that services of earlier releases wrote since the last look: most of the time none.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_interactive_session_undigested
ON __reana.interactive_session (id_)
WHERE session_secret IS NOT NULL AND session_secret_digest IS NULL;
