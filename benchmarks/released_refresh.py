"""The refresh of a released reana-db, on a sample of the runs; for its interpreter, not for ours.

Runs its own function, stops after so many runs and prints what they took, as JSON.

    REANA_SQLALCHEMY_DATABASE_URI=… python released_refresh.py cpu 1000
"""

from __future__ import annotations

import contextlib
import importlib
import json
import resource
import sys
import time
from typing import Any


class EnoughError(Exception):
    """As many runs were refreshed as were asked for."""


class Clock:
    """Takes the place of the timer that reports progress."""

    made: Clock
    sample = 0

    def __init__(self, name: str = "", total: int = 0, *_: Any) -> None:
        """Begin when all runs are loaded."""
        self.name = name
        self.total = total
        self.count = 0
        self.started = self.last = time.perf_counter()
        Clock.made = self

    def count_event(self) -> None:
        """Note that a run is refreshed; raise EnoughError after the last one."""
        self.count += 1
        self.last = time.perf_counter()
        if self.count >= self.sample:
            raise EnoughError


def main(kind: str, sample: int) -> None:
    """Refresh the sample and print what it took."""
    utils: Any = importlib.import_module("reana_db.utils")
    utils.Timer = Clock
    Clock.sample = sample
    began = time.perf_counter()
    with contextlib.suppress(EnoughError):
        getattr(utils, f"update_workflows_{kind}_quota")()
    clock = Clock.made
    found = {
        "runs": clock.total,
        "loading": clock.started - began,
        "per_run": (clock.last - clock.started) / clock.count,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
