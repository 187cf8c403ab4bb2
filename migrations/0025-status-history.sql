-- depends: 0024-status-rules
--
-- Every status that anything had, whoever gave it.
--
-- The primary key leads with the row whose life it is, so that one index serves key and look-ups;
-- ids of one row grow with its changes, because they are made under its lock.  Nothing refers to
-- other tables: an insertion here locks nothing and waits for nobody.  There is no index for the
-- rare readers of all rows (pruning, the report of violations): each change would pay for it.

CREATE TABLE __reana.status_history (
    id bigint GENERATED ALWAYS AS IDENTITY,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    from_status text,
    to_status text,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    role text DEFAULT session_user NOT NULL,
    application_name text DEFAULT current_setting('application_name') NOT NULL,
    allowed boolean NOT NULL,
    CONSTRAINT pk_status_history PRIMARY KEY (entity_id, id)
);

COMMENT ON TABLE __reana.status_history IS
'Every change of a status; written by triggers only. The view reana.run_history shows the lives of runs; the command "reana-db status" reads and prunes it.';
COMMENT ON COLUMN __reana.status_history.id IS
'Order of the entries of one row.';
COMMENT ON COLUMN __reana.status_history.entity IS
'Name of the table whose row has the status.';
COMMENT ON COLUMN __reana.status_history.entity_id IS
'Which row of that table.';
COMMENT ON COLUMN __reana.status_history.from_status IS
'The status before; NULL where the row was inserted.';
COMMENT ON COLUMN __reana.status_history.to_status IS
'The status from then on; NULL where the row was deleted.';
COMMENT ON COLUMN __reana.status_history.changed_at IS
'When it was recorded.';
COMMENT ON COLUMN __reana.status_history.role IS
'The role that had logged in.';
COMMENT ON COLUMN __reana.status_history.application_name IS
'What the client calls itself.';
COMMENT ON COLUMN __reana.status_history.allowed IS
'Whether status_transition allows it; false only where the setting status_mode was observe.';

-- One statement judges and records: it costs half of two.
CREATE OR REPLACE FUNCTION __reana.judge_status(
    p_entity text, p_id uuid, p_from text, p_to text
)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    v_allowed boolean;
BEGIN
    INSERT INTO __reana.status_history
    (entity, entity_id, from_status, to_status, allowed)
    VALUES (
        p_entity,
        p_id,
        p_from,
        p_to,
        p_from IS NULL -- rows of old releases: there is nothing to guard
        OR EXISTS (
            SELECT
            FROM __reana.status_transition AS rule
            WHERE
                rule.entity OPERATOR(pg_catalog.=) p_entity
                AND rule.from_status OPERATOR(pg_catalog.=) p_from
                AND rule.to_status OPERATOR(pg_catalog.=) p_to
        )
    )
    RETURNING status_history.allowed INTO v_allowed;

    RETURN v_allowed OR NOT __reana.status_rules_enforced();
END
$$;

COMMENT ON FUNCTION __reana.judge_status(text, uuid, text, text) IS
'Records a change of a status and tells whether it is accepted: the rules allow it or are not enforced.';

CREATE FUNCTION __reana.record_status()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
AS $$
BEGIN
    INSERT INTO __reana.status_history
    (entity, entity_id, from_status, to_status, allowed)
    VALUES (
        TG_ARGV[0],
        COALESCE(NEW.id_, OLD.id_),
        OLD.status::pg_catalog.text,
        NEW.status::pg_catalog.text,
        TRUE
    );
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.record_status() FROM PUBLIC;

COMMENT ON FUNCTION __reana.record_status() IS
'Records the first status of a row, and that a row was deleted.';

CREATE TRIGGER record_first_status
AFTER INSERT ON __reana.workflow
FOR EACH ROW
WHEN (NEW.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('workflow');

COMMENT ON TRIGGER record_first_status ON __reana.workflow IS
'Records the status with which a row was inserted.';

CREATE TRIGGER record_deletion
AFTER DELETE ON __reana.workflow
FOR EACH ROW
WHEN (OLD.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('workflow');

COMMENT ON TRIGGER record_deletion ON __reana.workflow IS
'Records that a row was deleted, and its last status.';

CREATE TRIGGER record_first_status
AFTER INSERT ON __reana.job
FOR EACH ROW
WHEN (NEW.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('job');

COMMENT ON TRIGGER record_first_status ON __reana.job IS
'Records the status with which a row was inserted.';

CREATE TRIGGER record_deletion
AFTER DELETE ON __reana.job
FOR EACH ROW
WHEN (OLD.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('job');

COMMENT ON TRIGGER record_deletion ON __reana.job IS
'Records that a row was deleted, and its last status.';

CREATE TRIGGER record_first_status
AFTER INSERT ON __reana.interactive_session
FOR EACH ROW
WHEN (NEW.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('interactive_session');

COMMENT ON TRIGGER record_first_status ON __reana.interactive_session IS
'Records the status with which a row was inserted.';

CREATE TRIGGER record_deletion
AFTER DELETE ON __reana.interactive_session
FOR EACH ROW
WHEN (OLD.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('interactive_session');

COMMENT ON TRIGGER record_deletion ON __reana.interactive_session IS
'Records that a row was deleted, and its last status.';

CREATE TRIGGER record_first_status
AFTER INSERT ON __reana.service
FOR EACH ROW
WHEN (NEW.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('service');

COMMENT ON TRIGGER record_first_status ON __reana.service IS
'Records the status with which a row was inserted.';

CREATE TRIGGER record_deletion
AFTER DELETE ON __reana.service
FOR EACH ROW
WHEN (OLD.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('service');

COMMENT ON TRIGGER record_deletion ON __reana.service IS
'Records that a row was deleted, and its last status.';

CREATE TRIGGER record_first_status
AFTER INSERT ON __reana.workspace_retention_rule
FOR EACH ROW
WHEN (NEW.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('workspace_retention_rule');

COMMENT ON TRIGGER record_first_status ON __reana.workspace_retention_rule IS
'Records the status with which a row was inserted.';

CREATE TRIGGER record_deletion
AFTER DELETE ON __reana.workspace_retention_rule
FOR EACH ROW
WHEN (OLD.status IS NOT NULL)
EXECUTE FUNCTION __reana.record_status('workspace_retention_rule');

COMMENT ON TRIGGER record_deletion ON __reana.workspace_retention_rule IS
'Records that a row was deleted, and its last status.';

CREATE SCHEMA IF NOT EXISTS reana;

COMMENT ON SCHEMA reana IS
'Views for people in psql.';

-- LATERAL, so that a condition on the run is met before its history is read.
CREATE VIEW reana.run_history AS
SELECT
    workflow.id_ AS workflow_id,
    user_.email AS owner,
    workflow.name || '.' || workflow.run_number_major
    || COALESCE('.' || NULLIF(workflow.run_number_minor, 0), '') AS run,
    period.status,
    period.since,
    period.until,
    COALESCE(period.until, clock_timestamp()) - period.since AS duration,
    period.application_name,
    period.role,
    period.allowed
FROM __reana.workflow
LEFT JOIN __reana.user_ ON workflow.owner_id = user_.id_
CROSS JOIN LATERAL (
    SELECT
        entry.to_status AS status,
        entry.changed_at AS since,
        lead(entry.changed_at) OVER (ORDER BY entry.id) AS until,
        entry.application_name,
        entry.role,
        entry.allowed,
        entry.id
    FROM __reana.status_history AS entry
    WHERE
        entry.entity_id = workflow.id_
        AND entry.entity = 'workflow'
) AS period
ORDER BY workflow.id_, period.id;

COMMENT ON VIEW reana.run_history IS
'The lives of runs: one row per status that a run had, and how long. For example: SELECT * FROM reana.run_history WHERE run = ''analysis.3'';';
COMMENT ON COLUMN reana.run_history.workflow_id IS
'Which run.';
COMMENT ON COLUMN reana.run_history.owner IS
'E-mail address of the owner.';
COMMENT ON COLUMN reana.run_history.run IS
'Name and number: name.M, or name.M.m for a restart.';
COMMENT ON COLUMN reana.run_history.status IS
'The status.';
COMMENT ON COLUMN reana.run_history.since IS
'When the run got it.';
COMMENT ON COLUMN reana.run_history.until IS
'When the run got the next one; NULL for the status that it has.';
COMMENT ON COLUMN reana.run_history.duration IS
'How long the run had it; until now for the status that it has.';
COMMENT ON COLUMN reana.run_history.application_name IS
'What the client that gave it calls itself.';
COMMENT ON COLUMN reana.run_history.role IS
'The role of that client.';
COMMENT ON COLUMN reana.run_history.allowed IS
'Whether the rules allowed it.';
