"""Drawing: boxes and arrows as SVG, for light and dark; colours come from the page's style."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from safelight.proof.reports.page import Arrow, Drawing, Node
from safelight.proof.reports.plain import plain

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, MARGIN = 200, 92, 130, 64, 10
LINE = 15
# For words beside an upright arrow of the last column.
ROOM = 30


def svg(drawing: Drawing) -> str:
    """The drawing as one element; it holds no style of its own and no link."""
    columns = 1 + max(node.column for node in drawing.nodes)
    rows = 1 + max(node.row for node in drawing.nodes)
    width = 2 * MARGIN + ROOM + columns * BOX_WIDTH + (columns - 1) * GAP_X
    height = 2 * MARGIN + rows * BOX_HEIGHT + (rows - 1) * GAP_Y
    places = {node.id: node for node in drawing.nodes}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        ' aria-label="where a picture and what is known of it go">',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7"'
        ' markerHeight="7" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" class="tip"/>'
        "</marker></defs>",
    ]
    for arrow in drawing.arrows:
        parts += _arrow(arrow, places[arrow.start], places[arrow.end])
    for node in drawing.nodes:
        parts += _node(node)
    return "".join((*parts, "</svg>"))


def _corner(node: Node) -> tuple[int, int]:
    x = MARGIN + node.column * (BOX_WIDTH + GAP_X)
    return x, MARGIN + node.row * (BOX_HEIGHT + GAP_Y)


def _node(node: Node) -> Iterator[str]:
    x, y = _corner(node)
    yield f'<g class="node {node.kind}">'
    yield f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
    yield f'<text x="{x + 12}" y="{y + 24}" class="title">{_shown(node.title)}</text>'
    for number, line in enumerate(node.lines[:4]):
        yield f'<text x="{x + 12}" y="{y + 43 + number * LINE}">{_shown(line)}</text>'
    yield "</g>"


def _arrow(arrow: Arrow, start: Node, end: Node) -> Iterator[str]:
    x1, y1, x2, y2 = _ends(start, end)
    state = " closed" if arrow.is_closed else ""
    yield f'<g class="arrow{state}">'
    yield f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" marker-end="url(#tip)"/>'
    middle_x, middle_y = (x1 + x2) // 2, (y1 + y2) // 2
    if arrow.is_closed:
        yield f'<path d="M{middle_x - 7} {middle_y - 7}l14 14m0-14l-14 14" class="cross"/>'
    lines = arrow.words.split("\n")
    is_upright = x1 == x2
    anchor, at_x = ("start", middle_x + 12) if is_upright else ("middle", middle_x)
    at_y = middle_y + 5 - LINE * (len(lines) - 1) // 2 if is_upright else middle_y - 10
    at_y -= 0 if is_upright else LINE * (len(lines) - 1)
    for number, line in enumerate(lines):
        place = f'x="{at_x}" y="{at_y + number * LINE}" text-anchor="{anchor}"'
        yield f"<text {place}>{_shown(line)}</text>"
    yield "</g>"


def _ends(start: Node, end: Node) -> tuple[int, int, int, int]:
    """From the middle of one edge to the middle of the one that faces it."""
    (x1, y1), (x2, y2) = _corner(start), _corner(end)
    if start.column == end.column:
        is_down = y2 > y1
        middle = x1 + BOX_WIDTH // 2
        return middle, y1 + BOX_HEIGHT * is_down, middle, y2 + BOX_HEIGHT * (not is_down)
    is_right = x2 > x1
    start_y, end_y = y1 + BOX_HEIGHT // 2, y2 + BOX_HEIGHT // 2
    return x1 + BOX_WIDTH * is_right, start_y, x2 + BOX_WIDTH * (not is_right), end_y


def _shown(text: str) -> str:
    return escape(plain(text))
