-- depends: 0010-services
--
-- What the containers of a service wrote (Alembic revision 3da4dd5d0b75).
-- IF NOT EXISTS: `init` of a newer release creates this over an older database.

CREATE TABLE IF NOT EXISTS __reana.service_logs (
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    event_time timestamp with time zone DEFAULT timezone('utc', CURRENT_TIMESTAMP) NOT NULL,
    log jsonb NOT NULL,
    CONSTRAINT pk_service_logs PRIMARY KEY (id),
    CONSTRAINT fk_service_logs_service_id_service
    FOREIGN KEY (service_id) REFERENCES __reana.service (id_) ON DELETE CASCADE
);
