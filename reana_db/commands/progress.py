"""Progress of long work: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

import click

from reana_db.records import Progress

SECONDS_PER_LINE = 10.0

logger = logging.getLogger("reana_db")


def shown() -> Progress:
    """Return what shows progress on standard error."""
    return _Bar() if sys.stderr.isatty() else _Lines()


class _Bar(Progress):
    def __init__(self) -> None:
        self._bar: Any = None
        self._left = 0

    def start(self, label: str, total: int) -> None:
        self._left = total
        if total:
            self._bar = click.progressbar(length=total, label=label, file=sys.stderr, show_pos=True)
            self._bar.render_progress()

    def advance(self, steps: int) -> None:
        """Move the bar, not beyond its end, and end its line there."""
        if self._left <= 0:
            return
        self._bar.update(min(steps, self._left))
        self._left -= steps
        if self._left <= 0:
            self._bar.render_finish()


class _Lines(Progress):
    def __init__(self) -> None:
        self._label, self._total, self._done = "", 0, 0
        self._next = time.monotonic() + SECONDS_PER_LINE

    def start(self, label: str, total: int) -> None:
        self._label, self._total, self._done = label, total, 0
        logger.info("%s: %d to do", label, total)

    def advance(self, steps: int) -> None:
        self._done += steps
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SECONDS_PER_LINE
            logger.info("%s: %d of %d", self._label, self._done, self._total)
