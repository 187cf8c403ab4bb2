-- name: lock
-- writes
SELECT __reana.lock_totals(%(user_ids)s);
