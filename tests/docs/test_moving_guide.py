"""The guide for moving a service has twenty operations, and its code works."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from reana_db import config, lifecycle, workflows
from reana_db.pool import Pool
from reana_db.records import RunStatus
from tests.support import moving_guide
from tests.support.factories import make_workflow


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


@pytest.mark.usefixtures("settings")
def test_the_code_of_its_last_sections_does_what_it_says(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as conn, Pool() as pool:
        moving_guide.prepare(conn)
        for code, before, after in zip(
            moving_guide.last_blocks(),
            (RunStatus.created, RunStatus.queued),
            (RunStatus.running, RunStatus.failed),
            strict=True,
        ):
            names: dict[str, Any] = {
                "pool": pool,
                "workflow_id": make_workflow(conn, None, status=before),
                "status": RunStatus.running,
                "logs": "started",
                "delivery": SimpleNamespace(message_id="1"),
                "create_engine_pod": UUID,  # which refuses the id of a run
                "ApiException": AttributeError,
                "RunStatus": RunStatus,
                "lifecycle": lifecycle,
            }
            conn.commit()
            exec(code, names)
            assert workflows.get(conn, names["workflow_id"]).status is after
            conn.commit()
