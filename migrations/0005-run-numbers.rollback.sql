-- holds: workflow: everybody waits while each row is rewritten, about 10 s for 200,000 runs
--
-- Refuses while a run has been restarted more than nine times: tenths cannot say it.

LOCK TABLE __reana.workflow IN ACCESS EXCLUSIVE MODE;

DO $$
DECLARE
    v_runs bigint;
    v_list text;
BEGIN
    SELECT
        count(*),
        string_agg(
            format(
                '%s %s.%s.%s',
                workflow.id_,
                workflow.name,
                workflow.run_number_major,
                workflow.run_number_minor
            ),
            E'\n'
            ORDER BY
                workflow.owner_id,
                workflow.name,
                workflow.run_number_major,
                workflow.run_number_minor
        )
    INTO
        v_runs,
        v_list
    FROM __reana.workflow
    WHERE workflow.run_number_minor > 9;

    IF v_runs > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0005-run-numbers is impossible: %s runs have a number beyond .9, which a float cannot say.', v_runs),
            DETAIL = v_list;
    END IF;
END
$$;

ALTER TABLE __reana.workflow
DROP CONSTRAINT _user_workflow_run_uc,
ADD COLUMN run_number double precision;

-- One division, so that the result is the float nearest to the decimal number.
UPDATE __reana.workflow
SET run_number = (
    workflow.run_number_major * 10 + coalesce(workflow.run_number_minor, 0)
) / 10.0::double precision
WHERE workflow.run_number_major IS NOT NULL;

ALTER TABLE __reana.workflow
DROP COLUMN run_number_major,
DROP COLUMN run_number_minor,
ADD CONSTRAINT _user_workflow_run_uc UNIQUE (name, owner_id, run_number);
