"""Things, digits and words: what the shared models say of pictures whose content is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from safelight.models.guard import Guarded
from safelight.models.look import look
from safelight.models.runtimes import open_session
from tests.models.looking import Array, Places, giving, model, taking
from tests.models.real import seen_by, session_of
from tests.models.test_real_faces import shared

DAVIS = "bgremoval/davis/images/"


def drawn(shared_data: Path, name: str) -> tuple[int, int, int, int]:
    """The box around what somebody outlined by hand."""
    with Image.open(shared_data / f"bgremoval/davis/masks/{name}.png") as picture:
        rows, columns = np.nonzero(np.asarray(picture.convert("L")) > 127)
    left, top = int(columns.min()), int(rows.min())
    return left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1


@pytest.mark.parametrize(("name", "word"), [("cows_00000", "cow"), ("car-roundabout_00000", "car")])
def test_a_thing_is_found_where_somebody_outlined_it(
    name: str, word: str, shared_data: Path
) -> None:
    surest = seen_by("fastestdet", shared_data, f"{DAVIS}{name}.jpg").annotations[0]
    assert surest.label == word
    assert shared(surest.box, drawn(shared_data, name)) > 0.8


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (f"{DAVIS}horsejump-high_00000.jpg", {"horse", "person"}),
        ("photos/mediapipe/coco_data/images/000000000072.jpg", {"giraffe"}),
        ("photos/mediapipe/coco_data/images/000000000315.jpg", {"umbrella", "person"}),
        ("photos/skimage/chelsea.png", {"cat"}),
    ],
)
def test_what_is_in_a_picture_is_said(picture: str, words: set[str], shared_data: Path) -> None:
    found = {note.label for note in seen_by("fastestdet", shared_data, picture).annotations}
    assert words <= found


def test_four_people_on_a_beach_are_four(shared_data: Path) -> None:
    found = seen_by("fastestdet", shared_data, "bgremoval/u2net/im_14.png").annotations
    assert [note.label for note in found].count("person") == 4


class Digit(Places):
    """A digit as one writes it, white on black, as the model of digits has learnt them."""

    def __init__(self, digit: int) -> None:
        super().__init__(28, 28)
        self._picture = Image.new("RGB", (28, 28))
        font = ImageFont.load_default(22)
        ImageDraw.Draw(self._picture).text((14, 14), str(digit), "white", font, "mm")

    def sized(self, width: int, height: int, *_rest: Any) -> Array:
        return np.asarray(self._picture.resize((width, height)))


@pytest.mark.parametrize("digit", [0, 1, 2, 3, 4, 5, 7, 8])
def test_a_digit_is_read(digit: int, shared_data: Path) -> None:
    surest = look(session_of("mnist", shared_data), Digit(digit)).annotations[0]
    assert surest.label == str(digit)


@pytest.mark.parametrize(
    ("file", "taken", "given"),
    [
        ("light_squeezenet", "data_0", "softmaxout_1"),
        ("light_shufflenet", "gpu_0/data_0", "gpu_0/softmax_1"),
    ],
)
def test_a_net_whose_answers_mean_nothing_has_a_share_for_each_class(
    file: str, taken: str, given: str, shared_data: Path
) -> None:
    data = (shared_data / f"models/onnx/{file}.onnx").read_bytes()
    entry = model(
        taking(name=taken, side=224), giving("labels", name=given, most=1_000)
    ).model_copy(update={"runtime": "onnx", "size_bytes": len(data)})
    session = Guarded(open_session(entry, memoryview(data), threads=1), None)
    shares = look(session, Places(300, 200)).annotations
    assert len(shares) == 1_000
    assert sum(note.score for note in shares) == pytest.approx(1, abs=1e-3)


def test_the_head_for_gestures_has_a_score_for_each(shared_data: Path) -> None:
    data = (shared_data / "models/mediapipe/custom_gesture_classifier.tflite").read_bytes()
    entry = model(
        taking(name="serving_default_input_1:0", kind="vector", channels=1, resize="tile", side=0),
        giving("labels", name="StatefulPartitionedCall:0"),
    ).model_copy(update={"runtime": "tflite", "size_bytes": len(data)})
    session = open_session(entry, memoryview(data), threads=1)
    (scores,) = session.answers(np.ones((1, 128), np.float32))
    assert scores.shape == (1, 11)
