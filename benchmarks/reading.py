"""How much CPU listings and reports cost the primary, when standbys answer them.

A primary and two standbys; the same reads through a pool that leads to the primary, and through one
that only reads, in turns.  CPU is that of all processes of the primary.

    python -m benchmarks.reading
    python -m benchmarks.reading --workflows 2000 --rounds 3
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psycopg

from benchmarks import database
from reana_db import (
    Connection,
    Pool,
    Settings,
    listing,
    quota,
    reports,
    retention,
    scheduling,
    site_report,
    users,
    workflows,
)
from tests.support.replication import Group, Node, replicated

TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 4
SETTINGS = {"shared_buffers": "256MB", "autovacuum": "off"}


def reads(conn: Connection) -> None:
    """Do what pages of the web interface and reports of an administrator do."""
    for number in (database.HEAVY, database.STEADY):
        user_id = database.user_id(number)
        first, *_ = (listing.page(conn, user_id=user_id, page=page, size=20) for page in (1, 2, 3))
        listing.page(conn, user_id=user_id, shared=True, size=20)
        run = first.items[0]
        workflows.resolve(conn, run.full_name, user_id=user_id)
        reports.logs(conn, run.id_)
        retention.list_rules(conn, run.id_)
        quota.of_user(conn, user_id)
        scheduling.owner_load_priority(conn, user_id)
        users.find_by_id(conn, user_id)
    site_report.cluster_report(conn)


def cpu(node: Node) -> float:
    """Return the seconds that the processes of a server have used, those that ended too."""
    used = 0
    for pid in node.processes():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        own, ended = fields[11:13], fields[13:15]
        used += sum(map(int, own + (ended if pid == node.pid else [])))
    return used / TICKS


def measured(group: Group, pool: Pool, times: int) -> tuple[float, float]:
    """Return the CPU of the primary, and of the standbys, for so many turns."""
    with ExitStack() as stack:
        lent = [stack.enter_context(pool.connection()) for _ in range(CONNECTIONS)]
        before = [cpu(node) for node in (group.primary, *group.standbys)]
        for conn in lent * times:
            reads(conn)
            conn.commit()
        after = [cpu(node) for node in (group.primary, *group.standbys)]
    primary, *standbys = (late - early for early, late in zip(before, after, strict=True))
    return primary, sum(standbys)


def run(group: Group, given: argparse.Namespace) -> list[tuple[float, float, float]]:
    """Return for each round the CPU of the primary alone, beside standbys, and that of those."""
    database.build(group.primary.uri("site"), workflows=given.workflows, short=True)
    with psycopg.connect(group.primary.uri("site"), autocommit=True) as conn:
        conn.execute("VACUUM (ANALYZE)")
        conn.execute("CHECKPOINT")
    group.wait_for_standbys()
    alone = Settings(conninfo=group.primary.uri("site"))
    place = Settings(conninfo=f"{group.addresses()} dbname=site")
    found = []
    # The connections stay: a process that ends would be counted in another turn.
    with Pool(alone) as writing, Pool(place, read_only=True) as reading:
        for number in range(given.rounds + 1):
            former, _ = measured(group, writing, given.times)
            beside, theirs = measured(group, reading, given.times)
            if number:  # the first one fills the caches
                found.append((former, beside, theirs))
                sys.stdout.write(
                    f"round {number}: primary alone {former:.2f} s; with standbys {beside:.2f} s,"
                    f" which use {theirs:.2f} s\n"
                )
    return found


def main() -> int:
    """Run the benchmark; the exit status is 1 if the primary is left more than a tenth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--workflows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=10, help="turns of each connection in a round")
    given = parser.parse_args()
    with replicated(standbys=2, settings=SETTINGS) as group:
        found = run(group, given)
    share = median(beside / former for former, beside, _ in found)
    sys.stdout.write(f"left to the primary: {share:.1%} of its former CPU (median)\n")
    return int(share > 0.1)


if __name__ == "__main__":
    sys.exit(main())
