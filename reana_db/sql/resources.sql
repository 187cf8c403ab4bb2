-- name: list_resources
SELECT
    resource.id_,
    resource.name,
    resource.type_,
    resource.unit,
    resource.title
FROM __reana.resource
ORDER BY
    resource.type_,
    resource.name;

-- name: _create
WITH known AS (
    UPDATE __reana.resource
    SET
        default_limit = %(default_limit)s,
        updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
    WHERE
        resource.name = %(name)s
        AND %(default_limit)s > 0
        AND resource.default_limit <> %(default_limit)s
)

INSERT INTO __reana.resource (
    id_,
    name,
    type_,
    unit,
    title,
    default_limit
)
VALUES (
    %(resource_id)s,
    %(name)s,
    %(type_)s::public.resourcetype,
    %(unit)s::public.resourceunit,
    %(title)s,
    %(default_limit)s
)
ON CONFLICT (name) DO NOTHING;
