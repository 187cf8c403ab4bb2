"""Pictures that are drawn when the site is built, as SVG within the page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from docutils import nodes
from docutils.parsers.rst import Directive

LETTER, LINE, PADDING, GAP, BETWEEN = 8.2, 16, 7, 16, 48
ARROW = """<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"
markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>"""
NODE = r"(\w+)\s*(?:[\[({]+\"?([^\"\])}]+)\"?[\])}]+)?"
ARROWS = r"\s*(?P<line>-->|-\.->|==>)\s*(?:\|\"?(?P<said>[^|\"]+)\"?\|)?\s*"


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow between two boxes, by their names."""

    start: str
    end: str
    said: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box is: the middle of its upper side, and its size."""

    x: float
    y: float
    width: float
    height: float


class Mermaid(Directive):
    """A state diagram or flowchart in Mermaid's notation, which other renderers draw as well.

    Of flowcharts: ``a["Name"] -->|says| b["Two<br>lines"]``, ``-.->`` for a dashed line.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the picture."""
        labels: dict[str, str] = {}
        edges: list[Edge] = []
        for line in self.content[1:]:
            if match := re.fullmatch(rf"\s*{NODE}(?:{ARROWS}{NODE.replace('?P', '')})?\s*", line):
                first, label, _, said, second, other = match.groups()
                labels |= {first: label or labels.get(first, first)}
                if second:
                    labels |= {second: other or labels.get(second, second)}
                    edges.append(Edge(first, second, said or "", "." in match["line"]))
        bold = {line.split()[1] for line in self.content if line.endswith(" final")}
        about = "Changes of status" if "stateDiagram" in self.content[0] else "What is connected"
        texts = {name: re.split(r"<br\s*/?>", label) for name, label in labels.items()}
        return [nodes.raw("", draw(texts, edges, about, bold=bold), format="html")]


def draw(
    labels: dict[str, list[str]],
    edges: list[Edge],
    about: str,
    bold: Collection[str] = (),
) -> str:
    """Draw boxes in rows, each below those that lead to it; of bold ones the first line is bold."""

    def _name(box: str) -> str:
        return labels[box][0] if box in bold else " ".join(labels[box])

    chains = _chains(list(labels), edges)
    rows = _ordered(_rows(list(labels), chains), chains)
    boxes, width = _placed(rows, labels)
    bottom = max(box.y + box.height for box in boxes.values()) + GAP
    said = "; ".join(
        f"{_name(edge.start)} to {_name(edge.end)}" + (f" ({edge.said})" if edge.said else "")
        for edge in edges
    )
    parts = [
        f'<svg class="picture" role="img" viewBox="0 0 {width:.0f} {bottom:.0f}"',
        f' width="{width:.0f}" aria-label="{escape(about)}: {escape(said)}">',
        ARROW,
        *(part for edge in edges for part in _arrow(edge, chains, boxes)),
        *(part for name in labels for part in _box(labels[name], boxes[name], name in bold)),
        "</svg>",
    ]
    return "\n".join(parts)


def _chains(names: list[str], edges: list[Edge]) -> dict[Edge, list[str]]:
    """Return for each arrow what it passes from above to below: both boxes, points between."""
    down: list[tuple[str, str]] = []
    chains: dict[Edge, list[str]] = {}
    for edge in edges:
        back = _leads(edge.end, edge.start, down)
        pair = (edge.end, edge.start) if back else (edge.start, edge.end)
        if not back:
            down.append(pair)
        chains[edge] = list(pair)
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for first, last in down:
            depth[last] = max(depth[last], depth[first] + 1)
    for number, (first, last) in enumerate(chains.values()):
        between = range(depth[first] + 1, depth[last])
        chains[edges[number]] = [first, *(f"{number}-{row}" for row in between), last]
    return chains


def _leads(start: str, end: str, pairs: list[tuple[str, str]]) -> bool:
    return start == end or any(_leads(b, end, pairs) for a, b in pairs if a == start)


def _rows(names: list[str], chains: dict[Edge, list[str]]) -> list[list[str]]:
    depth = dict.fromkeys([*names, *(name for chain in chains.values() for name in chain)], 0)
    for _ in depth:
        for chain in chains.values():
            for first, last in pairwise(chain):
                depth[last] = max(depth[last], depth[first] + 1)
    return [[n for n in depth if depth[n] == row] for row in range(max(depth.values()) + 1)]


def _ordered(rows: list[list[str]], chains: dict[Edge, list[str]]) -> list[list[str]]:
    """Put what is connected below each other, so that few arrows cross."""
    pairs = [pair for chain in chains.values() for pair in pairwise(chain)]
    for sweep in range(6):
        place = {name: number for row in rows for number, name in enumerate(row)}
        middle = {name: place[name] - len(row) / 2 for row in rows for name in row}
        for row in rows if sweep % 2 == 0 else reversed(rows):
            for name in row:
                near = [a for a, b in pairs if b == name] + [b for a, b in pairs if a == name]
                wanted = [middle[other] for other in near] or [middle[name]]
                middle[name] = sum(wanted) / len(wanted)
            row.sort(key=middle.__getitem__)
            middle |= {name: number - len(row) / 2 for number, name in enumerate(row)}
    return rows


def _placed(rows: list[list[str]], labels: dict[str, list[str]]) -> tuple[dict[str, Box], float]:
    """Return where each box and each point is, and the width of the picture."""
    sizes = {name: _size(labels.get(name)) for row in rows for name in row}
    widths = [sum(sizes[name][0] + GAP for name in row) - GAP for row in rows]
    width = max(widths) + 2 * GAP
    boxes = {}
    y = float(GAP)
    for row, taken in zip(rows, widths, strict=True):
        x = (width - taken) / 2
        height = max(sizes[name][1] for name in row)
        for name in row:
            wide, high = sizes[name]
            boxes[name] = Box(x + wide / 2, y, wide, high or height)
            x += wide + GAP
        y += height + BETWEEN
    return boxes, width


def _size(lines: list[str] | None) -> tuple[float, float]:
    """Return the size of a box; of a point that an arrow passes without one."""
    if lines is None:
        return 2, 0
    return max(84, max(map(len, lines)) * LETTER + 2 * PADDING), len(lines) * LINE + 2 * PADDING


def _box(lines: list[str], box: Box, bold: bool) -> Iterator[str]:  # noqa: FBT001
    yield (
        f'<rect x="{box.x - box.width / 2:.0f}" y="{box.y:.0f}" width="{box.width:.0f}"'
        f' height="{box.height:.0f}" rx="6"/>'
    )
    for number, line in enumerate(lines):
        y = box.y + PADDING + 12 + number * LINE
        weight = ' font-weight="bold"' if bold and not number else ""
        yield f'<text x="{box.x:.0f}" y="{y:.0f}" text-anchor="middle"{weight}>'
        yield f"{escape(line)}</text>"


def _arrow(edge: Edge, chains: dict[Edge, list[str]], boxes: dict[str, Box]) -> Iterator[str]:
    chain = chains[edge]
    upper = [each for each in chains if chains[each][0] == chain[0]]
    lower = [each for each in chains if chains[each][-1] == chain[-1]]
    upper.sort(key=lambda each: boxes[chains[each][1]].x)
    lower.sort(key=lambda each: boxes[chains[each][-2]].x)
    first, last = boxes[chain[0]], boxes[chain[-1]]
    points = [(first.x + _apart(upper.index(edge), len(upper), first), first.y + first.height)]
    for name in chain[1:-1]:
        point = boxes[name]
        points += [(point.x, point.y), (point.x, point.y + point.height)]
    points.append((last.x + _apart(lower.index(edge), len(lower), last), last.y))
    if edge.start != chain[0]:
        points.reverse()
    toward = 2 if points[-1][1] > points[0][1] else -2
    points[-1] = (points[-1][0], points[-1][1] - toward)
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for (x1, y1), (x2, y2) in pairwise(points):
        middle = (y1 + y2) / 2
        path += f"C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f} {x2:.0f} {y2:.0f}"
    dashes = ' stroke-dasharray="5 4"' if edge.dashed else ""
    yield f'<path d="{path}"{dashes} marker-end="url(#arrow)"/>'
    if edge.said:
        x, y = [(a + b) / 2 for a, b in zip(points[0], points[1], strict=True)]
        half = len(edge.said) * 3.4 + 3
        yield f'<rect class="behind" x="{x - half:.0f}" y="{y - 8:.0f}"'
        yield f' width="{2 * half:.0f}" height="16"/>'
        yield f'<text class="said" x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">'
        yield f"{escape(edge.said)}</text>"


def _apart(number: int, all_: int, box: Box) -> float:
    """Return how far from the middle of a side an arrow begins or ends."""
    step = min(24, (box.width - 20) / all_)
    return (number - (all_ - 1) / 2) * step
