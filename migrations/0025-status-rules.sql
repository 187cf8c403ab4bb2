-- depends: 0024-row-times
--
-- Which status may follow which, when things started and ended, and every status that anything had:
-- for every client alike.
--
-- A trigger that a client fires directly sets search_path; what it calls inherits that, and nobody
-- else may call it.

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
'Which status may follow which. An equal status changes nothing and is always accepted; NULL, in old rows, may become any status. The function is_transition is made from it by a migration; a row that is changed alone changes no rule.';
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

-- Made from the table, because to read it would take a fifth of what a change of a status takes.
-- In SQL, without search_path of its own and so with qualified operators: the planner puts the body
-- in the place of the call.
DO $$
BEGIN
    EXECUTE (
        SELECT format(
            'CREATE FUNCTION __reana.is_transition(p_entity text, p_from text, p_to text)'
            ' RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS %L',
            format(
                $body$
SELECT CASE
    -- from NULL, in rows of old releases, there is nothing to guard
    WHEN p_from IS NULL OR p_to IS NULL OR p_from OPERATOR(pg_catalog.=) p_to
        THEN p_to IS NOT NULL%s
    ELSE FALSE
END
$body$,
                string_agg(
                    format(
                        $branch$
    WHEN p_entity OPERATOR(pg_catalog.=) %L
        THEN p_from OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) p_to
            OPERATOR(pg_catalog.=) ANY (%L::pg_catalog.text [])$branch$,
                        rule.entity, rule.pairs
                    ),
                    '' ORDER BY rule.entity
                )
            )
        )
        FROM (
            SELECT
                entity,
                array_agg(from_status || ' ' || to_status ORDER BY from_status, to_status) AS pairs
            FROM __reana.status_transition
            GROUP BY entity
        ) AS rule
    );
END
$$;

COMMENT ON FUNCTION __reana.is_transition(text, text, text) IS
'Whether a status may follow another: by status_transition, from which this function is made, from NULL, or because they are equal.';

-- In PL/pgSQL, here and below, what no planner can put in the place of its call: a session keeps the
-- plans, while a function in SQL would be parsed and planned each time.
CREATE FUNCTION __reana.status_mode()
RETURNS text
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN COALESCE(
        (SELECT setting.value FROM __reana.setting WHERE setting.name = 'status_mode'), 'enforce'
    );
END
$$;

COMMENT ON FUNCTION __reana.status_mode() IS
'The setting status_mode. What becomes of a change against the rules: enforce refuses it, keep leaves status and times as they are and stores the rest, observe makes it.';

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
    made boolean DEFAULT TRUE NOT NULL,
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
'Whether status_transition allows it; false only where the setting status_mode was keep or observe.';
COMMENT ON COLUMN __reana.status_history.made IS
'Whether the row got the status; false where the setting status_mode was keep and the rules did not allow it.';

CREATE FUNCTION __reana.judge_violation(p_entity text, p_id uuid, p_from text, p_to text)
RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    c_mode CONSTANT text := __reana.status_mode();
    c_message CONSTANT text := format(
        '%s %s cannot go from %s to %s', p_entity, p_id, p_from, COALESCE(p_to, 'NULL')
    );
    c_detail CONSTANT text := format(
        'entity=%s id=%s from=%s to=%s', p_entity, p_id, p_from, COALESCE(p_to, 'NULL')
    );
    v_next text;
BEGIN
    INSERT INTO __reana.status_history (entity, entity_id, from_status, to_status, allowed, made)
    VALUES (p_entity, p_id, p_from, p_to, FALSE, c_mode = 'observe');

    IF c_mode = 'keep' THEN
        RAISE WARNING USING
            ERRCODE = '23R01', MESSAGE = c_message || ': its status stays.', DETAIL = c_detail;
    ELSIF c_mode = 'enforce' THEN
        SELECT string_agg(rule.to_status, ', ' ORDER BY rule.to_status)
        INTO v_next
        FROM __reana.status_transition AS rule
        WHERE
            rule.entity = p_entity
            AND rule.from_status = p_from;

        RAISE EXCEPTION USING
            ERRCODE = '23R01',
            MESSAGE = c_message || '.',
            DETAIL = c_detail,
            HINT = COALESCE(
                'Allowed from ' || p_from || ': ' || v_next || '.',
                'Nothing follows ' || p_from || '.'
            ),
            SCHEMA = '__reana',
            TABLE = p_entity,
            COLUMN = 'status';
    END IF;
    RETURN c_mode = 'observe';
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.judge_violation(text, uuid, text, text) FROM PUBLIC;

COMMENT ON FUNCTION __reana.judge_violation(text, uuid, text, text) IS
'Tells whether a change against the rules is made, and records it: raises 23R01 in the mode enforce, a warning in the mode keep.';

-- In a change of status, a time that is stored stays, else the time that the client gives in the
-- same statement counts, else now.  An end is never before its start, though the clocks of two
-- pods differ, and though a run whose start was never seen can run again after its end.  A statement
-- that leaves the status alone may correct any time.  In SQL, to be put in the place of the call.
CREATE FUNCTION __reana.first_start(
    p_stored timestamp without time zone,
    p_given timestamp without time zone,
    p_end timestamp without time zone,
    p_now timestamp without time zone
)
RETURNS timestamp without time zone
LANGUAGE sql
IMMUTABLE
AS $$
SELECT COALESCE(p_stored, LEAST(p_end, COALESCE(p_given, p_now)))
$$;

REVOKE EXECUTE ON FUNCTION __reana.first_start(
    timestamp without time zone, timestamp without time zone,
    timestamp without time zone, timestamp without time zone
) FROM PUBLIC;

COMMENT ON FUNCTION __reana.first_start(
    timestamp without time zone, timestamp without time zone,
    timestamp without time zone, timestamp without time zone
) IS
'When something started that starts now: the stored time, else the one that the client gives, else now, but not after its end.';

CREATE FUNCTION __reana.first_end(
    p_stored timestamp without time zone,
    p_given timestamp without time zone,
    p_start timestamp without time zone,
    p_now timestamp without time zone
)
RETURNS timestamp without time zone
LANGUAGE sql
IMMUTABLE
AS $$
SELECT COALESCE(p_stored, GREATEST(p_start, COALESCE(p_given, p_now)))
$$;

REVOKE EXECUTE ON FUNCTION __reana.first_end(
    timestamp without time zone, timestamp without time zone,
    timestamp without time zone, timestamp without time zone
) FROM PUBLIC;

COMMENT ON FUNCTION __reana.first_end(
    timestamp without time zone, timestamp without time zone,
    timestamp without time zone, timestamp without time zone
) IS
'When something ended that ends now: the stored time, else the one that the client gives, else now, but not before its start.';

-- The guards of the tables have one body; what differs is put in its place.  A single function would
-- ask for the table again and again, and each expression is prepared anew in each transaction, a
-- condition of a trigger even in each statement.
--
-- With the rights of the owner, so that roles that may change a run need none on the history.
DO $$
DECLARE
    c_now CONSTANT text := $part$clock_timestamp() AT TIME ZONE 'UTC'$part$;
    c_updated CONSTANT text := format(
        $part$
    NEW.updated := CASE
        WHEN NEW.updated IS DISTINCT FROM OLD.updated THEN NEW.updated
        ELSE %s
    END;
$part$,
        c_now
    );
    v_table text;
    v_updated text;
    v_kept text;
    v_times text;
BEGIN
    FOR v_table, v_updated, v_kept, v_times IN
        VALUES
        (
            'workflow',
            c_updated,
            $part$
        NEW.run_started_at := OLD.run_started_at;
        NEW.run_finished_at := OLD.run_finished_at;
        NEW.run_stopped_at := OLD.run_stopped_at;$part$,
            $part$
    NEW.run_started_at := CASE NEW.status
        WHEN 'running' THEN __reana.first_start(
            OLD.run_started_at,
            NEW.run_started_at,
            LEAST(
                COALESCE(OLD.run_finished_at, NEW.run_finished_at),
                COALESCE(OLD.run_stopped_at, NEW.run_stopped_at)
            ),
            %1$s
        )
        ELSE COALESCE(OLD.run_started_at, NEW.run_started_at)
    END;
    NEW.run_finished_at := CASE
        WHEN NEW.status IN ('finished', 'failed') THEN __reana.first_end(
            OLD.run_finished_at, NEW.run_finished_at, NEW.run_started_at, %1$s
        )
        ELSE COALESCE(OLD.run_finished_at, NEW.run_finished_at)
    END;
    NEW.run_stopped_at := CASE NEW.status
        WHEN 'stopped' THEN __reana.first_end(
            OLD.run_stopped_at, NEW.run_stopped_at, NEW.run_started_at, %1$s
        )
        ELSE COALESCE(OLD.run_stopped_at, NEW.run_stopped_at)
    END;$part$
        ),
        (
            'job', -- a stopped one gets no time, as in REANA
            c_updated,
            $part$
        NEW.started_at := OLD.started_at;
        NEW.finished_at := OLD.finished_at;$part$,
            $part$
    NEW.started_at := CASE NEW.status
        WHEN 'running' THEN __reana.first_start(
            OLD.started_at, NEW.started_at, COALESCE(OLD.finished_at, NEW.finished_at), %1$s
        )
        ELSE COALESCE(OLD.started_at, NEW.started_at)
    END;
    NEW.finished_at := CASE
        WHEN NEW.status IN ('finished', 'failed') THEN __reana.first_end(
            OLD.finished_at, NEW.finished_at, NEW.started_at, %1$s
        )
        ELSE COALESCE(OLD.finished_at, NEW.finished_at)
    END;$part$
        ),
        ('interactive_session', c_updated, '', ''),
        ('service', '', '', ''),
        (
            'workspace_retention_rule',
            '',
            $part$
        NEW.apply_on := OLD.apply_on;
        NEW.pending_since := OLD.pending_since;$part$,
            ''
        )
    LOOP
        EXECUTE format(
            'CREATE FUNCTION __reana.%I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER'
            ' SET search_path = pg_catalog, pg_temp AS %L',
            'guard_' || v_table,
            format(
                $body$
BEGIN%2$s
    IF NEW.status IS NOT DISTINCT FROM OLD.status THEN
        RETURN NEW;
    END IF;

    IF __reana.is_transition(%1$L, OLD.status::text, NEW.status::text) THEN
        INSERT INTO __reana.status_history (entity, entity_id, from_status, to_status, allowed)
        VALUES (%1$L, OLD.id_, OLD.status, NEW.status, TRUE);
    ELSIF NOT __reana.judge_violation(
        %1$L, OLD.id_, OLD.status::text, NEW.status::text
    ) THEN
        NEW.status := OLD.status;%3$s
        RETURN NEW;
    END IF;
%4$s
    RETURN NEW;
END
$body$,
                v_table, v_updated, v_kept, format(v_times, c_now)
            )
        );
        EXECUTE format(
            'REVOKE EXECUTE ON FUNCTION __reana.%I() FROM PUBLIC', 'guard_' || v_table
        );
        EXECUTE format(
            'COMMENT ON FUNCTION __reana.%I() IS %L',
            'guard_' || v_table,
            'Records a change of a status, sets the times that it brings about (UTC), and keeps a status that the rules do not allow from being stored (see status_mode). Sets updated, where the client did not.'
        );
        -- Triggers fire in the order of their names: this one sees what the others make of the row.
        EXECUTE format(
            'CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.%I'
            ' FOR EACH ROW EXECUTE FUNCTION __reana.%I()',
            v_table, 'guard_' || v_table
        );
        EXECUTE format(
            'COMMENT ON TRIGGER zz_guard_status ON __reana.%I IS %L',
            v_table,
            'Judges and records a change of a status, sets updated; fires after all other triggers of its kind.'
        );
    END LOOP;
END
$$;

CREATE FUNCTION __reana.record_status()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO __reana.status_history
    (entity, entity_id, from_status, to_status, allowed)
    VALUES (
        TG_TABLE_NAME, COALESCE(NEW.id_, OLD.id_), OLD.status::text, NEW.status::text, TRUE
    );
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.record_status() FROM PUBLIC;

COMMENT ON FUNCTION __reana.record_status() IS
'Records the first status of a row, and that a row was deleted.';

DO $$
DECLARE
    v_table text;
    v_trigger text;
    v_event text;
    v_comment text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY[
        'workflow', 'job', 'interactive_session', 'service', 'workspace_retention_rule'
    ]
    LOOP
        FOR v_trigger, v_event, v_comment IN
            VALUES
            (
                'record_first_status',
                'AFTER INSERT ON __reana.%I FOR EACH ROW WHEN (NEW.status IS NOT NULL)'
                ' EXECUTE FUNCTION __reana.record_status()',
                'Records the status with which a row was inserted.'
            ),
            (
                'record_deletion',
                'AFTER DELETE ON __reana.%I FOR EACH ROW WHEN (OLD.status IS NOT NULL)'
                ' EXECUTE FUNCTION __reana.record_status()',
                'Records that a row was deleted, and its last status.'
            )
        LOOP
            EXECUTE format('CREATE TRIGGER %I ' || v_event, v_trigger, v_table);
            EXECUTE format(
                'COMMENT ON TRIGGER %I ON __reana.%I IS %L', v_trigger, v_table, v_comment
            );
        END LOOP;
    END LOOP;
END
$$;

CREATE FUNCTION __reana.merge_job_progress(p_stored json, p_message json)
RETURNS json
LANGUAGE plpgsql
IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_stored jsonb := '{}';
BEGIN
    -- Type json holds texts and numbers that jsonb does not, and older clients may have stored some.
    BEGIN
        IF json_typeof(p_stored) = 'object' THEN
            v_stored := p_stored;
        END IF;
    EXCEPTION
        WHEN data_exception OR program_limit_exceeded THEN
            NULL;
    END;

    RETURN (
        WITH given AS (
            SELECT
                v_stored AS stored,
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
