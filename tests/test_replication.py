"""Reading on real standbys: where a pool goes, what works there, and reading what was written."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from reana_db import (
    Pool,
    Settings,
    cli,
    config,
    connect,
    errors,
    migrate,
    replication,
    resources,
    users,
    workflows,
)
from reana_db.queries import Conn
from reana_db.registry.arguments import RUNS_ON_STANDBY, WRITES
from tests.catalogue.world import World, make_world
from tests.support import soak
from tests.support.public import FUNCTIONS, call
from tests.support.replication import Group, Node, available, replicated
from tests.support.valid_values import Values

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="needs pg_basebackup of PostgreSQL 13 or newer"),
]

DONE = {"accounts.create_administrator"}
"""What has nothing to do, as the administrator is there."""
DELAY = 0.2
"""How far the second standby is behind, in seconds."""


@pytest.fixture(scope="module")
def group() -> Iterator[Group]:
    """A primary with a small REANA, a standby, and one that is late."""
    with replicated(standbys=2) as made:
        migrate.apply(made.primary.uri())
        made.wait_for_standbys()
        made.standbys[1].execute(f"ALTER SYSTEM SET recovery_min_apply_delay = '{DELAY}s'")
        made.standbys[1].execute("SELECT pg_reload_conf()")
        yield made


@pytest.fixture(scope="module")
def world(group: Group) -> World:
    with connect(group.primary.uri()) as conn:
        made = make_world(conn)
    group.wait_for_standbys()
    return made


@pytest.fixture
def late(group: Group) -> Node:
    return group.standbys[1]


@pytest.fixture
def everywhere(group: Group) -> Settings:
    """Settings that name all servers, and which the services write with."""
    place = f"{group.addresses()} dbname=postgres target_session_attrs=read-write"
    return Settings(conninfo=place, pool_timeout=10)


@pytest.mark.usefixtures("uncounted")
def test_docstrings_say_what_a_standby_really_answers(group: Group, world: World) -> None:
    said, found = {}, {}
    functions = {name: function for name, function in FUNCTIONS.items() if name not in DONE}
    with connect(group.standbys[0].uri()) as conn:
        for name, function in functions.items():
            lines = (function.__doc__ or "").split("\n")
            said[name] = [
                line.strip() for line in lines if "on a standby:" in line or "Runs on" in line
            ]
            found[name] = [RUNS_ON_STANDBY if passes(conn, world, name) else WRITES]
    assert said == found


def passes(conn: Conn, world: World, name: str) -> bool:
    """Tell whether a function runs; if it does not, that must be for the reason that is said."""
    try:
        call(conn, name, Values(world).arguments(name, FUNCTIONS[name], optional=True))
    except errors.WriteRefused as error:
        assert error.reason.endswith(": this server is a standby")
        assert error.retryable
        return False
    finally:
        conn.rollback()
    return True


# Pools that read


def is_standby(conn: Conn) -> bool:
    ((found,),) = conn.execute("SELECT pg_is_in_recovery()").fetchall()
    return bool(found)


def test_a_pool_that_reads_goes_to_a_standby(everywhere: Settings) -> None:
    with Pool(everywhere, read_only=True) as pool, Pool(everywhere) as writing:
        assert pool.run(is_standby)
        assert not writing.run(is_standby)


def test_it_goes_to_the_host_that_the_settings_name(group: Group) -> None:
    place = Settings(conninfo=group.primary.uri())
    elsewhere = replace(place, read_port=str(group.standbys[0].port))
    with Pool(elsewhere, read_only=True) as pool:
        assert pool.run(is_standby)
    with Pool(place, read_only=True) as pool:
        assert not pool.run(is_standby)


def test_reads_are_spread_over_the_standbys(everywhere: Settings) -> None:
    ports = set()
    for _ in range(40):
        with Pool(everywhere, read_only=True) as pool, pool.connection() as conn:
            ports.add(conn.info.port)
    assert len(ports) == 2


def test_it_refuses_to_write_also_on_the_primary(group: Group, everywhere: Settings) -> None:
    for place in (everywhere, Settings(conninfo=group.primary.uri())):
        with Pool(place, read_only=True) as pool:
            for _ in range(2):
                with pytest.raises(errors.WriteRefused) as caught:
                    pool.run(resources.create_defaults)
                assert not caught.value.retryable
            assert pool.stats()["open"] == 1


def test_it_leaves_a_session_that_others_can_write_with(db_uri: str) -> None:
    """Also behind a pooler, which lends the session to them."""
    place = replace(Settings.at(db_uri), pool_size=1, pool_overflow=0)
    with Pool(place, read_only=True) as reading, Pool(place) as writing:
        for _ in range(20):
            assert reading.run(value_of_read_only) == "on"
            assert writing.run(value_of_read_only) == "off"


def value_of_read_only(conn: Conn) -> str:
    ((value,),) = conn.execute("SHOW transaction_read_only").fetchall()
    return str(value)


def test_it_goes_to_the_primary_when_the_standby_is_lost() -> None:
    with replicated() as group:
        (standby,) = group.standbys
        with Pool(f"{group.addresses()} dbname=postgres", read_only=True) as pool:
            assert pool.run(is_standby)
            standby.stop(immediate=True)
            assert not pool.run(is_standby)


# Reading what was written


def rename(conn: Conn, name: str) -> None:
    conn.execute(
        "UPDATE __reana.user_ SET full_name = %s WHERE email = 'owner@example.org'", [name]
    )


def read(conn: Conn) -> str | None:
    user = users.find(conn, email="owner@example.org")
    assert user is not None
    return user.full_name


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("setting", ["on", "off"])
def test_a_late_standby_is_waited_for(group: Group, late: Node, setting: str) -> None:
    with connect(group.primary.uri()) as writer, connect(late.uri()) as reader:
        writer.execute(f"SET synchronous_commit = {setting}".encode())
        for number in range(3):
            rename(writer, f"{setting} {number}")
            writer.commit()
            position = replication.position(writer)
            replication.read_after(reader, position)
            assert read(reader) == f"{setting} {number}"
            writer.commit()
            reader.commit()


@pytest.mark.usefixtures("world")
def test_a_reader_that_waits_does_not_hold_up_what_it_waits_for(group: Group, late: Node) -> None:
    """A standby stops replaying where that would remove rows that a snapshot may see."""
    with connect(group.primary.uri()) as writer, connect(late.uri()) as reader:
        for _ in range(2):
            for number in range(100):
                rename(writer, f"pruned {number}")
                writer.commit()
            position = replication.position(writer)
            writer.commit()
            for _ in range(10):
                with contextlib.suppress(errors.StandbyBehind):
                    replication.read_after(reader, position, timeout=0)
            replication.read_after(reader, position)
            reader.commit()


@pytest.mark.soak
@pytest.mark.usefixtures("world")
def test_what_was_written_is_never_older_when_it_is_read(group: Group) -> None:
    older = 0
    with connect(group.primary.uri()) as writer, connect(group.standbys[0].uri()) as reader:
        for number in range(soak.size(300, 10_000)):
            rename(writer, str(number))
            writer.commit()
            older += read(reader) != str(number)
            reader.commit()
            position = replication.position(writer)
            writer.commit()
            replication.read_after(reader, position)
            assert read(reader) == str(number)
            reader.commit()
    assert older  # without it


@pytest.mark.usefixtures("world")
def test_a_standby_that_is_not_there_in_time_says_so(group: Group, late: Node) -> None:
    with connect(group.primary.uri()) as writer, connect(late.uri()) as reader:
        rename(writer, "too late")
        writer.commit()
        position = replication.position(writer)
        began = time.monotonic()
        with pytest.raises(errors.StandbyBehind, match=f"behind {position}") as caught:
            replication.read_after(reader, position, timeout=DELAY / 4)
        assert time.monotonic() - began < DELAY
        assert caught.value.retryable
        replication.read_after(reader, position)


def test_a_reader_does_not_go_back_on_another_standby(group: Group, late: Node) -> None:
    group.primary.execute("CREATE TABLE IF NOT EXISTS something ()")
    first, *_ = group.standbys
    first.wait_for(group.primary.execute("SELECT pg_current_wal_flush_lsn()"))
    with connect(first.uri()) as one, connect(late.uri()) as other:
        replication.read_after(other, replication.position(one))
        other.execute("SELECT FROM something")


def test_a_primary_answers_at_once(conn: Conn) -> None:
    replication.read_after(conn, replication.position(conn), timeout=0)


def test_a_position_is_that_of_what_is_committed(conn: Conn) -> None:
    conn.execute("CREATE TABLE something ()")
    with pytest.raises(errors.InvalidArgument, match="has written and not committed"):
        replication.position(conn)


@pytest.mark.parametrize("value", ["", "0/1", "1:0/1x", "1:0/123456789", "-1:0/1"])
def test_a_position_that_is_none_is_refused(conn: Conn, value: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="position must be what position"):
        replication.read_after(conn, value)


def test_it_is_asked_in_a_transaction_that_sees_what_is_new(db_uri: str) -> None:
    with (
        connect(db_uri, autocommit=True) as conn,
        pytest.raises(errors.InvalidArgument, match="must be in a transaction"),
    ):
        replication.read_after(conn, "1:0/1")
    with connect(db_uri) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(errors.InvalidArgument, match="READ COMMITTED"):
            replication.read_after(conn, "1:0/1")


@pytest.mark.parametrize(("place", "before"), [("0/2028", "0/2000"), ("0/2018", "0/2000")])
def test_a_page_that_has_only_its_header_need_not_be_replayed(place: str, before: str) -> None:
    state = replication._Visible(1, before, standby=True, isolation="")
    assert state.covers(f"1:{place}")
    assert not state.covers("1:0/2030")


# Commands


COMMANDS = (
    "check",
    "check --accounts --json",
    "check --as-service --json",
    "deletions",
    "migrate history",
    "migrate status",
    "quota policy",
    "quota show",
    "roles show",
    "secrets status",
    "settings get status_mode",
    "settings list",
    "sql",
    "sql users.find_by_email",
    "status history {run}",
    "status mode",
    "status rules",
    "status violations",
    "wait",
)


def test_commands_that_show_something_run_on_a_standby(
    group: Group, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", group.standbys[0].uri())
    monkeypatch.setenv("REANA_SECRET_KEY", "a secret key")
    config.settings.cache_clear()
    try:
        for command in COMMANDS:
            done = CliRunner().invoke(cli.main, command.format(run=world.finished).split())
            expected = 1 if "--as-service" in command else 0  # the login is a superuser
            assert done.exit_code == expected, f"{command}: {done.output}"
    finally:
        monkeypatch.undo()
        config.settings.cache_clear()


# The page

PAGE = (Path(__file__).parents[1] / "docs" / "running.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_queries_of_the_page_work(group: Group, world: World) -> None:
    assert world
    group.primary.execute("CREATE ROLE reana_service")
    for block in blocks("sql"):
        group.primary.execute(block)


def test_the_examples_of_the_page_work(
    world: World, everywhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "settings", lambda: everywhere)
    with Pool(everywhere) as writing:
        names: dict[str, Any] = {
            "writing": writing,
            "workflow_id": world.finished,
            "workflows": workflows,
        }
        for block in blocks("python"):
            exec(block, names)
    assert names["report"]
    assert names["run"].id_ == world.finished
    names["reading"].close()


# After a failover


@pytest.fixture
def own_group() -> Iterator[Group]:
    """A group of the test's own, because a server does not become what it was."""
    with replicated(standbys=2) as made:
        yield made


def test_positions_of_both_primaries_are_understood_after_a_failover(own_group: Group) -> None:
    """Also by a primary that was replaced, does not know it yet and is ahead of the new one."""
    group = own_group
    former, (new, standby) = group.primary, group.standbys
    role = f"CREATE ROLE plain LOGIN PASSWORD '{former.home.password.read_text()}'"
    before = position_after(former, role)
    for node in group.standbys:
        node.wait_for(before.partition(":")[2])
    group.fail_over_to(new)
    former.execute("SELECT pg_switch_wal()")
    after = position_after(new, "CREATE TABLE of_the_new_one ()")
    assert (before[0], after[0]) == ("1", "2")

    assert_reached(new.uri(), before, after)
    assert_reached(standby.uri(), before, after)
    with connect(former.uri()) as conn:
        replication.read_after(conn, before)
        with pytest.raises(errors.StandbyBehind, match="this former primary is at 1:"):
            replication.read_after(conn, after)

    plain = standby.uri().replace("postgres:", "plain:", 1)
    with connect(plain) as conn:
        replication.read_after(conn, before)
        with pytest.raises(errors.StandbyBehind, match="this standby is at 1:"):
            replication.read_after(conn, after, timeout=0.1)
    new.execute("CHECKPOINT")
    group.wait_for_standbys()
    standby.execute("CHECKPOINT")
    assert_reached(plain, after)


def position_after(node: Node, query: str) -> str:
    node.execute(query)
    with connect(node.uri()) as conn:
        return replication.position(conn)


def assert_reached(place: str, *positions: str) -> None:
    with connect(place) as conn:
        for position in positions:
            replication.read_after(conn, position)
