-- depends: 0033-status-messages
--
-- A service deletes a run, commits, removes the files and confirms.  What died in between is found
-- again by what it left here.

CREATE TABLE __reana.workspace_removal (
    workflow_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closed jsonb NOT NULL,
    CONSTRAINT pk_workspace_removal PRIMARY KEY (workflow_id),
    CONSTRAINT fk_workspace_removal_workflow_id
    FOREIGN KEY (workflow_id) REFERENCES __reana.workflow (id_) ON DELETE CASCADE
);

COMMENT ON TABLE __reana.workspace_removal IS
'Deleted runs whose files may still be there; a row goes when their removal is confirmed. The command "reana-db deletions" lists them.';
COMMENT ON COLUMN __reana.workspace_removal.workflow_id IS
'The deleted run.';
COMMENT ON COLUMN __reana.workspace_removal.claimed_at IS
'When it was deleted.';
COMMENT ON COLUMN __reana.workspace_removal.closed IS
'The sessions and services that its deletion closed, as a JSON array.';

CREATE FUNCTION __reana.refuse_restart_during_removal()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM __reana.workspace_removal
        INNER JOIN __reana.workflow ON workspace_removal.workflow_id = workflow.id_
        WHERE
            workflow.workspace_path = NEW.workspace_path
            AND workflow.owner_id = NEW.owner_id
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R02',
            MESSAGE = format(
                'Run %s.%s cannot be restarted while files of its workspace are removed.',
                NEW.name, NEW.run_number_major),
            DETAIL = format('entity=workflow id=%s owner=%s', NEW.id_, NEW.owner_id),
            HINT = 'A run of this workspace was deleted.',
            SCHEMA = '__reana',
            TABLE = 'workflow';
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.refuse_restart_during_removal() IS
'Refuses a restart (SQLSTATE 23R02) in a workspace whose files are being removed.';

CREATE TRIGGER refuse_restart_during_removal
AFTER INSERT ON __reana.workflow
FOR EACH ROW
WHEN (NEW.restart AND NEW.status = 'created')
EXECUTE FUNCTION __reana.refuse_restart_during_removal();

COMMENT ON TRIGGER refuse_restart_during_removal ON __reana.workflow IS
'Refuses a restart in a workspace whose files are being removed.';
