-- The schema that the migrations make, for reviews and for `reana-db check` and `repair`.
-- Columns are sorted by name.  Do not edit; write it anew:
--     python -m tests.support.schema_snapshot > reana_db/health/schema.sql

-- object: schema: reana
CREATE SCHEMA reana;

-- object: type: public.accesstype
CREATE TYPE public.accesstype AS ENUM ('read');

-- object: type: public.auditlogaction
CREATE TYPE public.auditlogaction AS ENUM ('request_token', 'grant_token', 'revoke_token');

-- object: type: public.interactivesessiontype
CREATE TYPE public.interactivesessiontype AS ENUM ('jupyter');

-- object: type: public.jobstatus
CREATE TYPE public.jobstatus AS ENUM ('created', 'running', 'finished', 'failed', 'stopped', 'queued');

-- object: type: public.resourcetype
CREATE TYPE public.resourcetype AS ENUM ('cpu', 'disk');

-- object: type: public.resourceunit
CREATE TYPE public.resourceunit AS ENUM ('bytes_', 'milliseconds');

-- object: type: public.runstatus
CREATE TYPE public.runstatus AS ENUM ('created', 'running', 'finished', 'failed', 'deleted', 'stopped', 'queued', 'pending');

-- object: type: public.servicestatus
CREATE TYPE public.servicestatus AS ENUM ('created', 'running', 'finished', 'failed', 'deleted', 'stopped', 'queued', 'pending');

-- object: type: public.servicetype
CREATE TYPE public.servicetype AS ENUM ('dask');

-- object: type: public.usertokenstatus
CREATE TYPE public.usertokenstatus AS ENUM ('requested', 'active', 'revoked');

-- object: type: public.usertokentype
CREATE TYPE public.usertokentype AS ENUM ('reana');

-- object: type: public.workspaceretentionrulestatus
CREATE TYPE public.workspaceretentionrulestatus AS ENUM ('created', 'active', 'inactive', 'applied', 'pending');

-- object: sequence: __reana.status_history_id_seq
CREATE SEQUENCE __reana.status_history_id_seq AS bigint;

-- object: table: __reana.audit_log
CREATE TABLE __reana.audit_log ();

-- object: column: __reana.audit_log.action
ALTER TABLE __reana.audit_log ADD COLUMN action public.auditlogaction;

-- object: column: __reana.audit_log.created
ALTER TABLE __reana.audit_log ADD COLUMN created timestamp without time zone;

-- object: column: __reana.audit_log.details
ALTER TABLE __reana.audit_log ADD COLUMN details json;

-- object: column: __reana.audit_log.id_
ALTER TABLE __reana.audit_log ADD COLUMN id_ uuid;

-- object: column: __reana.audit_log.updated
ALTER TABLE __reana.audit_log ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.audit_log.user_id
ALTER TABLE __reana.audit_log ADD COLUMN user_id uuid;

-- object: default: __reana.audit_log.created
ALTER TABLE __reana.audit_log ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.audit_log.updated
ALTER TABLE __reana.audit_log ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.audit_log.action
ALTER TABLE __reana.audit_log ALTER COLUMN action SET NOT NULL;

-- object: not null: __reana.audit_log.created
ALTER TABLE __reana.audit_log ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.audit_log.id_
ALTER TABLE __reana.audit_log ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.audit_log.updated
ALTER TABLE __reana.audit_log ALTER COLUMN updated SET NOT NULL;

-- object: not null: __reana.audit_log.user_id
ALTER TABLE __reana.audit_log ALTER COLUMN user_id SET NOT NULL;

-- object: constraint: fk_audit_log_user_id_user_ ON __reana.audit_log
ALTER TABLE __reana.audit_log ADD CONSTRAINT fk_audit_log_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_(id_);

-- object: constraint: pk_audit_log ON __reana.audit_log
ALTER TABLE __reana.audit_log ADD CONSTRAINT pk_audit_log PRIMARY KEY (id_);

-- object: table: __reana.interactive_session
CREATE TABLE __reana.interactive_session ();

-- object: column: __reana.interactive_session.created
ALTER TABLE __reana.interactive_session ADD COLUMN created timestamp without time zone;

-- object: column: __reana.interactive_session.id_
ALTER TABLE __reana.interactive_session ADD COLUMN id_ uuid;

-- object: column: __reana.interactive_session.name
ALTER TABLE __reana.interactive_session ADD COLUMN name character varying(255);

-- object: column: __reana.interactive_session.owner_id
ALTER TABLE __reana.interactive_session ADD COLUMN owner_id uuid;

-- object: column: __reana.interactive_session.path
ALTER TABLE __reana.interactive_session ADD COLUMN path text;

-- object: column: __reana.interactive_session.session_secret
ALTER TABLE __reana.interactive_session ADD COLUMN session_secret bytea;

-- object: column: __reana.interactive_session.session_secret_digest
ALTER TABLE __reana.interactive_session ADD COLUMN session_secret_digest bytea;

-- object: column: __reana.interactive_session.status
ALTER TABLE __reana.interactive_session ADD COLUMN status public.runstatus;

-- object: column: __reana.interactive_session.type_
ALTER TABLE __reana.interactive_session ADD COLUMN type_ public.interactivesessiontype;

-- object: column: __reana.interactive_session.updated
ALTER TABLE __reana.interactive_session ADD COLUMN updated timestamp without time zone;

-- object: default: __reana.interactive_session.created
ALTER TABLE __reana.interactive_session ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.interactive_session.status
ALTER TABLE __reana.interactive_session ALTER COLUMN status SET DEFAULT 'created'::public.runstatus;

-- object: default: __reana.interactive_session.updated
ALTER TABLE __reana.interactive_session ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.interactive_session.created
ALTER TABLE __reana.interactive_session ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.interactive_session.id_
ALTER TABLE __reana.interactive_session ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.interactive_session.status
ALTER TABLE __reana.interactive_session ALTER COLUMN status SET NOT NULL;

-- object: not null: __reana.interactive_session.type_
ALTER TABLE __reana.interactive_session ALTER COLUMN type_ SET NOT NULL;

-- object: not null: __reana.interactive_session.updated
ALTER TABLE __reana.interactive_session ALTER COLUMN updated SET NOT NULL;

-- object: constraint: fk_interactive_session_owner_id_user_ ON __reana.interactive_session
ALTER TABLE __reana.interactive_session ADD CONSTRAINT fk_interactive_session_owner_id_user_ FOREIGN KEY (owner_id) REFERENCES __reana.user_(id_);

-- object: constraint: pk_interactive_session ON __reana.interactive_session
ALTER TABLE __reana.interactive_session ADD CONSTRAINT pk_interactive_session PRIMARY KEY (id_);

-- object: constraint: uq_interactive_session_name ON __reana.interactive_session
ALTER TABLE __reana.interactive_session ADD CONSTRAINT uq_interactive_session_name UNIQUE (name, path);

-- object: table: __reana.interactive_session_resource
CREATE TABLE __reana.interactive_session_resource ();

-- object: column: __reana.interactive_session_resource.created
ALTER TABLE __reana.interactive_session_resource ADD COLUMN created timestamp without time zone;

-- object: column: __reana.interactive_session_resource.quota_used
ALTER TABLE __reana.interactive_session_resource ADD COLUMN quota_used bigint;

-- object: column: __reana.interactive_session_resource.resource_id
ALTER TABLE __reana.interactive_session_resource ADD COLUMN resource_id uuid;

-- object: column: __reana.interactive_session_resource.session_id
ALTER TABLE __reana.interactive_session_resource ADD COLUMN session_id uuid;

-- object: column: __reana.interactive_session_resource.updated
ALTER TABLE __reana.interactive_session_resource ADD COLUMN updated timestamp without time zone;

-- object: default: __reana.interactive_session_resource.created
ALTER TABLE __reana.interactive_session_resource ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.interactive_session_resource.updated
ALTER TABLE __reana.interactive_session_resource ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.interactive_session_resource.created
ALTER TABLE __reana.interactive_session_resource ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.interactive_session_resource.resource_id
ALTER TABLE __reana.interactive_session_resource ALTER COLUMN resource_id SET NOT NULL;

-- object: not null: __reana.interactive_session_resource.session_id
ALTER TABLE __reana.interactive_session_resource ALTER COLUMN session_id SET NOT NULL;

-- object: not null: __reana.interactive_session_resource.updated
ALTER TABLE __reana.interactive_session_resource ALTER COLUMN updated SET NOT NULL;

-- object: constraint: fk_interactive_session_resource_resource_id_resource ON __reana.interactive_session_resource
ALTER TABLE __reana.interactive_session_resource ADD CONSTRAINT fk_interactive_session_resource_resource_id_resource FOREIGN KEY (resource_id) REFERENCES __reana.resource(id_);

-- object: constraint: fk_interactive_session_resource_session_id_interactive_session ON __reana.interactive_session_resource
ALTER TABLE __reana.interactive_session_resource ADD CONSTRAINT fk_interactive_session_resource_session_id_interactive_session FOREIGN KEY (session_id) REFERENCES __reana.interactive_session(id_);

-- object: constraint: pk_interactive_session_resource ON __reana.interactive_session_resource
ALTER TABLE __reana.interactive_session_resource ADD CONSTRAINT pk_interactive_session_resource PRIMARY KEY (session_id, resource_id);

-- object: table: __reana.job
CREATE TABLE __reana.job ();

-- object: column: __reana.job.backend_job_id
ALTER TABLE __reana.job ADD COLUMN backend_job_id character varying(256);

-- object: column: __reana.job.cmd
ALTER TABLE __reana.job ADD COLUMN cmd json;

-- object: column: __reana.job.compute_backend
ALTER TABLE __reana.job ADD COLUMN compute_backend character varying(30);

-- object: column: __reana.job.created
ALTER TABLE __reana.job ADD COLUMN created timestamp without time zone;

-- object: column: __reana.job.cvmfs_mounts
ALTER TABLE __reana.job ADD COLUMN cvmfs_mounts text;

-- object: column: __reana.job.deleted
ALTER TABLE __reana.job ADD COLUMN deleted boolean;

-- object: column: __reana.job.docker_img
ALTER TABLE __reana.job ADD COLUMN docker_img character varying(256);

-- object: column: __reana.job.env_vars
ALTER TABLE __reana.job ADD COLUMN env_vars json;

-- object: column: __reana.job.finished_at
ALTER TABLE __reana.job ADD COLUMN finished_at timestamp without time zone;

-- object: column: __reana.job.id_
ALTER TABLE __reana.job ADD COLUMN id_ uuid;

-- object: column: __reana.job.job_name
ALTER TABLE __reana.job ADD COLUMN job_name text;

-- object: column: __reana.job.logs
ALTER TABLE __reana.job ADD COLUMN logs character varying;

-- object: column: __reana.job.prettified_cmd
ALTER TABLE __reana.job ADD COLUMN prettified_cmd json;

-- object: column: __reana.job.shared_file_system
ALTER TABLE __reana.job ADD COLUMN shared_file_system boolean;

-- object: column: __reana.job.started_at
ALTER TABLE __reana.job ADD COLUMN started_at timestamp without time zone;

-- object: column: __reana.job.status
ALTER TABLE __reana.job ADD COLUMN status public.jobstatus;

-- object: column: __reana.job.updated
ALTER TABLE __reana.job ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.job.workflow_uuid
ALTER TABLE __reana.job ADD COLUMN workflow_uuid uuid;

-- object: default: __reana.job.created
ALTER TABLE __reana.job ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.job.deleted
ALTER TABLE __reana.job ALTER COLUMN deleted SET DEFAULT false;

-- object: default: __reana.job.logs
ALTER TABLE __reana.job ALTER COLUMN logs SET DEFAULT ''::character varying;

-- object: default: __reana.job.status
ALTER TABLE __reana.job ALTER COLUMN status SET DEFAULT 'created'::public.jobstatus;

-- object: default: __reana.job.updated
ALTER TABLE __reana.job ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.job.created
ALTER TABLE __reana.job ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.job.id_
ALTER TABLE __reana.job ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.job.updated
ALTER TABLE __reana.job ALTER COLUMN updated SET NOT NULL;

-- object: not null: __reana.job.workflow_uuid
ALTER TABLE __reana.job ALTER COLUMN workflow_uuid SET NOT NULL;

-- object: constraint: fk_job_workflow_uuid_workflow ON __reana.job
ALTER TABLE __reana.job ADD CONSTRAINT fk_job_workflow_uuid_workflow FOREIGN KEY (workflow_uuid) REFERENCES __reana.workflow(id_);

-- object: constraint: pk_job ON __reana.job
ALTER TABLE __reana.job ADD CONSTRAINT pk_job PRIMARY KEY (id_);

-- object: table: __reana.job_cache
CREATE TABLE __reana.job_cache ();

-- object: column: __reana.job_cache.access_times
ALTER TABLE __reana.job_cache ADD COLUMN access_times json;

-- object: column: __reana.job_cache.created
ALTER TABLE __reana.job_cache ADD COLUMN created timestamp without time zone;

-- object: column: __reana.job_cache.id_
ALTER TABLE __reana.job_cache ADD COLUMN id_ uuid;

-- object: column: __reana.job_cache.job_id
ALTER TABLE __reana.job_cache ADD COLUMN job_id uuid;

-- object: column: __reana.job_cache.parameters
ALTER TABLE __reana.job_cache ADD COLUMN parameters character varying(1024);

-- object: column: __reana.job_cache.result_path
ALTER TABLE __reana.job_cache ADD COLUMN result_path character varying(1024);

-- object: column: __reana.job_cache.updated
ALTER TABLE __reana.job_cache ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.job_cache.workspace_hash
ALTER TABLE __reana.job_cache ADD COLUMN workspace_hash character varying(1024);

-- object: default: __reana.job_cache.created
ALTER TABLE __reana.job_cache ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.job_cache.updated
ALTER TABLE __reana.job_cache ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.job_cache.created
ALTER TABLE __reana.job_cache ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.job_cache.id_
ALTER TABLE __reana.job_cache ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.job_cache.job_id
ALTER TABLE __reana.job_cache ALTER COLUMN job_id SET NOT NULL;

-- object: not null: __reana.job_cache.updated
ALTER TABLE __reana.job_cache ALTER COLUMN updated SET NOT NULL;

-- object: constraint: fk_job_cache_job_id_job ON __reana.job_cache
ALTER TABLE __reana.job_cache ADD CONSTRAINT fk_job_cache_job_id_job FOREIGN KEY (job_id) REFERENCES __reana.job(id_);

-- object: constraint: pk_job_cache ON __reana.job_cache
ALTER TABLE __reana.job_cache ADD CONSTRAINT pk_job_cache PRIMARY KEY (id_, job_id);

-- object: table: __reana.orphan_identity
CREATE TABLE __reana.orphan_identity ();

-- object: column: __reana.orphan_identity.idp_issuer
ALTER TABLE __reana.orphan_identity ADD COLUMN idp_issuer character varying(255);

-- object: column: __reana.orphan_identity.idp_subject
ALTER TABLE __reana.orphan_identity ADD COLUMN idp_subject character varying(255);

-- object: column: __reana.orphan_identity.set_aside_at
ALTER TABLE __reana.orphan_identity ADD COLUMN set_aside_at timestamp without time zone;

-- object: column: __reana.orphan_identity.user_id
ALTER TABLE __reana.orphan_identity ADD COLUMN user_id uuid;

-- object: not null: __reana.orphan_identity.set_aside_at
ALTER TABLE __reana.orphan_identity ALTER COLUMN set_aside_at SET NOT NULL;

-- object: not null: __reana.orphan_identity.user_id
ALTER TABLE __reana.orphan_identity ALTER COLUMN user_id SET NOT NULL;

-- object: constraint: pk_orphan_identity ON __reana.orphan_identity
ALTER TABLE __reana.orphan_identity ADD CONSTRAINT pk_orphan_identity PRIMARY KEY (user_id);

-- object: table: __reana.orphan_job
CREATE TABLE __reana.orphan_job ();

-- object: column: __reana.orphan_job.backend_job_id
ALTER TABLE __reana.orphan_job ADD COLUMN backend_job_id character varying(256);

-- object: column: __reana.orphan_job.cmd
ALTER TABLE __reana.orphan_job ADD COLUMN cmd json;

-- object: column: __reana.orphan_job.compute_backend
ALTER TABLE __reana.orphan_job ADD COLUMN compute_backend character varying(30);

-- object: column: __reana.orphan_job.created
ALTER TABLE __reana.orphan_job ADD COLUMN created timestamp without time zone;

-- object: column: __reana.orphan_job.cvmfs_mounts
ALTER TABLE __reana.orphan_job ADD COLUMN cvmfs_mounts text;

-- object: column: __reana.orphan_job.deleted
ALTER TABLE __reana.orphan_job ADD COLUMN deleted boolean;

-- object: column: __reana.orphan_job.docker_img
ALTER TABLE __reana.orphan_job ADD COLUMN docker_img character varying(256);

-- object: column: __reana.orphan_job.env_vars
ALTER TABLE __reana.orphan_job ADD COLUMN env_vars json;

-- object: column: __reana.orphan_job.finished_at
ALTER TABLE __reana.orphan_job ADD COLUMN finished_at timestamp without time zone;

-- object: column: __reana.orphan_job.id_
ALTER TABLE __reana.orphan_job ADD COLUMN id_ uuid;

-- object: column: __reana.orphan_job.job_name
ALTER TABLE __reana.orphan_job ADD COLUMN job_name text;

-- object: column: __reana.orphan_job.logs
ALTER TABLE __reana.orphan_job ADD COLUMN logs character varying;

-- object: column: __reana.orphan_job.prettified_cmd
ALTER TABLE __reana.orphan_job ADD COLUMN prettified_cmd json;

-- object: column: __reana.orphan_job.set_aside_at
ALTER TABLE __reana.orphan_job ADD COLUMN set_aside_at timestamp without time zone;

-- object: column: __reana.orphan_job.shared_file_system
ALTER TABLE __reana.orphan_job ADD COLUMN shared_file_system boolean;

-- object: column: __reana.orphan_job.started_at
ALTER TABLE __reana.orphan_job ADD COLUMN started_at timestamp without time zone;

-- object: column: __reana.orphan_job.status
ALTER TABLE __reana.orphan_job ADD COLUMN status public.jobstatus;

-- object: column: __reana.orphan_job.updated
ALTER TABLE __reana.orphan_job ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.orphan_job.workflow_uuid
ALTER TABLE __reana.orphan_job ADD COLUMN workflow_uuid uuid;

-- object: not null: __reana.orphan_job.created
ALTER TABLE __reana.orphan_job ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.orphan_job.id_
ALTER TABLE __reana.orphan_job ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.orphan_job.set_aside_at
ALTER TABLE __reana.orphan_job ALTER COLUMN set_aside_at SET NOT NULL;

-- object: not null: __reana.orphan_job.updated
ALTER TABLE __reana.orphan_job ALTER COLUMN updated SET NOT NULL;

-- object: constraint: pk_orphan_job ON __reana.orphan_job
ALTER TABLE __reana.orphan_job ADD CONSTRAINT pk_orphan_job PRIMARY KEY (id_);

-- object: table: __reana.orphan_job_cache
CREATE TABLE __reana.orphan_job_cache ();

-- object: column: __reana.orphan_job_cache.access_times
ALTER TABLE __reana.orphan_job_cache ADD COLUMN access_times json;

-- object: column: __reana.orphan_job_cache.created
ALTER TABLE __reana.orphan_job_cache ADD COLUMN created timestamp without time zone;

-- object: column: __reana.orphan_job_cache.id_
ALTER TABLE __reana.orphan_job_cache ADD COLUMN id_ uuid;

-- object: column: __reana.orphan_job_cache.job_id
ALTER TABLE __reana.orphan_job_cache ADD COLUMN job_id uuid;

-- object: column: __reana.orphan_job_cache.parameters
ALTER TABLE __reana.orphan_job_cache ADD COLUMN parameters character varying(1024);

-- object: column: __reana.orphan_job_cache.result_path
ALTER TABLE __reana.orphan_job_cache ADD COLUMN result_path character varying(1024);

-- object: column: __reana.orphan_job_cache.set_aside_at
ALTER TABLE __reana.orphan_job_cache ADD COLUMN set_aside_at timestamp without time zone;

-- object: column: __reana.orphan_job_cache.updated
ALTER TABLE __reana.orphan_job_cache ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.orphan_job_cache.workspace_hash
ALTER TABLE __reana.orphan_job_cache ADD COLUMN workspace_hash character varying(1024);

-- object: not null: __reana.orphan_job_cache.created
ALTER TABLE __reana.orphan_job_cache ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.orphan_job_cache.id_
ALTER TABLE __reana.orphan_job_cache ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.orphan_job_cache.job_id
ALTER TABLE __reana.orphan_job_cache ALTER COLUMN job_id SET NOT NULL;

-- object: not null: __reana.orphan_job_cache.set_aside_at
ALTER TABLE __reana.orphan_job_cache ALTER COLUMN set_aside_at SET NOT NULL;

-- object: not null: __reana.orphan_job_cache.updated
ALTER TABLE __reana.orphan_job_cache ALTER COLUMN updated SET NOT NULL;

-- object: constraint: pk_orphan_job_cache ON __reana.orphan_job_cache
ALTER TABLE __reana.orphan_job_cache ADD CONSTRAINT pk_orphan_job_cache PRIMARY KEY (id_, job_id);

-- object: table: __reana.quota_ledger
CREATE TABLE __reana.quota_ledger ();

-- object: column: __reana.quota_ledger.cpu_used
ALTER TABLE __reana.quota_ledger ADD COLUMN cpu_used bigint;

-- object: column: __reana.quota_ledger.disk_used
ALTER TABLE __reana.quota_ledger ADD COLUMN disk_used bigint;

-- object: column: __reana.quota_ledger.owner_id
ALTER TABLE __reana.quota_ledger ADD COLUMN owner_id uuid;

-- object: column: __reana.quota_ledger.run_ended_at
ALTER TABLE __reana.quota_ledger ADD COLUMN run_ended_at timestamp without time zone;

-- object: column: __reana.quota_ledger.run_started_at
ALTER TABLE __reana.quota_ledger ADD COLUMN run_started_at timestamp without time zone;

-- object: column: __reana.quota_ledger.workflow_id
ALTER TABLE __reana.quota_ledger ADD COLUMN workflow_id uuid;

-- object: column: __reana.quota_ledger.workspace_path
ALTER TABLE __reana.quota_ledger ADD COLUMN workspace_path text;

-- object: not null: __reana.quota_ledger.cpu_used
ALTER TABLE __reana.quota_ledger ALTER COLUMN cpu_used SET NOT NULL;

-- object: not null: __reana.quota_ledger.disk_used
ALTER TABLE __reana.quota_ledger ALTER COLUMN disk_used SET NOT NULL;

-- object: not null: __reana.quota_ledger.owner_id
ALTER TABLE __reana.quota_ledger ALTER COLUMN owner_id SET NOT NULL;

-- object: not null: __reana.quota_ledger.workflow_id
ALTER TABLE __reana.quota_ledger ALTER COLUMN workflow_id SET NOT NULL;

-- object: not null: __reana.quota_ledger.workspace_path
ALTER TABLE __reana.quota_ledger ALTER COLUMN workspace_path SET NOT NULL;

-- object: constraint: pk_quota_ledger ON __reana.quota_ledger
ALTER TABLE __reana.quota_ledger ADD CONSTRAINT pk_quota_ledger PRIMARY KEY (workflow_id);

-- object: table: __reana.resource
CREATE TABLE __reana.resource ();

-- object: column: __reana.resource.created
ALTER TABLE __reana.resource ADD COLUMN created timestamp without time zone;

-- object: column: __reana.resource.default_limit
ALTER TABLE __reana.resource ADD COLUMN default_limit bigint;

-- object: column: __reana.resource.id_
ALTER TABLE __reana.resource ADD COLUMN id_ uuid;

-- object: column: __reana.resource.name
ALTER TABLE __reana.resource ADD COLUMN name character varying(1024);

-- object: column: __reana.resource.title
ALTER TABLE __reana.resource ADD COLUMN title character varying(1024);

-- object: column: __reana.resource.type_
ALTER TABLE __reana.resource ADD COLUMN type_ public.resourcetype;

-- object: column: __reana.resource.unit
ALTER TABLE __reana.resource ADD COLUMN unit public.resourceunit;

-- object: column: __reana.resource.updated
ALTER TABLE __reana.resource ADD COLUMN updated timestamp without time zone;

-- object: default: __reana.resource.created
ALTER TABLE __reana.resource ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.resource.default_limit
ALTER TABLE __reana.resource ALTER COLUMN default_limit SET DEFAULT 0;

-- object: default: __reana.resource.updated
ALTER TABLE __reana.resource ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.resource.created
ALTER TABLE __reana.resource ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.resource.default_limit
ALTER TABLE __reana.resource ALTER COLUMN default_limit SET NOT NULL;

-- object: not null: __reana.resource.id_
ALTER TABLE __reana.resource ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.resource.name
ALTER TABLE __reana.resource ALTER COLUMN name SET NOT NULL;

-- object: not null: __reana.resource.type_
ALTER TABLE __reana.resource ALTER COLUMN type_ SET NOT NULL;

-- object: not null: __reana.resource.unit
ALTER TABLE __reana.resource ALTER COLUMN unit SET NOT NULL;

-- object: not null: __reana.resource.updated
ALTER TABLE __reana.resource ALTER COLUMN updated SET NOT NULL;

-- object: constraint: pk_resource ON __reana.resource
ALTER TABLE __reana.resource ADD CONSTRAINT pk_resource PRIMARY KEY (id_);

-- object: constraint: uq_resource_name ON __reana.resource
ALTER TABLE __reana.resource ADD CONSTRAINT uq_resource_name UNIQUE (name);

-- object: table: __reana.service
CREATE TABLE __reana.service ();

-- object: column: __reana.service.id_
ALTER TABLE __reana.service ADD COLUMN id_ uuid;

-- object: column: __reana.service.name
ALTER TABLE __reana.service ADD COLUMN name character varying(255);

-- object: column: __reana.service.owner_id
ALTER TABLE __reana.service ADD COLUMN owner_id uuid;

-- object: column: __reana.service.status
ALTER TABLE __reana.service ADD COLUMN status public.servicestatus;

-- object: column: __reana.service.type_
ALTER TABLE __reana.service ADD COLUMN type_ public.servicetype;

-- object: column: __reana.service.uri
ALTER TABLE __reana.service ADD COLUMN uri text;

-- object: default: __reana.service.status
ALTER TABLE __reana.service ALTER COLUMN status SET DEFAULT 'created'::public.servicestatus;

-- object: not null: __reana.service.id_
ALTER TABLE __reana.service ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.service.status
ALTER TABLE __reana.service ALTER COLUMN status SET NOT NULL;

-- object: not null: __reana.service.type_
ALTER TABLE __reana.service ALTER COLUMN type_ SET NOT NULL;

-- object: constraint: fk_service_owner_id_user_ ON __reana.service
ALTER TABLE __reana.service ADD CONSTRAINT fk_service_owner_id_user_ FOREIGN KEY (owner_id) REFERENCES __reana.user_(id_);

-- object: constraint: pk_service ON __reana.service
ALTER TABLE __reana.service ADD CONSTRAINT pk_service PRIMARY KEY (id_);

-- object: constraint: uq_service_name ON __reana.service
ALTER TABLE __reana.service ADD CONSTRAINT uq_service_name UNIQUE (name, uri);

-- object: table: __reana.service_logs
CREATE TABLE __reana.service_logs ();

-- object: column: __reana.service_logs.event_time
ALTER TABLE __reana.service_logs ADD COLUMN event_time timestamp with time zone;

-- object: column: __reana.service_logs.id
ALTER TABLE __reana.service_logs ADD COLUMN id uuid;

-- object: column: __reana.service_logs.log
ALTER TABLE __reana.service_logs ADD COLUMN log jsonb;

-- object: column: __reana.service_logs.service_id
ALTER TABLE __reana.service_logs ADD COLUMN service_id uuid;

-- object: default: __reana.service_logs.event_time
ALTER TABLE __reana.service_logs ALTER COLUMN event_time SET DEFAULT clock_timestamp();

-- object: not null: __reana.service_logs.event_time
ALTER TABLE __reana.service_logs ALTER COLUMN event_time SET NOT NULL;

-- object: not null: __reana.service_logs.id
ALTER TABLE __reana.service_logs ALTER COLUMN id SET NOT NULL;

-- object: not null: __reana.service_logs.log
ALTER TABLE __reana.service_logs ALTER COLUMN log SET NOT NULL;

-- object: not null: __reana.service_logs.service_id
ALTER TABLE __reana.service_logs ALTER COLUMN service_id SET NOT NULL;

-- object: constraint: fk_service_logs_service_id_service ON __reana.service_logs
ALTER TABLE __reana.service_logs ADD CONSTRAINT fk_service_logs_service_id_service FOREIGN KEY (service_id) REFERENCES __reana.service(id_) ON DELETE CASCADE;

-- object: constraint: pk_service_logs ON __reana.service_logs
ALTER TABLE __reana.service_logs ADD CONSTRAINT pk_service_logs PRIMARY KEY (id);

-- object: table: __reana.setting
CREATE TABLE __reana.setting ();

-- object: column: __reana.setting.name
ALTER TABLE __reana.setting ADD COLUMN name text;

-- object: column: __reana.setting.updated
ALTER TABLE __reana.setting ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.setting.value
ALTER TABLE __reana.setting ADD COLUMN value text;

-- object: default: __reana.setting.updated
ALTER TABLE __reana.setting ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.setting.name
ALTER TABLE __reana.setting ALTER COLUMN name SET NOT NULL;

-- object: not null: __reana.setting.updated
ALTER TABLE __reana.setting ALTER COLUMN updated SET NOT NULL;

-- object: not null: __reana.setting.value
ALTER TABLE __reana.setting ALTER COLUMN value SET NOT NULL;

-- object: constraint: ck_setting_value ON __reana.setting
ALTER TABLE __reana.setting ADD CONSTRAINT ck_setting_value CHECK (
CASE name
    WHEN 'status_mode'::text THEN (value = ANY (ARRAY['enforce'::text, 'keep'::text, 'observe'::text]))
    WHEN 'termination_quota_update_policy'::text THEN (value = ANY (ARRAY[''::text, 'cpu'::text, 'disk'::text, 'cpu,disk'::text]))
    WHEN 'secrets_form'::text THEN (value = ANY (ARRAY['compatible'::text, 'sealed'::text]))
    ELSE false
END);

-- object: constraint: pk_setting ON __reana.setting
ALTER TABLE __reana.setting ADD CONSTRAINT pk_setting PRIMARY KEY (name);

-- object: table: __reana.status_history
CREATE TABLE __reana.status_history ();

-- object: column: __reana.status_history.allowed
ALTER TABLE __reana.status_history ADD COLUMN allowed boolean;

-- object: column: __reana.status_history.application_name
ALTER TABLE __reana.status_history ADD COLUMN application_name text;

-- object: column: __reana.status_history.changed_at
ALTER TABLE __reana.status_history ADD COLUMN changed_at timestamp with time zone;

-- object: column: __reana.status_history.entity
ALTER TABLE __reana.status_history ADD COLUMN entity text;

-- object: column: __reana.status_history.entity_id
ALTER TABLE __reana.status_history ADD COLUMN entity_id uuid;

-- object: column: __reana.status_history.from_status
ALTER TABLE __reana.status_history ADD COLUMN from_status text;

-- object: column: __reana.status_history.id
ALTER TABLE __reana.status_history ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY;

-- object: column: __reana.status_history.made
ALTER TABLE __reana.status_history ADD COLUMN made boolean;

-- object: column: __reana.status_history.role
ALTER TABLE __reana.status_history ADD COLUMN role text;

-- object: column: __reana.status_history.to_status
ALTER TABLE __reana.status_history ADD COLUMN to_status text;

-- object: default: __reana.status_history.application_name
ALTER TABLE __reana.status_history ALTER COLUMN application_name SET DEFAULT current_setting('application_name'::text);

-- object: default: __reana.status_history.changed_at
ALTER TABLE __reana.status_history ALTER COLUMN changed_at SET DEFAULT clock_timestamp();

-- object: default: __reana.status_history.made
ALTER TABLE __reana.status_history ALTER COLUMN made SET DEFAULT true;

-- object: default: __reana.status_history.role
ALTER TABLE __reana.status_history ALTER COLUMN role SET DEFAULT SESSION_USER;

-- object: not null: __reana.status_history.allowed
ALTER TABLE __reana.status_history ALTER COLUMN allowed SET NOT NULL;

-- object: not null: __reana.status_history.application_name
ALTER TABLE __reana.status_history ALTER COLUMN application_name SET NOT NULL;

-- object: not null: __reana.status_history.changed_at
ALTER TABLE __reana.status_history ALTER COLUMN changed_at SET NOT NULL;

-- object: not null: __reana.status_history.entity
ALTER TABLE __reana.status_history ALTER COLUMN entity SET NOT NULL;

-- object: not null: __reana.status_history.entity_id
ALTER TABLE __reana.status_history ALTER COLUMN entity_id SET NOT NULL;

-- object: not null: __reana.status_history.id
ALTER TABLE __reana.status_history ALTER COLUMN id SET NOT NULL;

-- object: not null: __reana.status_history.made
ALTER TABLE __reana.status_history ALTER COLUMN made SET NOT NULL;

-- object: not null: __reana.status_history.role
ALTER TABLE __reana.status_history ALTER COLUMN role SET NOT NULL;

-- object: constraint: pk_status_history ON __reana.status_history
ALTER TABLE __reana.status_history ADD CONSTRAINT pk_status_history PRIMARY KEY (entity_id, id);

-- object: table: __reana.status_message
CREATE TABLE __reana.status_message ();

-- object: column: __reana.status_message.message_id
ALTER TABLE __reana.status_message ADD COLUMN message_id text;

-- object: column: __reana.status_message.status_after
ALTER TABLE __reana.status_message ADD COLUMN status_after text;

-- object: column: __reana.status_message.status_before
ALTER TABLE __reana.status_message ADD COLUMN status_before text;

-- object: column: __reana.status_message.workflow_id
ALTER TABLE __reana.status_message ADD COLUMN workflow_id uuid;

-- object: not null: __reana.status_message.message_id
ALTER TABLE __reana.status_message ALTER COLUMN message_id SET NOT NULL;

-- object: not null: __reana.status_message.workflow_id
ALTER TABLE __reana.status_message ALTER COLUMN workflow_id SET NOT NULL;

-- object: constraint: ck_status_message_message_id ON __reana.status_message
ALTER TABLE __reana.status_message ADD CONSTRAINT ck_status_message_message_id CHECK (((length(message_id) >= 1) AND (length(message_id) <= 255)));

-- object: constraint: fk_status_message_workflow_id ON __reana.status_message
ALTER TABLE __reana.status_message ADD CONSTRAINT fk_status_message_workflow_id FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_) ON DELETE CASCADE;

-- object: constraint: pk_status_message ON __reana.status_message
ALTER TABLE __reana.status_message ADD CONSTRAINT pk_status_message PRIMARY KEY (workflow_id, message_id);

-- object: table: __reana.status_transition
CREATE TABLE __reana.status_transition ();

-- object: column: __reana.status_transition.entity
ALTER TABLE __reana.status_transition ADD COLUMN entity text;

-- object: column: __reana.status_transition.from_status
ALTER TABLE __reana.status_transition ADD COLUMN from_status text;

-- object: column: __reana.status_transition.reason
ALTER TABLE __reana.status_transition ADD COLUMN reason text;

-- object: column: __reana.status_transition.to_status
ALTER TABLE __reana.status_transition ADD COLUMN to_status text;

-- object: not null: __reana.status_transition.entity
ALTER TABLE __reana.status_transition ALTER COLUMN entity SET NOT NULL;

-- object: not null: __reana.status_transition.from_status
ALTER TABLE __reana.status_transition ALTER COLUMN from_status SET NOT NULL;

-- object: not null: __reana.status_transition.reason
ALTER TABLE __reana.status_transition ALTER COLUMN reason SET NOT NULL;

-- object: not null: __reana.status_transition.to_status
ALTER TABLE __reana.status_transition ALTER COLUMN to_status SET NOT NULL;

-- object: constraint: ck_status_transition_distinct ON __reana.status_transition
ALTER TABLE __reana.status_transition ADD CONSTRAINT ck_status_transition_distinct CHECK ((from_status <> to_status));

-- object: constraint: ck_status_transition_entity ON __reana.status_transition
ALTER TABLE __reana.status_transition ADD CONSTRAINT ck_status_transition_entity CHECK ((entity = ANY (ARRAY['workflow'::text, 'job'::text, 'interactive_session'::text, 'service'::text, 'workspace_retention_rule'::text])));

-- object: constraint: pk_status_transition ON __reana.status_transition
ALTER TABLE __reana.status_transition ADD CONSTRAINT pk_status_transition PRIMARY KEY (entity, from_status, to_status);

-- object: table: __reana.user_
CREATE TABLE __reana.user_ ();

-- object: column: __reana.user_.created
ALTER TABLE __reana.user_ ADD COLUMN created timestamp without time zone;

-- object: column: __reana.user_.email
ALTER TABLE __reana.user_ ADD COLUMN email character varying(255);

-- object: column: __reana.user_.full_name
ALTER TABLE __reana.user_ ADD COLUMN full_name character varying(255);

-- object: column: __reana.user_.gitlab_webhook_secret
ALTER TABLE __reana.user_ ADD COLUMN gitlab_webhook_secret bytea;

-- object: column: __reana.user_.gitlab_webhook_secret_digest
ALTER TABLE __reana.user_ ADD COLUMN gitlab_webhook_secret_digest character varying(64);

-- object: column: __reana.user_.gitlab_webhook_secret_expires_at
ALTER TABLE __reana.user_ ADD COLUMN gitlab_webhook_secret_expires_at timestamp without time zone;

-- object: column: __reana.user_.id_
ALTER TABLE __reana.user_ ADD COLUMN id_ uuid;

-- object: column: __reana.user_.idp_issuer
ALTER TABLE __reana.user_ ADD COLUMN idp_issuer character varying(255);

-- object: column: __reana.user_.idp_subject
ALTER TABLE __reana.user_ ADD COLUMN idp_subject character varying(255);

-- object: column: __reana.user_.updated
ALTER TABLE __reana.user_ ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.user_.username
ALTER TABLE __reana.user_ ADD COLUMN username character varying(255);

-- object: default: __reana.user_.created
ALTER TABLE __reana.user_ ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.user_.updated
ALTER TABLE __reana.user_ ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.user_.created
ALTER TABLE __reana.user_ ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.user_.email
ALTER TABLE __reana.user_ ALTER COLUMN email SET NOT NULL;

-- object: not null: __reana.user_.id_
ALTER TABLE __reana.user_ ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.user_.updated
ALTER TABLE __reana.user_ ALTER COLUMN updated SET NOT NULL;

-- object: constraint: ck_user__gitlab_webhook_secret_complete ON __reana.user_
ALTER TABLE __reana.user_ ADD CONSTRAINT ck_user__gitlab_webhook_secret_complete CHECK (((gitlab_webhook_secret IS NULL) = (gitlab_webhook_secret_digest IS NULL)));

-- object: constraint: ck_user__idp_identity_complete ON __reana.user_
ALTER TABLE __reana.user_ ADD CONSTRAINT ck_user__idp_identity_complete CHECK (((idp_issuer IS NULL) = (idp_subject IS NULL)));

-- object: constraint: pk_user_ ON __reana.user_
ALTER TABLE __reana.user_ ADD CONSTRAINT pk_user_ PRIMARY KEY (id_, email);

-- object: constraint: uq_user__email ON __reana.user_
ALTER TABLE __reana.user_ ADD CONSTRAINT uq_user__email UNIQUE (email);

-- object: constraint: uq_user__gitlab_webhook_secret_digest ON __reana.user_
ALTER TABLE __reana.user_ ADD CONSTRAINT uq_user__gitlab_webhook_secret_digest UNIQUE (gitlab_webhook_secret_digest);

-- object: constraint: uq_user__id_ ON __reana.user_
ALTER TABLE __reana.user_ ADD CONSTRAINT uq_user__id_ UNIQUE (id_);

-- object: constraint: uq_user__idp_identity ON __reana.user_
ALTER TABLE __reana.user_ ADD CONSTRAINT uq_user__idp_identity UNIQUE (idp_issuer, idp_subject);

-- object: table: __reana.user_resource
CREATE TABLE __reana.user_resource ();

-- object: column: __reana.user_resource.created
ALTER TABLE __reana.user_resource ADD COLUMN created timestamp without time zone;

-- object: column: __reana.user_resource.quota_counted
ALTER TABLE __reana.user_resource ADD COLUMN quota_counted numeric;

-- object: column: __reana.user_resource.quota_limit
ALTER TABLE __reana.user_resource ADD COLUMN quota_limit bigint;

-- object: column: __reana.user_resource.quota_period_months
ALTER TABLE __reana.user_resource ADD COLUMN quota_period_months integer;

-- object: column: __reana.user_resource.quota_period_start_at
ALTER TABLE __reana.user_resource ADD COLUMN quota_period_start_at timestamp without time zone;

-- object: column: __reana.user_resource.quota_used
ALTER TABLE __reana.user_resource ADD COLUMN quota_used bigint;

-- object: column: __reana.user_resource.resource_id
ALTER TABLE __reana.user_resource ADD COLUMN resource_id uuid;

-- object: column: __reana.user_resource.updated
ALTER TABLE __reana.user_resource ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.user_resource.user_id
ALTER TABLE __reana.user_resource ADD COLUMN user_id uuid;

-- object: default: __reana.user_resource.created
ALTER TABLE __reana.user_resource ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.user_resource.updated
ALTER TABLE __reana.user_resource ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.user_resource.created
ALTER TABLE __reana.user_resource ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.user_resource.resource_id
ALTER TABLE __reana.user_resource ALTER COLUMN resource_id SET NOT NULL;

-- object: not null: __reana.user_resource.updated
ALTER TABLE __reana.user_resource ALTER COLUMN updated SET NOT NULL;

-- object: not null: __reana.user_resource.user_id
ALTER TABLE __reana.user_resource ALTER COLUMN user_id SET NOT NULL;

-- object: constraint: ck_user_resource_quota_period_months_positive ON __reana.user_resource
ALTER TABLE __reana.user_resource ADD CONSTRAINT ck_user_resource_quota_period_months_positive CHECK (((quota_period_months IS NULL) OR (quota_period_months > 0)));

-- object: constraint: fk_user_resource_resource_id_resource ON __reana.user_resource
ALTER TABLE __reana.user_resource ADD CONSTRAINT fk_user_resource_resource_id_resource FOREIGN KEY (resource_id) REFERENCES __reana.resource(id_);

-- object: constraint: fk_user_resource_user_id_user_ ON __reana.user_resource
ALTER TABLE __reana.user_resource ADD CONSTRAINT fk_user_resource_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_(id_);

-- object: constraint: pk_user_resource ON __reana.user_resource
ALTER TABLE __reana.user_resource ADD CONSTRAINT pk_user_resource PRIMARY KEY (user_id, resource_id);

-- object: table: __reana.user_token
CREATE TABLE __reana.user_token ();

-- object: column: __reana.user_token.created
ALTER TABLE __reana.user_token ADD COLUMN created timestamp without time zone;

-- object: column: __reana.user_token.id_
ALTER TABLE __reana.user_token ADD COLUMN id_ uuid;

-- object: column: __reana.user_token.status
ALTER TABLE __reana.user_token ADD COLUMN status public.usertokenstatus;

-- object: column: __reana.user_token.token
ALTER TABLE __reana.user_token ADD COLUMN token bytea;

-- object: column: __reana.user_token.token_digest
ALTER TABLE __reana.user_token ADD COLUMN token_digest bytea;

-- object: column: __reana.user_token.type_
ALTER TABLE __reana.user_token ADD COLUMN type_ public.usertokentype;

-- object: column: __reana.user_token.updated
ALTER TABLE __reana.user_token ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.user_token.user_id
ALTER TABLE __reana.user_token ADD COLUMN user_id uuid;

-- object: default: __reana.user_token.created
ALTER TABLE __reana.user_token ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.user_token.updated
ALTER TABLE __reana.user_token ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.user_token.created
ALTER TABLE __reana.user_token ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.user_token.id_
ALTER TABLE __reana.user_token ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.user_token.type_
ALTER TABLE __reana.user_token ALTER COLUMN type_ SET NOT NULL;

-- object: not null: __reana.user_token.updated
ALTER TABLE __reana.user_token ALTER COLUMN updated SET NOT NULL;

-- object: not null: __reana.user_token.user_id
ALTER TABLE __reana.user_token ALTER COLUMN user_id SET NOT NULL;

-- object: constraint: fk_user_token_user_id_user_ ON __reana.user_token
ALTER TABLE __reana.user_token ADD CONSTRAINT fk_user_token_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_(id_);

-- object: constraint: pk_user_token ON __reana.user_token
ALTER TABLE __reana.user_token ADD CONSTRAINT pk_user_token PRIMARY KEY (id_);

-- object: constraint: uq_user_token_token ON __reana.user_token
ALTER TABLE __reana.user_token ADD CONSTRAINT uq_user_token_token UNIQUE (token);

-- object: table: __reana.user_workflow
CREATE TABLE __reana.user_workflow ();

-- object: column: __reana.user_workflow.access_type
ALTER TABLE __reana.user_workflow ADD COLUMN access_type public.accesstype;

-- object: column: __reana.user_workflow.message
ALTER TABLE __reana.user_workflow ADD COLUMN message character varying(5000);

-- object: column: __reana.user_workflow.user_id
ALTER TABLE __reana.user_workflow ADD COLUMN user_id uuid;

-- object: column: __reana.user_workflow.valid_until
ALTER TABLE __reana.user_workflow ADD COLUMN valid_until timestamp without time zone;

-- object: column: __reana.user_workflow.workflow_id
ALTER TABLE __reana.user_workflow ADD COLUMN workflow_id uuid;

-- object: not null: __reana.user_workflow.access_type
ALTER TABLE __reana.user_workflow ALTER COLUMN access_type SET NOT NULL;

-- object: not null: __reana.user_workflow.user_id
ALTER TABLE __reana.user_workflow ALTER COLUMN user_id SET NOT NULL;

-- object: not null: __reana.user_workflow.workflow_id
ALTER TABLE __reana.user_workflow ALTER COLUMN workflow_id SET NOT NULL;

-- object: constraint: fk_user_workflow_user_id_user_ ON __reana.user_workflow
ALTER TABLE __reana.user_workflow ADD CONSTRAINT fk_user_workflow_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_(id_);

-- object: constraint: fk_user_workflow_workflow_id_workflow ON __reana.user_workflow
ALTER TABLE __reana.user_workflow ADD CONSTRAINT fk_user_workflow_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_);

-- object: constraint: pk_user_workflow ON __reana.user_workflow
ALTER TABLE __reana.user_workflow ADD CONSTRAINT pk_user_workflow PRIMARY KEY (workflow_id, user_id);

-- object: table: __reana.workflow
CREATE TABLE __reana.workflow ();

-- object: column: __reana.workflow.complexity
ALTER TABLE __reana.workflow ADD COLUMN complexity bigint[];

-- object: column: __reana.workflow.created
ALTER TABLE __reana.workflow ADD COLUMN created timestamp without time zone;

-- object: column: __reana.workflow.engine_specific
ALTER TABLE __reana.workflow ADD COLUMN engine_specific json;

-- object: column: __reana.workflow.git_provider
ALTER TABLE __reana.workflow ADD COLUMN git_provider character varying(255);

-- object: column: __reana.workflow.git_ref
ALTER TABLE __reana.workflow ADD COLUMN git_ref character varying(40);

-- object: column: __reana.workflow.git_repo
ALTER TABLE __reana.workflow ADD COLUMN git_repo character varying(255);

-- object: column: __reana.workflow.id_
ALTER TABLE __reana.workflow ADD COLUMN id_ uuid;

-- object: column: __reana.workflow.input_parameters
ALTER TABLE __reana.workflow ADD COLUMN input_parameters json;

-- object: column: __reana.workflow.job_progress
ALTER TABLE __reana.workflow ADD COLUMN job_progress json;

-- object: column: __reana.workflow.launcher_url
ALTER TABLE __reana.workflow ADD COLUMN launcher_url character varying;

-- object: column: __reana.workflow.logs
ALTER TABLE __reana.workflow ADD COLUMN logs character varying;

-- object: column: __reana.workflow.name
ALTER TABLE __reana.workflow ADD COLUMN name character varying(255);

-- object: column: __reana.workflow.operational_options
ALTER TABLE __reana.workflow ADD COLUMN operational_options json;

-- object: column: __reana.workflow.owner_id
ALTER TABLE __reana.workflow ADD COLUMN owner_id uuid;

-- object: column: __reana.workflow.reana_specification
ALTER TABLE __reana.workflow ADD COLUMN reana_specification json;

-- object: column: __reana.workflow.restart
ALTER TABLE __reana.workflow ADD COLUMN restart boolean;

-- object: column: __reana.workflow.run_finished_at
ALTER TABLE __reana.workflow ADD COLUMN run_finished_at timestamp without time zone;

-- object: column: __reana.workflow.run_number_major
ALTER TABLE __reana.workflow ADD COLUMN run_number_major integer;

-- object: column: __reana.workflow.run_number_minor
ALTER TABLE __reana.workflow ADD COLUMN run_number_minor integer;

-- object: column: __reana.workflow.run_started_at
ALTER TABLE __reana.workflow ADD COLUMN run_started_at timestamp without time zone;

-- object: column: __reana.workflow.run_stopped_at
ALTER TABLE __reana.workflow ADD COLUMN run_stopped_at timestamp without time zone;

-- object: column: __reana.workflow.status
ALTER TABLE __reana.workflow ADD COLUMN status public.runstatus;

-- object: column: __reana.workflow.type_
ALTER TABLE __reana.workflow ADD COLUMN type_ character varying(30);

-- object: column: __reana.workflow.updated
ALTER TABLE __reana.workflow ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.workflow.workspace_path
ALTER TABLE __reana.workflow ADD COLUMN workspace_path character varying;

-- object: default: __reana.workflow.created
ALTER TABLE __reana.workflow ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.workflow.job_progress
ALTER TABLE __reana.workflow ALTER COLUMN job_progress SET DEFAULT '{}'::json;

-- object: default: __reana.workflow.logs
ALTER TABLE __reana.workflow ALTER COLUMN logs SET DEFAULT ''::character varying;

-- object: default: __reana.workflow.restart
ALTER TABLE __reana.workflow ALTER COLUMN restart SET DEFAULT false;

-- object: default: __reana.workflow.status
ALTER TABLE __reana.workflow ALTER COLUMN status SET DEFAULT 'created'::public.runstatus;

-- object: default: __reana.workflow.updated
ALTER TABLE __reana.workflow ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.workflow.created
ALTER TABLE __reana.workflow ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.workflow.id_
ALTER TABLE __reana.workflow ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.workflow.updated
ALTER TABLE __reana.workflow ALTER COLUMN updated SET NOT NULL;

-- object: constraint: fk_workflow_owner_id_user_ ON __reana.workflow
ALTER TABLE __reana.workflow ADD CONSTRAINT fk_workflow_owner_id_user_ FOREIGN KEY (owner_id) REFERENCES __reana.user_(id_);

-- object: constraint: pk_workflow ON __reana.workflow
ALTER TABLE __reana.workflow ADD CONSTRAINT pk_workflow PRIMARY KEY (id_);

-- object: constraint: uq_workflow_owner_id ON __reana.workflow
ALTER TABLE __reana.workflow ADD CONSTRAINT uq_workflow_owner_id UNIQUE (owner_id, name, run_number_major, run_number_minor);

-- object: table: __reana.workflow_resource
CREATE TABLE __reana.workflow_resource ();

-- object: column: __reana.workflow_resource.created
ALTER TABLE __reana.workflow_resource ADD COLUMN created timestamp without time zone;

-- object: column: __reana.workflow_resource.quota_used
ALTER TABLE __reana.workflow_resource ADD COLUMN quota_used bigint;

-- object: column: __reana.workflow_resource.resource_id
ALTER TABLE __reana.workflow_resource ADD COLUMN resource_id uuid;

-- object: column: __reana.workflow_resource.updated
ALTER TABLE __reana.workflow_resource ADD COLUMN updated timestamp without time zone;

-- object: column: __reana.workflow_resource.workflow_id
ALTER TABLE __reana.workflow_resource ADD COLUMN workflow_id uuid;

-- object: default: __reana.workflow_resource.created
ALTER TABLE __reana.workflow_resource ALTER COLUMN created SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: default: __reana.workflow_resource.updated
ALTER TABLE __reana.workflow_resource ALTER COLUMN updated SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'::text);

-- object: not null: __reana.workflow_resource.created
ALTER TABLE __reana.workflow_resource ALTER COLUMN created SET NOT NULL;

-- object: not null: __reana.workflow_resource.resource_id
ALTER TABLE __reana.workflow_resource ALTER COLUMN resource_id SET NOT NULL;

-- object: not null: __reana.workflow_resource.updated
ALTER TABLE __reana.workflow_resource ALTER COLUMN updated SET NOT NULL;

-- object: not null: __reana.workflow_resource.workflow_id
ALTER TABLE __reana.workflow_resource ALTER COLUMN workflow_id SET NOT NULL;

-- object: constraint: fk_workflow_resource_resource_id_resource ON __reana.workflow_resource
ALTER TABLE __reana.workflow_resource ADD CONSTRAINT fk_workflow_resource_resource_id_resource FOREIGN KEY (resource_id) REFERENCES __reana.resource(id_);

-- object: constraint: fk_workflow_resource_workflow_id_workflow ON __reana.workflow_resource
ALTER TABLE __reana.workflow_resource ADD CONSTRAINT fk_workflow_resource_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_);

-- object: constraint: pk_workflow_resource ON __reana.workflow_resource
ALTER TABLE __reana.workflow_resource ADD CONSTRAINT pk_workflow_resource PRIMARY KEY (workflow_id, resource_id);

-- object: table: __reana.workflow_service
CREATE TABLE __reana.workflow_service ();

-- object: column: __reana.workflow_service.service_id
ALTER TABLE __reana.workflow_service ADD COLUMN service_id uuid;

-- object: column: __reana.workflow_service.workflow_id
ALTER TABLE __reana.workflow_service ADD COLUMN workflow_id uuid;

-- object: not null: __reana.workflow_service.service_id
ALTER TABLE __reana.workflow_service ALTER COLUMN service_id SET NOT NULL;

-- object: constraint: fk_workflow_service_service_id_service ON __reana.workflow_service
ALTER TABLE __reana.workflow_service ADD CONSTRAINT fk_workflow_service_service_id_service FOREIGN KEY (service_id) REFERENCES __reana.service(id_);

-- object: constraint: fk_workflow_service_workflow_id_workflow ON __reana.workflow_service
ALTER TABLE __reana.workflow_service ADD CONSTRAINT fk_workflow_service_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_);

-- object: constraint: pk_workflow_service ON __reana.workflow_service
ALTER TABLE __reana.workflow_service ADD CONSTRAINT pk_workflow_service PRIMARY KEY (service_id);

-- object: table: __reana.workflow_session
CREATE TABLE __reana.workflow_session ();

-- object: column: __reana.workflow_session.session_id
ALTER TABLE __reana.workflow_session ADD COLUMN session_id uuid;

-- object: column: __reana.workflow_session.workflow_id
ALTER TABLE __reana.workflow_session ADD COLUMN workflow_id uuid;

-- object: not null: __reana.workflow_session.session_id
ALTER TABLE __reana.workflow_session ALTER COLUMN session_id SET NOT NULL;

-- object: constraint: fk_workflow_session_session_id_interactive_session ON __reana.workflow_session
ALTER TABLE __reana.workflow_session ADD CONSTRAINT fk_workflow_session_session_id_interactive_session FOREIGN KEY (session_id) REFERENCES __reana.interactive_session(id_);

-- object: constraint: fk_workflow_session_workflow_id_workflow ON __reana.workflow_session
ALTER TABLE __reana.workflow_session ADD CONSTRAINT fk_workflow_session_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_);

-- object: constraint: pk_workflow_session ON __reana.workflow_session
ALTER TABLE __reana.workflow_session ADD CONSTRAINT pk_workflow_session PRIMARY KEY (session_id);

-- object: table: __reana.workspace_removal
CREATE TABLE __reana.workspace_removal ();

-- object: column: __reana.workspace_removal.claimed_at
ALTER TABLE __reana.workspace_removal ADD COLUMN claimed_at timestamp with time zone;

-- object: column: __reana.workspace_removal.closed
ALTER TABLE __reana.workspace_removal ADD COLUMN closed jsonb;

-- object: column: __reana.workspace_removal.workflow_id
ALTER TABLE __reana.workspace_removal ADD COLUMN workflow_id uuid;

-- object: default: __reana.workspace_removal.claimed_at
ALTER TABLE __reana.workspace_removal ALTER COLUMN claimed_at SET DEFAULT clock_timestamp();

-- object: not null: __reana.workspace_removal.claimed_at
ALTER TABLE __reana.workspace_removal ALTER COLUMN claimed_at SET NOT NULL;

-- object: not null: __reana.workspace_removal.closed
ALTER TABLE __reana.workspace_removal ALTER COLUMN closed SET NOT NULL;

-- object: not null: __reana.workspace_removal.workflow_id
ALTER TABLE __reana.workspace_removal ALTER COLUMN workflow_id SET NOT NULL;

-- object: constraint: fk_workspace_removal_workflow_id ON __reana.workspace_removal
ALTER TABLE __reana.workspace_removal ADD CONSTRAINT fk_workspace_removal_workflow_id FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_) ON DELETE CASCADE;

-- object: constraint: pk_workspace_removal ON __reana.workspace_removal
ALTER TABLE __reana.workspace_removal ADD CONSTRAINT pk_workspace_removal PRIMARY KEY (workflow_id);

-- object: table: __reana.workspace_retention_audit_log
CREATE TABLE __reana.workspace_retention_audit_log ();

-- object: column: __reana.workspace_retention_audit_log."timestamp"
ALTER TABLE __reana.workspace_retention_audit_log ADD COLUMN "timestamp" timestamp without time zone;

-- object: column: __reana.workspace_retention_audit_log.action
ALTER TABLE __reana.workspace_retention_audit_log ADD COLUMN action public.workspaceretentionrulestatus;

-- object: column: __reana.workspace_retention_audit_log.workspace_retention_rule_id
ALTER TABLE __reana.workspace_retention_audit_log ADD COLUMN workspace_retention_rule_id uuid;

-- object: default: __reana.workspace_retention_audit_log."timestamp"
ALTER TABLE __reana.workspace_retention_audit_log ALTER COLUMN "timestamp" SET DEFAULT now();

-- object: not null: __reana.workspace_retention_audit_log."timestamp"
ALTER TABLE __reana.workspace_retention_audit_log ALTER COLUMN "timestamp" SET NOT NULL;

-- object: not null: __reana.workspace_retention_audit_log.action
ALTER TABLE __reana.workspace_retention_audit_log ALTER COLUMN action SET NOT NULL;

-- object: not null: __reana.workspace_retention_audit_log.workspace_retention_rule_id
ALTER TABLE __reana.workspace_retention_audit_log ALTER COLUMN workspace_retention_rule_id SET NOT NULL;

-- object: constraint: fk_workspace_retention_audit_log_workspace_retention_ru_7253 ON __reana.workspace_retention_audit_log
ALTER TABLE __reana.workspace_retention_audit_log ADD CONSTRAINT fk_workspace_retention_audit_log_workspace_retention_ru_7253 FOREIGN KEY (workspace_retention_rule_id) REFERENCES __reana.workspace_retention_rule(id_);

-- object: constraint: pk_workspace_retention_audit_log ON __reana.workspace_retention_audit_log
ALTER TABLE __reana.workspace_retention_audit_log ADD CONSTRAINT pk_workspace_retention_audit_log PRIMARY KEY (workspace_retention_rule_id, "timestamp", action);

-- object: table: __reana.workspace_retention_rule
CREATE TABLE __reana.workspace_retention_rule ();

-- object: column: __reana.workspace_retention_rule.apply_on
ALTER TABLE __reana.workspace_retention_rule ADD COLUMN apply_on timestamp without time zone;

-- object: column: __reana.workspace_retention_rule.id_
ALTER TABLE __reana.workspace_retention_rule ADD COLUMN id_ uuid;

-- object: column: __reana.workspace_retention_rule.pending_since
ALTER TABLE __reana.workspace_retention_rule ADD COLUMN pending_since timestamp without time zone;

-- object: column: __reana.workspace_retention_rule.retention_days
ALTER TABLE __reana.workspace_retention_rule ADD COLUMN retention_days integer;

-- object: column: __reana.workspace_retention_rule.status
ALTER TABLE __reana.workspace_retention_rule ADD COLUMN status public.workspaceretentionrulestatus;

-- object: column: __reana.workspace_retention_rule.workflow_id
ALTER TABLE __reana.workspace_retention_rule ADD COLUMN workflow_id uuid;

-- object: column: __reana.workspace_retention_rule.workspace_files
ALTER TABLE __reana.workspace_retention_rule ADD COLUMN workspace_files character varying(255);

-- object: default: __reana.workspace_retention_rule.status
ALTER TABLE __reana.workspace_retention_rule ALTER COLUMN status SET DEFAULT 'created'::public.workspaceretentionrulestatus;

-- object: not null: __reana.workspace_retention_rule.id_
ALTER TABLE __reana.workspace_retention_rule ALTER COLUMN id_ SET NOT NULL;

-- object: not null: __reana.workspace_retention_rule.retention_days
ALTER TABLE __reana.workspace_retention_rule ALTER COLUMN retention_days SET NOT NULL;

-- object: not null: __reana.workspace_retention_rule.status
ALTER TABLE __reana.workspace_retention_rule ALTER COLUMN status SET NOT NULL;

-- object: not null: __reana.workspace_retention_rule.workflow_id
ALTER TABLE __reana.workspace_retention_rule ALTER COLUMN workflow_id SET NOT NULL;

-- object: not null: __reana.workspace_retention_rule.workspace_files
ALTER TABLE __reana.workspace_retention_rule ALTER COLUMN workspace_files SET NOT NULL;

-- object: constraint: fk_workspace_retention_rule_workflow_id_workflow ON __reana.workspace_retention_rule
ALTER TABLE __reana.workspace_retention_rule ADD CONSTRAINT fk_workspace_retention_rule_workflow_id_workflow FOREIGN KEY (workflow_id) REFERENCES __reana.workflow(id_);

-- object: constraint: pk_workspace_retention_rule ON __reana.workspace_retention_rule
ALTER TABLE __reana.workspace_retention_rule ADD CONSTRAINT pk_workspace_retention_rule PRIMARY KEY (id_);

-- object: constraint: uq_workspace_retention_rule_workflow_id ON __reana.workspace_retention_rule
ALTER TABLE __reana.workspace_retention_rule ADD CONSTRAINT uq_workspace_retention_rule_workflow_id UNIQUE (workflow_id, workspace_files);

-- object: function: __reana.assign_run_number()
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

-- object: function: __reana.count_changed_runs()
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
    -- Most updates are of runs that have not ended: follow_run says whether there is more.
    IF
        TG_OP = 'UPDATE'
        AND current_setting('reana_db.runs_changed', TRUE) IS DISTINCT FROM 'yes'
    THEN
        RETURN NULL;
    END IF;

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

        SELECT array_agg(id_), array_agg(DISTINCT owner_id)
        INTO v_runs, v_owners
        FROM new_run
        WHERE COALESCE(run_finished_at, run_stopped_at) IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(id_), array_agg(DISTINCT owner_id) INTO v_runs, v_owners FROM old_run;
    ELSE
        -- A full join is never a nested loop, whatever the planner believes of these tables.  All
        -- owners, to be locked in one order; the former too, for a run may have usage that the
        -- snapshot lacks.
        SELECT array_agg(id_), array_agg(old_run.owner_id) || array_agg(new_run.owner_id)
        INTO v_runs, v_owners
        FROM old_run
        FULL JOIN new_run USING (id_)
        WHERE
            (
                old_run.owner_id, old_run.workspace_path,
                old_run.run_finished_at, old_run.run_stopped_at
            ) IS DISTINCT FROM (
                new_run.owner_id, new_run.workspace_path,
                new_run.run_finished_at, new_run.run_stopped_at
            )
            OR (
                old_run.run_started_at IS DISTINCT FROM new_run.run_started_at
                AND COALESCE(new_run.run_finished_at, new_run.run_stopped_at) IS NOT NULL
            );
    END IF;

    IF v_runs IS NOT NULL THEN
        -- All usage before the totals: who changes one of these rows may be waiting for the totals.
        PERFORM
        FROM __reana.workflow_resource
        WHERE workflow_resource.workflow_id = ANY(v_runs)
        ORDER BY workflow_resource.workflow_id, workflow_resource.resource_id
        FOR NO KEY UPDATE;

        PERFORM __reana.lock_totals(ARRAY(
            SELECT DISTINCT id_ FROM unnest(v_owners) AS id_ WHERE id_ IS NOT NULL
        ));
        PERFORM __reana.count_runs(v_runs, EXISTS (
            SELECT FROM __reana.setting
            WHERE name = 'termination_quota_update_policy' AND value IN ('cpu', 'cpu,disk')
        ));
    END IF;
    RETURN NULL;
END
$function$
;

-- object: function: __reana.count_changed_usage()
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
        v_runs := (SELECT array_agg(DISTINCT workflow_id) FROM old_usage);
    ELSE
        -- Not what count_runs records: of that the ledger knows already.
        v_runs := (
            SELECT array_agg(DISTINCT new_usage.workflow_id)
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
            SELECT array_agg(DISTINCT moved.workflow_id)
            FROM (
                SELECT workflow_id, resource_id FROM old_usage
                EXCEPT
                SELECT workflow_id, resource_id FROM new_usage
            ) AS moved
            WHERE moved.workflow_id <> ALL(COALESCE(v_runs, '{}'))
        );
    END IF;

    IF v_runs IS NOT NULL THEN
        PERFORM __reana.count_used_runs(v_runs);
    END IF;
    RETURN NULL;
END
$function$
;

-- object: function: __reana.count_runs(uuid[],boolean)
CREATE OR REPLACE FUNCTION __reana.count_runs(p_workflow_ids uuid[], p_is_recorded boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
    v_owners uuid [];
    v_resources uuid [];
    v_used numeric [];
BEGIN
    -- What is looked up run by run has OFFSET 0: else it may be joined as a whole.  And a full join
    -- is never a nested loop.
    WITH due AS (
        SELECT
            usage.workflow_id, usage.owner_id, usage.workspace_path,
            usage.run_started_at, usage.run_ended_at,
            CASE
                WHEN p_is_recorded AND usage.run_ended_at IS NOT NULL
                    THEN __reana.cpu_milliseconds(usage.run_started_at, usage.run_ended_at, NULL)
                ELSE usage.cpu_used
            END AS cpu_used,
            usage.disk_used
        FROM unnest(p_workflow_ids) AS run (id_)
        CROSS JOIN LATERAL (
            SELECT
                run_usage.workflow_id, run_usage.owner_id, run_usage.workspace_path,
                run_usage.run_started_at, run_usage.run_ended_at,
                run_usage.cpu_used, run_usage.disk_used
            FROM __reana.run_usage
            WHERE run_usage.workflow_id = run.id_
            OFFSET 0
        ) AS usage
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
            p_is_recorded
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
        FULL JOIN (
            SELECT user_id, quota_period_months, quota_period_start_at
            FROM __reana.user_resource
            WHERE
                user_id = ANY(ARRAY(SELECT DISTINCT owner_id FROM change))
                AND resource_id = (SELECT resource_id FROM __reana.quota_resource WHERE type_ = 'cpu')
        ) AS total ON change.owner_id = total.user_id
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

-- object: function: __reana.count_used_runs(uuid[])
CREATE OR REPLACE FUNCTION __reana.count_used_runs(p_workflow_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_owners uuid [];
    v_locked uuid [] := '{}';
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        -- Fails with 40001 if a run has got another owner or workspace since the snapshot.
        -- Who is about to give it one waits for its usage, and counts it afterwards.
        PERFORM
        FROM __reana.workflow
        WHERE workflow.id_ = ANY(p_workflow_ids)
        FOR KEY SHARE SKIP LOCKED;
    END IF;

    -- Again, because an owner can change while this waits for the totals of the former one.
    LOOP
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
        PERFORM __reana.lock_totals(v_owners);
        v_locked := v_locked || v_owners;
    END LOOP;
    PERFORM __reana.count_runs(p_workflow_ids, FALSE);
END
$function$
;

-- object: function: __reana.count_web_sessions()
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

-- object: function: __reana.counted_cpu(uuid,timestamp without time zone)
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

-- object: function: __reana.counted_disk(uuid)
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

-- object: function: __reana.cpu_milliseconds(timestamp without time zone,timestamp without time zone,timestamp without time zone)
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

-- object: function: __reana.current_period_start(timestamp without time zone,integer,timestamp without time zone)
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
    IF p_start_at > p_now OR NOT isfinite(p_start_at) OR p_months NOT BETWEEN 1 AND c_endless THEN
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

-- object: function: __reana.end_of_retention(integer)
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

-- object: function: __reana.end_retention_rules(uuid,text,integer,uuid)
CREATE OR REPLACE FUNCTION __reana.end_retention_rules(p_owner_id uuid, p_name text, p_run_number_major integer, p_restart_id uuid)
 RETURNS void
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
            workflow.owner_id = p_owner_id
            AND workflow.name = p_name
            AND workflow.run_number_major = p_run_number_major
            AND rule.status IN ('created', 'active', 'pending')
            AND rule.workflow_id IS DISTINCT FROM p_restart_id
        ORDER BY rule.id_
        FOR NO KEY UPDATE OF rule
    ) AS locked;

    IF v_rule_ids IS NULL THEN
        RETURN;
    END IF;

    IF p_restart_id IS NOT NULL THEN
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
                    p_name, p_run_number_major),
                DETAIL = format('entity=workflow id=%s owner=%s pending_rule=%s',
                    p_restart_id, p_owner_id, v_pending),
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
END
$function$
;

-- object: function: __reana.ensure_session_secret(uuid,bytea,bytea,bytea)
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

-- object: function: __reana.ensure_webhook_secret(uuid,bytea,bytea,text,timestamp without time zone,boolean)
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

-- object: function: __reana.first_end(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone)
CREATE OR REPLACE FUNCTION __reana.first_end(p_stored timestamp without time zone, p_given timestamp without time zone, p_start timestamp without time zone, p_now timestamp without time zone)
 RETURNS timestamp without time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
SELECT COALESCE(p_stored, GREATEST(p_start, COALESCE(p_given, p_now)))
$function$
;

-- object: function: __reana.first_start(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone)
CREATE OR REPLACE FUNCTION __reana.first_start(p_stored timestamp without time zone, p_given timestamp without time zone, p_end timestamp without time zone, p_now timestamp without time zone)
 RETURNS timestamp without time zone
 LANGUAGE sql
 IMMUTABLE
AS $function$
SELECT COALESCE(p_stored, LEAST(p_end, COALESCE(p_given, p_now)))
$function$
;

-- object: function: __reana.follow_restart()
CREATE OR REPLACE FUNCTION __reana.follow_restart()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM __reana.end_retention_rules(
        NEW.owner_id, NEW.name, NEW.run_number_major, NEW.id_
    );
    RETURN NULL;
END
$function$
;

-- object: function: __reana.follow_run()
CREATE OR REPLACE FUNCTION __reana.follow_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF
        COALESCE(
            NEW.run_finished_at, NEW.run_stopped_at, OLD.run_finished_at, OLD.run_stopped_at
        ) IS NULL
        AND NEW.status OPERATOR(pg_catalog.<>) 'deleted'
        AND NEW.id_ OPERATOR(pg_catalog.=) OLD.id_
        AND NEW.owner_id OPERATOR(pg_catalog.=) OLD.owner_id
        AND NEW.workspace_path OPERATOR(pg_catalog.=) OLD.workspace_path
    THEN
        RETURN NULL;
    END IF;

    -- Said after all rows are changed, so that no expression of the statement takes it back.
    IF
        COALESCE(pg_catalog.current_setting('reana_db.runs_changed', TRUE), '')
        OPERATOR(pg_catalog.<>) 'yes'
    THEN
        PERFORM pg_catalog.set_config('reana_db.runs_changed', 'yes', TRUE);
    END IF;

    IF NEW.status OPERATOR(pg_catalog.=) OLD.status THEN
        RETURN NULL;
    END IF;

    IF NEW.status OPERATOR(pg_catalog.=) 'deleted' THEN
        PERFORM __reana.end_retention_rules(
            NEW.owner_id, NEW.name, NEW.run_number_major, NULL
        );
    ELSIF
        NEW.status OPERATOR(pg_catalog.=) ANY ('{finished,failed}'::public.runstatus [])
    THEN
        PERFORM
        FROM __reana.workspace_retention_rule AS rule
        WHERE
            rule.workflow_id OPERATOR(pg_catalog.=) NEW.id_
            AND rule.status OPERATOR(pg_catalog.=) 'created'
        ORDER BY rule.id_
        FOR NO KEY UPDATE;

        IF FOUND THEN
            UPDATE __reana.workspace_retention_rule
            SET status = 'active'
            WHERE
                workspace_retention_rule.workflow_id OPERATOR(pg_catalog.=) NEW.id_
                AND workspace_retention_rule.status OPERATOR(pg_catalog.=) 'created';
        END IF;
    END IF;
    RETURN NULL;
END
$function$
;

-- object: function: __reana.forget_session_secret_digest()
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

-- object: function: __reana.forget_token_digest()
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

-- object: function: __reana.grant_token(uuid,uuid,bytea,bytea,bytea,uuid,uuid,json)
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

-- object: function: __reana.guard_interactive_session()
CREATE OR REPLACE FUNCTION __reana.guard_interactive_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    NEW.updated := CASE
        WHEN NEW.updated IS DISTINCT FROM OLD.updated THEN NEW.updated
        ELSE clock_timestamp() AT TIME ZONE 'UTC'
    END;

    IF NEW.status IS NOT DISTINCT FROM OLD.status THEN
        RETURN NEW;
    END IF;

    IF __reana.is_transition('interactive_session', OLD.status::text, NEW.status::text) THEN
        INSERT INTO __reana.status_history (entity, entity_id, from_status, to_status, allowed)
        VALUES ('interactive_session', OLD.id_, OLD.status, NEW.status, TRUE);
    ELSIF NOT __reana.judge_violation(
        'interactive_session', OLD.id_, OLD.status::text, NEW.status::text
    ) THEN
        NEW.status := OLD.status;
        RETURN NEW;
    END IF;

    RETURN NEW;
END
$function$
;

-- object: function: __reana.guard_job()
CREATE OR REPLACE FUNCTION __reana.guard_job()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    NEW.updated := CASE
        WHEN NEW.updated IS DISTINCT FROM OLD.updated THEN NEW.updated
        ELSE clock_timestamp() AT TIME ZONE 'UTC'
    END;

    IF NEW.status IS NOT DISTINCT FROM OLD.status THEN
        RETURN NEW;
    END IF;

    IF __reana.is_transition('job', OLD.status::text, NEW.status::text) THEN
        INSERT INTO __reana.status_history (entity, entity_id, from_status, to_status, allowed)
        VALUES ('job', OLD.id_, OLD.status, NEW.status, TRUE);
    ELSIF NOT __reana.judge_violation(
        'job', OLD.id_, OLD.status::text, NEW.status::text
    ) THEN
        NEW.status := OLD.status;
        NEW.started_at := OLD.started_at;
        NEW.finished_at := OLD.finished_at;
        RETURN NEW;
    END IF;

    NEW.started_at := CASE NEW.status
        WHEN 'running' THEN __reana.first_start(
            OLD.started_at, NEW.started_at, COALESCE(OLD.finished_at, NEW.finished_at), clock_timestamp() AT TIME ZONE 'UTC'
        )
        ELSE COALESCE(OLD.started_at, NEW.started_at)
    END;
    NEW.finished_at := CASE
        WHEN NEW.status IN ('finished', 'failed') THEN __reana.first_end(
            OLD.finished_at, NEW.finished_at, NEW.started_at, clock_timestamp() AT TIME ZONE 'UTC'
        )
        ELSE COALESCE(OLD.finished_at, NEW.finished_at)
    END;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.guard_service()
CREATE OR REPLACE FUNCTION __reana.guard_service()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NEW.status IS NOT DISTINCT FROM OLD.status THEN
        RETURN NEW;
    END IF;

    IF __reana.is_transition('service', OLD.status::text, NEW.status::text) THEN
        INSERT INTO __reana.status_history (entity, entity_id, from_status, to_status, allowed)
        VALUES ('service', OLD.id_, OLD.status, NEW.status, TRUE);
    ELSIF NOT __reana.judge_violation(
        'service', OLD.id_, OLD.status::text, NEW.status::text
    ) THEN
        NEW.status := OLD.status;
        RETURN NEW;
    END IF;

    RETURN NEW;
END
$function$
;

-- object: function: __reana.guard_workflow()
CREATE OR REPLACE FUNCTION __reana.guard_workflow()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    NEW.updated := CASE
        WHEN NEW.updated IS DISTINCT FROM OLD.updated THEN NEW.updated
        ELSE clock_timestamp() AT TIME ZONE 'UTC'
    END;

    IF NEW.status IS NOT DISTINCT FROM OLD.status THEN
        RETURN NEW;
    END IF;

    IF __reana.is_transition('workflow', OLD.status::text, NEW.status::text) THEN
        INSERT INTO __reana.status_history (entity, entity_id, from_status, to_status, allowed)
        VALUES ('workflow', OLD.id_, OLD.status, NEW.status, TRUE);
    ELSIF NOT __reana.judge_violation(
        'workflow', OLD.id_, OLD.status::text, NEW.status::text
    ) THEN
        NEW.status := OLD.status;
        NEW.run_started_at := OLD.run_started_at;
        NEW.run_finished_at := OLD.run_finished_at;
        NEW.run_stopped_at := OLD.run_stopped_at;
        RETURN NEW;
    END IF;

    NEW.run_started_at := CASE NEW.status
        WHEN 'running' THEN __reana.first_start(
            OLD.run_started_at,
            NEW.run_started_at,
            LEAST(
                COALESCE(OLD.run_finished_at, NEW.run_finished_at),
                COALESCE(OLD.run_stopped_at, NEW.run_stopped_at)
            ),
            clock_timestamp() AT TIME ZONE 'UTC'
        )
        ELSE COALESCE(OLD.run_started_at, NEW.run_started_at)
    END;
    NEW.run_finished_at := CASE
        WHEN NEW.status IN ('finished', 'failed') THEN __reana.first_end(
            OLD.run_finished_at, NEW.run_finished_at, NEW.run_started_at, clock_timestamp() AT TIME ZONE 'UTC'
        )
        ELSE COALESCE(OLD.run_finished_at, NEW.run_finished_at)
    END;
    NEW.run_stopped_at := CASE NEW.status
        WHEN 'stopped' THEN __reana.first_end(
            OLD.run_stopped_at, NEW.run_stopped_at, NEW.run_started_at, clock_timestamp() AT TIME ZONE 'UTC'
        )
        ELSE COALESCE(OLD.run_stopped_at, NEW.run_stopped_at)
    END;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.guard_workspace_retention_rule()
CREATE OR REPLACE FUNCTION __reana.guard_workspace_retention_rule()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NEW.status IS NOT DISTINCT FROM OLD.status THEN
        RETURN NEW;
    END IF;

    IF __reana.is_transition('workspace_retention_rule', OLD.status::text, NEW.status::text) THEN
        INSERT INTO __reana.status_history (entity, entity_id, from_status, to_status, allowed)
        VALUES ('workspace_retention_rule', OLD.id_, OLD.status, NEW.status, TRUE);
    ELSIF NOT __reana.judge_violation(
        'workspace_retention_rule', OLD.id_, OLD.status::text, NEW.status::text
    ) THEN
        NEW.status := OLD.status;
        NEW.apply_on := OLD.apply_on;
        NEW.pending_since := OLD.pending_since;
        RETURN NEW;
    END IF;

    RETURN NEW;
END
$function$
;

-- object: function: __reana.has_expired(timestamp without time zone)
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

-- object: function: __reana.is_transition(text,text,text)
CREATE OR REPLACE FUNCTION __reana.is_transition(p_entity text, p_from text, p_to text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE
    -- from NULL, in rows of old releases, there is nothing to guard
    WHEN p_from IS NULL OR p_to IS NULL OR p_from OPERATOR(pg_catalog.=) p_to
        THEN p_to IS NOT NULL
    WHEN p_entity OPERATOR(pg_catalog.=) 'interactive_session'
        THEN p_from OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) p_to
            OPERATOR(pg_catalog.=) ANY ('{"created deleted","created failed","created finished","created running","created stopped","failed deleted","finished deleted","running deleted","running failed","running finished","running stopped","stopped deleted"}'::pg_catalog.text [])
    WHEN p_entity OPERATOR(pg_catalog.=) 'job'
        THEN p_from OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) p_to
            OPERATOR(pg_catalog.=) ANY ('{"created failed","created finished","created queued","created running","created stopped","queued failed","queued finished","queued running","queued stopped","running failed","running finished","running stopped"}'::pg_catalog.text [])
    WHEN p_entity OPERATOR(pg_catalog.=) 'service'
        THEN p_from OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) p_to
            OPERATOR(pg_catalog.=) ANY ('{"created deleted","created failed","created finished","created running","created stopped","failed deleted","finished deleted","running deleted","running failed","running finished","running stopped","stopped deleted"}'::pg_catalog.text [])
    WHEN p_entity OPERATOR(pg_catalog.=) 'workflow'
        THEN p_from OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) p_to
            OPERATOR(pg_catalog.=) ANY ('{"created deleted","created queued","failed deleted","failed running","finished deleted","finished running","pending deleted","pending failed","pending finished","pending running","queued deleted","queued failed","queued pending","queued running","running failed","running finished","running stopped","stopped deleted"}'::pg_catalog.text [])
    WHEN p_entity OPERATOR(pg_catalog.=) 'workspace_retention_rule'
        THEN p_from OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) p_to
            OPERATOR(pg_catalog.=) ANY ('{"active inactive","active pending","created active","created inactive","inactive active","pending active","pending applied"}'::pg_catalog.text [])
    ELSE FALSE
END
$function$
;

-- object: function: __reana.judge_violation(text,uuid,text,text)
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
    INSERT INTO __reana.status_history (entity, entity_id, from_status, to_status, allowed, made)
    VALUES (p_entity, p_id, p_from, p_to, FALSE, c_mode = 'observe');

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

-- object: function: __reana.keep_quota_used()
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

-- object: function: __reana.lock_run()
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

-- object: function: __reana.lock_totals(uuid[])
CREATE OR REPLACE FUNCTION __reana.lock_totals(p_user_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    c_needed CONSTANT integer := 2 * cardinality(p_user_ids);
    v_locked integer;
BEGIN
    -- What is missing is made before anything is locked: who held one total and then made or met
    -- the one before it would lock them in another order than the rest.  Again if a total was
    -- deleted while this waited for it.
    FOR v_attempt IN 1 .. 3 LOOP
        IF c_needed > (
            SELECT count(quota_counted) FROM __reana.user_resource
            WHERE user_resource.user_id = ANY(p_user_ids)
        ) THEN
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
        END IF;

        PERFORM
        FROM __reana.user_resource
        WHERE user_resource.user_id = ANY(p_user_ids) AND user_resource.quota_counted IS NOT NULL
        ORDER BY user_resource.user_id, user_resource.resource_id
        FOR NO KEY UPDATE;
        GET DIAGNOSTICS v_locked = ROW_COUNT;
        EXIT WHEN v_locked = c_needed;
    END LOOP;
END
$function$
;

-- object: function: __reana.merge_job_progress(json,json)
CREATE OR REPLACE FUNCTION __reana.merge_job_progress(p_stored json, p_message json)
 RETURNS json
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_stored jsonb := '{}';
BEGIN
    -- Type json holds texts and numbers that jsonb does not, and older clients may have stored some.
    BEGIN
        IF json_typeof(p_stored) = 'object' THEN
            v_stored := p_stored;
        END IF;
    EXCEPTION
        WHEN data_exception OR program_limit_exceeded THEN
            NULL;
    END;

    RETURN (
        WITH given AS (
            SELECT
                v_stored AS stored,
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

-- object: function: __reana.record_retention_action()
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

-- object: function: __reana.record_runs(uuid[],uuid[])
CREATE OR REPLACE FUNCTION __reana.record_runs(p_workflow_ids uuid[], p_owner_ids uuid[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    v_runs uuid [];
BEGIN
    PERFORM __reana.lock_totals(p_owner_ids);
    -- The totals are locked, so rows that somebody else holds must not be waited for: their owner
    -- may be waiting for the totals.  And runs that have another owner by now are left out, for
    -- the totals of that one would be locked out of order.
    v_runs := ARRAY(
        SELECT workflow.id_
        FROM __reana.workflow
        WHERE workflow.id_ = ANY(p_workflow_ids) AND workflow.owner_id = ANY(p_owner_ids)
        FOR NO KEY UPDATE SKIP LOCKED
    );
    v_runs := ARRAY(
        WITH free AS (
            SELECT workflow_id, resource_id
            FROM __reana.workflow_resource
            WHERE workflow_resource.workflow_id = ANY(v_runs)
            FOR NO KEY UPDATE SKIP LOCKED
        ),

        held AS (
            SELECT workflow_id, resource_id
            FROM __reana.workflow_resource
            WHERE workflow_resource.workflow_id = ANY(v_runs)
            EXCEPT
            SELECT workflow_id, resource_id FROM free
        )

        SELECT unnest(v_runs)
        EXCEPT
        SELECT workflow_id FROM held
    );
    PERFORM set_config('reana_db.runs_locked', 'yes', TRUE);
    PERFORM __reana.count_runs(v_runs, TRUE);
    PERFORM set_config('reana_db.runs_locked', 'no', TRUE);
    RETURN cardinality(v_runs);
END
$function$
;

-- object: function: __reana.record_status()
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

-- object: function: __reana.recount_everybody()
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

-- object: function: __reana.recount_quota()
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

-- object: function: __reana.recount_user(uuid)
CREATE OR REPLACE FUNCTION __reana.recount_user(p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM __reana.lock_totals(ARRAY[p_user_id]);
    PERFORM __reana.count_used_runs(ARRAY(
        SELECT workflow_id FROM __reana.run_usage WHERE owner_id = p_user_id
        UNION
        SELECT workflow_id FROM __reana.quota_ledger WHERE owner_id = p_user_id
    ));
    UPDATE __reana.user_resource
    SET quota_counted = NULL
    WHERE user_resource.user_id = p_user_id AND user_resource.quota_counted IS NOT NULL;
END
$function$
;

-- object: function: __reana.refuse_interactive_session_values()
CREATE OR REPLACE FUNCTION __reana.refuse_interactive_session_values()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.created BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.created::text IS DISTINCT FROM OLD.created::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'interactive_session.created must be between the years 1 and 9999, not ' || quote_literal(left(NEW.created::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'created';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.refuse_job_values()
CREATE OR REPLACE FUNCTION __reana.refuse_job_values()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.created BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.created::text IS DISTINCT FROM OLD.created::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'job.created must be between the years 1 and 9999, not ' || quote_literal(left(NEW.created::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'created';
    END IF;
    IF
        (NEW.finished_at BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.finished_at::text IS DISTINCT FROM OLD.finished_at::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'job.finished_at must be between the years 1 and 9999, not ' || quote_literal(left(NEW.finished_at::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'finished_at';
    END IF;
    IF
        (NEW.started_at BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.started_at::text IS DISTINCT FROM OLD.started_at::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'job.started_at must be between the years 1 and 9999, not ' || quote_literal(left(NEW.started_at::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'started_at';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.refuse_negative_usage()
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

-- object: function: __reana.refuse_resource_values()
CREATE OR REPLACE FUNCTION __reana.refuse_resource_values()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.default_limit >= 0) IS FALSE
        AND NEW.default_limit::text IS DISTINCT FROM OLD.default_limit::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'resource.default_limit must be at least 0, not ' || quote_literal(left(NEW.default_limit::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'default_limit';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.refuse_restart_during_removal()
CREATE OR REPLACE FUNCTION __reana.refuse_restart_during_removal()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM __reana.workspace_removal
        INNER JOIN __reana.workflow ON workspace_removal.workflow_id = workflow.id_
        WHERE
            workflow.workspace_path = NEW.workspace_path
            AND workflow.owner_id = NEW.owner_id
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '23R02',
            MESSAGE = format(
                'Run %s.%s cannot be restarted while files of its workspace are removed.',
                NEW.name, NEW.run_number_major),
            DETAIL = format('entity=workflow id=%s owner=%s', NEW.id_, NEW.owner_id),
            HINT = 'A run of this workspace was deleted.',
            SCHEMA = '__reana',
            TABLE = 'workflow';
    END IF;
    RETURN NULL;
END
$function$
;

-- object: function: __reana.refuse_user_resource_values()
CREATE OR REPLACE FUNCTION __reana.refuse_user_resource_values()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.quota_limit >= 0) IS FALSE
        AND NEW.quota_limit::text IS DISTINCT FROM OLD.quota_limit::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'user_resource.quota_limit must be at least 0, not ' || quote_literal(left(NEW.quota_limit::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'quota_limit';
    END IF;
    IF
        (NEW.quota_period_start_at BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.quota_period_start_at::text IS DISTINCT FROM OLD.quota_period_start_at::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'user_resource.quota_period_start_at must be between the years 1 and 9999, not ' || quote_literal(left(NEW.quota_period_start_at::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'quota_period_start_at';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.refuse_user_values()
CREATE OR REPLACE FUNCTION __reana.refuse_user_values()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.email <> '' AND NEW.email !~ '[[:cntrl:]]') IS FALSE
        AND NEW.email::text IS DISTINCT FROM OLD.email::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'user_.email must be text without control characters, not empty, not ' || quote_literal(left(NEW.email::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'email';
    END IF;
    IF
        (NEW.gitlab_webhook_secret_expires_at BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.gitlab_webhook_secret_expires_at::text IS DISTINCT FROM OLD.gitlab_webhook_secret_expires_at::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'user_.gitlab_webhook_secret_expires_at must be between the years 1 and 9999, not ' || quote_literal(left(NEW.gitlab_webhook_secret_expires_at::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'gitlab_webhook_secret_expires_at';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.refuse_user_workflow_values()
CREATE OR REPLACE FUNCTION __reana.refuse_user_workflow_values()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.valid_until BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.valid_until::text IS DISTINCT FROM OLD.valid_until::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'user_workflow.valid_until must be between the years 1 and 9999, not ' || quote_literal(left(NEW.valid_until::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'valid_until';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.refuse_workflow_times()
CREATE OR REPLACE FUNCTION __reana.refuse_workflow_times()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.created BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.created::text IS DISTINCT FROM OLD.created::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workflow.created must be between the years 1 and 9999, not ' || quote_literal(left(NEW.created::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'created';
    END IF;
    IF
        (NEW.run_finished_at BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.run_finished_at::text IS DISTINCT FROM OLD.run_finished_at::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workflow.run_finished_at must be between the years 1 and 9999, not ' || quote_literal(left(NEW.run_finished_at::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'run_finished_at';
    END IF;
    IF
        (NEW.run_started_at BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.run_started_at::text IS DISTINCT FROM OLD.run_started_at::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workflow.run_started_at must be between the years 1 and 9999, not ' || quote_literal(left(NEW.run_started_at::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'run_started_at';
    END IF;
    IF
        (NEW.run_stopped_at BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.run_stopped_at::text IS DISTINCT FROM OLD.run_stopped_at::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workflow.run_stopped_at must be between the years 1 and 9999, not ' || quote_literal(left(NEW.run_stopped_at::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'run_stopped_at';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.refuse_workflow_values()
CREATE OR REPLACE FUNCTION __reana.refuse_workflow_values()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.name <> '' AND NEW.name !~ '[[:cntrl:]]') IS FALSE
        AND NEW.name::text IS DISTINCT FROM OLD.name::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workflow.name must be text without control characters, not empty, not ' || quote_literal(left(NEW.name::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'name';
    END IF;
    IF
        (json_typeof(NEW.reana_specification) IN ('object', 'null') OR NEW.reana_specification::text = '[]') IS FALSE
        AND NEW.reana_specification::text IS DISTINCT FROM OLD.reana_specification::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workflow.reana_specification must be an object or empty, not ' || quote_literal(left(NEW.reana_specification::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'reana_specification';
    END IF;
    IF
        (NEW.workspace_path LIKE '/%' OR NEW.workspace_path = '') IS FALSE
        AND NEW.workspace_path::text IS DISTINCT FROM OLD.workspace_path::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workflow.workspace_path must be an absolute path or empty, not ' || quote_literal(left(NEW.workspace_path::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'workspace_path';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.refuse_workspace_retention_rule_values()
CREATE OR REPLACE FUNCTION __reana.refuse_workspace_retention_rule_values()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF
        (NEW.apply_on BETWEEN '0001-01-02' AND '9999-12-30') IS FALSE
        AND NEW.apply_on::text IS DISTINCT FROM OLD.apply_on::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workspace_retention_rule.apply_on must be between the years 1 and 9999, not ' || quote_literal(left(NEW.apply_on::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'apply_on';
    END IF;
    IF
        (NEW.retention_days BETWEEN 0 AND 36500) IS FALSE
        AND NEW.retention_days::text IS DISTINCT FROM OLD.retention_days::text
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = 'workspace_retention_rule.retention_days must be from 0 to 36500, not ' || quote_literal(left(NEW.retention_days::text, 100)) || '.',
            SCHEMA = TG_TABLE_SCHEMA,
            TABLE = TG_TABLE_NAME,
            COLUMN = 'retention_days';
    END IF;
    RETURN NEW;
END
$function$
;

-- object: function: __reana.request_token(uuid,uuid,uuid)
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

-- object: function: __reana.separate_audit_times()
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

-- object: function: __reana.set_retention_dates()
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

-- object: function: __reana.set_updated()
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

-- object: function: __reana.status_mode()
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

-- object: function: __reana.stored_form(bytea,bytea)
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

-- object: index: __reana.ix___reana_audit_log_user_id_created
CREATE INDEX ix___reana_audit_log_user_id_created ON __reana.audit_log USING btree (user_id, created);

-- object: index: __reana.ix___reana_interactive_session_undigested
CREATE INDEX ix___reana_interactive_session_undigested ON __reana.interactive_session USING btree (id_) WHERE ((session_secret IS NOT NULL) AND (session_secret_digest IS NULL));

-- object: index: __reana.ix___reana_job_cache_job_id
CREATE INDEX ix___reana_job_cache_job_id ON __reana.job_cache USING btree (job_id);

-- object: index: __reana.ix___reana_job_cache_parameters_workspace_hash
CREATE INDEX ix___reana_job_cache_parameters_workspace_hash ON __reana.job_cache USING btree (parameters, workspace_hash);

-- object: index: __reana.ix___reana_job_status_compute_backend
CREATE INDEX ix___reana_job_status_compute_backend ON __reana.job USING btree (status, compute_backend);

-- object: index: __reana.ix___reana_job_workflow_uuid
CREATE INDEX ix___reana_job_workflow_uuid ON __reana.job USING btree (workflow_uuid, created);

-- object: index: __reana.ix___reana_quota_ledger_owner_id_cpu_used
CREATE INDEX ix___reana_quota_ledger_owner_id_cpu_used ON __reana.quota_ledger USING btree (owner_id, cpu_used DESC, workflow_id) WHERE (cpu_used > 0);

-- object: index: __reana.ix___reana_quota_ledger_owner_id_disk_used
CREATE INDEX ix___reana_quota_ledger_owner_id_disk_used ON __reana.quota_ledger USING btree (owner_id, disk_used DESC, workflow_id) WHERE (disk_used > 0);

-- object: index: __reana.ix___reana_quota_ledger_owner_id_run_ended_at
CREATE INDEX ix___reana_quota_ledger_owner_id_run_ended_at ON __reana.quota_ledger USING btree (owner_id, run_ended_at);

-- object: index: __reana.ix___reana_quota_ledger_owner_id_workspace_path
CREATE INDEX ix___reana_quota_ledger_owner_id_workspace_path ON __reana.quota_ledger USING btree (owner_id, workspace_path) WHERE (disk_used > 0);

-- object: index: __reana.ix___reana_service_logs_service_id
CREATE INDEX ix___reana_service_logs_service_id ON __reana.service_logs USING btree (service_id);

-- object: index: __reana.ix___reana_user_resource_resource_id
CREATE INDEX ix___reana_user_resource_resource_id ON __reana.user_resource USING btree (resource_id, user_id);

-- object: index: __reana.ix___reana_user_token_user_id
CREATE INDEX ix___reana_user_token_user_id ON __reana.user_token USING btree (user_id);

-- object: index: __reana.ix___reana_user_workflow_user_id_workflow_id
CREATE INDEX ix___reana_user_workflow_user_id_workflow_id ON __reana.user_workflow USING btree (user_id, workflow_id);

-- object: index: __reana.ix___reana_workflow_owner_id_created_id_
CREATE INDEX ix___reana_workflow_owner_id_created_id_ ON __reana.workflow USING btree (owner_id, created DESC, id_) INCLUDE (name, status);

-- object: index: __reana.ix___reana_workflow_service_workflow_id
CREATE INDEX ix___reana_workflow_service_workflow_id ON __reana.workflow_service USING btree (workflow_id);

-- object: index: __reana.ix___reana_workflow_session_workflow_id
CREATE INDEX ix___reana_workflow_session_workflow_id ON __reana.workflow_session USING btree (workflow_id);

-- object: index: __reana.ix___reana_workflow_status
CREATE INDEX ix___reana_workflow_status ON __reana.workflow USING btree (status);

-- object: index: __reana.ix___reana_workflow_workspace_path
CREATE INDEX ix___reana_workflow_workspace_path ON __reana.workflow USING hash (workspace_path);

-- object: index: __reana.ix___reana_workspace_retention_rule_status_apply_on
CREATE INDEX ix___reana_workspace_retention_rule_status_apply_on ON __reana.workspace_retention_rule USING btree (status, apply_on);

-- object: index: __reana.uq_interactive_session_session_secret_digest
CREATE UNIQUE INDEX uq_interactive_session_session_secret_digest ON __reana.interactive_session USING btree (session_secret_digest);

-- object: index: __reana.uq_user_token_active
CREATE UNIQUE INDEX uq_user_token_active ON __reana.user_token USING btree (user_id, type_) WHERE (status = 'active'::public.usertokenstatus);

-- object: index: __reana.uq_user_token_requested
CREATE UNIQUE INDEX uq_user_token_requested ON __reana.user_token USING btree (user_id, type_) WHERE (status = 'requested'::public.usertokenstatus);

-- object: index: __reana.uq_user_token_token_digest
CREATE UNIQUE INDEX uq_user_token_token_digest ON __reana.user_token USING btree (token_digest);

-- object: view: __reana.current_quota
CREATE OR REPLACE VIEW __reana.current_quota AS
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

-- object: view: __reana.quota_resource
CREATE OR REPLACE VIEW __reana.quota_resource AS
 SELECT id_ AS resource_id,
    type_
   FROM __reana.resource
  WHERE ((name)::text =
        CASE type_
            WHEN 'cpu'::public.resourcetype THEN 'processing time'::text
            WHEN 'disk'::public.resourcetype THEN 'shared storage'::text
            ELSE NULL::text
        END);

-- object: view: __reana.run_time
CREATE OR REPLACE VIEW __reana.run_time AS
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

-- object: view: __reana.run_usage
CREATE OR REPLACE VIEW __reana.run_usage AS
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

-- object: view: reana.migrations
CREATE OR REPLACE VIEW reana.migrations AS
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

-- object: view: reana.open_sessions
CREATE OR REPLACE VIEW reana.open_sessions AS
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

-- object: view: reana.retention_rules_due
CREATE OR REPLACE VIEW reana.retention_rules_due AS
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

-- object: view: reana.run_history
CREATE OR REPLACE VIEW reana.run_history AS
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

-- object: view: reana.running_load
CREATE OR REPLACE VIEW reana.running_load AS
 SELECT user_.email AS owner,
    count(*) FILTER (WHERE (workflow.status = 'queued'::public.runstatus)) AS queued,
    count(*) FILTER (WHERE (workflow.status = 'pending'::public.runstatus)) AS pending,
    count(*) FILTER (WHERE (workflow.status = 'running'::public.runstatus)) AS running
   FROM (__reana.workflow
     LEFT JOIN __reana.user_ ON ((workflow.owner_id = user_.id_)))
  WHERE (workflow.status = ANY (ARRAY['queued'::public.runstatus, 'pending'::public.runstatus, 'running'::public.runstatus]))
  GROUP BY user_.email;

-- object: view: reana.runs
CREATE OR REPLACE VIEW reana.runs AS
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

-- object: view: reana.stuck_runs
CREATE OR REPLACE VIEW reana.stuck_runs AS
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

-- object: view: reana.user_quota
CREATE OR REPLACE VIEW reana.user_quota AS
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

-- object: trigger: assign_run_number ON __reana.workflow
CREATE TRIGGER assign_run_number BEFORE INSERT ON __reana.workflow FOR EACH ROW WHEN (((new.run_number_major IS NULL) OR (new.run_number_minor IS NULL) OR (new.status = 'created'::public.runstatus))) EXECUTE FUNCTION __reana.assign_run_number();

-- object: trigger: count_deleted_runs ON __reana.workflow
CREATE TRIGGER count_deleted_runs AFTER DELETE ON __reana.workflow REFERENCING OLD TABLE AS old_run FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();

-- object: trigger: count_deleted_usage ON __reana.workflow_resource
CREATE TRIGGER count_deleted_usage AFTER DELETE ON __reana.workflow_resource REFERENCING OLD TABLE AS old_usage FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();

-- object: trigger: count_inserted_runs ON __reana.workflow
CREATE TRIGGER count_inserted_runs AFTER INSERT ON __reana.workflow REFERENCING NEW TABLE AS new_run FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();

-- object: trigger: count_inserted_usage ON __reana.workflow_resource
CREATE TRIGGER count_inserted_usage AFTER INSERT ON __reana.workflow_resource REFERENCING NEW TABLE AS new_usage FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();

-- object: trigger: count_updated_runs ON __reana.workflow
CREATE TRIGGER count_updated_runs AFTER UPDATE ON __reana.workflow REFERENCING OLD TABLE AS old_run NEW TABLE AS new_run FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();

-- object: trigger: count_updated_usage ON __reana.workflow_resource
CREATE TRIGGER count_updated_usage AFTER UPDATE ON __reana.workflow_resource REFERENCING OLD TABLE AS old_usage NEW TABLE AS new_usage FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();

-- object: trigger: follow_restart ON __reana.workflow
CREATE TRIGGER follow_restart AFTER INSERT ON __reana.workflow FOR EACH ROW WHEN ((new.restart AND (new.status = 'created'::public.runstatus))) EXECUTE FUNCTION __reana.follow_restart();

-- object: trigger: follow_run ON __reana.workflow
CREATE TRIGGER follow_run AFTER UPDATE ON __reana.workflow FOR EACH ROW EXECUTE FUNCTION __reana.follow_run();

-- object: trigger: forget_session_secret_digest ON __reana.interactive_session
CREATE TRIGGER forget_session_secret_digest BEFORE UPDATE OF session_secret ON __reana.interactive_session FOR EACH ROW WHEN (((old.session_secret IS DISTINCT FROM new.session_secret) AND (NOT (old.session_secret_digest IS DISTINCT FROM new.session_secret_digest)) AND (substr(old.session_secret, 1, 8) IS DISTINCT FROM '\x7365616c6564313a'::bytea) AND (substr(new.session_secret, 1, 8) IS DISTINCT FROM '\x7365616c6564313a'::bytea))) EXECUTE FUNCTION __reana.forget_session_secret_digest();

-- object: trigger: forget_token_digest ON __reana.user_token
CREATE TRIGGER forget_token_digest BEFORE UPDATE OF token ON __reana.user_token FOR EACH ROW WHEN (((old.token IS DISTINCT FROM new.token) AND (NOT (old.token_digest IS DISTINCT FROM new.token_digest)) AND (substr(old.token, 1, 8) IS DISTINCT FROM '\x7365616c6564313a'::bytea) AND (substr(new.token, 1, 8) IS DISTINCT FROM '\x7365616c6564313a'::bytea))) EXECUTE FUNCTION __reana.forget_token_digest();

-- object: trigger: lock_run ON __reana.workflow_resource
CREATE TRIGGER lock_run BEFORE INSERT ON __reana.workflow_resource FOR EACH ROW WHEN (((pg_trigger_depth() = 0) AND (current_setting('reana_db.runs_locked'::text, true) IS DISTINCT FROM 'yes'::text))) EXECUTE FUNCTION __reana.lock_run();

-- object: trigger: record_deletion ON __reana.interactive_session
CREATE TRIGGER record_deletion AFTER DELETE ON __reana.interactive_session FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_deletion ON __reana.job
CREATE TRIGGER record_deletion AFTER DELETE ON __reana.job FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_deletion ON __reana.service
CREATE TRIGGER record_deletion AFTER DELETE ON __reana.service FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_deletion ON __reana.workflow
CREATE TRIGGER record_deletion AFTER DELETE ON __reana.workflow FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_deletion ON __reana.workspace_retention_rule
CREATE TRIGGER record_deletion AFTER DELETE ON __reana.workspace_retention_rule FOR EACH ROW WHEN ((old.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_first_status ON __reana.interactive_session
CREATE TRIGGER record_first_status AFTER INSERT ON __reana.interactive_session FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_first_status ON __reana.job
CREATE TRIGGER record_first_status AFTER INSERT ON __reana.job FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_first_status ON __reana.service
CREATE TRIGGER record_first_status AFTER INSERT ON __reana.service FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_first_status ON __reana.workflow
CREATE TRIGGER record_first_status AFTER INSERT ON __reana.workflow FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_first_status ON __reana.workspace_retention_rule
CREATE TRIGGER record_first_status AFTER INSERT ON __reana.workspace_retention_rule FOR EACH ROW WHEN ((new.status IS NOT NULL)) EXECUTE FUNCTION __reana.record_status();

-- object: trigger: record_retention_action ON __reana.workspace_retention_rule
CREATE TRIGGER record_retention_action AFTER INSERT OR UPDATE ON __reana.workspace_retention_rule FOR EACH ROW EXECUTE FUNCTION __reana.record_retention_action();

-- object: trigger: recount_inserted_quota ON __reana.user_resource
CREATE TRIGGER recount_inserted_quota BEFORE INSERT ON __reana.user_resource FOR EACH ROW EXECUTE FUNCTION __reana.recount_quota();

-- object: trigger: recount_truncated_runs ON __reana.workflow
CREATE TRIGGER recount_truncated_runs AFTER TRUNCATE ON __reana.workflow FOR EACH STATEMENT EXECUTE FUNCTION __reana.recount_everybody();

-- object: trigger: recount_truncated_usage ON __reana.workflow_resource
CREATE TRIGGER recount_truncated_usage AFTER TRUNCATE ON __reana.workflow_resource FOR EACH STATEMENT EXECUTE FUNCTION __reana.recount_everybody();

-- object: trigger: recount_updated_quota ON __reana.user_resource
CREATE TRIGGER recount_updated_quota BEFORE UPDATE ON __reana.user_resource FOR EACH ROW WHEN (((new.quota_period_months IS NOT NULL) OR (old.quota_period_months IS NOT NULL) OR (new.user_id <> old.user_id) OR (new.resource_id <> old.resource_id) OR (new.quota_counted IS NULL))) EXECUTE FUNCTION __reana.recount_quota();

-- object: trigger: refuse_interactive_session_values ON __reana.interactive_session
CREATE TRIGGER refuse_interactive_session_values BEFORE INSERT OR UPDATE OF created ON __reana.interactive_session FOR EACH ROW EXECUTE FUNCTION __reana.refuse_interactive_session_values();

-- object: trigger: refuse_job_values ON __reana.job
CREATE TRIGGER refuse_job_values BEFORE INSERT OR UPDATE OF created, finished_at, started_at ON __reana.job FOR EACH ROW EXECUTE FUNCTION __reana.refuse_job_values();

-- object: trigger: refuse_negative_usage ON __reana.workflow_resource
CREATE TRIGGER refuse_negative_usage BEFORE INSERT OR UPDATE ON __reana.workflow_resource FOR EACH ROW WHEN ((new.quota_used < 0)) EXECUTE FUNCTION __reana.refuse_negative_usage();

-- object: trigger: refuse_resource_values ON __reana.resource
CREATE TRIGGER refuse_resource_values BEFORE INSERT OR UPDATE OF default_limit ON __reana.resource FOR EACH ROW EXECUTE FUNCTION __reana.refuse_resource_values();

-- object: trigger: refuse_restart_during_removal ON __reana.workflow
CREATE TRIGGER refuse_restart_during_removal AFTER INSERT ON __reana.workflow FOR EACH ROW WHEN ((new.restart AND (new.status = 'created'::public.runstatus))) EXECUTE FUNCTION __reana.refuse_restart_during_removal();

-- object: trigger: refuse_user_resource_values ON __reana.user_resource
CREATE TRIGGER refuse_user_resource_values BEFORE INSERT OR UPDATE OF quota_limit, quota_period_start_at ON __reana.user_resource FOR EACH ROW EXECUTE FUNCTION __reana.refuse_user_resource_values();

-- object: trigger: refuse_user_values ON __reana.user_
CREATE TRIGGER refuse_user_values BEFORE INSERT OR UPDATE OF email, gitlab_webhook_secret_expires_at ON __reana.user_ FOR EACH ROW EXECUTE FUNCTION __reana.refuse_user_values();

-- object: trigger: refuse_user_workflow_values ON __reana.user_workflow
CREATE TRIGGER refuse_user_workflow_values BEFORE INSERT OR UPDATE OF valid_until ON __reana.user_workflow FOR EACH ROW EXECUTE FUNCTION __reana.refuse_user_workflow_values();

-- object: trigger: refuse_workflow_times ON __reana.workflow
CREATE TRIGGER refuse_workflow_times BEFORE INSERT OR UPDATE OF created, run_finished_at, run_started_at, run_stopped_at ON __reana.workflow FOR EACH ROW EXECUTE FUNCTION __reana.refuse_workflow_times();

-- object: trigger: refuse_workflow_values ON __reana.workflow
CREATE TRIGGER refuse_workflow_values BEFORE INSERT OR UPDATE OF name, reana_specification, workspace_path ON __reana.workflow FOR EACH ROW EXECUTE FUNCTION __reana.refuse_workflow_values();

-- object: trigger: refuse_workspace_retention_rule_values ON __reana.workspace_retention_rule
CREATE TRIGGER refuse_workspace_retention_rule_values BEFORE INSERT OR UPDATE OF apply_on, retention_days ON __reana.workspace_retention_rule FOR EACH ROW EXECUTE FUNCTION __reana.refuse_workspace_retention_rule_values();

-- object: trigger: separate_audit_times ON __reana.workspace_retention_audit_log
CREATE TRIGGER separate_audit_times BEFORE INSERT ON __reana.workspace_retention_audit_log FOR EACH ROW WHEN ((new."timestamp" = (now())::timestamp without time zone)) EXECUTE FUNCTION __reana.separate_audit_times();

-- object: trigger: set_retention_dates ON __reana.workspace_retention_rule
CREATE TRIGGER set_retention_dates BEFORE INSERT OR UPDATE ON __reana.workspace_retention_rule FOR EACH ROW EXECUTE FUNCTION __reana.set_retention_dates();

-- object: trigger: set_updated ON __reana.audit_log
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.audit_log FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: set_updated ON __reana.interactive_session_resource
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.interactive_session_resource FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: set_updated ON __reana.job_cache
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.job_cache FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: set_updated ON __reana.resource
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.resource FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: set_updated ON __reana.setting
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.setting FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: set_updated ON __reana.user_
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.user_ FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: set_updated ON __reana.user_resource
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.user_resource FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: set_updated ON __reana.user_token
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.user_token FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: set_updated ON __reana.workflow_resource
CREATE TRIGGER set_updated BEFORE UPDATE ON __reana.workflow_resource FOR EACH ROW WHEN ((NOT (new.updated IS DISTINCT FROM old.updated))) EXECUTE FUNCTION __reana.set_updated();

-- object: trigger: zz_guard_status ON __reana.interactive_session
CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.interactive_session FOR EACH ROW EXECUTE FUNCTION __reana.guard_interactive_session();

-- object: trigger: zz_guard_status ON __reana.job
CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.job FOR EACH ROW EXECUTE FUNCTION __reana.guard_job();

-- object: trigger: zz_guard_status ON __reana.service
CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.service FOR EACH ROW EXECUTE FUNCTION __reana.guard_service();

-- object: trigger: zz_guard_status ON __reana.workflow
CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.workflow FOR EACH ROW EXECUTE FUNCTION __reana.guard_workflow();

-- object: trigger: zz_guard_status ON __reana.workspace_retention_rule
CREATE TRIGGER zz_guard_status BEFORE UPDATE ON __reana.workspace_retention_rule FOR EACH ROW EXECUTE FUNCTION __reana.guard_workspace_retention_rule();

-- object: trigger: zz_keep_quota_used ON __reana.user_resource
CREATE TRIGGER zz_keep_quota_used BEFORE INSERT OR UPDATE ON __reana.user_resource FOR EACH ROW WHEN ((new.quota_counted IS NOT NULL)) EXECUTE FUNCTION __reana.keep_quota_used();

-- object: revocation: __reana.count_changed_runs()
REVOKE EXECUTE ON FUNCTION __reana.count_changed_runs() FROM PUBLIC;

-- object: revocation: __reana.count_changed_usage()
REVOKE EXECUTE ON FUNCTION __reana.count_changed_usage() FROM PUBLIC;

-- object: revocation: __reana.count_runs(uuid[],boolean)
REVOKE EXECUTE ON FUNCTION __reana.count_runs(uuid[],boolean) FROM PUBLIC;

-- object: revocation: __reana.count_used_runs(uuid[])
REVOKE EXECUTE ON FUNCTION __reana.count_used_runs(uuid[]) FROM PUBLIC;

-- object: revocation: __reana.first_end(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone)
REVOKE EXECUTE ON FUNCTION __reana.first_end(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone) FROM PUBLIC;

-- object: revocation: __reana.first_start(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone)
REVOKE EXECUTE ON FUNCTION __reana.first_start(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone) FROM PUBLIC;

-- object: revocation: __reana.guard_interactive_session()
REVOKE EXECUTE ON FUNCTION __reana.guard_interactive_session() FROM PUBLIC;

-- object: revocation: __reana.guard_job()
REVOKE EXECUTE ON FUNCTION __reana.guard_job() FROM PUBLIC;

-- object: revocation: __reana.guard_service()
REVOKE EXECUTE ON FUNCTION __reana.guard_service() FROM PUBLIC;

-- object: revocation: __reana.guard_workflow()
REVOKE EXECUTE ON FUNCTION __reana.guard_workflow() FROM PUBLIC;

-- object: revocation: __reana.guard_workspace_retention_rule()
REVOKE EXECUTE ON FUNCTION __reana.guard_workspace_retention_rule() FROM PUBLIC;

-- object: revocation: __reana.judge_violation(text,uuid,text,text)
REVOKE EXECUTE ON FUNCTION __reana.judge_violation(text,uuid,text,text) FROM PUBLIC;

-- object: revocation: __reana.lock_run()
REVOKE EXECUTE ON FUNCTION __reana.lock_run() FROM PUBLIC;

-- object: revocation: __reana.record_status()
REVOKE EXECUTE ON FUNCTION __reana.record_status() FROM PUBLIC;

-- object: revocation: __reana.recount_everybody()
REVOKE EXECUTE ON FUNCTION __reana.recount_everybody() FROM PUBLIC;

-- object: revocation: __reana.recount_quota()
REVOKE EXECUTE ON FUNCTION __reana.recount_quota() FROM PUBLIC;

-- object: comment: COLUMN __reana.audit_log.action
COMMENT ON COLUMN __reana.audit_log.action IS 'What was done.';

-- object: comment: COLUMN __reana.audit_log.created
COMMENT ON COLUMN __reana.audit_log.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.audit_log.details
COMMENT ON COLUMN __reana.audit_log.details IS 'JSON: source, user_id, user_email and a message; JSON null where nothing was said. Entries of old releases may hold a token in clear.';

-- object: comment: COLUMN __reana.audit_log.id_
COMMENT ON COLUMN __reana.audit_log.id_ IS 'Primary key.';

-- object: comment: COLUMN __reana.audit_log.updated
COMMENT ON COLUMN __reana.audit_log.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.audit_log.user_id
COMMENT ON COLUMN __reana.audit_log.user_id IS 'Who did it: the administrator for grants and revocations, the user for requests.';

-- object: comment: COLUMN __reana.current_quota.quota_limit
COMMENT ON COLUMN __reana.current_quota.quota_limit IS 'The limit, in the unit of the resource; 0 is unlimited.';

-- object: comment: COLUMN __reana.current_quota.quota_period_months
COMMENT ON COLUMN __reana.current_quota.quota_period_months IS 'Length of the quota period in months; null counts for life.';

-- object: comment: COLUMN __reana.current_quota.quota_period_start_at
COMMENT ON COLUMN __reana.current_quota.quota_period_start_at IS 'When the current period began (UTC).';

-- object: comment: COLUMN __reana.current_quota.quota_used
COMMENT ON COLUMN __reana.current_quota.quota_used IS 'The usage, in the unit of the resource.';

-- object: comment: COLUMN __reana.current_quota.resource_id
COMMENT ON COLUMN __reana.current_quota.resource_id IS 'The resource.';

-- object: comment: COLUMN __reana.current_quota.user_id
COMMENT ON COLUMN __reana.current_quota.user_id IS 'The user.';

-- object: comment: COLUMN __reana.interactive_session.created
COMMENT ON COLUMN __reana.interactive_session.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.interactive_session.id_
COMMENT ON COLUMN __reana.interactive_session.id_ IS 'Primary key; also part of the name of its Kubernetes objects.';

-- object: comment: COLUMN __reana.interactive_session.name
COMMENT ON COLUMN __reana.interactive_session.name IS 'Name of its Kubernetes objects: <prefix>-run-session-<id>.';

-- object: comment: COLUMN __reana.interactive_session.owner_id
COMMENT ON COLUMN __reana.interactive_session.owner_id IS 'Who opened it.';

-- object: comment: COLUMN __reana.interactive_session.path
COMMENT ON COLUMN __reana.interactive_session.path IS 'Path of its URL: /<id>.';

-- object: comment: COLUMN __reana.interactive_session.session_secret
COMMENT ON COLUMN __reana.interactive_session.session_secret IS 'Secret of the session, AES-256-GCM under REANA_SECRET_KEY, base64 text. NULL in sessions of releases before 0.95.0a11.';

-- object: comment: COLUMN __reana.interactive_session.session_secret_digest
COMMENT ON COLUMN __reana.interactive_session.session_secret_digest IS 'HMAC-SHA-256 of the secret in clear, with a key derived from REANA_SECRET_KEY, to find the session by it. NULL until this library has seen the secret.';

-- object: comment: COLUMN __reana.interactive_session.status
COMMENT ON COLUMN __reana.interactive_session.status IS 'created until its pod runs, then running.';

-- object: comment: COLUMN __reana.interactive_session.type_
COMMENT ON COLUMN __reana.interactive_session.type_ IS 'Kind of notebook.';

-- object: comment: COLUMN __reana.interactive_session.updated
COMMENT ON COLUMN __reana.interactive_session.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.interactive_session_resource.created
COMMENT ON COLUMN __reana.interactive_session_resource.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.interactive_session_resource.quota_used
COMMENT ON COLUMN __reana.interactive_session_resource.quota_used IS 'Usage in the unit of the resource.';

-- object: comment: COLUMN __reana.interactive_session_resource.resource_id
COMMENT ON COLUMN __reana.interactive_session_resource.resource_id IS 'Which resource.';

-- object: comment: COLUMN __reana.interactive_session_resource.session_id
COMMENT ON COLUMN __reana.interactive_session_resource.session_id IS 'Which session.';

-- object: comment: COLUMN __reana.interactive_session_resource.updated
COMMENT ON COLUMN __reana.interactive_session_resource.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.job.backend_job_id
COMMENT ON COLUMN __reana.job.backend_job_id IS 'Name of the job in its compute backend, for example the Kubernetes job.';

-- object: comment: COLUMN __reana.job.cmd
COMMENT ON COLUMN __reana.job.cmd IS 'Command, doubly encoded: a JSON string whose text is JSON.';

-- object: comment: COLUMN __reana.job.compute_backend
COMMENT ON COLUMN __reana.job.compute_backend IS 'Backend: Kubernetes, HTCondor, Slurm or compute4punch.';

-- object: comment: COLUMN __reana.job.created
COMMENT ON COLUMN __reana.job.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.job.cvmfs_mounts
COMMENT ON COLUMN __reana.job.cvmfs_mounts IS 'CVMFS repositories as the text of a Python list, or false, or empty.';

-- object: comment: COLUMN __reana.job.deleted
COMMENT ON COLUMN __reana.job.deleted IS 'Always false; never read.';

-- object: comment: COLUMN __reana.job.docker_img
COMMENT ON COLUMN __reana.job.docker_img IS 'Container image.';

-- object: comment: COLUMN __reana.job.env_vars
COMMENT ON COLUMN __reana.job.env_vars IS 'Environment, doubly encoded: a JSON string whose text is a JSON object of texts.';

-- object: comment: COLUMN __reana.job.finished_at
COMMENT ON COLUMN __reana.job.finished_at IS 'When it ended; clock of the job controller (UTC in its container).';

-- object: comment: COLUMN __reana.job.id_
COMMENT ON COLUMN __reana.job.id_ IS 'Primary key; made by the job controller.';

-- object: comment: COLUMN __reana.job.job_name
COMMENT ON COLUMN __reana.job.job_name IS 'Name of the step that it runs.';

-- object: comment: COLUMN __reana.job.logs
COMMENT ON COLUMN __reana.job.logs IS 'Output of its container, written when it ends.';

-- object: comment: COLUMN __reana.job.prettified_cmd
COMMENT ON COLUMN __reana.job.prettified_cmd IS 'Command as shown to people: a JSON string.';

-- object: comment: COLUMN __reana.job.shared_file_system
COMMENT ON COLUMN __reana.job.shared_file_system IS 'Whether the backend mounts the workspace.';

-- object: comment: COLUMN __reana.job.started_at
COMMENT ON COLUMN __reana.job.started_at IS 'When it began to run; clock of the job controller (UTC in its container).';

-- object: comment: COLUMN __reana.job.status
COMMENT ON COLUMN __reana.job.status IS 'Where it stands; written by the job controller.';

-- object: comment: COLUMN __reana.job.updated
COMMENT ON COLUMN __reana.job.updated IS 'When a service last changed the row (UTC); writing logs does not count in old releases.';

-- object: comment: COLUMN __reana.job.workflow_uuid
COMMENT ON COLUMN __reana.job.workflow_uuid IS 'The run that it belongs to.';

-- object: comment: COLUMN __reana.job_cache.access_times
COMMENT ON COLUMN __reana.job_cache.access_times IS 'JSON object: absolute path of each file of the workspace -> access time before the job (seconds, float).';

-- object: comment: COLUMN __reana.job_cache.created
COMMENT ON COLUMN __reana.job_cache.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.job_cache.id_
COMMENT ON COLUMN __reana.job_cache.id_ IS 'Primary key, with job_id.';

-- object: comment: COLUMN __reana.job_cache.job_id
COMMENT ON COLUMN __reana.job_cache.job_id IS 'The job whose result this is.';

-- object: comment: COLUMN __reana.job_cache.parameters
COMMENT ON COLUMN __reana.job_cache.parameters IS 'MD5 in hex of the specification of the job and its step; NULL until the job ends.';

-- object: comment: COLUMN __reana.job_cache.result_path
COMMENT ON COLUMN __reana.job_cache.result_path IS 'Absolute directory of the result; NULL until the job ends.';

-- object: comment: COLUMN __reana.job_cache.updated
COMMENT ON COLUMN __reana.job_cache.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.job_cache.workspace_hash
COMMENT ON COLUMN __reana.job_cache.workspace_hash IS 'MD5 in hex of the input files; NULL until the job ends.';

-- object: comment: COLUMN __reana.orphan_identity.idp_issuer
COMMENT ON COLUMN __reana.orphan_identity.idp_issuer IS 'What user_.idp_issuer was.';

-- object: comment: COLUMN __reana.orphan_identity.idp_subject
COMMENT ON COLUMN __reana.orphan_identity.idp_subject IS 'What user_.idp_subject was.';

-- object: comment: COLUMN __reana.orphan_identity.set_aside_at
COMMENT ON COLUMN __reana.orphan_identity.set_aside_at IS 'When the row left user_ (UTC).';

-- object: comment: COLUMN __reana.orphan_identity.user_id
COMMENT ON COLUMN __reana.orphan_identity.user_id IS 'Whose identity.';

-- object: comment: COLUMN __reana.orphan_job.backend_job_id
COMMENT ON COLUMN __reana.orphan_job.backend_job_id IS 'Name of the job in its compute backend, for example the Kubernetes job.';

-- object: comment: COLUMN __reana.orphan_job.cmd
COMMENT ON COLUMN __reana.orphan_job.cmd IS 'Command, doubly encoded: a JSON string whose text is JSON.';

-- object: comment: COLUMN __reana.orphan_job.compute_backend
COMMENT ON COLUMN __reana.orphan_job.compute_backend IS 'Backend: Kubernetes, HTCondor, Slurm or compute4punch.';

-- object: comment: COLUMN __reana.orphan_job.created
COMMENT ON COLUMN __reana.orphan_job.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.orphan_job.cvmfs_mounts
COMMENT ON COLUMN __reana.orphan_job.cvmfs_mounts IS 'CVMFS repositories as the text of a Python list, or false, or empty.';

-- object: comment: COLUMN __reana.orphan_job.deleted
COMMENT ON COLUMN __reana.orphan_job.deleted IS 'Always false; never read.';

-- object: comment: COLUMN __reana.orphan_job.docker_img
COMMENT ON COLUMN __reana.orphan_job.docker_img IS 'Container image.';

-- object: comment: COLUMN __reana.orphan_job.env_vars
COMMENT ON COLUMN __reana.orphan_job.env_vars IS 'Environment, doubly encoded: a JSON string whose text is a JSON object of texts.';

-- object: comment: COLUMN __reana.orphan_job.finished_at
COMMENT ON COLUMN __reana.orphan_job.finished_at IS 'When it ended; clock of the job controller (UTC in its container).';

-- object: comment: COLUMN __reana.orphan_job.id_
COMMENT ON COLUMN __reana.orphan_job.id_ IS 'Primary key; made by the job controller.';

-- object: comment: COLUMN __reana.orphan_job.job_name
COMMENT ON COLUMN __reana.orphan_job.job_name IS 'Name of the step that it runs.';

-- object: comment: COLUMN __reana.orphan_job.logs
COMMENT ON COLUMN __reana.orphan_job.logs IS 'Output of its container, written when it ends.';

-- object: comment: COLUMN __reana.orphan_job.prettified_cmd
COMMENT ON COLUMN __reana.orphan_job.prettified_cmd IS 'Command as shown to people: a JSON string.';

-- object: comment: COLUMN __reana.orphan_job.set_aside_at
COMMENT ON COLUMN __reana.orphan_job.set_aside_at IS 'When the row left job (UTC).';

-- object: comment: COLUMN __reana.orphan_job.shared_file_system
COMMENT ON COLUMN __reana.orphan_job.shared_file_system IS 'Whether the backend mounts the workspace.';

-- object: comment: COLUMN __reana.orphan_job.started_at
COMMENT ON COLUMN __reana.orphan_job.started_at IS 'When it began to run; clock of the job controller (UTC in its container).';

-- object: comment: COLUMN __reana.orphan_job.status
COMMENT ON COLUMN __reana.orphan_job.status IS 'Where it stands; written by the job controller.';

-- object: comment: COLUMN __reana.orphan_job.updated
COMMENT ON COLUMN __reana.orphan_job.updated IS 'When a service last changed the row (UTC); writing logs does not count in old releases.';

-- object: comment: COLUMN __reana.orphan_job.workflow_uuid
COMMENT ON COLUMN __reana.orphan_job.workflow_uuid IS 'The run that it names, which does not exist; or NULL.';

-- object: comment: COLUMN __reana.orphan_job_cache.access_times
COMMENT ON COLUMN __reana.orphan_job_cache.access_times IS 'JSON object: absolute path of each file of the workspace -> access time before the job (seconds, float).';

-- object: comment: COLUMN __reana.orphan_job_cache.created
COMMENT ON COLUMN __reana.orphan_job_cache.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.orphan_job_cache.id_
COMMENT ON COLUMN __reana.orphan_job_cache.id_ IS 'Primary key, with job_id.';

-- object: comment: COLUMN __reana.orphan_job_cache.job_id
COMMENT ON COLUMN __reana.orphan_job_cache.job_id IS 'The job whose result this is.';

-- object: comment: COLUMN __reana.orphan_job_cache.parameters
COMMENT ON COLUMN __reana.orphan_job_cache.parameters IS 'MD5 in hex of the specification of the job and its step; NULL until the job ends.';

-- object: comment: COLUMN __reana.orphan_job_cache.result_path
COMMENT ON COLUMN __reana.orphan_job_cache.result_path IS 'Absolute directory of the result; NULL until the job ends.';

-- object: comment: COLUMN __reana.orphan_job_cache.set_aside_at
COMMENT ON COLUMN __reana.orphan_job_cache.set_aside_at IS 'When the row left job_cache (UTC).';

-- object: comment: COLUMN __reana.orphan_job_cache.updated
COMMENT ON COLUMN __reana.orphan_job_cache.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.orphan_job_cache.workspace_hash
COMMENT ON COLUMN __reana.orphan_job_cache.workspace_hash IS 'MD5 in hex of the input files; NULL until the job ends.';

-- object: comment: COLUMN __reana.quota_ledger.cpu_used
COMMENT ON COLUMN __reana.quota_ledger.cpu_used IS 'Processing time of the run in milliseconds.';

-- object: comment: COLUMN __reana.quota_ledger.disk_used
COMMENT ON COLUMN __reana.quota_ledger.disk_used IS 'Size of its workspace in bytes, as measured for this run.';

-- object: comment: COLUMN __reana.quota_ledger.owner_id
COMMENT ON COLUMN __reana.quota_ledger.owner_id IS 'The user in whose totals the run is counted.';

-- object: comment: COLUMN __reana.quota_ledger.run_ended_at
COMMENT ON COLUMN __reana.quota_ledger.run_ended_at IS 'When the run finished, else stopped (UTC).';

-- object: comment: COLUMN __reana.quota_ledger.run_started_at
COMMENT ON COLUMN __reana.quota_ledger.run_started_at IS 'When the run started (UTC), once it has ended.';

-- object: comment: COLUMN __reana.quota_ledger.workflow_id
COMMENT ON COLUMN __reana.quota_ledger.workflow_id IS 'The run. Not a foreign key: the row goes when the run is counted after its deletion.';

-- object: comment: COLUMN __reana.quota_ledger.workspace_path
COMMENT ON COLUMN __reana.quota_ledger.workspace_path IS 'The workspace of the run; restarts share one, which counts once.';

-- object: comment: COLUMN __reana.quota_resource.resource_id
COMMENT ON COLUMN __reana.quota_resource.resource_id IS 'The resource.';

-- object: comment: COLUMN __reana.quota_resource.type_
COMMENT ON COLUMN __reana.quota_resource.type_ IS 'What it counts: cpu or disk.';

-- object: comment: COLUMN __reana.resource.created
COMMENT ON COLUMN __reana.resource.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.resource.default_limit
COMMENT ON COLUMN __reana.resource.default_limit IS 'Limit of totals that are made because they are missing; 0 is unlimited.';

-- object: comment: COLUMN __reana.resource.id_
COMMENT ON COLUMN __reana.resource.id_ IS 'Primary key.';

-- object: comment: COLUMN __reana.resource.name
COMMENT ON COLUMN __reana.resource.name IS 'Unique name; services look it up by this.';

-- object: comment: COLUMN __reana.resource.title
COMMENT ON COLUMN __reana.resource.title IS 'Name for people.';

-- object: comment: COLUMN __reana.resource.type_
COMMENT ON COLUMN __reana.resource.type_ IS 'Kind: cpu or disk.';

-- object: comment: COLUMN __reana.resource.unit
COMMENT ON COLUMN __reana.resource.unit IS 'Unit of every amount of this resource.';

-- object: comment: COLUMN __reana.resource.updated
COMMENT ON COLUMN __reana.resource.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.run_time.cpu_used
COMMENT ON COLUMN __reana.run_time.cpu_used IS 'Its processing time in milliseconds; 0 before its end.';

-- object: comment: COLUMN __reana.run_time.owner_id
COMMENT ON COLUMN __reana.run_time.owner_id IS 'Its owner.';

-- object: comment: COLUMN __reana.run_time.run_ended_at
COMMENT ON COLUMN __reana.run_time.run_ended_at IS 'When it finished, else stopped (UTC), if it is known when it started.';

-- object: comment: COLUMN __reana.run_time.run_started_at
COMMENT ON COLUMN __reana.run_time.run_started_at IS 'When it started (UTC), once it has ended.';

-- object: comment: COLUMN __reana.run_time.workflow_id
COMMENT ON COLUMN __reana.run_time.workflow_id IS 'The run.';

-- object: comment: COLUMN __reana.run_time.workspace_path
COMMENT ON COLUMN __reana.run_time.workspace_path IS 'Its workspace; empty without one.';

-- object: comment: COLUMN __reana.run_usage.cpu_used
COMMENT ON COLUMN __reana.run_usage.cpu_used IS 'Its processing time in milliseconds, as recorded.';

-- object: comment: COLUMN __reana.run_usage.disk_used
COMMENT ON COLUMN __reana.run_usage.disk_used IS 'The size of its workspace in bytes, as recorded for this run.';

-- object: comment: COLUMN __reana.run_usage.owner_id
COMMENT ON COLUMN __reana.run_usage.owner_id IS 'Its owner.';

-- object: comment: COLUMN __reana.run_usage.run_ended_at
COMMENT ON COLUMN __reana.run_usage.run_ended_at IS 'When it finished, else stopped (UTC).';

-- object: comment: COLUMN __reana.run_usage.run_started_at
COMMENT ON COLUMN __reana.run_usage.run_started_at IS 'When it started (UTC), once it has ended.';

-- object: comment: COLUMN __reana.run_usage.workflow_id
COMMENT ON COLUMN __reana.run_usage.workflow_id IS 'The run.';

-- object: comment: COLUMN __reana.run_usage.workspace_path
COMMENT ON COLUMN __reana.run_usage.workspace_path IS 'Its workspace; empty without one.';

-- object: comment: COLUMN __reana.service.id_
COMMENT ON COLUMN __reana.service.id_ IS 'Primary key.';

-- object: comment: COLUMN __reana.service.name
COMMENT ON COLUMN __reana.service.name IS 'Name: dask-service-<first part of the run''s id>; not unique alone.';

-- object: comment: COLUMN __reana.service.owner_id
COMMENT ON COLUMN __reana.service.owner_id IS 'NULL: services belong to runs, see workflow_service.';

-- object: comment: COLUMN __reana.service.status
COMMENT ON COLUMN __reana.service.status IS 'created until its pod runs, then running, then deleted.';

-- object: comment: COLUMN __reana.service.type_
COMMENT ON COLUMN __reana.service.type_ IS 'Kind of service.';

-- object: comment: COLUMN __reana.service.uri
COMMENT ON COLUMN __reana.service.uri IS 'Address of its dashboard.';

-- object: comment: COLUMN __reana.service_logs.event_time
COMMENT ON COLUMN __reana.service_logs.event_time IS 'When the row was stored. The default says UTC but is read in the time zone of the database session: off by that zone unless the zone is UTC.';

-- object: comment: COLUMN __reana.service_logs.id
COMMENT ON COLUMN __reana.service_logs.id IS 'Primary key.';

-- object: comment: COLUMN __reana.service_logs.log
COMMENT ON COLUMN __reana.service_logs.log IS 'JSON object: component (scheduler or worker-...), pod, pod_uid, content (text).';

-- object: comment: COLUMN __reana.service_logs.service_id
COMMENT ON COLUMN __reana.service_logs.service_id IS 'The service that wrote it.';

-- object: comment: COLUMN __reana.setting.name
COMMENT ON COLUMN __reana.setting.name IS 'status_mode, termination_quota_update_policy or secrets_form.';

-- object: comment: COLUMN __reana.setting.updated
COMMENT ON COLUMN __reana.setting.updated IS 'When it was last changed (UTC).';

-- object: comment: COLUMN __reana.setting.value
COMMENT ON COLUMN __reana.setting.value IS 'status_mode: enforce, keep or observe. termination_quota_update_policy: empty, cpu, disk or cpu,disk. secrets_form: compatible or sealed.';

-- object: comment: COLUMN __reana.status_history.allowed
COMMENT ON COLUMN __reana.status_history.allowed IS 'Whether status_transition allows it; false only where the setting status_mode was keep or observe.';

-- object: comment: COLUMN __reana.status_history.application_name
COMMENT ON COLUMN __reana.status_history.application_name IS 'What the client calls itself.';

-- object: comment: COLUMN __reana.status_history.changed_at
COMMENT ON COLUMN __reana.status_history.changed_at IS 'When it was recorded.';

-- object: comment: COLUMN __reana.status_history.entity
COMMENT ON COLUMN __reana.status_history.entity IS 'Name of the table whose row has the status.';

-- object: comment: COLUMN __reana.status_history.entity_id
COMMENT ON COLUMN __reana.status_history.entity_id IS 'Which row of that table.';

-- object: comment: COLUMN __reana.status_history.from_status
COMMENT ON COLUMN __reana.status_history.from_status IS 'The status before; NULL where the row was inserted.';

-- object: comment: COLUMN __reana.status_history.id
COMMENT ON COLUMN __reana.status_history.id IS 'Order of the entries of one row.';

-- object: comment: COLUMN __reana.status_history.made
COMMENT ON COLUMN __reana.status_history.made IS 'Whether the row got the status; false where the setting status_mode was keep and the rules did not allow it.';

-- object: comment: COLUMN __reana.status_history.role
COMMENT ON COLUMN __reana.status_history.role IS 'The role that had logged in.';

-- object: comment: COLUMN __reana.status_history.to_status
COMMENT ON COLUMN __reana.status_history.to_status IS 'The status from then on; NULL where the row was deleted.';

-- object: comment: COLUMN __reana.status_message.message_id
COMMENT ON COLUMN __reana.status_message.message_id IS 'The id that the sender gave the message.';

-- object: comment: COLUMN __reana.status_message.status_after
COMMENT ON COLUMN __reana.status_message.status_after IS 'The status of the run after it.';

-- object: comment: COLUMN __reana.status_message.status_before
COMMENT ON COLUMN __reana.status_message.status_before IS 'The status of the run before the message.';

-- object: comment: COLUMN __reana.status_message.workflow_id
COMMENT ON COLUMN __reana.status_message.workflow_id IS 'The run that the message is about.';

-- object: comment: COLUMN __reana.status_transition.entity
COMMENT ON COLUMN __reana.status_transition.entity IS 'Name of the table whose rows have the status.';

-- object: comment: COLUMN __reana.status_transition.from_status
COMMENT ON COLUMN __reana.status_transition.from_status IS 'The status before.';

-- object: comment: COLUMN __reana.status_transition.reason
COMMENT ON COLUMN __reana.status_transition.reason IS 'When this happens.';

-- object: comment: COLUMN __reana.status_transition.to_status
COMMENT ON COLUMN __reana.status_transition.to_status IS 'A status that may follow.';

-- object: comment: COLUMN __reana.user_.created
COMMENT ON COLUMN __reana.user_.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.user_.email
COMMENT ON COLUMN __reana.user_.email IS 'E-mail address; unique and case-sensitive.';

-- object: comment: COLUMN __reana.user_.full_name
COMMENT ON COLUMN __reana.user_.full_name IS 'Name for people.';

-- object: comment: COLUMN __reana.user_.gitlab_webhook_secret
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret IS 'Secret that GitLab sends with its webhooks, AES-256-GCM under REANA_SECRET_KEY, base64 text.';

-- object: comment: COLUMN __reana.user_.gitlab_webhook_secret_digest
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret_digest IS 'SHA-256 in hex of the secret in clear, to find the user by it. Set if and only if the secret is.';

-- object: comment: COLUMN __reana.user_.gitlab_webhook_secret_expires_at
COMMENT ON COLUMN __reana.user_.gitlab_webhook_secret_expires_at IS 'When the secret ends (UTC); NULL: never.';

-- object: comment: COLUMN __reana.user_.id_
COMMENT ON COLUMN __reana.user_.id_ IS 'Primary key, with email. The administrator is 00000000-0000-0000-0000-000000000000.';

-- object: comment: COLUMN __reana.user_.idp_issuer
COMMENT ON COLUMN __reana.user_.idp_issuer IS 'Identity provider (iss of OpenID Connect). Set if and only if idp_subject is.';

-- object: comment: COLUMN __reana.user_.idp_subject
COMMENT ON COLUMN __reana.user_.idp_subject IS 'Who the user is to that provider (sub of OpenID Connect).';

-- object: comment: COLUMN __reana.user_.updated
COMMENT ON COLUMN __reana.user_.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.user_.username
COMMENT ON COLUMN __reana.user_.username IS 'Name at the identity provider.';

-- object: comment: COLUMN __reana.user_resource.created
COMMENT ON COLUMN __reana.user_resource.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.user_resource.quota_counted
COMMENT ON COLUMN __reana.user_resource.quota_counted IS 'The exact total, kept by triggers; null where nothing is counted. Writing null sums it again.';

-- object: comment: COLUMN __reana.user_resource.quota_limit
COMMENT ON COLUMN __reana.user_resource.quota_limit IS 'Limit in the unit of the resource (milliseconds or bytes); 0: no limit.';

-- object: comment: COLUMN __reana.user_resource.quota_period_months
COMMENT ON COLUMN __reana.user_resource.quota_period_months IS 'Length of the period that usage is counted in, in months; NULL: usage is counted since ever. For processing time only.';

-- object: comment: COLUMN __reana.user_resource.quota_period_start_at
COMMENT ON COLUMN __reana.user_resource.quota_period_start_at IS 'When the present period began (UTC); NULL: it is derived from the creation of the user.';

-- object: comment: COLUMN __reana.user_resource.quota_used
COMMENT ON COLUMN __reana.user_resource.quota_used IS 'Usage in the unit of the resource: milliseconds of finished runs (within the period, if there is one), or bytes of all workspaces.';

-- object: comment: COLUMN __reana.user_resource.resource_id
COMMENT ON COLUMN __reana.user_resource.resource_id IS 'Which resource.';

-- object: comment: COLUMN __reana.user_resource.updated
COMMENT ON COLUMN __reana.user_resource.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.user_resource.user_id
COMMENT ON COLUMN __reana.user_resource.user_id IS 'Which user.';

-- object: comment: COLUMN __reana.user_token.created
COMMENT ON COLUMN __reana.user_token.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.user_token.id_
COMMENT ON COLUMN __reana.user_token.id_ IS 'Primary key.';

-- object: comment: COLUMN __reana.user_token.status
COMMENT ON COLUMN __reana.user_token.status IS 'requested (no value yet), active, or revoked. A user has at most one active token.';

-- object: comment: COLUMN __reana.user_token.token
COMMENT ON COLUMN __reana.user_token.token IS 'The token, encrypted under REANA_SECRET_KEY; NULL while it is only requested. Base64 of AES-256-CBC as released services read it, or sealed1:<key>:<base64>, which opens in this row only.';

-- object: comment: COLUMN __reana.user_token.token_digest
COMMENT ON COLUMN __reana.user_token.token_digest IS 'HMAC-SHA-256 of the token in clear, with a key derived from REANA_SECRET_KEY, to find the user by it. NULL until this library has seen the token.';

-- object: comment: COLUMN __reana.user_token.type_
COMMENT ON COLUMN __reana.user_token.type_ IS 'Kind of token.';

-- object: comment: COLUMN __reana.user_token.updated
COMMENT ON COLUMN __reana.user_token.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.user_token.user_id
COMMENT ON COLUMN __reana.user_token.user_id IS 'Whose token.';

-- object: comment: COLUMN __reana.user_workflow.access_type
COMMENT ON COLUMN __reana.user_workflow.access_type IS 'What the other user may do.';

-- object: comment: COLUMN __reana.user_workflow.message
COMMENT ON COLUMN __reana.user_workflow.message IS 'Words of the owner to the other user.';

-- object: comment: COLUMN __reana.user_workflow.user_id
COMMENT ON COLUMN __reana.user_workflow.user_id IS 'With whom.';

-- object: comment: COLUMN __reana.user_workflow.valid_until
COMMENT ON COLUMN __reana.user_workflow.valid_until IS 'Last day of the share, at midnight, as its owner wrote it; NULL: no end.';

-- object: comment: COLUMN __reana.user_workflow.workflow_id
COMMENT ON COLUMN __reana.user_workflow.workflow_id IS 'Which run.';

-- object: comment: COLUMN __reana.workflow.complexity
COMMENT ON COLUMN __reana.workflow.complexity IS 'Pairs of number of jobs and bytes of memory per job, for the balanced scheduling policy; {} where unknown.';

-- object: comment: COLUMN __reana.workflow.created
COMMENT ON COLUMN __reana.workflow.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.workflow.engine_specific
COMMENT ON COLUMN __reana.workflow.engine_specific IS 'JSON null; not written by any released service.';

-- object: comment: COLUMN __reana.workflow.git_provider
COMMENT ON COLUMN __reana.workflow.git_provider IS 'Never written.';

-- object: comment: COLUMN __reana.workflow.git_ref
COMMENT ON COLUMN __reana.workflow.git_ref IS 'Commit or branch that the run was launched from, else empty.';

-- object: comment: COLUMN __reana.workflow.git_repo
COMMENT ON COLUMN __reana.workflow.git_repo IS 'Repository that the run was launched from, else empty.';

-- object: comment: COLUMN __reana.workflow.id_
COMMENT ON COLUMN __reana.workflow.id_ IS 'Primary key; the workflow_uuid of messages.';

-- object: comment: COLUMN __reana.workflow.input_parameters
COMMENT ON COLUMN __reana.workflow.input_parameters IS 'JSON object: parameters given at the start, which win over those of the specification. JSON null in old rows.';

-- object: comment: COLUMN __reana.workflow.job_progress
COMMENT ON COLUMN __reana.workflow.job_progress IS 'JSON object: total, running, finished, failed -> {total: number of jobs, job_ids: [id]}. Ids never leave running.';

-- object: comment: COLUMN __reana.workflow.launcher_url
COMMENT ON COLUMN __reana.workflow.launcher_url IS 'URL that the run was launched from; NULL: uploaded by a client.';

-- object: comment: COLUMN __reana.workflow.logs
COMMENT ON COLUMN __reana.workflow.logs IS 'Log of the engine and messages of the services, appended.';

-- object: comment: COLUMN __reana.workflow.name
COMMENT ON COLUMN __reana.workflow.name IS 'Name given by the owner; may hold dots and spaces.';

-- object: comment: COLUMN __reana.workflow.operational_options
COMMENT ON COLUMN __reana.workflow.operational_options IS 'JSON object: options for the engine, as given at the start.';

-- object: comment: COLUMN __reana.workflow.owner_id
COMMENT ON COLUMN __reana.workflow.owner_id IS 'Whose run.';

-- object: comment: COLUMN __reana.workflow.reana_specification
COMMENT ON COLUMN __reana.workflow.reana_specification IS 'The reana.yaml of the run as JSON.';

-- object: comment: COLUMN __reana.workflow.restart
COMMENT ON COLUMN __reana.workflow.restart IS 'Whether the run restarts an earlier one, in the same workspace.';

-- object: comment: COLUMN __reana.workflow.run_finished_at
COMMENT ON COLUMN __reana.workflow.run_finished_at IS 'When the run ended (UTC; in releases before ours the clock of the workflow controller). Written again when the engine log is fetched.';

-- object: comment: COLUMN __reana.workflow.run_number_major
COMMENT ON COLUMN __reana.workflow.run_number_major IS 'Number of the run among those of the same owner and name, from 1.';

-- object: comment: COLUMN __reana.workflow.run_number_minor
COMMENT ON COLUMN __reana.workflow.run_number_minor IS 'Number of the restart, 0 for the first run. A run is written major.minor, or major where minor is 0.';

-- object: comment: COLUMN __reana.workflow.run_started_at
COMMENT ON COLUMN __reana.workflow.run_started_at IS 'When the engine reported that it runs (UTC; in releases before ours the clock of the workflow controller).';

-- object: comment: COLUMN __reana.workflow.run_stopped_at
COMMENT ON COLUMN __reana.workflow.run_stopped_at IS 'When the run was stopped by its owner (UTC; in releases before ours the clock of the workflow controller).';

-- object: comment: COLUMN __reana.workflow.status
COMMENT ON COLUMN __reana.workflow.status IS 'Where the run stands.';

-- object: comment: COLUMN __reana.workflow.type_
COMMENT ON COLUMN __reana.workflow.type_ IS 'Engine: serial, yadage, cwl or snakemake.';

-- object: comment: COLUMN __reana.workflow.updated
COMMENT ON COLUMN __reana.workflow.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.workflow.workspace_path
COMMENT ON COLUMN __reana.workflow.workspace_path IS 'Absolute directory of the files of the run. Restarts share that of the run that they restart.';

-- object: comment: COLUMN __reana.workflow_resource.created
COMMENT ON COLUMN __reana.workflow_resource.created IS 'When the row was made (UTC).';

-- object: comment: COLUMN __reana.workflow_resource.quota_used
COMMENT ON COLUMN __reana.workflow_resource.quota_used IS 'Usage in the unit of the resource: milliseconds from start to end of the run, or bytes of its workspace. Restarts share a workspace: do not add up their bytes.';

-- object: comment: COLUMN __reana.workflow_resource.resource_id
COMMENT ON COLUMN __reana.workflow_resource.resource_id IS 'Which resource.';

-- object: comment: COLUMN __reana.workflow_resource.updated
COMMENT ON COLUMN __reana.workflow_resource.updated IS 'When a service last changed the row (UTC).';

-- object: comment: COLUMN __reana.workflow_resource.workflow_id
COMMENT ON COLUMN __reana.workflow_resource.workflow_id IS 'Which run.';

-- object: comment: COLUMN __reana.workflow_service.service_id
COMMENT ON COLUMN __reana.workflow_service.service_id IS 'The service.';

-- object: comment: COLUMN __reana.workflow_service.workflow_id
COMMENT ON COLUMN __reana.workflow_service.workflow_id IS 'The run.';

-- object: comment: COLUMN __reana.workflow_session.session_id
COMMENT ON COLUMN __reana.workflow_session.session_id IS 'The session.';

-- object: comment: COLUMN __reana.workflow_session.workflow_id
COMMENT ON COLUMN __reana.workflow_session.workflow_id IS 'The run.';

-- object: comment: COLUMN __reana.workspace_removal.claimed_at
COMMENT ON COLUMN __reana.workspace_removal.claimed_at IS 'When it was deleted.';

-- object: comment: COLUMN __reana.workspace_removal.closed
COMMENT ON COLUMN __reana.workspace_removal.closed IS 'The sessions and services that its deletion closed, as a JSON array.';

-- object: comment: COLUMN __reana.workspace_removal.workflow_id
COMMENT ON COLUMN __reana.workspace_removal.workflow_id IS 'The deleted run.';

-- object: comment: COLUMN __reana.workspace_retention_audit_log."timestamp"
COMMENT ON COLUMN __reana.workspace_retention_audit_log."timestamp" IS 'When; the default is the start of the transaction in the time zone of the database session.';

-- object: comment: COLUMN __reana.workspace_retention_audit_log.action
COMMENT ON COLUMN __reana.workspace_retention_audit_log.action IS 'The status that the rule had from then on.';

-- object: comment: COLUMN __reana.workspace_retention_audit_log.workspace_retention_rule_id
COMMENT ON COLUMN __reana.workspace_retention_audit_log.workspace_retention_rule_id IS 'The rule.';

-- object: comment: COLUMN __reana.workspace_retention_rule.apply_on
COMMENT ON COLUMN __reana.workspace_retention_rule.apply_on IS 'When the files are due: end of the day, retention_days after the end of the run; NULL while the rule is not active.';

-- object: comment: COLUMN __reana.workspace_retention_rule.id_
COMMENT ON COLUMN __reana.workspace_retention_rule.id_ IS 'Primary key.';

-- object: comment: COLUMN __reana.workspace_retention_rule.pending_since
COMMENT ON COLUMN __reana.workspace_retention_rule.pending_since IS 'When the rule was claimed last, in UTC; NULL unless it is pending.';

-- object: comment: COLUMN __reana.workspace_retention_rule.retention_days
COMMENT ON COLUMN __reana.workspace_retention_rule.retention_days IS 'Days that the files stay.';

-- object: comment: COLUMN __reana.workspace_retention_rule.status
COMMENT ON COLUMN __reana.workspace_retention_rule.status IS 'created with the run, active after its end, pending while files are removed, applied afterwards; inactive where a restart or a deletion ended the rule.';

-- object: comment: COLUMN __reana.workspace_retention_rule.workflow_id
COMMENT ON COLUMN __reana.workspace_retention_rule.workflow_id IS 'The run.';

-- object: comment: COLUMN __reana.workspace_retention_rule.workspace_files
COMMENT ON COLUMN __reana.workspace_retention_rule.workspace_files IS 'Pattern of the files, relative to the workspace; **/* for all.';

-- object: comment: COLUMN reana.migrations.applied_at
COMMENT ON COLUMN reana.migrations.applied_at IS 'When it was applied or adopted.';

-- object: comment: COLUMN reana.migrations.applied_by
COMMENT ON COLUMN reana.migrations.applied_by IS 'By which role.';

-- object: comment: COLUMN reana.migrations.applied_from
COMMENT ON COLUMN reana.migrations.applied_from IS 'On which machine.';

-- object: comment: COLUMN reana.migrations.comment
COMMENT ON COLUMN reana.migrations.comment IS 'The release that did it, or how the database was adopted.';

-- object: comment: COLUMN reana.migrations.migration
COMMENT ON COLUMN reana.migrations.migration IS 'The name of the migration, as its file has it.';

-- object: comment: COLUMN reana.migrations.operation
COMMENT ON COLUMN reana.migrations.operation IS 'What was done last: apply, or adopt where the database had it already.';

-- object: comment: COLUMN reana.open_sessions.age
COMMENT ON COLUMN reana.open_sessions.age IS 'How long ago that was.';

-- object: comment: COLUMN reana.open_sessions.created
COMMENT ON COLUMN reana.open_sessions.created IS 'When the session was created.';

-- object: comment: COLUMN reana.open_sessions.kind
COMMENT ON COLUMN reana.open_sessions.kind IS 'What runs in the session, such as jupyter.';

-- object: comment: COLUMN reana.open_sessions.owner
COMMENT ON COLUMN reana.open_sessions.owner IS 'E-mail address of the owner.';

-- object: comment: COLUMN reana.open_sessions.path
COMMENT ON COLUMN reana.open_sessions.path IS 'The path of the session below the address of REANA.';

-- object: comment: COLUMN reana.open_sessions.run
COMMENT ON COLUMN reana.open_sessions.run IS 'The run whose workspace is open: name.M, or name.M.m for a restart.';

-- object: comment: COLUMN reana.open_sessions.session_id
COMMENT ON COLUMN reana.open_sessions.session_id IS 'Which interactive session.';

-- object: comment: COLUMN reana.open_sessions.status
COMMENT ON COLUMN reana.open_sessions.status IS 'The status.';

-- object: comment: COLUMN reana.retention_rules_due.apply_on
COMMENT ON COLUMN reana.retention_rules_due.apply_on IS 'When the rule is due.';

-- object: comment: COLUMN reana.retention_rules_due.owner
COMMENT ON COLUMN reana.retention_rules_due.owner IS 'E-mail address of the owner of the run.';

-- object: comment: COLUMN reana.retention_rules_due.rule_id
COMMENT ON COLUMN reana.retention_rules_due.rule_id IS 'Which retention rule.';

-- object: comment: COLUMN reana.retention_rules_due.run
COMMENT ON COLUMN reana.retention_rules_due.run IS 'Name and number: name.M, or name.M.m for a restart.';

-- object: comment: COLUMN reana.retention_rules_due.status
COMMENT ON COLUMN reana.retention_rules_due.status IS 'active, or pending where a cron job has claimed the rule.';

-- object: comment: COLUMN reana.retention_rules_due.workspace_files
COMMENT ON COLUMN reana.retention_rules_due.workspace_files IS 'Which files the rule deletes: a pattern, such as **/*.tmp.';

-- object: comment: COLUMN reana.retention_rules_due.workspace_path
COMMENT ON COLUMN reana.retention_rules_due.workspace_path IS 'The directory of the files.';

-- object: comment: COLUMN reana.run_history.allowed
COMMENT ON COLUMN reana.run_history.allowed IS 'Whether the rules allowed it.';

-- object: comment: COLUMN reana.run_history.application_name
COMMENT ON COLUMN reana.run_history.application_name IS 'What the client that gave it calls itself.';

-- object: comment: COLUMN reana.run_history.duration
COMMENT ON COLUMN reana.run_history.duration IS 'How long the run had it; until now for the status that it has.';

-- object: comment: COLUMN reana.run_history.owner
COMMENT ON COLUMN reana.run_history.owner IS 'E-mail address of the owner.';

-- object: comment: COLUMN reana.run_history.role
COMMENT ON COLUMN reana.run_history.role IS 'The role of that client.';

-- object: comment: COLUMN reana.run_history.run
COMMENT ON COLUMN reana.run_history.run IS 'Name and number: name.M, or name.M.m for a restart.';

-- object: comment: COLUMN reana.run_history.since
COMMENT ON COLUMN reana.run_history.since IS 'When the run got it.';

-- object: comment: COLUMN reana.run_history.status
COMMENT ON COLUMN reana.run_history.status IS 'The status.';

-- object: comment: COLUMN reana.run_history.until
COMMENT ON COLUMN reana.run_history.until IS 'When the run got the next one; NULL for the status that it has.';

-- object: comment: COLUMN reana.run_history.workflow_id
COMMENT ON COLUMN reana.run_history.workflow_id IS 'Which run.';

-- object: comment: COLUMN reana.running_load.owner
COMMENT ON COLUMN reana.running_load.owner IS 'E-mail address of the user; NULL for runs without an owner.';

-- object: comment: COLUMN reana.running_load.pending
COMMENT ON COLUMN reana.running_load.pending IS 'How many runs are pending.';

-- object: comment: COLUMN reana.running_load.queued
COMMENT ON COLUMN reana.running_load.queued IS 'How many runs are queued.';

-- object: comment: COLUMN reana.running_load.running
COMMENT ON COLUMN reana.running_load.running IS 'How many runs are running.';

-- object: comment: COLUMN reana.runs.age
COMMENT ON COLUMN reana.runs.age IS 'How long ago that was.';

-- object: comment: COLUMN reana.runs.created
COMMENT ON COLUMN reana.runs.created IS 'When the run was created.';

-- object: comment: COLUMN reana.runs.duration
COMMENT ON COLUMN reana.runs.duration IS 'From the start to the end; until now for a run that is running.';

-- object: comment: COLUMN reana.runs.ended
COMMENT ON COLUMN reana.runs.ended IS 'When the run ended: finished or failed, else stopped.';

-- object: comment: COLUMN reana.runs.engine
COMMENT ON COLUMN reana.runs.engine IS 'The workflow engine: cwl, serial, snakemake or yadage.';

-- object: comment: COLUMN reana.runs.owner
COMMENT ON COLUMN reana.runs.owner IS 'E-mail address of the owner.';

-- object: comment: COLUMN reana.runs.run
COMMENT ON COLUMN reana.runs.run IS 'Name and number: name.M, or name.M.m for a restart.';

-- object: comment: COLUMN reana.runs.started
COMMENT ON COLUMN reana.runs.started IS 'When the run started; NULL if it has not.';

-- object: comment: COLUMN reana.runs.status
COMMENT ON COLUMN reana.runs.status IS 'The status.';

-- object: comment: COLUMN reana.runs.workflow_id
COMMENT ON COLUMN reana.runs.workflow_id IS 'Which run.';

-- object: comment: COLUMN reana.runs.workspace_path
COMMENT ON COLUMN reana.runs.workspace_path IS 'The directory of its files.';

-- object: comment: COLUMN reana.stuck_runs.owner
COMMENT ON COLUMN reana.stuck_runs.owner IS 'E-mail address of the owner.';

-- object: comment: COLUMN reana.stuck_runs.run
COMMENT ON COLUMN reana.stuck_runs.run IS 'Name and number: name.M, or name.M.m for a restart.';

-- object: comment: COLUMN reana.stuck_runs.silent_for
COMMENT ON COLUMN reana.stuck_runs.silent_for IS 'How long ago that was.';

-- object: comment: COLUMN reana.stuck_runs.started
COMMENT ON COLUMN reana.stuck_runs.started IS 'When the run started; NULL if it has not.';

-- object: comment: COLUMN reana.stuck_runs.status
COMMENT ON COLUMN reana.stuck_runs.status IS 'running or pending.';

-- object: comment: COLUMN reana.stuck_runs.updated
COMMENT ON COLUMN reana.stuck_runs.updated IS 'When anything of the run last changed.';

-- object: comment: COLUMN reana.stuck_runs.workflow_id
COMMENT ON COLUMN reana.stuck_runs.workflow_id IS 'Which run.';

-- object: comment: COLUMN reana.user_quota.health
COMMENT ON COLUMN reana.user_quota.health IS 'healthy, warning or critical; NULL without a limit.';

-- object: comment: COLUMN reana.user_quota.owner
COMMENT ON COLUMN reana.user_quota.owner IS 'E-mail address of the user.';

-- object: comment: COLUMN reana.user_quota.percent
COMMENT ON COLUMN reana.user_quota.percent IS 'How much of the limit is used; NULL without a limit.';

-- object: comment: COLUMN reana.user_quota.period_months
COMMENT ON COLUMN reana.user_quota.period_months IS 'How many months a quota period lasts; NULL without periods.';

-- object: comment: COLUMN reana.user_quota.period_start
COMMENT ON COLUMN reana.user_quota.period_start IS 'When the current period began or begins.';

-- object: comment: COLUMN reana.user_quota.quota
COMMENT ON COLUMN reana.user_quota.quota IS 'The limit, as a person reads it; unlimited where it is 0.';

-- object: comment: COLUMN reana.user_quota.resource
COMMENT ON COLUMN reana.user_quota.resource IS 'What is counted: cpu (processing time) or disk (storage).';

-- object: comment: COLUMN reana.user_quota.used
COMMENT ON COLUMN reana.user_quota.used IS 'What the user has used, as a person reads it.';

-- object: comment: FUNCTION __reana.assign_run_number()
COMMENT ON FUNCTION __reana.assign_run_number() IS 'Assigns the run number of a new row that does not give it: the highest major of the owner and name plus 1, or for a restart the highest minor of its major plus 1.';

-- object: comment: FUNCTION __reana.count_changed_runs()
COMMENT ON FUNCTION __reana.count_changed_runs() IS 'Counts the runs that a statement deleted, inserted after their end, or changed the times, owner or workspace of; opens the usage of new ones.';

-- object: comment: FUNCTION __reana.count_changed_usage()
COMMENT ON FUNCTION __reana.count_changed_usage() IS 'Counts the runs whose usage a statement inserted, changed or deleted.';

-- object: comment: FUNCTION __reana.count_runs(uuid[],boolean)
COMMENT ON FUNCTION __reana.count_runs(uuid[],boolean) IS 'Brings the ledger of runs, each named once, and the totals of their owners to what the runs use now, and records their processing time first if that is wanted. The caller has locked the totals.';

-- object: comment: FUNCTION __reana.count_used_runs(uuid[])
COMMENT ON FUNCTION __reana.count_used_runs(uuid[]) IS 'Locks the totals of the owners of runs, whoever these are by then, and counts the runs.';

-- object: comment: FUNCTION __reana.count_web_sessions()
COMMENT ON FUNCTION __reana.count_web_sessions() IS 'The number of sessions of the web interface: rows of Invenio''s table, 0 where it is not.';

-- object: comment: FUNCTION __reana.counted_cpu(uuid,timestamp without time zone)
COMMENT ON FUNCTION __reana.counted_cpu(uuid,timestamp without time zone) IS 'Milliseconds of processing time of a user since a time (UTC), or in total without one.';

-- object: comment: FUNCTION __reana.counted_disk(uuid)
COMMENT ON FUNCTION __reana.counted_disk(uuid) IS 'Bytes of the workspaces of a user; a workspace of several runs counts once, at its maximum.';

-- object: comment: FUNCTION __reana.cpu_milliseconds(timestamp without time zone,timestamp without time zone,timestamp without time zone)
COMMENT ON FUNCTION __reana.cpu_milliseconds(timestamp without time zone,timestamp without time zone,timestamp without time zone) IS 'Whole milliseconds of a run from its start, or from a later time, to its end; never negative.';

-- object: comment: FUNCTION __reana.current_period_start(timestamp without time zone,integer,timestamp without time zone)
COMMENT ON FUNCTION __reana.current_period_start(timestamp without time zone,integer,timestamp without time zone) IS 'The start of the quota period that holds a time (UTC); a start in the future stays.';

-- object: comment: FUNCTION __reana.end_of_retention(integer)
COMMENT ON FUNCTION __reana.end_of_retention(integer) IS 'When a rule that becomes active now is due: the end of the day (UTC), and so many days later; less than 0 count as 0, more than 36500 as 36500.';

-- object: comment: FUNCTION __reana.end_retention_rules(uuid,text,integer,uuid)
COMMENT ON FUNCTION __reana.end_retention_rules(uuid,text,integer,uuid) IS 'Ends the created and active rules of all runs with this owner, name and major number, which is deleted or, as the run given last, restarted. Refuses a restart (SQLSTATE 23R02) while one of them is pending.';

-- object: comment: FUNCTION __reana.ensure_session_secret(uuid,bytea,bytea,bytea)
COMMENT ON FUNCTION __reana.ensure_session_secret(uuid,bytea,bytea,bytea) IS 'Returns the encrypted secret of a session, having stored the one given if there was none; NULL for an unknown session.';

-- object: comment: FUNCTION __reana.ensure_webhook_secret(uuid,bytea,bytea,text,timestamp without time zone,boolean)
COMMENT ON FUNCTION __reana.ensure_webhook_secret(uuid,bytea,bytea,text,timestamp without time zone,boolean) IS 'Returns the encrypted GitLab webhook secret of a user and its end, having stored the one given if there was none, if it had expired or if it is to be renewed; no row for an unknown user.';

-- object: comment: FUNCTION __reana.first_end(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone)
COMMENT ON FUNCTION __reana.first_end(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone) IS 'When something ended that ends now: the stored time, else the one that the client gives, else now, but not before its start.';

-- object: comment: FUNCTION __reana.first_start(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone)
COMMENT ON FUNCTION __reana.first_start(timestamp without time zone,timestamp without time zone,timestamp without time zone,timestamp without time zone) IS 'When something started that starts now: the stored time, else the one that the client gives, else now, but not after its end.';

-- object: comment: FUNCTION __reana.follow_restart()
COMMENT ON FUNCTION __reana.follow_restart() IS 'Ends the retention rules of the runs before a restart; refuses a restart while one is pending.';

-- object: comment: FUNCTION __reana.follow_run()
COMMENT ON FUNCTION __reana.follow_run() IS 'Makes the created retention rules of a run active when it finishes or fails; ends those of all runs that share the workspace of a deleted one. Tells count_changed_runs, until the end of the transaction, that it has something to count.';

-- object: comment: FUNCTION __reana.forget_session_secret_digest()
COMMENT ON FUNCTION __reana.forget_session_secret_digest() IS 'Clears the digest of a session secret that got another value.';

-- object: comment: FUNCTION __reana.forget_token_digest()
COMMENT ON FUNCTION __reana.forget_token_digest() IS 'Clears the digest of a token that got another value.';

-- object: comment: FUNCTION __reana.grant_token(uuid,uuid,bytea,bytea,bytea,uuid,uuid,json)
COMMENT ON FUNCTION __reana.grant_token(uuid,uuid,bytea,bytea,bytea,uuid,uuid,json) IS 'Makes the requested token of a user active, or a new one, with the encrypted value in the form that the setting secrets_form asks for; writes the audit entry of the administrator, if there is one; returns done, unknown user, already active, request changed when the requested token is not the one given, or value taken.';

-- object: comment: FUNCTION __reana.guard_interactive_session()
COMMENT ON FUNCTION __reana.guard_interactive_session() IS 'Records a change of a status, sets the times that it brings about (UTC), and keeps a status that the rules do not allow from being stored (see status_mode). Sets updated, where the client did not.';

-- object: comment: FUNCTION __reana.guard_job()
COMMENT ON FUNCTION __reana.guard_job() IS 'Records a change of a status, sets the times that it brings about (UTC), and keeps a status that the rules do not allow from being stored (see status_mode). Sets updated, where the client did not.';

-- object: comment: FUNCTION __reana.guard_service()
COMMENT ON FUNCTION __reana.guard_service() IS 'Records a change of a status, sets the times that it brings about (UTC), and keeps a status that the rules do not allow from being stored (see status_mode). Sets updated, where the client did not.';

-- object: comment: FUNCTION __reana.guard_workflow()
COMMENT ON FUNCTION __reana.guard_workflow() IS 'Records a change of a status, sets the times that it brings about (UTC), and keeps a status that the rules do not allow from being stored (see status_mode). Sets updated, where the client did not.';

-- object: comment: FUNCTION __reana.guard_workspace_retention_rule()
COMMENT ON FUNCTION __reana.guard_workspace_retention_rule() IS 'Records a change of a status, sets the times that it brings about (UTC), and keeps a status that the rules do not allow from being stored (see status_mode). Sets updated, where the client did not.';

-- object: comment: FUNCTION __reana.has_expired(timestamp without time zone)
COMMENT ON FUNCTION __reana.has_expired(timestamp without time zone) IS 'Whether a share with this end (UTC) is over; midnight is the end of the day that it begins, NULL no end.';

-- object: comment: FUNCTION __reana.is_transition(text,text,text)
COMMENT ON FUNCTION __reana.is_transition(text,text,text) IS 'Whether a status may follow another: by status_transition, from which this function is made, from NULL, or because they are equal.';

-- object: comment: FUNCTION __reana.judge_violation(text,uuid,text,text)
COMMENT ON FUNCTION __reana.judge_violation(text,uuid,text,text) IS 'Tells whether a change against the rules is made, and records it: raises 23R01 in the mode enforce, a warning in the mode keep.';

-- object: comment: FUNCTION __reana.keep_quota_used()
COMMENT ON FUNCTION __reana.keep_quota_used() IS 'Keeps quota_used at the exact total, whatever a client writes there.';

-- object: comment: FUNCTION __reana.lock_run()
COMMENT ON FUNCTION __reana.lock_run() IS 'Locks a run before its first usage is inserted: the order in which everybody locks.';

-- object: comment: FUNCTION __reana.lock_totals(uuid[])
COMMENT ON FUNCTION __reana.lock_totals(uuid[]) IS 'Locks the quota totals of users, each named once, until the end of the transaction, in key order; makes those that are missing.';

-- object: comment: FUNCTION __reana.merge_job_progress(json,json)
COMMENT ON FUNCTION __reana.merge_job_progress(json,json) IS 'The progress of the jobs of a run after a message: per status the union of the job ids and its size; the first total that is not 0 stays.';

-- object: comment: FUNCTION __reana.record_retention_action()
COMMENT ON FUNCTION __reana.record_retention_action() IS 'Writes the audit entry of a new or changed retention rule, in UTC.';

-- object: comment: FUNCTION __reana.record_runs(uuid[],uuid[])
COMMENT ON FUNCTION __reana.record_runs(uuid[],uuid[]) IS 'Records the processing time of those of the runs that nobody else is changing, and that have one of these owners; returns how many. Both are named once.';

-- object: comment: FUNCTION __reana.record_status()
COMMENT ON FUNCTION __reana.record_status() IS 'Records the first status of a row, and that a row was deleted.';

-- object: comment: FUNCTION __reana.recount_everybody()
COMMENT ON FUNCTION __reana.recount_everybody() IS 'Makes the ledger and all totals anew, after a TRUNCATE.';

-- object: comment: FUNCTION __reana.recount_quota()
COMMENT ON FUNCTION __reana.recount_quota() IS 'Moves a quota period on to the current one, and sums the ledger again when the period changed.';

-- object: comment: FUNCTION __reana.recount_user(uuid)
COMMENT ON FUNCTION __reana.recount_user(uuid) IS 'Makes the ledger and the totals of a user anew from all runs: for what was written without triggers.';

-- object: comment: FUNCTION __reana.refuse_interactive_session_values()
COMMENT ON FUNCTION __reana.refuse_interactive_session_values() IS 'Refuses a value of created that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.refuse_job_values()
COMMENT ON FUNCTION __reana.refuse_job_values() IS 'Refuses a value of created, finished_at, started_at that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.refuse_negative_usage()
COMMENT ON FUNCTION __reana.refuse_negative_usage() IS 'Sets usage to zero that would become negative, with a warning.';

-- object: comment: FUNCTION __reana.refuse_resource_values()
COMMENT ON FUNCTION __reana.refuse_resource_values() IS 'Refuses a value of default_limit that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.refuse_restart_during_removal()
COMMENT ON FUNCTION __reana.refuse_restart_during_removal() IS 'Refuses a restart (SQLSTATE 23R02) in a workspace whose files are being removed.';

-- object: comment: FUNCTION __reana.refuse_user_resource_values()
COMMENT ON FUNCTION __reana.refuse_user_resource_values() IS 'Refuses a value of quota_limit, quota_period_start_at that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.refuse_user_values()
COMMENT ON FUNCTION __reana.refuse_user_values() IS 'Refuses a value of email, gitlab_webhook_secret_expires_at that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.refuse_user_workflow_values()
COMMENT ON FUNCTION __reana.refuse_user_workflow_values() IS 'Refuses a value of valid_until that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.refuse_workflow_times()
COMMENT ON FUNCTION __reana.refuse_workflow_times() IS 'Refuses a value of created, run_finished_at, run_started_at, run_stopped_at that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.refuse_workflow_values()
COMMENT ON FUNCTION __reana.refuse_workflow_values() IS 'Refuses a value of name, reana_specification, workspace_path that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.refuse_workspace_retention_rule_values()
COMMENT ON FUNCTION __reana.refuse_workspace_retention_rule_values() IS 'Refuses a value of apply_on, retention_days that is out of bounds (23514).';

-- object: comment: FUNCTION __reana.request_token(uuid,uuid,uuid)
COMMENT ON FUNCTION __reana.request_token(uuid,uuid,uuid) IS 'Requests a token for a user, with its audit entry; returns done, unknown user, already active or already requested.';

-- object: comment: FUNCTION __reana.separate_audit_times()
COMMENT ON FUNCTION __reana.separate_audit_times() IS 'Moves an audit entry whose rule, time and action are taken to the next free microsecond.';

-- object: comment: FUNCTION __reana.set_retention_dates()
COMMENT ON FUNCTION __reana.set_retention_dates() IS 'Sets apply_on of a rule that is active without a date (end of the day in UTC plus retention_days) and clears it when inactive; sets pending_since when the status changes.';

-- object: comment: FUNCTION __reana.set_updated()
COMMENT ON FUNCTION __reana.set_updated() IS 'Sets the time of the last change of a row (UTC), where the client did not.';

-- object: comment: FUNCTION __reana.status_mode()
COMMENT ON FUNCTION __reana.status_mode() IS 'The setting status_mode. What becomes of a change against the rules: enforce refuses it, keep leaves status and times as they are and stores the rest, observe makes it.';

-- object: comment: FUNCTION __reana.stored_form(bytea,bytea)
COMMENT ON FUNCTION __reana.stored_form(bytea,bytea) IS 'Returns the form of an encrypted value that the setting secrets_form asks for.';

-- object: comment: INDEX __reana.ix___reana_interactive_session_undigested
COMMENT ON INDEX __reana.ix___reana_interactive_session_undigested IS 'Secrets that services of earlier releases wrote since the last look.';

-- object: comment: INDEX __reana.uq_interactive_session_session_secret_digest
COMMENT ON INDEX __reana.uq_interactive_session_session_secret_digest IS 'Finds the session of a secret.';

-- object: comment: INDEX __reana.uq_user_token_active
COMMENT ON INDEX __reana.uq_user_token_active IS 'At most one active token of a user.';

-- object: comment: INDEX __reana.uq_user_token_requested
COMMENT ON INDEX __reana.uq_user_token_requested IS 'At most one requested token of a user.';

-- object: comment: INDEX __reana.uq_user_token_token_digest
COMMENT ON INDEX __reana.uq_user_token_token_digest IS 'Finds the user of a token; two tokens never have the same value.';

-- object: comment: SCHEMA reana
COMMENT ON SCHEMA reana IS 'Views for people in psql.';

-- object: comment: TABLE __reana.audit_log
COMMENT ON TABLE __reana.audit_log IS 'Who asked for, granted and revoked access tokens. Only ever appended.';

-- object: comment: TABLE __reana.interactive_session
COMMENT ON TABLE __reana.interactive_session IS 'Notebooks that are open on a workspace. A row is deleted when its session is closed.';

-- object: comment: TABLE __reana.interactive_session_resource
COMMENT ON TABLE __reana.interactive_session_resource IS 'Resources that a session used. Not written by any released service.';

-- object: comment: TABLE __reana.job
COMMENT ON TABLE __reana.job IS 'Jobs of runs: one row per job that the job controller submitted to a compute backend.';

-- object: comment: TABLE __reana.job_cache
COMMENT ON TABLE __reana.job_cache IS 'Results of jobs that later runs may take instead of running the same job again.';

-- object: comment: TABLE __reana.orphan_identity
COMMENT ON TABLE __reana.orphan_identity IS 'Halves of identities, set aside by migration 0015: an issuer without a subject or the other way round.';

-- object: comment: TABLE __reana.orphan_job
COMMENT ON TABLE __reana.orphan_job IS 'Jobs without a run, set aside by migration 0008. Columns as in job. May be emptied once nobody misses them.';

-- object: comment: TABLE __reana.orphan_job_cache
COMMENT ON TABLE __reana.orphan_job_cache IS 'Cache entries of the jobs in orphan_job. Columns as in job_cache.';

-- object: comment: TABLE __reana.quota_ledger
COMMENT ON TABLE __reana.quota_ledger IS 'What of each run is in the quota total of its owner. Kept by triggers; nobody else writes it.';

-- object: comment: TABLE __reana.resource
COMMENT ON TABLE __reana.resource IS 'What quotas count. The services know two rows by name: processing time and shared storage.';

-- object: comment: TABLE __reana.service
COMMENT ON TABLE __reana.service IS 'Services that run beside a workflow, such as a Dask cluster. Rows stay after the service is gone.';

-- object: comment: TABLE __reana.service_logs
COMMENT ON TABLE __reana.service_logs IS 'What the pods of a service wrote, one row per pod. Empty where logs go to OpenSearch.';

-- object: comment: TABLE __reana.setting
COMMENT ON TABLE __reana.setting IS 'What a site decides for this database; the command "reana-db settings" lists and changes it.';

-- object: comment: TABLE __reana.status_history
COMMENT ON TABLE __reana.status_history IS 'Every change of a status; written by triggers only. The view reana.run_history shows the lives of runs; the command "reana-db status" reads and prunes it.';

-- object: comment: TABLE __reana.status_message
COMMENT ON TABLE __reana.status_message IS 'The messages about a run that were applied and have an id of their sender, so that none is applied twice. When a run ends, only the message that ended it stays.';

-- object: comment: TABLE __reana.status_transition
COMMENT ON TABLE __reana.status_transition IS 'Which status may follow which. An equal status changes nothing and is always accepted; NULL, in old rows, may become any status. The function is_transition is made from it by a migration; a row that is changed alone changes no rule.';

-- object: comment: TABLE __reana.user_
COMMENT ON TABLE __reana.user_ IS 'People, and services acting as people.';

-- object: comment: TABLE __reana.user_resource
COMMENT ON TABLE __reana.user_resource IS 'Quota and usage of each user, per resource.';

-- object: comment: TABLE __reana.user_token
COMMENT ON TABLE __reana.user_token IS 'Access tokens of users.';

-- object: comment: TABLE __reana.user_workflow
COMMENT ON TABLE __reana.user_workflow IS 'Runs that their owner shares with other users.';

-- object: comment: TABLE __reana.workflow
COMMENT ON TABLE __reana.workflow IS 'Runs of workflows, and what became of them. Rows are never deleted; a deleted run has the status deleted.';

-- object: comment: TABLE __reana.workflow_resource
COMMENT ON TABLE __reana.workflow_resource IS 'What each run used, per resource.';

-- object: comment: TABLE __reana.workflow_service
COMMENT ON TABLE __reana.workflow_service IS 'Which service runs beside which run.';

-- object: comment: TABLE __reana.workflow_session
COMMENT ON TABLE __reana.workflow_session IS 'Which interactive session is open on which run.';

-- object: comment: TABLE __reana.workspace_removal
COMMENT ON TABLE __reana.workspace_removal IS 'Deleted runs whose files may still be there; a row goes when their removal is confirmed. The command "reana-db deletions" lists them.';

-- object: comment: TABLE __reana.workspace_retention_audit_log
COMMENT ON TABLE __reana.workspace_retention_audit_log IS 'Every status that a retention rule had. Only ever appended.';

-- object: comment: TABLE __reana.workspace_retention_rule
COMMENT ON TABLE __reana.workspace_retention_rule IS 'Which files of a workspace are removed some days after the end of its run.';

-- object: comment: TRIGGER assign_run_number ON __reana.workflow
COMMENT ON TRIGGER assign_run_number ON __reana.workflow IS 'Assigns the run number of a new run, serialised per owner and name.';

-- object: comment: TRIGGER count_deleted_runs ON __reana.workflow
COMMENT ON TRIGGER count_deleted_runs ON __reana.workflow IS 'Takes runs out of the totals.';

-- object: comment: TRIGGER count_deleted_usage ON __reana.workflow_resource
COMMENT ON TRIGGER count_deleted_usage ON __reana.workflow_resource IS 'Counts runs without it.';

-- object: comment: TRIGGER count_inserted_runs ON __reana.workflow
COMMENT ON TRIGGER count_inserted_runs ON __reana.workflow IS 'Opens the usage of new runs, and counts those that have ended, as an import writes them.';

-- object: comment: TRIGGER count_inserted_usage ON __reana.workflow_resource
COMMENT ON TRIGGER count_inserted_usage ON __reana.workflow_resource IS 'Counts new usage.';

-- object: comment: TRIGGER count_updated_runs ON __reana.workflow
COMMENT ON TRIGGER count_updated_runs ON __reana.workflow IS 'Records and counts the processing time of runs that end; counts what else changes.';

-- object: comment: TRIGGER count_updated_usage ON __reana.workflow_resource
COMMENT ON TRIGGER count_updated_usage ON __reana.workflow_resource IS 'Counts other usage.';

-- object: comment: TRIGGER follow_restart ON __reana.workflow
COMMENT ON TRIGGER follow_restart ON __reana.workflow IS 'Ends the retention rules of the runs before a restart; refuses a restart while one is pending.';

-- object: comment: TRIGGER follow_run ON __reana.workflow
COMMENT ON TRIGGER follow_run ON __reana.workflow IS 'Makes the created retention rules of a run active when it finishes or fails; ends those of all runs that share the workspace of a deleted one.';

-- object: comment: TRIGGER forget_session_secret_digest ON __reana.interactive_session
COMMENT ON TRIGGER forget_session_secret_digest ON __reana.interactive_session IS 'Clears the digest when a service that does not know it overwrites the secret.';

-- object: comment: TRIGGER forget_token_digest ON __reana.user_token
COMMENT ON TRIGGER forget_token_digest ON __reana.user_token IS 'Clears the digest when a service that does not know it overwrites the token.';

-- object: comment: TRIGGER lock_run ON __reana.workflow_resource
COMMENT ON TRIGGER lock_run ON __reana.workflow_resource IS 'Locks runs before usage, so that no deadlock arises.';

-- object: comment: TRIGGER record_deletion ON __reana.interactive_session
COMMENT ON TRIGGER record_deletion ON __reana.interactive_session IS 'Records that a row was deleted, and its last status.';

-- object: comment: TRIGGER record_deletion ON __reana.job
COMMENT ON TRIGGER record_deletion ON __reana.job IS 'Records that a row was deleted, and its last status.';

-- object: comment: TRIGGER record_deletion ON __reana.service
COMMENT ON TRIGGER record_deletion ON __reana.service IS 'Records that a row was deleted, and its last status.';

-- object: comment: TRIGGER record_deletion ON __reana.workflow
COMMENT ON TRIGGER record_deletion ON __reana.workflow IS 'Records that a row was deleted, and its last status.';

-- object: comment: TRIGGER record_deletion ON __reana.workspace_retention_rule
COMMENT ON TRIGGER record_deletion ON __reana.workspace_retention_rule IS 'Records that a row was deleted, and its last status.';

-- object: comment: TRIGGER record_first_status ON __reana.interactive_session
COMMENT ON TRIGGER record_first_status ON __reana.interactive_session IS 'Records the status with which a row was inserted.';

-- object: comment: TRIGGER record_first_status ON __reana.job
COMMENT ON TRIGGER record_first_status ON __reana.job IS 'Records the status with which a row was inserted.';

-- object: comment: TRIGGER record_first_status ON __reana.service
COMMENT ON TRIGGER record_first_status ON __reana.service IS 'Records the status with which a row was inserted.';

-- object: comment: TRIGGER record_first_status ON __reana.workflow
COMMENT ON TRIGGER record_first_status ON __reana.workflow IS 'Records the status with which a row was inserted.';

-- object: comment: TRIGGER record_first_status ON __reana.workspace_retention_rule
COMMENT ON TRIGGER record_first_status ON __reana.workspace_retention_rule IS 'Records the status with which a row was inserted.';

-- object: comment: TRIGGER record_retention_action ON __reana.workspace_retention_rule
COMMENT ON TRIGGER record_retention_action ON __reana.workspace_retention_rule IS 'Writes the audit entry of a new or changed rule.';

-- object: comment: TRIGGER recount_inserted_quota ON __reana.user_resource
COMMENT ON TRIGGER recount_inserted_quota ON __reana.user_resource IS 'Sums the ledger for a new total.';

-- object: comment: TRIGGER recount_truncated_runs ON __reana.workflow
COMMENT ON TRIGGER recount_truncated_runs ON __reana.workflow IS 'Counts everybody anew.';

-- object: comment: TRIGGER recount_truncated_usage ON __reana.workflow_resource
COMMENT ON TRIGGER recount_truncated_usage ON __reana.workflow_resource IS 'Counts everybody anew.';

-- object: comment: TRIGGER recount_updated_quota ON __reana.user_resource
COMMENT ON TRIGGER recount_updated_quota ON __reana.user_resource IS 'Sums the ledger again when the quota period changes or is over.';

-- object: comment: TRIGGER refuse_interactive_session_values ON __reana.interactive_session
COMMENT ON TRIGGER refuse_interactive_session_values ON __reana.interactive_session IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER refuse_job_values ON __reana.job
COMMENT ON TRIGGER refuse_job_values ON __reana.job IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER refuse_negative_usage ON __reana.workflow_resource
COMMENT ON TRIGGER refuse_negative_usage ON __reana.workflow_resource IS 'Sets usage to zero that would become negative.';

-- object: comment: TRIGGER refuse_resource_values ON __reana.resource
COMMENT ON TRIGGER refuse_resource_values ON __reana.resource IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER refuse_restart_during_removal ON __reana.workflow
COMMENT ON TRIGGER refuse_restart_during_removal ON __reana.workflow IS 'Refuses a restart in a workspace whose files are being removed.';

-- object: comment: TRIGGER refuse_user_resource_values ON __reana.user_resource
COMMENT ON TRIGGER refuse_user_resource_values ON __reana.user_resource IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER refuse_user_values ON __reana.user_
COMMENT ON TRIGGER refuse_user_values ON __reana.user_ IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER refuse_user_workflow_values ON __reana.user_workflow
COMMENT ON TRIGGER refuse_user_workflow_values ON __reana.user_workflow IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER refuse_workflow_times ON __reana.workflow
COMMENT ON TRIGGER refuse_workflow_times ON __reana.workflow IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER refuse_workflow_values ON __reana.workflow
COMMENT ON TRIGGER refuse_workflow_values ON __reana.workflow IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER refuse_workspace_retention_rule_values ON __reana.workspace_retention_rule
COMMENT ON TRIGGER refuse_workspace_retention_rule_values ON __reana.workspace_retention_rule IS 'Refuses new and changed values that are out of bounds.';

-- object: comment: TRIGGER separate_audit_times ON __reana.workspace_retention_audit_log
COMMENT ON TRIGGER separate_audit_times ON __reana.workspace_retention_audit_log IS 'Keeps two entries of one moment apart.';

-- object: comment: TRIGGER set_retention_dates ON __reana.workspace_retention_rule
COMMENT ON TRIGGER set_retention_dates ON __reana.workspace_retention_rule IS 'Sets apply_on and pending_since.';

-- object: comment: TRIGGER set_updated ON __reana.audit_log
COMMENT ON TRIGGER set_updated ON __reana.audit_log IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER set_updated ON __reana.interactive_session_resource
COMMENT ON TRIGGER set_updated ON __reana.interactive_session_resource IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER set_updated ON __reana.job_cache
COMMENT ON TRIGGER set_updated ON __reana.job_cache IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER set_updated ON __reana.resource
COMMENT ON TRIGGER set_updated ON __reana.resource IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER set_updated ON __reana.setting
COMMENT ON TRIGGER set_updated ON __reana.setting IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER set_updated ON __reana.user_
COMMENT ON TRIGGER set_updated ON __reana.user_ IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER set_updated ON __reana.user_resource
COMMENT ON TRIGGER set_updated ON __reana.user_resource IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER set_updated ON __reana.user_token
COMMENT ON TRIGGER set_updated ON __reana.user_token IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER set_updated ON __reana.workflow_resource
COMMENT ON TRIGGER set_updated ON __reana.workflow_resource IS 'Sets updated where the client did not.';

-- object: comment: TRIGGER zz_guard_status ON __reana.interactive_session
COMMENT ON TRIGGER zz_guard_status ON __reana.interactive_session IS 'Judges and records a change of a status, sets updated; fires after all other triggers of its kind.';

-- object: comment: TRIGGER zz_guard_status ON __reana.job
COMMENT ON TRIGGER zz_guard_status ON __reana.job IS 'Judges and records a change of a status, sets updated; fires after all other triggers of its kind.';

-- object: comment: TRIGGER zz_guard_status ON __reana.service
COMMENT ON TRIGGER zz_guard_status ON __reana.service IS 'Judges and records a change of a status, sets updated; fires after all other triggers of its kind.';

-- object: comment: TRIGGER zz_guard_status ON __reana.workflow
COMMENT ON TRIGGER zz_guard_status ON __reana.workflow IS 'Judges and records a change of a status, sets updated; fires after all other triggers of its kind.';

-- object: comment: TRIGGER zz_guard_status ON __reana.workspace_retention_rule
COMMENT ON TRIGGER zz_guard_status ON __reana.workspace_retention_rule IS 'Judges and records a change of a status, sets updated; fires after all other triggers of its kind.';

-- object: comment: TRIGGER zz_keep_quota_used ON __reana.user_resource
COMMENT ON TRIGGER zz_keep_quota_used ON __reana.user_resource IS 'Keeps quota_used at the exact total. Its name makes it the last.';

-- object: comment: TYPE public.accesstype
COMMENT ON TYPE public.accesstype IS 'What the user of a share may do.';

-- object: comment: TYPE public.auditlogaction
COMMENT ON TYPE public.auditlogaction IS 'What an entry of audit_log records.';

-- object: comment: TYPE public.interactivesessiontype
COMMENT ON TYPE public.interactivesessiontype IS 'Kinds of interactive sessions.';

-- object: comment: TYPE public.jobstatus
COMMENT ON TYPE public.jobstatus IS 'Where a job stands. Ends: finished, failed, stopped.';

-- object: comment: TYPE public.resourcetype
COMMENT ON TYPE public.resourcetype IS 'Kinds of resources: cpu is processing time, disk is storage.';

-- object: comment: TYPE public.resourceunit
COMMENT ON TYPE public.resourceunit IS 'Units of resources: milliseconds for cpu, bytes_ for disk.';

-- object: comment: TYPE public.runstatus
COMMENT ON TYPE public.runstatus IS 'Where a run or an interactive session stands. Ends of runs: finished, failed, stopped, then deleted.';

-- object: comment: TYPE public.servicestatus
COMMENT ON TYPE public.servicestatus IS 'Where a service stands. Services use created, running and deleted.';

-- object: comment: TYPE public.servicetype
COMMENT ON TYPE public.servicetype IS 'Kinds of services.';

-- object: comment: TYPE public.usertokenstatus
COMMENT ON TYPE public.usertokenstatus IS 'Where an access token stands.';

-- object: comment: TYPE public.usertokentype
COMMENT ON TYPE public.usertokentype IS 'Kinds of access tokens.';

-- object: comment: TYPE public.workspaceretentionrulestatus
COMMENT ON TYPE public.workspaceretentionrulestatus IS 'Where a retention rule stands.';

-- object: comment: VIEW __reana.current_quota
COMMENT ON VIEW __reana.current_quota IS 'Quota and usage of users at this moment: in the current period, even if nothing was written since it began.';

-- object: comment: VIEW __reana.quota_resource
COMMENT ON VIEW __reana.quota_resource IS 'The default resource of each type: the ones that are counted.';

-- object: comment: VIEW __reana.run_time
COMMENT ON VIEW __reana.run_time IS 'When runs started and ended, and what this makes.';

-- object: comment: VIEW __reana.run_usage
COMMENT ON VIEW __reana.run_usage IS 'What every run uses now, which is what the ledger must hold. Runs that use nothing are left out.';

-- object: comment: VIEW reana.migrations
COMMENT ON VIEW reana.migrations IS 'The migrations of this database: when, by whom, and whether run or adopted.';

-- object: comment: VIEW reana.open_sessions
COMMENT ON VIEW reana.open_sessions IS 'Interactive sessions that are not closed, with their owner and run.';

-- object: comment: VIEW reana.retention_rules_due
COMMENT ON VIEW reana.retention_rules_due IS 'Retention rules that the next cron job applies, and those that a crashed one left pending.';

-- object: comment: VIEW reana.run_history
COMMENT ON VIEW reana.run_history IS 'The lives of runs: one row per status that a run had, and how long. For example: SELECT * FROM reana.run_history WHERE run = ''analysis.3'';';

-- object: comment: VIEW reana.running_load
COMMENT ON VIEW reana.running_load IS 'How many runs of each user are queued, pending and running.';

-- object: comment: VIEW reana.runs
COMMENT ON VIEW reana.runs IS 'Every run with its owner, status, age and times (UTC).';

-- object: comment: VIEW reana.stuck_runs
COMMENT ON VIEW reana.stuck_runs IS 'Runs that have been silent for too long: running for 12 hours, pending for 20 minutes.';

-- object: comment: VIEW reana.user_quota
COMMENT ON VIEW reana.user_quota IS 'What each user has used of each resource, in the current quota period; warning from 80 %, critical from 100 % of the limit.';
