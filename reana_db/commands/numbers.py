"""Numbers that options take, with their bounds."""

from __future__ import annotations

import math
from typing import Any

import click

from reana_db.values import LONGEST_PERIOD, LONGEST_RETENTION

LONGEST_WAIT = 1_000_000.0
MOST_WORKERS = 1024


class Seconds(click.FloatRange):
    """A finite number of seconds, up to eleven days."""

    def __init__(self, shortest: float = 0.0) -> None:
        super().__init__(shortest, LONGEST_WAIT)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number; "nan" is below and above no bound."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number", param, ctx)
        return seconds


DAYS = click.IntRange(1, LONGEST_RETENTION)
MONTHS = click.IntRange(1, LONGEST_PERIOD)

WORKERS = click.IntRange(1, MOST_WORKERS)
