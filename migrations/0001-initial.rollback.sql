-- Refuses while the database holds users, runs or jobs.

LOCK TABLE
    __reana.user_,
    __reana.workflow,
    __reana.job
IN ACCESS EXCLUSIVE MODE;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM __reana.user_)
        OR EXISTS (SELECT 1 FROM __reana.workflow)
        OR EXISTS (SELECT 1 FROM __reana.job)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R90',
            MESSAGE = 'Rolling back 0001-initial would drop the users, runs and jobs of this database.',
            HINT = 'Drop the database instead if that is what you want.';
    END IF;
END
$$;

DROP TABLE
    __reana.workflow_session,
    __reana.workflow_resource,
    __reana.interactive_session_resource,
    __reana.workflow,
    __reana.user_token,
    __reana.user_resource,
    __reana.job_cache,
    __reana.interactive_session,
    __reana.audit_log,
    __reana.job,
    __reana.resource,
    __reana.user_;

DROP TYPE
    public.usertokentype,
    public.usertokenstatus,
    public.runstatus,
    public.resourceunit,
    public.resourcetype,
    public.jobstatus,
    public.interactivesessiontype,
    public.auditlogaction;

-- The schema stays while it holds something else, such as the record of applied migrations.
DO $$
BEGIN
    DROP SCHEMA __reana RESTRICT;
EXCEPTION
    WHEN dependent_objects_still_exist THEN
        NULL;
END
$$;
