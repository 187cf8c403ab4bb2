-- Back to totals that the services keep themselves; they stay as they are.

DROP VIEW __reana.current_quota;

DROP TRIGGER recount_inserted_quota ON __reana.user_resource;

DROP TRIGGER recount_updated_quota ON __reana.user_resource;

DROP TRIGGER zz_keep_quota_used ON __reana.user_resource;

DROP TRIGGER refuse_negative_usage ON __reana.workflow_resource;

DROP TRIGGER lock_run ON __reana.workflow_resource;

DROP TRIGGER count_inserted_usage ON __reana.workflow_resource;

DROP TRIGGER count_updated_usage ON __reana.workflow_resource;

DROP TRIGGER count_deleted_usage ON __reana.workflow_resource;

DROP TRIGGER recount_truncated_usage ON __reana.workflow_resource;

DROP TRIGGER count_inserted_runs ON __reana.workflow;

DROP TRIGGER count_updated_runs ON __reana.workflow;

DROP TRIGGER count_deleted_runs ON __reana.workflow;

DROP TRIGGER recount_truncated_runs ON __reana.workflow;

DROP FUNCTION __reana.lock_run();

DROP FUNCTION __reana.refuse_negative_usage();

DROP FUNCTION __reana.recount_everybody();

DROP FUNCTION __reana.recount_user(uuid);

DROP FUNCTION __reana.record_runs(uuid [], uuid []);

DROP FUNCTION __reana.count_changed_usage();

DROP FUNCTION __reana.count_used_runs(uuid []);

DROP FUNCTION __reana.count_changed_runs();

DROP FUNCTION __reana.count_runs(uuid [], boolean);

DROP FUNCTION __reana.lock_totals(uuid []);

DROP FUNCTION __reana.keep_quota_used();

DROP FUNCTION __reana.recount_quota();

ALTER TABLE __reana.user_resource DROP COLUMN quota_counted;

ALTER TABLE __reana.resource DROP COLUMN default_limit;

DROP FUNCTION __reana.counted_disk(uuid);

DROP FUNCTION __reana.counted_cpu(uuid, timestamp without time zone);

DROP FUNCTION __reana.current_period_start(
    timestamp without time zone, integer, timestamp without time zone
);

DROP VIEW __reana.run_usage;

DROP VIEW __reana.run_time;

DROP FUNCTION __reana.cpu_milliseconds(
    timestamp without time zone, timestamp without time zone, timestamp without time zone
);

DROP TABLE __reana.quota_ledger;

DROP VIEW __reana.quota_resource;
