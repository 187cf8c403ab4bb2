"""The refresh of released versions and ours, on copies of one database and the same workspaces."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from reana_db import migrate, quota_refresh
from reana_db.queries import Conn
from reana_db.quota_refresh import Plan
from tests.interop.conftest import ALL, new_email, require
from tests.interop.released import OldService, command
from tests.interop.test_old_runs import LIFE, NAME
from tests.support.databases import Databases

PERIODIC = {"REANA_PERIODIC_RESOURCE_QUOTA_UPDATE_POLICY": "true"}
USERS = 3
Usage = dict[tuple[str, str], int]
"""Bytes and milliseconds by user or run, and type."""


@dataclass(frozen=True)
class Site:
    """A database that a released version made, with workspaces and with wrong numbers."""

    release: str
    uri: str
    copy: str
    """Another database, equal to the first."""
    root: Path
    users: list[UUID]
    idle: UUID
    """A user without a token, who owns a run that has ended."""
    backwards: UUID
    """A run that ended before it started."""

    def after_theirs(self) -> Usage:
        """Return what is recorded after their command."""
        done = command(self.release, self.uri, "quota", "resource-usage-update", **PERIODIC)
        assert done.returncode == 0, done.stderr + done.stdout
        return recorded(self.uri)

    def after_ours(self) -> Usage:
        """Return what is recorded in the copy after we adopted and refreshed it."""
        migrate.apply(self.copy)
        found = quota_refresh.refresh(lambda: psycopg.connect(self.copy), Plan(force=True))
        assert found.complete
        return recorded(self.copy)


def recorded(uri: str) -> Usage:
    """Return the usage of all users and runs."""
    with psycopg.connect(uri) as conn:
        rows = conn.execute(
            "SELECT user_id::text, type_::text, quota_used FROM __reana.user_resource"
            " JOIN __reana.resource ON id_ = resource_id UNION ALL"
            " SELECT workflow_id::text, type_::text, quota_used FROM __reana.workflow_resource"
            " JOIN __reana.resource ON id_ = resource_id"
        ).fetchall()
    return {(str(owner), str(type_)): int(used) for owner, type_, used in rows}


@pytest.fixture(scope="module", params=ALL)
def site(
    request: pytest.FixtureRequest, server: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site of each released version in turn."""
    require(request.param)
    root = tmp_path_factory.mktemp("workspaces")
    with server.database() as name:
        uri = server.uri(name)
        with OldService(request.param, uri) as old:
            old("init")
            old("create_resources")
            users = [
                UUID(old("create_user", email=new_email(), token=f"token{number}"))
                for number in range(USERS)
            ]
            idle = UUID(old("create_user", email=new_email()))
            runs = [fill(old, root, user_id, number) for number, user_id in enumerate(users)]
            run(old, idle, root / "idle")
        with psycopg.connect(uri, autocommit=True) as conn:
            spoil(conn, runs[0][0])
        with server.database(template=name) as copy:
            yield Site(
                request.param, uri, server.uri(copy), root, users, idle, backwards=runs[0][0]
            )


def run(old: OldService, user_id: UUID, workspace: Path, *statuses: str) -> UUID:
    """Let them create a run with a workspace."""
    arguments = {"user_id": user_id, "name": NAME, "workspace_path": str(workspace)}
    run_id = UUID(old("create_run", **arguments)["id"])
    for status in statuses or LIFE:
        old("set_run_status", workflow_id=run_id, status=status)
    return run_id


def fill(old: OldService, root: Path, user_id: UUID, number: int) -> list[UUID]:
    """Give a user runs with everything that is easily counted wrongly."""
    shared, stopped, missing = (root / f"{number}{kind}" for kind in ("shared", "stopped", "none"))
    for workspace in (shared, stopped):
        (workspace / "results").mkdir(parents=True)
        (workspace / "results" / "data").write_bytes(b"x" * 5000 * (number + 1))
    os.link(shared / "results" / "data", shared / "again")
    (shared / "elsewhere").symlink_to(stopped)
    return [
        run(old, user_id, shared),
        run(old, user_id, shared),
        run(old, user_id, stopped, "queued", "running", "stopped"),
        run(old, user_id, missing, "queued", "running", "failed"),
        run(old, user_id, root / f"{number}deleted", *LIFE, "deleted"),
        run(old, user_id, root / f"{number}running", "queued", "running"),
    ]


def spoil(conn: Conn, backwards: UUID) -> None:
    """Give runs times of all lengths, to the microsecond, and record wrong usage."""
    conn.execute(
        "UPDATE __reana.workflow SET run_started_at ="
        " run_started_at - abs(hashtext(id_::text)) % 100000 * interval '1.234567 s'"
    )
    conn.execute(
        "UPDATE __reana.workflow SET run_finished_at = run_started_at - interval '1 h'"
        " WHERE id_ = %s",
        [backwards],
    )
    conn.execute(
        "INSERT INTO __reana.workflow_resource"
        " (created, updated, workflow_id, resource_id, quota_used)"
        " SELECT now(), now(), workflow.id_, resource.id_, 12345"
        " FROM __reana.workflow CROSS JOIN __reana.resource"
        " WHERE status = 'failed' AND run_finished_at IS NOT NULL"
    )
    conn.execute("UPDATE __reana.user_resource SET quota_used = 99")


def test_both_record_the_same(site: Site) -> None:
    """But for a run that ended before it started, and for whom a release leaves out."""
    theirs, ours = site.after_theirs(), site.after_ours()
    run, owner = (str(site.backwards), "cpu"), (str(site.users[0]), "cpu")
    idle = (str(site.idle), "cpu")
    assert len(ours) == 2 * (USERS + 1) + 11 * USERS + 2
    different = {key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)}
    if site.release == "0.95.0a13":
        assert different == {run}  # not recorded by them
    else:
        # Negative, and so taken from what other runs used; and nobody without a token is counted.
        assert different == {run, owner, idle}
        assert theirs[run] == -3_600_000
        assert ours[owner] == theirs[owner] + 3_600_000
        assert (theirs[idle], ours[idle]) == (99, time_of_the_only_run(site))
    assert ours[run] == 0


def time_of_the_only_run(site: Site) -> int:
    """Return what the run of the user without a token took."""
    with psycopg.connect(site.copy) as conn:
        row = conn.execute(
            "SELECT trunc(extract(epoch FROM run_finished_at - run_started_at) * 1000)"
            " FROM __reana.workflow WHERE owner_id = %s",
            [site.idle],
        ).fetchone()
    assert row is not None
    return int(row[0])
