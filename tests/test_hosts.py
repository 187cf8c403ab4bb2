"""Several hosts in a connection string: a silent one does not hold up the others for long."""

from __future__ import annotations

import pytest
from psycopg.abc import ConnDict
from psycopg.conninfo import conninfo_to_dict

from reana_db import Settings, connect, hosts
from reana_db.errors import NoConnection
from tests.support.door import Door
from tests.support.restartable import changed

THREE = "host=a,b,c port=1,2,3 dbname=x"


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_silent_since", {})


def tried(conninfo: str = THREE) -> list[str]:
    return [str(place["host"]) for place in hosts.places(conninfo)]


def place_of(host: str) -> ConnDict:
    return next(place for place in hosts.places(THREE) if place["host"] == host)


def test_hosts_are_tried_in_their_order_with_their_ports() -> None:
    found = [(place["host"], place["port"], place["dbname"]) for place in hosts.places(THREE)]
    assert found == [("a", "1", "x"), ("b", "2", "x"), ("c", "3", "x")]


def test_a_single_port_is_that_of_all_hosts() -> None:
    assert [place["port"] for place in hosts.places("host=a,b port=7")] == ["7", "7"]


def test_hosts_are_shuffled_where_load_is_to_be_balanced() -> None:
    orders = {tuple(tried(f"{THREE} load_balance_hosts=random")) for _ in range(200)}
    assert len(orders) == 6


def test_a_silent_host_is_left_out_and_later_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = place_of("a")
    hosts.note_silence(silent)
    assert tried() == ["b", "c"]
    monkeypatch.setattr(hosts, "LEFT_OUT_SECONDS", 0.0)
    assert tried() == ["b", "c", "a"]
    hosts.note_answer(silent)
    assert tried() == ["a", "b", "c"]


def test_all_are_asked_if_all_were_silent() -> None:
    for host in "abc":
        hosts.note_silence(place_of(host))
    assert tried() == ["a", "b", "c"]


def test_any_server_will_do_after_no_standby_did() -> None:
    found = hosts.places("host=a,b target_session_attrs=prefer-standby")
    kinds = [(place["host"], place["target_session_attrs"]) for place in found]
    assert kinds == [("a", "standby"), ("b", "standby"), ("a", "any"), ("b", "any")]


@pytest.mark.slow
def test_a_frozen_host_costs_its_timeout_once(door: Door, settings: Settings) -> None:
    door.become("silent")
    port = conninfo_to_dict(settings.conninfo or "")["port"]
    two = changed(
        settings,
        host="127.0.0.1,127.0.0.1",
        port=f"{door.port},{port}",
        connect_timeout=3,
        target_session_attrs="read-write",
    )
    connect(two).close()
    assert [place["port"] for place in hosts.places(two.conninfo or "")] == [port]


def test_the_error_tells_of_all_hosts() -> None:
    with pytest.raises(NoConnection) as caught:
        connect("host=127.0.0.1,127.0.0.2 port=1 dbname=x")
    cause = str(caught.value.__cause__)
    assert "127.0.0.1" in cause
    assert "127.0.0.2" in cause
