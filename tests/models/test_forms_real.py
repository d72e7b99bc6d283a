"""Real models of other forms: the right answer, and the same one in every form of the same net."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from safelight.models.session import Session
from tests.models.real import seen_by, session_of

Pixels = NDArray[np.float32]
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
BORDER = 4


def pictures(shared_data: Path, multiple: int, count: int = 2) -> list[Image.Image]:
    """Some of Set5, their sides multiples of this."""
    found = []
    for path in sorted((shared_data / "superres/set5").glob("*.png"))[1 : 1 + count]:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        width, height = (side // multiple * multiple for side in picture.size)
        found.append(picture.crop((0, 0, width, height)))
    return found


def pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture, np.float32) / np.float32(255)


def nearness(one: Pixels, other: Pixels) -> float:
    """In dB, of luma, without the edge."""
    apart = (np.clip(one, 0, 1) - other)[BORDER:-BORDER, BORDER:-BORDER]
    if apart.ndim == 3:
        apart = apart @ LUMA
    return float(-10 * np.log10(np.mean(apart**2)))


def enlarged(session: Session, small: Pixels) -> Pixels:
    answer: Pixels = session.run(small.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    return answer


@pytest.mark.parametrize(
    ("name", "multiple", "gain"),
    [("safmn-light", 32, 1.5), ("bsrn", 4, 3.0), ("waifu2x-photo", 2, 3.0)],
)
def test_an_upscaler_beats_bicubic(
    shared_data: Path, name: str, multiple: int, gain: float
) -> None:
    """Reduced as Pillow does, as these were trained."""
    session = session_of(name, shared_data)
    scale = session.model.output.scale
    for picture in pictures(shared_data, multiple):
        size = (picture.width // scale, picture.height // scale)
        small = picture.resize(size, Image.Resampling.BICUBIC)
        plain = pixels(small.resize(picture.size, Image.Resampling.BICUBIC))
        got = nearness(enlarged(session, pixels(small)), pixels(picture))
        assert got > nearness(plain, pixels(picture)) + gain


@pytest.mark.parametrize(
    ("name", "gain"),
    [
        *[("espcn-x2", 1.0), ("espcn-x3", 0.7), ("espcn-x4", 0.5)],
        *[("fsrcnn-x2", 1.0), ("fsrcnn-x3", 0.7), ("fsrcnn-x4", 0.5)],
        *[("fsrcnn-small-x2", 0.7), ("fsrcnn-small-x3", 0.5), ("fsrcnn-small-x4", 0.3)],
    ],
)
def test_an_upscaler_of_luma_beats_bicubic(shared_data: Path, name: str, gain: float) -> None:
    """Reduced without smoothing, as these were trained."""
    session = session_of(name, shared_data)
    scale = session.model.output.scale
    gains = []
    for picture in pictures(shared_data, scale):
        luma = pixels(picture) @ LUMA
        size = (picture.width // scale, picture.height // scale)
        small = cv2.resize(luma, size, interpolation=cv2.INTER_CUBIC)
        plain = cv2.resize(small, picture.size, interpolation=cv2.INTER_CUBIC)
        answer = session.run(small[None, ..., None])
        assert answer.shape == (1, picture.height, picture.width, 1)
        gains.append(nearness(answer[0, ..., 0], luma) - nearness(plain, luma))
    assert np.mean(gains) > gain


@pytest.mark.parametrize("name", ["upscayl-lite", "realesr-animevideov3-x2"])
def test_an_upscaler_that_invents_keeps_the_picture(shared_data: Path, name: str) -> None:
    """What it gives, reduced again, is near what it got: the right colours in the right places."""
    session = session_of(name, shared_data)
    picture = pictures(shared_data, 4, count=1)[0].crop((0, 0, 96, 64))
    answer = enlarged(session, pixels(picture))
    scale = session.model.output.scale
    assert answer.shape == (64 * scale, 96 * scale, 3)
    large = Image.fromarray((answer.clip(0, 1) * 255).round().astype(np.uint8))
    back = pixels(large.resize(picture.size, Image.Resampling.BOX))
    assert nearness(back, pixels(picture)) > 24
    assert nearness(back[:, ::-1], pixels(picture)) < 20


def test_noise_of_its_strength_is_removed(shared_data: Path) -> None:
    session = session_of("dncnn-25", shared_data)
    clean = pixels(pictures(shared_data, 4, count=1)[0]) @ LUMA
    noise = np.random.default_rng(1).normal(0, 25 / 255, clean.shape).astype(np.float32)
    repaired = session.run((clean + noise)[None, None])[0, 0]
    assert nearness(repaired, clean) > nearness(clean + noise, clean) + 7


def face_tensor(shared_data: Path) -> Pixels:
    with Image.open(shared_data / "superres/set5/img_002_SRF_4_HR.png") as picture:
        small = picture.convert("RGB").resize((320, 240))
    tensor = (np.asarray(small, np.float32) - np.float32(127)) / np.float32(128)
    return tensor.transpose(2, 0, 1)[None]


def test_one_face_detector_answers_the_same_in_three_forms(shared_data: Path) -> None:
    tensor = face_tensor(shared_data)
    _, scores = session_of("ultraface-rfb", shared_data).answers(tensor)
    offsets = []
    for name in ("ultraface-rfb-ncnn", "ultraface-rfb-caffe"):
        found, others = session_of(name, shared_data).answers(tensor)
        np.testing.assert_allclose(others, scores, atol=1e-5)
        offsets.append(found)
    np.testing.assert_allclose(offsets[0], offsets[1], atol=1e-5)


@pytest.mark.parametrize(
    "picture", ["photos/skimage/astronaut.png", "bgremoval/davis/images/breakdance_00000.jpg"]
)
def test_one_face_detector_sees_the_same_faces_in_three_forms(
    shared_data: Path, picture: str
) -> None:
    """One answers with corners, the other forms with offsets from anchors."""
    wanted = seen_by("ultraface-rfb", shared_data, picture).annotations
    assert wanted
    for name in ("ultraface-rfb-ncnn", "ultraface-rfb-caffe"):
        found = seen_by(name, shared_data, picture).annotations
        assert [face.box for face in found] == [face.box for face in wanted]
        scores = [face.score for face in wanted]
        assert [face.score for face in found] == pytest.approx(scores, abs=1e-4)


def test_one_detector_of_things_answers_the_same_in_ncnn(shared_data: Path) -> None:
    """ncnn keeps these weights in 16 bits."""
    with Image.open(shared_data / "superres/set5/img_002_SRF_4_HR.png") as picture:
        small = pixels(picture.convert("RGB").resize((352, 352)))
    tensor = small.transpose(2, 0, 1)[None]
    wanted = session_of("fastestdet", shared_data).answers(tensor)[0]
    answer = session_of("fastestdet-ncnn", shared_data).answers(tensor)[0]
    assert answer.shape == wanted.shape
    assert np.abs(answer - wanted).max() < 0.1
    assert np.abs(answer - wanted).mean() < 0.002
    assert np.corrcoef(answer[0, 0].ravel(), wanted[0, 0].ravel())[0, 1] > 0.999


HARMLESS = ("goldfish", "African_chameleon", "Maltese_dog", "hummingbird", "common_iguana")


def test_harmless_pictures_are_neutral(shared_data: Path) -> None:
    session = session_of("nsfwjs", shared_data)
    labels = session.model.output.labels
    for word in HARMLESS:
        (path,) = (shared_data / "photos/imagenet-sample").glob(f"*_{word}.JPEG")
        with Image.open(path) as picture:
            small = picture.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
        scores = session.run(pixels(small)[None])[0]
        assert scores.shape == (len(labels),)
        assert scores.sum() == pytest.approx(1, abs=1e-4)
        assert labels[int(scores.argmax())] == "neutral"
        assert scores.max() > 0.9


def test_a_photograph_made_a_drawing_is_one(shared_data: Path) -> None:
    """A control: the classifier does not call everything neutral."""
    session = session_of("nsfwjs", shared_data)
    for place in ("001", "004"):
        with Image.open(shared_data / f"superres/set5/img_{place}_SRF_4_HR.png") as picture:
            photo = np.asarray(picture.convert("RGB").resize((224, 224)))
        edges = cv2.Canny(cv2.GaussianBlur(photo, (0, 0), 1.5), 40, 100)
        drawn = cv2.pyrMeanShiftFiltering(photo, 20, 45) // 48 * 48 + 24
        drawn[cv2.dilate(edges, np.ones((2, 2), np.uint8)) > 0] = 0
        scores = session.run(drawn[None].astype(np.float32) / 255)[0]
        assert session.model.output.labels[int(scores.argmax())] == "drawing"
