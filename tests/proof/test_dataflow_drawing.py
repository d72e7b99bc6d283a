"""The drawing: one page that needs nothing else, readable with many places, safe with any name."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from safelight.proof.dataflow.drawing import svg
from safelight.proof.dataflow.gathering import Gathering
from safelight.proof.dataflow.layout import LEFT, RIGHT, Panel, panels, placed, wide, wrapped
from safelight.proof.dataflow.parts import KINDS, Evidence, Kind, Map, Sight, Strength

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\u202egnp.exe\ud800\n]]>"
STRENGTHS: tuple[Strength, ...] = ("claimed", "observed", "configured", "possible")


def sight(kind: Kind, name: str, *, root: int = 0, group: str = "", detail: str = "") -> Sight:
    evidence = Evidence(f"{name}.jpg", "Tag", name)
    strength = STRENGTHS[len(name) % 4]
    return Sight(root, kind, name, "went through", strength, evidence, group, f"{name}.jpg", detail)


def gathered(*sights: Sight, roots: tuple[str, ...] = ("pictures",)) -> Map:
    gathering = Gathering(roots, "all")
    gathering.add(sights)
    gathering.limits.append("a limit")
    return gathering.map()


def many() -> Map:
    """A hundred places of every kind, some of one maker."""
    makers = [f"Maker{at % 9}" for at in range(40)]
    devices = [sight("device", f"Q{at}", group=maker) for at, maker in enumerate(makers)]
    programs = [sight("program", f"Program {at}", detail="version 1") for at in range(30)]
    people = [sight("person", f"person {at}") for at in range(15)]
    ways = [sight("way", f"way {at}") for at in range(10)]
    rest = [sight(kind, f"one {kind}") for kind in KINDS]
    return gathered(*devices, *programs, *people, *ways, *rest)


def texts(page: str) -> str:
    root = ElementTree.fromstring(page)
    return "\n".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    page = svg(gathered(sight("device", "Q1")))
    nodes = list(ElementTree.fromstring(page).iter())
    assert {node.tag.removeprefix(SVG) for node in nodes} <= {
        *("svg", "style", "rect", "text", "g", "title", "path"),
    }
    for node in nodes:
        assert not any("href" in name or name.startswith("on") for name in node.attrib)
    assert page.count("http") == 1  # the namespace of SVG
    assert not any(word in page for word in ("url(", "@import", "<!", "data:"))
    assert "prefers-color-scheme: dark" in page


def test_a_window_or_a_sheet_narrower_than_the_map_shows_all_of_it() -> None:
    page = svg(gathered(sight("device", "Q1")))
    assert "max-width: max(100%, 60rem); height: auto" in page
    assert "@media print { svg { max-width: 100%; } }" in page


def test_the_same_map_gives_the_same_bytes() -> None:
    assert svg(many()) == svg(many())


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_name_stays_a_text(kind: Kind) -> None:
    page = svg(gathered(sight(kind, HOSTILE, group=HOSTILE, detail=HOSTILE), roots=(HOSTILE,)))
    page.encode()
    assert "<script" not in page
    assert not any(letter in page for letter in ("\x1b", "\u202e", "\ud800"))
    assert "alert(1)" in texts(page)


def test_a_name_that_is_not_escaped_would_be_seen() -> None:
    """The control of the test before: such a page cannot be read as XML, or has a script."""
    page = svg(gathered(sight("device", "Q1"))).replace("Q1", HOSTILE)
    assert "<script" in page
    with pytest.raises((ElementTree.ParseError, UnicodeEncodeError)):
        ElementTree.fromstring(page)


def test_each_of_a_hundred_places_is_named() -> None:
    found = many()
    assert len(found.places) >= 100
    said = texts(svg(found))
    missing = [place.label for place in found.places if place.name not in said]
    assert missing == []


def every_row(made: list[Panel]) -> list[tuple[float, float]]:
    return [(row.y, row.y + row.height) for panel in made for row in panel.rows]


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_rows_do_not_lie_on_each_other_and_their_words_fit(side: tuple[Kind, ...]) -> None:
    made = panels(many(), side)
    end = placed(made, 100)
    spans = every_row(made)
    assert spans == sorted(spans)
    assert all(low[1] < high[0] for low, high in pairwise(spans))
    assert spans[-1][1] <= end
    assert len(spans) <= 48
    for panel in made:
        assert all(wide(note) <= 62 for row in panel.rows for note in row.notes)


def test_lines_of_one_side_never_cross() -> None:
    root = ElementTree.fromstring(svg(many()))
    lines = [
        node.get("d", "")
        for node in root.iter(f"{SVG}path")
        if node.find(f"{SVG}title") is not None
    ]
    ends = [(float(d.split()[0][1:]), float(d.split()[1]), float(d.split()[-1])) for d in lines]
    for side in {x for x, _, _ in ends}:
        ordered = [(start, end) for x, start, end in ends if x == side]
        assert sorted(ordered) == sorted(ordered, key=lambda pair: pair[1])


def test_two_folders_have_a_box_each_and_lines_of_their_own() -> None:
    found = gathered(
        sight("device", "Q1"), sight("device", "Q1", root=1), sight("way", "w", root=1),
        roots=("one/", "two"),
    )  # fmt: skip
    page = svg(found)
    assert page.count('class="box"') == 2
    assert page.count('class="line device') == 2
    assert page.count('class="line way') == 1


def test_nothing_found_is_said_where_one_asks() -> None:
    said = texts(svg(gathered()))
    assert "AI services · none found" in said
    assert "Where they could still flow · none found" in said
    assert "a limit" in said


def test_wide_letters_take_the_room_of_two() -> None:
    assert wide("ab") == 2
    assert wide("写真") == 4
    assert wrapped([]) == []
    assert all(wide(line) <= 62 for line in wrapped(["写真" * 20] * 4))
