-- Statements on tables that only databases of older releases have.

-- name: alembic_revisions
SELECT alembic_version.version_num
FROM __reana.alembic_version
ORDER BY
    alembic_version.version_num;

-- name: drop_alembic_version
DROP TABLE IF EXISTS __reana.alembic_version;

-- name: create_alembic_version
-- As Alembic makes it.
CREATE TABLE IF NOT EXISTS __reana.alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- name: clear_alembic_version
DELETE FROM __reana.alembic_version;

-- name: set_alembic_revision
INSERT INTO __reana.alembic_version (version_num)
VALUES (%(revision)s);
