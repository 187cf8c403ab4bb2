"""What was measured, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.comparison import Measured, Results, ratio
from benchmarks.contenders import OTHERS, is_released
from benchmarks.operations import BY_NAME

FLOOR = "by hand"


def table(results: Results, names: Sequence[str]) -> str:
    """Return a table in Markdown: latencies, ratios, statements."""
    released = [name for name in names if is_released(name)]
    counted = [name for name in names if name not in OTHERS]
    header = ["operation", "ours", "by hand", "x", "client CPU", "x", "server CPU", "x"]
    for name in released:
        header += [name, "faster"]
    rows = [
        [BY_NAME[name].title, *_cells(found, released, counted)] for name, found in results.items()
    ]
    return markdown_of([[*header, "statements", "round trips"], *rows])


def _cells(found: dict[str, Measured], released: Sequence[str], names: Sequence[str]) -> list[str]:
    ours, floor = found["ours"], found.get(FLOOR)
    cells = [time(ours.median()), time(floor.median()) if floor else ""]
    for kind in ("latency", "cpu", "server"):
        if kind != "latency":
            cells.append(time(ours.median(kind)))
        cells.append(f"{ratio(ours, floor, kind):.2f}" if floor else "")
    for name in released:
        other = found.get(name)
        cells += [time(other.median()), f"{1 / ratio(ours, other):.1f} x"] if other else ["-", "-"]
    for kind in ("statements", "round_trips"):
        counts = (
            f"{getattr(found[name].traffic, kind):.0f}" if name in found else "-" for name in names
        )
        cells.append(" / ".join(counts))
    return cells


def others(results: Results, names: Sequence[str], kind: str) -> str:
    """Return a table of the ways to execute the same statements, as multiples of the floor.

    ``kind``: ``latency`` or ``cpu``, the processor time of the client.
    """
    ways = ["ours", *(name for name in names if name in OTHERS)]
    rows = [
        [
            BY_NAME[name].title,
            *(f"{ratio(found[way], found[FLOOR], kind):.2f}" for way in ways),
        ]
        for name, found in results.items()
        if FLOOR in found
    ]
    return markdown_of([["operation", *ways], *rows])


def time(nanoseconds: float) -> str:
    """Return a time as people read it."""
    if nanoseconds < 10_000_000:
        return f"{nanoseconds / 1000:.0f} µs"
    return f"{nanoseconds / 1_000_000:.1f} ms"


def markdown_of(lines: list[list[str]]) -> str:
    """Return rows of cells, the first one being the header, as Markdown."""
    rule = ["---", *("---:" for _ in lines[0][1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], rule, *lines[1:]])
