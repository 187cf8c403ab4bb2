from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reana_db import config, database, embedded
from reana_db.config import Settings
from reana_db.database import Pool
from reana_db.errors import NoConnection, ServerError
from tests.support.door import Door


@pytest.fixture(scope="module")
def private() -> Iterator[embedded.Server]:
    """A server of this module's own, which its tests may restart."""
    with embedded.start(tcp=True) as server:
        yield server


@pytest.fixture
def settings(private: embedded.Server) -> Settings:
    return Settings(conninfo=private.uri(), pool_size=3, pool_overflow=1, pool_timeout=10)


def changed(settings: Settings, **parameters: Any) -> Settings:
    """The same settings, with other parameters of libpq."""
    return replace(settings, conninfo=make_conninfo(settings.conninfo, **parameters))


@pytest.fixture
def door(private: embedded.Server) -> Iterator[Door]:
    door = Door(private.port)
    yield door
    door.remove()


@pytest.fixture
def behind(door: Door, settings: Settings) -> Settings:
    """Settings that lead through the door."""
    return changed(settings, port=door.port)


@contextlib.contextmanager
def borrowed(pool: Pool, count: int) -> Iterator[list[psycopg.Connection[Any]]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(pool.connection()) for _ in range(count)]


def backends(pool: Pool, count: int) -> set[int]:
    """The process ids of that many sessions, asked from the server."""
    with borrowed(pool, count) as connections:
        return {value_of(conn, "SELECT pg_backend_pid()") for conn in connections}


def value_of(conn: psycopg.Connection[Any], query: str) -> Any:
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def kill_others(settings: Settings) -> None:
    with database.connect(settings) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        conn.commit()
        sessions = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        while value_of(conn, sessions):
            conn.commit()
            time.sleep(0.01)


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


class Traced(psycopg.Connection[Any]):
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


def test_wait_is_patient_with_a_pooler_that_has_no_server(door: Door, behind: Settings) -> None:
    door.become("silent")
    opening = threading.Timer(1.0, door.become, ["open"])
    started = time.monotonic()
    opening.start()
    database.wait(behind, timeout=40)
    assert 0.9 < time.monotonic() - started < 30


def test_wait_does_not_outlast_its_deadline_where_the_server_is_silent(
    door: Door, behind: Settings
) -> None:
    door.become("silent")
    started = time.monotonic()
    with pytest.raises(NoConnection, match=r"within 1 s: "):
        database.wait(behind, timeout=1)
    assert time.monotonic() - started < 8


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


# Pools


def test_a_pool_connects_at_first_use_only() -> None:
    with Pool(Settings(conninfo="host=nowhere.invalid")) as pool:
        assert pool.settings.pool_size == 5


def test_a_pool_commits_and_rolls_back(settings: Settings) -> None:
    with Pool(settings) as pool:
        with pool.connection() as conn:
            conn.execute("CREATE TABLE pooled (x integer)")
        with pytest.raises(ZeroDivisionError), pool.connection() as conn:
            conn.execute("DROP TABLE pooled")
            _ = 1 / 0
        with pool.connection() as conn:
            assert value_of(conn, "SELECT count(*) FROM pooled") == 0
            conn.execute("DROP TABLE pooled")


def test_a_pool_has_size_and_overflow(settings: Settings) -> None:
    with Pool(settings) as pool:
        assert len(backends(pool, 4)) == 4
        stats = pool.stats()
    assert (stats["pool_min"], stats["pool_max"]) == (3, 4)


@pytest.mark.parametrize(("size", "overflow"), [(0, 2), (1, -1)])
def test_a_pool_can_be_unlimited_as_in_sqlalchemy(
    private: embedded.Server, size: int, overflow: int
) -> None:
    settings = Settings(conninfo=private.uri(), pool_size=size, pool_overflow=overflow)
    with Pool(settings) as pool:
        assert len(backends(pool, 9)) == 9


def test_a_pool_gives_threshold_and_name_to_its_connections(private: embedded.Server) -> None:
    settings = Settings(
        conninfo=private.uri(), application_name="reana-server", prepare_threshold=None
    )
    with Pool(settings) as pool, pool.connection() as conn:
        assert conn.prepare_threshold is None
        assert value_of(conn, "SHOW application_name") == "reana-server"


def test_a_pool_takes_parameters_of_libpq(settings: Settings) -> None:
    with Pool(settings, dbname="template1") as pool, pool.connection() as conn:
        assert conn.info.dbname == "template1"


def test_an_exhausted_pool_says_so(settings: Settings) -> None:
    with Pool(settings) as pool, borrowed(pool, 4):
        started = time.monotonic()
        with pytest.raises(NoConnection, match=r"within 0\.3 s: all 4 connections of the pool"):
            pool.connection(timeout=0.3).__enter__()
        assert time.monotonic() - started < 4


def test_a_pool_without_a_server_says_why(settings: Settings) -> None:
    nowhere = changed(settings, password="hunter2")
    with (
        Pool(nowhere) as pool,
        pytest.raises(NoConnection, match=r"within 0\.3 s: .*password auth") as caught,
        pool.connection(timeout=0.3),
    ):
        pytest.fail("connected")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("pre_ping", [False, True])
@pytest.mark.parametrize("how", ["killed", "restarted", "crashed"])
def test_a_pool_survives_the_end_of_its_sessions(
    private: embedded.Server, how: str, pre_ping: bool
) -> None:
    settings = Settings(
        conninfo=private.uri(), pool_size=8, pool_overflow=0, pool_pre_ping=pre_ping
    )
    with Pool(settings) as pool:
        before = backends(pool, 8)
        if how == "killed":
            kill_others(settings)
        else:
            private.restart(immediate=how == "crashed")
        started = time.monotonic()
        with pool.connection() as conn:
            assert value_of(conn, "SELECT 1") == 1
        first = time.monotonic() - started
        after = backends(pool, 8)
    assert first < 0.9
    assert not before & after


def test_a_pool_recovers_while_callers_wait_through_an_outage(door: Door, behind: Settings) -> None:
    door.become("open")
    with Pool(behind) as pool, ThreadPoolExecutor(8) as threads:
        backends(pool, 4)
        door.become("closed")
        waiting = [threads.submit(backends, pool, 1) for _ in range(8)]
        time.sleep(3)
        assert not any(one.done() for one in waiting)
        door.become("open")
        started = time.monotonic()
        assert all(one.result(timeout=10) for one in waiting)
    assert time.monotonic() - started < 4


def test_a_pool_recovers_from_an_outage_that_nobody_noticed(door: Door, behind: Settings) -> None:
    door.become("open")
    with Pool(behind) as pool:
        backends(pool, 4)
        door.become("closed")
        time.sleep(1.5)
        door.become("open")
        started = time.monotonic()
        assert len(backends(pool, 4)) == 4
    assert time.monotonic() - started < 4


def test_a_broken_connection_is_not_lent_again(settings: Settings) -> None:
    with Pool(settings) as pool:
        with pytest.raises(psycopg.OperationalError), pool.connection() as conn:
            conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert len(backends(pool, 4)) == 4


def test_many_threads_share_a_pool_through_a_restart(private: embedded.Server) -> None:
    settings = Settings(conninfo=private.uri(), pool_size=3, pool_overflow=2)
    with Pool(settings) as pool, ThreadPoolExecutor(16) as threads:
        for _ in range(2):
            used = list(threads.map(lambda _: backends(pool, 1), range(200)))
            assert len(set.union(*used)) <= 5
            private.restart()


def test_a_pool_replaces_old_connections(private: embedded.Server) -> None:
    settings = Settings(conninfo=private.uri(), pool_size=1, pool_overflow=0, pool_recycle=1)
    with Pool(settings) as pool:
        before = backends(pool, 1)
        time.sleep(1.1)
        with pool.connection():
            pass
        assert backends(pool, 1) != before


def test_a_pool_can_keep_connections_for_ever(private: embedded.Server) -> None:
    settings = Settings(conninfo=private.uri(), pool_size=1, pool_overflow=0, pool_recycle=-1)
    with Pool(settings) as pool:
        assert backends(pool, 1) == backends(pool, 1)


def test_a_pool_can_close_each_returned_connection(
    private: embedded.Server, door: Door, behind: Settings
) -> None:
    closing = replace(behind, close_pool_connections=True, application_name="closing")
    threading.Timer(0.5, door.become, ["open"]).start()
    with Pool(closing) as pool:
        first, second = backends(pool, 1), backends(pool, 1)
    assert first != second
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'closing'"
    with database.connect(Settings(conninfo=private.uri()), autocommit=True) as conn:
        for _ in range(100):
            if not value_of(conn, sessions):
                return
            time.sleep(0.02)
    pytest.fail("the sessions stay open")


def test_a_closed_pool_opens_again_when_used(settings: Settings) -> None:
    pool = Pool(settings)
    before = backends(pool, 4)
    pool.close()
    pool.close()
    assert not backends(pool, 4) & before
    pool.close()


# Forks.  They run in a process of their own: the one of the tests has threads.

FORKS = """
import json, os, sys, ctypes
from reana_db.config import Settings
from reana_db.database import Pool

pool = Pool(Settings.from_environment(), application_name="forking")

def backends():
    from contextlib import ExitStack
    with ExitStack() as stack:
        lent = [stack.enter_context(pool.connection(timeout=10)) for _ in range(3)]
        return [conn.execute("SELECT pg_backend_pid()").fetchone()[0] for conn in lent]

def in_child(fork, leave):
    reading, writing = os.pipe()
    if fork() == 0:
        found = [backends() for _ in range(5)]
        os.write(writing, json.dumps(sorted({pid for pids in found for pid in pids})).encode())
        leave(0)
    os.close(writing)
    return reading

def run(fork, leave, children=4):
    before = backends() if opened_first else []
    pipes = [in_child(fork, leave) for _ in range(children)]
    of_children = [json.loads(os.read(pipe, 9999)) for pipe in pipes]
    ends = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in pipes]
    print(json.dumps({
        "before": before, "after": backends(), "children": of_children, "ends": ends
    }))

opened_first = sys.argv[2] == "opened"
# uWSGI forks in C, so that what Python registers for a fork does not run there.
fork = os.fork if sys.argv[1] == "python" else ctypes.PyDLL(None).fork
run(fork, sys.exit if sys.argv[1] == "python" else os._exit)
"""


@pytest.mark.parametrize("opened", ["opened", "unused"])
@pytest.mark.parametrize("fork", ["python", "c"])
def test_a_forked_child_has_connections_of_its_own(
    private: embedded.Server, fork: str, opened: str
) -> None:
    environ = os.environ | {
        "REANA_SQLALCHEMY_DATABASE_URI": private.uri(),
        "SQLALCHEMY_POOL_SIZE": "2",
        "SQLALCHEMY_MAX_OVERFLOW": "1",
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
    }
    command = [sys.executable, "-c", textwrap.dedent(FORKS), fork, opened]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    parent, children = set(found["after"]), [set(pids) for pids in found["children"]]
    assert found["ends"] == [0, 0, 0, 0]
    assert not found["before"] or set(found["before"]) == parent
    assert all(len(pids) == 3 for pids in [parent, *children])
    assert len(set.union(parent, *children)) == 15
