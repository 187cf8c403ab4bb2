-- transactional: false

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_quota_ledger_owner_id_cpu_used;

DROP INDEX CONCURRENTLY IF EXISTS __reana.ix___reana_quota_ledger_owner_id_disk_used;
