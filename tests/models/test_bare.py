"""A model without an entry: what it cannot be asked, and what its runtime says, in our words."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from safelight.errors import MemoryExceeded, ModelFaulty, PolicyRefused
from safelight.models.bare import Bare, BareOnnx, BareTflite
from tests.models import making, making_tflite


def onnx(data: bytes) -> BareOnnx:
    return BareOnnx(memoryview(data), threads=1)


def tflite(data: bytes) -> BareTflite:
    return BareTflite(memoryview(data), threads=1, delegates="usual")


def taking(kind: int, sides: list[int], outputs: int = 1) -> bytes:
    """Identities of one tensor of these numbers and sides."""
    names = [f"y{place}" for place in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], [name]) for name in names],
        "g",
        [helper.make_tensor_value_info("x", kind, sides)],
        [helper.make_tensor_value_info(name, kind, sides) for name in names],
    )
    opset = helper.make_opsetid("", 17)
    return making.to_bytes(helper.make_model(graph, opset_imports=[opset], ir_version=8))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (taking(TensorProto.DOUBLE, [1, 3, 8, 8]), "numbers of a kind"),
        (taking(TensorProto.STRING, [1]), "numbers of a kind"),
        (taking(TensorProto.FLOAT, [1] * 9), "more sides"),
        (taking(TensorProto.FLOAT, [1, 3, 8, 8], outputs=40), "more tensors"),
        (taking(TensorProto.FLOAT, [1, 3, 8, 8]).replace(b"y0", b"y\xff"), "are no text"),
    ],
)
def test_what_cannot_be_used_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(PolicyRefused, match=words):
        onnx(data)


def test_names_that_no_entry_can_hold_go_by_their_place() -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["a picture"], ["#7"])],
        "g",
        [helper.make_tensor_value_info("a picture", TensorProto.FLOAT, [1, "n"])],
        [helper.make_tensor_value_info("#7", TensorProto.FLOAT, [1, "n"])],
    )
    opset = helper.make_opsetid("", 17)
    bare = onnx(making.to_bytes(helper.make_model(graph, opset_imports=[opset], ir_version=8)))
    assert (bare.takes[0].name, bare.takes[0].sides, bare.gives) == ("#0", (1, -1), ("#0",))


@pytest.mark.parametrize(
    "bare",
    [onnx(making.to_bytes(making.picture_model())),
     tflite(making_tflite.to_bytes(making_tflite.sums()))],
    ids=["onnx", "tflite"],
)  # fmt: skip
def test_a_tensor_that_does_not_fit_is_told(bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [np.zeros((2, 2), np.float32)] * len(bare.takes)
    with pytest.raises(ModelFaulty, match="no size that was tried"):
        bare.ask(wrong)

    class Full:
        def __getattr__(self, _name: str) -> object:
            raise MemoryError

    monkeypatch.setattr(bare, "_net" if isinstance(bare, BareTflite) else "_session", Full())
    with pytest.raises(MemoryExceeded):
        bare.ask([np.zeros((1, 4, 4, 3), np.float32)] * len(bare.takes))
