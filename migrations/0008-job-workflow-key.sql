-- depends: 0007-run-number-unique
-- holds: job: writers wait while the key is checked, 1 to 2 s with 1,000,000 jobs; 4 s with orphans
-- holds: workflow: writers wait as long
--
-- Every job belongs to a run (Alembic revision 86435bb00714).  Jobs without a run or of an unknown
-- one would break that rule.  They are not deleted: they move, with their cache entries and
-- everything they held, to tables that nothing else reads; the way back returns them.

DO $$
DECLARE
    v_set_aside_at timestamp without time zone := clock_timestamp() AT TIME ZONE 'UTC';
    v_orphans bigint;
BEGIN
    IF NOT EXISTS (
        SELECT 1
        FROM __reana.job
        WHERE NOT EXISTS (
            SELECT 1
            FROM __reana.workflow
            WHERE workflow.id_ = job.workflow_uuid
        )
    ) THEN
        RETURN;
    END IF;

    -- What adding the key takes: no further orphan comes in between.
    LOCK TABLE
        __reana.workflow,
        __reana.job
    IN SHARE ROW EXCLUSIVE MODE;

    -- The foreign key of job_cache looks for the entries of each job that is deleted below.
    CREATE INDEX orphan_job_cache_look_up
    ON __reana.job_cache (job_id);

    CREATE TABLE __reana.orphan_job (
        created timestamp without time zone NOT NULL,
        updated timestamp without time zone NOT NULL,
        id_ uuid NOT NULL,
        backend_job_id character varying(256),
        workflow_uuid uuid,
        status public.jobstatus,
        compute_backend character varying(30),
        cvmfs_mounts text,
        shared_file_system boolean,
        docker_img character varying(256),
        cmd json,
        env_vars json,
        deleted boolean,
        logs character varying,
        started_at timestamp without time zone,
        finished_at timestamp without time zone,
        prettified_cmd json,
        job_name text,
        set_aside_at timestamp without time zone NOT NULL,
        CONSTRAINT pk_orphan_job PRIMARY KEY (id_)
    );

    CREATE TABLE __reana.orphan_job_cache (
        created timestamp without time zone NOT NULL,
        updated timestamp without time zone NOT NULL,
        id_ uuid NOT NULL,
        job_id uuid NOT NULL,
        parameters character varying(1024),
        result_path character varying(1024),
        workspace_hash character varying(1024),
        access_times json,
        set_aside_at timestamp without time zone NOT NULL,
        CONSTRAINT pk_orphan_job_cache PRIMARY KEY (id_, job_id)
    );

    INSERT INTO __reana.orphan_job (
        created,
        updated,
        id_,
        backend_job_id,
        workflow_uuid,
        status,
        compute_backend,
        cvmfs_mounts,
        shared_file_system,
        docker_img,
        cmd,
        env_vars,
        deleted,
        logs,
        started_at,
        finished_at,
        prettified_cmd,
        job_name,
        set_aside_at
    )
    SELECT
        job.created,
        job.updated,
        job.id_,
        job.backend_job_id,
        job.workflow_uuid,
        job.status,
        job.compute_backend,
        job.cvmfs_mounts,
        job.shared_file_system,
        job.docker_img,
        job.cmd,
        job.env_vars,
        job.deleted,
        job.logs,
        job.started_at,
        job.finished_at,
        job.prettified_cmd,
        job.job_name,
        v_set_aside_at
    FROM __reana.job
    WHERE NOT EXISTS (
        SELECT 1
        FROM __reana.workflow
        WHERE workflow.id_ = job.workflow_uuid
    );

    GET DIAGNOSTICS v_orphans = ROW_COUNT;

    INSERT INTO __reana.orphan_job_cache (
        created,
        updated,
        id_,
        job_id,
        parameters,
        result_path,
        workspace_hash,
        access_times,
        set_aside_at
    )
    SELECT
        entry.created,
        entry.updated,
        entry.id_,
        entry.job_id,
        entry.parameters,
        entry.result_path,
        entry.workspace_hash,
        entry.access_times,
        v_set_aside_at
    FROM __reana.job_cache AS entry
    INNER JOIN __reana.orphan_job AS orphan
        ON entry.job_id = orphan.id_;

    DELETE FROM __reana.job_cache AS entry
    USING __reana.orphan_job AS orphan
    WHERE orphan.id_ = entry.job_id;

    DELETE FROM __reana.job
    USING __reana.orphan_job AS orphan
    WHERE orphan.id_ = job.id_;

    DROP INDEX __reana.orphan_job_cache_look_up;

    RAISE WARNING '% jobs without a run were set aside in __reana.orphan_job.', v_orphans;
END
$$;

ALTER TABLE __reana.job
ADD CONSTRAINT fk_job_workflow_uuid_workflow
FOREIGN KEY (workflow_uuid) REFERENCES __reana.workflow (id_);

-- Last, because only this stops readers too.
ALTER TABLE __reana.job
ALTER COLUMN workflow_uuid SET NOT NULL;
