"""What was measured, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.comparison import Measured, Results, ratio
from benchmarks.operations import BY_NAME, Operation

FLOOR = "by hand"
LATENCY_LIMIT = 1.10
"""How many times the latency of the floor an operation of one statement may have."""
CPU_LIMIT = 1.25
"""How many times the client CPU of the floor it may take."""


@dataclass(frozen=True, slots=True)
class Row:
    """An operation of ours, next to the others."""

    operation: Operation
    found: dict[str, Measured]

    @property
    def ours(self) -> Measured:
        return self.found["ours"]

    def latency(self, other: str) -> float | None:
        """Return how many times the latency of another ours is."""
        if other not in self.found:
            return None
        return ratio(self.ours.medians, self.found[other].medians)

    def cpu(self, other: str) -> float | None:
        """Return how many times the client CPU of another ours is."""
        return ratio(self.ours.cpus, self.found[other].cpus) if other in self.found else None

    def server(self, other: str) -> float | None:
        """Return how many times the CPU of the backend of another ours is."""
        if other not in self.found:
            return None
        return ratio(self.ours.servers, self.found[other].servers)

    def missed(self, released: Sequence[str]) -> Iterator[str]:
        """Yield the targets that were missed."""
        latency, cpu = self.latency(FLOOR), self.cpu(FLOOR)
        if self.operation.single and latency and cpu:
            if latency > LATENCY_LIMIT:
                yield f"latency {latency:.2f} x the floor"
            if cpu > CPU_LIMIT:
                yield f"CPU {cpu:.2f} x the floor"
        for name in released:
            slower = self.latency(name)
            if slower and 1 / slower < self.operation.faster:
                yield f"{1 / slower:.1f} x as fast as {name}, not {self.operation.faster:g} x"
            if slower and not self.found["ours"].traffic.below(self.found[name].traffic):
                yield f"as many statements as {name}"


def rows(results: Results) -> list[Row]:
    """Return the operations that were measured for us."""
    return [Row(BY_NAME[name], found) for name, found in results.items() if "ours" in found]


def table(results: Results, names: Sequence[str]) -> str:
    """Return a table in Markdown: latencies, ratios, statements."""
    released = [name for name in names if name not in ("ours", FLOOR)]
    header = ["operation", "ours", "p95", "by hand", "x", "client CPU", "x", "server CPU", "x"]
    for name in released:
        header += [name, "faster"]
    header += ["statements", "round trips"]
    return markdown_of([header, *(_cells(row, released, names) for row in rows(results))])


def _cells(row: Row, released: Sequence[str], names: Sequence[str]) -> list[str]:
    cells = [row.operation.title, time(row.ours.median), time(row.ours.p95)]
    floor = time(row.found[FLOOR].median) if FLOOR in row.found else ""
    cells += [floor, _ratio(row.latency(FLOOR))]
    cells += [time(row.ours.cpu), _ratio(row.cpu(FLOOR))]
    cells += [time(row.ours.server), _ratio(row.server(FLOOR))]
    for name in released:
        slower = row.latency(name)
        cells += [time(row.found[name].median), f"{1 / slower:.1f} x"] if slower else ["-", "-"]
    for kind in ("statements", "round_trips"):
        counts = (
            f"{getattr(row.found[name].traffic, kind):.0f}" if name in row.found else "-"
            for name in names
        )
        cells.append(" / ".join(counts))
    return cells


def time(nanoseconds: float) -> str:
    """Return a time as people read it."""
    if nanoseconds < 10_000_000:
        return f"{nanoseconds / 1000:.0f} µs"
    return f"{nanoseconds / 1_000_000:.1f} ms"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def aligned(lines: list[list[str]]) -> str:
    """Return rows of cells as columns of text."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def markdown_of(lines: list[list[str]]) -> str:
    """Return rows of cells, the first one being the header, as Markdown."""
    rule = ["---", *("---:" for _ in lines[0][1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], rule, *lines[1:]])


def verdict(results: Results, names: Sequence[str]) -> str:
    """Return what was missed, by operation."""
    released = [name for name in names if name not in ("ours", FLOOR)]
    missed = [(row.operation.title, list(row.missed(released))) for row in rows(results)]
    lines = [f"{title}: {'; '.join(what)}" for title, what in missed if what]
    return "\n".join(["missed:", *lines] if lines else ["every target is kept"])
