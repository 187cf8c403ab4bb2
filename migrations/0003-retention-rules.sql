-- depends: 0002-launcher-url
--
-- Retention rules of workspaces and their audit log (Alembic revision b92fe567be5b).
-- IF NOT EXISTS: `init` of a newer release creates these over a database of 0.8.0.

DO $$
BEGIN
    IF to_regtype('public.workspaceretentionrulestatus') IS NULL THEN
        CREATE TYPE public.workspaceretentionrulestatus AS ENUM (
            'created',
            'active',
            'inactive',
            'applied'
        );
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS __reana.workspace_retention_rule (
    id_ uuid NOT NULL,
    workflow_id uuid NOT NULL,
    workspace_files character varying(255) NOT NULL,
    retention_days integer NOT NULL,
    apply_on timestamp without time zone,
    status public.workspaceretentionrulestatus NOT NULL,
    CONSTRAINT workspace_retention_rule_pkey PRIMARY KEY (id_),
    CONSTRAINT _workspace_retention_rule_uc UNIQUE (workflow_id, workspace_files),
    CONSTRAINT workspace_retention_rule_workflow_id_fkey
    FOREIGN KEY (workflow_id) REFERENCES __reana.workflow (id_)
);

CREATE TABLE IF NOT EXISTS __reana.workspace_retention_audit_log (
    workspace_retention_rule_id uuid NOT NULL,
    timestamp timestamp without time zone DEFAULT now() NOT NULL,
    action public.workspaceretentionrulestatus NOT NULL,
    CONSTRAINT workspace_retention_audit_log_pkey
    PRIMARY KEY (workspace_retention_rule_id, timestamp, action),
    CONSTRAINT workspace_retention_audit_log_workspace_retention_rule_id_fkey
    FOREIGN KEY (workspace_retention_rule_id) REFERENCES __reana.workspace_retention_rule (id_)
);
