-- part: valid
-- A share past its last moment does not count.
AND NOT __reana.has_expired(share.valid_until)

-- part: run_and_receiver
WITH run AS (
    SELECT workflow.id_
    FROM __reana.workflow
    WHERE
        workflow.id_ = %(workflow_id)s
        AND workflow.owner_id = %(owner_id)s
),

receiver AS (
    SELECT user_.id_
    FROM __reana.user_
    WHERE user_.email = %(email)s
)

-- name: _share
-- An expired share does not count: sharing again replaces it.
-- not null: owned, shared
-- include: run_and_receiver,

shared AS (
    INSERT INTO __reana.user_workflow AS share (
        workflow_id,
        user_id,
        access_type,
        message,
        valid_until
    )
    SELECT
        run.id_,
        receiver.id_,
        'read',
        %(message)s,
        %(valid_until)s::timestamptz AT TIME ZONE 'UTC'
    FROM run
    CROSS JOIN receiver
    WHERE receiver.id_ <> %(owner_id)s
    ON CONFLICT (workflow_id, user_id) DO UPDATE
        SET
            message = excluded.message,
            valid_until = excluded.valid_until
        WHERE __reana.has_expired(share.valid_until)
    RETURNING share.workflow_id
)

SELECT
    (SELECT receiver.id_ FROM receiver) AS receiver_id,
    exists(SELECT 1 FROM run) AS owned,
    exists(SELECT 1 FROM shared) AS shared;

-- name: _unshare
-- not null: owned, shared
-- include: run_and_receiver,

removed AS (
    DELETE FROM __reana.user_workflow AS share
    USING run, receiver
    WHERE
        share.workflow_id = run.id_
        AND share.user_id = receiver.id_
    RETURNING share.workflow_id
)

SELECT
    (SELECT receiver.id_ FROM receiver) AS receiver_id,
    exists(SELECT 1 FROM run) AS owned,
    exists(SELECT 1 FROM removed) AS shared;

-- name: of_workflow
-- not null: expired
SELECT
    receiver.id_ AS user_id,
    receiver.email,
    share.access_type,
    share.message,
    share.valid_until,
    __reana.has_expired(share.valid_until) AS expired
FROM __reana.user_workflow AS share
JOIN __reana.user_ AS receiver
    ON share.user_id = receiver.id_
WHERE share.workflow_id = %(workflow_id)s
ORDER BY receiver.email;

-- name: sharing_with
SELECT DISTINCT sharer.email
FROM __reana.user_workflow AS share
JOIN __reana.workflow
    ON share.workflow_id = workflow.id_
JOIN __reana.user_ AS sharer
    ON workflow.owner_id = sharer.id_
WHERE
    share.user_id = %(user_id)s
    -- include: valid
ORDER BY sharer.email;

-- name: shared_with_by
-- By an array, and so by the index, however many runs the planner expects.
SELECT DISTINCT receiver.email
FROM __reana.user_workflow AS share
JOIN __reana.user_ AS receiver
    ON share.user_id = receiver.id_
WHERE
    share.workflow_id = any(
        array(
            SELECT workflow.id_
            FROM __reana.workflow
            WHERE workflow.owner_id = %(user_id)s
        )
    )
    -- include: valid
ORDER BY receiver.email;
