"""Single calls, side by side with another revision of this repository.

Each revision migrates a database of its own on one private server without fsync, and plays lives
of runs in it, in turns.  Printed for each call are the client's wall time, its CPU and the CPU of
the server's process (lower quartiles), how many times those of the other revision they are, and the
statements and round trips of both.

    python -m benchmarks.against 22edd9c
    REANA_DB_EMBEDDED_BINDIR=/usr/lib/postgresql/15/bin python -m benchmarks.against …
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import psycopg

from benchmarks import report, servers, texts
from benchmarks.contenders import Contender, Sample
from benchmarks.database import SECRET_KEY
from benchmarks.wire import Proxy, Traffic
from benchmarks.worker import Arguments
from reana_db import embedded

HERE = Path(__file__).parent
USERS = 100
WARMING = 10
"""Lives before anything is measured: statements are prepared, plans kept."""
LIVES = 5
"""Of a round: each call is made for all of them before the next one."""
CALLS = (
    *("authenticate", "create", "queue", "start", "message", "create_job", "job_running"),
    *("append_logs", "job", "get", "resolve", "list_runs", "user_quota", "has_exceeded"),
    *("last_message", "restart", "delete"),
)
"""In the order of a run's life."""
CREATE_USERS = """
from uuid import UUID
from reana_db import accounts
from reana_db.accounts import NewUser
from reana_db.database import connect
with connect() as conn:
    users = [NewUser(email=f"{n}@cern.ch", token=f"token {n}", id_=UUID(int=n)) for n in range(100)]
    accounts.create_many(conn, users)
"""


def extract(revision: str, directory: Path) -> Path:
    """Write the files of a revision to a directory."""
    command = ["git", "-C", str(HERE.parent), "archive", revision, "reana_db", "migrations"]
    archive = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(directory, filter="data")
    return directory


def environment(checkout: Path, uri: str) -> dict[str, str]:
    """Return the environment of a process that uses a checkout."""
    return {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "REANA_SQLALCHEMY_DATABASE_URI": uri,
        "REANA_SECRET_KEY": SECRET_KEY,
    }


def make(server: psycopg.Connection[Any], name: str, checkout: Path) -> str:
    """Make a database with the migrations of a checkout, and users."""
    place = server.info
    parameters = {"host": place.host, "port": place.port, "password": place.password}
    uri = servers.uri(**parameters, dbname=name)
    for arguments in (
        ["-m", "reana_db", "init"],
        ["-m", "reana_db", "quota", "policy", "cpu"],
        ["-c", CREATE_USERS],
    ):
        command = [sys.executable, *arguments]
        given = environment(checkout, uri)
        subprocess.run(command, check=True, cwd=checkout, env=given, stdout=subprocess.DEVNULL)
    return uri


@contextmanager
def sides(revision: str) -> Iterator[list[tuple[Path, str]]]:
    """Yield our checkout and that of a revision, each with the URI of a database on one server."""
    with (
        tempfile.TemporaryDirectory() as directory,
        embedded.start(settings=servers.SETTINGS) as private,
        psycopg.connect(private.uri(), autocommit=True) as server,
    ):
        checkouts = {"ours": HERE.parent, "other": extract(revision, Path(directory))}
        yield [(checkout, make(server, name, checkout)) for name, checkout in checkouts.items()]


def arguments(description: str | None, rounds: int) -> argparse.Namespace:
    """Read the command line: a revision and the number of rounds."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision", help="as git names it")
    parser.add_argument("--rounds", type=int, default=rounds)
    return parser.parse_args()


def of_life(number: int) -> Arguments:
    """Return the arguments of the calls of a run's life."""
    user = number % USERS
    return {
        "user_id": str(UUID(int=user)),
        "token": f"token {user}",
        "workflow_id": str(uuid5(NAMESPACE_OID, f"run {number}")),
        "job_id": str(uuid5(NAMESPACE_OID, f"job {number}")),
        "name": f"analysis-{number}",
        "text": f"analysis-{number}.1",
        "workspace_path": f"/var/reana/{number}",
        "page": 1,
        "size": 10,
        "specification": texts.specification(number % 64),
        "logs": texts.log_text(number % 64, 2),
    }


def traffic_of(side: Contender, uri: str, first: int) -> list[Traffic]:
    """Return what goes over the wire for each call, once statements are prepared."""
    found: list[Traffic] = []
    with Proxy(uri) as proxy:
        side.connect(proxy.uri)
        for number in range(first, first + WARMING):
            found = []
            for name in CALLS:
                proxy.reset()
                side.run(name, [of_life(number)])
                found.append(proxy.traffic)
    return found


def measure(sides: list[Contender], uris: list[str], rounds: int) -> list[list[list[Sample]]]:
    """Return the samples of each side, round by round and call by call."""
    found: list[list[list[Sample]]] = [[], []]
    for side, uri in zip(sides, uris, strict=True):
        side.connect(uri)
    for number in range(-1, rounds):
        lives = [of_life(number * LIVES + life) for life in range(LIVES)]
        for one in (0, 1) if number % 2 else (1, 0):
            samples = [sides[one].run(name, lives) for name in CALLS]
            if number >= 0:
                found[one].append(samples)
    return found


def lines(found: list[list[list[Sample]]], traffic: list[list[Traffic]]) -> list[list[str]]:
    """Return the cells of the table."""
    told = [["call", "wall", "x", "client CPU", "x", "server CPU", "x", "statements", "trips"]]
    for call, name in enumerate(CALLS):
        ours, other = ([samples[call] for samples in side] for side in found)
        cells = [name]
        for kind in ("latency", "cpu", "server"):
            these, those = (
                typical([per_call(one, kind) for one in side]) for side in (ours, other)
            )
            cells += [report.time(these), f"{these / those:.2f}" if those else "-"]
        for kind in ("statements", "round_trips"):
            cells.append(" / ".join(f"{getattr(side[call], kind):.0f}" for side in traffic))
        told.append(cells)
    return told


def typical(values: list[float]) -> float:
    """Return the lower quartile: other programs only add to what something takes."""
    return statistics.quantiles(values, n=4)[0]


def per_call(sample: Sample, kind: str) -> float:
    """Return the nanoseconds of one call."""
    if kind == "latency":
        return statistics.median(sample.latencies)
    total = sample.cpu if kind == "cpu" else sample.server
    return total / len(sample.latencies)


def main() -> None:
    """Run the benchmark."""
    given = arguments(__doc__, 100)
    with ExitStack() as stack:
        databases = stack.enter_context(sides(given.revision))
        uris = [uri for _, uri in databases]
        workers = [
            stack.enter_context(Contender("ours", environment(*place))) for place in databases
        ]
        found = measure(workers, uris, given.rounds)
        first = given.rounds * LIVES
        traffic = [traffic_of(*pair, first) for pair in zip(workers, uris, strict=True)]
    print(report.markdown_of(lines(found, traffic)))


if __name__ == "__main__":
    main()
