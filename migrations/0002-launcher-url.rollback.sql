-- holds: workflow: everybody waits while it is read, about 1 s for 200,000 runs
--
-- Refuses while a run has a launcher_url.

LOCK TABLE __reana.workflow IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*)
    INTO v_rows
    FROM __reana.workflow
    WHERE workflow.launcher_url IS NOT NULL;

    IF v_rows > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0002-launcher-url would lose the launcher_url of %s runs.', v_rows),
            HINT = 'Set workflow.launcher_url to NULL first if it may be lost.';
    END IF;
END
$$;

ALTER TABLE __reana.workflow
DROP COLUMN launcher_url;
