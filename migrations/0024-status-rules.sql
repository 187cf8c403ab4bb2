-- depends: 0023-settings
--
-- Which status may follow which, and when things started and ended: for every client alike.
--
-- The functions that fire with every change of a row name the schema of all they use, operators
-- too, instead of setting search_path, which costs more than what they do.

CREATE TABLE __reana.status_transition (
    entity text NOT NULL,
    from_status text NOT NULL,
    to_status text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT pk_status_transition PRIMARY KEY (entity, from_status, to_status),
    CONSTRAINT ck_status_transition_entity CHECK (
        entity IN ('workflow', 'job', 'interactive_session', 'service', 'workspace_retention_rule')
    ),
    CONSTRAINT ck_status_transition_distinct CHECK (from_status <> to_status)
);

COMMENT ON TABLE __reana.status_transition IS
'Which status may follow which. An equal status changes nothing and is always accepted; NULL, in old rows, may become any status.';
COMMENT ON COLUMN __reana.status_transition.entity IS
'Name of the table whose rows have the status.';
COMMENT ON COLUMN __reana.status_transition.from_status IS
'The status before.';
COMMENT ON COLUMN __reana.status_transition.to_status IS
'A status that may follow.';
COMMENT ON COLUMN __reana.status_transition.reason IS
'When this happens.';

INSERT INTO __reana.status_transition (entity, from_status, to_status, reason)
VALUES
('workflow', 'created', 'queued', 'the owner starts it'),
('workflow', 'created', 'deleted', 'the owner deletes it before it was started'),
('workflow', 'queued', 'pending', 'the scheduler hands it to the controller'),
('workflow', 'queued', 'running', 'its engine reports before the controller has written pending'),
('workflow', 'queued', 'failed', 'the scheduler gives up'),
('workflow', 'queued', 'deleted', 'the owner deletes it before it runs'),
('workflow', 'pending', 'running', 'its engine reports for the first time'),
('workflow', 'pending', 'finished', 'its engine ends and no earlier message arrived'),
('workflow', 'pending', 'failed', 'its engine dies before its first message'),
('workflow', 'pending', 'deleted', 'the owner deletes it before it runs'),
('workflow', 'running', 'finished', 'its engine ends'),
('workflow', 'running', 'failed', 'a step or its engine fails'),
('workflow', 'running', 'stopped', 'the owner stops it'),
('workflow', 'finished', 'running', 'documented by REANA; no service does it'),
('workflow', 'finished', 'deleted', 'the owner deletes it'),
('workflow', 'failed', 'running', 'documented by REANA; no service does it'),
('workflow', 'failed', 'deleted', 'the owner deletes it'),
('workflow', 'stopped', 'deleted', 'the owner deletes it'),

('job', 'created', 'queued', 'its backend has no room yet'),
('job', 'created', 'running', 'it was submitted to its backend'),
('job', 'created', 'finished', 'the monitor sees its end before its start is written'),
('job', 'created', 'failed', 'the monitor sees its end before its start is written'),
('job', 'created', 'stopped', 'its run is stopped'),
('job', 'queued', 'running', 'its backend starts it'),
('job', 'queued', 'finished', 'the monitor sees its end before its start is written'),
('job', 'queued', 'failed', 'its backend refuses it, or its end is seen before its start'),
('job', 'queued', 'stopped', 'its run is stopped'),
('job', 'running', 'finished', 'its command succeeds'),
('job', 'running', 'failed', 'its command or its backend fails'),
('job', 'running', 'stopped', 'its run is stopped'),

('interactive_session', 'created', 'running', 'its pod is ready'),
('interactive_session', 'created', 'stopped', 'it is stopped before its pod is ready'),
('interactive_session', 'created', 'failed', 'its pod cannot start'),
('interactive_session', 'created', 'finished', 'it ends before its pod was seen'),
('interactive_session', 'created', 'deleted', 'it is closed before its pod is ready'),
('interactive_session', 'running', 'stopped', 'it is stopped'),
('interactive_session', 'running', 'failed', 'its pod fails'),
('interactive_session', 'running', 'finished', 'it ends by itself'),
('interactive_session', 'running', 'deleted', 'it is closed'),
('interactive_session', 'stopped', 'deleted', 'its objects are removed'),
('interactive_session', 'failed', 'deleted', 'its objects are removed'),
('interactive_session', 'finished', 'deleted', 'its objects are removed'),

('service', 'created', 'running', 'its pod is ready'),
('service', 'created', 'stopped', 'it is stopped before its pod is ready'),
('service', 'created', 'failed', 'its pod cannot start'),
('service', 'created', 'finished', 'it ends before its pod was seen'),
('service', 'created', 'deleted', 'its run ends before its pod is ready'),
('service', 'running', 'stopped', 'it is stopped'),
('service', 'running', 'failed', 'its pod fails'),
('service', 'running', 'finished', 'it ends by itself'),
('service', 'running', 'deleted', 'its run ends'),
('service', 'stopped', 'deleted', 'its objects are removed'),
('service', 'failed', 'deleted', 'its objects are removed'),
('service', 'finished', 'deleted', 'its objects are removed'),

('workspace_retention_rule', 'created', 'active', 'its run finishes or fails'),
('workspace_retention_rule', 'created', 'inactive', 'its run is restarted or deleted'),
('workspace_retention_rule', 'active', 'inactive', 'its run is restarted or deleted'),
('workspace_retention_rule', 'active', 'pending', 'it is due and claimed'),
('workspace_retention_rule', 'inactive', 'active', 'documented by REANA; no service does it'),
('workspace_retention_rule', 'pending', 'applied', 'its files are deleted'),
('workspace_retention_rule', 'pending', 'active', 'its files could not be deleted; it waits again');

-- In PL/pgSQL, here and below, for what every change of a status calls: a session keeps the plans.
-- A function in SQL that is not put in the place of its call is parsed and planned each time.
CREATE FUNCTION __reana.is_transition(p_entity text, p_from text, p_to text)
RETURNS boolean
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_from IS NULL OR p_to IS NULL OR p_from = p_to THEN
        RETURN p_to IS NOT NULL;
    END IF;
    PERFORM
    FROM __reana.status_transition AS rule
    WHERE
        rule.entity = p_entity
        AND rule.from_status = p_from
        AND rule.to_status = p_to;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION __reana.is_transition(text, text, text) IS
'Whether a status may follow another: by status_transition, from NULL, or because they are equal.';

CREATE FUNCTION __reana.status_rules_enforced()
RETURNS boolean
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM
    FROM __reana.setting
    WHERE
        setting.name = 'status_mode'
        AND setting.value = 'observe';
    RETURN NOT FOUND;
END
$$;

COMMENT ON FUNCTION __reana.status_rules_enforced() IS
'Whether a change against the rules is refused: unless the setting status_mode is observe.';

CREATE FUNCTION __reana.refuse_transition(p_entity text, p_id uuid, p_from text, p_to text)
RETURNS void
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_allowed text;
BEGIN
    SELECT string_agg(rule.to_status, ', ' ORDER BY rule.to_status)
    INTO v_allowed
    FROM __reana.status_transition AS rule
    WHERE
        rule.entity = p_entity
        AND rule.from_status = p_from;

    RAISE EXCEPTION USING
        ERRCODE = '23R01',
        MESSAGE = format('%s %s cannot go from %s to %s.', p_entity, p_id, p_from, COALESCE(p_to, 'NULL')),
        DETAIL = format('entity=%s id=%s from=%s to=%s', p_entity, p_id, p_from, COALESCE(p_to, 'NULL')),
        HINT = COALESCE(
            'Allowed from ' || p_from || ': ' || v_allowed || '.',
            'Nothing follows ' || p_from || '.'
        ),
        SCHEMA = '__reana',
        TABLE = p_entity,
        COLUMN = 'status';
END
$$;

COMMENT ON FUNCTION __reana.refuse_transition(text, uuid, text, text) IS
'Raises 23R01: which change is refused, and what is allowed instead.';

CREATE FUNCTION __reana.judge_status(p_entity text, p_id uuid, p_from text, p_to text)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF p_from IS NULL THEN
        RETURN TRUE; -- rows of old releases: there is nothing to guard
    END IF;

    PERFORM
    FROM __reana.status_transition AS rule
    WHERE
        rule.entity OPERATOR(pg_catalog.=) p_entity
        AND rule.from_status OPERATOR(pg_catalog.=) p_from
        AND rule.to_status OPERATOR(pg_catalog.=) p_to;

    RETURN FOUND OR NOT __reana.status_rules_enforced();
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.judge_status(text, uuid, text, text) FROM PUBLIC;

COMMENT ON FUNCTION __reana.judge_status(text, uuid, text, text) IS
'Tells whether a change of a status is accepted: the rules allow it or are not enforced.';

-- The triggers that guard a status run with the rights of their owner, so that roles that may change
-- a run need no rights on the rules.
CREATE FUNCTION __reana.guard_status()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
AS $$
DECLARE
    v_from CONSTANT pg_catalog.text := OLD.status;
    v_to CONSTANT pg_catalog.text := NEW.status;
BEGIN
    IF NOT __reana.judge_status(TG_ARGV[0], OLD.id_, v_from, v_to) THEN
        PERFORM __reana.refuse_transition(TG_ARGV[0], OLD.id_, v_from, v_to);
    END IF;
    RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.guard_status() FROM PUBLIC;

COMMENT ON FUNCTION __reana.guard_status() IS
'Refuses a status that may not follow.';

-- Runs and jobs change often.  One trigger without a condition does for each all that there is to do
-- before a change: a condition costs as much as the call that it spares, and a second call as much.
--
-- In a change of status, a time that is stored stays, else the time that the client gives in the
-- same statement counts, else now.  An end is never before its start, though the clocks of two
-- pods differ, and though a run whose start was never seen can run again after its end.  A statement
-- that leaves the status alone may correct any time.
CREATE FUNCTION __reana.guard_run()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
AS $$
DECLARE
    v_now CONSTANT timestamp without time zone
    := pg_catalog.timezone('UTC', pg_catalog.clock_timestamp());
    v_from pg_catalog.text;
    v_to pg_catalog.text;
BEGIN
    IF COALESCE(
        NEW.updated OPERATOR(pg_catalog.=) OLD.updated,
        COALESCE(NEW.updated, OLD.updated) IS NULL
    ) THEN
        NEW.updated := v_now;
    END IF;

    IF COALESCE(
        NEW.status OPERATOR(pg_catalog.=) OLD.status,
        COALESCE(NEW.status, OLD.status) IS NULL
    ) THEN
        RETURN NEW;
    END IF;

    IF OLD.run_started_at IS NOT NULL THEN
        NEW.run_started_at := OLD.run_started_at;
    END IF;
    IF OLD.run_finished_at IS NOT NULL THEN
        NEW.run_finished_at := OLD.run_finished_at;
    END IF;
    IF OLD.run_stopped_at IS NOT NULL THEN
        NEW.run_stopped_at := OLD.run_stopped_at;
    END IF;

    v_from := OLD.status;
    v_to := NEW.status;
    IF v_to OPERATOR(pg_catalog.=) 'running' AND OLD.run_started_at IS NULL THEN
        NEW.run_started_at := LEAST(
            NEW.run_finished_at, NEW.run_stopped_at, COALESCE(NEW.run_started_at, v_now)
        );
    ELSIF v_to OPERATOR(pg_catalog.=) 'stopped' AND OLD.run_stopped_at IS NULL THEN
        NEW.run_stopped_at := GREATEST(NEW.run_started_at, COALESCE(NEW.run_stopped_at, v_now));
    ELSIF v_to OPERATOR(pg_catalog.=) ANY(ARRAY['finished', 'failed'])
        AND OLD.run_finished_at IS NULL
    THEN
        NEW.run_finished_at := GREATEST(NEW.run_started_at, COALESCE(NEW.run_finished_at, v_now));
    END IF;

    IF NOT __reana.judge_status('workflow', OLD.id_, v_from, v_to) THEN
        PERFORM __reana.refuse_transition('workflow', OLD.id_, v_from, v_to);
    END IF;
    RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.guard_run() FROM PUBLIC;

COMMENT ON FUNCTION __reana.guard_run() IS
'Sets updated; when the status of a run changes, sets its first start and its first end (UTC), and refuses a status that may not follow.';

-- As for runs.  A stopped job gets no time, as in REANA.
CREATE FUNCTION __reana.guard_job()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
AS $$
DECLARE
    v_now CONSTANT timestamp without time zone
    := pg_catalog.timezone('UTC', pg_catalog.clock_timestamp());
    v_from pg_catalog.text;
    v_to pg_catalog.text;
BEGIN
    IF COALESCE(
        NEW.updated OPERATOR(pg_catalog.=) OLD.updated,
        COALESCE(NEW.updated, OLD.updated) IS NULL
    ) THEN
        NEW.updated := v_now;
    END IF;

    IF COALESCE(
        NEW.status OPERATOR(pg_catalog.=) OLD.status,
        COALESCE(NEW.status, OLD.status) IS NULL
    ) THEN
        RETURN NEW;
    END IF;

    IF OLD.started_at IS NOT NULL THEN
        NEW.started_at := OLD.started_at;
    END IF;
    IF OLD.finished_at IS NOT NULL THEN
        NEW.finished_at := OLD.finished_at;
    END IF;

    v_from := OLD.status;
    v_to := NEW.status;
    IF v_to OPERATOR(pg_catalog.=) 'running' AND NEW.started_at IS NULL THEN
        NEW.started_at := v_now;
    ELSIF v_to OPERATOR(pg_catalog.=) ANY(ARRAY['finished', 'failed']) AND OLD.finished_at IS NULL
    THEN
        NEW.finished_at := GREATEST(NEW.started_at, COALESCE(NEW.finished_at, v_now));
    END IF;

    IF NOT __reana.judge_status('job', OLD.id_, v_from, v_to) THEN
        PERFORM __reana.refuse_transition('job', OLD.id_, v_from, v_to);
    END IF;
    RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.guard_job() FROM PUBLIC;

COMMENT ON FUNCTION __reana.guard_job() IS
'Sets updated; when the status of a job changes, sets its first start and its first end (UTC), and refuses a status that may not follow.';

CREATE FUNCTION __reana.set_updated()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated := pg_catalog.timezone('UTC', pg_catalog.clock_timestamp());
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.set_updated() IS
'Sets the time of the last change of a row (UTC), where the client did not.';

CREATE FUNCTION __reana.merge_job_progress(p_stored json, p_message json)
RETURNS json
LANGUAGE plpgsql
IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        WITH given AS (
            SELECT
                CASE json_typeof(p_stored) WHEN 'object' THEN p_stored::jsonb ELSE '{}' END AS stored,
                CASE json_typeof(p_message) WHEN 'object' THEN p_message::jsonb ELSE '{}' END AS message
        ),

        jobs AS (
            SELECT jsonb_object_agg(
                key.name,
                jsonb_build_object('total', jsonb_array_length(merged.ids), 'job_ids', merged.ids)
            ) AS progress
            FROM given
            CROSS JOIN (VALUES ('running'), ('finished'), ('failed')) AS key (name)
            CROSS JOIN LATERAL (
                SELECT COALESCE(jsonb_agg(DISTINCT job.id), '[]') AS ids
                FROM (VALUES (given.stored), (given.message)) AS side (progress)
                CROSS JOIN jsonb_array_elements(
                    CASE jsonb_typeof(side.progress #> ARRAY[key.name, 'job_ids'])
                        WHEN 'array' THEN side.progress #> ARRAY[key.name, 'job_ids']
                        ELSE '[]'
                    END
                ) AS job (id)
                WHERE job.id <> 'null'
            ) AS merged
            WHERE jsonb_typeof(given.message -> key.name) = 'object'
        ),

        total AS (
            SELECT jsonb_build_object('total', given.message -> 'total') AS progress
            FROM given
            WHERE
                jsonb_typeof(given.message #> '{total,total}') = 'number'
                AND COALESCE(given.stored #> '{total,total}', '0') IN ('0', 'null')
        )

        SELECT (
            given.stored
            || COALESCE(jobs.progress, '{}')
            || COALESCE(total.progress, '{}')
        )::json
        FROM given
        CROSS JOIN jobs
        LEFT JOIN total ON TRUE
    );
END
$$;

COMMENT ON FUNCTION __reana.merge_job_progress(json, json) IS
'The progress of the jobs of a run after a message: per status the union of the job ids and its size; the first total that is not 0 stays.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.audit_log
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.audit_log IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.interactive_session
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.interactive_session IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.interactive_session_resource
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.interactive_session_resource IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.job_cache
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.job_cache IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.resource
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.resource IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.setting
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.setting IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.user_
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.user_ IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.user_resource
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.user_resource IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.user_token
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.user_token IS
'Sets updated where the client did not.';

CREATE TRIGGER set_updated
BEFORE UPDATE ON __reana.workflow_resource
FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated)
EXECUTE FUNCTION __reana.set_updated();

COMMENT ON TRIGGER set_updated ON __reana.workflow_resource IS
'Sets updated where the client did not.';

-- Triggers fire in the order of their names: this one sees what the others have made of the row.
CREATE TRIGGER zz_guard_status
BEFORE UPDATE ON __reana.workflow
FOR EACH ROW
EXECUTE FUNCTION __reana.guard_run();

COMMENT ON TRIGGER zz_guard_status ON __reana.workflow IS
'Sets updated and times, refuses a status that may not follow; fires after all other triggers of its kind.';

CREATE TRIGGER zz_guard_status
BEFORE UPDATE ON __reana.job
FOR EACH ROW
EXECUTE FUNCTION __reana.guard_job();

COMMENT ON TRIGGER zz_guard_status ON __reana.job IS
'Sets updated and times, refuses a status that may not follow; fires after all other triggers of its kind.';

CREATE TRIGGER zz_guard_status
BEFORE UPDATE ON __reana.interactive_session
FOR EACH ROW
WHEN (NEW.status IS DISTINCT FROM OLD.status)
EXECUTE FUNCTION __reana.guard_status('interactive_session');

COMMENT ON TRIGGER zz_guard_status ON __reana.interactive_session IS
'Refuses a status that may not follow; fires after all other triggers of its kind.';

CREATE TRIGGER zz_guard_status
BEFORE UPDATE ON __reana.service
FOR EACH ROW
WHEN (NEW.status IS DISTINCT FROM OLD.status)
EXECUTE FUNCTION __reana.guard_status('service');

COMMENT ON TRIGGER zz_guard_status ON __reana.service IS
'Refuses a status that may not follow; fires after all other triggers of its kind.';

CREATE TRIGGER zz_guard_status
BEFORE UPDATE ON __reana.workspace_retention_rule
FOR EACH ROW
WHEN (NEW.status IS DISTINCT FROM OLD.status)
EXECUTE FUNCTION __reana.guard_status('workspace_retention_rule');

COMMENT ON TRIGGER zz_guard_status ON __reana.workspace_retention_rule IS
'Refuses a status that may not follow; fires after all other triggers of its kind.';

-- For rows that people and this library insert; released services give all of these.
ALTER TABLE __reana.audit_log
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');

ALTER TABLE __reana.interactive_session
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN status SET DEFAULT 'created';

ALTER TABLE __reana.interactive_session_resource
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');

ALTER TABLE __reana.job
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN status SET DEFAULT 'created',
ALTER COLUMN deleted SET DEFAULT FALSE,
ALTER COLUMN logs SET DEFAULT '';

ALTER TABLE __reana.job_cache
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');

ALTER TABLE __reana.resource
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');

ALTER TABLE __reana.user_
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');

ALTER TABLE __reana.user_resource
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');

ALTER TABLE __reana.user_token
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');

ALTER TABLE __reana.workflow
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN status SET DEFAULT 'created',
ALTER COLUMN restart SET DEFAULT FALSE,
ALTER COLUMN logs SET DEFAULT '',
ALTER COLUMN job_progress SET DEFAULT '{}';

ALTER TABLE __reana.workflow_resource
ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');

ALTER TABLE __reana.service
ALTER COLUMN status SET DEFAULT 'created';

ALTER TABLE __reana.workspace_retention_rule
ALTER COLUMN status SET DEFAULT 'created';

-- The default of released databases is off by the time zone of the session.
ALTER TABLE __reana.service_logs
ALTER COLUMN event_time SET DEFAULT clock_timestamp();
