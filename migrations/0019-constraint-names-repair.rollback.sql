-- The doubly prefixed name is what revision 06dbbeef6d9b made; the third name, where a database
-- had it, is not remembered.

ALTER TABLE __reana.user_resource
RENAME CONSTRAINT ck_user_resource_quota_period_months_positive
TO ck_user_resource_ck_user_resource_quota_period_months_positive;
