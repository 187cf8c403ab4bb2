-- name: workflows_to_check
SELECT
    workflow.id_,
    workflow.name,
    workflow.run_number_major,
    workflow.run_number_minor,
    workflow.status,
    workflow.workspace_path,
    workflow.created,
    owner.email AS owner_email
FROM __reana.workflow
LEFT JOIN __reana.user_ AS owner
    ON workflow.owner_id = owner.id_
WHERE
    workflow.status <> 'deleted'
    AND workflow.created >= %(created_since)s::timestamptz AT TIME ZONE 'UTC'
    AND (
        %(created_until)s::timestamptz IS NULL
        OR workflow.created < %(created_until)s::timestamptz AT TIME ZONE 'UTC'
    )
ORDER BY
    workflow.created,
    workflow.id_;

-- name: workspaces
-- not null: workspace_path
SELECT DISTINCT workflow.workspace_path
FROM __reana.workflow
WHERE workflow.workspace_path IS NOT NULL
ORDER BY workflow.workspace_path;

-- name: owners_of_workspaces
-- not null: workspace_path, runs
SELECT
    workflow.workspace_path,
    owner.id_ AS owner_id,
    owner.email AS owner_email,
    count(*) AS runs
FROM __reana.workflow
LEFT JOIN __reana.user_ AS owner
    ON workflow.owner_id = owner.id_
WHERE workflow.workspace_path = any(%(paths)s::text[])
GROUP BY
    workflow.workspace_path,
    owner.id_,
    owner.email
ORDER BY
    workflow.workspace_path,
    owner.email;
