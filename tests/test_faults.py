"""Faults under load: what was acknowledged is there once, nothing twice, nothing half."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from reana_db import Connection, connect, embedded
from reana_db.migrating import installation
from tests.support import soak
from tests.support.factories import make_user

SECONDS = soak.SECONDS or 4
PROCESSES = soak.size(4, 8)

CLIENT = """
import json, sys, time, uuid
from reana_db import Pool, deletion, errors, lifecycle

place, owner, number, seconds = sys.argv[1:]
pool = Pool(place, options="-c lock_timeout=200")
ends = time.monotonic() + float(seconds)
done = {"runs": [], "lines": {}, "deleted": [], "typed": 0, "untyped": []}

def attempt(work, note):
    try:
        note(pool.run(work, idempotent=True, deadline=60))
    except errors.ReanaDBError as error:
        done["typed"] += 1
        return False
    except Exception as error:
        done["untyped"].append(repr(error))
        return False
    return True

while time.monotonic() < ends:
    run = uuid.uuid4()

    def create(conn):
        return lifecycle.create(
            conn, workflow_id=run, owner_id=owner, name=f"w{number}", specification={},
            type_="serial", workspace_path=f"/w/{run}", retention_rules={"*": 1},
        )

    if not attempt(create, lambda made: done["runs"].append(str(made.id_))):
        continue
    done["lines"][str(run)] = []
    ended = True
    for line, status in enumerate([None, "queued", "running", None, "finished"]):
        def message(conn):
            return lifecycle.apply_status_message(
                conn, run, status=status, logs=f"line {line}", message_id=str(line)
            )
        def note(applied):
            if applied.outcome in ("applied", "repeated"):
                done["lines"][str(run)].append(line)
        ended = attempt(message, note) and ended
    if ended and run.int % 3 == 0:
        attempt(
            lambda conn: deletion.delete_run(conn, run),
            lambda _: done["deleted"].append(str(run)),
        )
print(json.dumps(done))
"""


def terminate(server: embedded.Server) -> None:
    with connect(server.uri("faults"), autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = 'faults' AND pid <> pg_backend_pid() AND random() < 0.5"
        )


def lock(server: embedded.Server) -> None:
    """Hold what everybody needs for longer than anybody waits."""
    with connect(server.uri("faults")) as conn:
        conn.execute("LOCK TABLE __reana.workflow IN SHARE MODE")
        time.sleep(0.4)


STORED = """
SELECT
    id_, name, run_number_major, status::text, logs,
    (SELECT count(*) FROM __reana.workspace_retention_rule WHERE workflow_id = workflow.id_),
    (SELECT count(*) FROM __reana.workflow_resource WHERE workflow_id = workflow.id_)
FROM __reana.workflow
"""

FAULTS: list[Callable[[embedded.Server], None]] = [
    terminate,
    lock,
    lambda server: server.restart(),
    lambda server: server.restart(immediate=True),
]


@pytest.fixture(scope="module")
def site() -> Iterator[embedded.Server]:
    """A server of its own that may be restarted, with a complete database."""
    with embedded.start(tcp=True, settings={"max_connections": "100"}) as own:
        installation.install(own.uri("faults"))
        yield own


def start(site: embedded.Server, owner: UUID, number: int) -> subprocess.Popen[str]:
    """Start a client, which reports what was acknowledged."""
    command = [sys.executable, "-c", CLIENT, site.uri("faults"), str(owner), str(number)]
    return subprocess.Popen([*command, str(SECONDS)], stdout=subprocess.PIPE, text=True)


def make_faults(site: embedded.Server, ends: float) -> int:
    """Make each fault in turns; return how many there were."""
    chance, made = random.Random(16), 0
    while time.monotonic() < ends:
        time.sleep(chance.uniform(0.2, soak.size(1, 2)))
        FAULTS[made % len(FAULTS)](site)
        made += 1
    return made


def stored_runs(conn: Connection) -> dict[str, dict[str, Any]]:
    found = conn.execute(STORED).fetchall()
    names = ("name", "number", "status", "logs", "rules", "usage")
    return {str(run): dict(zip(names, row, strict=True)) for run, *row in found}


@pytest.mark.slow
@pytest.mark.soak
def test_faults_under_load_lose_nothing(site: embedded.Server) -> None:
    with connect(site.uri("faults")) as conn:
        owner = make_user(conn)
    clients = [start(site, owner, number) for number in range(PROCESSES)]
    made = make_faults(site, time.monotonic() + SECONDS)
    reports = [json.loads(client.communicate(timeout=120)[0]) for client in clients]

    assert [text for report in reports for text in report["untyped"]] == []
    assert all(client.returncode == 0 for client in clients)
    assert made >= len(FAULTS)
    runs = {run for report in reports for run in report["runs"]}
    assert runs
    with connect(site.uri("faults")) as conn:
        stored = stored_runs(conn)
    assert runs <= stored.keys()
    for report in reports:
        for run, lines in report["lines"].items():
            of_run = Counter(stored[run]["logs"].splitlines())
            assert all(number == 1 for number in of_run.values()), (run, of_run)
            assert {f"line {line}" for line in lines} <= of_run.keys(), (run, lines, of_run)
        assert {stored[run]["status"] for run in report["deleted"]} <= {"deleted"}
    assert sum(report["typed"] for report in reports) == 0, "a fault outlasted the deadline"
    assert {(item["rules"], item["usage"]) for item in stored.values()} == {(1, 2)}
    numbers = sorted((item["name"], item["number"]) for item in stored.values())
    assert len(set(numbers)) == len(numbers)
