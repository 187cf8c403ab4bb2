-- PostgreSQL cannot remove a value from an enum type, so the type is made anew.
-- Refuses while a rule or its audit log says pending.

LOCK TABLE
    __reana.workspace_retention_rule,
    __reana.workspace_retention_audit_log
IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rules bigint;
    v_entries bigint;
BEGIN
    SELECT count(*)
    INTO v_rules
    FROM __reana.workspace_retention_rule AS rule
    WHERE rule.status = 'pending';

    SELECT count(*)
    INTO v_entries
    FROM __reana.workspace_retention_audit_log AS entry
    WHERE entry.action = 'pending';

    IF v_rules + v_entries > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format(
                'Rolling back 0004-retention-pending needs a database without the status pending: %s retention rules and %s entries of their audit log have it.',
                v_rules,
                v_entries
            ),
            HINT = 'Let the retention job finish its pending rules, and delete those entries of workspace_retention_audit_log if they may be lost.';
    END IF;
END
$$;

ALTER TYPE public.workspaceretentionrulestatus RENAME TO workspaceretentionrulestatus_with_pending;

CREATE TYPE public.workspaceretentionrulestatus AS ENUM (
    'created',
    'active',
    'inactive',
    'applied'
);

ALTER TABLE __reana.workspace_retention_rule
ALTER COLUMN status TYPE public.workspaceretentionrulestatus
USING status::text::public.workspaceretentionrulestatus;

ALTER TABLE __reana.workspace_retention_audit_log
ALTER COLUMN action TYPE public.workspaceretentionrulestatus
USING action::text::public.workspaceretentionrulestatus;

DROP TYPE public.workspaceretentionrulestatus_with_pending;
