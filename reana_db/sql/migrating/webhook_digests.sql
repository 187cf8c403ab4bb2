-- name: _hand_over
-- For this transaction only.
SELECT pg_catalog.set_config('reana_db.webhook_secrets', %(secrets)s::text, TRUE) AS secrets;
