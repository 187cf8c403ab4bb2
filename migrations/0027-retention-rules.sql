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

CREATE FUNCTION __reana.end_retention_rules(
    p_owner_id uuid, p_name text, p_run_number_major integer, p_restart_id uuid
)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rule_ids uuid [];
    v_pending uuid;
BEGIN
    -- An aggregate cannot lock rows, so they are locked below it.  The rules of a new run do not
    -- count: they were inserted with it and are not those of an earlier run.
    SELECT array_agg(locked.id_)
    INTO v_rule_ids
    FROM (
        SELECT rule.id_
        FROM __reana.workspace_retention_rule AS rule
        INNER JOIN __reana.workflow ON rule.workflow_id = workflow.id_
        WHERE
            workflow.owner_id = p_owner_id
            AND workflow.name = p_name
            AND workflow.run_number_major = p_run_number_major
            AND rule.status IN ('created', 'active', 'pending')
            AND rule.workflow_id IS DISTINCT FROM p_restart_id
        ORDER BY rule.id_
        FOR NO KEY UPDATE OF rule
    ) AS locked;

    IF v_rule_ids IS NULL THEN
        RETURN;
    END IF;

    IF p_restart_id IS NOT NULL THEN
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
                    p_name, p_run_number_major),
                DETAIL = format('entity=workflow id=%s owner=%s pending_rule=%s',
                    p_restart_id, p_owner_id, v_pending),
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
END
$$;

COMMENT ON FUNCTION __reana.end_retention_rules(uuid, text, integer, uuid) IS
'Ends the created and active rules of all runs with this owner, name and major number, which is deleted or, as the run given last, restarted. Refuses a restart (SQLSTATE 23R02) while one of them is pending.';

CREATE FUNCTION __reana.follow_restart()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM __reana.end_retention_rules(
        NEW.owner_id, NEW.name, NEW.run_number_major, NEW.id_
    );
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.follow_restart() IS
'Ends the retention rules of the runs before a restart; refuses a restart while one is pending.';

-- An import of an ended restart leaves rules as they are.
CREATE TRIGGER follow_restart
AFTER INSERT ON __reana.workflow
FOR EACH ROW
WHEN (NEW.restart AND NEW.status = 'created')
EXECUTE FUNCTION __reana.follow_restart();

COMMENT ON TRIGGER follow_restart ON __reana.workflow IS
'Ends the retention rules of the runs before a restart; refuses a restart while one is pending.';

-- Fires for every update of a run, and most are of none that ends: so without a condition, which
-- the server reads anew in each statement, and with qualified operators instead of a search_path.
-- Either costs more than the rest.
CREATE FUNCTION __reana.follow_run()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF
        COALESCE(
            NEW.run_finished_at, NEW.run_stopped_at, OLD.run_finished_at, OLD.run_stopped_at
        ) IS NULL
        AND NEW.status OPERATOR(pg_catalog.<>) 'deleted'
        AND NEW.id_ OPERATOR(pg_catalog.=) OLD.id_
        AND NEW.owner_id OPERATOR(pg_catalog.=) OLD.owner_id
        AND NEW.workspace_path OPERATOR(pg_catalog.=) OLD.workspace_path
    THEN
        RETURN NULL;
    END IF;

    -- Said after all rows are changed, so that no expression of the statement takes it back.
    IF
        COALESCE(pg_catalog.current_setting('reana_db.runs_changed', TRUE), '')
        OPERATOR(pg_catalog.<>) 'yes'
    THEN
        PERFORM pg_catalog.set_config('reana_db.runs_changed', 'yes', TRUE);
    END IF;

    IF NEW.status OPERATOR(pg_catalog.=) OLD.status THEN
        RETURN NULL;
    END IF;

    IF NEW.status OPERATOR(pg_catalog.=) 'deleted' THEN
        PERFORM __reana.end_retention_rules(
            NEW.owner_id, NEW.name, NEW.run_number_major, NULL
        );
    ELSIF
        NEW.status OPERATOR(pg_catalog.=) ANY ('{finished,failed}'::public.runstatus [])
    THEN
        PERFORM
        FROM __reana.workspace_retention_rule AS rule
        WHERE
            rule.workflow_id OPERATOR(pg_catalog.=) NEW.id_
            AND rule.status OPERATOR(pg_catalog.=) 'created'
        ORDER BY rule.id_
        FOR NO KEY UPDATE;

        IF FOUND THEN
            UPDATE __reana.workspace_retention_rule
            SET status = 'active'
            WHERE
                workspace_retention_rule.workflow_id OPERATOR(pg_catalog.=) NEW.id_
                AND workspace_retention_rule.status OPERATOR(pg_catalog.=) 'created';
        END IF;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.follow_run() IS
'Makes the created retention rules of a run active when it finishes or fails; ends those of all runs that share the workspace of a deleted one. Tells count_changed_runs, until the end of the transaction, that it has something to count.';

CREATE TRIGGER follow_run
AFTER UPDATE ON __reana.workflow
FOR EACH ROW
EXECUTE FUNCTION __reana.follow_run();

COMMENT ON TRIGGER follow_run ON __reana.workflow IS
'Makes the created retention rules of a run active when it finishes or fails; ends those of all runs that share the workspace of a deleted one.';
