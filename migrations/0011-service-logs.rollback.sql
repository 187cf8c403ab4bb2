-- Refuses while there are logs of services.

LOCK TABLE __reana.service_logs IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.service_logs;

    IF v_rows > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0011-service-logs would drop %s logs of services.', v_rows),
            HINT = 'Delete them first if they may be lost.';
    END IF;
END
$$;

DROP TABLE __reana.service_logs;
