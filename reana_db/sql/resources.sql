-- name: _create
INSERT INTO __reana.resource (
    created,
    updated,
    id_,
    name,
    type_,
    unit,
    title
)
VALUES (
    pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
    pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
    %(resource_id)s,
    %(name)s,
    %(type_)s::public.resourcetype,
    %(unit)s::public.resourceunit,
    %(title)s
)
ON CONFLICT (name) DO NOTHING;
