"""Logs that grow, side by side with another revision of this repository.

Each revision migrates a database of its own on one private server without fsync.  A kilobyte is
appended to logs of several sizes, in turns.  Printed are the milliseconds of the server's process
for one message (lower quartiles), and the bytes on disk of the logs of 10,000 runs.

    python -m benchmarks.logs 22edd9c
    REANA_DB_EMBEDDED_BINDIR=/usr/lib/postgresql/15/bin python -m benchmarks.logs …
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import against, report, texts
from benchmarks.contenders import cpu_of

SIZES = {"0.1 MB": 1_000, "1 MB": 10_000, "10 MB": 100_000}
"""Lines of about 100 bytes."""
RUNS = 10_000
LINES = 200
"""Of each of them."""
INSERT = """
INSERT INTO __reana.workflow (id_, owner_id, name, type_, workspace_path, logs)
VALUES (%s, %s, 'logs', 'serial', '/var/reana/logs', %s)
"""
APPEND = "UPDATE __reana.workflow SET logs = concat(logs, %s::text, E'\\n') WHERE id_ = %s"
COMPRESSION = "SELECT pg_column_compression(logs) FROM __reana.workflow WHERE id_ = %s"
ON_DISK = "SELECT pg_total_relation_size('__reana.workflow')"
OWNER = UUID(int=0)

Session = psycopg.Connection[Any]


def append(conn: Session, run: UUID, text: str) -> float:
    """Return the milliseconds of a message."""
    before = cpu_of(conn.info.backend_pid)
    conn.execute(APPEND, [text, run])
    return (cpu_of(conn.info.backend_pid) - before) / 1e6


def appending(sides: Sequence[Session], size: str, rounds: int) -> list[str]:
    """Return the cells of one size."""
    run, logs = UUID(int=SIZES[size]), texts.log_text(0, SIZES[size])
    for conn in sides:
        conn.execute(INSERT, [run, OWNER, logs])
        append(conn, run, logs[:1000])
    taken = [[append(conn, run, logs[:1000]) for conn in sides] for _ in range(rounds)]
    ours, other = (against.typical(list(column)) for column in zip(*taken, strict=True))
    return [f"append 1 KB to {size}", f"{ours:.2f}", f"{other:.2f}", f"{ours / other:.2f}"]


def on_disk(conn: Session) -> int:
    """Return the bytes that the runs with their logs take."""
    conn.execute("VACUUM FULL __reana.workflow")
    before = size_of(conn)
    with conn.transaction():
        for number in range(RUNS):
            run = UUID(int=2 * max(SIZES.values()) + number)
            conn.execute(INSERT, [run, OWNER, texts.log_text(number, LINES)])
    return size_of(conn) - before


def size_of(conn: Session) -> int:
    """Return the bytes of the table of runs."""
    return int(conn.execute(ON_DISK).fetchall()[0][0])


def compression(conn: Session) -> str:
    """Return the name of the compression of logs; older servers have one."""
    if conn.info.server_version < 140000:
        return "pglz"
    return str(conn.execute(COMPRESSION, [UUID(int=SIZES["1 MB"])]).fetchall()[0][0])


def main() -> None:
    """Run the benchmark."""
    given = against.arguments(__doc__, 40)
    with against.sides(given.revision) as databases:
        conns = [psycopg.connect(uri, autocommit=True) for _, uri in databases]
        table = [["", "ours", given.revision, "x"]]
        table += [appending(conns, size, given.rounds) for size in SIZES]
        table.append(["compression", *map(compression, conns), ""])
        ours, theirs = map(on_disk, conns)
        cells = [f"{ours / 1e6:.1f}", f"{theirs / 1e6:.1f}", f"{ours / theirs:.2f}"]
        table.append([f"MB of {RUNS} runs with {LINES} lines", *cells])
        for conn in conns:
            conn.close()
    print(report.markdown_of(table))


if __name__ == "__main__":
    main()
