-- depends: 0029-token-functions
-- holds: workflow, workflow_resource, user_resource: writers wait about 2 s with 200,000 runs
--
-- Quota totals that are exact at every commit, whoever writes.
--
-- quota_ledger says what of each run is in the totals of its owner.  Whatever changes a run counts
-- it: locks the totals of its owner, compares the ledger with the run as it is now, and applies the
-- difference to both.  So two things hold at every commit:
--
--   1. the ledger of a run equals run_usage, which reads the run and its workflow_resource;
--   2. the totals of a user are what the user's ledger adds up to.
--
-- (1) A transaction counts what it changed before it commits, in statements that begin after the
-- totals are locked.  They see all that was committed before; and who changed the same run
-- meanwhile waits for the lock, and then sees this.  (2) The ledger of a user and the totals change
-- only under the lock of these totals.  Neither depends on the order in which triggers fire or on
-- how often a run is counted, and the cost does not grow with the number of runs of a user.
--
-- Locks are taken in one order: workflow, workflow_resource, then the totals of users by key.  Who
-- changes one run per transaction never meets a deadlock.
--
-- The functions that fire when a run ends name the schema of all they use, operators too, instead of
-- setting search_path; they compare by EXCEPT or COALESCE what may be null, for IS DISTINCT FROM has
-- no schema.

-- Taken in the order of the services, before anything else asks for them.
LOCK TABLE __reana.workflow, __reana.workflow_resource, __reana.user_resource
IN SHARE ROW EXCLUSIVE MODE;

CREATE VIEW __reana.quota_resource AS
SELECT
    resource.id_ AS resource_id,
    resource.type_
FROM __reana.resource
WHERE resource.name = CASE resource.type_
    WHEN 'cpu' THEN 'processing time'
    WHEN 'disk' THEN 'shared storage'
END;

COMMENT ON VIEW __reana.quota_resource IS
'The default resource of each type: the ones that are counted.';
COMMENT ON COLUMN __reana.quota_resource.resource_id IS
'The resource.';
COMMENT ON COLUMN __reana.quota_resource.type_ IS
'What it counts: cpu or disk.';

CREATE TABLE __reana.quota_ledger (
    workflow_id uuid NOT NULL CONSTRAINT pk_quota_ledger PRIMARY KEY,
    owner_id uuid NOT NULL,
    workspace_path text NOT NULL,
    run_started_at timestamp without time zone,
    run_ended_at timestamp without time zone,
    cpu_used bigint NOT NULL,
    disk_used bigint NOT NULL
);

CREATE INDEX ix___reana_quota_ledger_owner_id_run_ended_at
ON __reana.quota_ledger (owner_id, run_ended_at);

CREATE INDEX ix___reana_quota_ledger_owner_id_workspace_path
ON __reana.quota_ledger (owner_id, workspace_path)
WHERE disk_used > 0;

COMMENT ON TABLE __reana.quota_ledger IS
'What of each run is in the quota total of its owner. Kept by triggers; nobody else writes it.';
COMMENT ON COLUMN __reana.quota_ledger.workflow_id IS
'The run. Not a foreign key: the row goes when the run is counted after its deletion.';
COMMENT ON COLUMN __reana.quota_ledger.owner_id IS
'The user in whose totals the run is counted.';
COMMENT ON COLUMN __reana.quota_ledger.workspace_path IS
'The workspace of the run; restarts share one, which counts once.';
COMMENT ON COLUMN __reana.quota_ledger.run_started_at IS
'When the run started (UTC), once it has ended.';
COMMENT ON COLUMN __reana.quota_ledger.run_ended_at IS
'When the run finished, else stopped (UTC).';
COMMENT ON COLUMN __reana.quota_ledger.cpu_used IS
'Processing time of the run in milliseconds.';
COMMENT ON COLUMN __reana.quota_ledger.disk_used IS
'Size of its workspace in bytes, as measured for this run.';

-- Without search_path of its own, and so with qualified operators, the planner puts the body in the
-- place of the call.  Double precision is what the services compute in: equal to the last digit.
CREATE FUNCTION __reana.cpu_milliseconds(
    p_started_at timestamp without time zone,
    p_ended_at timestamp without time zone,
    p_since timestamp without time zone
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT CASE
    WHEN
        p_started_at IS NULL
        OR NOT pg_catalog.isfinite(p_started_at)
        OR NOT pg_catalog.isfinite(p_ended_at)
        OR NOT COALESCE(p_ended_at OPERATOR(pg_catalog.>) GREATEST(p_started_at, p_since), FALSE)
        THEN 0::pg_catalog.int8
    ELSE
        pg_catalog.trunc(
            pg_catalog.date_part('epoch', p_ended_at OPERATOR(pg_catalog.-) GREATEST(p_started_at, p_since))
            OPERATOR(pg_catalog.*) 1000::pg_catalog.float8
        )::pg_catalog.int8
END
$$;

COMMENT ON FUNCTION __reana.cpu_milliseconds(
    timestamp without time zone, timestamp without time zone, timestamp without time zone
) IS
'Whole milliseconds of a run from its start, or from a later time, to its end; never negative.';

CREATE VIEW __reana.run_time AS
SELECT
    ended_run.workflow_id,
    ended_run.owner_id,
    ended_run.run_started_at,
    ended_run.run_ended_at,
    __reana.cpu_milliseconds(
        ended_run.run_started_at, ended_run.run_ended_at, NULL
    ) AS cpu_used
FROM (
    SELECT
        workflow.id_ AS workflow_id,
        workflow.owner_id,
        workflow.run_started_at,
        COALESCE(workflow.run_finished_at, workflow.run_stopped_at) AS run_ended_at
    FROM __reana.workflow
) AS ended_run
WHERE
    ended_run.run_started_at IS NOT NULL
    AND ended_run.run_ended_at IS NOT NULL;

COMMENT ON VIEW __reana.run_time IS
'The times of the runs that have ended.';
COMMENT ON COLUMN __reana.run_time.workflow_id IS
'The run.';
COMMENT ON COLUMN __reana.run_time.owner_id IS
'Its owner.';
COMMENT ON COLUMN __reana.run_time.run_started_at IS
'When it started (UTC).';
COMMENT ON COLUMN __reana.run_time.run_ended_at IS
'When it finished, else stopped (UTC).';
COMMENT ON COLUMN __reana.run_time.cpu_used IS
'Its processing time in milliseconds.';

CREATE VIEW __reana.run_usage AS
SELECT
    run.workflow_id,
    run.owner_id,
    run.workspace_path,
    run.run_started_at,
    run.run_ended_at,
    GREATEST(cpu.quota_used, 0) AS cpu_used,
    GREATEST(disk.quota_used, 0) AS disk_used
FROM (
    SELECT
        workflow.id_ AS workflow_id,
        workflow.owner_id,
        COALESCE(workflow.workspace_path, '')::text AS workspace_path,
        CASE
            WHEN COALESCE(workflow.run_finished_at, workflow.run_stopped_at) IS NOT NULL
                THEN workflow.run_started_at
        END AS run_started_at,
        CASE
            WHEN workflow.run_started_at IS NOT NULL
                THEN COALESCE(workflow.run_finished_at, workflow.run_stopped_at)
        END AS run_ended_at
    FROM __reana.workflow
    WHERE workflow.owner_id IS NOT NULL
) AS run
LEFT JOIN __reana.workflow_resource AS cpu
    ON
        run.workflow_id = cpu.workflow_id
        AND cpu.resource_id = (
            SELECT quota_resource.resource_id
            FROM __reana.quota_resource
            WHERE quota_resource.type_ = 'cpu'
        )
LEFT JOIN __reana.workflow_resource AS disk
    ON
        run.workflow_id = disk.workflow_id
        AND disk.resource_id = (
            SELECT quota_resource.resource_id
            FROM __reana.quota_resource
            WHERE quota_resource.type_ = 'disk'
        )
WHERE
    run.run_ended_at IS NOT NULL
    OR cpu.quota_used > 0
    OR disk.quota_used > 0;

COMMENT ON VIEW __reana.run_usage IS
'What every run uses now, which is what the ledger must hold. Runs that use nothing are left out.';
COMMENT ON COLUMN __reana.run_usage.workflow_id IS
'The run.';
COMMENT ON COLUMN __reana.run_usage.owner_id IS
'Its owner.';
COMMENT ON COLUMN __reana.run_usage.workspace_path IS
'Its workspace; empty without one.';
COMMENT ON COLUMN __reana.run_usage.run_started_at IS
'When it started (UTC), once it has ended.';
COMMENT ON COLUMN __reana.run_usage.run_ended_at IS
'When it finished, else stopped (UTC).';
COMMENT ON COLUMN __reana.run_usage.cpu_used IS
'Its processing time in milliseconds, as recorded.';
COMMENT ON COLUMN __reana.run_usage.disk_used IS
'The size of its workspace in bytes, as recorded for this run.';

CREATE FUNCTION __reana.current_period_start(
    p_start_at timestamp without time zone,
    p_months integer,
    p_now timestamp without time zone
) RETURNS timestamp without time zone
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- No clock reaches the end of a period of ten thousand years, and no timestamp holds it.
    c_endless constant integer := 120000;
    v_start_at timestamp without time zone := p_start_at;
BEGIN
    IF p_start_at > p_now OR NOT pg_catalog.isfinite(p_start_at) OR p_months > c_endless THEN
        RETURN p_start_at;
    END IF;
    -- Step by step, not a multiple at once: 31 January, 28 February, 28 March, as in the services.
    WHILE p_now >= v_start_at + pg_catalog.make_interval(months => p_months) LOOP
        v_start_at := v_start_at + pg_catalog.make_interval(months => p_months);
    END LOOP;
    RETURN v_start_at;
END;
$$;

COMMENT ON FUNCTION __reana.current_period_start(
    timestamp without time zone, integer, timestamp without time zone
) IS
'The start of the quota period that holds a time (UTC); a start in the future stays.';

CREATE FUNCTION __reana.counted_cpu(p_user_id uuid, p_since timestamp without time zone)
RETURNS numeric
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_since IS NULL THEN
        RETURN (
            SELECT COALESCE(pg_catalog.sum(quota_ledger.cpu_used), 0)
            FROM __reana.quota_ledger
            WHERE quota_ledger.owner_id = p_user_id
        );
    END IF;
    RETURN (
        SELECT COALESCE(pg_catalog.sum(__reana.cpu_milliseconds(
            quota_ledger.run_started_at, quota_ledger.run_ended_at, p_since
        )), 0)
        FROM __reana.quota_ledger
        WHERE quota_ledger.owner_id = p_user_id AND quota_ledger.run_ended_at > p_since
    );
END;
$$;

COMMENT ON FUNCTION __reana.counted_cpu(uuid, timestamp without time zone) IS
'Milliseconds of processing time of a user since a time (UTC), or in total without one.';

CREATE FUNCTION __reana.counted_disk(p_user_id uuid) RETURNS numeric
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT COALESCE(pg_catalog.sum(workspace.disk_used), 0)
        FROM (
            SELECT pg_catalog.max(quota_ledger.disk_used) AS disk_used
            FROM __reana.quota_ledger
            WHERE quota_ledger.owner_id = p_user_id AND quota_ledger.disk_used > 0
            GROUP BY quota_ledger.workspace_path
        ) AS workspace
    );
END;
$$;

COMMENT ON FUNCTION __reana.counted_disk(uuid) IS
'Bytes of the workspaces of a user; a workspace of several runs counts once, at its maximum.';

-- The totals.  quota_counted is the exact sum; quota_used follows it, whatever a client writes
-- there, for the services send what they added to a value read earlier.

ALTER TABLE __reana.resource ADD COLUMN default_limit bigint DEFAULT 0 NOT NULL;

COMMENT ON COLUMN __reana.resource.default_limit IS
'Limit of totals that are made because they are missing; 0 is unlimited.';

ALTER TABLE __reana.user_resource ADD COLUMN quota_counted numeric;

COMMENT ON COLUMN __reana.user_resource.quota_counted IS
'The exact total, kept by triggers; null where nothing is counted. Writing null sums it again.';

CREATE FUNCTION __reana.recount_quota() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_type public.resourcetype;
    v_since timestamp without time zone;
    v_counted_since timestamp without time zone;
BEGIN
    SELECT quota_resource.type_
    INTO v_type
    FROM __reana.quota_resource
    WHERE quota_resource.resource_id = NEW.resource_id;
    IF NOT FOUND THEN
        NEW.quota_counted := NULL;
        RETURN NEW;
    END IF;

    IF v_type = 'cpu' AND NEW.quota_period_months IS NOT NULL THEN
        v_since := __reana.current_period_start(
            COALESCE(
                NEW.quota_period_start_at,
                (SELECT user_.created FROM __reana.user_ WHERE user_.id_ = NEW.user_id)
            ),
            NEW.quota_period_months,
            pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
        );
        NEW.quota_period_start_at := v_since;
    END IF;

    IF TG_OP = 'UPDATE' THEN
        IF v_type = 'cpu' AND OLD.quota_period_months IS NOT NULL THEN
            v_counted_since := OLD.quota_period_start_at;
        END IF;
        IF NEW.quota_counted IS NOT NULL
            AND NEW.user_id = OLD.user_id
            AND NEW.resource_id = OLD.resource_id
            AND v_since IS NOT DISTINCT FROM v_counted_since
        THEN
            RETURN NEW;
        END IF;
    END IF;

    IF v_type = 'cpu' THEN
        NEW.quota_counted := __reana.counted_cpu(NEW.user_id, v_since);
    ELSE
        NEW.quota_counted := __reana.counted_disk(NEW.user_id);
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.recount_quota() IS
'Moves a quota period on to the current one, and sums the ledger again when the period changed.';

-- Nothing in it depends on search_path, which would take longer to set than this takes to run.
CREATE FUNCTION __reana.keep_quota_used() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.quota_used := LEAST(NEW.quota_counted, 9223372036854775807);
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.keep_quota_used() IS
'Keeps quota_used at the exact total, whatever a client writes there.';

CREATE FUNCTION __reana.lock_totals(p_user_ids uuid []) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_locked integer;
BEGIN
    -- What is missing is made before anything is locked: who held one total and then made or met
    -- the one before it would lock them in another order than the rest.  Again if a total was
    -- deleted while this waited for it.
    FOR v_attempt IN 1 .. 3 LOOP
        INSERT INTO __reana.user_resource (
            created,
            updated,
            user_id,
            resource_id,
            quota_limit,
            quota_used
        )
        SELECT
            pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
            pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
            owner.user_id,
            resource.id_,
            resource.default_limit,
            0
        FROM pg_catalog.unnest(p_user_ids) AS owner (user_id)
        CROSS JOIN __reana.resource
        INNER JOIN __reana.quota_resource ON resource.id_ = quota_resource.resource_id
        WHERE NOT EXISTS (
            SELECT
            FROM __reana.user_resource AS total
            WHERE
                total.user_id = owner.user_id
                AND total.resource_id = resource.id_
        )
        ORDER BY
            owner.user_id,
            resource.id_
        ON CONFLICT (user_id, resource_id) DO NOTHING;

        PERFORM 1
        FROM __reana.user_resource
        WHERE
            user_resource.user_id = ANY(p_user_ids)
            AND user_resource.quota_counted IS NOT NULL
        ORDER BY
            user_resource.user_id,
            user_resource.resource_id
        FOR NO KEY UPDATE;
        GET DIAGNOSTICS v_locked = ROW_COUNT;
        EXIT WHEN v_locked = 2 * pg_catalog.cardinality(p_user_ids);
    END LOOP;
END
$$;

COMMENT ON FUNCTION __reana.lock_totals(uuid []) IS
'Locks the quota totals of users, each named once, until the end of the transaction, in key order;'
' makes those that are missing.';

CREATE FUNCTION __reana.lock_totals_of_runs(p_workflow_ids uuid []) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET random_page_cost = 1
AS $$
DECLARE
    v_owners uuid [];
    v_locked uuid [] := '{}';
BEGIN
    -- An owner can change while this waits for the totals of the former one.
    LOOP
        SELECT pg_catalog.array_agg(run.owner_id ORDER BY run.owner_id)
        INTO v_owners
        FROM (
            SELECT workflow.owner_id
            FROM __reana.workflow
            WHERE
                workflow.id_ = ANY(p_workflow_ids)
                AND workflow.owner_id IS NOT NULL
            UNION
            SELECT quota_ledger.owner_id
            FROM __reana.quota_ledger
            WHERE quota_ledger.workflow_id = ANY(p_workflow_ids)
        ) AS run;
        EXIT WHEN v_owners IS NULL OR v_owners <@ v_locked;
        PERFORM __reana.lock_totals(v_owners);
        v_locked := v_owners;
    END LOOP;
END
$$;

COMMENT ON FUNCTION __reana.lock_totals_of_runs(uuid []) IS
'Locks the quota totals of the owners of runs, in key order.';

CREATE FUNCTION __reana.count_run(p_workflow_id uuid) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_owners pg_catalog.uuid [];
    v_run record;
    v_others bigint;
BEGIN
    -- Both totals or none: see lock_totals.
    SELECT pg_catalog.array_agg(locked.user_id)
    INTO v_owners
    FROM (
        SELECT user_resource.user_id
        FROM __reana.workflow
        INNER JOIN __reana.user_resource
            ON workflow.owner_id OPERATOR(pg_catalog.=) user_resource.user_id
        WHERE
            workflow.id_ OPERATOR(pg_catalog.=) p_workflow_id
            AND user_resource.quota_counted IS NOT NULL
            AND (
                SELECT pg_catalog.count(*)
                FROM __reana.user_resource AS total
                WHERE
                    total.user_id OPERATOR(pg_catalog.=) workflow.owner_id
                    AND total.quota_counted IS NOT NULL
            ) OPERATOR(pg_catalog.=) 2
        ORDER BY user_resource.resource_id
        FOR NO KEY UPDATE OF user_resource
    ) AS locked;

    SELECT
        due.owner_id,
        due.workspace_path,
        due.run_started_at,
        due.run_ended_at,
        due.cpu_used,
        due.disk_used,
        was.owner_id AS was_owner_id,
        was.workspace_path AS was_workspace_path,
        was.run_started_at AS was_started_at,
        was.run_ended_at AS was_ended_at,
        COALESCE(was.cpu_used, 0::pg_catalog.int8) AS was_cpu_used,
        COALESCE(was.disk_used, 0::pg_catalog.int8) AS was_disk_used
    INTO v_run
    FROM __reana.run_usage AS due
    LEFT JOIN __reana.quota_ledger AS was
        ON due.workflow_id OPERATOR(pg_catalog.=) was.workflow_id
    WHERE due.workflow_id OPERATOR(pg_catalog.=) p_workflow_id;

    -- What hardly ever happens is left to count_runs, which knows every case: totals are missing, the
    -- run uses nothing any more, or its owner or workspace changed.
    IF v_owners IS NULL
        OR v_run.owner_id IS NULL
        OR pg_catalog.cardinality(v_owners) OPERATOR(pg_catalog.<>) 2
        OR v_run.owner_id OPERATOR(pg_catalog.<>) v_owners[1]
        OR v_run.owner_id OPERATOR(pg_catalog.<>) v_run.was_owner_id
        OR v_run.workspace_path OPERATOR(pg_catalog.<>) v_run.was_workspace_path
    THEN
        PERFORM __reana.count_runs(ARRAY[p_workflow_id]);
        RETURN;
    END IF;

    INSERT INTO __reana.quota_ledger (
        workflow_id,
        owner_id,
        workspace_path,
        run_started_at,
        run_ended_at,
        cpu_used,
        disk_used
    )
    VALUES (
        p_workflow_id,
        v_run.owner_id,
        v_run.workspace_path,
        v_run.run_started_at,
        v_run.run_ended_at,
        v_run.cpu_used,
        v_run.disk_used
    )
    ON CONFLICT (workflow_id) DO UPDATE SET
        run_started_at = excluded.run_started_at,
        run_ended_at = excluded.run_ended_at,
        cpu_used = excluded.cpu_used,
        disk_used = excluded.disk_used;

    IF v_run.cpu_used OPERATOR(pg_catalog.<>) v_run.was_cpu_used
        OR NOT COALESCE(
            v_run.run_started_at OPERATOR(pg_catalog.=) v_run.was_started_at
            AND v_run.run_ended_at OPERATOR(pg_catalog.=) v_run.was_ended_at,
            COALESCE(v_run.run_ended_at, v_run.was_ended_at) IS NULL
        )
    THEN
        UPDATE __reana.user_resource
        SET
            quota_counted = user_resource.quota_counted OPERATOR(pg_catalog.+) CASE
                WHEN user_resource.quota_period_months IS NULL
                    THEN v_run.cpu_used OPERATOR(pg_catalog.-) v_run.was_cpu_used
                ELSE
                    __reana.cpu_milliseconds(
                        v_run.run_started_at,
                        v_run.run_ended_at,
                        user_resource.quota_period_start_at
                    )
                    OPERATOR(pg_catalog.-) __reana.cpu_milliseconds(
                        v_run.was_started_at,
                        v_run.was_ended_at,
                        user_resource.quota_period_start_at
                    )
            END::pg_catalog.numeric,
            updated = pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())
        WHERE
            user_resource.user_id OPERATOR(pg_catalog.=) v_run.owner_id
            AND user_resource.resource_id OPERATOR(pg_catalog.=) (
                SELECT quota_resource.resource_id
                FROM __reana.quota_resource
                WHERE quota_resource.type_ OPERATOR(pg_catalog.=) 'cpu'
            );
    END IF;

    IF v_run.disk_used OPERATOR(pg_catalog.<>) v_run.was_disk_used THEN
        SELECT COALESCE(pg_catalog.max(quota_ledger.disk_used), 0::pg_catalog.int8)
        INTO v_others
        FROM __reana.quota_ledger
        WHERE
            quota_ledger.owner_id OPERATOR(pg_catalog.=) v_run.owner_id
            AND quota_ledger.workspace_path OPERATOR(pg_catalog.=) v_run.workspace_path
            AND quota_ledger.disk_used OPERATOR(pg_catalog.>) 0
            AND quota_ledger.workflow_id OPERATOR(pg_catalog.<>) p_workflow_id;
        UPDATE __reana.user_resource
        SET
            quota_counted = user_resource.quota_counted
                OPERATOR(pg_catalog.+) GREATEST(v_run.disk_used, v_others)::pg_catalog.numeric
                OPERATOR(pg_catalog.-) GREATEST(v_run.was_disk_used, v_others)::pg_catalog.numeric,
            updated = pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())
        WHERE
            user_resource.user_id OPERATOR(pg_catalog.=) v_run.owner_id
            AND user_resource.resource_id OPERATOR(pg_catalog.=) (
                SELECT quota_resource.resource_id
                FROM __reana.quota_resource
                WHERE quota_resource.type_ OPERATOR(pg_catalog.=) 'disk'
            );
    END IF;
END
$$;

COMMENT ON FUNCTION __reana.count_run(uuid) IS
'Brings the ledger of one run, and the totals of its owner, to what the run uses now.';

-- Compiling its large statement would take longer than running it; and a batch of runs is looked up
-- by key, not by reading whole tables, which the low cost makes the planner see.
CREATE FUNCTION __reana.count_runs(p_workflow_ids uuid []) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET random_page_cost = 1
SET jit = off
AS $$
BEGIN
    PERFORM __reana.lock_totals_of_runs(p_workflow_ids);

    WITH was AS (
        SELECT
            quota_ledger.workflow_id,
            quota_ledger.owner_id,
            quota_ledger.workspace_path,
            quota_ledger.run_started_at,
            quota_ledger.run_ended_at,
            quota_ledger.cpu_used,
            quota_ledger.disk_used
        FROM __reana.quota_ledger
        WHERE quota_ledger.workflow_id = ANY(p_workflow_ids)
    ),

    due AS (
        SELECT
            run_usage.workflow_id,
            run_usage.owner_id,
            run_usage.workspace_path,
            run_usage.run_started_at,
            run_usage.run_ended_at,
            run_usage.cpu_used,
            run_usage.disk_used
        FROM __reana.run_usage
        WHERE run_usage.workflow_id = ANY(p_workflow_ids)
    ),

    dropped AS (
        DELETE FROM __reana.quota_ledger
        USING was
        LEFT JOIN due ON was.workflow_id = due.workflow_id
        WHERE
            quota_ledger.workflow_id = was.workflow_id
            AND due.workflow_id IS NULL
    ),

    written AS (
        INSERT INTO __reana.quota_ledger (
            workflow_id,
            owner_id,
            workspace_path,
            run_started_at,
            run_ended_at,
            cpu_used,
            disk_used
        )
        SELECT
            due.workflow_id,
            due.owner_id,
            due.workspace_path,
            due.run_started_at,
            due.run_ended_at,
            due.cpu_used,
            due.disk_used
        FROM due
        LEFT JOIN was ON due.workflow_id = was.workflow_id
        WHERE due IS DISTINCT FROM was
        ON CONFLICT (workflow_id) DO UPDATE SET
            owner_id = excluded.owner_id,
            workspace_path = excluded.workspace_path,
            run_started_at = excluded.run_started_at,
            run_ended_at = excluded.run_ended_at,
            cpu_used = excluded.cpu_used,
            disk_used = excluded.disk_used
    ),

    part AS (
        SELECT
            1 AS sign,
            due.owner_id,
            due.workspace_path,
            due.run_started_at,
            due.run_ended_at,
            due.cpu_used,
            due.disk_used
        FROM due
        UNION ALL
        SELECT
            -1 AS sign,
            was.owner_id,
            was.workspace_path,
            was.run_started_at,
            was.run_ended_at,
            was.cpu_used,
            was.disk_used
        FROM was
    ),

    -- The maximum of a workspace before and after, among these runs and among its others.
    workspace AS (
        SELECT
            part.owner_id,
            part.workspace_path,
            COALESCE(pg_catalog.max(part.disk_used) FILTER (WHERE part.sign = 1), 0) AS due_used,
            COALESCE(pg_catalog.max(part.disk_used) FILTER (WHERE part.sign = -1), 0) AS was_used
        FROM part
        WHERE part.disk_used > 0
        GROUP BY
            part.owner_id,
            part.workspace_path
    ),

    difference AS (
        SELECT
            part.owner_id,
            'cpu' AS type_,
            part.sign * CASE
                WHEN user_resource.quota_period_months IS NULL THEN part.cpu_used
                ELSE __reana.cpu_milliseconds(
                    part.run_started_at, part.run_ended_at, user_resource.quota_period_start_at
                )
            END AS used
        FROM part
        INNER JOIN __reana.user_resource ON part.owner_id = user_resource.user_id
        WHERE
            user_resource.resource_id = (
                SELECT quota_resource.resource_id
                FROM __reana.quota_resource
                WHERE quota_resource.type_ = 'cpu'
            )
        UNION ALL
        SELECT
            workspace.owner_id,
            'disk' AS type_,
            GREATEST(workspace.due_used, others.disk_used)
            - GREATEST(workspace.was_used, others.disk_used) AS used
        FROM workspace
        CROSS JOIN LATERAL (
            SELECT COALESCE(pg_catalog.max(quota_ledger.disk_used), 0) AS disk_used
            FROM __reana.quota_ledger
            WHERE
                quota_ledger.owner_id = workspace.owner_id
                AND quota_ledger.workspace_path = workspace.workspace_path
                AND quota_ledger.disk_used > 0
                AND quota_ledger.workflow_id <> ALL(p_workflow_ids)
        ) AS others
    ),

    change AS (
        SELECT
            difference.owner_id,
            quota_resource.resource_id,
            pg_catalog.sum(difference.used) AS used
        FROM difference
        INNER JOIN __reana.quota_resource ON difference.type_ = quota_resource.type_::text
        GROUP BY
            difference.owner_id,
            quota_resource.resource_id
        HAVING pg_catalog.sum(difference.used) <> 0
    )

    UPDATE __reana.user_resource
    SET
        quota_counted = user_resource.quota_counted + change.used,
        updated = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
    FROM change
    WHERE
        user_resource.user_id = change.owner_id
        AND user_resource.resource_id = change.resource_id;
END
$$;

COMMENT ON FUNCTION __reana.count_runs(uuid []) IS
'Brings the ledger of runs, and the totals of their owners, to what the runs use now.';

CREATE FUNCTION __reana.recount_user(p_user_id uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
    v_wrong uuid [];
BEGIN
    PERFORM __reana.lock_totals(ARRAY[p_user_id]);
    SELECT pg_catalog.array_agg(COALESCE(due.workflow_id, was.workflow_id))
    INTO v_wrong
    FROM (
        SELECT
            run_usage.workflow_id,
            run_usage.owner_id,
            run_usage.workspace_path,
            run_usage.run_started_at,
            run_usage.run_ended_at,
            run_usage.cpu_used,
            run_usage.disk_used
        FROM __reana.run_usage
        WHERE run_usage.owner_id = p_user_id
    ) AS due
    FULL JOIN (
        SELECT
            quota_ledger.workflow_id,
            quota_ledger.owner_id,
            quota_ledger.workspace_path,
            quota_ledger.run_started_at,
            quota_ledger.run_ended_at,
            quota_ledger.cpu_used,
            quota_ledger.disk_used
        FROM __reana.quota_ledger
        WHERE quota_ledger.owner_id = p_user_id
    ) AS was ON due.workflow_id = was.workflow_id
    WHERE due IS DISTINCT FROM was;

    IF v_wrong IS NOT NULL THEN
        PERFORM __reana.count_runs(v_wrong);
    END IF;
    UPDATE __reana.user_resource
    SET quota_counted = NULL
    WHERE
        user_resource.user_id = p_user_id
        AND user_resource.quota_counted IS NOT NULL;
END
$$;

COMMENT ON FUNCTION __reana.recount_user(uuid) IS
'Makes the ledger and the totals of a user anew from all runs: for what was written without triggers.';

-- What calls them.

CREATE FUNCTION __reana.count_written_usage() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v_changed pg_catalog.uuid [];
BEGIN
    -- Below the trigger of a run, which counts before it records, there is nothing left to count.
    IF pg_catalog.pg_trigger_depth() OPERATOR(pg_catalog.>) 1 AND TG_OP OPERATOR(pg_catalog.<>) 'DELETE'
    THEN
        PERFORM 1
        FROM new_usage
        LEFT JOIN __reana.quota_resource
            ON new_usage.resource_id OPERATOR(pg_catalog.=) quota_resource.resource_id
        LEFT JOIN __reana.quota_ledger
            ON new_usage.workflow_id OPERATOR(pg_catalog.=) quota_ledger.workflow_id
        WHERE GREATEST(new_usage.quota_used, 0::pg_catalog.int8) OPERATOR(pg_catalog.<>) CASE
            WHEN quota_resource.type_ OPERATOR(pg_catalog.=) 'cpu'
                THEN COALESCE(quota_ledger.cpu_used, 0::pg_catalog.int8)
            WHEN quota_resource.type_ OPERATOR(pg_catalog.=) 'disk'
                THEN COALESCE(quota_ledger.disk_used, 0::pg_catalog.int8)
        END;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;

    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        SELECT pg_catalog.array_agg(DISTINCT new_usage.workflow_id)
        INTO v_changed
        FROM new_usage
        WHERE new_usage.quota_used OPERATOR(pg_catalog.<>) 0;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        SELECT pg_catalog.array_agg(DISTINCT old_usage.workflow_id)
        INTO v_changed
        FROM old_usage;
    ELSE
        SELECT pg_catalog.array_agg(DISTINCT changed.workflow_id)
        INTO v_changed
        FROM (
            (
                SELECT
                    new_usage.workflow_id,
                    new_usage.resource_id,
                    new_usage.quota_used
                FROM new_usage
                EXCEPT
                SELECT
                    old_usage.workflow_id,
                    old_usage.resource_id,
                    old_usage.quota_used
                FROM old_usage
            )
            UNION ALL
            (
                SELECT
                    old_usage.workflow_id,
                    old_usage.resource_id,
                    old_usage.quota_used
                FROM old_usage
                EXCEPT
                SELECT
                    new_usage.workflow_id,
                    new_usage.resource_id,
                    new_usage.quota_used
                FROM new_usage
            )
        ) AS changed;
    END IF;

    IF pg_catalog.cardinality(v_changed) OPERATOR(pg_catalog.=) 1 THEN
        PERFORM __reana.count_run(v_changed[1]);
    ELSIF v_changed IS NOT NULL THEN
        PERFORM __reana.count_runs(v_changed);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.count_written_usage() IS
'Counts the runs whose usage a statement inserted, changed or deleted.';

CREATE FUNCTION __reana.record_cpu(p_workflow_id uuid) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_run record;
BEGIN
    -- All usage of the run before the totals, the order in which everybody locks: a session that
    -- changes one of these rows may be waiting for the totals.
    PERFORM 1
    FROM __reana.workflow_resource
    WHERE workflow_resource.workflow_id OPERATOR(pg_catalog.=) p_workflow_id
    ORDER BY workflow_resource.resource_id
    FOR NO KEY UPDATE;

    SELECT
        quota_resource.resource_id,
        run_time.cpu_used,
        usage.quota_used AS recorded,
        usage.workflow_id IS NOT NULL AS is_recorded
    INTO v_run
    FROM __reana.setting
    CROSS JOIN __reana.quota_resource
    CROSS JOIN __reana.run_time
    LEFT JOIN __reana.workflow_resource AS usage
        ON
            run_time.workflow_id OPERATOR(pg_catalog.=) usage.workflow_id
            AND quota_resource.resource_id OPERATOR(pg_catalog.=) usage.resource_id
    WHERE
        setting.name OPERATOR(pg_catalog.=) 'termination_quota_update_policy'
        AND setting.value OPERATOR(pg_catalog.=) ANY(ARRAY['cpu', 'cpu,disk'])
        AND quota_resource.type_ OPERATOR(pg_catalog.=) 'cpu'
        AND run_time.workflow_id OPERATOR(pg_catalog.=) p_workflow_id;
    IF NOT FOUND OR v_run.recorded OPERATOR(pg_catalog.=) v_run.cpu_used THEN
        RETURN;
    END IF;

    IF NOT v_run.is_recorded THEN
        INSERT INTO __reana.workflow_resource (
            created,
            updated,
            workflow_id,
            resource_id,
            quota_used
        )
        VALUES (
            pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()),
            pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()),
            p_workflow_id,
            v_run.resource_id,
            v_run.cpu_used
        )
        ON CONFLICT (workflow_id, resource_id) DO NOTHING;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    UPDATE __reana.workflow_resource
    SET
        quota_used = v_run.cpu_used,
        updated = pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())
    WHERE
        workflow_resource.workflow_id OPERATOR(pg_catalog.=) p_workflow_id
        AND workflow_resource.resource_id OPERATOR(pg_catalog.=) v_run.resource_id
        AND NOT COALESCE(workflow_resource.quota_used OPERATOR(pg_catalog.=) v_run.cpu_used, FALSE);
END
$$;

COMMENT ON FUNCTION __reana.record_cpu(uuid) IS
'Records the processing time of a run that has ended, if the policy of the site contains cpu.';

CREATE FUNCTION __reana.record_and_count_run(p_workflow_id uuid) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM __reana.record_cpu(p_workflow_id);
    PERFORM __reana.count_run(p_workflow_id);
END
$$;

COMMENT ON FUNCTION __reana.record_and_count_run(uuid) IS
'Records the processing time of a run that ended, if the policy says so, and counts the run.';

CREATE FUNCTION __reana.record_and_count_runs(p_workflow_ids uuid []) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM 1
    FROM __reana.workflow_resource
    WHERE workflow_resource.workflow_id = ANY(p_workflow_ids)
    ORDER BY
        workflow_resource.workflow_id,
        workflow_resource.resource_id
    FOR NO KEY UPDATE;
    PERFORM __reana.lock_totals_of_runs(p_workflow_ids);
    PERFORM __reana.record_cpu(changed.workflow_id)
    FROM pg_catalog.unnest(p_workflow_ids) AS changed (workflow_id);
    PERFORM __reana.count_runs(p_workflow_ids);
END
$$;

COMMENT ON FUNCTION __reana.record_and_count_runs(uuid []) IS
'Records the processing time of runs that ended, if the policy says so, and counts the runs: in the order of keys, whatever the number of owners.';

CREATE FUNCTION __reana.count_ended_run(
    p_workflow_id uuid,
    p_owner_id uuid,
    p_workspace_path text,
    p_started_at timestamp without time zone,
    p_ended_at timestamp without time zone
) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    v_totals integer;
    v_run record;
BEGIN
    -- The order in which everybody locks: all usage of the run, then the totals.  A session that
    -- changes usage of this run may be waiting for the totals.  Both totals or none: see
    -- lock_totals.
    PERFORM 1
    FROM __reana.workflow_resource
    WHERE workflow_resource.workflow_id OPERATOR(pg_catalog.=) p_workflow_id
    ORDER BY workflow_resource.resource_id
    FOR NO KEY UPDATE;

    PERFORM 1
    FROM __reana.user_resource
    WHERE
        user_resource.user_id OPERATOR(pg_catalog.=) p_owner_id
        AND user_resource.quota_counted IS NOT NULL
        AND (
            SELECT pg_catalog.count(*)
            FROM __reana.user_resource AS total
            WHERE
                total.user_id OPERATOR(pg_catalog.=) p_owner_id
                AND total.quota_counted IS NOT NULL
        ) OPERATOR(pg_catalog.=) 2
    ORDER BY user_resource.resource_id
    FOR NO KEY UPDATE;
    GET DIAGNOSTICS v_totals = ROW_COUNT;

    SELECT
        cpu.resource_id AS cpu_id,
        policy.value OPERATOR(pg_catalog.=) ANY(ARRAY['cpu', 'cpu,disk']) AS is_recorded,
        __reana.cpu_milliseconds(p_started_at, p_ended_at, NULL) AS cpu_used,
        was.run_started_at AS was_started_at,
        was.run_ended_at AS was_ended_at,
        COALESCE(was.cpu_used, 0::pg_catalog.int8) AS was_cpu_used,
        COALESCE(was.owner_id, p_owner_id) AS was_owner_id,
        COALESCE(was.workspace_path, p_workspace_path) AS was_workspace_path
    INTO v_run
    FROM __reana.setting AS policy
    CROSS JOIN __reana.quota_resource AS cpu
    LEFT JOIN __reana.quota_ledger AS was
        ON was.workflow_id OPERATOR(pg_catalog.=) p_workflow_id
    WHERE
        policy.name OPERATOR(pg_catalog.=) 'termination_quota_update_policy'
        AND cpu.type_ OPERATOR(pg_catalog.=) 'cpu';

    IF NOT COALESCE(v_run.is_recorded, FALSE)
        OR p_started_at IS NULL
        OR p_ended_at IS NULL
        OR v_totals OPERATOR(pg_catalog.<>) 2
        OR v_run.was_owner_id OPERATOR(pg_catalog.<>) p_owner_id
        OR v_run.was_workspace_path OPERATOR(pg_catalog.<>) p_workspace_path
    THEN
        RETURN FALSE;
    END IF;

    INSERT INTO __reana.quota_ledger (
        workflow_id,
        owner_id,
        workspace_path,
        run_started_at,
        run_ended_at,
        cpu_used,
        disk_used
    )
    VALUES (
        p_workflow_id,
        p_owner_id,
        p_workspace_path,
        p_started_at,
        p_ended_at,
        v_run.cpu_used,
        0
    )
    ON CONFLICT (workflow_id) DO UPDATE SET
        run_started_at = excluded.run_started_at,
        run_ended_at = excluded.run_ended_at,
        cpu_used = excluded.cpu_used;

    UPDATE __reana.user_resource
    SET
        quota_counted = user_resource.quota_counted OPERATOR(pg_catalog.+) CASE
            WHEN user_resource.quota_period_months IS NULL
                THEN v_run.cpu_used OPERATOR(pg_catalog.-) v_run.was_cpu_used
            ELSE
                __reana.cpu_milliseconds(
                    p_started_at, p_ended_at, user_resource.quota_period_start_at
                )
                OPERATOR(pg_catalog.-) __reana.cpu_milliseconds(
                    v_run.was_started_at, v_run.was_ended_at, user_resource.quota_period_start_at
                )
        END::pg_catalog.numeric,
        updated = pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())
    WHERE
        user_resource.user_id OPERATOR(pg_catalog.=) p_owner_id
        AND user_resource.resource_id OPERATOR(pg_catalog.=) v_run.cpu_id;

    UPDATE __reana.workflow_resource
    SET
        quota_used = v_run.cpu_used,
        updated = pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())
    WHERE
        workflow_resource.workflow_id OPERATOR(pg_catalog.=) p_workflow_id
        AND workflow_resource.resource_id OPERATOR(pg_catalog.=) v_run.cpu_id;

    IF NOT FOUND THEN
        INSERT INTO __reana.workflow_resource (
            created,
            updated,
            workflow_id,
            resource_id,
            quota_used
        )
        VALUES (
            pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()),
            pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()),
            p_workflow_id,
            v_run.cpu_id,
            v_run.cpu_used
        )
        ON CONFLICT (workflow_id, resource_id) DO UPDATE SET
            quota_used = excluded.quota_used,
            updated = excluded.updated;
    END IF;
    RETURN TRUE;
END
$$;

COMMENT ON FUNCTION __reana.count_ended_run(
    uuid, uuid, text, timestamp without time zone, timestamp without time zone
) IS
'Does what record_and_count_run does in the usual case, a run that ends and is recorded, with half the work; tells whether it was that case.';

CREATE FUNCTION __reana.count_changed_run() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM new_run
    OFFSET 1;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    IF NOT COALESCE(
        NEW.id_ OPERATOR(pg_catalog.=) OLD.id_
        AND NEW.owner_id OPERATOR(pg_catalog.=) OLD.owner_id,
        FALSE
    ) THEN
        PERFORM __reana.record_and_count_runs(ARRAY[OLD.id_, NEW.id_]);
    ELSIF NOT __reana.count_ended_run(
        NEW.id_,
        NEW.owner_id,
        COALESCE(NEW.workspace_path, ''),
        NEW.run_started_at,
        COALESCE(NEW.run_finished_at, NEW.run_stopped_at)
    ) THEN
        PERFORM __reana.record_and_count_run(NEW.id_);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.count_changed_run() IS
'Counts the run whose times, owner or workspace a statement changed that changed no other row.';

CREATE FUNCTION __reana.count_changed_runs() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v_changed pg_catalog.uuid [];
BEGIN
    IF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN
        SELECT pg_catalog.array_agg(new_run.id_)
        INTO v_changed
        FROM new_run
        WHERE COALESCE(new_run.run_finished_at, new_run.run_stopped_at) IS NOT NULL;
    ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN
        SELECT pg_catalog.array_agg(quota_ledger.workflow_id)
        INTO v_changed
        FROM old_run
        INNER JOIN __reana.quota_ledger
            ON old_run.id_ OPERATOR(pg_catalog.=) quota_ledger.workflow_id;
    ELSE
        PERFORM 1
        FROM new_run
        OFFSET 1;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        SELECT pg_catalog.array_agg(DISTINCT changed.id_)
        INTO v_changed
        FROM (
            (
                SELECT
                    new_run.id_,
                    new_run.owner_id,
                    new_run.workspace_path,
                    new_run.run_started_at,
                    new_run.run_finished_at,
                    new_run.run_stopped_at
                FROM new_run
                EXCEPT
                SELECT
                    old_run.id_,
                    old_run.owner_id,
                    old_run.workspace_path,
                    old_run.run_started_at,
                    old_run.run_finished_at,
                    old_run.run_stopped_at
                FROM old_run
            )
            UNION ALL
            (
                SELECT
                    old_run.id_,
                    old_run.owner_id,
                    old_run.workspace_path,
                    old_run.run_started_at,
                    old_run.run_finished_at,
                    old_run.run_stopped_at
                FROM old_run
                EXCEPT
                SELECT
                    new_run.id_,
                    new_run.owner_id,
                    new_run.workspace_path,
                    new_run.run_started_at,
                    new_run.run_finished_at,
                    new_run.run_stopped_at
                FROM new_run
            )
        ) AS changed;
    END IF;

    IF pg_catalog.cardinality(v_changed) OPERATOR(pg_catalog.=) 1 AND TG_OP OPERATOR(pg_catalog.<>) 'UPDATE'
    THEN
        PERFORM __reana.record_and_count_run(v_changed[1]);
    ELSIF v_changed IS NOT NULL THEN
        PERFORM __reana.record_and_count_runs(v_changed);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.count_changed_runs() IS
'Counts the runs that a statement inserted or deleted, or changed the times, owner or workspace of, if it changed several rows.';

CREATE FUNCTION __reana.recount_everybody() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM __reana.recount_user(counted.user_id)
    FROM (
        SELECT quota_ledger.owner_id AS user_id
        FROM __reana.quota_ledger
        GROUP BY quota_ledger.owner_id
        ORDER BY quota_ledger.owner_id
    ) AS counted;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION __reana.recount_everybody() IS
'Makes the ledger and all totals anew, after a TRUNCATE.';

CREATE FUNCTION __reana.refuse_negative_usage() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE WARNING USING
        MESSAGE = pg_catalog.format(
            'The usage of run %s would become negative (%s); it is set to zero.',
            NEW.workflow_id, NEW.quota_used);
    NEW.quota_used := 0;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.refuse_negative_usage() IS
'Sets usage to zero that would become negative, with a warning.';

-- Without search_path of its own: it runs for every row, and its operator is qualified.
CREATE FUNCTION __reana.lock_run() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM __reana.workflow
    WHERE workflow.id_ OPERATOR(pg_catalog.=) NEW.workflow_id
    FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION __reana.lock_run() IS
'Locks a run before its first usage is inserted: the order in which everybody locks.';

CREATE TRIGGER recount_inserted_quota
BEFORE INSERT ON __reana.user_resource
FOR EACH ROW
EXECUTE FUNCTION __reana.recount_quota();

COMMENT ON TRIGGER recount_inserted_quota ON __reana.user_resource IS
'Sums the ledger for a new total.';

CREATE TRIGGER recount_updated_quota
BEFORE UPDATE ON __reana.user_resource
FOR EACH ROW
WHEN (
    NEW.quota_period_months IS NOT NULL
    OR OLD.quota_period_months IS NOT NULL
    OR NEW.user_id <> OLD.user_id
    OR NEW.resource_id <> OLD.resource_id
    OR NEW.quota_counted IS NULL
)
EXECUTE FUNCTION __reana.recount_quota();

COMMENT ON TRIGGER recount_updated_quota ON __reana.user_resource IS
'Sums the ledger again when the quota period changes or is over.';

CREATE TRIGGER zz_keep_quota_used
BEFORE INSERT OR UPDATE ON __reana.user_resource
FOR EACH ROW
WHEN (NEW.quota_counted IS NOT NULL)
EXECUTE FUNCTION __reana.keep_quota_used();

COMMENT ON TRIGGER zz_keep_quota_used ON __reana.user_resource IS
'Keeps quota_used at the exact total. Its name makes it the last.';

CREATE TRIGGER refuse_negative_usage
BEFORE INSERT OR UPDATE ON __reana.workflow_resource
FOR EACH ROW
WHEN (NEW.quota_used < 0)
EXECUTE FUNCTION __reana.refuse_negative_usage();

COMMENT ON TRIGGER refuse_negative_usage ON __reana.workflow_resource IS
'Sets usage to zero that would become negative.';

-- Below another trigger the run is locked already, because it has just been changed.
CREATE TRIGGER lock_run
BEFORE INSERT ON __reana.workflow_resource
FOR EACH ROW
WHEN (pg_catalog.pg_trigger_depth() = 0)
EXECUTE FUNCTION __reana.lock_run();

COMMENT ON TRIGGER lock_run ON __reana.workflow_resource IS
'Locks runs before usage, so that no deadlock arises.';

CREATE TRIGGER count_inserted_usage
AFTER INSERT ON __reana.workflow_resource
REFERENCING NEW TABLE AS new_usage
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.count_written_usage();

COMMENT ON TRIGGER count_inserted_usage ON __reana.workflow_resource IS
'Keeps the totals of users exact.';

CREATE TRIGGER count_updated_usage
AFTER UPDATE ON __reana.workflow_resource
REFERENCING OLD TABLE AS old_usage NEW TABLE AS new_usage
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.count_written_usage();

COMMENT ON TRIGGER count_updated_usage ON __reana.workflow_resource IS
'Keeps the totals of users exact.';

CREATE TRIGGER count_deleted_usage
AFTER DELETE ON __reana.workflow_resource
REFERENCING OLD TABLE AS old_usage
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.count_written_usage();

COMMENT ON TRIGGER count_deleted_usage ON __reana.workflow_resource IS
'Keeps the totals of users exact.';

CREATE TRIGGER recount_truncated_usage
AFTER TRUNCATE ON __reana.workflow_resource
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.recount_everybody();

COMMENT ON TRIGGER recount_truncated_usage ON __reana.workflow_resource IS
'Keeps the totals of users exact.';

CREATE TRIGGER count_inserted_runs
AFTER INSERT ON __reana.workflow
REFERENCING NEW TABLE AS new_run
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.count_changed_runs();

COMMENT ON TRIGGER count_inserted_runs ON __reana.workflow IS
'Keeps the totals of users exact, for runs that are imported.';

CREATE TRIGGER count_updated_runs
AFTER UPDATE ON __reana.workflow
REFERENCING OLD TABLE AS old_run NEW TABLE AS new_run
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.count_changed_runs();

COMMENT ON TRIGGER count_updated_runs ON __reana.workflow IS
'Records the processing time of runs that end in one statement; keeps the totals of users exact.';

-- Nearly all statements change one run, and most of those nothing that is counted.
CREATE TRIGGER count_updated_run
AFTER UPDATE ON __reana.workflow
REFERENCING NEW TABLE AS new_run
FOR EACH ROW
WHEN (
    NEW.id_ IS DISTINCT FROM OLD.id_
    OR NEW.owner_id IS DISTINCT FROM OLD.owner_id
    OR NEW.workspace_path IS DISTINCT FROM OLD.workspace_path
    OR NEW.run_finished_at IS DISTINCT FROM OLD.run_finished_at
    OR NEW.run_stopped_at IS DISTINCT FROM OLD.run_stopped_at
    OR (
        COALESCE(NEW.run_finished_at, NEW.run_stopped_at) IS NOT NULL
        AND NEW.run_started_at IS DISTINCT FROM OLD.run_started_at
    )
)
EXECUTE FUNCTION __reana.count_changed_run();

COMMENT ON TRIGGER count_updated_run ON __reana.workflow IS
'Records the processing time of a run that ends; keeps the totals of its owner exact.';

CREATE TRIGGER count_deleted_runs
AFTER DELETE ON __reana.workflow
REFERENCING OLD TABLE AS old_run
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.count_changed_runs();

COMMENT ON TRIGGER count_deleted_runs ON __reana.workflow IS
'Keeps the totals of users exact.';

CREATE TRIGGER recount_truncated_runs
AFTER TRUNCATE ON __reana.workflow
FOR EACH STATEMENT
EXECUTE FUNCTION __reana.recount_everybody();

COMMENT ON TRIGGER recount_truncated_runs ON __reana.workflow IS
'Keeps the totals of users exact.';

-- What readers read.  A period that is over moves on at the next write; until then this view looks
-- through it, so that nobody stays blocked.

CREATE VIEW __reana.current_quota AS
SELECT
    total.user_id,
    total.resource_id,
    total.quota_limit,
    CASE
        WHEN total.quota_period_start_at IS NOT DISTINCT FROM total.period_start_at
            THEN total.quota_used
        ELSE
            LEAST(
                __reana.counted_cpu(total.user_id, total.period_start_at), 9223372036854775807
            )::bigint
    END AS quota_used,
    total.quota_period_months,
    total.period_start_at AS quota_period_start_at
FROM (
    SELECT
        user_resource.user_id,
        user_resource.resource_id,
        COALESCE(user_resource.quota_limit, 0) AS quota_limit,
        COALESCE(user_resource.quota_used, 0) AS quota_used,
        user_resource.quota_period_months,
        user_resource.quota_period_start_at,
        CASE
            WHEN
                user_resource.quota_period_months IS NULL
                OR user_resource.quota_counted IS NULL
                OR quota_resource.type_ IS DISTINCT FROM 'cpu'
                THEN user_resource.quota_period_start_at
            ELSE
                __reana.current_period_start(
                    COALESCE(
                        user_resource.quota_period_start_at,
                        (
                            SELECT user_.created
                            FROM __reana.user_
                            WHERE user_.id_ = user_resource.user_id
                        )
                    ),
                    user_resource.quota_period_months,
                    pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
                )
        END AS period_start_at
    FROM __reana.user_resource
    LEFT JOIN __reana.quota_resource
        ON user_resource.resource_id = quota_resource.resource_id
) AS total;

COMMENT ON VIEW __reana.current_quota IS
'Quota and usage of users at this moment: in the current period, even if nothing was written since it began.';
COMMENT ON COLUMN __reana.current_quota.user_id IS
'The user.';
COMMENT ON COLUMN __reana.current_quota.resource_id IS
'The resource.';
COMMENT ON COLUMN __reana.current_quota.quota_limit IS
'The limit, in the unit of the resource; 0 is unlimited.';
COMMENT ON COLUMN __reana.current_quota.quota_used IS
'The usage, in the unit of the resource.';
COMMENT ON COLUMN __reana.current_quota.quota_period_months IS
'Length of the quota period in months; null counts for life.';
COMMENT ON COLUMN __reana.current_quota.quota_period_start_at IS
'When the current period began (UTC).';

-- What there is already.

INSERT INTO __reana.quota_ledger (
    workflow_id,
    owner_id,
    workspace_path,
    run_started_at,
    run_ended_at,
    cpu_used,
    disk_used
)
SELECT
    run_usage.workflow_id,
    run_usage.owner_id,
    run_usage.workspace_path,
    run_usage.run_started_at,
    run_usage.run_ended_at,
    run_usage.cpu_used,
    run_usage.disk_used
FROM __reana.run_usage;

UPDATE __reana.user_resource SET quota_counted = NULL;
