from __future__ import annotations

import threading
import time

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from reana_db import Connection, Pool, config, database, embedded
from reana_db.config import Settings
from reana_db.errors import NoConnection, ServerError
from tests.support.door import Door
from tests.support.restartable import changed, value_of

# Single connections


def test_a_connection_is_kept_alive_and_bears_a_name(settings: Settings) -> None:
    with database.connect(settings) as conn:
        parameters = conn.info.get_parameters()
        assert value_of(conn, "SHOW application_name") == "reana-db"
    assert parameters["connect_timeout"] == "10"
    assert parameters["keepalives_idle"] == "10"
    assert parameters["tcp_user_timeout"] == "20000"


def test_settings_give_name_timeout_and_threshold(private: embedded.Server) -> None:
    settings = Settings(
        conninfo=private.uri(),
        application_name="reana-server",
        connect_timeout=4,
        prepare_threshold=None,
    )
    with database.connect(settings) as conn:
        assert value_of(conn, "SHOW application_name") == "reana-server"
        assert conn.info.get_parameters()["connect_timeout"] == "4"
        assert conn.prepare_threshold is None


def test_a_name_and_a_timeout_in_the_uri_win_over_our_defaults(settings: Settings) -> None:
    there = changed(settings, application_name="theirs", connect_timeout=3)
    with database.connect(there) as conn:
        assert value_of(conn, "SHOW application_name") == "theirs"
        assert conn.info.get_parameters()["connect_timeout"] == "3"


def test_libpqs_timeout_wins_over_our_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "7")
    assert "connect_timeout" not in conninfo_to_dict(database.conninfo(Settings()))


def test_parameters_of_the_call_win(settings: Settings) -> None:
    with database.connect(settings, dbname="template1", autocommit=True) as conn:
        assert conn.info.dbname == "template1"
        assert conn.autocommit


def test_settings_default_to_the_environment(
    private: embedded.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.settings.cache_clear()
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", private.uri("template1"))
    with database.connect() as conn:
        assert conn.info.dbname == "template1"
    config.settings.cache_clear()


def test_migrations_go_around_the_pooler() -> None:
    settings = Settings(conninfo="host=bouncer", migration_conninfo="host=direct")
    assert conninfo_to_dict(database.conninfo(settings))["host"] == "bouncer"
    assert conninfo_to_dict(database.migration_conninfo(settings))["host"] == "direct"


def test_migrations_use_the_same_place_when_none_is_named() -> None:
    settings = Settings(conninfo="host=db", application_name="x")
    assert database.migration_conninfo(settings) == database.conninfo(settings)


@pytest.mark.parametrize("kind", ["read-write", "primary", "prefer-standby"])
def test_of_several_hosts_the_one_that_fits_is_taken(
    settings: Settings, door: Door, kind: str
) -> None:
    port = conninfo_to_dict(settings.conninfo)["port"]
    hosts = changed(
        settings, host="127.0.0.1,127.0.0.1", port=f"{door.port},{port}", target_session_attrs=kind
    )
    with database.connect(hosts) as conn:
        assert conn.info.port == int(str(port))
    with Pool(hosts) as pool, pool.connection() as conn:
        assert conn.info.port == int(str(port))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"password": "hunter2"}, "password authentication failed"),
        ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
        ({"port": "1"}, "Connection refused"),
        ({"host": "nowhere.invalid"}, "failed to resolve host"),
        ({"host": "/nowhere"}, "No such file or directory"),
    ],
)
def test_no_connection_is_one_sentence_with_place_and_reason(
    settings: Settings, wrong: dict[str, str], reason: str
) -> None:
    with pytest.raises(NoConnection) as caught:
        database.connect(changed(settings, **wrong))
    message = str(caught.value)
    assert message.startswith("no connection to database ")
    assert reason in message
    assert "\n" not in message
    assert "hunter2" not in message
    assert isinstance(caught.value, ServerError)
    assert isinstance(caught.value, psycopg.OperationalError)


def test_a_service_is_named_when_it_is_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICEFILE", "/nowhere")
    with pytest.raises(NoConnection, match="no connection to service reana: "):
        database.connect(Settings(conninfo="service=reana"))


class Traced(Connection):
    pass


def test_a_connection_class_is_used_everywhere(settings: Settings) -> None:
    with database.connect(settings, connection_class=Traced) as conn:
        assert type(conn) is Traced
    with Pool(settings, connection_class=Traced) as pool, pool.connection() as conn:
        assert type(conn) is Traced


# Waiting


def test_wait_returns_at_once_when_the_server_answers(settings: Settings) -> None:
    started = time.monotonic()
    database.wait(settings)
    assert time.monotonic() - started < 4


def test_wait_takes_a_uri_without_a_limit_to_connecting(settings: Settings) -> None:
    database.wait(changed(settings, connect_timeout=0), timeout=5)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["closed", "starting"])
def test_wait_is_patient_with_a_server_that_starts(
    door: Door, behind: Settings, state: str
) -> None:
    door.become(state)
    opening = threading.Timer(1.0, door.become, ["open"])
    started = time.monotonic()
    opening.start()
    database.wait(behind, timeout=40)
    assert 0.9 < time.monotonic() - started < 30


@pytest.mark.slow
def test_wait_is_patient_with_a_pooler_that_has_no_server(door: Door, behind: Settings) -> None:
    door.become("silent")
    opening = threading.Timer(1.0, door.become, ["open"])
    started = time.monotonic()
    opening.start()
    database.wait(behind, timeout=40)
    assert 0.9 < time.monotonic() - started < 30


@pytest.mark.slow
def test_wait_does_not_outlast_its_deadline_where_the_server_is_silent(
    door: Door, behind: Settings
) -> None:
    door.become("silent")
    started = time.monotonic()
    with pytest.raises(NoConnection, match=r"within 1 s: "):
        database.wait(behind, timeout=1)
    assert time.monotonic() - started < 8


@pytest.mark.slow
def test_wait_gives_up_at_its_deadline_with_the_reason(door: Door, behind: Settings) -> None:
    door.become("starting")
    started = time.monotonic()
    with pytest.raises(NoConnection, match=r"within 0\.6 s: .*das Datenbanksystem startet$"):
        database.wait(behind, timeout=0.6)
    assert 0.5 < time.monotonic() - started < 8


@pytest.mark.parametrize(
    "mending", [{"port": "1"}, {"host": "nowhere.invalid"}, {"host": "/nowhere"}]
)
def test_wait_tries_again_where_time_may_help(settings: Settings, mending: dict[str, str]) -> None:
    started = time.monotonic()
    with pytest.raises(NoConnection, match=r"within 0\.5 s"):
        database.wait(changed(settings, **mending), timeout=0.5)
    assert time.monotonic() - started > 0.4


def test_wait_waits_for_a_host_of_the_wanted_kind(settings: Settings) -> None:
    with pytest.raises(NoConnection, match=r"within 0\.5 s: .*not in hot standby"):
        database.wait(changed(settings, target_session_attrs="standby"), timeout=0.5)


@pytest.mark.parametrize(
    "hopeless",
    [{"password": "hunter2"}, {"dbname": "nowhere"}, {"user": "nobody"}, {"sslmode": "bogus"}],
)
def test_wait_fails_at_once_where_time_does_not_help(
    settings: Settings, hopeless: dict[str, str]
) -> None:
    started = time.monotonic()
    with pytest.raises(NoConnection) as caught:
        database.wait(changed(settings, **hopeless), timeout=30)
    assert time.monotonic() - started < 8
    assert "within" not in str(caught.value)
    assert "hunter2" not in str(caught.value)
