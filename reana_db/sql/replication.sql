-- Where a server is in the write-ahead log.

-- part: timeline
-- A standby does not say which one it replays: its control file knows some time later, and
-- members of pg_read_all_stats are shown what it receives.
CASE
    WHEN pg_catalog.pg_is_in_recovery()
        THEN (
            SELECT
                greatest(
                    checkpoint.timeline_id,
                    recovery.min_recovery_end_timeline,
                    receiver.received_tli
                )
            FROM pg_catalog.pg_control_checkpoint() AS checkpoint
            CROSS JOIN pg_catalog.pg_control_recovery() AS recovery
            LEFT JOIN pg_catalog.pg_stat_wal_receiver AS receiver
                ON TRUE
        )
    ELSE (
        'x' || pg_catalog.substr(
            pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8
        )
    )::bit(32)::integer
END AS timeline

-- name: _written
-- not null: timeline, uncommitted
SELECT
    -- include: timeline,
    CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
        -- Else what others have not flushed yet would have to be waited for, too.
        WHEN pg_catalog.current_setting('synchronous_commit') <> 'off'
            THEN pg_catalog.pg_current_wal_flush_lsn()
        ELSE pg_catalog.pg_current_wal_insert_lsn()
    END::text AS lsn,
    pg_catalog.txid_current_if_assigned() IS NOT NULL AS uncommitted;

-- name: _visible
-- not null: timeline, standby, isolation
SELECT
    -- include: timeline,
    CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
        ELSE pg_catalog.pg_current_wal_insert_lsn()
    END::text AS lsn,
    pg_catalog.pg_is_in_recovery() AS standby,
    pg_catalog.current_setting('transaction_isolation') AS isolation;
