-- The tables for what was set aside stay where they hold something: then 0008 or 0015 made them.

-- The tables of the schema at this point are all of REANA, and what records migrations.
DO $$
DECLARE
    v_object text;
BEGIN
    FOR v_object IN
        SELECT format('TYPE public.%I', enum.name)
        FROM unnest(ARRAY[
            'accesstype', 'auditlogaction', 'interactivesessiontype', 'jobstatus',
            'resourcetype', 'resourceunit', 'runstatus', 'servicestatus',
            'servicetype', 'usertokenstatus', 'usertokentype', 'workspaceretentionrulestatus'
        ]) AS enum (name)
        UNION ALL
        SELECT format('TABLE %s', pg_class.oid::regclass)
        FROM pg_class
        WHERE pg_class.relnamespace = '__reana'::regnamespace AND pg_class.relkind = 'r'
        UNION ALL
        SELECT format('COLUMN %s.%I', pg_attribute.attrelid::regclass, pg_attribute.attname)
        FROM pg_attribute
        INNER JOIN pg_class ON pg_attribute.attrelid = pg_class.oid
        WHERE
            pg_class.relnamespace = '__reana'::regnamespace
            AND pg_class.relkind = 'r'
            AND pg_attribute.attnum > 0
            AND NOT pg_attribute.attisdropped
    LOOP
        EXECUTE format('COMMENT ON %s IS NULL', v_object);
    END LOOP;
END
$$;

LOCK TABLE
    __reana.orphan_job,
    __reana.orphan_job_cache,
    __reana.orphan_identity
IN ACCESS EXCLUSIVE MODE;

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM __reana.orphan_job) THEN
        DROP TABLE
            __reana.orphan_job_cache,
            __reana.orphan_job;
    END IF;

    IF NOT EXISTS (SELECT 1 FROM __reana.orphan_identity) THEN
        DROP TABLE __reana.orphan_identity;
    END IF;
END
$$;
