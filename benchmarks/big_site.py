"""What takes how long on the server of a site with 1,000,000 runs and 5,000,000 jobs.

One user owns 100,000 runs.  Measured is the processor time of the backend, as Linux tells it, in
milliseconds, without parallel workers: the median of some calls after a dozen that do not count.

    listings   every listing of that user and of a group with whom much is shared: all filters, all
               orders, page 1, page 1,000 (else the last) by number and by cursor
    report     the report of the site

    python -m benchmarks.big_site
    python -m benchmarks.big_site listings --workflows 100000
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks import database, options, report, servers
from benchmarks.contenders import cpu_of
from benchmarks.database import BenchmarkError
from benchmarks.servers import Site
from reana_db import database as connecting
from reana_db import listing, site_report
from reana_db.listing import ANYBODY, NOBODY, Sort
from reana_db.queries import Conn
from reana_db.records import RunStatus

WARMING, CALLS = 12, 5
MOST = 500
"""Milliseconds of all calls."""
SIZE = 10
FAR = 1000
LIMITS = {"listing": 10.0, "report": 50.0}
"""Milliseconds."""
OTHER = "user7@example.org"

SCOPES: dict[str, dict[str, Any]] = {
    "own": {},
    "own and shared with me": {"shared": True},
    "shared with me": {"shared_by": ANYBODY},
    "shared by one": {"shared_by": OTHER},
    "shared by me": {"shared_with": ANYBODY},
    "shared by me with one": {"shared_with": OTHER},
    "shared by me with nobody": {"shared_with": NOBODY},
}
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "not deleted": {"statuses": [each for each in RunStatus if each is not RunStatus.deleted]},
    "failed": {"statuses": [RunStatus.failed]},
    "running": {"statuses": [RunStatus.running]},
    "name of many": {"workflow_id_or_name": "nightly"},
    "name of some": {"workflow_id_or_name": "analysis-3"},
    "name of none": {"workflow_id_or_name": "nothing"},
    "part of many names": {"search": "IGHT"},
    "part of no name": {"search": "nothing"},
    "open session": {"interactive": True},
}


def milliseconds(conn: Conn, call: Callable[[], object]) -> float:
    """Return what the backend takes for a call."""
    pid = conn.info.backend_pid
    found: list[float] = []
    # What is slow keeps its plan, so that fewer calls tell.
    while len(found) < WARMING + CALLS and (len(found) < CALLS or sum(found) < MOST):
        before = cpu_of(pid)
        call()
        found.append((cpu_of(pid) - before) / 1e6)
    return statistics.median(found[-CALLS:])


def listings(conn: Conn, user: int) -> Iterator[tuple[str, str, Sort, list[float | None]]]:
    """Yield scope, filter and order, and what the first page and a far one take."""
    me = database.user_id(user)
    for scope, whose in SCOPES.items():
        for name, which in FILTERS.items():
            for sort in Sort:
                given: dict[str, Any] = {**whose, **which, "sort": sort, "size": SIZE}

                def ask(given: dict[str, Any] = given, **place: Any) -> listing.Page:
                    return listing.page(conn, me, **given, **place)

                first = ask()
                times: list[float | None] = [milliseconds(conn, ask), None, None]
                far = min(FAR, -(-first.total // SIZE))
                if far > 1:
                    cursor = ask(page=far - 1).next_cursor
                    times[1] = milliseconds(conn, partial(ask, page=far))
                    if cursor:
                        times[2] = milliseconds(conn, partial(ask, cursor=cursor))
                yield scope, name, sort, times


def measure_listings(conn: Conn, *, every: bool) -> bool:
    """Print what listings take, the worst of each kind; tell whether the limit is kept."""
    kept = True
    for user in (database.HEAVY, database.GROUP):
        print(f"\nuser {user}\n", flush=True)
        lines = [["listing", "page 1", "page 1,000", "by cursor"]]
        for scope, name, sort, times in listings(conn, user):
            slow = [time for time in times if time is not None and time > LIMITS["listing"]]
            kept = kept and not slow
            if slow or every or sort is Sort.NEWEST_FIRST:
                cells = ["" if time is None else f"{time:.1f}" for time in times]
                lines.append([f"{scope}, {name}, {sort}", *cells])
        print(report.markdown_of(lines))
    return kept


def measure_report(conn: Conn) -> bool:
    """Print what the report of the site takes; tell whether the limit is kept."""
    took = milliseconds(conn, lambda: site_report.cluster_report(conn))
    print(f"\nreport of the site: {took:.1f} ms")
    return took <= LIMITS["report"]


PARTS = ("listings", "report")


def main() -> None:
    """Run the benchmark."""
    parser = options.parser("benchmarks.big_site", __doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parser.add_argument("--workflows", type=int, default=1_000_000)
    parser.add_argument("--every", action="store_true", help="show what is within the limit, too")
    given: argparse.Namespace = parser.parse_args()
    kept = True
    try:
        with servers.server(given.directory) as uri:
            site = Site(uri, given.workflows, given.users, short=True)
            site.build()
            alone = "-c max_parallel_workers_per_gather=0"
            with connecting.connect(site.named(site.built), options=alone) as conn:
                conn.autocommit = True
                if "report" in given.parts:
                    kept &= measure_report(conn)
                if "listings" in given.parts:
                    kept &= measure_listings(conn, every=given.every)
    except BenchmarkError as error:
        sys.exit(str(error))
    raise SystemExit(not kept)


if __name__ == "__main__":
    main()
