"""Drawing: the map as one SVG page that needs nothing else; no script, no link, light and dark.

Everything that came from a file or from the system is made printable and escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from safelight.codecs.reading import printable
from safelight.proof.dataflow.layout import LEFT, RIGHT, Panel, Row, fitted, panels, placed, wrapped
from safelight.proof.dataflow.parts import SUREST, Arrow, Map, Strength
from safelight.proof.dataflow.table import counted

WIDTH, TOP, EDGE = 1320, 96, 28
SIDE, MIDDLE = 400, 200
CENTRE = (WIDTH - MIDDLE) / 2
LONGEST_TIP, MOST_TIPS = 160, 4
LETTERS_OF_SIDE, LETTERS_OF_BOX = 46, 24
ROOM_OF_END, LEAST_BOX, BOX_GAP, FOOT_LINE = 16, 108, 30, 17
# By which a map is known again.
START = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
KINDS_OF_LINE: dict[Strength, str] = {
    "claimed": "claimed: written in the files",
    "observed": "observed: seen on this machine",
    "configured": "configured: in the settings of a program",
    "possible": "possible: not shut, nothing seen",
}
STYLE = """
svg { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
max-width: max(100%, 60rem); height: auto; }
@media print { svg { max-width: 100%; } }
.page { fill: #fbfbfa; } .text { fill: #1b1d21; } .note { fill: #5d636e; }
.row { fill: #ffffff; stroke: #d9dce1; } .box { fill: #eef1f6; stroke: #8b95a7; }
.h1 { font-size: 22px; font-weight: 650; } .h2 { font-size: 14px; font-weight: 650; }
.label { font-size: 13px; } .small { font-size: 11px; } .count { font-size: 12px; }
.line { fill: none; stroke-opacity: 0.45; } .line:hover { stroke-opacity: 1; }
.device { stroke: #2a6fb0; } .person { stroke: #9a4f96; } .online { stroke: #0f7f7a; }
.program { stroke: #5c6ac4; } .ai { stroke: #c2571a; } .trace { stroke: #77808d; }
.way { stroke: #b3262e; }
.head.device { fill: #2a6fb0; } .head.person { fill: #9a4f96; } .head.online { fill: #0f7f7a; }
.head.program { fill: #5c6ac4; } .head.ai { fill: #c2571a; } .head.trace { fill: #77808d; }
.head.way { fill: #b3262e; } .head { stroke: none; }
.observed { stroke-opacity: 1; } .configured { stroke-dasharray: 9 4; }
.possible { stroke-dasharray: 2 5; stroke-linecap: round; }
@media (prefers-color-scheme: dark) {
.line { stroke-opacity: 0.65; } .observed { stroke-opacity: 1; }
.page { fill: #15171b; } .text { fill: #e9ebee; } .note { fill: #9ba3b0; }
.row { fill: #1e2127; stroke: #373c46; } .box { fill: #262b35; stroke: #6d788c; }
.device { stroke: #6db0f0; } .person { stroke: #d792d3; } .online { stroke: #4fc4bd; }
.program { stroke: #9aa5f5; } .ai { stroke: #f59355; } .trace { stroke: #a3acba; }
.way { stroke: #f2777d; }
.head.device { fill: #6db0f0; } .head.person { fill: #d792d3; } .head.online { fill: #4fc4bd; }
.head.program { fill: #9aa5f5; } .head.ai { fill: #f59355; } .head.trace { fill: #a3acba; }
.head.way { fill: #f2777d; } }
"""


def svg(found: Map) -> str:
    """The whole page. The same map gives the same bytes."""
    return "\n".join(_page(found, panels(found, LEFT), panels(found, RIGHT))) + "\n"


def _page(found: Map, left: list[Panel], right: list[Panel]) -> Iterator[str]:
    ends = [placed(left, TOP), placed(right, TOP)]
    boxes = _boxes(found, max(ends))
    bottom = max(*ends, *(y + height for y, height in boxes.values())) + 30
    foot = [line for limit in found.limits for line in wrapped([limit], 190)]
    height = bottom + FOOT_LINE * (len(foot) + 2) + EDGE
    yield (
        f'{START}{height:.0f}" width="{WIDTH}" height="{height:.0f}" role="img"'
        ' aria-labelledby="title">'
    )
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="page" width="{WIDTH}" height="{height:.0f}"/>'
    yield '<text id="title" class="text h1" x="28" y="44">Data flow</text>'
    read = sum(root.read + root.searched for root in found.roots)
    told = f"{counted(read, 'file')} read in {counted(len(found.roots), 'place')}"
    yield _text(28, 66, "note label", f"{told}; who touched them, and where they could still flow")
    sides = ((left, EDGE, EDGE + SIDE), (right, WIDTH - EDGE - SIDE, WIDTH - EDGE - SIDE))
    yield from _lines(found, sides, boxes)
    for made, x, _ in sides:
        for panel in made:
            yield from _panel(panel, x, found)
    yield from _middle(found, boxes)
    yield from _foot(foot, bottom)
    yield "</svg>"


def _boxes(found: Map, end: float) -> dict[str, tuple[float, float]]:
    """Top and height of the box of each root, around the middle of the page."""
    most = max((end - TOP) * 0.7 / len(found.roots), LEAST_BOX)
    heights = []
    for root in found.roots:
        ends = sum(root.place.id in (arrow.source, arrow.target) for arrow in found.arrows)
        heights.append(max(LEAST_BOX, min(ends * ROOM_OF_END, most)))
    y = max(TOP, TOP + (end - TOP - sum(heights) - BOX_GAP * (len(heights) - 1)) / 2)
    boxes = {}
    for root, height in zip(found.roots, heights, strict=True):
        boxes[root.place.id] = (y, height)
        y += height + BOX_GAP
    return boxes


def _panel(panel: Panel, x: float, found: Map) -> Iterator[str]:
    yield _text(x, panel.y + 18, "text h2", panel.title)
    for row in panel.rows:
        yield f'<g><title>{_tip(row, found)}</title><rect class="row" x="{x}" y="{row.y:.1f}"'
        yield f' width="{SIDE}" height="{row.height:.1f}" rx="6"/>'
        label = fitted(row.label, LETTERS_OF_SIDE)
        yield _text(x + 12, row.y + 20, "text label", label)
        if row.pictures:
            yield _text(x + SIDE - 12, row.y + 20, "note count", str(row.pictures), anchor="end")
        for at, note in enumerate(row.notes):
            yield _text(x + 12, row.y + 36 + at * 15, "note small", note)
        yield "</g>"


def _middle(found: Map, boxes: dict[str, tuple[float, float]]) -> Iterator[str]:
    for root in found.roots:
        y, height = boxes[root.place.id]
        at = WIDTH / 2
        yield f'<rect class="box" x="{CENTRE}" y="{y:.1f}" width="{MIDDLE}" height="{height:.1f}"'
        yield ' rx="10"/>'
        name = root.place.name.rstrip("/").rpartition("/")[2] or root.place.name
        facts = [f"{counted(root.read, 'picture')} read"]
        facts += [f"{root.searched} by marks"] * bool(root.searched)
        facts += [f"{len(root.unread)} not read"] * bool(root.unread)
        start = y + height / 2 - 8 * len(facts) + 4
        yield _text(at, start, "text h2", fitted(name, LETTERS_OF_BOX), anchor="middle")
        for number, fact in enumerate(facts, 1):
            yield _text(at, start + 19 * number, "note count", fact, anchor="middle")


def _lines(
    found: Map, sides: tuple[tuple[list[Panel], float, float], ...],
    boxes: dict[str, tuple[float, float]],
) -> Iterator[str]:  # fmt: skip
    """One line for each row and root that have an arrow between them; its ends lie in the order of
    the rows, so that lines of one side never cross.
    """
    for number, (made, _, x) in enumerate(sides):
        is_left = number == 0
        for root, (top, height) in boxes.items():
            tied = [
                (row, arrows)
                for panel in made
                for row in panel.rows
                if (arrows := _between(found, row, root))
            ]
            for at, (row, arrows) in enumerate(tied):
                end = top + height * (at + 1) / (len(tied) + 1)
                yield _line((x, row.middle), (CENTRE if is_left else CENTRE + MIDDLE, end),
                            row, arrows)  # fmt: skip


def _between(found: Map, row: Row, root: str) -> list[Arrow]:
    ids = {place.id for place in row.places}
    return [a for a in found.arrows if {a.source, a.target} & ids and root in (a.source, a.target)]


def _line(
    start: tuple[float, float], end: tuple[float, float], row: Row, arrows: list[Arrow]
) -> str:
    """From the row to the box, with its head where things go: into the box, or out at a way."""
    (x1, y1), (x2, y2) = start, end
    bend = (x1 + x2) / 2
    width = (2 if row.kind == "way" else 1.4) + min(3.6, math.log2(1 + row.pictures) * 0.55)
    strength = min((place.strength for place in row.places), key=SUREST.index)
    tip, back = ((x1, y1), 1) if row.kind == "way" else ((x2, y2), -1)
    towards = 1 if (x2 > x1) else -1
    point, base = tip[0], tip[0] + 7 * towards * back
    return (
        f'<path class="line {row.kind} {strength}" stroke-width="{width:.1f}"'
        f' d="M{x1:.1f} {y1:.1f} C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}">'
        f"<title>{_said(arrows)}</title></path>"
        f'<path class="head {row.kind}" d="M{point:.1f} {tip[1]:.1f} L{base:.1f} {tip[1] - 4:.1f}'
        f' L{base:.1f} {tip[1] + 4:.1f} Z"/>'
    )


def _tip(row: Row, found: Map) -> str:
    names = ", ".join(place.label for place in row.places[:12])
    arrows = [arrow for place in row.places[:1] for arrow in found.at(place)]
    return f"{escape(printable(names, 400))}&#10;{_said(arrows)}"


def _said(arrows: list[Arrow]) -> str:
    """The first pieces of evidence, a line each."""
    told = []
    for arrow in arrows[:MOST_TIPS]:
        one = next(iter(arrow.evidence))
        line = f"{arrow.what} ({arrow.strength}): {one.file}: {one.tag}: {one.value}"
        more = len(arrow.evidence) - 1
        told.append(escape(printable(line, LONGEST_TIP)) + (f", and {more} more" if more else ""))
    return "&#10;".join(told)


def _foot(foot: list[str], top: float) -> Iterator[str]:
    x = float(EDGE)
    for strength, words in KINDS_OF_LINE.items():
        yield f'<path class="line trace {strength}" stroke-width="2.4" d="M{x} {top} h34"/>'
        yield _text(x + 42, top + 4, "note small", words)
        x += 290
    for at, line in enumerate(foot):
        yield _text(EDGE, top + 30 + at * FOOT_LINE, "note small", line)


def _text(x: float, y: float, style: str, words: str, *, anchor: str = "start") -> str:
    where = f' text-anchor="{anchor}"' if anchor != "start" else ""
    shown = escape(printable(words, 400))
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}"{where}>{shown}</text>'
