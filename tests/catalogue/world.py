"""A small REANA for every operation to be called in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from reana_db import accounts, job_cache, quota_periods, resources, users
from reana_db.accounts import NewUser
from reana_db.encryption import keyring
from reana_db.queries import Conn
from reana_db.records import User
from tests.support.factories import (
    LONG_AGO,
    insert,
    make_job,
    make_service,
    make_session,
    make_user,
    make_workflow,
    set_usage,
    share,
)

KEYS = keyring.of("a secret key")
TOKEN = "owners-token"
RULE = UUID(int=77)
CLAIMED_RULE = UUID(int=78)


@dataclass(frozen=True)
class World:
    """The ids of what is there."""

    user: User
    """The owner as a record."""
    owner: UUID
    """Has a token and all runs."""
    reader: UUID
    """Sees the finished run."""
    counted: UUID
    """Has a quota period."""
    created: UUID
    queued: UUID
    running: UUID
    """Has a service."""
    finished: UUID
    """Has a job, a session, an active rule that is due and a pending one."""
    failed: UUID
    job: UUID
    cached_job: UUID
    """Has an entry in the cache."""
    session: UUID
    service: UUID


def make_world(conn: Conn) -> World:
    """Make it, in the transaction of the caller."""
    resources.create_defaults(conn)
    owner = accounts.create(conn, NewUser(email="owner@example.org", token=TOKEN), keys=KEYS)
    user = users.find_by_id(conn, owner)
    assert user is not None
    reader = make_user(conn, email="reader@example.org")
    users.create(conn, email="admin@example.org", user_id=users.ADMIN_ID)
    runs = {
        status: make_workflow(
            conn, owner, name=status, status=status, job_progress={}, reana_specification={}
        )
        for status in ("created", "queued", "running", "finished", "failed")
    }
    finished = runs["finished"]
    share(conn, finished, reader)
    set_usage(conn, finished, 1000)
    for rule_id, status in ((RULE, "active"), (CLAIMED_RULE, "pending")):
        insert(
            conn,
            "workspace_retention_rule",
            id_=rule_id,
            workflow_id=finished,
            workspace_files=f"{status}/*",
            retention_days=3,
            apply_on=LONG_AGO,
            status=status,
        )
    cached_job = make_job(conn, runs["failed"], status="finished")
    job_cache.create(conn, cached_job, {})
    counted = make_user(conn, email="counted@example.org")
    quota_periods.set_period(conn, user_id=counted, months=1)
    return World(
        user=user,
        owner=owner,
        reader=reader,
        counted=counted,
        created=runs["created"],
        queued=runs["queued"],
        running=runs["running"],
        finished=finished,
        failed=runs["failed"],
        job=make_job(conn, finished, status="running"),
        cached_job=cached_job,
        session=make_session(conn, finished),
        service=make_service(conn, runs["running"], name="dask-service-1"),
    )
