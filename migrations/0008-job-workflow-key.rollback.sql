-- The orphans return to job and job_cache, as they were.

ALTER TABLE __reana.job
ALTER COLUMN workflow_uuid DROP NOT NULL,
DROP CONSTRAINT fk_job_workflow_uuid_workflow;

DO $$
BEGIN
    IF to_regclass('__reana.orphan_job') IS NULL THEN
        RETURN;
    END IF;

    INSERT INTO __reana.job (
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
        job_name
    )
    SELECT
        orphan.created,
        orphan.updated,
        orphan.id_,
        orphan.backend_job_id,
        orphan.workflow_uuid,
        orphan.status,
        orphan.compute_backend,
        orphan.cvmfs_mounts,
        orphan.shared_file_system,
        orphan.docker_img,
        orphan.cmd,
        orphan.env_vars,
        orphan.deleted,
        orphan.logs,
        orphan.started_at,
        orphan.finished_at,
        orphan.prettified_cmd,
        orphan.job_name
    FROM __reana.orphan_job AS orphan;

    INSERT INTO __reana.job_cache (
        created,
        updated,
        id_,
        job_id,
        parameters,
        result_path,
        workspace_hash,
        access_times
    )
    SELECT
        orphan.created,
        orphan.updated,
        orphan.id_,
        orphan.job_id,
        orphan.parameters,
        orphan.result_path,
        orphan.workspace_hash,
        orphan.access_times
    FROM __reana.orphan_job_cache AS orphan;

    DROP TABLE
        __reana.orphan_job_cache,
        __reana.orphan_job;
END
$$;
