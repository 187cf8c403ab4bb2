-- depends: 0013-identities
--
-- Encrypted secrets of interactive sessions and of GitLab webhooks (Alembic revision 5e5fab65889f).

ALTER TABLE __reana.interactive_session
ADD COLUMN session_secret bytea;

ALTER TABLE __reana.user_
ADD COLUMN gitlab_webhook_secret bytea,
ADD CONSTRAINT uq_user__gitlab_webhook_secret UNIQUE (gitlab_webhook_secret);
