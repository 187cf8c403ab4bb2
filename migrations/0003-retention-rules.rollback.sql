-- Refuses while there are retention rules.

LOCK TABLE __reana.workspace_retention_rule IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.workspace_retention_rule;

    IF v_rows > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0003-retention-rules would drop %s retention rules.', v_rows),
            HINT = 'Delete them and their audit log first if they may be lost.';
    END IF;
END
$$;

DROP TABLE
    __reana.workspace_retention_audit_log,
    __reana.workspace_retention_rule;

DROP TYPE public.workspaceretentionrulestatus;
