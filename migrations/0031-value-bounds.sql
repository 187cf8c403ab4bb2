-- depends: 0030-views
--
-- Bounds of what a raw client may write, where a value outside would break readers, listings or the
-- end of a run.  Services of released versions never meet them with sane values.
--
-- Triggers, not constraints: an old row outside stays, can be read, and can be changed in all other
-- columns; a constraint that is not valid for it would refuse every update, the end of its run too.
-- Functions, not conditions of triggers: PostgreSQL reads a condition anew for each statement, which
-- takes longer than the function.

DO $$
DECLARE
    c_time CONSTANT text := '%s BETWEEN ''0001-01-02'' AND ''9999-12-30''';
    c_time_rule CONSTANT text := 'between the years 1 and 9999';
    c_name CONSTANT text := '%s <> '''' AND %1$s !~ ''[[:cntrl:]]''';
    c_name_rule CONSTANT text := 'text without control characters, not empty';
    v_table text;
    v_function text;
    v_columns text;
    v_body text;
BEGIN
    -- What a change of a status writes is apart from what is large or seldom written.
    FOR v_table, v_function, v_columns, v_body IN
        SELECT
            given.table_name,
            'refuse_' || rtrim(given.table_name, '_') || '_' || given.kind,
            string_agg(quote_ident(given.column_name), ', ' ORDER BY given.column_name),
            string_agg(
                format(
                    $body$
    IF
        (%1$s) IS FALSE
        AND NEW.%2$I::text IS DISTINCT FROM OLD.%2$I::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = %3$L || quote_literal(left(NEW.%2$I::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = %2$L;
    END IF;$body$,
                    format(given.condition, 'NEW.' || quote_ident(given.column_name)),
                    given.column_name,
                    format('%s.%s must be %s, not ', table_name, column_name, rule)
                ),
                '' ORDER BY given.column_name
            )
        FROM (
            VALUES
            ('interactive_session', 'values', 'created', c_time, c_time_rule),
            ('job', 'values', 'created', c_time, c_time_rule),
            ('job', 'values', 'finished_at', c_time, c_time_rule),
            ('job', 'values', 'started_at', c_time, c_time_rule),
            ('resource', 'values', 'default_limit', '%s >= 0', 'at least 0'),
            ('user_', 'values', 'email', c_name, c_name_rule),
            ('user_', 'values', 'gitlab_webhook_secret_expires_at', c_time, c_time_rule),
            ('user_resource', 'values', 'quota_limit', '%s >= 0', 'at least 0'),
            ('user_resource', 'values', 'quota_period_start_at', c_time, c_time_rule),
            ('user_workflow', 'values', 'valid_until', c_time, c_time_rule),
            ('workflow', 'times', 'created', c_time, c_time_rule),
            ('workflow', 'times', 'run_finished_at', c_time, c_time_rule),
            ('workflow', 'times', 'run_started_at', c_time, c_time_rule),
            ('workflow', 'times', 'run_stopped_at', c_time, c_time_rule),
            ('workflow', 'values', 'name', c_name, c_name_rule),
            (
                'workflow', 'values', 'reana_specification',
                'json_typeof(%s) IN (''object'', ''null'') OR %1$s::text = ''[]''',
                'an object or empty'
            ),
            (
                'workflow', 'values', 'workspace_path', '%s LIKE ''/%%'' OR %1$s = ''''',
                'an absolute path or empty'
            ),
            ('workspace_retention_rule', 'values', 'apply_on', c_time, c_time_rule),
            (
                'workspace_retention_rule', 'values', 'retention_days',
                '%s BETWEEN 0 AND 36500', 'from 0 to 36500'
            )
        ) AS given (table_name, kind, column_name, condition, rule)
        GROUP BY
            given.table_name,
            given.kind
        ORDER BY
            given.table_name,
            given.kind
    LOOP
        EXECUTE format(
            'CREATE FUNCTION __reana.%I() RETURNS trigger LANGUAGE plpgsql'
            ' SET search_path = pg_catalog, pg_temp AS %L',
            v_function, format(E'\nBEGIN%s\n    RETURN NEW;\nEND\n', v_body)
        );
        EXECUTE format(
            'COMMENT ON FUNCTION __reana.%I() IS %L',
            v_function, format('Refuses a value of %s that is out of bounds (23514).', v_columns)
        );
        EXECUTE format(
            'CREATE TRIGGER %1$I BEFORE INSERT OR UPDATE OF %2$s ON __reana.%3$I'
            ' FOR EACH ROW EXECUTE FUNCTION __reana.%1$I()',
            v_function, v_columns, v_table
        );
        EXECUTE format(
            'COMMENT ON TRIGGER %I ON __reana.%I IS %L',
            v_function, v_table, 'Refuses new and changed values that are out of bounds.'
        );
    END LOOP;
END
$$;
