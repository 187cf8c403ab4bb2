-- depends: 0019-constraint-names-repair
--
-- Alembic revision a6c2120d5b2b (0.95.0a11 to a13) drops user tokens.  Services need them: where
-- they are missing they return, without rows.  Everywhere else this does nothing.

DO $$
BEGIN
    IF to_regtype('public.usertokenstatus') IS NULL THEN
        CREATE TYPE public.usertokenstatus AS ENUM (
            'requested',
            'active',
            'revoked'
        );
    END IF;

    IF to_regtype('public.usertokentype') IS NULL THEN
        CREATE TYPE public.usertokentype AS ENUM (
            'reana'
        );
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS __reana.user_token (
    created timestamp without time zone NOT NULL,
    updated timestamp without time zone NOT NULL,
    id_ uuid NOT NULL,
    token bytea,
    status public.usertokenstatus,
    user_id uuid NOT NULL,
    type_ public.usertokentype NOT NULL,
    CONSTRAINT pk_user_token PRIMARY KEY (id_),
    CONSTRAINT uq_user_token_token UNIQUE (token),
    CONSTRAINT fk_user_token_user_id_user_ FOREIGN KEY (user_id) REFERENCES __reana.user_ (id_)
);
