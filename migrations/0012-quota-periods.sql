-- depends: 0011-service-logs
--
-- A quota may count the usage of a period of some months (Alembic revision 06dbbeef6d9b, which
-- gave the check its doubled prefix; 0019 repairs it).

ALTER TABLE __reana.user_resource
ADD COLUMN quota_period_months integer,
ADD COLUMN quota_period_start_at timestamp without time zone,
ADD CONSTRAINT ck_user_resource_ck_user_resource_quota_period_months_positive
CHECK (quota_period_months IS NULL OR quota_period_months > 0);
