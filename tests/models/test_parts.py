"""A large picture is looked at in parts too, and each thing in it is told once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safelight.annotation import Annotation
from safelight.codecs.decode import open_image
from safelight.limits import Limits
from safelight.models.look import look
from safelight.models.parts import MOST, Found, found_in, merged, parts_of
from safelight.models.tensors import Part
from safelight.ops.looking.sample import Shown
from tests.models.looking import Places, Sayer, giving, guarded, model, taking
from tests.models.real import seen_by, session_of
from tests.models.test_real_faces import CROWD, FACES, shared

Box = tuple[int, int, int, int]


def thing(box: Box, score: float = 0.9, label: str = "face") -> Annotation:
    return Annotation("box", label, score, box)


@pytest.mark.parametrize(("width", "height"), [(1_280, 900), (20, 30)])
def test_a_picture_that_is_not_large_is_looked_at_as_a_whole(width: int, height: int) -> None:
    assert parts_of(taking(side=640, reach=2), Places(width, height)) == []
    assert parts_of(taking(side=640), Places(100 * width, height)) == []


@pytest.mark.parametrize(
    ("width", "height"), [(4_000, 3_000), (1_281, 1_280), (9_000, 300), (20_000, 10_000)]
)
def test_every_place_lies_well_within_a_part(width: int, height: int) -> None:
    parts = parts_of(taking(side=640, reach=2), Places(width, height))
    assert 2 <= len(parts) <= MOST
    side = min(parts[0].width, parts[0].height)
    assert all(part.left >= 0 and part.left + part.width <= width + 1e-6 for part in parts)
    assert all(part.top >= 0 and part.top + part.height <= height + 1e-6 for part in parts)
    margin = 0.12 * side
    for x, y in np.random.default_rng(5).random((300, 2)) * (width, height):
        assert any(
            _within(x, (part.left, part.width), margin, width)
            and _within(y, (part.top, part.height), margin, height)
            for part in parts
        )


def _within(place: float, part: tuple[float, float], margin: float, whole: int) -> bool:
    """Not near an edge of the part, its start and length, unless it is one of the picture."""
    start, length = part
    low = start if start < 1e-6 else start + margin
    high = start + length if start + length > whole - 1e-6 else start + length - margin
    return low - 1e-6 <= place <= high + 1e-6


def test_the_parts_of_a_giant_picture_are_larger() -> None:
    parts = parts_of(taking(side=64, reach=1), Places(60_000, 40_000))
    assert len(parts) <= MOST
    assert parts[0].width > 64


@pytest.mark.parametrize(
    ("box", "is_cut"),
    [
        ((150, 150, 20, 20), False),
        ((101, 150, 20, 20), True),
        ((180, 150, 20, 20), True),
        ((150, 100, 20, 20), True),
        ((150, 180, 20, 19), True),
    ],
)
def test_a_box_at_an_inner_edge_may_be_half_of_a_thing(box: Box, is_cut: bool) -> None:
    part = Part(100.0, 100.0, 100.0, 100.0)
    (found,) = found_in(part, [thing(box)], Places(300, 300))
    assert found.is_cut == is_cut


def test_a_box_at_the_edge_of_the_picture_is_whole() -> None:
    part = Part(0.0, 200.0, 100.0, 100.0)
    (found,) = found_in(part, [thing((0, 280, 20, 20))], Places(300, 300))
    assert not found.is_cut


def told(*found: Found, **changes: Any) -> list[tuple[Box | None, float]]:
    notes = merged(found, giving(**{"overlap": 0.3} | changes))
    return [(note.box, note.score) for note in notes]


WHOLE = Found(thing((100, 100, 60, 60), 0.7), is_cut=False)


def test_a_thing_that_two_parts_show_is_told_once() -> None:
    again = Found(thing((102, 101, 60, 60), 0.9), is_cut=False)
    assert told(WHOLE, again) == [((102, 101, 60, 60), 0.9)]


def test_half_of_a_thing_gives_way_to_the_whole_however_sure_it_is() -> None:
    half = Found(thing((100, 100, 20, 60), 0.95), is_cut=True)
    assert told(half, WHOLE) == [((100, 100, 60, 60), 0.7)]


def test_half_of_a_thing_that_nothing_shows_as_a_whole_is_told() -> None:
    half = Found(thing((300, 100, 20, 60), 0.95), is_cut=True)
    assert told(WHOLE, half) == [((300, 100, 20, 60), 0.95), ((100, 100, 60, 60), 0.7)]


def test_things_of_two_words_do_not_give_way_to_each_other() -> None:
    other = Found(thing((100, 100, 60, 60), 0.8, "hand"), is_cut=False)
    assert len(told(WHOLE, other)) == 2
    assert len(told(WHOLE, other, most=1)) == 1


def test_what_has_no_box_is_told_as_it_is() -> None:
    plain = Found(Annotation("box", "face", 0.5), is_cut=False)
    assert len(told(WHOLE, plain)) == 2


def test_each_part_is_looked_at_once_beside_the_whole() -> None:
    corners = np.array([[[0.2, 0.2, 0.4, 0.4]]], np.float32)
    scores = np.array([[[0.1, 0.9]]], np.float32)
    output = giving(decoder="ultraface", labels=("face",), overlap=0.3)
    session = Sayer(model(taking(side=64, reach=1), output), [corners, scores])
    sample = Places(112, 64)
    found = look(guarded(session), sample).annotations
    asked = [(0.0, 0.0, 64.0, 64.0), (48.0, 0.0, 64.0, 64.0), (0.0, 0.0, 112.0, 64.0)]
    assert [one[3] for one in sample.asked] == asked
    assert {note.box for note in found} == {(12, 12, 14, 14), (60, 12, 14, 14), (22, 12, 23, 14)}


def test_small_faces_of_a_large_picture_are_found(shared_data: Path) -> None:
    """The crowd in a corner of a wall: seen as a whole, its faces are specks of 4 pixels."""
    wall = Image.new("RGB", (4_000, 2_400), (90, 120, 80))
    with Image.open(shared_data / CROWD) as crowd:
        wall.paste(crowd, (2_900, 1_700))
    made = io.BytesIO()
    wall.save(made, "JPEG", quality=95)
    sample = Shown(open_image(memoryview(made.getvalue()), Limits()))
    found = look(session_of("yunet-n", shared_data), sample).annotations
    for left, top, width, height in FACES:
        there = (left + 2_900, top + 1_700, width, height)
        assert max(shared(note.box, there) for note in found) > 0.5
    alone = seen_by("yunet-n", shared_data, CROWD).annotations
    assert 0.7 * len(alone) <= len(found) <= 1.1 * len(alone)
