"""Services' operations, side by side: this library, psycopg by hand, released reana-db.

    python -m benchmarks                                  everything, on a private server
    python -m benchmarks --workflows 10000 --quick        a quick look
    python -m benchmarks --only create message            some operations
    python -m benchmarks --uri postgresql://postgres@…    on a server that runs; superuser

Results go to a directory: ``results.json``, ``table.txt``, ``table.md`` and ``chart.svg``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import charts, imports, report, servers
from benchmarks.comparison import Comparison, Results, Scale
from benchmarks.contenders import OWN, RELEASES, Placement, available, is_released
from benchmarks.database import USERS, BenchmarkError, Layout
from benchmarks.imports import Import
from benchmarks.operations import BY_NAME, OPERATIONS, World
from benchmarks.servers import Site, uri_of

DIRECTORY = Path.home() / ".cache" / "reana-db" / "benchmark"
THOROUGH = Scale()
QUICK = Scale(rounds=3, seconds=0.05)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_site(parser)
    parser.add_argument("--contenders", nargs="+", default=[*OWN, *RELEASES])
    parser.add_argument("--only", nargs="+", choices=list(BY_NAME), metavar="OPERATION")
    parser.add_argument("--rounds", type=int, default=THOROUGH.rounds)
    parser.add_argument("--seconds", type=float, default=THOROUGH.seconds, help="per round")
    parser.add_argument("--quick", action="store_true", help="few rounds, few repetitions")
    parser.add_argument("--together", action="store_true", help="client and backend on one core")
    parser.add_argument("--output", type=Path, default=Path("benchmark-results"))
    return parser.parse_args(given)


def add_site(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where a benchmark runs."""
    parser.add_argument("--uri", help="a server; default: a private one")
    parser.add_argument("--directory", type=Path, default=DIRECTORY / "data", help="of that one")
    parser.add_argument("--workflows", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=USERS)


def compare(site: Site, options: argparse.Namespace, names: list[str]) -> Results:
    """Build what is missing, and measure."""
    scale = Scale(options.rounds, options.seconds)
    chosen = [item for item in OPERATIONS if not options.only or item.name in options.only]
    site.build()
    world = World.of(Layout(site.workflows, site.users))
    with site.copies(released=any(map(is_released, names))) as uris:
        race = Comparison(
            world,
            lambda name: uri_of(name, uris),
            QUICK if options.quick else scale,
            Placement.choose(apart=not options.together),
        )
        return race.run(chosen, names)


def write(
    directory: Path, results: Results, found: dict[str, Import], about: dict[str, int]
) -> str:
    """Write the results to a directory, and return what is shown."""
    names = list(found)
    directory.mkdir(parents=True, exist_ok=True)
    shown = "\n\n".join(
        [report.table(results, names), report.import_table(found), report.verdict(results, names)]
    )
    (directory / "table.txt").write_text(shown + "\n", encoding="utf-8")
    (directory / "table.md").write_text(report.table(results, names, markdown=True) + "\n")
    (directory / "results.json").write_text(report.to_json(report.document(results, found, about)))
    groups = {
        row.operation.title: {name: item.median / 1e6 for name, item in row.found.items()}
        for row in report.rows(results)
    }
    (directory / "chart.svg").write_text(charts.bars("median latency", groups, "ms"))
    return shown


def main() -> None:
    """Run the benchmark."""
    options = arguments()
    names = available(options.contenders)
    try:
        with servers.server(options.uri, options.directory) as uri:
            site = Site(uri, options.workflows, options.users)
            results = compare(site, options, names)
            about = {"workflows": site.workflows, "users": site.users}
            print(write(options.output, results, imports.measure(names), about))
    except BenchmarkError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
