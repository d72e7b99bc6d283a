"""Every face detector among the shared models finds the faces, where a person drew them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from safelight.annotation import Annotation
from safelight.codecs.decode import open_image
from safelight.limits import Limits
from safelight.models.look import look
from safelight.ops.looking.sample import Shown
from tests.models.real import seen_by, session_of

PORTRAIT = "photos/skimage/astronaut.png"
CROWD = "bgremoval/davis/images/breakdance_00000.jpg"
# Drawn by hand: hairline to chin, cheek to cheek; left, top, width, height.
FACE = (180, 65, 90, 114)
# And three of the crowd.
FACES = ((577, 131, 26, 38), (478, 280, 30, 31), (148, 155, 27, 36))
# By hand too, in the words of any of the models.
SPOTS = {
    "right eye": (203, 100),
    "left eye": (246, 103),
    "nose tip": (224, 125),
    "right mouth corner": (204, 141),
    "left mouth corner": (244, 140),
    "mouth centre": (224, 146),
}
WITHOUT_FACES = (
    *("photos/skimage/moon.png", "photos/skimage/rocket.jpg", "photos/mdn/plumeria.jpg"),
    *("photos/immich/nature/silver_fir.jpg", "photos/imagenet-sample/n02870880_bookcase.JPEG"),
)
WITH_POINTS = (
    *("yunet-n", "yunet-n-320", "yunet-s"),
    *("blazeface-short", "blazeface-back", "blazeface-full"),
)
WITHOUT = ("ultraface-rfb", "ultraface-slim", "ultraface-rfb-tflite")
# Those that see faces far away; the others are for a face in front of a camera.
FAR = ("yunet-n", "yunet-s", "ultraface-rfb", "ultraface-rfb-tflite", "ultraface-slim")

Box = tuple[int, int, int, int]


def shared(one: Box | None, other: Box) -> float:
    """What two boxes share of what they cover together."""
    assert one is not None
    least = np.maximum(one[:2], other[:2])
    most = np.minimum(np.add(one[:2], one[2:]), np.add(other[:2], other[2:]))
    both = float(np.prod(np.maximum(most - least, 0)))
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def only(found: tuple[Annotation, ...]) -> Annotation:
    (one,) = found
    return one


@pytest.mark.parametrize("name", [*WITH_POINTS, *WITHOUT])
def test_the_one_face_of_a_portrait_is_found_once(name: str, shared_data: Path) -> None:
    face = only(seen_by(name, shared_data, PORTRAIT).annotations)
    assert (face.kind, face.label) == ("box", "face")
    assert face.score > 0.8
    assert shared(face.box, FACE) > 0.7


@pytest.mark.parametrize("name", WITH_POINTS)
def test_eyes_nose_and_mouth_are_where_they_are(name: str, shared_data: Path) -> None:
    face = only(seen_by(name, shared_data, PORTRAIT).annotations)
    places = {point.name: (point.x, point.y) for point in face.points}
    known = places.keys() & SPOTS.keys()
    assert len(known) >= 4
    for spot in known:
        assert np.abs(np.subtract(places[spot], SPOTS[spot])).max() < 9, spot


@pytest.mark.parametrize("name", FAR)
def test_faces_of_a_crowd_are_found_each_in_its_place(name: str, shared_data: Path) -> None:
    found = seen_by(name, shared_data, CROWD).annotations
    assert all(max(shared(one.box, face) for one in found) > 0.6 for face in FACES)
    assert len(found) >= 8


@pytest.mark.parametrize("name", [*WITH_POINTS, *WITHOUT])
def test_a_face_in_a_wide_picture_lies_where_it_is_displayed(name: str, shared_data: Path) -> None:
    """What a letterbox added, or a stretch pulled, is gone again."""
    with Image.open(shared_data / PORTRAIT) as picture:
        wide = picture.crop((0, 20, 512, 300))
    made = io.BytesIO()
    wide.save(made, "PNG")
    sample = Shown(open_image(memoryview(made.getvalue()), Limits()))
    face = only(look(session_of(name, shared_data), sample).annotations)
    assert shared(face.box, (180, 45, 90, 114)) > 0.65


@pytest.mark.parametrize("name", [*WITH_POINTS, *WITHOUT])
def test_where_nobody_is_no_face_is_found(name: str, shared_data: Path) -> None:
    for picture in WITHOUT_FACES:
        assert seen_by(name, shared_data, picture).annotations == (), picture


def test_one_network_in_two_formats_sees_the_same(shared_data: Path) -> None:
    one = seen_by("ultraface-rfb", shared_data, CROWD).annotations
    other = seen_by("ultraface-rfb-tflite", shared_data, CROWD).annotations
    assert [note.box for note in one] == [note.box for note in other]
    assert [note.score for note in one] == pytest.approx([note.score for note in other], abs=1e-4)
