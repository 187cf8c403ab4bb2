"""Services' operations, side by side: this library, psycopg by hand, released reana-db.

    python -m benchmarks                                  everything, on a private server
    python -m benchmarks --workflows 10000 --quick        a quick look
    python -m benchmarks --only create message            some operations
    python -m benchmarks --uri postgresql://postgres@…    on a server that runs; superuser

Results go to a directory: ``table.txt``, ``table.md`` and ``chart.svg``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import charts, comparison, imports, options, report, servers
from benchmarks.comparison import Entrant, Results
from benchmarks.contenders import OWN, RELEASES, available, is_released
from benchmarks.database import BenchmarkError, Layout
from benchmarks.imports import Import
from benchmarks.operations import World
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
    world = World.of(Layout(site.workflows, site.users))
    with site.copies(released=any(map(is_released, names))) as uris:
        entrants = [Entrant(name, name, uri_of(name, uris), world) for name in names]
        return comparison.run(
            options.chosen(given), entrants, options.scale(given), options.placement(given)
        )


def write(directory: Path, results: Results, found: dict[str, Import]) -> str:
    """Write the results to a directory, and return what is shown."""
    names = list(found)
    directory.mkdir(parents=True, exist_ok=True)
    shown = "\n\n".join(
        [report.table(results, names), report.import_table(found), report.verdict(results, names)]
    )
    (directory / "table.txt").write_text(shown + "\n", encoding="utf-8")
    (directory / "table.md").write_text(report.table(results, names, markdown=True) + "\n")
    groups = {
        row.operation.title: {name: item.median / 1e6 for name, item in row.found.items()}
        for row in report.rows(results)
    }
    (directory / "chart.svg").write_text(charts.bars("median latency", groups, "ms"))
    return shown


def main() -> None:
    """Run the benchmark."""
    given = arguments()
    names = available(given.contenders)
    try:
        with servers.server(given.uri, given.directory) as uri:
            site = Site(uri, given.workflows, given.users)
            results = compare(site, given, names)
            print(write(given.output, results, imports.measure(names)))
    except BenchmarkError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
