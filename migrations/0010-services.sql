-- depends: 0009-sharing
--
-- Services that run beside a workflow, such as a Dask cluster (Alembic revision 3d0994430da7).
-- IF NOT EXISTS: `init` of a newer release creates these over an older database.

DO $$
BEGIN
    IF to_regtype('public.servicestatus') IS NULL THEN
        CREATE TYPE public.servicestatus AS ENUM (
            'created',
            'running',
            'finished',
            'failed',
            'deleted',
            'stopped',
            'queued',
            'pending'
        );
    END IF;

    IF to_regtype('public.servicetype') IS NULL THEN
        CREATE TYPE public.servicetype AS ENUM (
            'dask'
        );
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS __reana.service (
    id_ uuid NOT NULL,
    name character varying(255),
    uri text,
    status public.servicestatus NOT NULL,
    owner_id uuid,
    type_ public.servicetype NOT NULL,
    CONSTRAINT pk_service PRIMARY KEY (id_),
    CONSTRAINT uq_service_name UNIQUE (name, uri),
    CONSTRAINT fk_service_owner_id_user_ FOREIGN KEY (owner_id) REFERENCES __reana.user_ (id_)
);

CREATE TABLE IF NOT EXISTS __reana.workflow_service (
    workflow_id uuid,
    service_id uuid NOT NULL,
    CONSTRAINT pk_workflow_service PRIMARY KEY (service_id),
    CONSTRAINT fk_workflow_service_service_id_service
    FOREIGN KEY (service_id) REFERENCES __reana.service (id_),
    CONSTRAINT fk_workflow_service_workflow_id_workflow
    FOREIGN KEY (workflow_id) REFERENCES __reana.workflow (id_)
);
