"""Options that several benchmarks have."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.comparison import Scale
from benchmarks.database import USERS
from benchmarks.operations import BY_NAME, OPERATIONS, Operation

DIRECTORY = Path.home() / ".cache" / "reana-db" / "benchmark" / "data"
THOROUGH = Scale()
QUICK = Scale(rounds=3, seconds=0.05)


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Make a parser that knows where a benchmark runs and where its results go."""
    made = argparse.ArgumentParser(
        prog=f"python -m {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--directory", type=Path, default=DIRECTORY, help="of the private server")
    made.add_argument("--users", type=int, default=USERS)
    return made


def add_measuring(made: argparse.ArgumentParser) -> None:
    """Add what is measured, and how often."""
    made.add_argument("--only", nargs="+", choices=list(BY_NAME), metavar="OPERATION")
    made.add_argument("--rounds", type=int, default=THOROUGH.rounds)
    made.add_argument("--seconds", type=float, default=THOROUGH.seconds, help="per round")
    made.add_argument("--quick", action="store_true", help="few rounds, few repetitions")


def chosen(options: argparse.Namespace) -> list[Operation]:
    """Return what is measured."""
    return [item for item in OPERATIONS if not options.only or item.name in options.only]


def scale(options: argparse.Namespace) -> Scale:
    """Return how often everything is done."""
    return QUICK if options.quick else Scale(options.rounds, options.seconds)
