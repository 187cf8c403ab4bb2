"""Charts of tables: a table followed by ``<!-- chart: column, column -->`` is drawn below it.

Where the first column has numbers, a line leads through the points of each column named. Otherwise
each row is a line of marks on a logarithmic scale. So text, table and chart cannot disagree, and
other renderers of Markdown show the table alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

CHARTED = re.compile(r"((?:^\|.*\n)+)\n<!-- chart: (.+) -->\n", re.MULTILINE)
MICROSECONDS = {"µs": 1, "ms": 1e3, "s": 1e6, "min": 6e7}
WIDTH, LEFT, TOP, ROW, HEIGHT, SIDE = 460, 14, 30, 36, 220, 12
MARKS = (
    '<circle cx="{x:.0f}" cy="{y:.0f}" r="5"/>',
    '<path d="M{x:.0f} {y:.0f}m-5 -5h10v10h-10z"/>',
    '<path d="M{x:.0f} {y:.0f}m0 -6l6 6l-6 6l-6 -6z"/>',
    '<path d="M{x:.0f} {y:.0f}m0 -6l6 11h-12z"/>',
)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of the columns that are drawn."""

    about: str
    """The head of the first column."""
    rows: list[str]
    columns: list[str]
    values: list[list[float | None]]
    """By column."""
    unit: str
    """µs for times, whatever they are written in; the suffix of other numbers."""


def add(text: str) -> str:
    """Return the source of a page with the charts that it asks for."""
    return CHARTED.sub(lambda match: f"{match[1]}\n{_block(match[1], match[2])}", text)


def _block(table: str, columns: str) -> str:
    return "\n".join(["```{raw} html", draw(read(table, columns.split(", "))), "```", ""])


def read(table: str, columns: list[str]) -> Table:
    """Read the columns of a table in Markdown."""
    header, _, *lines = [
        [_plain(cell) for cell in line.strip().strip("|").split("|")] for line in table.splitlines()
    ]
    if unknown := set(columns) - set(header):
        raise LookupError(f"no column {sorted(unknown)} to draw; there are {header}")
    numbers = [[_number(row[header.index(column)]) for row in lines] for column in columns]
    (unit,) = {unit for column in numbers for value, unit in column if value is not None}
    values = [[value for value, _ in column] for column in numbers]
    return Table(header[0], [row[0] for row in lines], columns, values, unit)


def _plain(cell: str) -> str:
    return re.sub(r"[`\\]", "", cell).strip()


def _number(cell: str) -> tuple[float | None, str]:
    """Return the number and the unit of a cell; of a range the middle."""
    match = re.match(r"([\d.,]+)(?:\u2013([\d.,]+))?\s*(\S*)", cell)
    if match is None:
        return None, ""
    given = [float(text.replace(",", "")) for text in match.group(1, 2) if text]
    factor = MICROSECONDS.get(match[3], 1)
    return factor * sum(given) / len(given), "µs" if match[3] in MICROSECONDS else match[3]


def draw(table: Table) -> str:
    """Draw the numbers of a table."""
    numbered = all(re.fullmatch(r"[\d,]+", row) for row in table.rows)
    height, parts = _lines(table) if numbered else _marks(table)
    said = f"Chart of the table above: {', '.join(table.columns)}"
    return "\n".join(
        [
            f'<svg class="picture chart" role="img" viewBox="0 0 {WIDTH} {height:.0f}"',
            f' width="{WIDTH}" aria-label="{escape(said)}">',
            *_legend(table.columns),
            *parts,
            "</svg>",
        ]
    )


def _legend(columns: list[str]) -> Iterator[str]:
    x = float(LEFT)
    for number, column in enumerate(columns):
        yield _mark(number, (x + 6, 12))
        yield _text(x + 18, 16, column)
        x += 36 + 7 * len(column)


def _marks(table: Table) -> tuple[float, list[str]]:
    """Draw each row as a line of marks."""
    known = [value for column in table.values for value in column if value]
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    scale = (WIDTH - 2 * LEFT - 2 * SIDE) / max(high - low, 1)
    bottom = TOP + ROW * len(table.rows)
    parts = []
    for power in range(low, high + 1):
        x = LEFT + SIDE + (power - low) * scale
        parts += [_grid(x, TOP, x, bottom), _text(x, bottom + 16, _said(10**power, table.unit), 0)]
    for number, row in enumerate(table.rows):
        y = TOP + ROW * number
        parts.append(_text(LEFT, y + 13, row))
        places = [
            (series, (LEFT + SIDE + (math.log10(column[number] or 1) - low) * scale, y + 25))
            for series, column in enumerate(table.values)
            if column[number]
        ]
        ends = sorted(x for _, (x, _) in places)
        if ends:
            parts.append(f'<path class="range" d="M{ends[0]:.0f} {y + 25}H{ends[-1]:.0f}"/>')
        parts += [_mark(series, place) for series, place in reversed(places)]
    return bottom + 24, parts


def _lines(table: Table) -> tuple[float, list[str]]:
    """Draw each column as a line, from zero."""
    high = max(value for column in table.values for value in column if value)
    step = _step(high)
    bottom = TOP + SIDE + HEIGHT
    scale = HEIGHT / (step * math.ceil(high / step))
    left = LEFT + 44
    apart = (WIDTH - left - 2 * LEFT) / max(len(table.rows) - 1, 1)
    parts = []
    for number in range(math.ceil(high / step) + 1):
        y = bottom - number * step * scale
        parts += [_grid(left, y, WIDTH - LEFT, y), _text(left - 8, y + 4, _said(number * step), 1)]
    for number, row in enumerate(table.rows):
        parts.append(_text(left + number * apart, bottom + 20, row, 0))
    for series, column in enumerate(table.values):
        points = [
            (left + number * apart, bottom - value * scale)
            for number, value in enumerate(column)
            if value is not None
        ]
        path = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
        parts.append(f'<path class="line series-{series}" d="M{path}"/>')
        parts += [_mark(series, point) for point in points]
    parts.append(_text((left + WIDTH - 2 * LEFT) / 2, bottom + 40, table.about, 0))
    return bottom + 48, parts


def _step(high: float) -> float:
    """Return a round step of which four or more, but not many, reach so high."""
    power = 10 ** math.floor(math.log10(high))
    return next(step * power for step in (0.2, 0.5, 1, 2) if high / (step * power) <= 6)


def _said(value: float, unit: str = "") -> str:
    if unit != "µs":
        return f"{value:g}{unit and ' ' + unit}"
    largest = next(
        name for name in ("s", "ms", "µs") if value >= MICROSECONDS[name] or name == "µs"
    )
    return f"{value / MICROSECONDS[largest]:g} {largest}"


def _mark(series: int, place: Point) -> str:
    shape = MARKS[series % len(MARKS)].format(x=place[0], y=place[1])
    return f'<g class="mark series-{series}">{shape}</g>'


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path class="grid" d="M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"/>'


def _text(x: float, y: float, text: str, place: int | None = None) -> str:
    anchor = "" if place is None else f' text-anchor="{("middle", "end")[place]}"'
    return f'<text x="{x:.0f}" y="{y:.0f}"{anchor}>{escape(text)}</text>'
