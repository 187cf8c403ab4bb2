-- depends: 0030-views
--
-- Bounds of what a raw client may write, where a value outside would break readers, listings or the
-- end of a run.  Services of released versions never meet them with sane values.
--
-- Triggers, not constraints: an old row outside stays, can be read, and can be changed in all other
-- columns; a constraint that is not valid for it would refuse every update, the end of its run too.

CREATE FUNCTION __reana.refuse_value()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_outside boolean;
BEGIN
    -- The condition of the trigger said that one is outside: here is which.
    FOR v_bound IN 0 .. TG_NARGS / 3 - 1 LOOP
        EXECUTE 'SELECT (' || replace(TG_ARGV[v_bound * 3 + 1], 'NEW.', '($1).') || ') IS FALSE'
        INTO v_outside
        USING NEW;
        IF v_outside THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                MESSAGE = format(
                    '%s.%s must be %s, not %s.',
                    TG_TABLE_NAME,
                    TG_ARGV[v_bound * 3],
                    TG_ARGV[v_bound * 3 + 2],
                    quote_literal(left(to_jsonb(NEW) ->> TG_ARGV[v_bound * 3], 100))
                ),
                SCHEMA = TG_TABLE_SCHEMA,
                TABLE = TG_TABLE_NAME,
                COLUMN = TG_ARGV[v_bound * 3];
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.refuse_value() IS
'Refuses a value out of bounds (SQLSTATE 23514). Arguments: column, condition, and the condition in words, for each bound of the table.';

DO $$
DECLARE
    c_time CONSTANT text := '%s BETWEEN ''0001-01-02'' AND ''9999-12-30''';
    c_time_rule CONSTANT text := 'between the years 1 and 9999';
    c_name CONSTANT text := '%s <> '''' AND %1$s !~ ''[[:cntrl:]]''';
    c_name_rule CONSTANT text := 'text without control characters, not empty';
    v_table text;
    v_columns text;
    v_inserted text;
    v_updated text;
    v_arguments text;
BEGIN
    FOR v_table, v_columns, v_inserted, v_updated, v_arguments IN
        SELECT
            bound.table_name,
            string_agg(quote_ident(bound.column_name), ', ' ORDER BY bound.column_name),
            string_agg('(' || bound.condition || ') IS FALSE', ' OR '),
            string_agg(
                format(
                    'NEW.%1$I IS DISTINCT FROM OLD.%1$I AND (%2$s) IS FALSE',
                    bound.column_name, bound.condition
                ),
                ' OR '
            ),
            string_agg(
                format('%L, %L, %L', bound.column_name, bound.condition, bound.rule),
                ', ' ORDER BY bound.column_name
            )
        FROM (
            SELECT
                given.table_name,
                given.column_name,
                format(given.condition, 'NEW.' || quote_ident(given.column_name)) AS condition,
                given.rule
            FROM (
                VALUES
                ('interactive_session', 'created', c_time, c_time_rule),
                ('job', 'created', c_time, c_time_rule),
                ('job', 'finished_at', c_time, c_time_rule),
                ('job', 'started_at', c_time, c_time_rule),
                ('user_', 'email', c_name, c_name_rule),
                ('user_', 'gitlab_webhook_secret_expires_at', c_time, c_time_rule),
                ('user_resource', 'quota_limit', '%s >= 0', 'at least 0'),
                ('user_resource', 'quota_period_start_at', c_time, c_time_rule),
                ('user_workflow', 'valid_until', c_time, c_time_rule),
                ('workflow', 'created', c_time, c_time_rule),
                ('workflow', 'name', c_name, c_name_rule),
                ('workflow', 'run_finished_at', c_time, c_time_rule),
                ('workflow', 'run_started_at', c_time, c_time_rule),
                ('workflow', 'run_stopped_at', c_time, c_time_rule),
                ('workspace_retention_rule', 'apply_on', c_time, c_time_rule),
                (
                    'workspace_retention_rule', 'retention_days',
                    '%s BETWEEN 0 AND 36500', 'from 0 to 36500'
                )
            ) AS given (table_name, column_name, condition, rule)
        ) AS bound
        GROUP BY bound.table_name
        ORDER BY bound.table_name
    LOOP
        EXECUTE format(
            'CREATE TRIGGER refuse_inserted_value BEFORE INSERT ON __reana.%I FOR EACH ROW'
            ' WHEN (%s) EXECUTE FUNCTION __reana.refuse_value(%s)',
            v_table, v_inserted, v_arguments
        );
        EXECUTE format(
            'CREATE TRIGGER refuse_updated_value BEFORE UPDATE OF %s ON __reana.%I FOR EACH ROW'
            ' WHEN (%s) EXECUTE FUNCTION __reana.refuse_value(%s)',
            v_columns, v_table, v_updated, v_arguments
        );
        EXECUTE format(
            'COMMENT ON TRIGGER refuse_inserted_value ON __reana.%I IS %L',
            v_table, 'Refuses a new row with a value out of bounds.'
        );
        EXECUTE format(
            'COMMENT ON TRIGGER refuse_updated_value ON __reana.%I IS %L',
            v_table, 'Refuses a changed value that is out of bounds.'
        );
    END LOOP;
END
$$;
