"""Charts as SVG, written by hand: bars and curves on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#0b6e99", "#8a8a8a", "#d9822b", "#b3432b", "#5b8c3a", "#7a5195", "#1b9e9e", "#444444")
FONT = "font-family='sans-serif' font-size='12'"
BAR, GAP, LABEL, WIDTH = 12, 10, 220, 560


def bars(title: str, groups: Mapping[str, Mapping[str, float]], unit: str) -> str:
    """Return horizontal bars, grouped; the lengths are logarithms of the values."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    values = [value for group in groups.values() for value in group.values()]
    low, high = _decades(values)
    parts = [_text(10, 20, title, weight="bold"), *_legend(names, 40)]
    y = 60
    for label, group in groups.items():
        middle = y + len(names) * BAR / 2 + 4
        parts.append(_text(LABEL - 8, middle, label, anchor="end"))
        for number, name in enumerate(names):
            if name in group:
                length = _position(group[name], low, high) * WIDTH
                top = y + number * BAR
                parts.append(_bar(LABEL, top, length, COLOURS[number]))
                parts.append(_text(LABEL + length + 4, top + 10, f"{group[name]:.3g} {unit}"))
        y += len(names) * BAR + GAP
    return _svg(LABEL + WIDTH + 110, y + 10, parts)


def curves(
    title: str, points: Sequence[str], lines: Mapping[str, Sequence[float]], unit: str
) -> str:
    """Return a line for each name over points at equal distances; the heights are logarithms."""
    low, high = _decades([value for line in lines.values() for value in line])
    height, left, top = 360, 70, 40
    step = WIDTH / max(1, len(points) - 1)
    parts = [_text(10, 20, title, weight="bold")]
    for decade in range(round(math.log10(low)), round(math.log10(high)) + 1):
        y = top + height - _position(10.0**decade, low, high) * height
        parts.append(
            f"<line x1='{left}' x2='{left + WIDTH}' y1='{y:.0f}' y2='{y:.0f}' stroke='#ddd'/>"
        )
        parts.append(_text(left - 6, y + 4, f"{10.0**decade:g} {unit}", anchor="end"))
    for number, point in enumerate(points):
        parts.append(_text(left + number * step, top + height + 18, point, anchor="middle"))
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [
            (left + index * step, top + height - _position(value, low, high) * height)
            for index, value in enumerate(line)
        ]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
        parts.append(f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'/>")
        parts.append(_text(places[-1][0] + 6, places[-1][1] + 4, name, colour=colour))
    return _svg(left + WIDTH + 240, top + height + 40, parts)


def _decades(values: Sequence[float]) -> tuple[float, float]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def _position(value: float, low: float, high: float) -> float:
    return math.log10(value / low) / math.log10(high / low)


def _legend(names: Sequence[str], y: float) -> list[str]:
    parts = []
    for number, name in enumerate(names):
        x = LABEL + number * 110
        parts += [_bar(x, y - 10, 10, COLOURS[number]), _text(x + 14, y, name)]
    return parts


def _bar(x: float, y: float, width: float, colour: str) -> str:
    return (
        f"<rect x='{x:.0f}' y='{y:.0f}' width='{max(width, 1):.0f}' height='{BAR - 2}'"
        f" fill='{colour}'/>"
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = "#222",
) -> str:
    return (
        f"<text x='{x:.0f}' y='{y:.0f}' {FONT} text-anchor='{anchor}' font-weight='{weight}'"
        f" fill='{colour}'>{escape(text)}</text>"
    )


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    size = f"width='{width:.0f}' height='{height:.0f}'"
    background = "<rect width='100%' height='100%' fill='white'/>"
    body = "\n".join([background, *parts])
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size}>\n{body}\n</svg>\n"
