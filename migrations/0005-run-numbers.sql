-- depends: 0004-retention-pending
-- holds: workflow: everybody waits while each row is rewritten, about 10 s for 200,000 runs
--
-- Run numbers become two integers (Alembic revision b85c3e601de4).  Until 0.9.2 they were floats
-- and restarts counted in tenths: the restart after 1.9 was 2.0 and looked like a second run.
-- A restart with minor 0 shows that this happened in its workspace; all runs of that workspace
-- return to the number of the original run: 1.9, 2.0, 2.1 become 1.9, 1.10, 1.11.

ALTER TABLE __reana.workflow
DROP CONSTRAINT _user_workflow_run_uc,
ADD COLUMN run_number_major integer,
ADD COLUMN run_number_minor integer;

-- The floats are sums of tenths and not exact, hence the rounding.
WITH counted AS (
    SELECT
        workflow.id_,
        workflow.owner_id,
        workflow.name,
        workflow.workspace_path,
        workflow.restart,
        round((workflow.run_number * 10)::numeric)::bigint AS tenths
    FROM __reana.workflow
    WHERE workflow.run_number IS NOT NULL
),

numbered AS (
    SELECT
        counted.id_,
        counted.tenths,
        CASE
            WHEN
                counted.workspace_path IS NOT NULL
                AND bool_or(counted.restart AND counted.tenths % 10 = 0) OVER runs_of_workspace
                THEN min(counted.tenths / 10) OVER runs_of_workspace
            ELSE counted.tenths / 10
        END AS major
    FROM counted
    WINDOW runs_of_workspace AS (
        PARTITION BY
            counted.owner_id,
            counted.name,
            counted.workspace_path
    )
)

UPDATE __reana.workflow
SET
    run_number_major = numbered.major,
    run_number_minor = numbered.tenths - numbered.major * 10
FROM numbered
WHERE numbered.id_ = workflow.id_;

ALTER TABLE __reana.workflow
DROP COLUMN run_number,
ADD CONSTRAINT _user_workflow_run_uc
UNIQUE (name, owner_id, run_number_major, run_number_minor);
