"""The engine's worker in the real frame, under its real policy: pixels, letters, an end at once."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Frame

from bench.framed_engine import ENGINE, RUN, TIMED, asked
from tests.studio.tab_engine import native

pytestmark = pytest.mark.comes_again

GROUND = 120
SIZE = (900, 600)
TEXTS = ("© Anna Müller", "Wave AVATAR Type", "two\nlines", "Привет, мир")
# An edge of the letters may lie so many pixels from where FreeType draws it.
NEAR = 3
Box = tuple[int, int, int, int]


def plain() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", SIZE, (GROUND,) * 3).save(out, "PNG")
    return out.getvalue()


def lettered(text: str) -> list[dict[str, Any]]:
    return [{"op": "watermark", "text": text, "scale": 60, "opacity": 100}]


@pytest.fixture
def answers(frame: Frame) -> list[dict[str, Any]]:
    steps = [lettered(text) for text in TEXTS]
    steps.append([{"op": "resize", "fit": "90x90"}])
    steps.append([{"op": "watermark", "text": "漢字"}])
    frame.evaluate(ENGINE)
    return [frame.evaluate(RUN, asked(plain(), one)) for one in steps]


def test_letters_lie_where_this_computer_draws_them(
    frame: Frame, answers: list[dict[str, Any]]
) -> None:
    for text, answer in zip(TEXTS, answers, strict=False):
        assert not answer.get("failure"), answer
        here, there = native(plain(), lettered(text)), bytes(answer["bytes"])
        ours, theirs = covered(here), covered(there)
        assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) <= NEAR, text
        assert np.abs(pixels(here) - pixels(there)).mean() < 3
    smaller = [{"op": "resize", "fit": "90x90"}]
    wanted = native(plain(), smaller)
    assert bytes(answers[4]["bytes"]) == wanted
    _, size, failure = frame.evaluate(TIMED, asked(plain(), smaller))  # as measurements ask
    assert (size, failure) == (len(wanted), None)
    assert answers[5]["failure"]["code"] == "parameter-invalid"


def covered(data: bytes) -> Box:
    """Left, top, right, bottom of what is no longer the ground."""
    rows, columns = np.nonzero(np.abs(pixels(data) - GROUND).max(2) > 40)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)
