-- depends: 0028-tokens-and-secrets
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
-- What counts runs looks them up by key, whatever the planner believes of tables that were never
-- analysed: hence the settings of these functions.

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
COMMENT ON COLUMN __reana.quota_resource.resource_id IS 'The resource.';
COMMENT ON COLUMN __reana.quota_resource.type_ IS 'What it counts: cpu or disk.';

CREATE TABLE __reana.quota_ledger (
    workflow_id uuid NOT NULL CONSTRAINT pk_quota_ledger PRIMARY KEY,
    owner_id uuid NOT NULL,
    workspace_path text NOT NULL,
    run_started_at timestamp without time zone,
    run_ended_at timestamp without time zone,
    cpu_used bigint NOT NULL,
    disk_used bigint NOT NULL
);
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
COMMENT ON COLUMN __reana.quota_ledger.cpu_used IS 'Processing time of the run in milliseconds.';
COMMENT ON COLUMN __reana.quota_ledger.disk_used IS
'Size of its workspace in bytes, as measured for this run.';

-- Without search_path of its own, and so with qualified operators, the planner puts the body in the
-- place of the call.  Double precision is what the services compute in: equal to the last digit.
CREATE FUNCTION __reana.cpu_milliseconds(
    p_started_at timestamp, p_ended_at timestamp, p_since timestamp
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
COMMENT ON FUNCTION __reana.cpu_milliseconds(timestamp, timestamp, timestamp) IS
'Whole milliseconds of a run from its start, or from a later time, to its end; never negative.';

CREATE VIEW __reana.run_time AS
SELECT
    run.workflow_id, run.owner_id, run.workspace_path,
    CASE WHEN run.ended_at IS NOT NULL THEN run.started_at END AS run_started_at,
    CASE WHEN run.started_at IS NOT NULL THEN run.ended_at END AS run_ended_at,
    __reana.cpu_milliseconds(run.started_at, run.ended_at, NULL) AS cpu_used
FROM (
    SELECT
        workflow.id_ AS workflow_id,
        workflow.owner_id,
        COALESCE(workflow.workspace_path, '')::text AS workspace_path,
        workflow.run_started_at AS started_at,
        COALESCE(workflow.run_finished_at, workflow.run_stopped_at) AS ended_at
    FROM __reana.workflow
    WHERE workflow.owner_id IS NOT NULL
) AS run;
COMMENT ON VIEW __reana.run_time IS 'When runs started and ended, and what this makes.';
COMMENT ON COLUMN __reana.run_time.workflow_id IS 'The run.';
COMMENT ON COLUMN __reana.run_time.owner_id IS 'Its owner.';
COMMENT ON COLUMN __reana.run_time.workspace_path IS 'Its workspace; empty without one.';
COMMENT ON COLUMN __reana.run_time.run_started_at IS 'When it started (UTC), once it has ended.';
COMMENT ON COLUMN __reana.run_time.run_ended_at IS
'When it finished, else stopped (UTC), if it is known when it started.';
COMMENT ON COLUMN __reana.run_time.cpu_used IS
'Its processing time in milliseconds; 0 before its end.';

CREATE VIEW __reana.run_usage AS
SELECT
    run_time.workflow_id, run_time.owner_id, run_time.workspace_path,
    run_time.run_started_at, run_time.run_ended_at,
    GREATEST(cpu.quota_used, 0) AS cpu_used,
    GREATEST(disk.quota_used, 0) AS disk_used
FROM __reana.run_time
LEFT JOIN __reana.workflow_resource AS cpu
    ON
        run_time.workflow_id = cpu.workflow_id
        AND cpu.resource_id
        = (SELECT resource_id FROM __reana.quota_resource WHERE quota_resource.type_ = 'cpu')
LEFT JOIN __reana.workflow_resource AS disk
    ON
        run_time.workflow_id = disk.workflow_id
        AND disk.resource_id
        = (SELECT resource_id FROM __reana.quota_resource WHERE quota_resource.type_ = 'disk')
WHERE
    run_time.run_ended_at IS NOT NULL
    OR cpu.quota_used > 0
    OR disk.quota_used > 0;
COMMENT ON VIEW __reana.run_usage IS
'What every run uses now, which is what the ledger must hold. Runs that use nothing are left out.';
COMMENT ON COLUMN __reana.run_usage.workflow_id IS 'The run.';
COMMENT ON COLUMN __reana.run_usage.owner_id IS 'Its owner.';
COMMENT ON COLUMN __reana.run_usage.workspace_path IS 'Its workspace; empty without one.';
COMMENT ON COLUMN __reana.run_usage.run_started_at IS 'When it started (UTC), once it has ended.';
COMMENT ON COLUMN __reana.run_usage.run_ended_at IS 'When it finished, else stopped (UTC).';
COMMENT ON COLUMN __reana.run_usage.cpu_used IS
'Its processing time in milliseconds, as recorded.';
COMMENT ON COLUMN __reana.run_usage.disk_used IS
'The size of its workspace in bytes, as recorded for this run.';

CREATE FUNCTION __reana.current_period_start(
    p_start_at timestamp, p_months integer, p_now timestamp
) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- No clock reaches the end of a period of ten thousand years, and no timestamp holds it.
    c_endless CONSTANT integer := 120000;
    v_start_at timestamp := p_start_at;
BEGIN
    IF p_start_at > p_now OR NOT isfinite(p_start_at) OR p_months NOT BETWEEN 1 AND c_endless THEN
        RETURN p_start_at;
    END IF;
    -- Step by step, not a multiple at once: 31 January, 28 February, 28 March, as in the services.
    WHILE p_now >= v_start_at + make_interval(months => p_months) LOOP
        v_start_at := v_start_at + make_interval(months => p_months);
    END LOOP;
    RETURN v_start_at;
END
$$;
COMMENT ON FUNCTION __reana.current_period_start(timestamp, integer, timestamp) IS
'The start of the quota period that holds a time (UTC); a start in the future stays.';

CREATE FUNCTION __reana.counted_cpu(p_user_id uuid, p_since timestamp) RETURNS numeric
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_since IS NULL THEN
        RETURN (
            SELECT COALESCE(sum(quota_ledger.cpu_used), 0)
            FROM __reana.quota_ledger
            WHERE quota_ledger.owner_id = p_user_id
        );
    END IF;
    RETURN (
        SELECT COALESCE(sum(__reana.cpu_milliseconds(
            quota_ledger.run_started_at, quota_ledger.run_ended_at, p_since
        )), 0)
        FROM __reana.quota_ledger
        WHERE quota_ledger.owner_id = p_user_id AND quota_ledger.run_ended_at > p_since
    );
END
$$;
COMMENT ON FUNCTION __reana.counted_cpu(uuid, timestamp) IS
'Milliseconds of processing time of a user since a time (UTC), or in total without one.';

CREATE FUNCTION __reana.counted_disk(p_user_id uuid) RETURNS numeric
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT COALESCE(sum(workspace.disk_used), 0)
        FROM (
            SELECT max(quota_ledger.disk_used) AS disk_used
            FROM __reana.quota_ledger
            WHERE quota_ledger.owner_id = p_user_id AND quota_ledger.disk_used > 0
            GROUP BY quota_ledger.workspace_path
        ) AS workspace
    );
END
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
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_type CONSTANT public.resourcetype := (
        SELECT type_ FROM __reana.quota_resource WHERE resource_id = NEW.resource_id
    );
    v_since timestamp;
    v_counted_since timestamp;
BEGIN
    IF v_type = 'cpu' AND NEW.quota_period_months IS NOT NULL THEN
        v_since := __reana.current_period_start(
            COALESCE(
                NEW.quota_period_start_at,
                (SELECT user_.created FROM __reana.user_ WHERE user_.id_ = NEW.user_id)
            ),
            NEW.quota_period_months,
            clock_timestamp() AT TIME ZONE 'UTC'
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

    NEW.quota_counted := CASE v_type
        WHEN 'cpu' THEN __reana.counted_cpu(NEW.user_id, v_since)
        WHEN 'disk' THEN __reana.counted_disk(NEW.user_id)
    END;
    RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.recount_quota() FROM PUBLIC;
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
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_needed CONSTANT integer := 2 * cardinality(p_user_ids);
    v_locked integer;
BEGIN
    -- What is missing is made before anything is locked: who held one total and then made or met
    -- the one before it would lock them in another order than the rest.  Again if a total was
    -- deleted while this waited for it.
    FOR v_attempt IN 1 .. 3 LOOP
        IF c_needed > (
            SELECT count(quota_counted) FROM __reana.user_resource
            WHERE user_resource.user_id = ANY(p_user_ids)
        ) THEN
            INSERT INTO __reana.user_resource (
                created, updated, user_id, resource_id, quota_limit, quota_used
            )
            SELECT
                clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC',
                owner.user_id, resource.id_, resource.default_limit, 0
            FROM unnest(p_user_ids) AS owner (user_id)
            CROSS JOIN __reana.resource
            INNER JOIN __reana.quota_resource ON resource.id_ = quota_resource.resource_id
            WHERE NOT EXISTS (
                SELECT
                FROM __reana.user_resource AS total
                WHERE total.user_id = owner.user_id AND total.resource_id = resource.id_
            )
            ORDER BY owner.user_id, resource.id_
            ON CONFLICT (user_id, resource_id) DO NOTHING;
        END IF;

        PERFORM
        FROM __reana.user_resource
        WHERE user_resource.user_id = ANY(p_user_ids) AND user_resource.quota_counted IS NOT NULL
        ORDER BY user_resource.user_id, user_resource.resource_id
        FOR NO KEY UPDATE;
        GET DIAGNOSTICS v_locked = ROW_COUNT;
        EXIT WHEN v_locked = c_needed;
    END LOOP;
END
$$;
COMMENT ON FUNCTION __reana.lock_totals(uuid []) IS
'Locks the quota totals of users, each named once, until the end of the transaction, in key order;'
' makes those that are missing.';

-- How runs are counted.  Whatever changes them comes here, and from here to ledger and totals there
-- is no other way.

CREATE FUNCTION __reana.count_runs(p_workflow_ids uuid [], p_is_recorded boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_owners uuid [];
    v_resources uuid [];
    v_used numeric [];
BEGIN
    -- What is looked up run by run has OFFSET 0: else it may be joined as a whole.  And a full join
    -- is never a nested loop.
    WITH due AS (
        SELECT
            usage.workflow_id, usage.owner_id, usage.workspace_path,
            usage.run_started_at, usage.run_ended_at,
            CASE
                WHEN p_is_recorded AND usage.run_ended_at IS NOT NULL
                    THEN __reana.cpu_milliseconds(usage.run_started_at, usage.run_ended_at, NULL)
                ELSE usage.cpu_used
            END AS cpu_used,
            usage.disk_used
        FROM unnest(p_workflow_ids) AS run (id_)
        CROSS JOIN LATERAL (
            SELECT
                run_usage.workflow_id, run_usage.owner_id, run_usage.workspace_path,
                run_usage.run_started_at, run_usage.run_ended_at,
                run_usage.cpu_used, run_usage.disk_used
            FROM __reana.run_usage
            WHERE run_usage.workflow_id = run.id_
            OFFSET 0
        ) AS usage
    ),

    recorded AS (
        INSERT INTO __reana.workflow_resource AS usage (
            created, updated, workflow_id, resource_id, quota_used
        )
        SELECT
            clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC',
            due.workflow_id, quota_resource.resource_id, due.cpu_used
        FROM due
        CROSS JOIN __reana.quota_resource
        WHERE
            p_is_recorded
            AND due.run_ended_at IS NOT NULL
            AND quota_resource.type_ = 'cpu'
        ON CONFLICT (workflow_id, resource_id) DO UPDATE SET
            quota_used = excluded.quota_used, updated = excluded.updated
        WHERE usage.quota_used IS DISTINCT FROM excluded.quota_used
    ),

    -- What is due but not in the ledger (1), and what is in the ledger but not due (-1).
    change AS (
        SELECT
            sum(part.sign) AS sign,
            part.workflow_id, part.owner_id, part.workspace_path,
            part.run_started_at, part.run_ended_at, part.cpu_used, part.disk_used
        FROM (
            SELECT
                1 AS sign,
                due.workflow_id, due.owner_id, due.workspace_path,
                due.run_started_at, due.run_ended_at, due.cpu_used, due.disk_used
            FROM due
            UNION ALL
            SELECT
                -1 AS sign,
                was.workflow_id, was.owner_id, was.workspace_path,
                was.run_started_at, was.run_ended_at, was.cpu_used, was.disk_used
            FROM __reana.quota_ledger AS was
            WHERE was.workflow_id = ANY(p_workflow_ids)
        ) AS part
        GROUP BY
            part.workflow_id, part.owner_id, part.workspace_path,
            part.run_started_at, part.run_ended_at, part.cpu_used, part.disk_used
        HAVING sum(part.sign) <> 0
    ),

    dropped AS (
        DELETE FROM __reana.quota_ledger
        WHERE quota_ledger.workflow_id = ANY(ARRAY(
            SELECT change.workflow_id
            FROM change
            GROUP BY change.workflow_id
            HAVING max(change.sign) < 0
        ))
    ),

    written AS (
        INSERT INTO __reana.quota_ledger (
            workflow_id, owner_id, workspace_path,
            run_started_at, run_ended_at, cpu_used, disk_used
        )
        SELECT
            change.workflow_id, change.owner_id, change.workspace_path,
            change.run_started_at, change.run_ended_at, change.cpu_used, change.disk_used
        FROM change
        WHERE change.sign > 0
        ON CONFLICT (workflow_id) DO UPDATE SET
            owner_id = excluded.owner_id, workspace_path = excluded.workspace_path,
            run_started_at = excluded.run_started_at, run_ended_at = excluded.run_ended_at,
            cpu_used = excluded.cpu_used, disk_used = excluded.disk_used
    ),

    -- The maximum of a workspace among these runs, before and after; below, among its others.
    workspace AS (
        SELECT
            change.owner_id,
            change.workspace_path,
            array_agg(change.workflow_id) AS workflow_ids,
            max(change.disk_used) FILTER (WHERE change.sign > 0) AS due_used,
            max(change.disk_used) FILTER (WHERE change.sign < 0) AS was_used
        FROM change
        WHERE change.disk_used > 0
        GROUP BY change.owner_id, change.workspace_path
    ),

    difference AS (
        SELECT
            change.owner_id,
            'cpu' AS type_,
            change.sign * CASE
                WHEN total.quota_period_months IS NULL THEN change.cpu_used
                ELSE __reana.cpu_milliseconds(
                    change.run_started_at, change.run_ended_at, total.quota_period_start_at
                )
            END AS used
        FROM change
        FULL JOIN (
            SELECT user_id, quota_period_months, quota_period_start_at
            FROM __reana.user_resource
            WHERE
                user_id = ANY(ARRAY(SELECT DISTINCT owner_id FROM change))
                AND resource_id = (SELECT resource_id FROM __reana.quota_resource WHERE type_ = 'cpu')
        ) AS total ON change.owner_id = total.user_id
        UNION ALL
        SELECT
            workspace.owner_id,
            'disk' AS type_,
            GREATEST(workspace.due_used, others.disk_used, 0)
            - GREATEST(workspace.was_used, others.disk_used, 0) AS used
        FROM workspace
        CROSS JOIN LATERAL (
            SELECT max(quota_ledger.disk_used) FILTER (
                WHERE quota_ledger.workflow_id <> ALL(workspace.workflow_ids)
            ) AS disk_used
            FROM __reana.quota_ledger
            WHERE
                quota_ledger.owner_id = workspace.owner_id
                AND quota_ledger.workspace_path = workspace.workspace_path
                AND quota_ledger.disk_used > 0
        ) AS others
    )

    SELECT
        array_agg(total.owner_id),
        array_agg(quota_resource.resource_id),
        array_agg(total.used)
    INTO v_owners, v_resources, v_used
    FROM (
        SELECT owner_id, type_, sum(used) AS used
        FROM difference
        GROUP BY owner_id, type_
    ) AS total
    INNER JOIN __reana.quota_resource ON total.type_ = quota_resource.type_::text;

    -- After the ledger, for a period that is over begins anew and sums it.  A total is written even
    -- if it stays equal: who counts runs of the same user in an older snapshot fails with 40001.
    UPDATE __reana.user_resource
    SET
        quota_counted = user_resource.quota_counted + total.used,
        updated = clock_timestamp() AT TIME ZONE 'UTC'
    FROM unnest(v_owners, v_resources, v_used) AS total (owner_id, resource_id, used)
    WHERE
        user_resource.user_id = total.owner_id
        AND user_resource.resource_id = total.resource_id;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.count_runs(uuid [], boolean) FROM PUBLIC;
COMMENT ON FUNCTION __reana.count_runs(uuid [], boolean) IS
'Brings the ledger of runs, each named once, and the totals of their owners to what the runs use now, and records their processing time first if that is wanted. The caller has locked the totals.';

CREATE FUNCTION __reana.count_changed_runs() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_runs uuid [];
    v_owners uuid [];
BEGIN
    -- Most updates are of runs that have not ended: follow_run says whether there is more.
    IF
        TG_OP = 'UPDATE'
        AND current_setting('reana_db.runs_changed', TRUE) IS DISTINCT FROM 'yes'
    THEN
        RETURN NULL;
    END IF;

    IF TG_OP = 'INSERT' THEN
        -- Services of released versions look for the usage of a run and insert it where there is
        -- none.  Two that did so at the same moment would meet in the primary key.
        INSERT INTO __reana.workflow_resource (
            created, updated, workflow_id, resource_id, quota_used
        )
        SELECT
            clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC',
            new_run.id_, quota_resource.resource_id, 0
        FROM new_run
        CROSS JOIN __reana.quota_resource
        WHERE COALESCE(new_run.run_finished_at, new_run.run_stopped_at) IS NULL
        ON CONFLICT (workflow_id, resource_id) DO NOTHING;

        SELECT array_agg(id_), array_agg(DISTINCT owner_id)
        INTO v_runs, v_owners
        FROM new_run
        WHERE COALESCE(run_finished_at, run_stopped_at) IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(id_), array_agg(DISTINCT owner_id) INTO v_runs, v_owners FROM old_run;
    ELSE
        -- A full join is never a nested loop, whatever the planner believes of these tables.  All
        -- owners, to be locked in one order; the former too, for a run may have usage that the
        -- snapshot lacks.
        SELECT array_agg(id_), array_agg(old_run.owner_id) || array_agg(new_run.owner_id)
        INTO v_runs, v_owners
        FROM old_run
        FULL JOIN new_run USING (id_)
        WHERE
            (
                old_run.owner_id, old_run.workspace_path,
                old_run.run_finished_at, old_run.run_stopped_at
            ) IS DISTINCT FROM (
                new_run.owner_id, new_run.workspace_path,
                new_run.run_finished_at, new_run.run_stopped_at
            )
            OR (
                old_run.run_started_at IS DISTINCT FROM new_run.run_started_at
                AND COALESCE(new_run.run_finished_at, new_run.run_stopped_at) IS NOT NULL
            );
    END IF;

    IF v_runs IS NOT NULL THEN
        -- All usage before the totals: who changes one of these rows may be waiting for the totals.
        PERFORM
        FROM __reana.workflow_resource
        WHERE workflow_resource.workflow_id = ANY(v_runs)
        ORDER BY workflow_resource.workflow_id, workflow_resource.resource_id
        FOR NO KEY UPDATE;

        PERFORM __reana.lock_totals(ARRAY(
            SELECT DISTINCT id_ FROM unnest(v_owners) AS id_ WHERE id_ IS NOT NULL
        ));
        PERFORM __reana.count_runs(v_runs, EXISTS (
            SELECT FROM __reana.setting
            WHERE name = 'termination_quota_update_policy' AND value IN ('cpu', 'cpu,disk')
        ));
    END IF;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.count_changed_runs() FROM PUBLIC;
COMMENT ON FUNCTION __reana.count_changed_runs() IS
'Counts the runs that a statement deleted, inserted after their end, or changed the times, owner or workspace of; opens the usage of new ones.';

CREATE FUNCTION __reana.count_used_runs(p_workflow_ids uuid []) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_owners uuid [];
    v_locked uuid [] := '{}';
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        -- Fails with 40001 if a run has got another owner or workspace since the snapshot.
        -- Who is about to give it one waits for its usage, and counts it afterwards.
        PERFORM
        FROM __reana.workflow
        WHERE workflow.id_ = ANY(p_workflow_ids)
        FOR KEY SHARE SKIP LOCKED;
    END IF;

    -- Again, because an owner can change while this waits for the totals of the former one.
    LOOP
        v_owners := (
            SELECT array_agg(owner.owner_id)
            FROM (
                (
                    SELECT owner_id FROM __reana.workflow WHERE id_ = ANY(p_workflow_ids)
                    UNION
                    SELECT owner_id FROM __reana.quota_ledger
                    WHERE workflow_id = ANY(p_workflow_ids)
                )
                EXCEPT
                SELECT unnest(v_locked)
            ) AS owner
            WHERE owner.owner_id IS NOT NULL
        );
        EXIT WHEN v_owners IS NULL;
        PERFORM __reana.lock_totals(v_owners);
        v_locked := v_locked || v_owners;
    END LOOP;
    PERFORM __reana.count_runs(p_workflow_ids, FALSE);
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.count_used_runs(uuid []) FROM PUBLIC;
COMMENT ON FUNCTION __reana.count_used_runs(uuid []) IS
'Locks the totals of the owners of runs, whoever these are by then, and counts the runs.';

CREATE FUNCTION __reana.count_changed_usage() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_runs uuid [];
BEGIN
    IF TG_OP = 'DELETE' THEN
        v_runs := (SELECT array_agg(DISTINCT workflow_id) FROM old_usage);
    ELSE
        -- Not what count_runs records: of that the ledger knows already.
        v_runs := (
            SELECT array_agg(DISTINCT new_usage.workflow_id)
            FROM new_usage
            INNER JOIN __reana.quota_resource ON new_usage.resource_id = quota_resource.resource_id
            CROSS JOIN LATERAL (
                SELECT max(cpu_used) AS cpu_used, max(disk_used) AS disk_used
                FROM __reana.quota_ledger
                WHERE quota_ledger.workflow_id = new_usage.workflow_id
            ) AS counted
            WHERE GREATEST(new_usage.quota_used, 0) <> COALESCE(
                CASE quota_resource.type_
                    WHEN 'cpu' THEN counted.cpu_used
                    ELSE counted.disk_used
                END,
                0
            )
        );
    END IF;
    IF TG_OP = 'UPDATE' THEN
        v_runs := v_runs || (
            SELECT array_agg(DISTINCT moved.workflow_id)
            FROM (
                SELECT workflow_id, resource_id FROM old_usage
                EXCEPT
                SELECT workflow_id, resource_id FROM new_usage
            ) AS moved
            WHERE moved.workflow_id <> ALL(COALESCE(v_runs, '{}'))
        );
    END IF;

    IF v_runs IS NOT NULL THEN
        PERFORM __reana.count_used_runs(v_runs);
    END IF;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.count_changed_usage() FROM PUBLIC;
COMMENT ON FUNCTION __reana.count_changed_usage() IS
'Counts the runs whose usage a statement inserted, changed or deleted.';

CREATE FUNCTION __reana.record_runs(
    p_workflow_ids uuid [], p_owner_ids uuid []
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_runs uuid [];
BEGIN
    PERFORM __reana.lock_totals(p_owner_ids);
    -- The totals are locked, so rows that somebody else holds must not be waited for: their owner
    -- may be waiting for the totals.  And runs that have another owner by now are left out, for
    -- the totals of that one would be locked out of order.
    v_runs := ARRAY(
        SELECT workflow.id_
        FROM __reana.workflow
        WHERE workflow.id_ = ANY(p_workflow_ids) AND workflow.owner_id = ANY(p_owner_ids)
        FOR NO KEY UPDATE SKIP LOCKED
    );
    v_runs := ARRAY(
        WITH free AS (
            SELECT workflow_id, resource_id
            FROM __reana.workflow_resource
            WHERE workflow_resource.workflow_id = ANY(v_runs)
            FOR NO KEY UPDATE SKIP LOCKED
        ),

        held AS (
            SELECT workflow_id, resource_id
            FROM __reana.workflow_resource
            WHERE workflow_resource.workflow_id = ANY(v_runs)
            EXCEPT
            SELECT workflow_id, resource_id FROM free
        )

        SELECT unnest(v_runs)
        EXCEPT
        SELECT workflow_id FROM held
    );
    PERFORM set_config('reana_db.runs_locked', 'yes', TRUE);
    PERFORM __reana.count_runs(v_runs, TRUE);
    PERFORM set_config('reana_db.runs_locked', 'no', TRUE);
    RETURN cardinality(v_runs);
END
$$;
COMMENT ON FUNCTION __reana.record_runs(uuid [], uuid []) IS
'Records the processing time of those of the runs that nobody else is changing, and that have one of these owners; returns how many. Both are named once.';

CREATE FUNCTION __reana.recount_user(p_user_id uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM __reana.lock_totals(ARRAY[p_user_id]);
    PERFORM __reana.count_used_runs(ARRAY(
        SELECT workflow_id FROM __reana.run_usage WHERE owner_id = p_user_id
        UNION
        SELECT workflow_id FROM __reana.quota_ledger WHERE owner_id = p_user_id
    ));
    UPDATE __reana.user_resource
    SET quota_counted = NULL
    WHERE user_resource.user_id = p_user_id AND user_resource.quota_counted IS NOT NULL;
END
$$;
COMMENT ON FUNCTION __reana.recount_user(uuid) IS
'Makes the ledger and the totals of a user anew from all runs: for what was written without triggers.';

CREATE FUNCTION __reana.recount_everybody() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM __reana.recount_user(counted.owner_id)
    FROM (SELECT DISTINCT owner_id FROM __reana.quota_ledger ORDER BY owner_id) AS counted;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.recount_everybody() FROM PUBLIC;
COMMENT ON FUNCTION __reana.recount_everybody() IS
'Makes the ledger and all totals anew, after a TRUNCATE.';

CREATE FUNCTION __reana.refuse_negative_usage() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE WARNING 'The usage of run % would become negative (%); it is set to zero.',
        NEW.workflow_id, NEW.quota_used;
    NEW.quota_used := 0;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION __reana.refuse_negative_usage() IS
'Sets usage to zero that would become negative, with a warning.';

CREATE FUNCTION __reana.lock_run() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM __reana.workflow WHERE workflow.id_ = NEW.workflow_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION __reana.lock_run() FROM PUBLIC;
COMMENT ON FUNCTION __reana.lock_run() IS
'Locks a run before its first usage is inserted: the order in which everybody locks.';

CREATE TRIGGER recount_inserted_quota BEFORE INSERT ON __reana.user_resource
FOR EACH ROW EXECUTE FUNCTION __reana.recount_quota();
COMMENT ON TRIGGER recount_inserted_quota ON __reana.user_resource IS
'Sums the ledger for a new total.';

CREATE TRIGGER recount_updated_quota BEFORE UPDATE ON __reana.user_resource
FOR EACH ROW WHEN (
    NEW.quota_period_months IS NOT NULL
    OR OLD.quota_period_months IS NOT NULL
    OR NEW.user_id <> OLD.user_id
    OR NEW.resource_id <> OLD.resource_id
    OR NEW.quota_counted IS NULL
) EXECUTE FUNCTION __reana.recount_quota();
COMMENT ON TRIGGER recount_updated_quota ON __reana.user_resource IS
'Sums the ledger again when the quota period changes or is over.';

CREATE TRIGGER zz_keep_quota_used BEFORE INSERT OR UPDATE ON __reana.user_resource
FOR EACH ROW WHEN (NEW.quota_counted IS NOT NULL) EXECUTE FUNCTION __reana.keep_quota_used();
COMMENT ON TRIGGER zz_keep_quota_used ON __reana.user_resource IS
'Keeps quota_used at the exact total. Its name makes it the last.';

CREATE TRIGGER refuse_negative_usage BEFORE INSERT OR UPDATE ON __reana.workflow_resource
FOR EACH ROW WHEN (NEW.quota_used < 0) EXECUTE FUNCTION __reana.refuse_negative_usage();
COMMENT ON TRIGGER refuse_negative_usage ON __reana.workflow_resource IS
'Sets usage to zero that would become negative.';

-- Below another trigger the run is locked already, because it has just been changed; record_runs
-- locks many at once, which takes less.
CREATE TRIGGER lock_run BEFORE INSERT ON __reana.workflow_resource
FOR EACH ROW WHEN (
    pg_catalog.pg_trigger_depth() = 0
    AND pg_catalog.current_setting('reana_db.runs_locked', TRUE) IS DISTINCT FROM 'yes'
) EXECUTE FUNCTION __reana.lock_run();
COMMENT ON TRIGGER lock_run ON __reana.workflow_resource IS
'Locks runs before usage, so that no deadlock arises.';

CREATE TRIGGER count_inserted_usage AFTER INSERT ON __reana.workflow_resource
REFERENCING NEW TABLE AS new_usage
FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();
COMMENT ON TRIGGER count_inserted_usage ON __reana.workflow_resource IS 'Counts new usage.';

CREATE TRIGGER count_updated_usage AFTER UPDATE ON __reana.workflow_resource
REFERENCING OLD TABLE AS old_usage NEW TABLE AS new_usage
FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();
COMMENT ON TRIGGER count_updated_usage ON __reana.workflow_resource IS 'Counts other usage.';

CREATE TRIGGER count_deleted_usage AFTER DELETE ON __reana.workflow_resource
REFERENCING OLD TABLE AS old_usage
FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_usage();
COMMENT ON TRIGGER count_deleted_usage ON __reana.workflow_resource IS 'Counts runs without it.';

CREATE TRIGGER recount_truncated_usage AFTER TRUNCATE ON __reana.workflow_resource
FOR EACH STATEMENT EXECUTE FUNCTION __reana.recount_everybody();
COMMENT ON TRIGGER recount_truncated_usage ON __reana.workflow_resource IS 'Counts everybody anew.';

CREATE TRIGGER count_inserted_runs AFTER INSERT ON __reana.workflow
REFERENCING NEW TABLE AS new_run
FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();
COMMENT ON TRIGGER count_inserted_runs ON __reana.workflow IS
'Opens the usage of new runs, and counts those that have ended, as an import writes them.';

CREATE TRIGGER count_updated_runs AFTER UPDATE ON __reana.workflow
REFERENCING OLD TABLE AS old_run NEW TABLE AS new_run
FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();
COMMENT ON TRIGGER count_updated_runs ON __reana.workflow IS
'Records and counts the processing time of runs that end; counts what else changes.';

CREATE TRIGGER count_deleted_runs AFTER DELETE ON __reana.workflow
REFERENCING OLD TABLE AS old_run
FOR EACH STATEMENT EXECUTE FUNCTION __reana.count_changed_runs();
COMMENT ON TRIGGER count_deleted_runs ON __reana.workflow IS 'Takes runs out of the totals.';

CREATE TRIGGER recount_truncated_runs AFTER TRUNCATE ON __reana.workflow
FOR EACH STATEMENT EXECUTE FUNCTION __reana.recount_everybody();
COMMENT ON TRIGGER recount_truncated_runs ON __reana.workflow IS 'Counts everybody anew.';

-- What readers read.  A period that is over moves on at the next write; until then this view looks
-- through it, so that nobody stays blocked.

CREATE VIEW __reana.current_quota AS
SELECT
    total.user_id,
    total.resource_id,
    COALESCE(total.quota_limit, 0) AS quota_limit,
    CASE
        WHEN total.quota_period_start_at IS NOT DISTINCT FROM period.start_at
            THEN COALESCE(total.quota_used, 0)
        ELSE
            LEAST(
                __reana.counted_cpu(total.user_id, period.start_at), 9223372036854775807
            )::bigint
    END AS quota_used,
    total.quota_period_months,
    period.start_at AS quota_period_start_at
FROM __reana.user_resource AS total
LEFT JOIN __reana.quota_resource ON total.resource_id = quota_resource.resource_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN
            total.quota_period_months IS NULL
            OR total.quota_counted IS NULL
            OR quota_resource.type_ IS DISTINCT FROM 'cpu'
            THEN total.quota_period_start_at
        ELSE
            __reana.current_period_start(
                COALESCE(
                    total.quota_period_start_at,
                    (SELECT user_.created FROM __reana.user_ WHERE user_.id_ = total.user_id)
                ),
                total.quota_period_months,
                pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
            )
    END AS start_at
) AS period;
COMMENT ON VIEW __reana.current_quota IS
'Quota and usage of users at this moment: in the current period, even if nothing was written since it began.';
COMMENT ON COLUMN __reana.current_quota.user_id IS 'The user.';
COMMENT ON COLUMN __reana.current_quota.resource_id IS 'The resource.';
COMMENT ON COLUMN __reana.current_quota.quota_limit IS
'The limit, in the unit of the resource; 0 is unlimited.';
COMMENT ON COLUMN __reana.current_quota.quota_used IS 'The usage, in the unit of the resource.';
COMMENT ON COLUMN __reana.current_quota.quota_period_months IS
'Length of the quota period in months; null counts for life.';
COMMENT ON COLUMN __reana.current_quota.quota_period_start_at IS
'When the current period began (UTC).';

-- What there is already.

INSERT INTO __reana.quota_ledger (
    workflow_id, owner_id, workspace_path, run_started_at, run_ended_at, cpu_used, disk_used
)
SELECT
    run_usage.workflow_id, run_usage.owner_id, run_usage.workspace_path,
    run_usage.run_started_at, run_usage.run_ended_at, run_usage.cpu_used, run_usage.disk_used
FROM __reana.run_usage;

CREATE INDEX ix___reana_quota_ledger_owner_id_run_ended_at
ON __reana.quota_ledger (owner_id, run_ended_at);

CREATE INDEX ix___reana_quota_ledger_owner_id_workspace_path
ON __reana.quota_ledger (owner_id, workspace_path) WHERE disk_used > 0;

-- Listings of the runs of a user by what they use, page by page in a stable order.
CREATE INDEX ix___reana_quota_ledger_owner_id_disk_used
ON __reana.quota_ledger (owner_id, disk_used DESC, workflow_id) WHERE disk_used > 0;

CREATE INDEX ix___reana_quota_ledger_owner_id_cpu_used
ON __reana.quota_ledger (owner_id, cpu_used DESC, workflow_id) WHERE cpu_used > 0;

UPDATE __reana.user_resource SET quota_counted = NULL;
