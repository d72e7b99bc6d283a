"""restore with another model against noise: one that needs to be told nothing, or that knows luma
alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pydantic import ValidationError

from safelight.codecs.encode import encode
from safelight.engine.trial import step_for
from safelight.errors import ModelMissing
from safelight.operation import Context, ModelNeed
from safelight.ops.restore import Restore
from safelight.recipe import Recipe
from tests.contract import LIMITS, drawn, opened, pixels, with_pillow
from tests.models.real import entry_of, session_of
from tests.ops.nets import Net, context

OWN = ModelNeed("denoise", "mine")


def brighter(planes: Any) -> Any:
    return np.minimum(planes * np.float32(1.1), 1)


@pytest.mark.parametrize("kind", ["luma", "rgb", "rgb+sigma"])
def test_a_model_is_told_the_noise_only_where_it_asks(kind: str) -> None:
    net = Net(kind, answer=lambda planes: brighter(planes[:3]))
    data = with_pillow(np.full((24, 30, 3), (100, 110, 120), np.uint8), "PNG")
    image = Restore(denoise=20, jpeg="off", model="mine").apply(opened(data), context((OWN, net)))
    image.vips.write_to_memory()
    assert net.given[0].shape[1] == {"luma": 1, "rgb": 3, "rgb+sigma": 4}[kind]


def test_the_usual_model_is_no_part_of_a_recipe() -> None:
    """It came later: recipes that do not name it are what they were."""
    assert "model" not in Restore(denoise=20).parameters()
    named = Recipe((Restore(denoise=20, model="mine"),))
    assert named.steps[0].parameters()["model"] == "mine"
    assert Recipe.from_canonical(named.canonical).steps == named.steps
    assert named.needs == (ModelNeed("dejpeg", "fast"), OWN)


def test_a_model_against_noise_that_is_not_to_be_removed_is_refused() -> None:
    for denoise in ("off", 0):
        with pytest.raises(ValidationError, match="goes with denoise"):
            Restore(denoise=denoise, model="mine")


@pytest.mark.parametrize("facts", [{"resize": "stretch", "side": 64}, {"channels": 4}])
def test_a_model_of_another_kind_is_refused(facts: dict[str, Any]) -> None:
    net = Net("rgb", answer=brighter, **facts)
    with pytest.raises(ModelMissing) as refused:
        Restore(denoise=20, jpeg="off", model="mine").apply(
            opened(with_pillow(drawn(), "PNG")), context((OWN, net))
        )
    assert refused.value.hint


def test_a_real_model_of_luma_removes_noise_of_its_strength(shared_data: Path) -> None:
    session = session_of("dncnn-25", shared_data)
    with Pillow.open(shared_data / "superres/set5/img_003_SRF_4_HR.png") as picture:
        clean = np.asarray(picture.convert("L"), np.float32)
    noise = np.random.default_rng(1).normal(0, 25, clean.shape)
    data = with_pillow(np.rint(clean + noise).clip(0, 255).astype(np.uint8), "PNG")
    step = Restore(jpeg="off", model="dncnn-25")
    image = step.apply(opened(data), Context(LIMITS, lambda _need: session))
    seen = pixels(encode(image, memoryview(data), LIMITS)).squeeze()
    assert np.abs(seen - clean).mean() < 0.35 * np.abs(noise).mean()


def test_a_public_model_against_noise_is_tried_by_this_operation() -> None:
    step = step_for(entry_of("dncnn-25"))
    assert step == {"op": "restore", "model": "dncnn-25"}
