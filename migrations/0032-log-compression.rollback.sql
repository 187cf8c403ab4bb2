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
        EXECUTE 'ALTER TABLE __reana.workflow ALTER COLUMN logs SET COMPRESSION default';
        EXECUTE 'ALTER TABLE __reana.job ALTER COLUMN logs SET COMPRESSION default';
    END IF;
END
$$;
