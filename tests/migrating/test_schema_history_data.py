"""What the historical migrations do to the rows of released databases: nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from reana_db import migrate
from tests.support import migration_steps, released_schemas
from tests.support.contents import contents
from tests.support.migration_steps import BY_NUMBER
from tests.support.schema_snapshot import snapshot

pytestmark = pytest.mark.slow

"""Releases with a dump, and the last migration that each does not need."""

USER = "00000000-0000-0000-0000-00000000000a"
RUN = "00000000-0000-0000-0000-00000000000b"
JOB = "00000000-0000-0000-0000-00000000000c"
OTHER = "00000000-0000-0000-0000-00000000000d"

NEW_USER = f"""
INSERT INTO __reana.user_ (created, updated, id_, email)
VALUES ('2020-01-01', '2020-01-01', '{USER}', 'jane.doe@example.org')
"""
NEW_RUN = f"""
INSERT INTO __reana.workflow (created, updated, id_, name, owner_id, status)
VALUES ('2020-01-01', '2020-01-01', '{RUN}', 'analysis', '{USER}', 'finished')
"""


def execute(uri: str, *queries: str) -> None:
    """Execute statements in one transaction."""
    with psycopg.connect(uri) as conn:
        for query in queries:
            conn.execute(query.encode())


def fetch(uri: str, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with psycopg.connect(uri) as conn:
        return conn.execute(query.encode()).fetchall()


@pytest.mark.parametrize("release", released_schemas.DATABASES)
def test_rows_survive_adoption_and_return(release: str, empty_db: str) -> None:
    released_schemas.load_database(empty_db, release)
    before, schema = contents(empty_db), snapshot(empty_db)
    migrate.apply(empty_db)
    migrate.rollback(empty_db, everything=True)
    after = contents(empty_db)
    # The totals of users are computed anew, from what their runs have used.
    for tables in (before, after):
        tables["user_resource"] = [(len(tables["user_resource"]),)]
    assert after == before
    assert snapshot(empty_db) == schema


def test_a_restart_beyond_nine_does_not_take_the_number_of_another_run(empty_db: str) -> None:
    migration_steps.apply(empty_db, migration_steps.through("0005"))
    execute(
        empty_db,
        """
        INSERT INTO __reana.user_ (created, updated, id_, email)
        VALUES (now(), now(), md5('owner')::uuid, 'owner@example.org')
        """,
        """
        INSERT INTO __reana.workflow
            (created, updated, id_, name, owner_id, run_number_major, run_number_minor)
        SELECT now(), now(), md5(number.*::text)::uuid, 'fit', md5('owner')::uuid, major, minor
        FROM (VALUES (1, 0), (1, 10), (2, 0)) AS number (major, minor)
        """,
    )
    with pytest.raises(psycopg.IntegrityError, match=r"1 restarts beyond \.9") as refusal:
        migration_steps.roll_back(empty_db, [BY_NUMBER["0005"]])
    assert str(refusal.value.diag.message_detail).endswith("fit.1.10")


def test_run_numbers_become_what_0_9_5_made_of_them(empty_db: str) -> None:
    released_schemas.load_database(empty_db, "0.8.0")
    migration_steps.apply(empty_db, [BY_NUMBER[f"000{number}"] for number in range(2, 6)])
    expected = {
        run["id"]: (run["run_number_major"], run["run_number_minor"])
        for run in released_schemas.expected("0.9.5")["workflows"]
    }
    runs = fetch(
        empty_db, "SELECT id_::text, run_number_major, run_number_minor FROM __reana.workflow"
    )
    assert {run: (major, minor) for run, major, minor in runs} == expected


@pytest.mark.parametrize(
    ("runs", "numbers"),
    [
        pytest.param([(1.2000000000000002, "w", True)], [(1, 2)], id="sums of tenths are rounded"),
        pytest.param(
            [(3, "w", False), (3.9, "w", True), (4.0, "w", True), (5.1, "w", True)],
            [(3, 0), (3, 9), (3, 10), (3, 21)],
            id="restarts stay with the run that they restart",
        ),
        pytest.param(
            [(1, "w", False), (2, "w", False)], [(1, 0), (2, 0)], id="new runs keep their number"
        ),
        pytest.param(
            [(1, None, False), (2, None, True)], [(1, 0), (2, 0)], id="no workspace, no relation"
        ),
        pytest.param([(None, "w", False)], [(None, None)], id="a run without number has none"),
    ],
)
def test_run_numbers_are_converted_per_workspace(
    runs: list[tuple[float | None, str | None, bool]],
    numbers: list[tuple[int | None, int | None]],
    empty_db: str,
) -> None:
    migration_steps.apply(empty_db, migration_steps.through("0004"))
    with psycopg.connect(empty_db) as conn:
        conn.cursor().executemany(
            """
            INSERT INTO __reana.workflow
                (created, updated, id_, name, run_number, workspace_path, restart)
            VALUES (now(), now(), md5(random()::text)::uuid, 'w', %s, %s, %s)
            """,
            runs,
        )
    migration_steps.apply(empty_db, [BY_NUMBER["0005"]])
    assert (
        fetch(
            empty_db,
            "SELECT run_number_major, run_number_minor FROM __reana.workflow ORDER BY 1, 2",
        )
        == numbers
    )


def test_orphan_jobs_are_set_aside_with_everything_they_held(empty_db: str) -> None:
    known = released_schemas.load_database(empty_db, "0.8.0")
    orphans = fetch(
        empty_db,
        f"SELECT cmd::text, logs FROM __reana.job WHERE id_ = '{known['orphan_jobs'][0]}'",
    )
    migration_steps.apply(empty_db, migration_steps.after("0001"))
    set_aside = fetch(empty_db, "SELECT cmd::text, logs FROM __reana.orphan_job")
    cached = fetch(empty_db, "SELECT job_id::text FROM __reana.orphan_job_cache")
    assert (set_aside, cached) == (orphans, [(known["orphan_jobs"][0],)])


def test_jobs_without_workflow_are_set_aside_and_return(empty_db: str) -> None:
    migration_steps.apply(empty_db, migration_steps.through("0007"))
    execute(
        empty_db,
        f"""
        INSERT INTO __reana.job (created, updated, id_, cmd)
        VALUES ('2020-01-01', '2020-01-01', '{JOB}', '{{"a" :  1}}')
        """,
    )
    before = contents(empty_db)
    migration_steps.apply(empty_db, migration_steps.after("0007"))
    assert fetch(empty_db, "SELECT count(*) FROM __reana.job") == [(0,)]
    migration_steps.roll_back(empty_db, migration_steps.after("0007"))
    assert contents(empty_db) == before


def test_half_identities_are_set_aside_and_return(empty_db: str) -> None:
    migration_steps.apply(empty_db, migration_steps.through("0014"))
    execute(empty_db, NEW_USER, "UPDATE __reana.user_ SET idp_issuer = 'https://auth.example.org'")
    before = contents(empty_db)
    migration_steps.apply(empty_db, migration_steps.after("0014"))
    assert fetch(empty_db, "SELECT idp_issuer, idp_subject FROM __reana.user_") == [(None, None)]
    assert fetch(
        empty_db, "SELECT user_id::text, idp_issuer, idp_subject FROM __reana.orphan_identity"
    ) == [(USER, "https://auth.example.org", None)]
    migration_steps.roll_back(empty_db, migration_steps.after("0014"))
    assert contents(empty_db) == before


def test_a_complete_identity_is_not_replaced_by_the_half_set_aside(empty_db: str) -> None:
    migration_steps.apply(empty_db, migration_steps.through("0014"))
    execute(empty_db, NEW_USER, "UPDATE __reana.user_ SET idp_subject = 'jane'")
    migration_steps.apply(empty_db, [BY_NUMBER["0015"]])
    execute(empty_db, "UPDATE __reana.user_ SET idp_issuer = 'new', idp_subject = 'new'")
    migration_steps.roll_back(empty_db, [BY_NUMBER["0015"]])
    assert fetch(empty_db, "SELECT idp_issuer, idp_subject FROM __reana.user_") == [("new", "new")]


def _with_webhook_secret(uri: str) -> None:
    migration_steps.apply(uri, migration_steps.through("0017"))
    execute(uri, NEW_USER, "UPDATE __reana.user_ SET gitlab_webhook_secret = 'CBC'")


def _apply_0018(uri: str, secrets: dict[str, dict[str, str]]) -> None:
    with psycopg.connect(uri) as conn:
        conn.execute(
            "SELECT set_config('reana_db.webhook_secrets', %s, true)", [json.dumps(secrets)]
        )
        for statement in migration_steps.statements(BY_NUMBER["0018"].path):
            conn.execute(statement.encode())


def test_webhook_secrets_get_the_digest_that_the_runner_says(empty_db: str) -> None:
    _with_webhook_secret(empty_db)
    _apply_0018(empty_db, {USER: {"digest": "0a" * 32, "secret": "R0NN"}})
    assert fetch(
        empty_db, "SELECT gitlab_webhook_secret, gitlab_webhook_secret_digest FROM __reana.user_"
    ) == [(b"R0NN", "0a" * 32)]


@pytest.mark.parametrize(
    "secrets",
    [
        pytest.param({}, id="nothing said"),
        pytest.param({OTHER: {"digest": "0a" * 32, "secret": "R0NN"}}, id="another user"),
        pytest.param({USER: {"digest": "short", "secret": "R0NN"}}, id="not a digest"),
        pytest.param({USER: {"digest": "0a" * 32}}, id="no secret"),
    ],
)
def test_a_webhook_secret_without_digest_needs_the_key(
    secrets: dict[str, dict[str, str]], empty_db: str
) -> None:
    _with_webhook_secret(empty_db)
    with pytest.raises(psycopg.IntegrityError, match="needs REANA_SECRET_KEY"):
        _apply_0018(empty_db, secrets)


NEW_RULE = f"""
INSERT INTO __reana.workspace_retention_rule
    (id_, workflow_id, workspace_files, retention_days, status)
VALUES ('{OTHER}', '{RUN}', '*', 1, 'active')
"""
NEW_SHARE = f"""
INSERT INTO __reana.user_workflow (workflow_id, user_id, access_type)
VALUES ('{RUN}', '{USER}', 'read')
"""
NEW_SERVICE = f"""
INSERT INTO __reana.service (id_, status, type_)
VALUES ('{OTHER}', 'created', 'dask')
"""
NEW_SERVICE_LOG = f"""
INSERT INTO __reana.service_logs (id, service_id, log)
VALUES ('{OTHER}', '{OTHER}', '{{}}')
"""

REFUSALS = {
    "0001": ([], "users, runs and jobs"),
    "0002": (["UPDATE __reana.workflow SET launcher_url = 'https://'"], "launcher_url of 1 runs"),
    "0003": ([NEW_RULE], "1 retention rules"),
    "0004": (
        [NEW_RULE, "UPDATE __reana.workspace_retention_rule SET status = 'pending'"],
        "1 retention rules and 0 entries",
    ),
    "0009": ([NEW_SHARE], "1 shares"),
    "0010": ([NEW_SERVICE], "1 services"),
    "0011": ([NEW_SERVICE, NEW_SERVICE_LOG], "1 logs of services"),
    "0012": (["UPDATE __reana.user_resource SET quota_period_months = 1"], "period of 1 rows"),
    "0013": (["UPDATE __reana.user_ SET idp_issuer = 'a', idp_subject = 'b'"], "1 users"),
    "0014": (["UPDATE __reana.user_ SET gitlab_webhook_secret = 'x'"], "of 1 users"),
    "0016": (
        ["UPDATE __reana.user_ SET gitlab_webhook_secret_expires_at = '2030-01-01'"],
        "1 users",
    ),
}
NEW_QUOTA = f"""
INSERT INTO __reana.resource (created, updated, id_, name, type_, unit)
VALUES ('2020-01-01', '2020-01-01', '{OTHER}', 'processing time', 'cpu', 'milliseconds');
INSERT INTO __reana.user_resource (created, updated, user_id, resource_id)
VALUES ('2020-01-01', '2020-01-01', '{USER}', '{OTHER}')
"""


@pytest.mark.parametrize("number", REFUSALS)
def test_a_rollback_that_would_lose_rows_refuses(number: str, empty_db: str) -> None:
    changes, message = REFUSALS[number]
    migration_steps.apply(empty_db, migration_steps.through(number))
    execute(empty_db, NEW_USER, NEW_RUN, NEW_QUOTA, *changes)
    before = contents(empty_db)
    with pytest.raises(psycopg.IntegrityError, match=message) as refusal:
        migration_steps.roll_back(empty_db, [BY_NUMBER[number]])
    assert refusal.value.sqlstate == "23R90"
    assert contents(empty_db) == before


def test_tokens_given_since_the_return_of_their_table_are_not_dropped(empty_db: str) -> None:
    migration_steps.apply(empty_db, migration_steps.through("0020"))
    execute(
        empty_db,
        NEW_USER,
        "CREATE TABLE __reana.alembic_version (version_num varchar(32) NOT NULL)",
        "INSERT INTO __reana.alembic_version (version_num) VALUES ('a6c2120d5b2b')",
        "INSERT INTO __reana.user_token (created, updated, id_, user_id, type_)"
        f" VALUES ('2020-01-01', '2020-01-01', '{OTHER}', '{USER}', 'reana')",
    )
    with pytest.raises(psycopg.IntegrityError, match="would drop 1 tokens"):
        migration_steps.roll_back(empty_db, [BY_NUMBER["0020"]])
