"""The test suite on every supported version of PostgreSQL: ``tox -e matrix``.

::

    python -m tests.matrix                                    everything on 12 to 18
    python -m tests.matrix -V 12 -V 14 tests/migrating/test_migrate.py  some tests on some versions

A version that cannot be found is shown as such.  Ends with 1 if a test failed, or none ran.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import click

from tests.support.postgresql_binaries import PACKAGES, NotToBeHad, find

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Result:
    """What the suite said on one version; the counts are None where it did not run."""

    major: int
    origin: str
    passed: int | None = None
    failed: int | None = None
    skipped: int | None = None
    seconds: float = 0

    @property
    def bad(self) -> bool:
        """Whether tests failed, or none ran."""
        return self.failed != 0 or self.passed == 0

    def row(self) -> str:
        """Return the line of the table."""
        if self.passed is None:
            return f"{self.major:>10}  not to be had: {self.origin}"
        counts = f"{self.passed:>7} {self.failed:>7} {self.skipped:>8}"
        return f"{self.major:>10}  {self.origin:<10} {counts} {self.seconds:>8.0f}"


HEADER = (
    f"{'PostgreSQL':>10}  {'origin':<10} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}"
)


def _environment(**additions: str) -> dict[str, str]:
    named = ("REANA_DB_TEST_URI", "REANA_DB_EMBEDDED_BINDIR")
    inherited = {name: value for name, value in os.environ.items() if name not in named}
    return {**inherited, **additions}


def _run(major: int, arguments: tuple[str, ...], report: Path) -> Result:
    """Run the suite on one version."""
    try:
        source = find(major)
    except NotToBeHad as reason:
        return Result(major, str(reason))
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
    click.echo(f"\nPostgreSQL {major} ({source.origin})")
    started = time.monotonic()
    subprocess.run(command, cwd=ROOT, env=_environment(**source.environment), check=False)
    seconds = time.monotonic() - started
    return Result(major, source.origin, *_counts(report), seconds)


def _counts(report: Path) -> tuple[int, int, int]:
    """Return how many tests passed, failed and were skipped."""
    if not report.exists():
        return 0, 1, 0
    suite = ET.parse(report).getroot().find("testsuite")
    assert suite is not None
    total, skipped, failures, errors = (
        int(suite.get(name, "0")) for name in ("tests", "skipped", "failures", "errors")
    )
    return total - skipped - failures - errors, failures + errors, skipped


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "-V", "--version", "majors", type=click.Choice([str(m) for m in PACKAGES]), multiple=True
)
@click.argument("arguments", nargs=-1)
def main(majors: tuple[str, ...], arguments: tuple[str, ...]) -> None:
    """Run pytest with ARGUMENTS on each version, and print a table."""
    with tempfile.TemporaryDirectory() as reports:
        results = [
            _run(major, arguments, Path(reports, f"{major}.xml"))
            for major in ([int(major) for major in majors] or PACKAGES)
        ]
    click.echo("\n" + "\n".join([HEADER, *(result.row() for result in results)]))
    ran = [result for result in results if result.passed is not None]
    sys.exit(not ran or any(result.bad for result in ran))


if __name__ == "__main__":
    main()
