-- depends: 0015-identity-complete
--
-- Webhook secrets end some day (Alembic revision f7c88ca6b713).

ALTER TABLE __reana.user_
ADD COLUMN gitlab_webhook_secret_expires_at timestamp without time zone;
