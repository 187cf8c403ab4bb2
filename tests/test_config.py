from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

import pytest
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from reana_db.config import DEFAULT_RESOURCES, IGNORED_VARIABLES, Settings, public, settings
from reana_db.errors import ConfigurationError

DEFAULTS = {
    "host": "reana-db.default.svc.cluster.local",
    "port": "5432",
    "dbname": "reana",
    "user": "reana",
    "password": "reana",
}
URI = "REANA_SQLALCHEMY_DATABASE_URI"
VARIABLES = [spec.metadata["variable"] for spec in dataclasses.fields(Settings) if spec.metadata]


def parameters(**environ: str) -> dict[str, Any]:
    return conninfo_to_dict(Settings.from_environment(environ).conninfo)


def test_an_empty_environment_gives_reanas_defaults() -> None:
    found = Settings.from_environment({})
    assert conninfo_to_dict(found.conninfo) == DEFAULTS
    assert found == Settings(conninfo=found.conninfo)
    assert (found.pool_size, found.pool_overflow, found.pool_timeout) == (5, 2, 30)
    assert (found.pool_recycle, found.pool_pre_ping) == (3600, False)
    assert found.shared_volume_path == "/var/reana"
    assert found.max_concurrent_batch_workflows == 30


def test_an_empty_variable_counts_as_not_set() -> None:
    names = [*VARIABLES, "REANA_DB_HOST", "REANA_DB_PORT", "REANA_DB_NAME", "REANA_DB_USERNAME"]
    names += [URI, "REANA_COMPONENT_PREFIX", "REANA_DB_MIGRATION_URI"]
    assert Settings.from_environment(dict.fromkeys(names, "")) == Settings.from_environment({})


def test_the_host_follows_prefix_and_namespace() -> None:
    found = parameters(
        REANA_COMPONENT_PREFIX="blue", REANA_INFRASTRUCTURE_KUBERNETES_NAMESPACE="physics"
    )
    assert found["host"] == "blue-db.physics.svc.cluster.local"


@pytest.mark.parametrize(
    ("variable", "keyword", "value"),
    [
        ("REANA_DB_HOST", "host", "a,b"),
        ("REANA_DB_PORT", "port", "5433"),
        ("REANA_DB_PORT", "port", "5433,5434"),
        ("REANA_DB_NAME", "dbname", "other name"),
        ("REANA_DB_USERNAME", "user", "o'neill"),
        ("REANA_DB_PASSWORD", "password", "back\\slash 'quote'"),
    ],
)
def test_a_part_replaces_its_default(variable: str, keyword: str, value: str) -> None:
    assert parameters(**{variable: value}) == DEFAULTS | {keyword: value}


@pytest.mark.parametrize(
    ("variable", "ours", "keyword"),
    [
        ("PGHOST", "REANA_DB_HOST", "host"),
        ("PGHOSTADDR", "REANA_DB_HOST", "host"),
        ("PGPORT", "REANA_DB_PORT", "port"),
        ("PGDATABASE", "REANA_DB_NAME", "dbname"),
        ("PGUSER", "REANA_DB_USERNAME", "user"),
        ("PGPASSWORD", "REANA_DB_PASSWORD", "password"),
        ("PGPASSFILE", "REANA_DB_PASSWORD", "password"),
    ],
)
def test_libpqs_variable_stands_between_ours_and_the_default(
    variable: str, ours: str, keyword: str
) -> None:
    assert parameters(**{variable: "x"}) == {k: v for k, v in DEFAULTS.items() if k != keyword}
    assert parameters(**{variable: "x", ours: "1"}) == DEFAULTS | {keyword: "1"}


def test_a_service_file_replaces_all_defaults_but_nothing_explicit() -> None:
    assert parameters(PGSERVICE="reana") == {}
    assert parameters(PGSERVICE="reana", REANA_DB_HOST="here") == {"host": "here"}


def test_a_service_file_is_read_by_libpq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "services").write_text("[reana]\nhost=from-service\nuser=service-user\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGSERVICE", "reana")
    found = {option.keyword: option.val for option in pq.Conninfo.get_defaults()}
    assert parameters(PGSERVICE="reana") == {}
    assert (found[b"host"], found[b"user"]) == (b"from-service", b"service-user")


def test_an_explicitly_empty_password_is_left_to_libpq() -> None:
    assert "password" not in parameters(REANA_DB_PASSWORD="")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (
            "postgresql+psycopg2://reana:secret@db:5433/name",
            {"user": "reana", "password": "secret", "host": "db", "port": "5433", "dbname": "name"},
        ),
        ("postgresql://db/name", {"host": "db", "dbname": "name"}),
        ("postgres://db/name", {"host": "db", "dbname": "name"}),
        ("postgresql+asyncpg:///name?host=/run/pg", {"host": "/run/pg", "dbname": "name"}),
        (
            "postgresql://a:1,b:2/name?target_session_attrs=read-write",
            {"host": "a,b", "port": "1,2", "dbname": "name", "target_session_attrs": "read-write"},
        ),
        (
            "postgresql://db/name?sslmode=verify-full&user=a@b",
            {"host": "db", "dbname": "name", "sslmode": "verify-full", "user": "a@b"},
        ),
        ("postgresql:///?service=reana", {"service": "reana"}),
        ("host=db password='a b'", {"host": "db", "password": "a b"}),
    ],
)
def test_a_uri_replaces_all_parts(uri: str, expected: dict[str, str]) -> None:
    assert parameters(**{URI: uri, "REANA_DB_HOST": "ignored", "PGUSER": "ignored"}) == expected


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("a/b", "a/b"),
        ("a@b", "a@b"),
        ("a:b", "a:b"),
        ("100%", "100%"),
        ("a?b", "a?b"),
        ("a%40b", "a@b"),
        ("%25", "%"),
    ],
)
def test_a_password_in_a_uri_need_not_be_quoted(written: str, password: str) -> None:
    found = parameters(**{URI: f"postgresql+psycopg2://reana:{written}@db:5432/reana"})
    assert found == DEFAULTS | {"host": "db", "password": password}


@pytest.mark.parametrize("variable", [URI, "REANA_DB_MIGRATION_URI"])
@pytest.mark.parametrize(
    "uri",
    [
        "mysql://u:hunter2@db/name",
        "hunter2",
        "postgresql://reana:hunter2",
        "postgresql://reana:hunter2@db:99999/name",
        "host=db pasword=hunter2",
        "postgresql://[hunter2/name",
    ],
)
def test_a_bad_uri_is_refused_without_showing_it(variable: str, uri: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{variable}: must be") as caught:
        Settings.from_environment({variable: uri})
    assert "hunter2" not in str(caught.value)


def test_the_migration_uri_is_a_second_place() -> None:
    found = Settings.from_environment({"REANA_DB_MIGRATION_URI": "postgresql+psycopg2://direct/x"})
    assert conninfo_to_dict(found.migration_conninfo) == {"host": "direct", "dbname": "x"}
    assert conninfo_to_dict(found.conninfo) == DEFAULTS


GOOD = [
    ("REANA_DB_READ_HOST", "one,two", "read_host", "one,two"),
    ("REANA_DB_READ_PORT", "5432,5433", "read_port", "5432,5433"),
    ("SQLALCHEMY_POOL_SIZE", "1", "pool_size", 1),
    ("SQLALCHEMY_POOL_SIZE", " 7 ", "pool_size", 7),
    ("SQLALCHEMY_MAX_OVERFLOW", "-1", "pool_overflow", -1),
    ("SQLALCHEMY_POOL_TIMEOUT", "3", "pool_timeout", 3),
    ("SQLALCHEMY_POOL_RECYCLE", "-1", "pool_recycle", -1),
    ("SQLALCHEMY_POOL_PRE_PING", "True", "pool_pre_ping", True),
    ("SQLALCHEMY_POOL_PRE_PING", "false", "pool_pre_ping", False),
    ("REANA_DB_CLOSE_POOL_CONNECTIONS", "yes", "close_pool_connections", True),
    ("REANA_DB_CONNECT_TIMEOUT", "4", "connect_timeout", 4),
    ("REANA_DB_APPLICATION_NAME", "reana-server", "application_name", "reana-server"),
    ("REANA_DB_STATEMENT_DEADLINE", "30", "statement_deadline", 30),
    ("REANA_DB_PREPARE_THRESHOLD", "off", "prepare_threshold", None),
    ("REANA_DB_PREPARE_THRESHOLD", "0", "prepare_threshold", 0),
    ("REANA_DEFAULT_QUOTA_CPU_LIMIT", "36000000", "default_cpu_limit", 36_000_000),
    ("REANA_DEFAULT_QUOTA_DISK_LIMIT", "1.073741824e+10", "default_disk_limit", 10 * 2**30),
    ("REANA_DEFAULT_QUOTA_DISK_LIMIT", "5.0", "default_disk_limit", 5),
    ("REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS", "3", "default_cpu_period_months", 3),
    ("REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS", "0", "default_cpu_period_months", None),
    (
        "REANA_WORKFLOW_TERMINATION_QUOTA_UPDATE_POLICY",
        "cpu, disk",
        "termination_quota_policy",
        frozenset(("cpu", "disk")),
    ),
    ("SHARED_VOLUME_PATH", "/data", "shared_volume_path", "/data"),
    ("WORKSPACE_PATHS", '{"/eos": "/pod"}', "workspace_paths", {"/eos": "/pod"}),
    ("WORKSPACE_PATHS", '["/eos:/pod"]', "workspace_paths", {"/eos": "/pod"}),
    ("REANA_MAX_CONCURRENT_BATCH_WORKFLOWS", "0", "max_concurrent_batch_workflows", 0),
    (
        "REANA_RUNTIME_KUBERNETES_KEEP_ALIVE_JOBS_WITH_STATUSES",
        "failed,finished",
        "keep_alive_job_statuses",
        frozenset(("failed", "finished")),
    ),
    ("REANA_SECRET_KEY", " as is\n", "secret_key", " as is\n"),
    ("REANA_SECRET_KEY_PREVIOUS", "old", "previous_secret_key", "old"),
]


@pytest.mark.parametrize(("variable", "text", "attribute", "value"), GOOD)
def test_a_variable_is_read(variable: str, text: str, attribute: str, value: object) -> None:
    assert getattr(Settings.from_environment({variable: text}), attribute) == value


def test_every_variable_has_a_test() -> None:
    assert {variable for variable, *_ in GOOD} == set(VARIABLES)


@pytest.mark.parametrize(
    ("variable", "text", "rule"),
    [
        ("REANA_DB_PORT", "http", "must be a number from 1 to 65535"),
        ("REANA_DB_PORT", "0", "must be a number from 1 to 65535"),
        ("REANA_DB_PORT", "5432,70000", "must be a number from 1 to 65535"),
        ("REANA_DB_READ_PORT", "http", "must be a number from 1 to 65535"),
        ("SQLALCHEMY_POOL_SIZE", "-1", "must be a whole number from 0"),
        ("SQLALCHEMY_POOL_SIZE", "1.5", "must be a whole number from 0"),
        ("SQLALCHEMY_POOL_SIZE", "1e999999999", "must be a whole number from 0"),
        ("SQLALCHEMY_POOL_SIZE", "nan", "must be a whole number from 0"),
        ("SQLALCHEMY_MAX_OVERFLOW", "-2", "must be a whole number from -1"),
        ("SQLALCHEMY_POOL_TIMEOUT", "0", "must be a whole number from 1"),
        ("SQLALCHEMY_POOL_RECYCLE", "soon", "must be a whole number from -1"),
        ("SQLALCHEMY_POOL_PRE_PING", "maybe", "must be true or false"),
        ("REANA_DB_CLOSE_POOL_CONNECTIONS", "2", "must be true or false"),
        ("REANA_DB_CONNECT_TIMEOUT", "0", "must be a whole number from 1"),
        ("REANA_DB_STATEMENT_DEADLINE", "0", "must be a whole number from 1"),
        ("REANA_DB_PREPARE_THRESHOLD", "never", "must be 'off' or a whole number"),
        ("REANA_DB_PREPARE_THRESHOLD", "-1", "must be 'off' or a whole number"),
        ("REANA_DEFAULT_QUOTA_CPU_LIMIT", "-1", "must be a whole number from 0"),
        ("REANA_DEFAULT_QUOTA_DISK_LIMIT", "9223372036854775808", "must be a whole number from 0"),
        ("REANA_DEFAULT_QUOTA_CPU_PERIOD_RESET_MONTHS", "-3", "must be a whole number from 0"),
        ("REANA_WORKFLOW_TERMINATION_QUOTA_UPDATE_POLICY", "cpu,gpu", "list of cpu and disk"),
        ("SHARED_VOLUME_PATH", "var/reana", "must be an absolute path"),
        ("WORKSPACE_PATHS", "{", "must be JSON"),
        ("WORKSPACE_PATHS", "[1]", "must be JSON"),
        ("WORKSPACE_PATHS", '["/a"]', "must be JSON"),
        ("WORKSPACE_PATHS", '{"/a": 1}', "must be JSON"),
        ("WORKSPACE_PATHS", '"/a"', "must be JSON"),
        ("REANA_MAX_CONCURRENT_BATCH_WORKFLOWS", "many", "must be a whole number from 0"),
    ],
)
def test_a_bad_value_is_refused_with_variable_value_and_rule(
    variable: str, text: str, rule: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_environment({variable: text})
    message = str(caught.value)
    assert message.startswith(f"{variable}={text!r}: ")
    assert rule in message


def test_a_long_bad_value_is_cut() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_environment({"SQLALCHEMY_POOL_SIZE": "x" * 10_000})
    assert len(str(caught.value)) < 200


def test_an_unknown_status_to_keep_jobs_alive_is_warned_about_not_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    variable = "REANA_RUNTIME_KUBERNETES_KEEP_ALIVE_JOBS_WITH_STATUSES"
    with caplog.at_level(logging.WARNING, logger="reana_db"):
        found = Settings.from_environment({variable: "failed,faild"})
    assert found.keep_alive_job_statuses == {"failed", "faild"}
    assert variable in caplog.text
    assert "faild" in caplog.text


@pytest.mark.parametrize("variable", IGNORED_VARIABLES)
def test_a_policy_of_the_old_cron_job_is_accepted_and_ignored(variable: str) -> None:
    assert Settings.from_environment({variable: "whatever"}) == Settings.from_environment({})


def test_prepared_statements_are_off_behind_the_charts_pgbouncer_unless_asked_for() -> None:
    chart = {"REANA_DB_HOST": "reana-pgbouncer", "REANA_DB_PORT": "6432"}
    assert Settings.from_environment(chart).prepare_threshold is None
    assert Settings.from_environment({"PGPORT": "6432"}).prepare_threshold is None
    assert Settings.from_environment({"REANA_DB_READ_PORT": "6432"}).prepare_threshold is None
    asked = {**chart, "REANA_DB_PREPARE_THRESHOLD": "5"}
    assert Settings.from_environment(asked).prepare_threshold == 5


@pytest.mark.parametrize(
    "environ",
    [
        {"REANA_DB_PASSWORD": "hunter2"},
        {URI: "postgresql+psycopg2://reana:hunter2@db/reana"},
        {URI: "postgresql://db/reana?password=hunter2&sslpassword=hunter2"},
        {"REANA_DB_MIGRATION_URI": "postgresql://reana:hunter2@db/reana"},
        {"REANA_SECRET_KEY": "hunter2"},
        {"REANA_SECRET_KEY_PREVIOUS": "hunter2"},
    ],
)
def test_settings_never_show_a_secret(environ: dict[str, str]) -> None:
    found = Settings.from_environment(environ)
    assert "hunter2" not in f"{found!r} {found}"
    assert "dbname=reana" in repr(found)


def test_public_keeps_everything_but_passwords() -> None:
    shown = conninfo_to_dict(public("postgresql://u:p@h:1/d?sslmode=require"))
    assert shown == {"user": "u", "dbname": "d", "host": "h", "port": "1", "sslmode": "require"}


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().pool_size = 3  # type: ignore[misc]  # the assignment is the point


def test_settings_can_be_a_key() -> None:
    assert len({Settings(), Settings(workspace_paths={"/a": "/b"}), Settings()}) == 2


def test_the_settings_of_the_process_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.cache_clear()
    monkeypatch.setenv("SQLALCHEMY_POOL_SIZE", "3")
    first = settings()
    monkeypatch.setenv("SQLALCHEMY_POOL_SIZE", "4")
    assert settings() is first
    assert first.pool_size == 3
    settings.cache_clear()


def test_default_resources_are_reanas() -> None:
    assert DEFAULT_RESOURCES == {"cpu": "processing time", "disk": "shared storage"}


# A URI to hand on


@pytest.mark.parametrize(
    ("conninfo", "uri"),
    [
        (
            "host=db port=5432 dbname=reana user=reana password=reana",
            "postgresql://reana:reana@db:5432/reana",
        ),
        ("host=db dbname=reana", "postgresql://db/reana"),
        ("user=a password='p@ss/w:rd?' host=db", "postgresql://a:p%40ss%2Fw%3Ard%3F@db/"),
        (
            "host=a,b port=1,2 dbname=reana user=reana target_session_attrs=read-write",
            "postgresql://reana@/reana?host=a%2Cb&port=1%2C2&target_session_attrs=read-write",
        ),
        ("host=/run/db dbname=reana", "postgresql:///reana?host=%2Frun%2Fdb"),
        ("host=::1 port=5 dbname=reana", "postgresql:///reana?host=%3A%3A1&port=5"),
    ],
)
def test_settings_give_a_uri_that_leads_to_the_same_database(conninfo: str, uri: str) -> None:
    assert Settings(conninfo=conninfo).uri == uri
    assert conninfo_to_dict(Settings.at(uri).conninfo) == conninfo_to_dict(conninfo)


def test_a_malformed_uri_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.at("postgresql://a:hunter2@db:port:5/x")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "uri", ["postgresql://reana:hushhush@[::1", "password=hushhush '", "port=x password=hushhush"]
)
def test_no_error_keeps_the_password_of_a_malformed_uri(uri: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment({"REANA_SQLALCHEMY_DATABASE_URI": uri})
    assert refused.value.__context__ is None
    assert "hushhush" not in str(refused.value)


def test_a_variable_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="KEY: must be UTF-8") as refused:
        Settings.from_environment({"REANA_SECRET_KEY": "hushhush\udcff"})
    assert refused.value.__context__ is None
