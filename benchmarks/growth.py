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
from benchmarks.operations import BY_NAME, Operation, World
from benchmarks.servers import Site

LIMIT = 1.3
"""How many times as long an operation may take in the largest database as in the smallest."""


def measure(site: Site, sizes: Sequence[int], given: argparse.Namespace) -> Results:
    """Build what is missing, and measure."""
    for size in sizes:
        site.of_size(size).build()
    with ExitStack() as stack:
        entrants = [_entrant(site.of_size(size), given, stack) for size in sizes]
        return comparison.run(
            options.chosen(given), entrants, options.scale(given), options.placement(given)
        )


def _entrant(site: Site, given: argparse.Namespace, stack: ExitStack) -> Entrant:
    uris = stack.enter_context(site.copies(released=False))
    world = World.of(site)
    return Entrant(f"{site.workflows:,}", given.contender, uris[False], world)


def growth(results: Results, name: str) -> float:
    """Return how many times as long an operation takes in the largest database."""
    found = list(results[name].values())
    return ratio(found[-1].medians, found[0].medians)


def server_growth(results: Results, name: str) -> float:
    """Return how many times as long the backend runs for it there."""
    found = list(results[name].values())
    return ratio(found[-1].servers, found[0].servers)


def missed(results: Results) -> list[str]:
    """Return what takes too long in the largest database, though it is about little of it."""
    return [
        f"{BY_NAME[name].title}: {growth(results, name):.2f} x"
        for name in results
        if not BY_NAME[name].grows and growth(results, name) > LIMIT
    ]


def table(results: Results) -> str:
    """Return the medians in Markdown, and the growth from the first size to the last."""
    sizes = list(next(iter(results.values())))
    header = ["operation", *sizes, "growth", "server CPU"]
    return report.markdown_of([header, *(_cells(results, name) for name in results)])


def _cells(results: Results, name: str) -> list[str]:
    operation: Operation = BY_NAME[name]
    times = [report.time(found.median) for found in results[name].values()]
    title = f"{operation.title} *" if operation.grows else operation.title
    factors = growth(results, name), server_growth(results, name)
    return [title, *times, *(f"{factor:.2f}" for factor in factors)]


def shown(results: Results) -> str:
    """Return the table, and what takes too long."""
    late = missed(results)
    verdict = "\n".join(["missed:", *late]) if late else f"nothing grows by more than {LIMIT} x"
    return f"{table(results)}\n\n* about everything there is: may grow\n\n{verdict}"


def main() -> None:
    """Run the benchmark."""
    parser = options.parser("benchmarks.growth", __doc__)
    options.add_measuring(parser)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--contender", default="ours")
    given = parser.parse_args()
    try:
        with servers.server(given.uri, given.directory) as uri:
            results = measure(Site(uri, 0, given.users), given.sizes, given)
            print(shown(results))
    except BenchmarkError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
