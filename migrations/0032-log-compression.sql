-- depends: 0031-value-bounds
--
-- Appending to logs reads, decompresses, compresses and writes them whole.  Most of that time is
-- compression, and lz4 takes a fraction of it.  PostgreSQL has it since 14, where it was built with
-- it: the server says so.  What is stored already changes when it is written next.

DO $$
DECLARE
    c_known CONSTANT boolean := EXISTS (
        SELECT
        FROM pg_settings
        WHERE
            pg_settings.name = 'default_toast_compression'
            AND 'lz4' = ANY(pg_settings.enumvals)
    );
BEGIN
    IF c_known THEN
        EXECUTE 'ALTER TABLE __reana.workflow ALTER COLUMN logs SET COMPRESSION lz4';
        EXECUTE 'ALTER TABLE __reana.job ALTER COLUMN logs SET COMPRESSION lz4';
    END IF;
END
$$;
