-- depends: 0035-web-sessions
-- transactional: false
--
-- Listings of the runs of a user by what they use, page by page in a stable order.

CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_quota_ledger_owner_id_disk_used
ON __reana.quota_ledger (owner_id, disk_used DESC, workflow_id)
WHERE disk_used > 0;

CREATE INDEX CONCURRENTLY IF NOT EXISTS ix___reana_quota_ledger_owner_id_cpu_used
ON __reana.quota_ledger (owner_id, cpu_used DESC, workflow_id)
WHERE cpu_used > 0;
