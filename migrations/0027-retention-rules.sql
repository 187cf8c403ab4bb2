-- depends: 0026-run-numbers
--
-- The life of retention rules, for any client: dates, activation at the end of a run, inactivation
-- at restart and deletion, and the audit log.
--
-- Locks: whoever changes several rules locks them first, in the order of their ids.  A restart
-- waits for a claim of the same files and is refused when it finds rules pending; a claim skips
-- rules that a restart or a deletion has locked.

ALTER TABLE __reana.workspace_retention_rule
ADD COLUMN pending_since timestamp without time zone;

COMMENT ON COLUMN __reana.workspace_retention_rule.pending_since IS
'When the rule was claimed last, in UTC; NULL unless it is pending.';

-- Days outside the bounds are left over from old clients; the end of a run must not fail for them.
CREATE FUNCTION __reana.end_of_retention(p_days integer)
RETURNS timestamp without time zone
LANGUAGE plpgsql
VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
        + make_interval(days => 1 + LEAST(GREATEST(p_days, 0), 36500), secs => -0.000001);
END
$$;

COMMENT ON FUNCTION __reana.end_of_retention(integer) IS
'When a rule that becomes active now is due: the end of the day (UTC), and so many days later; less than 0 count as 0, more than 36500 as 36500.';

CREATE FUNCTION __reana.set_retention_dates()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.status = 'inactive' THEN
        NEW.apply_on := NULL;
    ELSIF NEW.apply_on IS NULL AND NEW.status = 'active' THEN
        NEW.apply_on := __reana.end_of_retention(NEW.retention_days);
    END IF;

    IF NEW.status IS DISTINCT FROM OLD.status THEN
        NEW.pending_since := CASE
            WHEN NEW.status = 'pending' THEN clock_timestamp() AT TIME ZONE 'UTC'
        END;
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.set_retention_dates() IS
'Sets apply_on of a rule that is active without a date (end of the day in UTC plus retention_days) and clears it when inactive; sets pending_since when the status changes.';

CREATE TRIGGER set_retention_dates
BEFORE INSERT OR UPDATE ON __reana.workspace_retention_rule
FOR EACH ROW
EXECUTE FUNCTION __reana.set_retention_dates();

COMMENT ON TRIGGER set_retention_dates ON __reana.workspace_retention_rule IS
'Sets apply_on and pending_since.';

CREATE FUNCTION __reana.record_retention_action()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    LOOP
        INSERT INTO __reana.workspace_retention_audit_log
        (workspace_retention_rule_id, timestamp, action)
        VALUES (NEW.id_, clock_timestamp() AT TIME ZONE 'UTC', NEW.status)
        ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.record_retention_action() IS
'Writes the audit entry of a new or changed retention rule, in UTC.';

CREATE TRIGGER record_retention_action
AFTER INSERT OR UPDATE ON __reana.workspace_retention_rule
FOR EACH ROW
EXECUTE FUNCTION __reana.record_retention_action();

COMMENT ON TRIGGER record_retention_action ON __reana.workspace_retention_rule IS
'Writes the audit entry of a new or changed rule.';

-- The key of the audit log is rule, time and action.  Services of earlier releases write entries of
-- their own, at the default time, the start of the transaction: a second one of a transaction used
-- to fail.  All writers hold the lock of the rule's row, so nobody takes the free microsecond
-- meanwhile.
CREATE FUNCTION __reana.separate_audit_times()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    WHILE EXISTS (
        SELECT 1
        FROM __reana.workspace_retention_audit_log AS entry
        WHERE
            entry.workspace_retention_rule_id = NEW.workspace_retention_rule_id
            AND entry.timestamp = NEW.timestamp
            AND entry.action = NEW.action
    )
    LOOP
        NEW.timestamp := NEW.timestamp + make_interval(secs => 0.000001);
    END LOOP;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.separate_audit_times() IS
'Moves an audit entry whose rule, time and action are taken to the next free microsecond.';

CREATE TRIGGER separate_audit_times
BEFORE INSERT ON __reana.workspace_retention_audit_log
FOR EACH ROW
WHEN (NEW.timestamp = now()::timestamp without time zone)
EXECUTE FUNCTION __reana.separate_audit_times();

COMMENT ON TRIGGER separate_audit_times ON __reana.workspace_retention_audit_log IS
'Keeps two entries of one moment apart.';

CREATE FUNCTION __reana.follow_run()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rule_ids uuid [];
    v_pending uuid;
BEGIN
    IF NEW.status IN ('finished', 'failed') THEN
        PERFORM
        FROM __reana.workspace_retention_rule AS rule
        WHERE
            rule.workflow_id = NEW.id_
            AND rule.status = 'created'
        ORDER BY rule.id_
        FOR NO KEY UPDATE;

        IF FOUND THEN
            UPDATE __reana.workspace_retention_rule
            SET status = 'active'
            WHERE
                workspace_retention_rule.workflow_id = NEW.id_
                AND workspace_retention_rule.status = 'created';
        END IF;
        RETURN NULL;
    END IF;

    -- An aggregate cannot lock rows, so they are locked below it.  The rules of a new run do not
    -- count: they were inserted with it and are not those of an earlier run.
    SELECT array_agg(locked.id_)
    INTO v_rule_ids
    FROM (
        SELECT rule.id_
        FROM __reana.workspace_retention_rule AS rule
        INNER JOIN __reana.workflow ON rule.workflow_id = workflow.id_
        WHERE
            workflow.owner_id = NEW.owner_id
            AND workflow.name = NEW.name
            AND workflow.run_number_major = NEW.run_number_major
            AND rule.status IN ('created', 'active', 'pending')
            AND NOT (TG_OP = 'INSERT' AND rule.workflow_id = NEW.id_)
        ORDER BY rule.id_
        FOR NO KEY UPDATE OF rule
    ) AS locked;

    IF v_rule_ids IS NULL THEN
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' THEN
        SELECT rule.id_
        INTO v_pending
        FROM __reana.workspace_retention_rule AS rule
        WHERE
            rule.id_ = ANY(v_rule_ids)
            AND rule.status = 'pending'
        LIMIT 1;

        IF v_pending IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = '23R02',
                MESSAGE = format(
                    'Run %s.%s cannot be restarted while files of its workspace are removed.',
                    NEW.name, NEW.run_number_major),
                DETAIL = format('entity=workflow id=%s owner=%s pending_rule=%s',
                    NEW.id_, NEW.owner_id, v_pending),
                HINT = 'Try again when the rule has been applied.',
                SCHEMA = '__reana',
                TABLE = 'workflow';
        END IF;
    END IF;

    UPDATE __reana.workspace_retention_rule
    SET status = 'inactive'
    WHERE
        workspace_retention_rule.id_ = ANY(v_rule_ids)
        AND workspace_retention_rule.status IN ('created', 'active');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.follow_run() IS
'Makes the created rules of a run active when it finishes or fails. Ends the created and active rules of all runs with the owner, name and major number of a restarted or deleted run; refuses a restart (SQLSTATE 23R02) while one of them is pending.';

-- An import of an ended restart leaves rules as they are.
CREATE TRIGGER follow_restart
AFTER INSERT ON __reana.workflow
FOR EACH ROW
WHEN (NEW.restart AND NEW.status = 'created')
EXECUTE FUNCTION __reana.follow_run();

COMMENT ON TRIGGER follow_restart ON __reana.workflow IS
'Ends the retention rules of the runs before a restart; refuses a restart while one is pending.';

-- One trigger, for the server reads the condition of each in every statement.
CREATE TRIGGER follow_run
AFTER UPDATE ON __reana.workflow
FOR EACH ROW
WHEN (
    OLD.status IS DISTINCT FROM NEW.status
    AND NEW.status IN ('finished', 'failed', 'deleted')
)
EXECUTE FUNCTION __reana.follow_run();

COMMENT ON TRIGGER follow_run ON __reana.workflow IS
'Makes the created retention rules of a run active when it finishes or fails; ends those of all runs that share the workspace of a deleted one.';
