"""The oldest release: its databases are adopted, and work again after a rollback.

Its services cannot work on the newest schema, as on that of any release after 0.9.2: they know the
number of a run as a float.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest

from reana_db import lifecycle, migrate, tokens, users, workflows
from reana_db.encryption import keyring
from reana_db.records import RunStatus
from tests.interop.conftest import new_email, require
from tests.interop.released import SECRET_KEY, OldError, OldService, command

RELEASE = "0.8.0"


@dataclass(frozen=True)
class Site:
    """A database that 0.8.0 made, with a user and two runs."""

    uri: str
    user_id: UUID
    email: str
    runs: list[UUID]


@pytest.fixture
def site(empty_db: str) -> Iterator[Site]:
    require(RELEASE)
    assert command(RELEASE, empty_db, "init").returncode == 0
    assert command(RELEASE, empty_db, "alembic", "init").returncode == 0
    email = new_email()
    with OldService(RELEASE, empty_db) as old:
        old("create_resources")
        user_id = old("create_user", email=email, token="their-token")
        first = old("create_run", user_id=user_id, name="analysis")["id"]
        for status in ("queued", "pending", "running", "finished"):
            old("set_run_status", workflow_id=first, status=status, logs=status)
        restart = old("create_run", user_id=user_id, name="analysis", restart=True, run_number="1")[
            "id"
        ]
    yield Site(empty_db, UUID(user_id), email, [UUID(first), UUID(restart)])


def test_what_it_wrote_is_read_by_us_after_the_adoption(site: Site) -> None:
    migrate.apply(site.uri)
    with psycopg.connect(site.uri) as conn:
        user = users.find_by_email(conn, site.email)
        assert user is not None
        assert user.id_ == site.user_id
        owner = tokens.find_owner(conn, "their-token", keys=keyring.of(SECRET_KEY))
        assert owner is not None
        assert owner.id_ == site.user_id
        runs = [workflows.get(conn, run) for run in site.runs]
        assert [run.full_name for run in runs] == ["analysis.1", "analysis.1.1"]
        assert [run.status for run in runs] == [RunStatus.finished, RunStatus.created]
        assert workflows.logs(conn, site.runs[0]) == "queued\npending\nrunning\nfinished\n"


def test_it_continues_after_a_rollback_with_what_we_wrote(site: Site) -> None:
    migrate.apply(site.uri)
    with psycopg.connect(site.uri) as conn:
        lifecycle.queue(conn, site.runs[1])
        run = lifecycle.create(
            conn,
            owner_id=site.user_id,
            name="analysis",
            specification={},
            type_="serial",
            workspace_path="/var/reana/ours",
        )
    migrate.rollback(site.uri, everything=True)
    with OldService(RELEASE, site.uri) as old:
        assert old("describe_run", workflow_id=site.runs[1])["status"] == "queued"
        assert old("describe_run", workflow_id=run.id_)["run_number"] == "2"
        old("set_run_status", workflow_id=run.id_, status="queued")
        assert old("create_run", user_id=site.user_id, name="analysis")["run_number"] == "3"
        assert old("find_user_by_token", token="their-token") == str(site.user_id)


def test_difference_its_services_find_users_but_no_runs_on_the_newest_schema(site: Site) -> None:
    migrate.apply(site.uri)
    with OldService(RELEASE, site.uri) as old:
        assert old("find_user_by_token", token="their-token") == str(site.user_id)
        with pytest.raises(OldError, match="run_number does not exist") as caught:
            old("describe_run", workflow_id=site.runs[0])
        assert caught.value.sqlstate == "42703"
