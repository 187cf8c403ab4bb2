-- Refuses while there are services.

LOCK TABLE __reana.service IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.service;

    IF v_rows > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0010-services would drop %s services.', v_rows),
            HINT = 'Delete them first if they may be lost.';
    END IF;
END
$$;

DROP TABLE
    __reana.workflow_service,
    __reana.service;

DROP TYPE
    public.servicetype,
    public.servicestatus;
