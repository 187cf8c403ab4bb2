"""Every variable of docs/configuration.md has an effect, and this is it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict

from reana_db import (
    accounts,
    config,
    database,
    embedded,
    jobs,
    migrate,
    quota,
    quota_periods,
    resources,
    scheduling,
    tokens,
    users,
    workspaces,
)
from reana_db.accounts import NewUser
from reana_db.config import Settings
from reana_db.errors import (
    ConfigurationError,
    NoConnection,
    ReanaDBError,
    ServerError,
    UnreadableSecret,
)
from reana_db.pool import Pool
from reana_db.queries import Conn
from reana_db.records import ResourceType
from tests.support.factories import make_user, make_workflow

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
PARTS = {
    "REANA_DB_HOST": "host",
    "REANA_DB_PORT": "port",
    "REANA_DB_NAME": "dbname",
    "REANA_DB_USERNAME": "user",
    "REANA_DB_PASSWORD": "password",
}
EFFECTS: dict[str, Callable[..., None]] = {}
"""The test of each variable."""


def shows(*variables: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Note that a test shows the effect of variables."""

    def note(test: Callable[..., None]) -> Callable[..., None]:
        EFFECTS.update(dict.fromkeys(variables, test))
        return test

    return note


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Settings]]:
    """Set variables, and only these, and return the settings of the process."""

    def use(**variables: str) -> Settings:
        for name in os.environ:
            if name.startswith(("REANA_", "SQLALCHEMY_", "PG")):
                monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        config.settings.cache_clear()
        return config.settings()

    yield use
    monkeypatch.undo()
    config.settings.cache_clear()


Use = Callable[..., Settings]


def parts(uri: str) -> dict[str, str]:
    """Return the address of a database as the chart gives it."""
    given = conninfo_to_dict(uri)
    return {name: str(given[key]) for name, key in PARTS.items() if given.get(key)}


def documented() -> set[str]:
    """Return the variables that the page names, but libpq's."""
    names = re.findall(r"`([A-Z][A-Z0-9_]+)`", PAGE.read_text())
    return {name for name in names if not name.startswith("PG") and name != "PATH"}


def test_every_documented_variable_has_a_test_of_its_effect() -> None:
    assert documented() == EFFECTS.keys()


@shows("REANA_SQLALCHEMY_DATABASE_URI")
def test_the_uri_says_where_the_database_is(environment: Use, db_uri: str) -> None:
    environment(REANA_SQLALCHEMY_DATABASE_URI=db_uri, REANA_DB_HOST="elsewhere.invalid")
    with database.connect() as conn:
        assert conn.info.dbname == conninfo_to_dict(db_uri)["dbname"]


@shows(*PARTS)
@pytest.mark.parametrize(("variable", "key"), PARTS.items())
def test_the_parts_say_where_the_database_is(
    environment: Use, db_uri: str, variable: str, key: str
) -> None:
    given = parts(db_uri)
    if variable not in given:
        pytest.skip("the server of the tests is reached without it")
    environment(**given)
    with database.connect() as conn:
        assert str(getattr(conn.info, key)) == given[variable]
    wrong = {"port": "1", "host": "elsewhere.invalid"}.get(key, "wrong")
    environment(**{**given, variable: wrong, "REANA_DB_CONNECT_TIMEOUT": "2"})
    with pytest.raises(NoConnection):
        database.connect()


@shows("REANA_COMPONENT_PREFIX", "REANA_INFRASTRUCTURE_KUBERNETES_NAMESPACE")
def test_the_default_host_is_in_the_namespace(environment: Use) -> None:
    environment(REANA_COMPONENT_PREFIX="mine", REANA_INFRASTRUCTURE_KUBERNETES_NAMESPACE="there")
    with pytest.raises(NoConnection, match=r"mine-db\.there\.svc\.cluster\.local"):
        database.connect(connect_timeout=2)


@shows("REANA_DB_MIGRATION_URI")
def test_migrations_go_around_the_pooler(environment: Use, db_uri: str) -> None:
    environment(REANA_DB_HOST="pooler.invalid", REANA_DB_MIGRATION_URI=db_uri)
    assert migrate.status().current


@shows("REANA_DB_READ_HOST", "REANA_DB_READ_PORT")
def test_a_pool_that_reads_goes_elsewhere(environment: Use, db_uri: str) -> None:
    given = parts(db_uri)
    there = {
        "REANA_DB_READ_HOST": given["REANA_DB_HOST"],
        "REANA_DB_READ_PORT": given["REANA_DB_PORT"],
    }
    environment(**{**given, "REANA_DB_HOST": "primary.invalid", "REANA_DB_PORT": "1"}, **there)
    with Pool(read_only=True) as pool:
        assert pool.run(lambda conn: conn.info.port) == int(given["REANA_DB_PORT"])


@shows("REANA_DB_APPLICATION_NAME")
def test_the_server_knows_the_service(environment: Use, db_uri: str) -> None:
    environment(REANA_SQLALCHEMY_DATABASE_URI=db_uri, REANA_DB_APPLICATION_NAME="reana-server")
    with database.connect() as conn:
        assert conn.execute("SHOW application_name").fetchone() == ("reana-server",)


@shows("REANA_DB_CONNECT_TIMEOUT")
def test_an_attempt_to_connect_ends(environment: Use) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = {"REANA_DB_HOST": "127.0.0.1", "REANA_DB_PORT": str(silent.getsockname()[1])}
        environment(**address, REANA_DB_CONNECT_TIMEOUT="2")
        began = time.monotonic()
        with pytest.raises(NoConnection):
            database.connect()
        assert time.monotonic() - began < 9  # the default is 10


@shows("REANA_DB_STATEMENT_DEADLINE")
def test_no_statement_takes_longer_than_the_deadline(environment: Use, db_uri: str) -> None:
    environment(REANA_SQLALCHEMY_DATABASE_URI=db_uri, REANA_DB_STATEMENT_DEADLINE="1")
    with pytest.raises(ReanaDBError), database.connect() as conn:
        conn.execute("SELECT pg_sleep(20)")


@shows("REANA_DB_PREPARE_THRESHOLD")
@pytest.mark.parametrize(("threshold", "prepared"), [("1", 1), ("off", 0)])
def test_statements_are_prepared(
    environment: Use, db_uri: str, threshold: str, prepared: int
) -> None:
    uri = {"REANA_SQLALCHEMY_DATABASE_URI": db_uri}
    environment(**uri, REANA_DB_PREPARE_THRESHOLD=threshold)
    with database.connect() as conn:
        for _ in range(3):
            conn.execute("SELECT 'asked again'")
        found = conn.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%asked again%'",
            prepare=False,
        ).fetchone()
        assert found == (prepared,)


@pytest.fixture
def pool(environment: Use, db_uri: str) -> Iterator[Callable[..., Pool]]:
    """Make a pool with variables."""
    made: list[Pool] = []

    def make(**variables: str) -> Pool:
        environment(REANA_SQLALCHEMY_DATABASE_URI=db_uri, **variables)
        made.append(Pool())
        return made[-1]

    yield make
    for each in made:
        each.close()


SMALL = {"SQLALCHEMY_POOL_SIZE": "1", "SQLALCHEMY_MAX_OVERFLOW": "0"}
MakePool = Callable[..., Pool]


@shows("SQLALCHEMY_POOL_SIZE", "SQLALCHEMY_POOL_TIMEOUT")
def test_a_pool_lends_so_many_and_then_waits_so_long(pool: MakePool) -> None:
    small = pool(**SMALL, SQLALCHEMY_POOL_TIMEOUT="1")
    with small.connection():
        began = time.monotonic()
        with pytest.raises(NoConnection), small.connection():
            pass
        assert time.monotonic() - began < 25  # the default is 30


@shows("SQLALCHEMY_MAX_OVERFLOW")
def test_a_pool_adds_some(pool: MakePool) -> None:
    larger = pool(**{**SMALL, "SQLALCHEMY_MAX_OVERFLOW": "1"})
    with larger.connection(), larger.connection():
        pass


def pids(pool: Pool, seconds: float = 0) -> set[int]:
    """Return the backends of two connections, one lent after the other."""
    found = set()
    for _ in range(2):
        with pool.connection() as conn:
            found.add(conn.info.backend_pid)
            time.sleep(seconds)
    return found


@shows("SQLALCHEMY_POOL_RECYCLE")
def test_old_connections_are_replaced(pool: MakePool) -> None:
    assert len(pids(pool(**SMALL), 1.1)) == 1
    assert len(pids(pool(**SMALL, SQLALCHEMY_POOL_RECYCLE="1"), 1.1)) == 2


@shows("SQLALCHEMY_POOL_PRE_PING")
@pytest.mark.parametrize(("ping", "asked"), [("true", True), ("false", False)])
def test_the_server_is_asked_before_a_connection_is_lent(
    pool: MakePool, monkeypatch: pytest.MonkeyPatch, ping: str, asked: bool
) -> None:
    asked_of: list[object] = []
    monkeypatch.setattr(database, "expect_answer", asked_of.append)
    pids(pool(**SMALL, SQLALCHEMY_POOL_PRE_PING=ping))
    assert bool(asked_of) is asked


@shows("REANA_DB_CLOSE_POOL_CONNECTIONS")
def test_connections_are_closed_when_they_are_given_back(pool: MakePool) -> None:
    assert len(pids(pool(**SMALL, REANA_DB_CLOSE_POOL_CONNECTIONS="true"))) == 2


@shows("REANA_SECRET_KEY", "REANA_SECRET_KEY_PREVIOUS")
def test_tokens_need_the_key_and_open_with_the_one_before(environment: Use, conn: Conn) -> None:
    user = users.create(conn, email=f"{uuid4()}@example.org")
    environment()
    tokens.request(conn, user.id_)
    with pytest.raises(ConfigurationError, match="REANA_SECRET_KEY"):
        tokens.grant(conn, user.id_, token="of-the-user")
    environment(REANA_SECRET_KEY="a key that is long enough")
    tokens.grant(conn, user.id_, token="of-the-user")
    environment(REANA_SECRET_KEY="another key, long enough")
    with pytest.raises(UnreadableSecret):
        accounts.profile(conn, user.id_)
    environment(
        REANA_SECRET_KEY="another key, long enough",
        REANA_SECRET_KEY_PREVIOUS="a key that is long enough",
    )
    assert accounts.profile(conn, user.id_).token == "of-the-user"


@shows(
    "REANA_DEFAULT_QUOTA_CPU_LIMIT",
    "REANA_DEFAULT_QUOTA_DISK_LIMIT",
    "REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS",
)
def test_a_new_user_has_the_default_quota(environment: Use, conn: Conn) -> None:
    resources.create_defaults(conn)
    environment(
        REANA_DEFAULT_QUOTA_CPU_LIMIT="36000000",
        REANA_DEFAULT_QUOTA_DISK_LIMIT="2048",
        REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS="3",
    )
    user_id = accounts.create(conn, NewUser(email=f"{uuid4()}@example.org"))
    limits = {str(item.type_): item.quota_limit for item in quota.of_user(conn, user_id)}
    assert limits == {"cpu": 36_000_000, "disk": 2048}
    assert quota_periods.of_user(conn, user_id).quota_period_months == 3


@shows("REANA_WORKFLOW_TERMINATION_QUOTA_UPDATE_POLICY")
@pytest.mark.parametrize("value", ["cpu,disk", "disk,cpu"])
def test_the_first_policy_is_that_of_who_migrates(
    environment: Use, empty_db: str, value: str
) -> None:
    environment(
        REANA_SQLALCHEMY_DATABASE_URI=empty_db,
        REANA_WORKFLOW_TERMINATION_QUOTA_UPDATE_POLICY=value,
    )
    migrate.apply()
    with database.connect() as conn:
        assert quota.policy(conn) == set(ResourceType)


@shows("REANA_CRONJOB_DISK_QUOTA_UPDATE_POLICY", "REANA_PERIODIC_RESOURCE_QUOTA_UPDATE_POLICY")
def test_two_old_variables_are_accepted_without_effect(environment: Use) -> None:
    old = dict.fromkeys(config.IGNORED_VARIABLES, "whatever charts have")
    assert environment(**old) == environment()


@shows("SHARED_VOLUME_PATH")
def test_workspaces_are_on_the_shared_volume(environment: Use) -> None:
    environment(SHARED_VOLUME_PATH="/data")
    user, run = uuid4(), uuid4()
    path = f"/data/users/{user}/workflows/{run}"
    assert workspaces.build_workspace_path(user, run) == path


@shows("WORKSPACE_PATHS")
@pytest.mark.parametrize(
    "paths", ['["/data:/mnt/data", "/eos:/eos"]', '{"/data": "/mnt/data", "/eos": "/eos"}']
)
def test_workspaces_are_in_the_first_of_the_roots(environment: Use, paths: str) -> None:
    environment(WORKSPACE_PATHS=paths)
    user, run = uuid4(), uuid4()
    home = f"/mnt/data/users/{user}/workflows"
    assert workspaces.user_workspace_path(user) == home
    assert workspaces.build_workspace_path(user, run) == f"{home}/{run}"
    # As in 0.9.5: a root on the shared volume stands for the directory of the user there.
    shared = f"/var/reana/users/{user}/workflows"
    assert workspaces.build_workspace_path(user, root="/var/reana/users") == shared


@shows("REANA_MAX_CONCURRENT_BATCH_WORKFLOWS")
def test_the_priority_falls_to_its_least_at_so_many_runs(environment: Use, conn: Conn) -> None:
    owner = make_user(conn)
    make_workflow(conn, owner, status="running")
    environment(REANA_MAX_CONCURRENT_BATCH_WORKFLOWS="1")
    assert scheduling.owner_load_priority(conn, owner) == 0.1
    environment(REANA_MAX_CONCURRENT_BATCH_WORKFLOWS="2")
    assert scheduling.owner_load_priority(conn, owner) == 0.55


@shows("REANA_RUNTIME_KUBERNETES_KEEP_ALIVE_JOBS_WITH_STATUSES")
def test_jobs_of_some_statuses_are_kept(environment: Use) -> None:
    environment(REANA_RUNTIME_KUBERNETES_KEEP_ALIVE_JOBS_WITH_STATUSES="failed")
    assert not jobs.should_cleanup_job("failed")
    assert jobs.should_cleanup_job("finished")


@shows("REANA_DB_EMBEDDED_BINDIR")
def test_the_private_server_runs_the_programs_that_are_named(
    environment: Use, tmp_path: Path
) -> None:
    environment()
    bindir, _ = embedded.find_binaries()
    environment(REANA_DB_EMBEDDED_BINDIR=str(bindir))
    assert embedded.find_binaries()[0] == bindir
    environment(REANA_DB_EMBEDDED_BINDIR=str(tmp_path))
    with pytest.raises(ServerError, match=str(tmp_path)):
        embedded.find_binaries()


LARGE = """
import os
os.environ.setdefault("REANA_DB_TEST_WORKFLOWS", "1")
from tests.support import large_database
large_database.benchmark.build = lambda uri, workflows: print(uri, workflows)
with large_database.large_database(None, ""):
    pass
"""
OF_THE_TESTS = {
    "REANA_DB_TEST_URI": """
from tests.support import databases
with databases.running_server() as uri:
    print(uri)
""",
    "REANA_DB_TEST_SOAK": "from tests.support import soak; print(soak.size('small', 'long'))",
    "REANA_DB_MATRIX_URI_12": """
from tests.support import postgresql_binaries
print(postgresql_binaries.find(12).environment)
""",
    "REANA_DB_MATRIX_DIR": """
from tests.support import postgresql_binaries
print(postgresql_binaries.DIRECTORY)
""",
    "REANA_DB_PGBOUNCER": "from tests.pgbouncer import pooler; pooler.programs()",
    "REANA_DB_FAILOVER_DIR": """
from tests.failover import programs
print(programs.directory())
""",
    "REANA_DB_TEST_WORKFLOWS": f"""
import os
os.environ["REANA_DB_TEST_WORKFLOWS_URI"] = "there"
{LARGE}
""",
    "REANA_DB_TEST_WORKFLOWS_URI": LARGE,
    "REANA_DB_INTEROP_DIR": """
from tests.interop import environments
print(environments.python("0.9.5"))
""",
    "REANA_DB_INTEROP_SECONDS": """
from tests.interop import test_mixed_fleet
print(test_mixed_fleet.SECONDS)
""",
}
"""What tells the effect of a variable of the tests."""
VALUES = {
    "REANA_DB_TEST_URI": ("postgresql://u@somewhere/x", "somewhere"),
    "REANA_DB_TEST_SOAK": ("7", "long"),
    "REANA_DB_MATRIX_URI_12": ("postgresql://u@somewhere/x", "somewhere"),
    "REANA_DB_TEST_WORKFLOWS": ("12345", "there 12345"),
    "REANA_DB_INTEROP_SECONDS": ("7", "7"),
}
"""What they are set to, and what is told then; the others name a file."""


@shows(*OF_THE_TESTS)
@pytest.mark.parametrize("variable", OF_THE_TESTS)
def test_a_variable_of_the_tests_decides(variable: str) -> None:
    value, told = VALUES.get(variable, ("/no/such/file", "/no/such/file"))
    others = {name: text for name, text in os.environ.items() if not name.startswith("REANA_DB_")}
    done = subprocess.run(
        [sys.executable, "-c", OF_THE_TESTS[variable]],
        env={**others, variable: value},
        cwd=PAGE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told in done.stdout + done.stderr
