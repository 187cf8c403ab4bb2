"""Operations with transactions of their own, each in a database that it may change."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reana_db import migrate, quota, quota_refresh, tokens
from reana_db.encryption import keyring, rotation
from reana_db.migrating import installation
from reana_db.quota_refresh import Plan
from reana_db.records import ResourceType
from tests.catalogue.world import TOKEN, World

HOUR = 3_600_000


def rotate_keys(uri: str, world: World) -> None:
    """#19: with the new key alone everything is found; again, nothing is left to do."""
    both = keyring.of("the next key", "a secret key")
    with psycopg.connect(uri, autocommit=True) as conn:
        first, again = rotation.rotate(conn, both), rotation.rotate(conn, both)
        assert (first.rewritten, first.leftovers, again.rewritten) == (1, [], 0)
        found = tokens.find_owner(conn, TOKEN, keys=keyring.of("the next key"))
        assert found is not None
        assert found.id_ == world.owner


def refresh_quota(uri: str, world: World) -> None:
    """#114: runs first, then users: what nobody counted is in the totals."""
    with psycopg.connect(uri) as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(
            "UPDATE __reana.workflow SET run_started_at = '2026-01-01 12:00',"
            " run_finished_at = '2026-01-01 13:00', workspace_path = '/nowhere' WHERE id_ = %s",
            [world.finished],
        )
    with psycopg.connect(uri) as conn:
        assert used(conn, world) == {ResourceType.cpu: 0, ResourceType.disk: 1000}
    quota_refresh.refresh(lambda: psycopg.connect(uri), Plan(workers=1, force=True))
    with psycopg.connect(uri) as conn:
        assert used(conn, world) == {ResourceType.cpu: HOUR, ResourceType.disk: 0}


def used(conn: psycopg.Connection[object], world: World) -> dict[ResourceType, int]:
    """Return what the owner of everything uses."""
    return {item.type_: item.quota_used or 0 for item in quota.of_user(conn, world.owner)}


def install(uri: str, _: World) -> None:
    """#134: a missing database is created with everything; what is there is left as it is."""
    name = f"{conninfo_to_dict(uri)['dbname']}_new"
    missing = make_conninfo(uri, dbname=name)
    try:
        new, again = installation.install(missing), installation.install(missing)
    finally:
        with psycopg.connect(uri, autocommit=True) as conn:
            conn.execute(f"DROP DATABASE IF EXISTS {name}".encode())
    assert (new.database_created, new.resources_created) == (True, 2)
    assert (again.database_created, again.resources_created) == (False, 0)
    assert [len(item.migrations.applied) > 0 for item in (new, again)] == [True, False]


def migrate_to_and_fro(uri: str, _: World) -> None:
    """#135: upgrade, downgrade, history and current."""
    newest = migrate.status(uri).applied[-1].id
    assert migrate.apply(uri).applied == []
    migrate.rollback(uri)
    assert [item.id for item in migrate.status(uri).pending] == [newest]
    assert migrate.apply(uri).applied == [newest]
    assert migrate.status(uri).applied[-1].id == newest
