"""The tests of the service, with the fixtures of ``reana-db[testing]``."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from reana_db import Pool, RunStatus, Settings, User
from reana_db.testing import SPECIFICATIONS, Site

from .app import create_app
from .consumer import consume

TOKEN = {"access_token": "user1token"}
BODY = {"name": "fit", "specification": SPECIFICATIONS["serial"]}


@pytest.fixture
def client(reana_db_settings: Settings, user1: User) -> Iterator[FlaskClient]:
    queued: SimpleQueue[UUID | None] = SimpleQueue()
    with Pool(reana_db_settings) as pool:
        worker = threading.Thread(target=consume, args=(pool, queued))
        worker.start()
        yield create_app(pool, queued).test_client()
        queued.put(None)
        worker.join()


def test_a_run_lives_its_life(client: FlaskClient) -> None:
    def get(path: str) -> Any:
        return client.get(path, query_string=TOKEN).get_json()

    made = client.post("/workflows", query_string=TOKEN, json=BODY)
    assert (made.status_code, made.get_json()["name"]) == (201, "fit.1")
    assert client.post("/workflows/fit.1/start", query_string=TOKEN).json == {"status": "queued"}
    until = time.monotonic() + 30
    while get("/workflows")["items"][0]["status"] != "finished":
        assert time.monotonic() < until
        time.sleep(0.02)
    assert get("/workflows/fit.1/logs") == {
        "engine": "Started.\nDone.\n",
        "jobs": {"greet": "$ python code/hello.py --name ${name}\n"},
    }
    assert client.delete("/workflows/fit.1", query_string=TOKEN).json == {"deleted": "fit.1"}


def test_a_running_run_is_not_deleted(
    client: FlaskClient, reana_db_site: Site, user1: User
) -> None:
    run = reana_db_site.run_in_status(RunStatus.running, owner=user1)
    found = client.delete(f"/workflows/{run.id_}", query_string=TOKEN)
    assert (found.status_code, found.json) == (409, {"message": "Stop it first."})


def test_an_unknown_token_is_refused(client: FlaskClient) -> None:
    assert client.get("/workflows", query_string={"access_token": "guess"}).status_code == 401


def test_who_exceeds_the_quota_creates_no_run(
    client: FlaskClient, reana_db_site: Site, user1: User
) -> None:
    reana_db_site.exceed_quota(reana_db_site.run_in_status(owner=user1))
    assert client.post("/workflows", query_string=TOKEN, json=BODY).status_code == 403
