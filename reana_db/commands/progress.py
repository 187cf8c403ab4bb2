"""Progress of long work: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import click

SECONDS_PER_LINE = 10.0

logger = logging.getLogger("reana_db")

Report: TypeAlias = Callable[[int, int], None]
"""Is told how much is done, and about how much there is."""


@contextmanager
def shown(what: str) -> Iterator[Report]:
    """Yield a function that shows progress on standard error."""
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    with click.progressbar(length=1, label=what, show_pos=True, file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield report


def _lines(what: str) -> Report:
    next_line = time.monotonic() + SECONDS_PER_LINE

    def report(done: int, total: int) -> None:
        nonlocal next_line
        if time.monotonic() >= next_line:
            next_line += SECONDS_PER_LINE
            logger.info("%s: %d of %d", what, done, total)

    return report
