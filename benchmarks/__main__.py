"""Services' operations, side by side: this library, the same by hand, released reana-db.

python -m benchmarks                                  everything
python -m benchmarks --workflows 10000 --quick        a quick look
python -m benchmarks --only create message            some operations
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import comparison, options, report, servers
from benchmarks.comparison import Entrant, Results
from benchmarks.contenders import OTHERS, OWN, RELEASES, available, is_released
from benchmarks.database import BenchmarkError
from benchmarks.operations import World
from benchmarks.report import FLOOR
from benchmarks.servers import Site, uri_of


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = options.parser("benchmarks", __doc__)
    options.add_measuring(parser)
    parser.add_argument("--workflows", type=int, default=200_000)
    parser.add_argument("--contenders", nargs="+", default=[*OWN, *RELEASES])
    return parser.parse_args(given)


def compare(site: Site, given: argparse.Namespace, names: list[str]) -> Results:
    """Build what is missing, and measure."""
    site.build()
    world = World.of(site)
    with site.copies(released=any(map(is_released, names))) as uris:
        entrants = [Entrant(name, name, uri_of(name, uris), world) for name in names]
        return comparison.run(options.chosen(given), entrants, options.scale(given))


def main() -> None:
    """Run the benchmark."""
    given = arguments()
    names = available(given.contenders)
    try:
        with servers.server(given.directory) as uri:
            site = Site(uri, given.workflows, given.users)
            results = compare(site, given, names)
            print(report.table(results, names))
            if FLOOR in names and not OTHERS.keys().isdisjoint(names):
                for kind, title in (
                    ("cpu", "processor time of the client"),
                    ("latency", "latency"),
                ):
                    print(f"\nTimes {FLOOR}, {title}\n\n{report.others(results, names, kind)}")
    except BenchmarkError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
