-- Refuses while a user has a quota period.

LOCK TABLE __reana.user_resource IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.user_resource
    WHERE
        user_resource.quota_period_months IS NOT NULL
        OR user_resource.quota_period_start_at IS NOT NULL;

    IF v_rows > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0012-quota-periods would lose the quota period of %s rows of user_resource.', v_rows),
            HINT = 'Set quota_period_months and quota_period_start_at to NULL first if they may be lost.';
    END IF;
END
$$;

ALTER TABLE __reana.user_resource
DROP CONSTRAINT ck_user_resource_ck_user_resource_quota_period_months_positive,
DROP COLUMN quota_period_start_at,
DROP COLUMN quota_period_months;
