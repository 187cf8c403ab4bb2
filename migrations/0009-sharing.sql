-- depends: 0008-job-workflow-key
--
-- Runs are shared with other users (Alembic revision 2e82f33ee37d).
-- IF NOT EXISTS: `init` of a newer release creates these over an older database.

DO $$
BEGIN
    IF to_regtype('public.accesstype') IS NULL THEN
        CREATE TYPE public.accesstype AS ENUM (
            'read'
        );
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS __reana.user_workflow (
    workflow_id uuid NOT NULL,
    user_id uuid NOT NULL,
    access_type public.accesstype NOT NULL,
    message character varying(5000),
    valid_until timestamp without time zone,
    CONSTRAINT pk_user_workflow PRIMARY KEY (workflow_id, user_id),
    CONSTRAINT fk_user_workflow_user_id_user_
    FOREIGN KEY (user_id) REFERENCES __reana.user_ (id_),
    CONSTRAINT fk_user_workflow_workflow_id_workflow
    FOREIGN KEY (workflow_id) REFERENCES __reana.workflow (id_)
);
