-- Statements on tables that only databases of older releases have.

-- name: alembic_revisions
SELECT alembic_version.version_num
FROM __reana.alembic_version
ORDER BY
    alembic_version.version_num;
