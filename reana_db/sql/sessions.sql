-- part: columns
interactive_session.id_,
link.workflow_id,
interactive_session.name,
interactive_session.path,
interactive_session.type_,
interactive_session.status,
interactive_session.owner_id,
interactive_session.created

-- name: _touch_workflow
-- An update, not a mere lock: of two transactions under REPEATABLE READ one fails, instead of both
-- opening a session.
UPDATE __reana.workflow
SET updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE workflow.id_ = %(workflow_id)s
RETURNING COALESCE(workflow.status, 'created') AS status;

-- name: _open
WITH opened AS (
    INSERT INTO __reana.interactive_session (
        id_,
        name,
        path,
        status,
        owner_id,
        type_
    )
    SELECT
        %(session_id)s,
        %(name)s,
        %(path)s,
        'created',
        %(owner_id)s,
        %(type_)s::public.interactivesessiontype
    WHERE
        NOT EXISTS (
            SELECT 1
            FROM __reana.workflow_session
            WHERE workflow_session.workflow_id = %(workflow_id)s
        )
    RETURNING
        id_,
        name,
        path,
        type_,
        status,
        owner_id,
        created
),

link AS (
    INSERT INTO __reana.workflow_session (
        workflow_id,
        session_id
    )
    SELECT
        %(workflow_id)s,
        opened.id_
    FROM opened
    RETURNING
        workflow_session.workflow_id,
        workflow_session.session_id
)

SELECT
    -- include: columns
FROM opened AS interactive_session
JOIN link
    ON interactive_session.id_ = link.session_id;

-- name: get
SELECT
    -- include: columns
FROM __reana.interactive_session
LEFT JOIN __reana.workflow_session AS link
    ON interactive_session.id_ = link.session_id
WHERE interactive_session.id_ = %(session_id)s;

-- name: of_workflow
SELECT
    -- include: columns
FROM __reana.workflow_session AS link
JOIN __reana.interactive_session
    ON link.session_id = interactive_session.id_
WHERE link.workflow_id = %(workflow_id)s
ORDER BY
    interactive_session.created DESC,
    interactive_session.id_
LIMIT 1;

-- name: close_sessions
-- The foreign keys are checked at the end of the statement, when nothing refers to the sessions.
WITH unlinked AS (
    DELETE FROM __reana.workflow_session
    WHERE workflow_session.session_id = any(%(session_ids)s)
),

released AS (
    DELETE FROM __reana.interactive_session_resource
    WHERE interactive_session_resource.session_id = any(%(session_ids)s)
)

DELETE FROM __reana.interactive_session
WHERE interactive_session.id_ = any(%(session_ids)s);

-- name: close_of_workflows
WITH unlinked AS (
    DELETE FROM __reana.workflow_session
    WHERE workflow_session.workflow_id = any(%(workflow_ids)s)
    RETURNING workflow_session.session_id
),

released AS (
    DELETE FROM __reana.interactive_session_resource
    USING unlinked
    WHERE interactive_session_resource.session_id = unlinked.session_id
)

DELETE FROM __reana.interactive_session
USING unlinked
WHERE interactive_session.id_ = unlinked.session_id;

-- name: count_active
SELECT count(*) AS sessions
FROM __reana.interactive_session
WHERE interactive_session.status NOT IN ('stopped', 'deleted', 'failed');

-- name: open_sessions
SELECT
    -- include: columns,
    owner.email AS owner_email
FROM __reana.interactive_session
LEFT JOIN __reana.workflow_session AS link
    ON interactive_session.id_ = link.session_id
LEFT JOIN __reana.workflow
    ON link.workflow_id = workflow.id_
LEFT JOIN __reana.user_ AS owner
    ON workflow.owner_id = owner.id_
WHERE interactive_session.status NOT IN ('stopped', 'deleted', 'failed')
ORDER BY
    interactive_session.created,
    interactive_session.id_;
