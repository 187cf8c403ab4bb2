"""The guide for moving a service has twenty operations, and its code works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from reana_db import config
from tests.support import moving_guide


@pytest.fixture
def settings(fresh_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of a service."""
    monkeypatch.setenv("REANA_SQLALCHEMY_DATABASE_URI", fresh_db)
    monkeypatch.setenv("REANA_SECRET_KEY", moving_guide.SECRET_KEY)
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def test_it_has_twenty_numbered_operations() -> None:
    titles = [pair.title.partition(".")[0] for pair in moving_guide.pairs()[1:]]
    assert titles == [str(number) for number in range(1, 21)]


@pytest.mark.usefixtures("settings")
def test_its_new_code_does_what_it_says(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn:
        moving_guide.prepare(conn)
        names: dict[str, Any] = {"conn": conn, "specification": moving_guide.SPECIFICATION}
        for pair in moving_guide.pairs():
            exec(pair.after, names)
            if pair.title.startswith("1. "):
                names["pool"].close()
                names["conn"] = conn
        runs, rules, jobs, sessions = moving_guide.left(conn)
    assert {(run["name"], run["run_number_minor"]): run["status"] for run in runs} == {
        ("analysis", 0): "finished",
        ("analysis", 1): "deleted",
        ("earlier", 0): "finished",
    }
    assert {rule["name"]: rule["status"] for rule in rules} == {
        "analysis": "inactive",
        "earlier": "applied",
    }
    assert [job["status"] for job in jobs] == ["finished"]
    assert sessions == 0
    assert names["size"] == 1024
    assert names["names"] == ["analysis.1", "earlier.1"]
    assert (names["status"], names["text"]) == ("finished", "Started.\nDone.\n")
    assert names["logs"] == [("fit", "42\n")]
