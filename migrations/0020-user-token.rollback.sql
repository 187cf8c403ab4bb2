-- Only a database that came from Alembic revision a6c2120d5b2b was without the table; `init` of
-- those releases leaves no stamp, but the record of the adoption tells.
-- Refuses there while it has rows.

DO $$
DECLARE
    v_had_none boolean;
    v_tokens bigint;
BEGIN
    SELECT EXISTS (
        SELECT 1
        FROM __reana.yoyo_log
        WHERE
            yoyo_log.operation = 'adopt'
            AND yoyo_log.comment LIKE 'Alembic a6c2120d5b2b%'
    )
    INTO v_had_none;

    IF NOT v_had_none AND to_regclass('__reana.alembic_version') IS NOT NULL THEN
        SELECT EXISTS (
            SELECT 1
            FROM __reana.alembic_version
            WHERE alembic_version.version_num = 'a6c2120d5b2b'
        )
        INTO v_had_none;
    END IF;

    PERFORM set_config('reana_db.had_no_tokens', v_had_none::text, TRUE);

    IF NOT v_had_none THEN
        RETURN;
    END IF;

    LOCK TABLE __reana.user_token IN ACCESS EXCLUSIVE MODE;

    SELECT count(*)
    INTO v_tokens
    FROM __reana.user_token;

    IF v_tokens > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0020-user-token would drop %s tokens.', v_tokens),
            HINT = 'Delete them first if they may be lost.';
    END IF;
END
$$;

DO $$
BEGIN
    IF current_setting('reana_db.had_no_tokens')::boolean THEN
        DROP TABLE __reana.user_token;

        DROP TYPE
            public.usertokentype,
            public.usertokenstatus;
    END IF;
END
$$;
