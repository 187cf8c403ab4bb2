-- The schema of reana-db 0.8.0 (Alembic revision 6568d7cb6710).  Names and types are those of
-- the released version, so that its services work on this database unchanged.

CREATE SCHEMA IF NOT EXISTS __reana;

CREATE TYPE public.auditlogaction AS ENUM (
    'request_token',
    'grant_token',
    'revoke_token'
);

CREATE TYPE public.interactivesessiontype AS ENUM (
    'jupyter'
);

CREATE TYPE public.jobstatus AS ENUM (
    'created',
    'running',
    'finished',
    'failed',
    'stopped',
    'queued'
);

CREATE TYPE public.resourcetype AS ENUM (
    'cpu',
    'disk'
);

CREATE TYPE public.resourceunit AS ENUM (
    'bytes_',
    'milliseconds'
);

CREATE TYPE public.runstatus AS ENUM (
    'created',
    'running',
    'finished',
    'failed',
    'deleted',
    'stopped',
    'queued',
    'pending'
);

CREATE TYPE public.usertokenstatus AS ENUM (
    'requested',
    'active',
    'revoked'
);

CREATE TYPE public.usertokentype AS ENUM (
    'reana'
);

CREATE TABLE __reana.user_ (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    email character varying(255) NOT NULL,
    full_name character varying(255),
    username character varying(255),
    CONSTRAINT user__pkey PRIMARY KEY (id_, email),
    CONSTRAINT user__email_key UNIQUE (email),
    CONSTRAINT user__id__key UNIQUE (id_)
);

CREATE TABLE __reana.resource (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    name character varying(1024) NOT NULL,
    type_ public.resourcetype NOT NULL,
    unit public.resourceunit NOT NULL,
    title character varying(1024),
    CONSTRAINT resource_pkey PRIMARY KEY (id_),
    CONSTRAINT resource_name_key UNIQUE (name)
);

CREATE TABLE __reana.job (
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
    CONSTRAINT job_pkey PRIMARY KEY (id_)
);

CREATE TABLE __reana.audit_log (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    user_id uuid NOT NULL,
    action public.auditlogaction NOT NULL,
    details json,
    CONSTRAINT audit_log_pkey PRIMARY KEY (id_),
    CONSTRAINT audit_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES __reana.user_ (id_)
);

CREATE TABLE __reana.interactive_session (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    name character varying(255),
    path text,
    status public.runstatus NOT NULL,
    owner_id uuid,
    type_ public.interactivesessiontype NOT NULL,
    CONSTRAINT interactive_session_pkey PRIMARY KEY (id_),
    CONSTRAINT _interactive_session_uc UNIQUE (name, path),
    CONSTRAINT interactive_session_owner_id_fkey
    FOREIGN KEY (owner_id) REFERENCES __reana.user_ (id_)
);

CREATE TABLE __reana.job_cache (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    job_id uuid NOT NULL,
    parameters character varying(1024),
    result_path character varying(1024),
    workspace_hash character varying(1024),
    access_times json,
    CONSTRAINT job_cache_pkey PRIMARY KEY (id_, job_id),
    CONSTRAINT job_cache_job_id_fkey FOREIGN KEY (job_id) REFERENCES __reana.job (id_)
);

CREATE TABLE __reana.user_resource (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    user_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    quota_limit bigint,
    quota_used bigint,
    CONSTRAINT user_resource_pkey PRIMARY KEY (user_id, resource_id),
    CONSTRAINT user_resource_resource_id_fkey
    FOREIGN KEY (resource_id) REFERENCES __reana.resource (id_),
    CONSTRAINT user_resource_user_id_fkey FOREIGN KEY (user_id) REFERENCES __reana.user_ (id_)
);

CREATE TABLE __reana.user_token (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    token bytea,
    status public.usertokenstatus,
    user_id uuid NOT NULL,
    type_ public.usertokentype NOT NULL,
    CONSTRAINT user_token_pkey PRIMARY KEY (id_),
    CONSTRAINT user_token_token_key UNIQUE (token),
    CONSTRAINT user_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES __reana.user_ (id_)
);

CREATE TABLE __reana.workflow (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    name character varying(255),
    status public.runstatus,
    owner_id uuid,
    reana_specification json,
    input_parameters json,
    operational_options json,
    complexity bigint[],
    type_ character varying(30),
    logs character varying,
    run_started_at timestamp without time zone,
    run_finished_at timestamp without time zone,
    run_stopped_at timestamp without time zone,
    run_number double precision,
    job_progress json,
    workspace_path character varying,
    restart boolean,
    engine_specific json,
    git_ref character varying(40),
    git_repo character varying(255),
    git_provider character varying(255),
    CONSTRAINT workflow_pkey PRIMARY KEY (id_),
    CONSTRAINT _user_workflow_run_uc UNIQUE (name, owner_id, run_number),
    CONSTRAINT workflow_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES __reana.user_ (id_)
);

CREATE TABLE __reana.interactive_session_resource (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    session_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    quota_used bigint,
    CONSTRAINT interactive_session_resource_pkey PRIMARY KEY (session_id, resource_id),
    CONSTRAINT interactive_session_resource_resource_id_fkey
    FOREIGN KEY (resource_id) REFERENCES __reana.resource (id_),
    CONSTRAINT interactive_session_resource_session_id_fkey
    FOREIGN KEY (session_id) REFERENCES __reana.interactive_session (id_)
);

CREATE TABLE __reana.workflow_resource (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    workflow_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    quota_used bigint,
    CONSTRAINT workflow_resource_pkey PRIMARY KEY (workflow_id, resource_id),
    CONSTRAINT workflow_resource_resource_id_fkey
    FOREIGN KEY (resource_id) REFERENCES __reana.resource (id_),
    CONSTRAINT workflow_resource_workflow_id_fkey
    FOREIGN KEY (workflow_id) REFERENCES __reana.workflow (id_)
);

CREATE TABLE __reana.workflow_session (
    workflow_id uuid,
    session_id uuid NOT NULL,
    CONSTRAINT workflow_session_pkey PRIMARY KEY (session_id),
    CONSTRAINT workflow_session_session_id_fkey
    FOREIGN KEY (session_id) REFERENCES __reana.interactive_session (id_),
    CONSTRAINT workflow_session_workflow_id_fkey
    FOREIGN KEY (workflow_id) REFERENCES __reana.workflow (id_)
);
