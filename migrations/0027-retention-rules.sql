-- depends: 0026-run-numbers
--
-- The life of retention rules, for any client: dates, activation at the end of a run, inactivation
-- at restart and deletion, and the audit log.
--
-- Locks: whoever changes several rules locks them first, in the order of their ids.  A restart
-- waits for a claim of the same files and is refused when it finds rules pending; a claim skips
-- rules that a restart or a deletion has locked.
--
-- The functions that fire at the end of every run name the schema of all they use, operators too,
-- instead of setting search_path: that would double their cost.

ALTER TABLE __reana.workspace_retention_rule
ADD COLUMN pending_since timestamp without time zone;

COMMENT ON COLUMN __reana.workspace_retention_rule.pending_since IS
'When the rule was claimed last, in UTC; NULL unless it is pending.';

CREATE FUNCTION __reana.end_of_retention(p_days integer)
RETURNS timestamp without time zone
LANGUAGE sql
VOLATILE
AS $$
SELECT
    pg_catalog.date_trunc('day', pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()))
    OPERATOR(pg_catalog.+) pg_catalog.make_interval(days => 1, secs => -0.000001)
    OPERATOR(pg_catalog.+) pg_catalog.make_interval(days => p_days)
$$;

COMMENT ON FUNCTION __reana.end_of_retention(integer) IS
'When a rule that becomes active now is due: the end of the day (UTC), and so many days later.';

CREATE FUNCTION __reana.set_retention_dates()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.status OPERATOR(pg_catalog.=) 'inactive' THEN
        NEW.apply_on := NULL;
    ELSIF NEW.apply_on IS NULL AND NEW.status OPERATOR(pg_catalog.=) 'active' THEN
        NEW.apply_on := __reana.end_of_retention(NEW.retention_days);
    END IF;

    NEW.pending_since := CASE
        WHEN NEW.status OPERATOR(pg_catalog.=) 'pending'
            THEN pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())
    END;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.set_retention_dates() IS
'Sets apply_on of a new rule that is active without a date (end of the day in UTC plus retention_days) and clears it when inactive; sets pending_since.';

CREATE TRIGGER set_retention_dates
BEFORE INSERT ON __reana.workspace_retention_rule
FOR EACH ROW
EXECUTE FUNCTION __reana.set_retention_dates();

COMMENT ON TRIGGER set_retention_dates ON __reana.workspace_retention_rule IS
'Sets apply_on and pending_since.';

-- One trigger does both, as for runs.
CREATE FUNCTION __reana.guard_retention_rule()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
AS $$
DECLARE
    v_from pg_catalog.text;
    v_to pg_catalog.text;
BEGIN
    IF NEW.status OPERATOR(pg_catalog.=) 'inactive' THEN
        NEW.apply_on := NULL;
    ELSIF NEW.apply_on IS NULL AND NEW.status OPERATOR(pg_catalog.=) 'active' THEN
        NEW.apply_on := __reana.end_of_retention(NEW.retention_days);
    END IF;

    IF COALESCE(
        NEW.status OPERATOR(pg_catalog.=) OLD.status,
        COALESCE(NEW.status, OLD.status) IS NULL
    ) THEN
        RETURN NEW;
    END IF;

    NEW.pending_since := CASE
        WHEN NEW.status OPERATOR(pg_catalog.=) 'pending'
            THEN pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())
    END;

    v_from := OLD.status;
    v_to := NEW.status;
    IF NOT __reana.judge_status('workspace_retention_rule', OLD.id_, v_from, v_to) THEN
        PERFORM __reana.refuse_transition('workspace_retention_rule', OLD.id_, v_from, v_to);
    END IF;
    RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.guard_retention_rule() FROM PUBLIC;

COMMENT ON FUNCTION __reana.guard_retention_rule() IS
'Sets apply_on of a rule that becomes active without a date and clears it when inactive; keeps pending_since; refuses a status that may not follow.';

DROP TRIGGER zz_guard_status ON __reana.workspace_retention_rule;

CREATE TRIGGER zz_guard_status
BEFORE UPDATE ON __reana.workspace_retention_rule
FOR EACH ROW
EXECUTE FUNCTION __reana.guard_retention_rule();

COMMENT ON TRIGGER zz_guard_status ON __reana.workspace_retention_rule IS
'Sets dates, refuses a status that may not follow; fires after all other triggers of its kind.';

CREATE FUNCTION __reana.record_retention_action()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    LOOP
        INSERT INTO __reana.workspace_retention_audit_log
        (workspace_retention_rule_id, timestamp, action)
        VALUES
        (NEW.id_, pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()), NEW.status)
        ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.record_retention_action() IS
'Writes the audit entry of a new or changed retention rule, in UTC.';

CREATE TRIGGER record_retention_insert
AFTER INSERT ON __reana.workspace_retention_rule
FOR EACH ROW
EXECUTE FUNCTION __reana.record_retention_action();

COMMENT ON TRIGGER record_retention_insert ON __reana.workspace_retention_rule IS
'Writes the audit entry of a new rule.';

CREATE TRIGGER record_retention_update
AFTER UPDATE ON __reana.workspace_retention_rule
FOR EACH ROW
WHEN (OLD IS DISTINCT FROM NEW)
EXECUTE FUNCTION __reana.record_retention_action();

COMMENT ON TRIGGER record_retention_update ON __reana.workspace_retention_rule IS
'Writes the audit entry of a changed rule.';

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
        NEW.timestamp := NEW.timestamp + pg_catalog.make_interval(secs => 0.000001);
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

CREATE FUNCTION __reana.activate_retention_rules()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
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
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.activate_retention_rules() IS
'Makes the created rules of a run active when the run finishes or fails.';

CREATE TRIGGER activate_retention_rules
AFTER UPDATE ON __reana.workflow
FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('finished', 'failed'))
EXECUTE FUNCTION __reana.activate_retention_rules();

COMMENT ON TRIGGER activate_retention_rules ON __reana.workflow IS
'Makes the created retention rules of a run active when it finishes or fails.';

CREATE FUNCTION __reana.inactivate_retention_rules()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rule_ids uuid [];
    v_pending uuid;
BEGIN
    -- An aggregate cannot lock rows, so they are locked below it.  The rules of a new run do not
    -- count: they were inserted with it and are not those of an earlier run.
    SELECT pg_catalog.array_agg(locked.id_)
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
                MESSAGE = pg_catalog.format(
                    'Run %s.%s cannot be restarted while files of its workspace are removed.',
                    NEW.name, NEW.run_number_major),
                DETAIL = pg_catalog.format('entity=workflow id=%s owner=%s pending_rule=%s',
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

COMMENT ON FUNCTION __reana.inactivate_retention_rules() IS
'Ends the created and active rules of all runs with the owner, name and major number of a restarted or deleted run; refuses a restart (SQLSTATE 23R02) while one of them is pending.';

-- An import of an ended restart leaves rules as they are.
CREATE TRIGGER inactivate_retention_rules_at_restart
AFTER INSERT ON __reana.workflow
FOR EACH ROW
WHEN (NEW.restart AND NEW.status = 'created')
EXECUTE FUNCTION __reana.inactivate_retention_rules();

COMMENT ON TRIGGER inactivate_retention_rules_at_restart ON __reana.workflow IS
'Ends the retention rules of the runs before a restart; refuses a restart while one is pending.';

CREATE TRIGGER inactivate_retention_rules_at_deletion
AFTER UPDATE ON __reana.workflow
FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status = 'deleted')
EXECUTE FUNCTION __reana.inactivate_retention_rules();

COMMENT ON TRIGGER inactivate_retention_rules_at_deletion ON __reana.workflow IS
'Ends the retention rules of all runs that share the workspace of a deleted run.';
