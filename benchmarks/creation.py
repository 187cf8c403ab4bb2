"""How many runs are created per second, of one name and of many.

Sessions create runs as fast as they can, each in a transaction that stays open for a while, as that
of a service does.  Runs of one name are numbered one after the other; runs of different names are
not to wait for each other.

    python -m benchmarks.creation
    python -m benchmarks.creation --sessions 16 --runs 100 --open 0.005
"""

from __future__ import annotations

import argparse
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg

from reana_db import embedded, lifecycle, migrate

INSERT_USER = """
INSERT INTO __reana.user_ (created, updated, id_, email)
VALUES (now(), now(), %(user_id)s, %(user_id)s::text)
"""


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=16)
    parser.add_argument("--runs", type=int, default=100, help="by each session")
    parser.add_argument("--open", type=float, default=0.005, help="seconds before each commit")
    given = parser.parse_args()
    with embedded.start() as server:
        migrate.apply(server.uri())
        one = throughput(server.uri(), given, ["analysis"])
        many = throughput(server.uri(), given, [f"analysis{n}" for n in range(given.sessions)])
    print(f"one name:        {one:8.0f} runs/s")
    print(f"different names: {many:8.0f} runs/s, {many / one:.1f} times as many")


def throughput(uri: str, given: argparse.Namespace, names: list[str]) -> float:
    """Return the runs created per second by all sessions; each takes one of the names."""
    owner = uuid4()
    with psycopg.connect(uri) as conn:
        conn.execute(INSERT_USER, {"user_id": owner})
    start = threading.Barrier(given.sessions + 1)

    def session(number: int) -> None:
        with psycopg.connect(uri) as conn:
            start.wait()
            for _ in range(given.runs):
                create(conn, owner, names[number % len(names)], given.open)

    with ThreadPoolExecutor(given.sessions) as threads:
        sessions = [threads.submit(session, number) for number in range(given.sessions)]
        start.wait()
        began = time.perf_counter()
        for finished in sessions:
            finished.result()
    return float(given.sessions * given.runs / (time.perf_counter() - began))


def create(conn: psycopg.Connection, owner: UUID, name: str, seconds: float) -> None:
    """Create a run and commit after some time."""
    lifecycle.create(
        conn,
        owner_id=owner,
        name=name,
        specification={},
        type_="serial",
        workspace_path="/var/reana/benchmark",
        retention_rules={"**/*": 30},
    )
    time.sleep(seconds)
    conn.commit()


if __name__ == "__main__":
    main()
