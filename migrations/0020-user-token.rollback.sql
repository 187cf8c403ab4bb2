-- Only a database that came from Alembic revision a6c2120d5b2b was without the table.
-- Refuses there while it has rows.

DO $$
DECLARE
    v_revision text;
    v_tokens bigint;
BEGIN
    IF to_regclass('__reana.alembic_version') IS NULL THEN
        RETURN;
    END IF;

    SELECT max(alembic_version.version_num)
    INTO v_revision
    FROM __reana.alembic_version;

    IF v_revision IS DISTINCT FROM 'a6c2120d5b2b' THEN
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

    DROP TABLE __reana.user_token;

    DROP TYPE
        public.usertokentype,
        public.usertokenstatus;
END
$$;
