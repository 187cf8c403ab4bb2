"""How much longer operations take in a larger database.

The same operations in databases of 10,000, 100,000 and 1,000,000 runs, in turns.  What is about one
run or one user must not take longer; what is about everything there is may.

    python -m benchmarks.growth
    python -m benchmarks.growth --sizes 10000 100000 --quick
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks import comparison, options, report, servers
from benchmarks.comparison import Entrant, Results, ratio
from benchmarks.database import BenchmarkError
from benchmarks.operations import BY_NAME, World
from benchmarks.servers import Site


def measure(site: Site, sizes: Sequence[int], given: argparse.Namespace) -> Results:
    """Build what is missing, and measure."""
    for size in sizes:
        site.of_size(size).build()
    with ExitStack() as stack:
        entrants = [_entrant(site.of_size(size), given, stack) for size in sizes]
        return comparison.run(options.chosen(given), entrants, options.scale(given))


def _entrant(site: Site, given: argparse.Namespace, stack: ExitStack) -> Entrant:
    uris = stack.enter_context(site.copies(released=False))
    world = World.of(site)
    return Entrant(f"{site.workflows:,}", given.contender, uris[False], world)


def table(results: Results) -> str:
    """Return the medians in Markdown, and the growth from the first size to the last."""
    sizes = list(next(iter(results.values())))
    rows = []
    for name, found in results.items():
        title = BY_NAME[name].title + (" \\*" if BY_NAME[name].grows else "")
        small, *_, large = found.values()
        factors = [f"{ratio(large, small, kind):.2f}" for kind in ("latency", "server")]
        rows.append([title, *(report.time(each.median()) for each in found.values()), *factors])
    return report.markdown_of([["operation", *sizes, "growth", "server CPU"], *rows])


def main() -> None:
    """Run the benchmark."""
    parser = options.parser("benchmarks.growth", __doc__)
    options.add_measuring(parser)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--contender", default="ours")
    given = parser.parse_args()
    try:
        with servers.server(given.directory) as uri:
            results = measure(Site(uri, 0, given.users), given.sizes, given)
            print(table(results))
    except BenchmarkError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
