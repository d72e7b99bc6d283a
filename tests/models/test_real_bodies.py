"""Bodies: the shared models find their points and their masks, near the references."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.models.looking import Array, bits
from tests.models.real import seen_by
from tests.models.test_real_faces import PORTRAIT, shared

STANCE = "pose/pose.jpg"
# What the makers of BlazePose expect of it in this picture, as their own test has it.
EXPECTED = {
    "nose": (460, 283),
    "left shoulder": (545, 319),
    "right shoulder": (453, 329),
    "left elbow": (622, 323),
    "right elbow": (375, 316),
    "left wrist": (696, 316),
    "right wrist": (299, 307),
    "left hip": (520, 476),
    "right hip": (467, 471),
    "left knee": (612, 550),
    "right knee": (358, 490),
    "left ankle": (701, 613),
    "right ankle": (349, 611),
}
# The subject's points and those of the ground, picked by hand.
SUBJECT = ((225, 60), (225, 120), (120, 330), (240, 330))
GROUND = ((320, 60), (480, 40), (400, 180), (90, 100))
MASKS = ("selfie", "sinet-portrait", "slimnet-portrait", "deeplab-portrait")


def reference(shared_data: Path) -> Array:
    """The subject is blue, all else red."""
    with Image.open(shared_data / "pose/pose_segmentation.png") as picture:
        return np.asarray(picture.convert("RGB"))[..., 2] > 127


def stretched(mask: Array, width: int, height: int) -> Array:
    small = Image.fromarray(mask)
    return np.asarray(small.resize((width, height), Image.Resampling.BILINEAR)) > 0.5


def common(one: Array, other: Array) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("name", ["blazepose-lite", "movenet-lightning-int8"])
def test_the_points_of_a_body_are_near_the_reference(name: str, shared_data: Path) -> None:
    (body,) = seen_by(name, shared_data, STANCE).annotations
    places = {point.name: (point.x, point.y) for point in body.points}
    away = {spot: np.abs(np.subtract(places[spot], at)).max() for spot, at in EXPECTED.items()}
    assert max(away.values()) < 26, away
    assert np.mean(list(away.values())) < 10
    assert body.kind == "pose"


def test_the_mask_of_a_body_is_near_the_reference(shared_data: Path) -> None:
    (body,) = seen_by("blazepose-lite", shared_data, STANCE).annotations
    wanted = reference(shared_data)
    assert body.box is not None
    rows, columns = np.nonzero(wanted)
    edges = (int(columns.min()), int(rows.min()))
    size = (int(np.ptp(columns)), int(np.ptp(rows)))
    assert shared(body.box, (*edges, *size)) > 0.85
    left, top, width, height = body.box
    found = np.zeros_like(wanted)
    cells = Image.fromarray(bits(body.mask).astype(np.uint8))
    found[top : top + height, left : left + width] = np.asarray(cells.resize((width, height))) > 0
    assert common(found, wanted) > 0.8


def test_the_mask_of_selfies_is_near_the_reference(shared_data: Path) -> None:
    wanted = reference(shared_data)
    mask = seen_by("selfie", shared_data, STANCE).mask
    assert common(stretched(mask, wanted.shape[1], wanted.shape[0]), wanted) > 0.85


@pytest.mark.parametrize("name", MASKS)
def test_a_portrait_stands_before_its_ground(name: str, shared_data: Path) -> None:
    mask = stretched(seen_by(name, shared_data, PORTRAIT).mask, 512, 512)
    assert all(mask[y, x] for x, y in SUBJECT)
    assert not any(mask[y, x] for x, y in GROUND)


@pytest.mark.parametrize("name", MASKS[1:])
def test_models_of_portraits_agree_with_that_of_selfies(name: str, shared_data: Path) -> None:
    one, other = (
        stretched(seen_by(each, shared_data, PORTRAIT).mask, 512, 512) for each in (name, "selfie")
    )
    assert common(one, other) > 0.9


def test_where_nobody_is_no_body_is_found(shared_data: Path) -> None:
    cow = "bgremoval/davis/images/cows_00000.jpg"
    assert seen_by("blazepose-lite", shared_data, cow).annotations == ()
