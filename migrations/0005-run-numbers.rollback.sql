-- holds: workflow: everybody waits while each row is rewritten, about 10 s for 200,000 runs
--
-- Restarts after the ninth get the numbers that 0.9.2 gave them: 1.10 becomes 2.  Refuses where a
-- second run of the name has that number already.

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
    WHERE
        workflow.run_number_minor > 9
        AND EXISTS (
            SELECT 1
            FROM __reana.workflow AS taken
            WHERE
                taken.owner_id = workflow.owner_id
                AND taken.name = workflow.name
                AND taken.id_ <> workflow.id_
                AND taken.run_number_major * 10 + taken.run_number_minor
                = workflow.run_number_major * 10 + workflow.run_number_minor
        );

    IF v_runs > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = format('Rolling back 0005-run-numbers is impossible: %s restarts beyond .9 would get a decimal number that another run has.', v_runs),
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
