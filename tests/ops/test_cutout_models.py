"""cutout with any model that gives a mask: read by its entry, refined at the picture's own size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.codecs.encode import encode
from safelight.errors import ModelFaulty, ModelMissing
from safelight.image import DOUBTFUL
from safelight.models.look import look
from safelight.models.session import Session
from safelight.operation import Context, ModelNeed, Sample
from safelight.ops.cutout import Cutout
from safelight.ops.resize import Resize
from tests.contract import LIMITS, look_with, opened, pixels, with_pillow
from tests.contract import context as built_in
from tests.models.looking import giving, model, taking
from tests.models.real import session_of
from tests.models.test_real_bodies import GROUND, STANCE, SUBJECT, common, reference
from tests.models.test_real_faces import PORTRAIT
from tests.ops.drawn_mug import drawn_mug

SIDE = 96
# What a net answers to the tensor that it gets: [rows, columns, 3], red first, from 0 to 1.
Says = Callable[[Any], Any]


def red(seen: Any) -> Any:
    """The mug is red, its ground is not."""
    return np.clip(4 * (seen[..., 0] - seen[..., 2]) - 0.2, 0, 1)


class Knowing:
    """A net that finds the subject by what it is given, and answers in the entry's own way."""

    def __init__(self, says: Any, *, output: dict[str, Any] | None = None, **facts: Any) -> None:
        given = giving(**{"kind": "alpha", "layout": "NCHW"} | (output or {}))
        self.model = model(taking(**{"side": SIDE} | facts), given)
        self.given: list[Any] = []
        self._says = says

    def run(self, tensor: Any) -> Any:
        self.given.append(tensor)
        is_first = self.model.input.layout == "NCHW"
        seen = tensor[0].transpose(1, 2, 0) if is_first else tensor[0]
        return self._says(seen[..., ::-1] if self.model.input.order == "BGR" else seen)

    def answers(self, tensor: Any) -> list[Any]:
        return [self.run(tensor)]


def plane(says: Says) -> Says:
    return lambda seen: says(seen)[None, None]


def context(net: Session) -> Context:
    def see(_need: ModelNeed, sample: Sample) -> Any:
        return look_with(net, sample)

    return Context(LIMITS, lambda _need: net, look=see)


def mask_by(net: Session, data: bytes, **parameters: Any) -> Any:
    image = Cutout(mask_only=True, **parameters).apply(opened(data), context(net))
    return pixels(encode(image, memoryview(data), LIMITS)).squeeze()


def overlap(mask: Any, cover: Any) -> float:
    return common(mask > 127, cover > 0.5)


def logits(seen: Any) -> Any:
    return 12 * red(seen) - 6


KINDS: dict[str, tuple[Says, dict[str, Any]]] = {
    "plain": (plane(red), {}),
    "channels last": (
        lambda seen: red(seen)[None, ..., None],
        {"layout": "NHWC", "output": {"layout": "NHWC"}},
    ),
    "blue first": (plane(red), {"order": "BGR"}),
    "letterbox": (plane(red), {"resize": "letterbox"}),
    "letterbox in the corner": (plane(red), {"resize": "letterbox", "place": "corner"}),
    "wide": (plane(red), {"side": 128, "height": 64}),
    "sigmoid": (plane(logits), {"output": {"activation": "sigmoid", "range": (0.0, 1.0)}}),
    "softmax": (
        lambda seen: np.stack([-logits(seen), logits(seen)])[None],
        {"output": {"activation": "softmax", "channel": 1}},
    ),
    "a range of its own": (
        plane(lambda seen: 3 + 20 * red(seen)),
        {"output": {"range": (3.0, 23.0)}},
    ),
    "stretched to 0 and 1": (
        plane(lambda seen: 0.1 + 0.01 * red(seen)),
        {"output": {"scaling": "minmax"}},
    ),
    "of bytes": (plane(lambda seen: red(seen / 255)), {"range": (0.0, 255.0)}),
    "half the size": (plane(lambda seen: red(seen)[::2, ::2]), {}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_say_a_mask_is_read_and_refined(kind: str) -> None:
    says, facts = KINDS[kind]
    mug = drawn_mug(ground=(90, 120, 200))
    mask = mask_by(Knowing(says, **facts), with_pillow(mug.picture, "PNG"))
    assert mask.shape == mug.cover.shape
    assert overlap(mask, mug.cover) > 0.97


def test_a_fact_that_is_wrong_would_show() -> None:
    """The control of the test above."""
    mug = drawn_mug(ground=(90, 120, 200))
    data = with_pillow(mug.picture, "PNG")
    says, _ = KINDS["softmax"]
    assert overlap(mask_by(Knowing(says, output={"activation": "softmax"}), data), mug.cover) < 0.1

    def other_way_round(seen: Any) -> Any:
        return red(seen[..., ::-1])[None, None]

    assert overlap(mask_by(Knowing(other_way_round), data), mug.cover) < 0.1


def test_edges_land_where_the_full_picture_has_them() -> None:
    mug = drawn_mug(1500, 1200, ground=(90, 120, 200))
    net = Knowing(plane(red))
    alpha = mask_by(net, with_pillow(mug.picture, "PNG")) / 255
    rough = Pillow.fromarray(net.run(net.given[0])[0, 0].astype(np.float32))
    large = np.asarray(rough.resize((1500, 1200), Pillow.Resampling.BICUBIC))
    assert np.abs(alpha - mug.cover).mean() < 0.15 * np.abs(large - mug.cover).mean()


def test_the_net_is_given_what_its_entry_says() -> None:
    flat = np.full((40, 60, 3), (200, 100, 51), np.uint8)
    net = Knowing(plane(red), mean=(0.5, 0.4, 0.3), std=(0.2, 0.5, 1.0))
    mask_by(net, with_pillow(flat, "PNG"))
    wanted = (np.array([200, 100, 51]) / 255 - (0.5, 0.4, 0.3)) / (0.2, 0.5, 1.0)
    assert net.given[0][0, :, 5, 5] == pytest.approx(wanted, abs=1e-3)
    brightest = Knowing(plane(red), by_maximum=True)
    mask_by(brightest, with_pillow(flat, "PNG"))
    assert brightest.given[0][0, :, 5, 5] == pytest.approx((1, 0.5, 0.255), abs=1e-3)


def test_a_light_subject_on_nothing_is_seen_on_grey() -> None:
    """On white the model would see white on white."""
    clear = np.zeros((80, 80, 4), np.uint8)
    clear[20:60, 20:60] = (250, 250, 250, 255)
    net = Knowing(plane(lambda seen: (seen.mean(-1) > 0.8).astype(np.float32)))
    image = Cutout().apply(opened(with_pillow(clear, "PNG")), context(net))
    alpha = pixels(encode(image, memoryview(b""), LIMITS))[..., 3]
    assert net.given[0].min() < 0.5
    assert (alpha[25:55, 25:55] == 255).all()
    assert not alpha[:10].any()


def test_how_sure_it_is_falls_with_doubt() -> None:
    mug = drawn_mug(ground=(90, 120, 200))
    data = with_pillow(mug.picture, "PNG")

    def sure(says: Says, **output: Any) -> float | None:
        net = Knowing(plane(says), output=output)
        return Cutout().apply(opened(data), context(net)).confidence

    clear, doubtful = sure(red), sure(lambda seen: 0.2 + 0.4 * red(seen))
    assert clear is not None
    assert doubtful is not None
    assert doubtful < DOUBTFUL < clear
    assert sure(lambda seen: 0 * red(seen)) == 0.0
    assert sure(lambda seen: 0 * red(seen) + 1) == 0.0


def test_a_model_that_says_yes_or_no_is_sure_of_nothing() -> None:
    mug = drawn_mug(ground=(90, 120, 200))
    net = Knowing(
        plane(lambda seen: 15.0 * (red(seen) > 0.5)), output={"decoder": "classes", "channel": 15}
    )
    image = Cutout(mask_only=True).apply(opened(with_pillow(mug.picture, "PNG")), context(net))
    assert image.confidence is None
    mask = pixels(encode(image, memoryview(b""), LIMITS)).squeeze()
    assert overlap(mask, mug.cover) > 0.97
    nobody = Knowing(plane(lambda seen: 0 * red(seen)), output=net.model.output.model_dump())
    image = Cutout().apply(opened(with_pillow(mug.picture, "PNG")), context(nobody))
    assert image.confidence == 0.0


def test_it_looks_at_what_another_step_gave() -> None:
    mug = drawn_mug(ground=(90, 120, 200))
    data = with_pillow(mug.picture, "PNG")
    smaller = Resize(width=240).apply(opened(data), built_in())
    image = Cutout(mask_only=True).apply(smaller, context(Knowing(plane(red))))
    mask = pixels(encode(image, memoryview(data), LIMITS)).squeeze()
    assert mask.shape == (200, 240)
    assert overlap(mask, mug.cover[::2, ::2]) > 0.93


@pytest.mark.parametrize(
    ("facts", "output"),
    [
        ({"kind": "luma"}, {}),
        ({"channels": 4}, {}),
        ({"kind": "rgb+sigma", "channels": 4}, {}),
        ({"kind": "rgb+surface", "channels": 7, "resize": "letterbox"}, {}),
        ({"resize": "tile", "side": 0}, {}),
        ({}, {"kind": "rgb"}),
        ({}, {"kind": "vector"}),
        ({"side": 16}, {"decoder": "vector"}),
        ({}, {"decoder": "no-such"}),
    ],
)
def test_a_model_of_another_kind_is_refused(facts: dict[str, Any], output: dict[str, Any]) -> None:
    net = Knowing(plane(red), output=output, **facts)
    data = with_pillow(drawn_mug().picture, "PNG")
    with pytest.raises(ModelMissing) as refused:
        Cutout().apply(opened(data), context(net))
    assert refused.value.hint


@pytest.mark.parametrize(
    "answer",
    [np.zeros((1, 2, 3, 4, 5)), np.zeros(7), np.full((1, 1, 4, 4), np.nan), np.zeros((2, 1, 4, 4))],
    ids=["five sides", "one side", "no number", "two pictures"],
)
def test_an_answer_that_is_no_mask_ends_the_work(answer: Any) -> None:
    data = with_pillow(drawn_mug().picture, "PNG")
    with pytest.raises(ModelFaulty):
        Cutout().apply(opened(data), context(Knowing(lambda _seen: answer)))


REAL = ("selfie", "sinet-portrait", "slimnet-portrait", "deeplab-portrait")


def cut_by(name: str, data: Path, picture: str) -> tuple[Any, float | None]:
    """The mask that a real model of the catalogue cuts a shared picture out by."""
    session = session_of(name, data)
    ctx = Context(LIMITS, lambda _need: session, look=lambda _need, sample: look(session, sample))
    source = (data / picture).read_bytes()
    image = Cutout(model=name, mask_only=True).apply(opened(source), ctx)
    made = encode(image, memoryview(source), LIMITS)
    return pixels(made).squeeze() > 127, image.confidence


def test_the_matte_of_selfies_is_near_the_reference(shared_data: Path) -> None:
    mask, _ = cut_by("selfie", shared_data, STANCE)
    assert common(mask, reference(shared_data)) > 0.9


@pytest.mark.parametrize("name", REAL)
def test_a_portrait_is_cut_out_by_every_model_of_people(name: str, shared_data: Path) -> None:
    mask, confidence = cut_by(name, shared_data, PORTRAIT)
    assert all(mask[y, x] for x, y in SUBJECT)
    assert not any(mask[y, x] for x, y in GROUND)
    assert common(mask, cut_by("selfie", shared_data, PORTRAIT)[0]) > 0.9
    assert (confidence is None) == (name == "deeplab-portrait")
    assert confidence is None or confidence > 0.7


def test_where_nobody_is_nobody_is_cut_out(shared_data: Path) -> None:
    mask, confidence = cut_by("selfie", shared_data, "bgremoval/davis/images/dog_00000.jpg")
    assert (mask.any(), confidence) == (False, 0.0)
