-- depends: 0036-usage-indexes
--
-- Services of released versions look for the usage of a run and insert it where there is none.  Two
-- that do so at the same moment would meet in the primary key; so a run has its rows from the start.

CREATE FUNCTION __reana.open_usage() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO __reana.workflow_resource (
        created,
        updated,
        workflow_id,
        resource_id,
        quota_used
    )
    SELECT
        clock_timestamp() AT TIME ZONE 'UTC',
        clock_timestamp() AT TIME ZONE 'UTC',
        new_run.id_,
        quota_resource.resource_id,
        0
    FROM new_run
    CROSS JOIN __reana.quota_resource
    WHERE COALESCE(new_run.run_finished_at, new_run.run_stopped_at) IS NULL
    ON CONFLICT (workflow_id, resource_id) DO NOTHING;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.open_usage() IS
'Gives new runs their rows of usage, which are zero.';

CREATE TRIGGER open_usage
AFTER INSERT ON __reana.workflow
REFERENCING NEW TABLE AS new_run
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.open_usage();

COMMENT ON TRIGGER open_usage ON __reana.workflow IS
'Gives new runs their rows of usage, so that nobody has to insert them later.';
