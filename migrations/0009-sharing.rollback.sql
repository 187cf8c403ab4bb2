-- Refuses while runs are shared.

LOCK TABLE __reana.user_workflow IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.user_workflow;

    IF v_rows > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0009-sharing would drop %s shares.', v_rows),
            HINT = 'Delete them first if they may be lost.';
    END IF;
END
$$;

DROP TABLE __reana.user_workflow;

DROP TYPE public.accesstype;
