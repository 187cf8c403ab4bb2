"""Pictures that are drawn when the site is built, as SVG within the page."""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from docutils.parsers.rst import Directive

WIDTH, HEIGHT, ROW, GAP = 104, 30, 78, 16
ARROW = """<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"
markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>"""
Edge = tuple[str, str]


class StateDiagram(Directive):
    """A state diagram in Mermaid's notation, which renderers of Markdown draw as well."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the picture."""
        edges = [
            (match[1], match[2])
            for line in self.content
            if (match := re.fullmatch(r"\s*(\w+) --> (\w+)", line))
        ]
        final = {line.split()[1] for line in self.content if line.endswith(" final")}
        return [nodes.raw("", state_diagram(edges, final), format="html")]


def state_diagram(edges: list[Edge], final: set[str]) -> str:
    """Draw states in rows, each below those that it follows, the final ones in bold."""
    rows = _rows(edges)
    width = max(len(row) for row in rows) * (WIDTH + GAP) + 160
    places = {
        state: (
            width / 2 + (number - (len(row) - 1) / 2) * (WIDTH + GAP),
            GAP + index * ROW,
        )
        for index, row in enumerate(rows)
        for number, state in enumerate(row)
    }
    said = "; ".join(f"{before} to {after}" for before, after in edges)
    parts = [
        f'<svg class="picture" role="img" viewBox="0 0 {width:.0f} {len(rows) * ROW}"',
        f' width="{width:.0f}" aria-label="Changes of status: {escape(said)}">',
        ARROW,
        *(_arrow(places[before], places[after]) for before, after in edges),
        *(_box(state, *place, bold=state in final) for state, place in places.items()),
        "</svg>",
    ]
    return "\n".join(parts)


def _rows(edges: list[Edge]) -> list[list[str]]:
    states = list(dict.fromkeys(state for edge in edges for state in edge))
    forward: list[Edge] = []
    for before, after in edges:
        if not _leads(after, before, forward):
            forward.append((before, after))
    depth = dict.fromkeys(states, 0)
    for _ in states:
        for before, after in forward:
            depth[after] = max(depth[after], depth[before] + 1)
    return [[s for s in states if depth[s] == row] for row in range(max(depth.values()) + 1)]


def _leads(start: str, end: str, edges: list[Edge]) -> bool:
    return start == end or any(
        _leads(after, end, edges) for before, after in edges if before == start
    )


def _box(state: str, x: float, y: float, *, bold: bool) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<rect x="{x - WIDTH / 2:.0f}" y="{y:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text x="{x:.0f}" y="{y + 20:.0f}" text-anchor="middle"{weight}>{escape(state)}</text>'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    rows = round((y2 - y1) / ROW)
    if rows == 1:
        path = f"M{x1:.0f} {y1 + HEIGHT:.0f}L{x2:.0f} {y2 - 2:.0f}"
    else:
        side = 1 if rows > 0 else -1
        reach = side * (WIDTH / 2 + 18 + 14 * abs(rows))
        a, b = x1 + side * WIDTH / 2, x2 + side * (WIDTH / 2 + 2)
        y1, y2 = y1 + HEIGHT / 2, y2 + HEIGHT / 2
        far = max(x1, x2) + reach if side > 0 else min(x1, x2) + reach
        path = f"M{a:.0f} {y1:.0f}C{far:.0f} {y1:.0f} {far:.0f} {y2:.0f} {b:.0f} {y2:.0f}"
    return f'<path d="{path}" marker-end="url(#arrow)"/>'
