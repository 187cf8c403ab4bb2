-- The schema that the migrations make, for reviews: every change of the schema shows here.
-- Columns are sorted by name.  Do not edit; write it anew:
--     python -m tests.support.schema_snapshot > tests/migrating/schema.sql

CREATE TYPE public.accesstype AS ENUM ('read');

CREATE TYPE public.auditlogaction AS ENUM ('request_token', 'grant_token', 'revoke_token');

CREATE TYPE public.interactivesessiontype AS ENUM ('jupyter');

CREATE TYPE public.jobstatus AS ENUM ('created', 'running', 'finished', 'failed', 'stopped', 'queued');

CREATE TYPE public.resourcetype AS ENUM ('cpu', 'disk');

CREATE TYPE public.resourceunit AS ENUM ('bytes_', 'milliseconds');

CREATE TYPE public.runstatus AS ENUM ('created', 'running', 'finished', 'failed', 'deleted', 'stopped', 'queued', 'pending');

CREATE TYPE public.servicestatus AS ENUM ('created', 'running', 'finished', 'failed', 'deleted', 'stopped', 'queued', 'pending');

CREATE TYPE public.servicetype AS ENUM ('dask');

CREATE TYPE public.usertokenstatus AS ENUM ('requested', 'active', 'revoked');

CREATE TYPE public.usertokentype AS ENUM ('reana');

CREATE TYPE public.workspaceretentionrulestatus AS ENUM ('created', 'active', 'inactive', 'applied', 'pending');

CREATE SEQUENCE __reana.status_history_id_seq AS bigint;

CREATE TABLE __reana.audit_log (
    action public.auditlogaction NOT NULL,
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    details json,
    id_ uuid NOT NULL,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT fk_audit_log_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_(id_),
    CONSTRAINT pk_audit_log PRIMARY KEY (id_)
);

CREATE TABLE __reana.interactive_session (
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    id_ uuid NOT NULL,
    name character varying(255),
    owner_id uuid,
    path text,
    session_secret bytea,
    session_secret_digest bytea,
    status public.runstatus DEFAULT 'created'::public.runstatus NOT NULL,
    type_ public.interactivesessiontype NOT NULL,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    CONSTRAINT fk_interactive_session_owner_id_user_ FOREIGN KEY (owner_id) REFERENCES __reana.user_(id_),
    CONSTRAINT pk_interactive_session PRIMARY KEY (id_),
    CONSTRAINT uq_interactive_session_name UNIQUE (name, path)
);

CREATE TABLE __reana.interactive_session_resource (
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    quota_used bigint,
    resource_id uuid NOT NULL,
    session_id uuid NOT NULL,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    CONSTRAINT fk_interactive_session_resource_resource_id_resource FOREIGN KEY (resource_id) REFERENCES __reana.resource(id_),
    CONSTRAINT fk_interactive_session_resource_session_id_interactive_session FOREIGN KEY (session_id) REFERENCES __reana.interactive_session(id_),
    CONSTRAINT pk_interactive_session_resource PRIMARY KEY (session_id, resource_id)
);

CREATE TABLE __reana.job (
    backend_job_id character varying(256),
    cmd json,
    compute_backend character varying(30),
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    cvmfs_mounts text,
    deleted boolean DEFAULT false,
    docker_img character varying(256),
    env_vars json,
    finished_at timestamp without time zone,
    id_ uuid NOT NULL,
    job_name text,
    logs character varying DEFAULT ''::character varying,
    prettified_cmd json,
    shared_file_system boolean,
    started_at timestamp without time zone,
    status public.jobstatus DEFAULT 'created'::public.jobstatus,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    workflow_uuid uuid NOT NULL,
    CONSTRAINT fk_job_workflow_uuid_workflow FOREIGN KEY (workflow_uuid) REFERENCES __reana.workflow(id_),
    CONSTRAINT pk_job PRIMARY KEY (id_)
);

CREATE TABLE __reana.job_cache (
    access_times json,
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    id_ uuid NOT NULL,
    job_id uuid NOT NULL,
    parameters character varying(1024),
    result_path character varying(1024),
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    workspace_hash character varying(1024),
    CONSTRAINT fk_job_cache_job_id_job FOREIGN KEY (job_id) REFERENCES __reana.job(id_),
    CONSTRAINT pk_job_cache PRIMARY KEY (id_, job_id)
);

CREATE TABLE __reana.orphan_identity (
    idp_issuer character varying(255),
    idp_subject character varying(255),
    set_aside_at timestamp without time zone NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT pk_orphan_identity PRIMARY KEY (user_id)
);

CREATE TABLE __reana.orphan_job (
    backend_job_id character varying(256),
    cmd json,
    compute_backend character varying(30),
    created timestamp without time zone NOT NULL,
    cvmfs_mounts text,
    deleted boolean,
    docker_img character varying(256),
    env_vars json,
    finished_at timestamp without time zone,
    id_ uuid NOT NULL,
    job_name text,
    logs character varying,
    prettified_cmd json,
    set_aside_at timestamp without time zone NOT NULL,
    shared_file_system boolean,
    started_at timestamp without time zone,
    status public.jobstatus,
    updated timestamp without time zone NOT NULL,
    workflow_uuid uuid,
    CONSTRAINT pk_orphan_job PRIMARY KEY (id_)
);

CREATE TABLE __reana.orphan_job_cache (
    access_times json,
    created timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    job_id uuid NOT NULL,
    parameters character varying(1024),
    result_path character varying(1024),
    set_aside_at timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    workspace_hash character varying(1024),
    CONSTRAINT pk_orphan_job_cache PRIMARY KEY (id_, job_id)
);

CREATE TABLE __reana.quota_ledger (
    cpu_used bigint NOT NULL,
    disk_used bigint NOT NULL,
    owner_id uuid NOT NULL,
    run_ended_at timestamp without time zone,
    run_started_at timestamp without time zone,
    workflow_id uuid NOT NULL,
    workspace_path text NOT NULL,
    CONSTRAINT pk_quota_ledger PRIMARY KEY (workflow_id)
);

CREATE TABLE __reana.resource (
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    default_limit bigint DEFAULT 0 NOT NULL,
    id_ uuid NOT NULL,
    name character varying(1024) NOT NULL,
    title character varying(1024),
    type_ public.resourcetype NOT NULL,
    unit public.resourceunit NOT NULL,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    CONSTRAINT pk_resource PRIMARY KEY (id_),
    CONSTRAINT uq_resource_name UNIQUE (name)
);

CREATE TABLE __reana.service (
    id_ uuid NOT NULL,
    name character varying(255),
    owner_id uuid,
    status public.servicestatus DEFAULT 'created'::public.servicestatus NOT NULL,
    type_ public.servicetype NOT NULL,
    uri text,
    CONSTRAINT fk_service_owner_id_user_ FOREIGN KEY (owner_id) REFERENCES __reana.user_(id_),
    CONSTRAINT pk_service PRIMARY KEY (id_),
    CONSTRAINT uq_service_name UNIQUE (name, uri)
);

CREATE TABLE __reana.service_logs (
    event_time timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    id uuid NOT NULL,
    log jsonb NOT NULL,
    service_id uuid NOT NULL,
    CONSTRAINT fk_service_logs_service_id_service FOREIGN KEY (service_id) REFERENCES __reana.service(id_) ON DELETE CASCADE,
    CONSTRAINT pk_service_logs PRIMARY KEY (id)
);

CREATE TABLE __reana.setting (
    name text NOT NULL,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    value text NOT NULL,
    CONSTRAINT ck_setting_value CHECK (
CASE name
    WHEN 'status_mode'::text THEN (value = ANY (ARRAY['enforce'::text, 'keep'::text, 'observe'::text]))
    WHEN 'termination_quota_update_policy'::text THEN (value = ANY (ARRAY[''::text, 'cpu'::text, 'disk'::text, 'cpu,disk'::text]))
    WHEN 'secrets_form'::text THEN (value = ANY (ARRAY['compatible'::text, 'sealed'::text]))
    ELSE false
END),
    CONSTRAINT pk_setting PRIMARY KEY (name)
);

CREATE TABLE __reana.status_history (
    allowed boolean NOT NULL,
    application_name text DEFAULT current_setting('application_name'::text) NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    from_status text,
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    made boolean DEFAULT true NOT NULL,
    role text DEFAULT SESSION_USER NOT NULL,
    to_status text,
    CONSTRAINT pk_status_history PRIMARY KEY (entity_id, id)
);

CREATE TABLE __reana.status_transition (
    entity text NOT NULL,
    from_status text NOT NULL,
    reason text NOT NULL,
    to_status text NOT NULL,
    CONSTRAINT ck_status_transition_distinct CHECK ((from_status <> to_status)),
    CONSTRAINT ck_status_transition_entity CHECK ((entity = ANY (ARRAY['workflow'::text, 'job'::text, 'interactive_session'::text, 'service'::text, 'workspace_retention_rule'::text]))),
    CONSTRAINT pk_status_transition PRIMARY KEY (entity, from_status, to_status)
);

CREATE TABLE __reana.user_ (
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    email character varying(255) NOT NULL,
    full_name character varying(255),
    gitlab_webhook_secret bytea,
    gitlab_webhook_secret_digest character varying(64),
    gitlab_webhook_secret_expires_at timestamp without time zone,
    id_ uuid NOT NULL,
    idp_issuer character varying(255),
    idp_subject character varying(255),
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    username character varying(255),
    CONSTRAINT ck_user__gitlab_webhook_secret_complete CHECK (((gitlab_webhook_secret IS NULL) = (gitlab_webhook_secret_digest IS NULL))),
    CONSTRAINT ck_user__idp_identity_complete CHECK (((idp_issuer IS NULL) = (idp_subject IS NULL))),
    CONSTRAINT pk_user_ PRIMARY KEY (id_, email),
    CONSTRAINT uq_user__email UNIQUE (email),
    CONSTRAINT uq_user__gitlab_webhook_secret_digest UNIQUE (gitlab_webhook_secret_digest),
    CONSTRAINT uq_user__id_ UNIQUE (id_),
    CONSTRAINT uq_user__idp_identity UNIQUE (idp_issuer, idp_subject)
);

CREATE TABLE __reana.user_resource (
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    quota_counted numeric,
    quota_limit bigint,
    quota_period_months integer,
    quota_period_start_at timestamp without time zone,
    quota_used bigint,
    resource_id uuid NOT NULL,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT ck_user_resource_quota_period_months_positive CHECK (((quota_period_months IS NULL) OR (quota_period_months > 0))),
    CONSTRAINT fk_user_resource_resource_id_resource FOREIGN KEY (resource_id) REFERENCES __reana.resource(id_),
    CONSTRAINT fk_user_resource_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_(id_),
    CONSTRAINT pk_user_resource PRIMARY KEY (user_id, resource_id)
);

CREATE TABLE __reana.user_token (
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    id_ uuid NOT NULL,
    status public.usertokenstatus,
    token bytea,
    token_digest bytea,
    type_ public.usertokentype NOT NULL,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT fk_user_token_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_(id_),
    CONSTRAINT pk_user_token PRIMARY KEY (id_),
    CONSTRAINT uq_user_token_token UNIQUE (token)
);

CREATE TABLE __reana.user_workflow (
    access_type public.accesstype NOT NULL,
    message character varying(5000),
    user_id uuid NOT NULL,
    valid_until timestamp without time zone,
    workflow_id uuid NOT NULL,
    CONSTRAINT fk_user_workflow_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_(id_),
    CONSTRAINT fk_user_workflow_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_),
    CONSTRAINT pk_user_workflow PRIMARY KEY (workflow_id, user_id)
);

CREATE TABLE __reana.workflow (
    complexity bigint[],
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    engine_specific json,
    git_provider character varying(255),
    git_ref character varying(40),
    git_repo character varying(255),
    id_ uuid NOT NULL,
    input_parameters json,
    job_progress json DEFAULT '{}'::json,
    launcher_url character varying,
    logs character varying DEFAULT ''::character varying,
    name character varying(255),
    operational_options json,
    owner_id uuid,
    reana_specification json,
    restart boolean DEFAULT false,
    run_finished_at timestamp without time zone,
    run_number_major integer,
    run_number_minor integer,
    run_started_at timestamp without time zone,
    run_stopped_at timestamp without time zone,
    status public.runstatus DEFAULT 'created'::public.runstatus,
    type_ character varying(30),
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    workspace_path character varying,
    CONSTRAINT fk_workflow_owner_id_user_ FOREIGN KEY (owner_id) REFERENCES __reana.user_(id_),
    CONSTRAINT pk_workflow PRIMARY KEY (id_),
    CONSTRAINT uq_workflow_owner_id UNIQUE (owner_id, name, run_number_major, run_number_minor)
);

CREATE TABLE __reana.workflow_resource (
    created timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    quota_used bigint,
    resource_id uuid NOT NULL,
    updated timestamp without time zone DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text) NOT NULL,
    workflow_id uuid NOT NULL,
    CONSTRAINT fk_workflow_resource_resource_id_resource FOREIGN KEY (resource_id) REFERENCES __reana.resource(id_),
    CONSTRAINT fk_workflow_resource_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_),
    CONSTRAINT pk_workflow_resource PRIMARY KEY (workflow_id, resource_id)
);

CREATE TABLE __reana.workflow_service (
    service_id uuid NOT NULL,
    workflow_id uuid,
    CONSTRAINT fk_workflow_service_service_id_service FOREIGN KEY (service_id) REFERENCES __reana.service(id_),
    CONSTRAINT fk_workflow_service_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_),
    CONSTRAINT pk_workflow_service PRIMARY KEY (service_id)
);

CREATE TABLE __reana.workflow_session (
    session_id uuid NOT NULL,
    workflow_id uuid,
    CONSTRAINT fk_workflow_session_session_id_interactive_session FOREIGN KEY (session_id) REFERENCES __reana.interactive_session(id_),
    CONSTRAINT fk_workflow_session_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_),
    CONSTRAINT pk_workflow_session PRIMARY KEY (session_id)
);

CREATE TABLE __reana.workspace_retention_audit_log (
    action public.workspaceretentionrulestatus NOT NULL,
    "timestamp" timestamp without time zone DEFAULT now() NOT NULL,
    workspace_retention_rule_id uuid NOT NULL,
    CONSTRAINT fk_workspace_retention_audit_log_workspace_retention_ru_7253 FOREIGN KEY (workspace_retention_rule_id) REFERENCES __reana.workspace_retention_rule(id_),
    CONSTRAINT pk_workspace_retention_audit_log PRIMARY KEY (workspace_retention_rule_id, "timestamp", action)
);

CREATE TABLE __reana.workspace_retention_rule (
    apply_on timestamp without time zone,
    id_ uuid NOT NULL,
    pending_since timestamp without time zone,
    retention_days integer NOT NULL,
    status public.workspaceretentionrulestatus DEFAULT 'created'::public.workspaceretentionrulestatus NOT NULL,
    workflow_id uuid NOT NULL,
    workspace_files character varying(255) NOT NULL,
    CONSTRAINT fk_workspace_retention_rule_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_),
    CONSTRAINT pk_workspace_retention_rule PRIMARY KEY (id_),
    CONSTRAINT uq_workspace_retention_rule_workflow_id UNIQUE (workflow_id, workspace_files)
);

CREATE INDEX ix___reana_audit_log_user_id_created ON __reana.audit_log USING btree (user_id, created);

CREATE INDEX ix___reana_interactive_session_undigested ON __reana.interactive_session USING btree (id_) WHERE ((session_secret IS NOT NULL) AND (session_secret_digest IS NULL));

CREATE INDEX ix___reana_job_cache_job_id ON __reana.job_cache USING btree (job_id);

CREATE INDEX ix___reana_job_cache_parameters_workspace_hash ON __reana.job_cache USING btree (parameters, workspace_hash);

CREATE INDEX ix___reana_job_status_compute_backend ON __reana.job USING btree (status, compute_backend);

CREATE INDEX ix___reana_job_workflow_uuid ON __reana.job USING btree (workflow_uuid, created);

CREATE INDEX ix___reana_quota_ledger_owner_id_cpu_used ON __reana.quota_ledger USING btree (owner_id, cpu_used DESC, workflow_id) WHERE (cpu_used > 0);

CREATE INDEX ix___reana_quota_ledger_owner_id_disk_used ON __reana.quota_ledger USING btree (owner_id, disk_used DESC, workflow_id) WHERE (disk_used > 0);

CREATE INDEX ix___reana_quota_ledger_owner_id_run_ended_at ON __reana.quota_ledger USING btree (owner_id, run_ended_at);

CREATE INDEX ix___reana_quota_ledger_owner_id_workspace_path ON __reana.quota_ledger USING btree (owner_id, workspace_path) WHERE (disk_used > 0);

CREATE INDEX ix___reana_service_logs_service_id ON __reana.service_logs USING btree (service_id);

CREATE INDEX ix___reana_user_resource_resource_id ON __reana.user_resource USING btree (resource_id, user_id);

CREATE INDEX ix___reana_user_token_user_id ON __reana.user_token USING btree (user_id);

CREATE INDEX ix___reana_user_workflow_user_id_workflow_id ON __reana.user_workflow USING btree (user_id, workflow_id);

CREATE INDEX ix___reana_workflow_owner_id_created_id_ ON __reana.workflow USING btree (owner_id, created DESC, id_) INCLUDE (name, status);

CREATE INDEX ix___reana_workflow_service_workflow_id ON __reana.workflow_service USING btree (workflow_id);

CREATE INDEX ix___reana_workflow_session_workflow_id ON __reana.workflow_session USING btree (workflow_id);

CREATE INDEX ix___reana_workflow_status ON __reana.workflow USING btree (status);

CREATE INDEX ix___reana_workflow_workspace_path ON __reana.workflow USING hash (workspace_path);

CREATE INDEX ix___reana_workspace_retention_rule_status_apply_on ON __reana.workspace_retention_rule USING btree (status, apply_on);

CREATE UNIQUE INDEX uq_interactive_session_session_secret_digest ON __reana.interactive_session USING btree (session_secret_digest);

CREATE UNIQUE INDEX uq_user_token_active ON __reana.user_token USING btree (user_id, type_) WHERE (status = 'active'::public.usertokenstatus);

CREATE UNIQUE INDEX uq_user_token_requested ON __reana.user_token USING btree (user_id, type_) WHERE (status = 'requested'::public.usertokenstatus);

CREATE UNIQUE INDEX uq_user_token_token_digest ON __reana.user_token USING btree (token_digest);

CREATE VIEW __reana.current_quota (
    user_id uuid,
    resource_id uuid,
    quota_limit bigint,
    quota_used bigint,
    quota_period_months integer,
    quota_period_start_at timestamp without time zone
) AS
 SELECT total.user_id,
    total.resource_id,
    COALESCE(total.quota_limit, (0)::bigint) AS quota_limit,
        CASE
            WHEN (NOT (total.quota_period_start_at IS DISTINCT FROM period.start_at)) THEN COALESCE(total.quota_used, (0)::bigint)
            ELSE (LEAST(__reana.counted_cpu(total.user_id, period.start_at), ('9223372036854775807'::bigint)::numeric))::bigint
        END AS quota_used,
    total.quota_period_months,
    period.start_at AS quota_period_start_at
   FROM ((__reana.user_resource total
     LEFT JOIN __reana.quota_resource ON ((total.resource_id = quota_resource.resource_id)))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN ((total.quota_period_months IS NULL) OR (total.quota_counted IS NULL) OR (quota_resource.type_ IS DISTINCT FROM 'cpu'::public.resourcetype)) THEN total.quota_period_start_at
                    ELSE __reana.current_period_start(COALESCE(total.quota_period_start_at, ( SELECT user_.created
                       FROM __reana.user_
                      WHERE (user_.id_ = total.user_id))), total.quota_period_months, (clock_timestamp() AT TIME ZONE 'UTC'::text))
                END AS start_at) period);

CREATE VIEW __reana.quota_resource (
    resource_id uuid,
    type_ public.resourcetype
) AS
 SELECT id_ AS resource_id,
    type_
   FROM __reana.resource
  WHERE ((name)::text =
        CASE type_
            WHEN 'cpu'::public.resourcetype THEN 'processing time'::text
            WHEN 'disk'::public.resourcetype THEN 'shared storage'::text
            ELSE NULL::text
        END);

CREATE VIEW __reana.run_time (
    workflow_id uuid,
    owner_id uuid,
    workspace_path text,
    run_started_at timestamp without time zone,
    run_ended_at timestamp without time zone,
    cpu_used bigint
) AS
 SELECT workflow_id,
    owner_id,
    workspace_path,
        CASE
            WHEN (ended_at IS NOT NULL) THEN started_at
            ELSE NULL::timestamp without time zone
        END AS run_started_at,
        CASE
            WHEN (started_at IS NOT NULL) THEN ended_at
            ELSE NULL::timestamp without time zone
        END AS run_ended_at,
    __reana.cpu_milliseconds(started_at, ended_at, NULL::timestamp without time zone) AS cpu_used
   FROM ( SELECT workflow.id_ AS workflow_id,
            workflow.owner_id,
            (COALESCE(workflow.workspace_path, ''::character varying))::text AS workspace_path,
            workflow.run_started_at AS started_at,
            COALESCE(workflow.run_finished_at, workflow.run_stopped_at) AS ended_at
           FROM __reana.workflow
          WHERE (workflow.owner_id IS NOT NULL)) run;

CREATE VIEW __reana.run_usage (
    workflow_id uuid,
    owner_id uuid,
    workspace_path text,
    run_started_at timestamp without time zone,
    run_ended_at timestamp without time zone,
    cpu_used bigint,
    disk_used bigint
) AS
 SELECT run_time.workflow_id,
    run_time.owner_id,
    run_time.workspace_path,
    run_time.run_started_at,
    run_time.run_ended_at,
    GREATEST(cpu.quota_used, (0)::bigint) AS cpu_used,
    GREATEST(disk.quota_used, (0)::bigint) AS disk_used
   FROM ((__reana.run_time
     LEFT JOIN __reana.workflow_resource cpu ON (((run_time.workflow_id = cpu.workflow_id) AND (cpu.resource_id = ( SELECT quota_resource.resource_id
           FROM __reana.quota_resource
          WHERE (quota_resource.type_ = 'cpu'::public.resourcetype))))))
     LEFT JOIN __reana.workflow_resource disk ON (((run_time.workflow_id = disk.workflow_id) AND (disk.resource_id = ( SELECT quota_resource.resource_id
           FROM __reana.quota_resource
          WHERE (quota_resource.type_ = 'disk'::public.resourcetype))))))
  WHERE ((run_time.run_ended_at IS NOT NULL) OR (cpu.quota_used > 0) OR (disk.quota_used > 0));

CREATE VIEW reana.migrations (
    migration character varying(255),
    applied_at timestamp without time zone,
    operation character varying(10),
    applied_by character varying(255),
    applied_from character varying(255),
    comment character varying(255)
) AS
 SELECT yoyo_migration.migration_id AS migration,
    yoyo_migration.applied_at_utc AS applied_at,
    latest.operation,
    latest.username AS applied_by,
    latest.hostname AS applied_from,
    latest.comment
   FROM (__reana.yoyo_migration
     LEFT JOIN LATERAL ( SELECT yoyo_log.operation,
            yoyo_log.username,
            yoyo_log.hostname,
            yoyo_log.comment
           FROM __reana.yoyo_log
          WHERE ((yoyo_log.migration_hash)::text = (yoyo_migration.migration_hash)::text)
          ORDER BY yoyo_log.created_at_utc DESC
         LIMIT 1) latest ON (true));

CREATE VIEW reana.open_sessions (
    session_id uuid,
    owner character varying(255),
    kind public.interactivesessiontype,
    status public.runstatus,
    created timestamp without time zone,
    age interval,
    run text,
    path text
) AS
 SELECT interactive_session.id_ AS session_id,
    user_.email AS owner,
    interactive_session.type_ AS kind,
    interactive_session.status,
    interactive_session.created,
        CASE
            WHEN isfinite(interactive_session.created) THEN date_trunc('second'::text, ((clock_timestamp() AT TIME ZONE 'UTC'::text) - interactive_session.created))
            ELSE NULL::interval
        END AS age,
    runs.run,
    interactive_session.path
   FROM (((__reana.interactive_session
     LEFT JOIN __reana.user_ ON ((interactive_session.owner_id = user_.id_)))
     LEFT JOIN __reana.workflow_session ON ((interactive_session.id_ = workflow_session.session_id)))
     LEFT JOIN reana.runs ON ((workflow_session.workflow_id = runs.workflow_id)))
  WHERE (interactive_session.status <> ALL (ARRAY['stopped'::public.runstatus, 'deleted'::public.runstatus, 'failed'::public.runstatus]));

CREATE VIEW reana.retention_rules_due (
    rule_id uuid,
    owner character varying(255),
    run text,
    workspace_files character varying(255),
    status public.workspaceretentionrulestatus,
    apply_on timestamp without time zone,
    workspace_path character varying
) AS
 SELECT workspace_retention_rule.id_ AS rule_id,
    runs.owner,
    runs.run,
    workspace_retention_rule.workspace_files,
    workspace_retention_rule.status,
    workspace_retention_rule.apply_on,
    runs.workspace_path
   FROM (__reana.workspace_retention_rule
     JOIN reana.runs ON ((workspace_retention_rule.workflow_id = runs.workflow_id)))
  WHERE ((workspace_retention_rule.status = 'pending'::public.workspaceretentionrulestatus) OR ((workspace_retention_rule.status = 'active'::public.workspaceretentionrulestatus) AND (workspace_retention_rule.apply_on < (clock_timestamp() AT TIME ZONE 'UTC'::text))));

CREATE VIEW reana.run_history (
    workflow_id uuid,
    owner character varying(255),
    run text,
    status text,
    since timestamp with time zone,
    until timestamp with time zone,
    duration interval,
    application_name text,
    role text,
    allowed boolean
) AS
 SELECT runs.workflow_id,
    runs.owner,
    runs.run,
    period.status,
    period.since,
    period.until,
    (COALESCE(period.until, clock_timestamp()) - period.since) AS duration,
    period.application_name,
    period.role,
    period.allowed
   FROM (reana.runs
     CROSS JOIN LATERAL ( SELECT entry.to_status AS status,
            entry.changed_at AS since,
            lead(entry.changed_at) OVER (ORDER BY entry.id) AS until,
            entry.application_name,
            entry.role,
            entry.allowed,
            entry.id
           FROM __reana.status_history entry
          WHERE ((entry.entity_id = runs.workflow_id) AND (entry.entity = 'workflow'::text) AND entry.made)) period)
  ORDER BY runs.workflow_id, period.id;

CREATE VIEW reana.running_load (
    owner character varying(255),
    queued bigint,
    pending bigint,
    running bigint
) AS
 SELECT user_.email AS owner,
    count(*) FILTER (WHERE (workflow.status = 'queued'::public.runstatus)) AS queued,
    count(*) FILTER (WHERE (workflow.status = 'pending'::public.runstatus)) AS pending,
    count(*) FILTER (WHERE (workflow.status = 'running'::public.runstatus)) AS running
   FROM (__reana.workflow
     LEFT JOIN __reana.user_ ON ((workflow.owner_id = user_.id_)))
  WHERE (workflow.status = ANY (ARRAY['queued'::public.runstatus, 'pending'::public.runstatus, 'running'::public.runstatus]))
  GROUP BY user_.email;

CREATE VIEW reana.runs (
    workflow_id uuid,
    owner character varying(255),
    run text,
    engine character varying(30),
    status public.runstatus,
    created timestamp without time zone,
    age interval,
    started timestamp without time zone,
    ended timestamp without time zone,
    duration interval,
    workspace_path character varying
) AS
 SELECT workflow.id_ AS workflow_id,
    user_.email AS owner,
    ((((workflow.name)::text || '.'::text) || workflow.run_number_major) || COALESCE(('.'::text || NULLIF(workflow.run_number_minor, 0)), ''::text)) AS run,
    workflow.type_ AS engine,
    workflow.status,
    workflow.created,
        CASE
            WHEN isfinite(workflow.created) THEN date_trunc('second'::text, (now.utc - workflow.created))
            ELSE NULL::interval
        END AS age,
    workflow.run_started_at AS started,
    ending.at AS ended,
        CASE
            WHEN (isfinite(workflow.run_started_at) AND isfinite(ending.at)) THEN date_trunc('second'::text, (ending.at - workflow.run_started_at))
            WHEN (isfinite(workflow.run_started_at) AND (workflow.status = 'running'::public.runstatus) AND (ending.at IS NULL)) THEN date_trunc('second'::text, (now.utc - workflow.run_started_at))
            ELSE NULL::interval
        END AS duration,
    workflow.workspace_path
   FROM (((__reana.workflow
     LEFT JOIN __reana.user_ ON ((workflow.owner_id = user_.id_)))
     CROSS JOIN LATERAL ( SELECT (clock_timestamp() AT TIME ZONE 'UTC'::text) AS utc) now)
     CROSS JOIN LATERAL ( SELECT COALESCE(workflow.run_finished_at, workflow.run_stopped_at) AS at) ending);

CREATE VIEW reana.stuck_runs (
    workflow_id uuid,
    owner character varying(255),
    run text,
    status public.runstatus,
    started timestamp without time zone,
    updated timestamp without time zone,
    silent_for interval
) AS
 SELECT runs.workflow_id,
    runs.owner,
    runs.run,
    runs.status,
    runs.started,
    workflow.updated,
        CASE
            WHEN isfinite(workflow.updated) THEN date_trunc('second'::text, ((clock_timestamp() AT TIME ZONE 'UTC'::text) - workflow.updated))
            ELSE NULL::interval
        END AS silent_for
   FROM (__reana.workflow
     JOIN reana.runs ON ((workflow.id_ = runs.workflow_id)))
  WHERE (((workflow.status = 'running'::public.runstatus) AND (workflow.run_started_at <= ((clock_timestamp() AT TIME ZONE 'UTC'::text) - '12:00:00'::interval)) AND (workflow.updated <= ((clock_timestamp() AT TIME ZONE 'UTC'::text) - '12:00:00'::interval))) OR ((workflow.status = 'pending'::public.runstatus) AND (workflow.updated <= ((clock_timestamp() AT TIME ZONE 'UTC'::text) - '00:20:00'::interval))));

CREATE VIEW reana.user_quota (
    owner character varying(255),
    resource public.resourcetype,
    used text,
    quota text,
    percent numeric,
    health text,
    period_months integer,
    period_start timestamp without time zone
) AS
 SELECT user_.email AS owner,
    resource.type_ AS resource,
        CASE resource.unit
            WHEN 'bytes_'::public.resourceunit THEN pg_size_pretty(current_quota.quota_used)
            ELSE (((seconds.used)::double precision * '00:00:01'::interval))::text
        END AS used,
        CASE
            WHEN (current_quota.quota_limit = 0) THEN 'unlimited'::text
            WHEN (resource.unit = 'bytes_'::public.resourceunit) THEN pg_size_pretty(current_quota.quota_limit)
            ELSE (((seconds.quota)::double precision * '00:00:01'::interval))::text
        END AS quota,
    round(((100.0 * (current_quota.quota_used)::numeric) / (NULLIF(current_quota.quota_limit, 0))::numeric), 1) AS percent,
        CASE
            WHEN (current_quota.quota_limit = 0) THEN NULL::text
            WHEN (current_quota.quota_used >= current_quota.quota_limit) THEN 'critical'::text
            WHEN ((current_quota.quota_used)::numeric >= (0.8 * (current_quota.quota_limit)::numeric)) THEN 'warning'::text
            ELSE 'healthy'::text
        END AS health,
    current_quota.quota_period_months AS period_months,
    current_quota.quota_period_start_at AS period_start
   FROM (((__reana.current_quota
     JOIN __reana.user_ ON ((current_quota.user_id = user_.id_)))
     JOIN __reana.resource ON ((current_quota.resource_id = resource.id_)))
     CROSS JOIN LATERAL ( SELECT LEAST((current_quota.quota_used / 1000), '9000000000000'::bigint) AS used,
            LEAST((current_quota.quota_limit / 1000), '9000000000000'::bigint) AS quota) seconds);

CREATE OR REPLACE FUNCTION __reana.activate_retention_rules()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM
    FROM __reana.workspace_retention_rule AS rule
    WHERE
        rule.workflow_id = NEW.id_
        AND rule.status = 'created'
    ORDER BY rule.id_
    FOR NO KEY UPDATE;

    IF FOUND THEN
        UPDATE __reana.workspace_retention_rule
        SET status = 'active'
        WHERE
            workspace_retention_rule.workflow_id = NEW.id_
            AND workspace_retention_rule.status = 'created';
    END IF;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.assign_run_number()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(
        hashtextextended(NEW.owner_id::text || '/' || NEW.name, 26)
    );

    IF NEW.run_number_major IS NOT NULL AND NEW.run_number_minor IS NOT NULL THEN
        RETURN NEW;
    END IF;

    IF NEW.restart IS TRUE THEN
        IF NEW.run_number_major IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'not_null_violation',
                MESSAGE = format('Restart %s does not say what it restarts.', NEW.id_),
                DETAIL = format('entity=workflow id=%s run_number_major=NULL', NEW.id_),
                HINT = 'Give run_number_major; run_number_minor is assigned.',
                SCHEMA = '__reana',
                TABLE = 'workflow',
                COLUMN = 'run_number_major';
        END IF;

        SELECT max(workflow.run_number_minor) + 1
        INTO NEW.run_number_minor
        FROM __reana.workflow
        WHERE
            workflow.owner_id = NEW.owner_id
            AND workflow.name = NEW.name
            AND workflow.run_number_major = NEW.run_number_major;

        IF NEW.run_number_minor IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'foreign_key_violation',
                MESSAGE = format('There is no run %s.%s to restart.',
                    NEW.name, NEW.run_number_major),
                DETAIL = format('entity=workflow id=%s owner=%s',
                    NEW.id_, NEW.owner_id),
                HINT = 'Restart a run that exists, or create one with restart = false.',
                SCHEMA = '__reana',
                TABLE = 'workflow',
                COLUMN = 'run_number_major';
        END IF;
        RETURN NEW;
    END IF;

    IF NEW.run_number_major IS NULL THEN
        -- A restart with minor 0 is left over from float numbers: its number is taken all the same.
        SELECT coalesce(max(workflow.run_number_major), 0) + 1
        INTO NEW.run_number_major
        FROM __reana.workflow
        WHERE
            workflow.owner_id = NEW.owner_id
            AND workflow.name = NEW.name
            AND (workflow.restart IS NOT TRUE OR workflow.run_number_minor = 0);
    END IF;
    NEW.run_number_minor := coalesce(NEW.run_number_minor, 0);
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.count_changed_runs()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_runs uuid [];
    v_owners uuid [];
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- Services of released versions look for the usage of a run and insert it where there is
        -- none.  Two that did so at the same moment would meet in the primary key.
        INSERT INTO __reana.workflow_resource (
            created, updated, workflow_id, resource_id, quota_used
        )
        SELECT
            clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC',
            new_run.id_, quota_resource.resource_id, 0
        FROM new_run
        CROSS JOIN __reana.quota_resource
        WHERE COALESCE(new_run.run_finished_at, new_run.run_stopped_at) IS NULL
        ON CONFLICT (workflow_id, resource_id) DO NOTHING;

        v_runs := (
            SELECT array_agg(id_) FROM new_run
            WHERE COALESCE(run_finished_at, run_stopped_at) IS NOT NULL
        );
    ELSIF TG_OP = 'DELETE' THEN
        v_runs := (SELECT array_agg(id_) FROM old_run);
    ELSE
        -- The former owners too: a run may have usage that the snapshot lacks.
        SELECT
            array_agg(DISTINCT changed.id_),
            array_agg(DISTINCT changed.owner_id) FILTER (WHERE changed.owner_id IS NOT NULL)
        INTO v_runs, v_owners
        FROM (
            SELECT run.id_, run.owner_id
            FROM (
                SELECT
                    id_, owner_id, workspace_path, run_started_at,
                    COALESCE(run_finished_at, run_stopped_at) AS run_ended_at
                FROM old_run
                UNION ALL
                SELECT
                    id_, owner_id, workspace_path, run_started_at,
                    COALESCE(run_finished_at, run_stopped_at) AS run_ended_at
                FROM new_run
            ) AS run
            GROUP BY
                run.id_, run.owner_id, run.workspace_path, run.run_ended_at,
                CASE WHEN run.run_ended_at IS NOT NULL THEN run.run_started_at END
            HAVING count(*) = 1
        ) AS changed;
    END IF;

    IF v_runs IS NOT NULL THEN
        PERFORM __reana.count_runs(v_runs, v_owners, TRUE);
    END IF;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.count_changed_usage()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
    v_runs uuid [];
BEGIN
    IF TG_OP = 'DELETE' THEN
        v_runs := (SELECT array_agg(workflow_id) FROM old_usage);
    ELSE
        -- Not what count_runs records: of that the ledger knows already.
        v_runs := (
            SELECT array_agg(new_usage.workflow_id)
            FROM new_usage
            INNER JOIN __reana.quota_resource ON new_usage.resource_id = quota_resource.resource_id
            CROSS JOIN LATERAL (
                SELECT max(cpu_used) AS cpu_used, max(disk_used) AS disk_used
                FROM __reana.quota_ledger
                WHERE quota_ledger.workflow_id = new_usage.workflow_id
            ) AS counted
            WHERE GREATEST(new_usage.quota_used, 0) <> COALESCE(
                CASE quota_resource.type_
                    WHEN 'cpu' THEN counted.cpu_used
                    ELSE counted.disk_used
                END,
                0
            )
        );
    END IF;
    IF TG_OP = 'UPDATE' THEN
        v_runs := v_runs || (
            SELECT array_agg(moved.workflow_id)
            FROM (
                SELECT workflow_id, resource_id FROM old_usage
                EXCEPT
                SELECT workflow_id, resource_id FROM new_usage
            ) AS moved
        );
    END IF;

    IF v_runs IS NOT NULL THEN
        PERFORM __reana.count_runs(v_runs, NULL, FALSE);
    END IF;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.count_runs(p_workflow_ids uuid[], p_owner_ids uuid[], p_are_changed boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
    v_is_recorded boolean := FALSE;
    v_owners uuid [] := p_owner_ids;
    v_locked uuid [] := '{}';
    v_resources uuid [];
    v_used numeric [];
BEGIN
    IF p_are_changed THEN
        -- All usage before the totals: who changes one of these rows may be waiting for the totals.
        PERFORM
        FROM __reana.workflow_resource
        WHERE workflow_resource.workflow_id = ANY(p_workflow_ids)
        ORDER BY workflow_resource.workflow_id, workflow_resource.resource_id
        FOR NO KEY UPDATE;

        v_is_recorded := EXISTS (
            SELECT
            FROM __reana.setting
            WHERE name = 'termination_quota_update_policy' AND value IN ('cpu', 'cpu,disk')
        );
    ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
        -- Fails with 40001 if a run has got another owner or workspace since the snapshot.
        -- Who is about to give it one waits for its usage, and counts it afterwards.
        PERFORM
        FROM __reana.workflow
        WHERE workflow.id_ = ANY(p_workflow_ids)
        FOR KEY SHARE SKIP LOCKED;
    END IF;

    -- Again, because an owner can change while this waits for the totals of the former one.
    LOOP
        PERFORM __reana.lock_totals(v_owners) WHERE v_owners IS NOT NULL;
        v_locked := v_locked || v_owners;
        v_owners := (
            SELECT array_agg(owner.owner_id)
            FROM (
                (
                    SELECT owner_id FROM __reana.workflow WHERE id_ = ANY(p_workflow_ids)
                    UNION
                    SELECT owner_id FROM __reana.quota_ledger
                    WHERE workflow_id = ANY(p_workflow_ids)
                )
                EXCEPT
                SELECT unnest(v_locked)
            ) AS owner
            WHERE owner.owner_id IS NOT NULL
        );
        EXIT WHEN v_owners IS NULL;
    END LOOP;

    WITH due AS (
        SELECT
            run_usage.workflow_id, run_usage.owner_id, run_usage.workspace_path,
            run_usage.run_started_at, run_usage.run_ended_at,
            CASE
                WHEN v_is_recorded AND run_usage.run_ended_at IS NOT NULL
                    THEN __reana.cpu_milliseconds(
                        run_usage.run_started_at, run_usage.run_ended_at, NULL
                    )
                ELSE run_usage.cpu_used
            END AS cpu_used,
            run_usage.disk_used
        FROM __reana.run_usage
        WHERE run_usage.workflow_id = ANY(p_workflow_ids)
    ),

    recorded AS (
        INSERT INTO __reana.workflow_resource AS usage (
            created, updated, workflow_id, resource_id, quota_used
        )
        SELECT
            clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC',
            due.workflow_id, quota_resource.resource_id, due.cpu_used
        FROM due
        CROSS JOIN __reana.quota_resource
        WHERE
            v_is_recorded
            AND due.run_ended_at IS NOT NULL
            AND quota_resource.type_ = 'cpu'
        ON CONFLICT (workflow_id, resource_id) DO UPDATE SET
            quota_used = excluded.quota_used, updated = excluded.updated
        WHERE usage.quota_used IS DISTINCT FROM excluded.quota_used
    ),

    -- What is due but not in the ledger (1), and what is in the ledger but not due (-1).
    change AS (
        SELECT
            sum(part.sign) AS sign,
            part.workflow_id, part.owner_id, part.workspace_path,
            part.run_started_at, part.run_ended_at, part.cpu_used, part.disk_used
        FROM (
            SELECT
                1 AS sign,
                due.workflow_id, due.owner_id, due.workspace_path,
                due.run_started_at, due.run_ended_at, due.cpu_used, due.disk_used
            FROM due
            UNION ALL
            SELECT
                -1 AS sign,
                was.workflow_id, was.owner_id, was.workspace_path,
                was.run_started_at, was.run_ended_at, was.cpu_used, was.disk_used
            FROM __reana.quota_ledger AS was
            WHERE was.workflow_id = ANY(p_workflow_ids)
        ) AS part
        GROUP BY
            part.workflow_id, part.owner_id, part.workspace_path,
            part.run_started_at, part.run_ended_at, part.cpu_used, part.disk_used
        HAVING sum(part.sign) <> 0
    ),

    dropped AS (
        DELETE FROM __reana.quota_ledger
        WHERE quota_ledger.workflow_id = ANY(ARRAY(
            SELECT change.workflow_id
            FROM change
            GROUP BY change.workflow_id
            HAVING max(change.sign) < 0
        ))
    ),

    written AS (
        INSERT INTO __reana.quota_ledger (
            workflow_id, owner_id, workspace_path,
            run_started_at, run_ended_at, cpu_used, disk_used
        )
        SELECT
            change.workflow_id, change.owner_id, change.workspace_path,
            change.run_started_at, change.run_ended_at, change.cpu_used, change.disk_used
        FROM change
        WHERE change.sign > 0
        ON CONFLICT (workflow_id) DO UPDATE SET
            owner_id = excluded.owner_id, workspace_path = excluded.workspace_path,
            run_started_at = excluded.run_started_at, run_ended_at = excluded.run_ended_at,
            cpu_used = excluded.cpu_used, disk_used = excluded.disk_used
    ),

    -- The maximum of a workspace among these runs, before and after; below, among its others.
    workspace AS (
        SELECT
            change.owner_id,
            change.workspace_path,
            array_agg(change.workflow_id) AS workflow_ids,
            max(change.disk_used) FILTER (WHERE change.sign > 0) AS due_used,
            max(change.disk_used) FILTER (WHERE change.sign < 0) AS was_used
        FROM change
        WHERE change.disk_used > 0
        GROUP BY change.owner_id, change.workspace_path
    ),

    difference AS (
        SELECT
            change.owner_id,
            'cpu' AS type_,
            change.sign * CASE
                WHEN total.quota_period_months IS NULL THEN change.cpu_used
                ELSE __reana.cpu_milliseconds(
                    change.run_started_at, change.run_ended_at, total.quota_period_start_at
                )
            END AS used
        FROM change
        INNER JOIN __reana.user_resource AS total
            ON
                change.owner_id = total.user_id
                AND total.resource_id
                = (SELECT resource_id FROM __reana.quota_resource WHERE type_ = 'cpu')
        UNION ALL
        SELECT
            workspace.owner_id,
            'disk' AS type_,
            GREATEST(workspace.due_used, others.disk_used, 0)
            - GREATEST(workspace.was_used, others.disk_used, 0) AS used
        FROM workspace
        CROSS JOIN LATERAL (
            SELECT max(quota_ledger.disk_used) FILTER (
                WHERE quota_ledger.workflow_id <> ALL(workspace.workflow_ids)
            ) AS disk_used
            FROM __reana.quota_ledger
            WHERE
                quota_ledger.owner_id = workspace.owner_id
                AND quota_ledger.workspace_path = workspace.workspace_path
                AND quota_ledger.disk_used > 0
        ) AS others
    )

    SELECT
        array_agg(total.owner_id),
        array_agg(quota_resource.resource_id),
        array_agg(total.used)
    INTO v_owners, v_resources, v_used
    FROM (
        SELECT owner_id, type_, sum(used) AS used
        FROM difference
        GROUP BY owner_id, type_
    ) AS total
    INNER JOIN __reana.quota_resource ON total.type_ = quota_resource.type_::text;

    -- After the ledger, for a period that is over begins anew and sums it.  A total is written even
    -- if it stays equal: who counts runs of the same user in an older snapshot fails with 40001.
    UPDATE __reana.user_resource
    SET
        quota_counted = user_resource.quota_counted + total.used,
        updated = clock_timestamp() AT TIME ZONE 'UTC'
    FROM unnest(v_owners, v_resources, v_used) AS total (owner_id, resource_id, used)
    WHERE
        user_resource.user_id = total.owner_id
        AND user_resource.resource_id = total.resource_id;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.count_web_sessions()
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_sessions bigint := 0;
BEGIN
    -- Dynamic, because the table need not exist.
    IF to_regclass('public.accounts_user_session_activity') IS NOT NULL THEN
        EXECUTE 'SELECT count(*) FROM public.accounts_user_session_activity' INTO v_sessions;
    END IF;

    RETURN v_sessions;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.counted_cpu(p_user_id uuid, p_since timestamp without time zone)
 RETURNS numeric
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF p_since IS NULL THEN
        RETURN (
            SELECT COALESCE(sum(quota_ledger.cpu_used), 0)
            FROM __reana.quota_ledger
            WHERE quota_ledger.owner_id = p_user_id
        );
    END IF;
    RETURN (
        SELECT COALESCE(sum(__reana.cpu_milliseconds(
            quota_ledger.run_started_at, quota_ledger.run_ended_at, p_since
        )), 0)
        FROM __reana.quota_ledger
        WHERE quota_ledger.owner_id = p_user_id AND quota_ledger.run_ended_at > p_since
    );
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.counted_disk(p_user_id uuid)
 RETURNS numeric
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    RETURN (
        SELECT COALESCE(sum(workspace.disk_used), 0)
        FROM (
            SELECT max(quota_ledger.disk_used) AS disk_used
            FROM __reana.quota_ledger
            WHERE quota_ledger.owner_id = p_user_id AND quota_ledger.disk_used > 0
            GROUP BY quota_ledger.workspace_path
        ) AS workspace
    );
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.cpu_milliseconds(p_started_at timestamp without time zone, p_ended_at timestamp without time zone, p_since timestamp without time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE
    WHEN
        p_started_at IS NULL
        OR NOT pg_catalog.isfinite(p_started_at)
        OR NOT pg_catalog.isfinite(p_ended_at)
        OR NOT COALESCE(p_ended_at OPERATOR(pg_catalog.>) GREATEST(p_started_at, p_since), FALSE)
        THEN 0::pg_catalog.int8
    ELSE
        pg_catalog.trunc(
            pg_catalog.date_part('epoch', p_ended_at OPERATOR(pg_catalog.-) GREATEST(p_started_at, p_since))
            OPERATOR(pg_catalog.*) 1000::pg_catalog.float8
        )::pg_catalog.int8
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.current_period_start(p_start_at timestamp without time zone, p_months integer, p_now timestamp without time zone)
 RETURNS timestamp without time zone
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    -- No clock reaches the end of a period of ten thousand years, and no timestamp holds it.
    c_endless CONSTANT integer := 120000;
    v_start_at timestamp := p_start_at;
BEGIN
    IF p_start_at > p_now OR NOT isfinite(p_start_at) OR p_months > c_endless THEN
        RETURN p_start_at;
    END IF;
    -- Step by step, not a multiple at once: 31 January, 28 February, 28 March, as in the services.
    WHILE p_now >= v_start_at + make_interval(months => p_months) LOOP
        v_start_at := v_start_at + make_interval(months => p_months);
    END LOOP;
    RETURN v_start_at;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.end_of_retention(p_days integer)
 RETURNS timestamp without time zone
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    RETURN date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
        + make_interval(days => 1 + LEAST(GREATEST(p_days, 0), 36500), secs => -0.000001);
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.ensure_session_secret(p_session_id uuid, p_compatible bytea, p_sealed bytea, p_digest bytea)
 RETURNS bytea
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_secret bytea;
BEGIN
    SELECT interactive_session.session_secret
    INTO v_secret
    FROM __reana.interactive_session
    WHERE interactive_session.id_ = p_session_id;
    IF NOT FOUND OR v_secret IS NOT NULL THEN
        RETURN v_secret;
    END IF;

    -- Another session may have been first: this one waits for it and then sees its secret.
    UPDATE __reana.interactive_session
    SET
        session_secret = __reana.stored_form(p_compatible, p_sealed),
        session_secret_digest = p_digest,
        updated = clock_timestamp() AT TIME ZONE 'UTC'
    WHERE
        interactive_session.id_ = p_session_id
        AND interactive_session.session_secret IS NULL;

    SELECT interactive_session.session_secret
    INTO v_secret
    FROM __reana.interactive_session
    WHERE interactive_session.id_ = p_session_id;
    RETURN v_secret;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.ensure_webhook_secret(p_user_id uuid, p_compatible bytea, p_sealed bytea, p_digest text, p_expires_at timestamp without time zone, p_renew boolean)
 RETURNS TABLE(secret bytea, expires_at timestamp without time zone)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_now timestamp without time zone;
BEGIN
    PERFORM 1
    FROM __reana.user_
    WHERE user_.id_ = p_user_id
    FOR NO KEY UPDATE;

    v_now := clock_timestamp() AT TIME ZONE 'UTC';
    UPDATE __reana.user_
    SET
        gitlab_webhook_secret = __reana.stored_form(p_compatible, p_sealed),
        gitlab_webhook_secret_digest = p_digest,
        gitlab_webhook_secret_expires_at = p_expires_at,
        updated = v_now
    WHERE
        user_.id_ = p_user_id
        AND (
            p_renew
            OR user_.gitlab_webhook_secret IS NULL
            OR user_.gitlab_webhook_secret_expires_at <= v_now
        );

    RETURN QUERY
    SELECT
        user_.gitlab_webhook_secret,
        user_.gitlab_webhook_secret_expires_at
    FROM __reana.user_
    WHERE user_.id_ = p_user_id;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.first_end(p_stored timestamp without time zone, p_given timestamp without time zone, p_start timestamp without time zone, p_now timestamp without time zone)
 RETURNS timestamp without time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
SELECT COALESCE(p_stored, GREATEST(p_start, COALESCE(p_given, p_now)))
$function$
;

CREATE OR REPLACE FUNCTION __reana.first_start(p_stored timestamp without time zone, p_given timestamp without time zone, p_end timestamp without time zone, p_now timestamp without time zone)
 RETURNS timestamp without time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
SELECT COALESCE(p_stored, LEAST(p_end, COALESCE(p_given, p_now)))
$function$
;

CREATE OR REPLACE FUNCTION __reana.forget_session_secret_digest()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    NEW.session_secret_digest := NULL;
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.forget_token_digest()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    NEW.token_digest := NULL;
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.grant_token(p_user_id uuid, p_token_id uuid, p_compatible bytea, p_sealed bytea, p_digest bytea, p_granted_by uuid, p_audit_id uuid, p_details json)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    c_value CONSTANT bytea := __reana.stored_form(p_compatible, p_sealed);
    v_requested uuid;
    v_now timestamp without time zone;
    v_constraint text;
BEGIN
    PERFORM
    FROM __reana.user_
    WHERE user_.id_ = p_user_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown user';
    END IF;

    PERFORM
    FROM __reana.user_token
    WHERE
        user_token.user_id = p_user_id
        AND user_token.type_ = 'reana'
        AND user_token.status = 'active';
    IF FOUND THEN
        RETURN 'already active';
    END IF;

    SELECT user_token.id_
    INTO v_requested
    FROM __reana.user_token
    WHERE
        user_token.user_id = p_user_id
        AND user_token.type_ = 'reana'
        AND user_token.status = 'requested';
    IF v_requested <> p_token_id THEN
        RETURN 'request changed';
    END IF;

    IF v_requested IS NULL THEN
        PERFORM
        FROM __reana.user_token
        WHERE user_token.id_ = p_token_id;
        IF FOUND THEN
            RETURN 'request changed';
        END IF;
    END IF;

    v_now := clock_timestamp() AT TIME ZONE 'UTC';
    BEGIN
        INSERT INTO __reana.user_token
        (created, updated, id_, token, token_digest, status, user_id, type_)
        VALUES (v_now, v_now, p_token_id, c_value, p_digest, 'active', p_user_id, 'reana')
        ON CONFLICT (id_) DO UPDATE
            SET
                status = excluded.status,
                token = excluded.token,
                token_digest = excluded.token_digest,
                updated = excluded.updated
            WHERE user_token.status = 'requested';
        IF NOT FOUND THEN
            RETURN 'request changed';
        END IF;
    EXCEPTION
        -- Only a client that does not lock the user can be first with an active one: a service of
        -- an earlier release.
        WHEN unique_violation THEN
            GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
            RETURN CASE v_constraint
                WHEN 'uq_user_token_active' THEN 'already active'
                ELSE 'value taken'
            END;
    END;

    IF p_granted_by IS NOT NULL THEN
        INSERT INTO __reana.audit_log (created, updated, id_, user_id, action, details)
        VALUES (v_now, v_now, p_audit_id, p_granted_by, 'grant_token', p_details);
    END IF;
    RETURN 'done';
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.guard_status()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    c_now CONSTANT timestamp without time zone := clock_timestamp() AT TIME ZONE 'UTC';
    c_from CONSTANT text := OLD.status;
    c_to CONSTANT text := NEW.status;
    c_allowed CONSTANT boolean := __reana.is_transition(TG_TABLE_NAME, c_from, c_to);
    v_made boolean := TRUE;
BEGIN
    IF NOT c_allowed THEN
        v_made := __reana.judge_violation(TG_TABLE_NAME, OLD.id_, c_from, c_to);
    END IF;

    INSERT INTO __reana.status_history
    (entity, entity_id, from_status, to_status, allowed, made)
    VALUES (TG_TABLE_NAME, OLD.id_, c_from, c_to, c_allowed, v_made);

    IF NOT v_made THEN
        NEW.status := OLD.status;
        IF TG_TABLE_NAME = 'workflow' THEN
            NEW.run_started_at := OLD.run_started_at;
            NEW.run_finished_at := OLD.run_finished_at;
            NEW.run_stopped_at := OLD.run_stopped_at;
        ELSIF TG_TABLE_NAME = 'job' THEN
            NEW.started_at := OLD.started_at;
            NEW.finished_at := OLD.finished_at;
        ELSIF TG_TABLE_NAME = 'workspace_retention_rule' THEN
            NEW.apply_on := OLD.apply_on;
            NEW.pending_since := OLD.pending_since;
        END IF;
        RETURN NEW;
    END IF;

    IF TG_TABLE_NAME = 'workflow' THEN
        NEW.run_started_at := COALESCE(OLD.run_started_at, NEW.run_started_at);
        NEW.run_finished_at := COALESCE(OLD.run_finished_at, NEW.run_finished_at);
        NEW.run_stopped_at := COALESCE(OLD.run_stopped_at, NEW.run_stopped_at);
        IF NEW.status = 'running' THEN
            NEW.run_started_at := __reana.first_start(
                OLD.run_started_at,
                NEW.run_started_at,
                LEAST(NEW.run_finished_at, NEW.run_stopped_at),
                c_now
            );
        ELSIF NEW.status IN ('finished', 'failed') THEN
            NEW.run_finished_at := __reana.first_end(
                OLD.run_finished_at, NEW.run_finished_at, NEW.run_started_at, c_now
            );
        ELSIF NEW.status = 'stopped' THEN
            NEW.run_stopped_at := __reana.first_end(
                OLD.run_stopped_at, NEW.run_stopped_at, NEW.run_started_at, c_now
            );
        END IF;
    ELSIF TG_TABLE_NAME = 'job' THEN -- a stopped one gets no time, as in REANA
        NEW.started_at := COALESCE(OLD.started_at, NEW.started_at);
        NEW.finished_at := COALESCE(OLD.finished_at, NEW.finished_at);
        IF NEW.status = 'running' THEN
            NEW.started_at := __reana.first_start(
                OLD.started_at, NEW.started_at, NEW.finished_at, c_now
            );
        ELSIF NEW.status IN ('finished', 'failed') THEN
            NEW.finished_at := __reana.first_end(
                OLD.finished_at, NEW.finished_at, NEW.started_at, c_now
            );
        END IF;
    END IF;
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.has_expired(p_valid_until timestamp without time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
SELECT COALESCE(
    p_valid_until <= pg_catalog.statement_timestamp() AT TIME ZONE 'UTC'
    - CASE
        WHEN p_valid_until = pg_catalog.date_trunc('day', p_valid_until) THEN interval '1 day'
        ELSE interval '0'
    END,
    FALSE
)
$function$
;

CREATE OR REPLACE FUNCTION __reana.inactivate_retention_rules()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_rule_ids uuid [];
    v_pending uuid;
BEGIN
    -- An aggregate cannot lock rows, so they are locked below it.  The rules of a new run do not
    -- count: they were inserted with it and are not those of an earlier run.
    SELECT array_agg(locked.id_)
    INTO v_rule_ids
    FROM (
        SELECT rule.id_
        FROM __reana.workspace_retention_rule AS rule
        INNER JOIN __reana.workflow ON rule.workflow_id = workflow.id_
        WHERE
            workflow.owner_id = NEW.owner_id
            AND workflow.name = NEW.name
            AND workflow.run_number_major = NEW.run_number_major
            AND rule.status IN ('created', 'active', 'pending')
            AND NOT (TG_OP = 'INSERT' AND rule.workflow_id = NEW.id_)
        ORDER BY rule.id_
        FOR NO KEY UPDATE OF rule
    ) AS locked;

    IF v_rule_ids IS NULL THEN
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' THEN
        SELECT rule.id_
        INTO v_pending
        FROM __reana.workspace_retention_rule AS rule
        WHERE
            rule.id_ = ANY(v_rule_ids)
            AND rule.status = 'pending'
        LIMIT 1;

        IF v_pending IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = '23R02',
                MESSAGE = format(
                    'Run %s.%s cannot be restarted while files of its workspace are removed.',
                    NEW.name, NEW.run_number_major),
                DETAIL = format('entity=workflow id=%s owner=%s pending_rule=%s',
                    NEW.id_, NEW.owner_id, v_pending),
                HINT = 'Try again when the rule has been applied.',
                SCHEMA = '__reana',
                TABLE = 'workflow';
        END IF;
    END IF;

    UPDATE __reana.workspace_retention_rule
    SET status = 'inactive'
    WHERE
        workspace_retention_rule.id_ = ANY(v_rule_ids)
        AND workspace_retention_rule.status IN ('created', 'active');
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.is_transition(p_entity text, p_from text, p_to text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF p_from IS NULL OR p_to IS NULL OR p_from = p_to THEN
        RETURN p_to IS NOT NULL; -- from NULL, in rows of old releases, there is nothing to guard
    END IF;
    PERFORM
    FROM __reana.status_transition AS rule
    WHERE
        rule.entity = p_entity
        AND rule.from_status = p_from
        AND rule.to_status = p_to;
    RETURN FOUND;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.judge_violation(p_entity text, p_id uuid, p_from text, p_to text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
DECLARE
    c_mode CONSTANT text := __reana.status_mode();
    c_message CONSTANT text := format(
        '%s %s cannot go from %s to %s', p_entity, p_id, p_from, COALESCE(p_to, 'NULL')
    );
    c_detail CONSTANT text := format(
        'entity=%s id=%s from=%s to=%s', p_entity, p_id, p_from, COALESCE(p_to, 'NULL')
    );
    v_next text;
BEGIN
    IF c_mode = 'keep' THEN
        RAISE WARNING USING
            ERRCODE = '23R01', MESSAGE = c_message || ': its status stays.', DETAIL = c_detail;
    ELSIF c_mode = 'enforce' THEN
        SELECT string_agg(rule.to_status, ', ' ORDER BY rule.to_status)
        INTO v_next
        FROM __reana.status_transition AS rule
        WHERE
            rule.entity = p_entity
            AND rule.from_status = p_from;

        RAISE EXCEPTION USING
            ERRCODE = '23R01',
            MESSAGE = c_message || '.',
            DETAIL = c_detail,
            HINT = COALESCE(
                'Allowed from ' || p_from || ': ' || v_next || '.',
                'Nothing follows ' || p_from || '.'
            ),
            SCHEMA = '__reana',
            TABLE = p_entity,
            COLUMN = 'status';
    END IF;
    RETURN c_mode = 'observe';
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.keep_quota_used()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    NEW.quota_used := LEAST(NEW.quota_counted, 9223372036854775807);
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.lock_run()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM __reana.workflow WHERE workflow.id_ = NEW.workflow_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.lock_totals(p_user_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_locked integer;
BEGIN
    -- What is missing is made before anything is locked: who held one total and then made or met
    -- the one before it would lock them in another order than the rest.  Again if a total was
    -- deleted while this waited for it.
    FOR v_attempt IN 1 .. 3 LOOP
        INSERT INTO __reana.user_resource (
            created, updated, user_id, resource_id, quota_limit, quota_used
        )
        SELECT
            clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC',
            owner.user_id, resource.id_, resource.default_limit, 0
        FROM unnest(p_user_ids) AS owner (user_id)
        CROSS JOIN __reana.resource
        INNER JOIN __reana.quota_resource ON resource.id_ = quota_resource.resource_id
        WHERE NOT EXISTS (
            SELECT
            FROM __reana.user_resource AS total
            WHERE total.user_id = owner.user_id AND total.resource_id = resource.id_
        )
        ORDER BY owner.user_id, resource.id_
        ON CONFLICT (user_id, resource_id) DO NOTHING;

        PERFORM
        FROM __reana.user_resource
        WHERE user_resource.user_id = ANY(p_user_ids) AND user_resource.quota_counted IS NOT NULL
        ORDER BY user_resource.user_id, user_resource.resource_id
        FOR NO KEY UPDATE;
        GET DIAGNOSTICS v_locked = ROW_COUNT;
        EXIT WHEN v_locked = 2 * cardinality(p_user_ids);
    END LOOP;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.merge_job_progress(p_stored json, p_message json)
 RETURNS json
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    RETURN (
        WITH given AS (
            SELECT
                CASE json_typeof(p_stored) WHEN 'object' THEN p_stored::jsonb ELSE '{}' END AS stored,
                CASE json_typeof(p_message) WHEN 'object' THEN p_message::jsonb ELSE '{}' END AS message
        ),

        jobs AS (
            SELECT jsonb_object_agg(
                key.name,
                jsonb_build_object('total', jsonb_array_length(merged.ids), 'job_ids', merged.ids)
            ) AS progress
            FROM given
            CROSS JOIN (VALUES ('running'), ('finished'), ('failed')) AS key (name)
            CROSS JOIN LATERAL (
                SELECT COALESCE(jsonb_agg(DISTINCT job.id), '[]') AS ids
                FROM (VALUES (given.stored), (given.message)) AS side (progress)
                CROSS JOIN jsonb_array_elements(
                    CASE jsonb_typeof(side.progress #> ARRAY[key.name, 'job_ids'])
                        WHEN 'array' THEN side.progress #> ARRAY[key.name, 'job_ids']
                        ELSE '[]'
                    END
                ) AS job (id)
                WHERE job.id <> 'null'
            ) AS merged
            WHERE jsonb_typeof(given.message -> key.name) = 'object'
        ),

        total AS (
            SELECT jsonb_build_object('total', given.message -> 'total') AS progress
            FROM given
            WHERE
                jsonb_typeof(given.message #> '{total,total}') = 'number'
                AND COALESCE(given.stored #> '{total,total}', '0') IN ('0', 'null')
        )

        SELECT (
            given.stored
            || COALESCE(jobs.progress, '{}')
            || COALESCE(total.progress, '{}')
        )::json
        FROM given
        CROSS JOIN jobs
        LEFT JOIN total ON TRUE
    );
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.record_retention_action()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    LOOP
        INSERT INTO __reana.workspace_retention_audit_log
        (workspace_retention_rule_id, timestamp, action)
        VALUES (NEW.id_, clock_timestamp() AT TIME ZONE 'UTC', NEW.status)
        ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
    END LOOP;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.record_status()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO __reana.status_history
    (entity, entity_id, from_status, to_status, allowed)
    VALUES (
        TG_TABLE_NAME, COALESCE(NEW.id_, OLD.id_), OLD.status::text, NEW.status::text, TRUE
    );
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.recount_everybody()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM __reana.recount_user(counted.owner_id)
    FROM (SELECT DISTINCT owner_id FROM __reana.quota_ledger ORDER BY owner_id) AS counted;
    RETURN NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.recount_quota()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_type CONSTANT public.resourcetype := (
        SELECT type_ FROM __reana.quota_resource WHERE resource_id = NEW.resource_id
    );
    v_since timestamp;
    v_counted_since timestamp;
BEGIN
    IF v_type = 'cpu' AND NEW.quota_period_months IS NOT NULL THEN
        v_since := __reana.current_period_start(
            COALESCE(
                NEW.quota_period_start_at,
                (SELECT user_.created FROM __reana.user_ WHERE user_.id_ = NEW.user_id)
            ),
            NEW.quota_period_months,
            clock_timestamp() AT TIME ZONE 'UTC'
        );
        NEW.quota_period_start_at := v_since;
    END IF;

    IF TG_OP = 'UPDATE' THEN
        IF v_type = 'cpu' AND OLD.quota_period_months IS NOT NULL THEN
            v_counted_since := OLD.quota_period_start_at;
        END IF;
        IF NEW.quota_counted IS NOT NULL
            AND NEW.user_id = OLD.user_id
            AND NEW.resource_id = OLD.resource_id
            AND v_since IS NOT DISTINCT FROM v_counted_since
        THEN
            RETURN NEW;
        END IF;
    END IF;

    NEW.quota_counted := CASE v_type
        WHEN 'cpu' THEN __reana.counted_cpu(NEW.user_id, v_since)
        WHEN 'disk' THEN __reana.counted_disk(NEW.user_id)
    END;
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.recount_user(p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM __reana.lock_totals(ARRAY[p_user_id]);
    PERFORM __reana.count_runs(ARRAY(
        SELECT workflow_id FROM __reana.run_usage WHERE owner_id = p_user_id
        UNION
        SELECT workflow_id FROM __reana.quota_ledger WHERE owner_id = p_user_id
    ), NULL, FALSE);
    UPDATE __reana.user_resource
    SET quota_counted = NULL
    WHERE user_resource.user_id = p_user_id AND user_resource.quota_counted IS NOT NULL;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.refuse_negative_usage()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    RAISE WARNING 'The usage of run % would become negative (%); it is set to zero.',
        NEW.workflow_id, NEW.quota_used;
    NEW.quota_used := 0;
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.request_token(p_user_id uuid, p_token_id uuid, p_audit_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_now timestamp without time zone;
BEGIN
    PERFORM 1
    FROM __reana.user_
    WHERE user_.id_ = p_user_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown user';
    END IF;

    PERFORM 1
    FROM __reana.user_token
    WHERE
        user_token.user_id = p_user_id
        AND user_token.type_ = 'reana'
        AND user_token.status = 'active';
    IF FOUND THEN
        RETURN 'already active';
    END IF;

    v_now := clock_timestamp() AT TIME ZONE 'UTC';
    INSERT INTO __reana.user_token (created, updated, id_, token, status, user_id, type_)
    VALUES (v_now, v_now, p_token_id, NULL, 'requested', p_user_id, 'reana')
    ON CONFLICT (user_id, type_) WHERE status = 'requested' DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'already requested';
    END IF;

    INSERT INTO __reana.audit_log (created, updated, id_, user_id, action, details)
    VALUES (v_now, v_now, p_audit_id, p_user_id, 'request_token', NULL);
    RETURN 'done';
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.separate_audit_times()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    WHILE EXISTS (
        SELECT 1
        FROM __reana.workspace_retention_audit_log AS entry
        WHERE
            entry.workspace_retention_rule_id = NEW.workspace_retention_rule_id
            AND entry.timestamp = NEW.timestamp
            AND entry.action = NEW.action
    )
    LOOP
        NEW.timestamp := NEW.timestamp + make_interval(secs => 0.000001);
    END LOOP;
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.set_retention_dates()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NEW.status = 'inactive' THEN
        NEW.apply_on := NULL;
    ELSIF NEW.apply_on IS NULL AND NEW.status = 'active' THEN
        NEW.apply_on := __reana.end_of_retention(NEW.retention_days);
    END IF;

    IF NEW.status IS DISTINCT FROM OLD.status THEN
        NEW.pending_since := CASE
            WHEN NEW.status = 'pending' THEN clock_timestamp() AT TIME ZONE 'UTC'
        END;
    END IF;
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.set_updated()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    NEW.updated := pg_catalog.timezone('UTC', pg_catalog.clock_timestamp());
    RETURN NEW;
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.status_mode()
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    RETURN COALESCE(
        (SELECT setting.value FROM __reana.setting WHERE setting.name = 'status_mode'), 'enforce'
    );
END
$function$
;

CREATE OR REPLACE FUNCTION __reana.stored_form(p_compatible bytea, p_sealed bytea)
 RETURNS bytea
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM 1
    FROM __reana.setting
    WHERE
        setting.name = 'secrets_form'
        AND setting.value = 'sealed';
    RETURN CASE WHEN FOUND THEN p_sealed ELSE p_compatible END;
END
$function$
;

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.audit_log FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER forget_session_secret_digest BEFORE UPDATE OF session_secret ON __reana.interactive_session FOR EACH ROW WHEN (((old.session_secret IS DISTINCT FROM new.session_secret) AND (NOT (old.session_secret_digest IS DISTINCT FROM new.session_secret_digest)) AND (substr(old.session_secret, 1, 8) IS DISTINCT FROM '\x7365616c6564313a'::bytea) AND (substr(new.session_secret, 1, 8) IS DISTINCT FROM '\x7365616c6564313a'::bytea))) EXECUTE FUNCTION __reana.forget_session_secret_digest();

CREATE TRIGGER record_deletion AFTER DELETE ON __reana.interactive_session FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER record_first_status AFTER INSERT ON __reana.interactive_session FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.interactive_session FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.interactive_session FOR EACH ROW WHEN ((new.status IS DISTINCT FROM old.status)) EXECUTE FUNCTION __reana.guard_status();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.interactive_session_resource FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER record_deletion AFTER DELETE ON __reana.job FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER record_first_status AFTER INSERT ON __reana.job FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.job FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.job FOR EACH ROW WHEN ((new.status IS DISTINCT FROM old.status)) EXECUTE FUNCTION __reana.guard_status();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.job_cache FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.resource FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER record_deletion AFTER DELETE ON __reana.service FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER record_first_status AFTER INSERT ON __reana.service FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.service FOR EACH ROW WHEN ((new.status IS DISTINCT FROM old.status)) EXECUTE FUNCTION __reana.guard_status();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.setting FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.user_ FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER recount_inserted_quota BEFORE INSERT ON __reana.user_resource FOR EACH ROW EXECUTE FUNCTION __reana.recount_quota();

CREATE TRIGGER recount_updated_quota BEFORE UPDATE ON __reana.user_resource FOR EACH ROW WHEN (((new.quota_period_months IS NOT NULL) OR (old.quota_period_months IS NOT NULL) OR (new.user_id <> old.user_id) OR (new.resource_id <> old.resource_id) OR (new.quota_counted IS NULL))) EXECUTE FUNCTION __reana.recount_quota();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.user_resource FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER zz_keep_quota_used BEFORE INSERT OR UPDATE ON __reana.user_resource FOR EACH ROW WHEN ((new.quota_counted IS NOT NULL)) EXECUTE FUNCTION __reana.keep_quota_used();

CREATE TRIGGER forget_token_digest BEFORE UPDATE OF token ON __reana.user_token FOR EACH ROW WHEN (((old.token IS DISTINCT FROM new.token) AND (NOT (old.token_digest IS DISTINCT FROM new.token_digest)) AND (substr(old.token, 1, 8) IS DISTINCT FROM '\x7365616c6564313a'::bytea) AND (substr(new.token, 1, 8) IS DISTINCT FROM '\x7365616c6564313a'::bytea))) EXECUTE FUNCTION __reana.forget_token_digest();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.user_token FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER activate_retention_rules AFTER UPDATE ON __reana.workflow FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) AND (new.status = ANY (ARRAY['finished'::public.runstatus, 'failed'::public.runstatus])))) EXECUTE FUNCTION __reana.activate_retention_rules();

CREATE TRIGGER assign_run_number BEFORE INSERT ON __reana.workflow FOR EACH ROW WHEN (((new.run_number_major IS NULL) OR (new.run_number_minor IS NULL) OR (new.status = 'created'::public.runstatus))) EXECUTE FUNCTION __reana.assign_run_number();

CREATE TRIGGER count_deleted_runs AFTER DELETE ON __reana.workflow REFERENCING OLD TABLE AS old_run FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();

CREATE TRIGGER count_inserted_runs AFTER INSERT ON __reana.workflow REFERENCING NEW TABLE AS new_run FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();

CREATE TRIGGER count_updated_runs AFTER UPDATE ON __reana.workflow REFERENCING OLD TABLE AS old_run NEW TABLE AS new_run FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();

CREATE TRIGGER inactivate_retention_rules_at_deletion AFTER UPDATE ON __reana.workflow FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) AND (new.status = 'deleted'::public.runstatus))) EXECUTE FUNCTION __reana.inactivate_retention_rules();

CREATE TRIGGER inactivate_retention_rules_at_restart AFTER INSERT ON __reana.workflow FOR EACH ROW WHEN ((new.restart AND (new.status = 'created'::public.runstatus))) EXECUTE FUNCTION __reana.inactivate_retention_rules();

CREATE TRIGGER record_deletion AFTER DELETE ON __reana.workflow FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER record_first_status AFTER INSERT ON __reana.workflow FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER recount_truncated_runs AFTER TRUNCATE ON __reana.workflow FOR EACH STATEMENT EXECUTE FUNCTION __reana.recount_everybody();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.workflow FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.workflow FOR EACH ROW WHEN ((new.status IS DISTINCT FROM old.status)) EXECUTE FUNCTION __reana.guard_status();

CREATE TRIGGER count_deleted_usage AFTER DELETE ON __reana.workflow_resource REFERENCING OLD TABLE AS old_usage FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();

CREATE TRIGGER count_inserted_usage AFTER INSERT ON __reana.workflow_resource REFERENCING NEW TABLE AS new_usage FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();

CREATE TRIGGER count_updated_usage AFTER UPDATE ON __reana.workflow_resource REFERENCING OLD TABLE AS old_usage NEW TABLE AS new_usage FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();

CREATE TRIGGER lock_run BEFORE INSERT ON __reana.workflow_resource FOR EACH ROW WHEN ((pg_trigger_depth() = 0)) EXECUTE FUNCTION __reana.lock_run();

CREATE TRIGGER recount_truncated_usage AFTER TRUNCATE ON __reana.workflow_resource FOR EACH STATEMENT EXECUTE FUNCTION __reana.recount_everybody();

CREATE TRIGGER refuse_negative_usage BEFORE INSERT OR UPDATE ON __reana.workflow_resource FOR EACH ROW WHEN ((new.quota_used < 0)) EXECUTE FUNCTION __reana.refuse_negative_usage();

CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.workflow_resource FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

CREATE TRIGGER separate_audit_times BEFORE INSERT ON __reana.workspace_retention_audit_log FOR EACH ROW WHEN ((new."timestamp" = (now())::timestamp without time zone)) EXECUTE FUNCTION __reana.separate_audit_times();

CREATE TRIGGER record_deletion AFTER DELETE ON __reana.workspace_retention_rule FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER record_first_status AFTER INSERT ON __reana.workspace_retention_rule FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

CREATE TRIGGER record_retention_action AFTER INSERT OR UPDATE ON __reana.workspace_retention_rule FOR EACH ROW EXECUTE FUNCTION __reana.record_retention_action();

CREATE TRIGGER set_retention_dates BEFORE INSERT OR UPDATE ON __reana.workspace_retention_rule FOR EACH ROW EXECUTE FUNCTION __reana.set_retention_dates();

CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.workspace_retention_rule FOR EACH ROW WHEN ((new.status IS DISTINCT FROM old.status)) EXECUTE FUNCTION __reana.guard_status();

COMMENT ON COLUMN __reana.audit_log.action IS 'What was done.';

COMMENT ON COLUMN __reana.audit_log.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.audit_log.details IS 'JSON: source, user_id, user_email and a message; JSON null where nothing was said. Entries of old releases may hold a token in clear.';

COMMENT ON COLUMN __reana.audit_log.id_ IS 'Primary key.';

COMMENT ON COLUMN __reana.audit_log.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.audit_log.user_id IS 'Who did it: the administrator for grants and revocations, the user for requests.';

COMMENT ON COLUMN __reana.current_quota.quota_limit IS 'The limit, in the unit of the resource; 0 is unlimited.';

COMMENT ON COLUMN __reana.current_quota.quota_period_months IS 'Length of the quota period in months; null counts for life.';

COMMENT ON COLUMN __reana.current_quota.quota_period_start_at IS 'When the current period began (UTC).';

COMMENT ON COLUMN __reana.current_quota.quota_used IS 'The usage, in the unit of the resource.';

COMMENT ON COLUMN __reana.current_quota.resource_id IS 'The resource.';

COMMENT ON COLUMN __reana.current_quota.user_id IS 'The user.';

COMMENT ON COLUMN __reana.interactive_session.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.interactive_session.id_ IS 'Primary key; also part of the name of its Kubernetes objects.';

COMMENT ON COLUMN __reana.interactive_session.name IS 'Name of its Kubernetes objects: <prefix>-run-session-<id>.';

COMMENT ON COLUMN __reana.interactive_session.owner_id IS 'Who opened it.';

COMMENT ON COLUMN __reana.interactive_session.path IS 'Path of its URL: /<id>.';

COMMENT ON COLUMN __reana.interactive_session.session_secret IS 'Secret of the session, AES-256-GCM under REANA_SECRET_KEY, base64 text. NULL in sessions of releases before 0.95.0a11.';

COMMENT ON COLUMN __reana.interactive_session.session_secret_digest IS 'HMAC-SHA-256 of the secret in clear, with a key derived from REANA_SECRET_KEY, to find the session by it. NULL until this library has seen the secret.';

COMMENT ON COLUMN __reana.interactive_session.status IS 'created until its pod runs, then running.';

COMMENT ON COLUMN __reana.interactive_session.type_ IS 'Kind of notebook.';

COMMENT ON COLUMN __reana.interactive_session.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.interactive_session_resource.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.interactive_session_resource.quota_used IS 'Usage in the unit of the resource.';

COMMENT ON COLUMN __reana.interactive_session_resource.resource_id IS 'Which resource.';

COMMENT ON COLUMN __reana.interactive_session_resource.session_id IS 'Which session.';

COMMENT ON COLUMN __reana.interactive_session_resource.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.job.backend_job_id IS 'Name of the job in its compute backend, for example the Kubernetes job.';

COMMENT ON COLUMN __reana.job.cmd IS 'Command, doubly encoded: a JSON string whose text is JSON.';

COMMENT ON COLUMN __reana.job.compute_backend IS 'Backend: Kubernetes, HTCondor, Slurm or compute4punch.';

COMMENT ON COLUMN __reana.job.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.job.cvmfs_mounts IS 'CVMFS repositories as the text of a Python list, or false, or empty.';

COMMENT ON COLUMN __reana.job.deleted IS 'Always false; never read.';

COMMENT ON COLUMN __reana.job.docker_img IS 'Container image.';

COMMENT ON COLUMN __reana.job.env_vars IS 'Environment, doubly encoded: a JSON string whose text is a JSON object of texts.';

COMMENT ON COLUMN __reana.job.finished_at IS 'When it ended; clock of the job controller (UTC in its container).';

COMMENT ON COLUMN __reana.job.id_ IS 'Primary key; made by the job controller.';

COMMENT ON COLUMN __reana.job.job_name IS 'Name of the step that it runs.';

COMMENT ON COLUMN __reana.job.logs IS 'Output of its container, written when it ends.';

COMMENT ON COLUMN __reana.job.prettified_cmd IS 'Command as shown to people: a JSON string.';

COMMENT ON COLUMN __reana.job.shared_file_system IS 'Whether the backend mounts the workspace.';

COMMENT ON COLUMN __reana.job.started_at IS 'When it began to run; clock of the job controller (UTC in its container).';

COMMENT ON COLUMN __reana.job.status IS 'Where it stands; written by the job controller.';

COMMENT ON COLUMN __reana.job.updated IS 'When a service last changed the row (UTC); writing logs does not count in old releases.';

COMMENT ON COLUMN __reana.job.workflow_uuid IS 'The run that it belongs to.';

COMMENT ON COLUMN __reana.job_cache.access_times IS 'JSON object: absolute path of each file of the workspace -> access time before the job (seconds, float).';

COMMENT ON COLUMN __reana.job_cache.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.job_cache.id_ IS 'Primary key, with job_id.';

COMMENT ON COLUMN __reana.job_cache.job_id IS 'The job whose result this is.';

COMMENT ON COLUMN __reana.job_cache.parameters IS 'MD5 in hex of the specification of the job and its step; NULL until the job ends.';

COMMENT ON COLUMN __reana.job_cache.result_path IS 'Absolute directory of the result; NULL until the job ends.';

COMMENT ON COLUMN __reana.job_cache.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.job_cache.workspace_hash IS 'MD5 in hex of the input files; NULL until the job ends.';

COMMENT ON COLUMN __reana.orphan_identity.idp_issuer IS 'What user_.idp_issuer was.';

COMMENT ON COLUMN __reana.orphan_identity.idp_subject IS 'What user_.idp_subject was.';

COMMENT ON COLUMN __reana.orphan_identity.set_aside_at IS 'When the row left user_ (UTC).';

COMMENT ON COLUMN __reana.orphan_identity.user_id IS 'Whose identity.';

COMMENT ON COLUMN __reana.orphan_job.backend_job_id IS 'Name of the job in its compute backend, for example the Kubernetes job.';

COMMENT ON COLUMN __reana.orphan_job.cmd IS 'Command, doubly encoded: a JSON string whose text is JSON.';

COMMENT ON COLUMN __reana.orphan_job.compute_backend IS 'Backend: Kubernetes, HTCondor, Slurm or compute4punch.';

COMMENT ON COLUMN __reana.orphan_job.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.orphan_job.cvmfs_mounts IS 'CVMFS repositories as the text of a Python list, or false, or empty.';

COMMENT ON COLUMN __reana.orphan_job.deleted IS 'Always false; never read.';

COMMENT ON COLUMN __reana.orphan_job.docker_img IS 'Container image.';

COMMENT ON COLUMN __reana.orphan_job.env_vars IS 'Environment, doubly encoded: a JSON string whose text is a JSON object of texts.';

COMMENT ON COLUMN __reana.orphan_job.finished_at IS 'When it ended; clock of the job controller (UTC in its container).';

COMMENT ON COLUMN __reana.orphan_job.id_ IS 'Primary key; made by the job controller.';

COMMENT ON COLUMN __reana.orphan_job.job_name IS 'Name of the step that it runs.';

COMMENT ON COLUMN __reana.orphan_job.logs IS 'Output of its container, written when it ends.';

COMMENT ON COLUMN __reana.orphan_job.prettified_cmd IS 'Command as shown to people: a JSON string.';

COMMENT ON COLUMN __reana.orphan_job.set_aside_at IS 'When the row left job (UTC).';

COMMENT ON COLUMN __reana.orphan_job.shared_file_system IS 'Whether the backend mounts the workspace.';

COMMENT ON COLUMN __reana.orphan_job.started_at IS 'When it began to run; clock of the job controller (UTC in its container).';

COMMENT ON COLUMN __reana.orphan_job.status IS 'Where it stands; written by the job controller.';

COMMENT ON COLUMN __reana.orphan_job.updated IS 'When a service last changed the row (UTC); writing logs does not count in old releases.';

COMMENT ON COLUMN __reana.orphan_job.workflow_uuid IS 'The run that it names, which does not exist; or NULL.';

COMMENT ON COLUMN __reana.orphan_job_cache.access_times IS 'JSON object: absolute path of each file of the workspace -> access time before the job (seconds, float).';

COMMENT ON COLUMN __reana.orphan_job_cache.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.orphan_job_cache.id_ IS 'Primary key, with job_id.';

COMMENT ON COLUMN __reana.orphan_job_cache.job_id IS 'The job whose result this is.';

COMMENT ON COLUMN __reana.orphan_job_cache.parameters IS 'MD5 in hex of the specification of the job and its step; NULL until the job ends.';

COMMENT ON COLUMN __reana.orphan_job_cache.result_path IS 'Absolute directory of the result; NULL until the job ends.';

COMMENT ON COLUMN __reana.orphan_job_cache.set_aside_at IS 'When the row left job_cache (UTC).';

COMMENT ON COLUMN __reana.orphan_job_cache.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.orphan_job_cache.workspace_hash IS 'MD5 in hex of the input files; NULL until the job ends.';

COMMENT ON COLUMN __reana.quota_ledger.cpu_used IS 'Processing time of the run in milliseconds.';

COMMENT ON COLUMN __reana.quota_ledger.disk_used IS 'Size of its workspace in bytes, as measured for this run.';

COMMENT ON COLUMN __reana.quota_ledger.owner_id IS 'The user in whose totals the run is counted.';

COMMENT ON COLUMN __reana.quota_ledger.run_ended_at IS 'When the run finished, else stopped (UTC).';

COMMENT ON COLUMN __reana.quota_ledger.run_started_at IS 'When the run started (UTC), once it has ended.';

COMMENT ON COLUMN __reana.quota_ledger.workflow_id IS 'The run. Not a foreign key: the row goes when the run is counted after its deletion.';

COMMENT ON COLUMN __reana.quota_ledger.workspace_path IS 'The workspace of the run; restarts share one, which counts once.';

COMMENT ON COLUMN __reana.quota_resource.resource_id IS 'The resource.';

COMMENT ON COLUMN __reana.quota_resource.type_ IS 'What it counts: cpu or disk.';

COMMENT ON COLUMN __reana.resource.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.resource.default_limit IS 'Limit of totals that are made because they are missing; 0 is unlimited.';

COMMENT ON COLUMN __reana.resource.id_ IS 'Primary key.';

COMMENT ON COLUMN __reana.resource.name IS 'Unique name; services look it up by this.';

COMMENT ON COLUMN __reana.resource.title IS 'Name for people.';

COMMENT ON COLUMN __reana.resource.type_ IS 'Kind: cpu or disk.';

COMMENT ON COLUMN __reana.resource.unit IS 'Unit of every amount of this resource.';

COMMENT ON COLUMN __reana.resource.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.run_time.cpu_used IS 'Its processing time in milliseconds; 0 before its end.';

COMMENT ON COLUMN __reana.run_time.owner_id IS 'Its owner.';

COMMENT ON COLUMN __reana.run_time.run_ended_at IS 'When it finished, else stopped (UTC), if it is known when it started.';

COMMENT ON COLUMN __reana.run_time.run_started_at IS 'When it started (UTC), once it has ended.';

COMMENT ON COLUMN __reana.run_time.workflow_id IS 'The run.';

COMMENT ON COLUMN __reana.run_time.workspace_path IS 'Its workspace; empty without one.';

COMMENT ON COLUMN __reana.run_usage.cpu_used IS 'Its processing time in milliseconds, as recorded.';

COMMENT ON COLUMN __reana.run_usage.disk_used IS 'The size of its workspace in bytes, as recorded for this run.';

COMMENT ON COLUMN __reana.run_usage.owner_id IS 'Its owner.';

COMMENT ON COLUMN __reana.run_usage.run_ended_at IS 'When it finished, else stopped (UTC).';

COMMENT ON COLUMN __reana.run_usage.run_started_at IS 'When it started (UTC), once it has ended.';

COMMENT ON COLUMN __reana.run_usage.workflow_id IS 'The run.';

COMMENT ON COLUMN __reana.run_usage.workspace_path IS 'Its workspace; empty without one.';

COMMENT ON COLUMN __reana.service.id_ IS 'Primary key.';

COMMENT ON COLUMN __reana.service.name IS 'Name: dask-service-<first part of the run''s id>; not unique alone.';

COMMENT ON COLUMN __reana.service.owner_id IS 'NULL: services belong to runs, see workflow_service.';

COMMENT ON COLUMN __reana.service.status IS 'created until its pod runs, then running, then deleted.';

COMMENT ON COLUMN __reana.service.type_ IS 'Kind of service.';

COMMENT ON COLUMN __reana.service.uri IS 'Address of its dashboard.';

COMMENT ON COLUMN __reana.service_logs.event_time IS 'When the row was stored. The default says UTC but is read in the time zone of the database session: off by that zone unless the zone is UTC.';

COMMENT ON COLUMN __reana.service_logs.id IS 'Primary key.';

COMMENT ON COLUMN __reana.service_logs.log IS 'JSON object: component (scheduler or worker-...), pod, pod_uid, content (text).';

COMMENT ON COLUMN __reana.service_logs.service_id IS 'The service that wrote it.';

COMMENT ON COLUMN __reana.setting.name IS 'status_mode, termination_quota_update_policy or secrets_form.';

COMMENT ON COLUMN __reana.setting.updated IS 'When it was last changed (UTC).';

COMMENT ON COLUMN __reana.setting.value IS 'status_mode: enforce, keep or observe. termination_quota_update_policy: empty, cpu, disk or cpu,disk. secrets_form: compatible or sealed.';

COMMENT ON COLUMN __reana.status_history.allowed IS 'Whether status_transition allows it; false only where the setting status_mode was keep or observe.';

COMMENT ON COLUMN __reana.status_history.application_name IS 'What the client calls itself.';

COMMENT ON COLUMN __reana.status_history.changed_at IS 'When it was recorded.';

COMMENT ON COLUMN __reana.status_history.entity IS 'Name of the table whose row has the status.';

COMMENT ON COLUMN __reana.status_history.entity_id IS 'Which row of that table.';

COMMENT ON COLUMN __reana.status_history.from_status IS 'The status before; NULL where the row was inserted.';

COMMENT ON COLUMN __reana.status_history.id IS 'Order of the entries of one row.';

COMMENT ON COLUMN __reana.status_history.made IS 'Whether the row got the status; false where the setting status_mode was keep and the rules did not allow it.';

COMMENT ON COLUMN __reana.status_history.role IS 'The role that had logged in.';

COMMENT ON COLUMN __reana.status_history.to_status IS 'The status from then on; NULL where the row was deleted.';

COMMENT ON COLUMN __reana.status_transition.entity IS 'Name of the table whose rows have the status.';

COMMENT ON COLUMN __reana.status_transition.from_status IS 'The status before.';

COMMENT ON COLUMN __reana.status_transition.reason IS 'When this happens.';

COMMENT ON COLUMN __reana.status_transition.to_status IS 'A status that may follow.';

COMMENT ON COLUMN __reana.user_.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.user_.email IS 'E-mail address; unique and case-sensitive.';

COMMENT ON COLUMN __reana.user_.full_name IS 'Name for people.';

COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret IS 'Secret that GitLab sends with its webhooks, AES-256-GCM under REANA_SECRET_KEY, base64 text.';

COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret_digest IS 'SHA-256 in hex of the secret in clear, to find the user by it. Set if and only if the secret is.';

COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret_expires_at IS 'When the secret ends (UTC); NULL: never.';

COMMENT ON COLUMN __reana.user_.id_ IS 'Primary key, with email. The administrator is 00000000-0000-0000-0000-000000000000.';

COMMENT ON COLUMN __reana.user_.idp_issuer IS 'Identity provider (iss of OpenID Connect). Set if and only if idp_subject is.';

COMMENT ON COLUMN __reana.user_.idp_subject IS 'Who the user is to that provider (sub of OpenID Connect).';

COMMENT ON COLUMN __reana.user_.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.user_.username IS 'Name at the identity provider.';

COMMENT ON COLUMN __reana.user_resource.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.user_resource.quota_counted IS 'The exact total, kept by triggers; null where nothing is counted. Writing null sums it again.';

COMMENT ON COLUMN __reana.user_resource.quota_limit IS 'Limit in the unit of the resource (milliseconds or bytes); 0: no limit.';

COMMENT ON COLUMN __reana.user_resource.quota_period_months IS 'Length of the period that usage is counted in, in months; NULL: usage is counted since ever. For processing time only.';

COMMENT ON COLUMN __reana.user_resource.quota_period_start_at IS 'When the present period began (UTC); NULL: it is derived from the creation of the user.';

COMMENT ON COLUMN __reana.user_resource.quota_used IS 'Usage in the unit of the resource: milliseconds of finished runs (within the period, if there is one), or bytes of all workspaces.';

COMMENT ON COLUMN __reana.user_resource.resource_id IS 'Which resource.';

COMMENT ON COLUMN __reana.user_resource.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.user_resource.user_id IS 'Which user.';

COMMENT ON COLUMN __reana.user_token.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.user_token.id_ IS 'Primary key.';

COMMENT ON COLUMN __reana.user_token.status IS 'requested (no value yet), active, or revoked. A user has at most one active token.';

COMMENT ON COLUMN __reana.user_token.token IS 'The token, encrypted under REANA_SECRET_KEY; NULL while it is only requested. Base64 of AES-256-CBC as released services read it, or sealed1:<key>:<base64>, which opens in this row only.';

COMMENT ON COLUMN __reana.user_token.token_digest IS 'HMAC-SHA-256 of the token in clear, with a key derived from REANA_SECRET_KEY, to find the user by it. NULL until this library has seen the token.';

COMMENT ON COLUMN __reana.user_token.type_ IS 'Kind of token.';

COMMENT ON COLUMN __reana.user_token.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.user_token.user_id IS 'Whose token.';

COMMENT ON COLUMN __reana.user_workflow.access_type IS 'What the other user may do.';

COMMENT ON COLUMN __reana.user_workflow.message IS 'Words of the owner to the other user.';

COMMENT ON COLUMN __reana.user_workflow.user_id IS 'With whom.';

COMMENT ON COLUMN __reana.user_workflow.valid_until IS 'Last day of the share, at midnight, as its owner wrote it; NULL: no end.';

COMMENT ON COLUMN __reana.user_workflow.workflow_id IS 'Which run.';

COMMENT ON COLUMN __reana.workflow.complexity IS 'Pairs of number of jobs and bytes of memory per job, for the balanced scheduling policy; {} where unknown.';

COMMENT ON COLUMN __reana.workflow.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.workflow.engine_specific IS 'JSON null; not written by any released service.';

COMMENT ON COLUMN __reana.workflow.git_provider IS 'Never written.';

COMMENT ON COLUMN __reana.workflow.git_ref IS 'Commit or branch that the run was launched from, else empty.';

COMMENT ON COLUMN __reana.workflow.git_repo IS 'Repository that the run was launched from, else empty.';

COMMENT ON COLUMN __reana.workflow.id_ IS 'Primary key; the workflow_uuid of messages.';

COMMENT ON COLUMN __reana.workflow.input_parameters IS 'JSON object: parameters given at the start, which win over those of the specification. JSON null in old rows.';

COMMENT ON COLUMN __reana.workflow.job_progress IS 'JSON object: total, running, finished, failed -> {total: number of jobs, job_ids: [id]}. Ids never leave running.';

COMMENT ON COLUMN __reana.workflow.launcher_url IS 'URL that the run was launched from; NULL: uploaded by a client.';

COMMENT ON COLUMN __reana.workflow.logs IS 'Log of the engine and messages of the services, appended.';

COMMENT ON COLUMN __reana.workflow.name IS 'Name given by the owner; may hold dots and spaces.';

COMMENT ON COLUMN __reana.workflow.operational_options IS 'JSON object: options for the engine, as given at the start.';

COMMENT ON COLUMN __reana.workflow.owner_id IS 'Whose run.';

COMMENT ON COLUMN __reana.workflow.reana_specification IS 'The reana.yaml of the run as JSON.';

COMMENT ON COLUMN __reana.workflow.restart IS 'Whether the run restarts an earlier one, in the same workspace.';

COMMENT ON COLUMN __reana.workflow.run_finished_at IS 'When the run ended (UTC; in releases before ours the clock of the workflow controller). Written again when the engine log is fetched.';

COMMENT ON COLUMN __reana.workflow.run_number_major IS 'Number of the run among those of the same owner and name, from 1.';

COMMENT ON COLUMN __reana.workflow.run_number_minor IS 'Number of the restart, 0 for the first run. A run is written major.minor, or major where minor is 0.';

COMMENT ON COLUMN __reana.workflow.run_started_at IS 'When the engine reported that it runs (UTC; in releases before ours the clock of the workflow controller).';

COMMENT ON COLUMN __reana.workflow.run_stopped_at IS 'When the run was stopped by its owner (UTC; in releases before ours the clock of the workflow controller).';

COMMENT ON COLUMN __reana.workflow.status IS 'Where the run stands.';

COMMENT ON COLUMN __reana.workflow.type_ IS 'Engine: serial, yadage, cwl or snakemake.';

COMMENT ON COLUMN __reana.workflow.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.workflow.workspace_path IS 'Absolute directory of the files of the run. Restarts share that of the run that they restart.';

COMMENT ON COLUMN __reana.workflow_resource.created IS 'When the row was made (UTC).';

COMMENT ON COLUMN __reana.workflow_resource.quota_used IS 'Usage in the unit of the resource: milliseconds from start to end of the run, or bytes of its workspace. Restarts share a workspace: do not add up their bytes.';

COMMENT ON COLUMN __reana.workflow_resource.resource_id IS 'Which resource.';

COMMENT ON COLUMN __reana.workflow_resource.updated IS 'When a service last changed the row (UTC).';

COMMENT ON COLUMN __reana.workflow_resource.workflow_id IS 'Which run.';

COMMENT ON COLUMN __reana.workflow_service.service_id IS 'The service.';

COMMENT ON COLUMN __reana.workflow_service.workflow_id IS 'The run.';

COMMENT ON COLUMN __reana.workflow_session.session_id IS 'The session.';

COMMENT ON COLUMN __reana.workflow_session.workflow_id IS 'The run.';

COMMENT ON COLUMN __reana.workspace_retention_audit_log."timestamp" IS 'When; the default is the start of the transaction in the time zone of the database session.';

COMMENT ON COLUMN __reana.workspace_retention_audit_log.action IS 'The status that the rule had from then on.';

COMMENT ON COLUMN __reana.workspace_retention_audit_log.workspace_retention_rule_id IS 'The rule.';

COMMENT ON COLUMN __reana.workspace_retention_rule.apply_on IS 'When the files are due: end of the day, retention_days after the end of the run; NULL while the rule is not active.';

COMMENT ON COLUMN __reana.workspace_retention_rule.id_ IS 'Primary key.';

COMMENT ON COLUMN __reana.workspace_retention_rule.pending_since IS 'When the rule was claimed last, in UTC; NULL unless it is pending.';

COMMENT ON COLUMN __reana.workspace_retention_rule.retention_days IS 'Days that the files stay.';

COMMENT ON COLUMN __reana.workspace_retention_rule.status IS 'created with the run, active after its end, pending while files are removed, applied afterwards; inactive where a restart or a deletion ended the rule.';

COMMENT ON COLUMN __reana.workspace_retention_rule.workflow_id IS 'The run.';

COMMENT ON COLUMN __reana.workspace_retention_rule.workspace_files IS 'Pattern of the files, relative to the workspace; **/* for all.';

COMMENT ON COLUMN reana.run_history.allowed IS 'Whether the rules allowed it.';

COMMENT ON COLUMN reana.run_history.application_name IS 'What the client that gave it calls itself.';

COMMENT ON COLUMN reana.run_history.duration IS 'How long the run had it; until now for the status that it has.';

COMMENT ON COLUMN reana.run_history.owner IS 'E-mail address of the owner.';

COMMENT ON COLUMN reana.run_history.role IS 'The role of that client.';

COMMENT ON COLUMN reana.run_history.run IS 'Name and number: name.M, or name.M.m for a restart.';

COMMENT ON COLUMN reana.run_history.since IS 'When the run got it.';

COMMENT ON COLUMN reana.run_history.status IS 'The status.';

COMMENT ON COLUMN reana.run_history.until IS 'When the run got the next one; NULL for the status that it has.';

COMMENT ON COLUMN reana.run_history.workflow_id IS 'Which run.';

COMMENT ON FUNCTION __reana.activate_retention_rules() IS 'Makes the created rules of a run active when the run finishes or fails.';

COMMENT ON FUNCTION __reana.assign_run_number() IS 'Assigns the run number of a new row that does not give it: the highest major of the owner and name plus 1, or for a restart the highest minor of its major plus 1.';

COMMENT ON FUNCTION __reana.count_changed_runs() IS 'Counts the runs that a statement deleted, inserted after their end, or changed the times, owner or workspace of; opens the usage of new ones.';

COMMENT ON FUNCTION __reana.count_changed_usage() IS 'Counts the runs whose usage a statement inserted, changed or deleted.';

COMMENT ON FUNCTION __reana.count_runs(uuid[],uuid[],boolean) IS 'Brings the ledger of runs, and the totals of their owners, to what the runs use now. Records the processing time of those that ended, if it is the runs that are changed and the policy says so.';

COMMENT ON FUNCTION __reana.count_web_sessions() IS 'The number of sessions of the web interface: rows of Invenio''s table, 0 where it is not.';

COMMENT ON FUNCTION __reana.counted_cpu(uuid,timestamp without time zone) IS 'Milliseconds of processing time of a user since a time (UTC), or in total without one.';

COMMENT ON FUNCTION __reana.counted_disk(uuid) IS 'Bytes of the workspaces of a user; a workspace of several runs counts once, at its maximum.';

COMMENT ON FUNCTION __reana.cpu_milliseconds(timestamp without time zone,timestamp without time zone,timestamp without time zone) IS 'Whole milliseconds of a run from its start, or from a later time, to its end; never negative.';

COMMENT ON FUNCTION __reana.current_period_start(timestamp without time zone,integer,timestamp without time zone) IS 'The start of the quota period that holds a time (UTC); a start in the future stays.';

COMMENT ON FUNCTION __reana.end_of_retention(integer) IS 'When a rule that becomes active now is due: the end of the day (UTC), and so many days later; less than 0 count as 0, more than 36500 as 36500.';

COMMENT ON FUNCTION __reana.ensure_session_secret(uuid,bytea,bytea,bytea) IS 'Returns the encrypted secret of a session, having stored the one given if there was none; NULL for an unknown session.';

COMMENT ON FUNCTION __reana.ensure_webhook_secret(uuid,bytea,bytea,text,timestamp without time zone,boolean) IS 'Returns the encrypted GitLab webhook secret of a user and its end, having stored the one given if there was none, if it had expired or if it is to be renewed; no row for an unknown user.';

COMMENT ON FUNCTION __reana.first_end(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone) IS 'When something ended that ends now: the stored time, else the one that the client gives, else now, but not before its start.';

COMMENT ON FUNCTION __reana.first_start(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone) IS 'When something started that starts now: the stored time, else the one that the client gives, else now, but not after its end.';

COMMENT ON FUNCTION __reana.forget_session_secret_digest() IS 'Clears the digest of a session secret that got another value.';

COMMENT ON FUNCTION __reana.forget_token_digest() IS 'Clears the digest of a token that got another value.';

COMMENT ON FUNCTION __reana.grant_token(uuid,uuid,bytea,bytea,bytea,uuid,uuid,json) IS 'Makes the requested token of a user active, or a new one, with the encrypted value in the form that the setting secrets_form asks for; writes the audit entry of the administrator, if there is one; returns done, unknown user, already active, request changed when the requested token is not the one given, or value taken.';

COMMENT ON FUNCTION __reana.guard_status() IS 'Records a change of a status, sets the first start and the first end of runs and jobs (UTC), and keeps a status that the rules do not allow from being stored (see status_mode).';

COMMENT ON FUNCTION __reana.has_expired(timestamp without time zone) IS 'Whether a share with this end (UTC) is over; midnight is the end of the day that it begins, NULL no end.';

COMMENT ON FUNCTION __reana.inactivate_retention_rules() IS 'Ends the created and active rules of all runs with the owner, name and major number of a restarted or deleted run; refuses a restart (SQLSTATE 23R02) while one of them is pending.';

COMMENT ON FUNCTION __reana.is_transition(text,text,text) IS 'Whether a status may follow another: by status_transition, from NULL, or because they are equal.';

COMMENT ON FUNCTION __reana.judge_violation(text,uuid,text,text) IS 'Tells whether a change against the rules is made: raises 23R01 in the mode enforce, a warning in the mode keep.';

COMMENT ON FUNCTION __reana.keep_quota_used() IS 'Keeps quota_used at the exact total, whatever a client writes there.';

COMMENT ON FUNCTION __reana.lock_run() IS 'Locks a run before its first usage is inserted: the order in which everybody locks.';

COMMENT ON FUNCTION __reana.lock_totals(uuid[]) IS 'Locks the quota totals of users, each named once, until the end of the transaction, in key order; makes those that are missing.';

COMMENT ON FUNCTION __reana.merge_job_progress(json,json) IS 'The progress of the jobs of a run after a message: per status the union of the job ids and its size; the first total that is not 0 stays.';

COMMENT ON FUNCTION __reana.record_retention_action() IS 'Writes the audit entry of a new or changed retention rule, in UTC.';

COMMENT ON FUNCTION __reana.record_status() IS 'Records the first status of a row, and that a row was deleted.';

COMMENT ON FUNCTION __reana.recount_everybody() IS 'Makes the ledger and all totals anew, after a TRUNCATE.';

COMMENT ON FUNCTION __reana.recount_quota() IS 'Moves a quota period on to the current one, and sums the ledger again when the period changed.';

COMMENT ON FUNCTION __reana.recount_user(uuid) IS 'Makes the ledger and the totals of a user anew from all runs: for what was written without triggers.';

COMMENT ON FUNCTION __reana.refuse_negative_usage() IS 'Sets usage to zero that would become negative, with a warning.';

COMMENT ON FUNCTION __reana.request_token(uuid,uuid,uuid) IS 'Requests a token for a user, with its audit entry; returns done, unknown user, already active or already requested.';

COMMENT ON FUNCTION __reana.separate_audit_times() IS 'Moves an audit entry whose rule, time and action are taken to the next free microsecond.';

COMMENT ON FUNCTION __reana.set_retention_dates() IS 'Sets apply_on of a rule that is active without a date (end of the day in UTC plus retention_days) and clears it when inactive; sets pending_since when the status changes.';

COMMENT ON FUNCTION __reana.set_updated() IS 'Sets the time of the last change of a row (UTC), where the client did not.';

COMMENT ON FUNCTION __reana.status_mode() IS 'The setting status_mode. What becomes of a change against the rules: enforce refuses it, keep leaves status and times as they are and stores the rest, observe makes it.';

COMMENT ON FUNCTION __reana.stored_form(bytea,bytea) IS 'Returns the form of an encrypted value that the setting secrets_form asks for.';

COMMENT ON INDEX __reana.ix___reana_interactive_session_undigested IS 'Secrets that services of earlier releases wrote since the last look.';

COMMENT ON INDEX __reana.uq_interactive_session_session_secret_digest IS 'Finds the session of a secret.';

COMMENT ON INDEX __reana.uq_user_token_active IS 'At most one active token of a user.';

COMMENT ON INDEX __reana.uq_user_token_requested IS 'At most one requested token of a user.';

COMMENT ON INDEX __reana.uq_user_token_token_digest IS 'Finds the user of a token; two tokens never have the same value.';

COMMENT ON SCHEMA reana IS 'Views for people in psql.';

COMMENT ON TABLE __reana.audit_log IS 'Who asked for, granted and revoked access tokens. Only ever appended.';

COMMENT ON TABLE __reana.interactive_session IS 'Notebooks that are open on a workspace. A row is deleted when its session is closed.';

COMMENT ON TABLE __reana.interactive_session_resource IS 'Resources that a session used. Not written by any released service.';

COMMENT ON TABLE __reana.job IS 'Jobs of runs: one row per job that the job controller submitted to a compute backend.';

COMMENT ON TABLE __reana.job_cache IS 'Results of jobs that later runs may take instead of running the same job again.';

COMMENT ON TABLE __reana.orphan_identity IS 'Halves of identities, set aside by migration 0015: an issuer without a subject or the other way round.';

COMMENT ON TABLE __reana.orphan_job IS 'Jobs without a run, set aside by migration 0008. Columns as in job. May be emptied once nobody misses them.';

COMMENT ON TABLE __reana.orphan_job_cache IS 'Cache entries of the jobs in orphan_job. Columns as in job_cache.';

COMMENT ON TABLE __reana.quota_ledger IS 'What of each run is in the quota total of its owner. Kept by triggers; nobody else writes it.';

COMMENT ON TABLE __reana.resource IS 'What quotas count. The services know two rows by name: processing time and shared storage.';

COMMENT ON TABLE __reana.service IS 'Services that run beside a workflow, such as a Dask cluster. Rows stay after the service is gone.';

COMMENT ON TABLE __reana.service_logs IS 'What the pods of a service wrote, one row per pod. Empty where logs go to OpenSearch.';

COMMENT ON TABLE __reana.setting IS 'What a site decides for this database; the command "reana-db settings" lists and changes it.';

COMMENT ON TABLE __reana.status_history IS 'Every change of a status; written by triggers only. The view reana.run_history shows the lives of runs; the command "reana-db status" reads and prunes it.';

COMMENT ON TABLE __reana.status_transition IS 'Which status may follow which. An equal status changes nothing and is always accepted; NULL, in old rows, may become any status.';

COMMENT ON TABLE __reana.user_ IS 'People, and services acting as people.';

COMMENT ON TABLE __reana.user_resource IS 'Quota and usage of each user, per resource.';

COMMENT ON TABLE __reana.user_token IS 'Access tokens of users.';

COMMENT ON TABLE __reana.user_workflow IS 'Runs that their owner shares with other users.';

COMMENT ON TABLE __reana.workflow IS 'Runs of workflows, and what became of them. Rows are never deleted; a deleted run has the status deleted.';

COMMENT ON TABLE __reana.workflow_resource IS 'What each run used, per resource.';

COMMENT ON TABLE __reana.workflow_service IS 'Which service runs beside which run.';

COMMENT ON TABLE __reana.workflow_session IS 'Which interactive session is open on which run.';

COMMENT ON TABLE __reana.workspace_retention_audit_log IS 'Every status that a retention rule had. Only ever appended.';

COMMENT ON TABLE __reana.workspace_retention_rule IS 'Which files of a workspace are removed some days after the end of its run.';

COMMENT ON TRIGGER activate_retention_rules ON __reana.workflow IS 'Makes the created retention rules of a run active when it finishes or fails.';

COMMENT ON TRIGGER assign_run_number ON __reana.workflow IS 'Assigns the run number of a new run, serialised per owner and name.';

COMMENT ON TRIGGER count_deleted_runs ON __reana.workflow IS 'Takes runs out of the totals.';

COMMENT ON TRIGGER count_deleted_usage ON __reana.workflow_resource IS 'Counts runs without it.';

COMMENT ON TRIGGER count_inserted_runs ON __reana.workflow IS 'Opens the usage of new runs, and counts those that have ended, as an import writes them.';

COMMENT ON TRIGGER count_inserted_usage ON __reana.workflow_resource IS 'Counts new usage.';

COMMENT ON TRIGGER count_updated_runs ON __reana.workflow IS 'Records and counts the processing time of runs that end; counts what else changes.';

COMMENT ON TRIGGER count_updated_usage ON __reana.workflow_resource IS 'Counts other usage.';

COMMENT ON TRIGGER forget_session_secret_digest ON __reana.interactive_session IS 'Clears the digest when a service that does not know it overwrites the secret.';

COMMENT ON TRIGGER forget_token_digest ON __reana.user_token IS 'Clears the digest when a service that does not know it overwrites the token.';

COMMENT ON TRIGGER inactivate_retention_rules_at_deletion ON __reana.workflow IS 'Ends the retention rules of all runs that share the workspace of a deleted run.';

COMMENT ON TRIGGER inactivate_retention_rules_at_restart ON __reana.workflow IS 'Ends the retention rules of the runs before a restart; refuses a restart while one is pending.';

COMMENT ON TRIGGER lock_run ON __reana.workflow_resource IS 'Locks runs before usage, so that no deadlock arises.';

COMMENT ON TRIGGER record_deletion ON __reana.interactive_session IS 'Records that a row was deleted, and its last status.';

COMMENT ON TRIGGER record_deletion ON __reana.job IS 'Records that a row was deleted, and its last status.';

COMMENT ON TRIGGER record_deletion ON __reana.service IS 'Records that a row was deleted, and its last status.';

COMMENT ON TRIGGER record_deletion ON __reana.workflow IS 'Records that a row was deleted, and its last status.';

COMMENT ON TRIGGER record_deletion ON __reana.workspace_retention_rule IS 'Records that a row was deleted, and its last status.';

COMMENT ON TRIGGER record_first_status ON __reana.interactive_session IS 'Records the status with which a row was inserted.';

COMMENT ON TRIGGER record_first_status ON __reana.job IS 'Records the status with which a row was inserted.';

COMMENT ON TRIGGER record_first_status ON __reana.service IS 'Records the status with which a row was inserted.';

COMMENT ON TRIGGER record_first_status ON __reana.workflow IS 'Records the status with which a row was inserted.';

COMMENT ON TRIGGER record_first_status ON __reana.workspace_retention_rule IS 'Records the status with which a row was inserted.';

COMMENT ON TRIGGER record_retention_action ON __reana.workspace_retention_rule IS 'Writes the audit entry of a new or changed rule.';

COMMENT ON TRIGGER recount_inserted_quota ON __reana.user_resource IS 'Sums the ledger for a new total.';

COMMENT ON TRIGGER recount_truncated_runs ON __reana.workflow IS 'Counts everybody anew.';

COMMENT ON TRIGGER recount_truncated_usage ON __reana.workflow_resource IS 'Counts everybody anew.';

COMMENT ON TRIGGER recount_updated_quota ON __reana.user_resource IS 'Sums the ledger again when the quota period changes or is over.';

COMMENT ON TRIGGER refuse_negative_usage ON __reana.workflow_resource IS 'Sets usage to zero that would become negative.';

COMMENT ON TRIGGER separate_audit_times ON __reana.workspace_retention_audit_log IS 'Keeps two entries of one moment apart.';

COMMENT ON TRIGGER set_retention_dates ON __reana.workspace_retention_rule IS 'Sets apply_on and pending_since.';

COMMENT ON TRIGGER set_updated ON __reana.audit_log IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.interactive_session IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.interactive_session_resource IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.job IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.job_cache IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.resource IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.setting IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.user_ IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.user_resource IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.user_token IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.workflow IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER set_updated ON __reana.workflow_resource IS 'Sets updated where the client did not.';

COMMENT ON TRIGGER zz_guard_status ON __reana.interactive_session IS 'Judges and records a change of a status; fires after all other triggers of its kind.';

COMMENT ON TRIGGER zz_guard_status ON __reana.job IS 'Judges and records a change of a status; fires after all other triggers of its kind.';

COMMENT ON TRIGGER zz_guard_status ON __reana.service IS 'Judges and records a change of a status; fires after all other triggers of its kind.';

COMMENT ON TRIGGER zz_guard_status ON __reana.workflow IS 'Judges and records a change of a status; fires after all other triggers of its kind.';

COMMENT ON TRIGGER zz_guard_status ON __reana.workspace_retention_rule IS 'Judges and records a change of a status; fires after all other triggers of its kind.';

COMMENT ON TRIGGER zz_keep_quota_used ON __reana.user_resource IS 'Keeps quota_used at the exact total. Its name makes it the last.';

COMMENT ON TYPE public.accesstype IS 'What the user of a share may do.';

COMMENT ON TYPE public.auditlogaction IS 'What an entry of audit_log records.';

COMMENT ON TYPE public.interactivesessiontype IS 'Kinds of interactive sessions.';

COMMENT ON TYPE public.jobstatus IS 'Where a job stands. Ends: finished, failed, stopped.';

COMMENT ON TYPE public.resourcetype IS 'Kinds of resources: cpu is processing time, disk is storage.';

COMMENT ON TYPE public.resourceunit IS 'Units of resources: milliseconds for cpu, bytes_ for disk.';

COMMENT ON TYPE public.runstatus IS 'Where a run or an interactive session stands. Ends of runs: finished, failed, stopped, then deleted.';

COMMENT ON TYPE public.servicestatus IS 'Where a service stands. Services use created, running and deleted.';

COMMENT ON TYPE public.servicetype IS 'Kinds of services.';

COMMENT ON TYPE public.usertokenstatus IS 'Where an access token stands.';

COMMENT ON TYPE public.usertokentype IS 'Kinds of access tokens.';

COMMENT ON TYPE public.workspaceretentionrulestatus IS 'Where a retention rule stands.';

COMMENT ON VIEW __reana.current_quota IS 'Quota and usage of users at this moment: in the current period, even if nothing was written since it began.';

COMMENT ON VIEW __reana.quota_resource IS 'The default resource of each type: the ones that are counted.';

COMMENT ON VIEW __reana.run_time IS 'When runs started and ended, and what this makes.';

COMMENT ON VIEW __reana.run_usage IS 'What every run uses now, which is what the ledger must hold. Runs that use nothing are left out.';

COMMENT ON VIEW reana.migrations IS 'The migrations of this database: when, by whom, and whether run or adopted.';

COMMENT ON VIEW reana.open_sessions IS 'Interactive sessions that are not closed, with their owner and run.';

COMMENT ON VIEW reana.retention_rules_due IS 'Retention rules that the next cron job applies, and those that a crashed one left pending.';

COMMENT ON VIEW reana.run_history IS 'The lives of runs: one row per status that a run had, and how long. For example: SELECT * FROM reana.run_history WHERE run = ''analysis.3'';';

COMMENT ON VIEW reana.running_load IS 'How many runs of each user are queued, pending and running.';

COMMENT ON VIEW reana.runs IS 'Every run with its owner, status, age and times (UTC).';

COMMENT ON VIEW reana.stuck_runs IS 'Runs that have been silent for too long: running for 12 hours, pending for 20 minutes.';

COMMENT ON VIEW reana.user_quota IS 'What each user has used of each resource, in the current quota period; warning from 80 %, critical from 100 % of the limit.';
