"""Every public model is taken by the operation of its task, and its answer is read as it says.

The files are not here: a net made in code answers as the entry says that the real one does.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from safelight.annotation import Seen
from safelight.codecs.encode import encode
from safelight.models.entry import Entry
from safelight.models.session import constants
from safelight.models.store import Store
from safelight.operation import Context, ModelNeed, Sample
from safelight.ops.cutout import Cutout
from safelight.ops.embed import Embed
from safelight.ops.tiling.net import net_of
from tests.contract import LIMITS, look_with, opened, pixels, with_pillow
from tests.models.test_real_bodies import common
from tests.ops.drawn_mug import drawn_mug

EVERY = {entry.name: entry for entry in Store().catalogue()}
GROUND = (90, 120, 200)


def of_task(*tasks: str) -> list[str]:
    return [entry.name for entry in EVERY.values() if entry.task in tasks and entry.url is not None]


class Told:
    """A session of an entry that sees the red mug, whatever way the picture comes to it."""

    def __init__(self, entry: Entry) -> None:
        self.model = entry

    def run(self, tensor: Any) -> Any:
        return self.answers(tensor)[0]

    def answers(self, tensor: Any) -> list[Any]:
        facts, given = self.model.input, self.model.output
        if given.kind == "vector":
            return [np.arange(1.0, 9.0, dtype=np.float32)[None]]
        picture = tensor[0] if facts.layout == "NHWC" else tensor[0].transpose(1, 2, 0)
        low, high = facts.range
        shares = (picture * facts.std + facts.mean - low) / (high - low)
        red = shares[..., 0 if facts.order == "RGB" else 2]
        blue = shares[..., 2 if facts.order == "RGB" else 0]
        mask = np.clip(4 * (red - blue) - 0.2, 0, 1).astype(np.float32)
        return [self._said(mask)]

    def _said(self, mask: Any) -> Any:
        """The mask in the way of the entry, before its activation and its range."""
        given = self.model.output
        if given.is_yes_or_no:
            return (given.channel * (mask > 0.5))[None, ..., None]
        low, high = given.range
        plane = low + (high - low) * mask
        if given.activation == "sigmoid":
            plane = 12 * mask - 6
        if given.scaling == "minmax":
            plane = 0.2 + 0.1 * plane
        planes = [1 - plane] * (given.channel + 1)
        planes[given.channel] = plane
        if given.activation == "softmax":
            planes = [6 - 12 * mask, 12 * mask - 6]
        answer = np.stack(planes)[None].astype(np.float32)
        is_last = given.layout == "NHWC"
        return answer.transpose(0, 2, 3, 1) if is_last else answer


def context(session: Told) -> Context:
    def see(_need: ModelNeed, sample: Sample) -> Seen:
        return look_with(session, sample)

    return Context(LIMITS, lambda _need: session, look=see)


@pytest.mark.parametrize("name", of_task("cutout"))
def test_every_public_model_cuts_out_by_its_own_facts(name: str) -> None:
    mug = drawn_mug(ground=GROUND)
    data = with_pillow(mug.picture, "PNG")
    image = Cutout(model=name, mask_only=True).apply(opened(data), context(Told(EVERY[name])))
    mask = pixels(encode(image, memoryview(data), LIMITS)).squeeze()
    assert common(mask > 127, mug.cover > 0.5) > 0.97
    assert image.confidence is None or image.confidence > 0.8


@pytest.mark.parametrize("name", of_task("upscale", "denoise", "dejpeg"))
def test_every_public_model_of_tiles_is_taken(name: str) -> None:
    entry = EVERY[name]
    net = net_of(SimpleNamespace(model=entry), {"sigma": 0.1, "quality": 0.5})
    assert net.scale == entry.output.scale
    assert net.tile + 2 * net.halo > 0


@pytest.mark.parametrize("name", of_task("embed"))
def test_every_public_tower_gives_a_vector(name: str) -> None:
    data = with_pillow(np.asarray(Pillow.new("RGB", (60, 40), "teal")), "PNG")
    vector = Embed(model=name).apply(opened(data), context(Told(EVERY[name]))).vector
    assert sum(value * value for value in vector) == pytest.approx(1)


def test_the_catalogue_has_what_is_tested_here() -> None:
    """The control: none of the lists above is empty."""
    assert len(of_task("cutout")) >= 15
    assert len(of_task("upscale", "denoise")) >= 15
    assert len(of_task("embed")) >= 4
    assert not constants(EVERY["rvm-mobilenetv3"].input)["r1i"].any()
