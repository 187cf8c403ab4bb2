-- The secrets stay in AES-GCM, which every release that knows them can read.

ALTER TABLE __reana.user_
DROP CONSTRAINT ck_user__gitlab_webhook_secret_complete,
DROP CONSTRAINT uq_user__gitlab_webhook_secret_digest,
DROP COLUMN gitlab_webhook_secret_digest,
ADD CONSTRAINT uq_user__gitlab_webhook_secret UNIQUE (gitlab_webhook_secret);
