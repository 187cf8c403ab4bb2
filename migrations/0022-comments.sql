-- depends: 0021-missing-indexes
--
-- What every table, column and type means, for people in psql (\d+, \dT+).
-- The tables of 0008 and 0015 for what they set aside are made here where those had nothing to
-- set aside, or where Alembic had done their work, so that every database has the same tables.

CREATE TABLE IF NOT EXISTS __reana.orphan_job (
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

CREATE TABLE IF NOT EXISTS __reana.orphan_job_cache (
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

CREATE TABLE IF NOT EXISTS __reana.orphan_identity (
    user_id uuid NOT NULL,
    idp_issuer character varying(255),
    idp_subject character varying(255),
    set_aside_at timestamp without time zone NOT NULL,
    CONSTRAINT pk_orphan_identity PRIMARY KEY (user_id)
);

COMMENT ON TYPE public.accesstype IS
'What the user of a share may do.';

COMMENT ON TYPE public.auditlogaction IS
'What an entry of audit_log records.';

COMMENT ON TYPE public.interactivesessiontype IS
'Kinds of interactive sessions.';

COMMENT ON TYPE public.jobstatus IS
'Where a job stands. Ends: finished, failed, stopped.';

COMMENT ON TYPE public.resourcetype IS
'Kinds of resources: cpu is processing time, disk is storage.';

COMMENT ON TYPE public.resourceunit IS
'Units of resources: milliseconds for cpu, bytes_ for disk.';

COMMENT ON TYPE public.runstatus IS
'Where a run or an interactive session stands. Ends of runs: finished, failed, stopped, then deleted.';

COMMENT ON TYPE public.servicestatus IS
'Where a service stands. Services use created, running and deleted.';

COMMENT ON TYPE public.servicetype IS
'Kinds of services.';

COMMENT ON TYPE public.usertokenstatus IS
'Where an access token stands.';

COMMENT ON TYPE public.usertokentype IS
'Kinds of access tokens.';

COMMENT ON TYPE public.workspaceretentionrulestatus IS
'Where a retention rule stands.';

COMMENT ON TABLE __reana.audit_log IS
'Who asked for, granted and revoked access tokens. Only ever appended.';
COMMENT ON COLUMN __reana.audit_log.action IS
'What was done.';
COMMENT ON COLUMN __reana.audit_log.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.audit_log.details IS
'JSON: source, user_id, user_email and a message; JSON null where nothing was said. Entries of old releases may hold a token in clear.';
COMMENT ON COLUMN __reana.audit_log.id_ IS
'Primary key.';
COMMENT ON COLUMN __reana.audit_log.updated IS
'When a service last changed the row (UTC).';
COMMENT ON COLUMN __reana.audit_log.user_id IS
'Who did it: the administrator for grants and revocations, the user for requests.';

COMMENT ON TABLE __reana.interactive_session IS
'Notebooks that are open on a workspace. A row is deleted when its session is closed.';
COMMENT ON COLUMN __reana.interactive_session.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.interactive_session.id_ IS
'Primary key; also part of the name of its Kubernetes objects.';
COMMENT ON COLUMN __reana.interactive_session.name IS
'Name of its Kubernetes objects: <prefix>-run-session-<id>.';
COMMENT ON COLUMN __reana.interactive_session.owner_id IS
'Who opened it.';
COMMENT ON COLUMN __reana.interactive_session.path IS
'Path of its URL: /<id>.';
COMMENT ON COLUMN __reana.interactive_session.session_secret IS
'Secret of the session, AES-256-GCM under REANA_SECRET_KEY, base64 text. NULL in sessions of releases before 0.95.0a11.';
COMMENT ON COLUMN __reana.interactive_session.status IS
'created until its pod runs, then running.';
COMMENT ON COLUMN __reana.interactive_session.type_ IS
'Kind of notebook.';
COMMENT ON COLUMN __reana.interactive_session.updated IS
'When a service last changed the row (UTC).';

COMMENT ON TABLE __reana.interactive_session_resource IS
'Resources that a session used. Not written by any released service.';
COMMENT ON COLUMN __reana.interactive_session_resource.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.interactive_session_resource.quota_used IS
'Usage in the unit of the resource.';
COMMENT ON COLUMN __reana.interactive_session_resource.resource_id IS
'Which resource.';
COMMENT ON COLUMN __reana.interactive_session_resource.session_id IS
'Which session.';
COMMENT ON COLUMN __reana.interactive_session_resource.updated IS
'When a service last changed the row (UTC).';

COMMENT ON TABLE __reana.job IS
'Jobs of runs: one row per job that the job controller submitted to a compute backend.';
COMMENT ON COLUMN __reana.job.backend_job_id IS
'Name of the job in its compute backend, for example the Kubernetes job.';
COMMENT ON COLUMN __reana.job.cmd IS
'Command, doubly encoded: a JSON string whose text is JSON.';
COMMENT ON COLUMN __reana.job.compute_backend IS
'Backend: Kubernetes, HTCondor, Slurm or compute4punch.';
COMMENT ON COLUMN __reana.job.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.job.cvmfs_mounts IS
'CVMFS repositories as the text of a Python list, or false, or empty.';
COMMENT ON COLUMN __reana.job.deleted IS
'Always false; never read.';
COMMENT ON COLUMN __reana.job.docker_img IS
'Container image.';
COMMENT ON COLUMN __reana.job.env_vars IS
'Environment, doubly encoded: a JSON string whose text is a JSON object of texts.';
COMMENT ON COLUMN __reana.job.finished_at IS
'When it ended; clock of the job controller (UTC in its container).';
COMMENT ON COLUMN __reana.job.id_ IS
'Primary key; made by the job controller.';
COMMENT ON COLUMN __reana.job.job_name IS
'Name of the step that it runs.';
COMMENT ON COLUMN __reana.job.logs IS
'Output of its container, written when it ends.';
COMMENT ON COLUMN __reana.job.prettified_cmd IS
'Command as shown to people: a JSON string.';
COMMENT ON COLUMN __reana.job.shared_file_system IS
'Whether the backend mounts the workspace.';
COMMENT ON COLUMN __reana.job.started_at IS
'When it began to run; clock of the job controller (UTC in its container).';
COMMENT ON COLUMN __reana.job.status IS
'Where it stands; written by the job controller.';
COMMENT ON COLUMN __reana.job.updated IS
'When a service last changed the row (UTC); writing logs does not count in old releases.';
COMMENT ON COLUMN __reana.job.workflow_uuid IS
'The run that it belongs to.';

COMMENT ON TABLE __reana.job_cache IS
'Results of jobs that later runs may take instead of running the same job again.';
COMMENT ON COLUMN __reana.job_cache.access_times IS
'JSON object: absolute path of each file of the workspace -> access time before the job (seconds, float).';
COMMENT ON COLUMN __reana.job_cache.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.job_cache.id_ IS
'Primary key, with job_id.';
COMMENT ON COLUMN __reana.job_cache.job_id IS
'The job whose result this is.';
COMMENT ON COLUMN __reana.job_cache.parameters IS
'MD5 in hex of the specification of the job and its step; NULL until the job ends.';
COMMENT ON COLUMN __reana.job_cache.result_path IS
'Absolute directory of the result; NULL until the job ends.';
COMMENT ON COLUMN __reana.job_cache.updated IS
'When a service last changed the row (UTC).';
COMMENT ON COLUMN __reana.job_cache.workspace_hash IS
'MD5 in hex of the input files; NULL until the job ends.';

COMMENT ON TABLE __reana.orphan_identity IS
'Halves of identities, set aside by migration 0015: an issuer without a subject or the other way round.';
COMMENT ON COLUMN __reana.orphan_identity.idp_issuer IS
'What user_.idp_issuer was.';
COMMENT ON COLUMN __reana.orphan_identity.idp_subject IS
'What user_.idp_subject was.';
COMMENT ON COLUMN __reana.orphan_identity.set_aside_at IS
'When the row left user_ (UTC).';
COMMENT ON COLUMN __reana.orphan_identity.user_id IS
'Whose identity.';

COMMENT ON TABLE __reana.orphan_job IS
'Jobs without a run, set aside by migration 0008. Columns as in job. May be emptied once nobody misses them.';
COMMENT ON COLUMN __reana.orphan_job.backend_job_id IS
'Name of the job in its compute backend, for example the Kubernetes job.';
COMMENT ON COLUMN __reana.orphan_job.cmd IS
'Command, doubly encoded: a JSON string whose text is JSON.';
COMMENT ON COLUMN __reana.orphan_job.compute_backend IS
'Backend: Kubernetes, HTCondor, Slurm or compute4punch.';
COMMENT ON COLUMN __reana.orphan_job.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.orphan_job.cvmfs_mounts IS
'CVMFS repositories as the text of a Python list, or false, or empty.';
COMMENT ON COLUMN __reana.orphan_job.deleted IS
'Always false; never read.';
COMMENT ON COLUMN __reana.orphan_job.docker_img IS
'Container image.';
COMMENT ON COLUMN __reana.orphan_job.env_vars IS
'Environment, doubly encoded: a JSON string whose text is a JSON object of texts.';
COMMENT ON COLUMN __reana.orphan_job.finished_at IS
'When it ended; clock of the job controller (UTC in its container).';
COMMENT ON COLUMN __reana.orphan_job.id_ IS
'Primary key; made by the job controller.';
COMMENT ON COLUMN __reana.orphan_job.job_name IS
'Name of the step that it runs.';
COMMENT ON COLUMN __reana.orphan_job.logs IS
'Output of its container, written when it ends.';
COMMENT ON COLUMN __reana.orphan_job.prettified_cmd IS
'Command as shown to people: a JSON string.';
COMMENT ON COLUMN __reana.orphan_job.set_aside_at IS
'When the row left job (UTC).';
COMMENT ON COLUMN __reana.orphan_job.shared_file_system IS
'Whether the backend mounts the workspace.';
COMMENT ON COLUMN __reana.orphan_job.started_at IS
'When it began to run; clock of the job controller (UTC in its container).';
COMMENT ON COLUMN __reana.orphan_job.status IS
'Where it stands; written by the job controller.';
COMMENT ON COLUMN __reana.orphan_job.updated IS
'When a service last changed the row (UTC); writing logs does not count in old releases.';
COMMENT ON COLUMN __reana.orphan_job.workflow_uuid IS
'The run that it names, which does not exist; or NULL.';

COMMENT ON TABLE __reana.orphan_job_cache IS
'Cache entries of the jobs in orphan_job. Columns as in job_cache.';
COMMENT ON COLUMN __reana.orphan_job_cache.access_times IS
'JSON object: absolute path of each file of the workspace -> access time before the job (seconds, float).';
COMMENT ON COLUMN __reana.orphan_job_cache.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.orphan_job_cache.id_ IS
'Primary key, with job_id.';
COMMENT ON COLUMN __reana.orphan_job_cache.job_id IS
'The job whose result this is.';
COMMENT ON COLUMN __reana.orphan_job_cache.parameters IS
'MD5 in hex of the specification of the job and its step; NULL until the job ends.';
COMMENT ON COLUMN __reana.orphan_job_cache.result_path IS
'Absolute directory of the result; NULL until the job ends.';
COMMENT ON COLUMN __reana.orphan_job_cache.set_aside_at IS
'When the row left job_cache (UTC).';
COMMENT ON COLUMN __reana.orphan_job_cache.updated IS
'When a service last changed the row (UTC).';
COMMENT ON COLUMN __reana.orphan_job_cache.workspace_hash IS
'MD5 in hex of the input files; NULL until the job ends.';

COMMENT ON TABLE __reana.resource IS
'What quotas count. The services know two rows by name: processing time and shared storage.';
COMMENT ON COLUMN __reana.resource.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.resource.id_ IS
'Primary key.';
COMMENT ON COLUMN __reana.resource.name IS
'Unique name; services look it up by this.';
COMMENT ON COLUMN __reana.resource.title IS
'Name for people.';
COMMENT ON COLUMN __reana.resource.type_ IS
'Kind: cpu or disk.';
COMMENT ON COLUMN __reana.resource.unit IS
'Unit of every amount of this resource.';
COMMENT ON COLUMN __reana.resource.updated IS
'When a service last changed the row (UTC).';

COMMENT ON TABLE __reana.service IS
'Services that run beside a workflow, such as a Dask cluster. Rows stay after the service is gone.';
COMMENT ON COLUMN __reana.service.id_ IS
'Primary key.';
COMMENT ON COLUMN __reana.service.name IS
'Name: dask-service-<first part of the run''s id>; not unique alone.';
COMMENT ON COLUMN __reana.service.owner_id IS
'NULL: services belong to runs, see workflow_service.';
COMMENT ON COLUMN __reana.service.status IS
'created until its pod runs, then running, then deleted.';
COMMENT ON COLUMN __reana.service.type_ IS
'Kind of service.';
COMMENT ON COLUMN __reana.service.uri IS
'Address of its dashboard.';

COMMENT ON TABLE __reana.service_logs IS
'What the pods of a service wrote, one row per pod. Empty where logs go to OpenSearch.';
COMMENT ON COLUMN __reana.service_logs.event_time IS
'When the row was stored. The default says UTC but is read in the time zone of the database session: off by that zone unless the zone is UTC.';
COMMENT ON COLUMN __reana.service_logs.id IS
'Primary key.';
COMMENT ON COLUMN __reana.service_logs.log IS
'JSON object: component (scheduler or worker-...), pod, pod_uid, content (text).';
COMMENT ON COLUMN __reana.service_logs.service_id IS
'The service that wrote it.';

COMMENT ON TABLE __reana.user_ IS
'People, and services acting as people.';
COMMENT ON COLUMN __reana.user_.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.user_.email IS
'E-mail address; unique and case-sensitive.';
COMMENT ON COLUMN __reana.user_.full_name IS
'Name for people.';
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret IS
'Secret that GitLab sends with its webhooks, AES-256-GCM under REANA_SECRET_KEY, base64 text.';
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret_digest IS
'SHA-256 in hex of the secret in clear, to find the user by it. Set if and only if the secret is.';
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret_expires_at IS
'When the secret ends (UTC); NULL: never.';
COMMENT ON COLUMN __reana.user_.id_ IS
'Primary key, with email. The administrator is 00000000-0000-0000-0000-000000000000.';
COMMENT ON COLUMN __reana.user_.idp_issuer IS
'Identity provider (iss of OpenID Connect). Set if and only if idp_subject is.';
COMMENT ON COLUMN __reana.user_.idp_subject IS
'Who the user is to that provider (sub of OpenID Connect).';
COMMENT ON COLUMN __reana.user_.updated IS
'When a service last changed the row (UTC).';
COMMENT ON COLUMN __reana.user_.username IS
'Name at the identity provider.';

COMMENT ON TABLE __reana.user_resource IS
'Quota and usage of each user, per resource.';
COMMENT ON COLUMN __reana.user_resource.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.user_resource.quota_limit IS
'Limit in the unit of the resource (milliseconds or bytes); 0: no limit.';
COMMENT ON COLUMN __reana.user_resource.quota_period_months IS
'Length of the period that usage is counted in, in months; NULL: usage is counted since ever. For processing time only.';
COMMENT ON COLUMN __reana.user_resource.quota_period_start_at IS
'When the present period began (UTC); NULL: it is derived from the creation of the user.';
COMMENT ON COLUMN __reana.user_resource.quota_used IS
'Usage in the unit of the resource: milliseconds of finished runs (within the period, if there is one), or bytes of all workspaces.';
COMMENT ON COLUMN __reana.user_resource.resource_id IS
'Which resource.';
COMMENT ON COLUMN __reana.user_resource.updated IS
'When a service last changed the row (UTC).';
COMMENT ON COLUMN __reana.user_resource.user_id IS
'Which user.';

COMMENT ON TABLE __reana.user_token IS
'Access tokens of users.';
COMMENT ON COLUMN __reana.user_token.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.user_token.id_ IS
'Primary key.';
COMMENT ON COLUMN __reana.user_token.status IS
'requested (no value yet), active, or revoked. A user has at most one active token.';
COMMENT ON COLUMN __reana.user_token.token IS
'The token, encrypted under REANA_SECRET_KEY, base64 text; NULL while it is only requested.';
COMMENT ON COLUMN __reana.user_token.type_ IS
'Kind of token.';
COMMENT ON COLUMN __reana.user_token.updated IS
'When a service last changed the row (UTC).';
COMMENT ON COLUMN __reana.user_token.user_id IS
'Whose token.';

COMMENT ON TABLE __reana.user_workflow IS
'Runs that their owner shares with other users.';
COMMENT ON COLUMN __reana.user_workflow.access_type IS
'What the other user may do.';
COMMENT ON COLUMN __reana.user_workflow.message IS
'Words of the owner to the other user.';
COMMENT ON COLUMN __reana.user_workflow.user_id IS
'With whom.';
COMMENT ON COLUMN __reana.user_workflow.valid_until IS
'Last day of the share, at midnight, as its owner wrote it; NULL: no end.';
COMMENT ON COLUMN __reana.user_workflow.workflow_id IS
'Which run.';

COMMENT ON TABLE __reana.workflow IS
'Runs of workflows, and what became of them. Rows are never deleted; a deleted run has the status deleted.';
COMMENT ON COLUMN __reana.workflow.complexity IS
'Pairs of number of jobs and bytes of memory per job, for the balanced scheduling policy; {} where unknown.';
COMMENT ON COLUMN __reana.workflow.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.workflow.engine_specific IS
'JSON null; not written by any released service.';
COMMENT ON COLUMN __reana.workflow.git_provider IS
'Never written.';
COMMENT ON COLUMN __reana.workflow.git_ref IS
'Commit or branch that the run was launched from, else empty.';
COMMENT ON COLUMN __reana.workflow.git_repo IS
'Repository that the run was launched from, else empty.';
COMMENT ON COLUMN __reana.workflow.id_ IS
'Primary key; the workflow_uuid of messages.';
COMMENT ON COLUMN __reana.workflow.input_parameters IS
'JSON object: parameters given at the start, which win over those of the specification. JSON null in old rows.';
COMMENT ON COLUMN __reana.workflow.job_progress IS
'JSON object: total, running, finished, failed -> {total: number of jobs, job_ids: [id]}. Ids never leave running.';
COMMENT ON COLUMN __reana.workflow.launcher_url IS
'URL that the run was launched from; NULL: uploaded by a client.';
COMMENT ON COLUMN __reana.workflow.logs IS
'Log of the engine and messages of the services, appended.';
COMMENT ON COLUMN __reana.workflow.name IS
'Name given by the owner; may hold dots and spaces.';
COMMENT ON COLUMN __reana.workflow.operational_options IS
'JSON object: options for the engine, as given at the start.';
COMMENT ON COLUMN __reana.workflow.owner_id IS
'Whose run.';
COMMENT ON COLUMN __reana.workflow.reana_specification IS
'The reana.yaml of the run as JSON.';
COMMENT ON COLUMN __reana.workflow.restart IS
'Whether the run restarts an earlier one, in the same workspace.';
COMMENT ON COLUMN __reana.workflow.run_finished_at IS
'When the run ended (UTC; in releases before ours the clock of the workflow controller). Written again when the engine log is fetched.';
COMMENT ON COLUMN __reana.workflow.run_number_major IS
'Number of the run among those of the same owner and name, from 1.';
COMMENT ON COLUMN __reana.workflow.run_number_minor IS
'Number of the restart, 0 for the first run. A run is written major.minor, or major where minor is 0.';
COMMENT ON COLUMN __reana.workflow.run_started_at IS
'When the engine reported that it runs (UTC; in releases before ours the clock of the workflow controller).';
COMMENT ON COLUMN __reana.workflow.run_stopped_at IS
'When the run was stopped by its owner (UTC; in releases before ours the clock of the workflow controller).';
COMMENT ON COLUMN __reana.workflow.status IS
'Where the run stands.';
COMMENT ON COLUMN __reana.workflow.type_ IS
'Engine: serial, yadage, cwl or snakemake.';
COMMENT ON COLUMN __reana.workflow.updated IS
'When a service last changed the row (UTC).';
COMMENT ON COLUMN __reana.workflow.workspace_path IS
'Absolute directory of the files of the run. Restarts share that of the run that they restart.';

COMMENT ON TABLE __reana.workflow_resource IS
'What each run used, per resource.';
COMMENT ON COLUMN __reana.workflow_resource.created IS
'When the row was made (UTC).';
COMMENT ON COLUMN __reana.workflow_resource.quota_used IS
'Usage in the unit of the resource: milliseconds from start to end of the run, or bytes of its workspace. Restarts share a workspace: do not add up their bytes.';
COMMENT ON COLUMN __reana.workflow_resource.resource_id IS
'Which resource.';
COMMENT ON COLUMN __reana.workflow_resource.updated IS
'When a service last changed the row (UTC).';
COMMENT ON COLUMN __reana.workflow_resource.workflow_id IS
'Which run.';

COMMENT ON TABLE __reana.workflow_service IS
'Which service runs beside which run.';
COMMENT ON COLUMN __reana.workflow_service.service_id IS
'The service.';
COMMENT ON COLUMN __reana.workflow_service.workflow_id IS
'The run.';

COMMENT ON TABLE __reana.workflow_session IS
'Which interactive session is open on which run.';
COMMENT ON COLUMN __reana.workflow_session.session_id IS
'The session.';
COMMENT ON COLUMN __reana.workflow_session.workflow_id IS
'The run.';

COMMENT ON TABLE __reana.workspace_retention_audit_log IS
'Every status that a retention rule had. Only ever appended.';
COMMENT ON COLUMN __reana.workspace_retention_audit_log.action IS
'The status that the rule had from then on.';
COMMENT ON COLUMN __reana.workspace_retention_audit_log.timestamp IS
'When; the default is the start of the transaction in the time zone of the database session.';
COMMENT ON COLUMN __reana.workspace_retention_audit_log.workspace_retention_rule_id IS
'The rule.';

COMMENT ON TABLE __reana.workspace_retention_rule IS
'Which files of a workspace are removed some days after the end of its run.';
COMMENT ON COLUMN __reana.workspace_retention_rule.apply_on IS
'When the files are due: end of the day, retention_days after the end of the run; NULL while the rule is not active.';
COMMENT ON COLUMN __reana.workspace_retention_rule.id_ IS
'Primary key.';
COMMENT ON COLUMN __reana.workspace_retention_rule.retention_days IS
'Days that the files stay.';
COMMENT ON COLUMN __reana.workspace_retention_rule.status IS
'created with the run, active after its end, pending while files are removed, applied afterwards; inactive where a restart or a deletion ended the rule.';
COMMENT ON COLUMN __reana.workspace_retention_rule.workflow_id IS
'The run.';
COMMENT ON COLUMN __reana.workspace_retention_rule.workspace_files IS
'Pattern of the files, relative to the workspace; **/* for all.';
