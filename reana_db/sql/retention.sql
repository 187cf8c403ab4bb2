-- part: columns
rule.id_,
rule.workflow_id,
rule.workspace_files,
rule.retention_days,
rule.apply_on,
rule.status

-- part: rules_with_path
SELECT
    -- include: columns,
    workflow.workspace_path,
    workflow.reana_specification
FROM __reana.workspace_retention_rule AS rule
INNER JOIN __reana.workflow ON rule.workflow_id = workflow.id_

-- part: claimed
SELECT
    -- include: columns,
    rule.workspace_path,
    rule.reana_specification
FROM claimed AS rule
ORDER BY
    rule.apply_on,
    rule.id_

-- part: chosen
AND (%(workflow_id)s::uuid IS NULL OR rule.workflow_id = %(workflow_id)s)
AND (%(owner_id)s::uuid IS NULL OR workflow.owner_id = %(owner_id)s)

-- part: rules_of_workspace
-- The rules of all runs of the workspace of one.
FROM __reana.workflow AS asked
INNER JOIN __reana.workflow AS run
    ON
        asked.owner_id = run.owner_id
        AND asked.name = run.name
        AND asked.run_number_major = run.run_number_major
INNER JOIN __reana.workspace_retention_rule AS rule
    ON run.id_ = rule.workflow_id

-- name: _add
INSERT INTO __reana.workspace_retention_rule AS rule (
    id_,
    workflow_id,
    workspace_files,
    retention_days,
    apply_on,
    status
)
SELECT
    given.id_,
    %(workflow_id)s,
    given.workspace_files,
    given.retention_days,
    NULL,
    'created'
FROM
    unnest(
        %(rule_ids)s::uuid[],
        %(workspace_files)s::text[],
        %(retention_days)s::integer[]
    ) AS given (id_, workspace_files, retention_days)
WHERE
    EXISTS (
        SELECT 1
        FROM __reana.workflow
        WHERE workflow.id_ = %(workflow_id)s
    )
ON CONFLICT (workflow_id, workspace_files) DO NOTHING
RETURNING
    -- include: columns;

-- name: list_rules
SELECT
    -- include: columns
FROM __reana.workspace_retention_rule AS rule
WHERE rule.workflow_id = %(workflow_id)s
ORDER BY rule.workspace_files;

-- name: activate
WITH locked AS MATERIALIZED (
    SELECT rule.id_
    FROM __reana.workspace_retention_rule AS rule
    WHERE
        rule.workflow_id = %(workflow_id)s
        AND rule.status = 'created'
    ORDER BY rule.id_
    FOR NO KEY UPDATE
)

UPDATE __reana.workspace_retention_rule AS rule
SET status = 'active'
FROM locked
WHERE
    rule.id_ = locked.id_
    AND rule.status = 'created';

-- name: inactivate_all_runs
WITH locked AS MATERIALIZED (
    SELECT rule.id_
    -- include: rules_of_workspace
    WHERE
        asked.id_ = %(workflow_id)s
        AND rule.status IN ('created', 'active')
    ORDER BY rule.id_
    FOR NO KEY UPDATE OF rule
)

UPDATE __reana.workspace_retention_rule AS rule
SET status = 'inactive'
FROM locked
WHERE
    rule.id_ = locked.id_
    AND rule.status IN ('created', 'active');

-- name: has_pending
-- not null: has_pending
SELECT exists(
    SELECT 1
    -- include: rules_of_workspace
    WHERE
        asked.id_ = %(workflow_id)s
        AND rule.status = 'pending'
) AS has_pending;

-- name: list_due
-- include: rules_with_path
WHERE
    (
        rule.status = 'pending'
        OR (
            rule.status = 'active'
            AND rule.apply_on < %(now)s::timestamptz AT TIME ZONE 'UTC'
        )
    )
    -- include: chosen
ORDER BY
    rule.apply_on,
    rule.id_;

-- part: unlocked
SELECT
    rule.id_,
    workflow.workspace_path,
    workflow.reana_specification
FROM __reana.workspace_retention_rule AS rule
INNER JOIN __reana.workflow ON rule.workflow_id = workflow.id_

-- part: in_turn
ORDER BY
    rule.apply_on,
    rule.id_
LIMIT %(maximum)s::bigint
FOR NO KEY UPDATE OF rule SKIP LOCKED

-- name: claim_due
WITH due AS MATERIALIZED (
    -- include: unlocked
    WHERE
        rule.status = 'active'
        AND rule.apply_on < %(now)s::timestamptz AT TIME ZONE 'UTC'
        -- include: chosen
    -- include: in_turn
),

claimed AS (
    UPDATE __reana.workspace_retention_rule AS rule
    SET status = 'pending'
    FROM due
    WHERE
        rule.id_ = due.id_
        AND rule.status = 'active'
    RETURNING
        -- include: columns,
        due.workspace_path,
        due.reana_specification
)

-- include: claimed;

-- name: claim_abandoned
WITH abandoned AS MATERIALIZED (
    -- include: unlocked
    WHERE
        rule.status = 'pending'
        AND (
            rule.pending_since IS NULL
            OR rule.pending_since < %(pending_before)s::timestamptz AT TIME ZONE 'UTC'
        )
        -- include: chosen
    -- include: in_turn
),

claimed AS (
    UPDATE __reana.workspace_retention_rule AS rule
    SET pending_since = clock_timestamp() AT TIME ZONE 'UTC'
    FROM abandoned
    WHERE
        rule.id_ = abandoned.id_
        AND rule.status = 'pending'
    RETURNING
        -- include: columns,
        abandoned.workspace_path,
        abandoned.reana_specification
)

-- include: claimed;

-- name: list_pending
-- include: rules_with_path
WHERE
    rule.status = 'pending'
    -- include: chosen
ORDER BY
    rule.apply_on,
    rule.id_;

-- name: _finish
UPDATE __reana.workspace_retention_rule
SET status = %(status)s::public.workspaceretentionrulestatus
WHERE
    workspace_retention_rule.id_ = %(rule_id)s
    AND workspace_retention_rule.status = 'pending';

-- name: _extend
WITH locked AS MATERIALIZED (
    SELECT rule.id_
    FROM __reana.workspace_retention_rule AS rule
    WHERE
        rule.workflow_id = %(workflow_id)s
        AND rule.status = 'active'
    ORDER BY rule.id_
    FOR NO KEY UPDATE
)

UPDATE __reana.workspace_retention_rule AS rule
SET
    retention_days = rule.retention_days + %(days)s::integer,
    apply_on = rule.apply_on + make_interval(days => %(days)s::integer)
FROM locked
WHERE
    rule.id_ = locked.id_
    AND rule.status = 'active'
RETURNING
    -- include: columns;
