"""YOLOX: a cell that is sure of a thing gives its box and its word; others give none."""

from __future__ import annotations

import numpy as np
import pytest

from safelight.errors import ModelFaulty
from safelight.models.answers import DECODERS
from tests.models.looking import Array, giving, whole

# A tensor of 32 x 64: 8 x 4 cells of 8, 4 x 2 of 16.
COLUMNS, ROWS = 64, 32
OUTPUT = giving(
    decoder="yolox",
    labels=("dog", "cat"),
    anchors={"strides": (8.0, 16.0)},
    least=0.3,
    overlap=0.5,
)
VIEW = whole(640, 320, COLUMNS, ROWS)


def answer() -> Array:
    """Nothing anywhere."""
    return np.zeros((1, 8 * 4 + 4 * 2, 7), np.float32)


def test_a_box_lies_where_its_cell_and_its_offset_say() -> None:
    values = answer()
    # The second row of the first stride, third column; 16 px wide, 8 px high.
    values[0, 8 + 2] = (0.5, 0.25, np.log(2), 0, 0.9, 0.1, 0.8)
    # The last cell of the second stride, its middle in the corner of the tensor.
    values[0, 32 + 7] = (1, 1, 0, 0, 1, 0.7, 0.2)
    seen = DECODERS["yolox"]([values], OUTPUT, VIEW).annotations
    assert [(one.label, round(one.score, 3)) for one in seen] == [("cat", 0.72), ("dog", 0.7)]
    assert seen[0].box == (120, 60, 160, 80)
    assert seen[1].box == (560, 240, 80, 80)


def test_what_is_not_sure_or_lies_over_a_surer_one_is_not_seen() -> None:
    values = answer()
    values[0, 0] = (0.5, 0.5, 0, 0, 0.9, 0.9, 0)
    values[0, 1] = (-0.5, 0.5, 0, 0, 0.9, 0.8, 0)
    values[0, 20] = (0.5, 0.5, 0, 0, 0.5, 0.5, 0)
    assert len(DECODERS["yolox"]([values], OUTPUT, VIEW).annotations) == 1


@pytest.mark.parametrize("shape", [(1, 39, 7), (1, 40, 6), (40,)])
def test_an_answer_of_another_shape_is_faulty(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelFaulty):
        DECODERS["yolox"]([np.zeros(shape, np.float32)], OUTPUT, VIEW)
