"""Whatever numbers a model answers, what was seen stays within its bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from safelight.annotation import MASK_BYTES, Annotation, Seen
from safelight.models.contract import ModelOutput
from safelight.models.look import look
from tests.models.looking import Array, Places, Sayer, giving, guarded, model, taking
from tests.models.test_answers_boxes import FAMILIES
from tests.models.test_answers_wholes import blazepose, movenet

LIMIT = float(np.finfo(np.float32).max)
WILD = np.array([0, 1, -1, 0.5, 80, -90, 1e6, -1e6, 1e30, -1e30, LIMIT, -LIMIT, 1e-40])
WIDTH, HEIGHT = 300, 170


def masked(decoder: str, activation: str, scaling: str) -> tuple[list[Array], ModelOutput]:
    output = giving("alpha", layout="NCHW", decoder=decoder, activation=activation, scaling=scaling)
    return [np.zeros((1, 1 if decoder else 2, 8, 8), np.float32)], output


def worded(activation: str) -> tuple[list[Array], ModelOutput]:
    return [np.zeros((1, 5), np.float32)], giving("labels", activation=activation)


EVERY: list[Callable[[], tuple[list[Array], ModelOutput]]] = [
    *FAMILIES,
    movenet,
    blazepose,
    *(lambda how=how: worded(how) for how in ("none", "sigmoid", "softmax")),
    *(lambda how=how: masked("", how, "none") for how in ("none", "sigmoid", "softmax")),
    lambda: masked("", "none", "minmax"),
    lambda: masked("classes", "none", "none"),
]


def require_bounds(note: Annotation) -> None:
    assert 0 <= note.score <= 1
    for point in note.points:
        assert math.isfinite(point.x)
        assert math.isfinite(point.y)
        assert 0 <= point.score <= 1
    assert len(note.mask) in (0, MASK_BYTES)
    if note.box is not None:
        left, top, width, height = note.box
        assert min(left, top) >= 0
        assert min(width, height) >= 1
        assert left + width <= WIDTH
        assert top + height <= HEIGHT


def require_sane(seen: Seen) -> None:
    for note in seen.annotations:
        require_bounds(note)
    scores = [note.score for note in seen.annotations]
    assert scores == sorted(scores, reverse=True)
    if seen.mask is not None:
        assert ((seen.mask >= 0) & (seen.mask <= 1)).all()


@pytest.mark.parametrize("family", EVERY)
def test_wild_numbers_break_no_bound(family: Any) -> None:
    plain, output = family()
    chance = np.random.default_rng(3)
    for least in (0.0, 0.5):
        entry = model(taking(side=64, looks=3), output.model_copy(update={"least": least}))
        for _ in range(12):
            answers = [
                np.where(chance.random(one.shape) < 0.5, chance.choice(WILD, one.shape), one)
                for one in plain
            ]
            session = Sayer(entry, [one.astype(np.float32) for one in answers])
            require_sane(look(guarded(session), Places(WIDTH, HEIGHT)))


def test_the_bounds_are_looked_at() -> None:
    for wrong in (
        Annotation("box", score=2.0),
        Annotation("box", score=0.5, box=(0, 0, WIDTH + 1, 1)),
        Annotation("box", score=0.5, box=(0, 0, 0, 1)),
        Annotation("pose", score=0.5, mask=b"x"),
    ):
        with pytest.raises(AssertionError):
            require_sane(Seen((wrong,)))
    with pytest.raises(AssertionError):
        require_sane(Seen(mask=np.array([np.nan])))
