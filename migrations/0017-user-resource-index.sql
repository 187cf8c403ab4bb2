-- depends: 0016-webhook-secret-expiry
--
-- The users of one resource, for quota reports (Alembic revision d8f509a4169e).

CREATE INDEX ix___reana_user_resource_resource_id
ON __reana.user_resource (resource_id, user_id);
