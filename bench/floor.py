"""How fast this machine multiplies, one thread: the floor under every net's time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bench.graphs import opened

SIDE = 1_024
TRIES = 3


class Peak:
    """A matrix product of 1024 a side in 32-bit float and in 8 bits; by the better library."""

    def __init__(self) -> None:
        draw = np.random.default_rng(1)
        self._left = draw.random((SIDE, SIDE), np.float32)
        self._bytes = draw.integers(0, 127, (SIDE, SIDE), np.uint8)
        weights = draw.integers(-63, 63, (SIDE, SIDE), np.int8)
        self._float = product("MatMul", self._left, self._left, TensorProto.FLOAT)
        self._int8 = product("MatMulInteger", self._bytes, weights, TensorProto.INT32)

    def float_per_second(self) -> float:
        """Multiplications per second in fp32, the best of some tries."""
        return SIDE**3 / min(min(self._by_numpy(), self._by(self._float)) for _ in range(TRIES))

    def int8_per_second(self) -> float:
        """The same with 8-bit values whose sums have 32 bits."""
        return SIDE**3 / min(self._by(self._int8) for _ in range(TRIES))

    def _by_numpy(self) -> float:
        start = time.thread_time()
        self._left @ self._left
        return time.thread_time() - start

    def _by(self, session: Any) -> float:
        left = self._left if session is self._float else self._bytes
        start = time.thread_time()
        session.run(None, {"x": left})
        return time.thread_time() - start


def product(kind: str, left: NDArray[Any], right: NDArray[Any], gives: int) -> Any:
    """A session that multiplies what it is given with constant weights."""
    takes = helper.np_dtype_to_tensor_dtype(left.dtype)
    value = helper.make_tensor_value_info("x", takes, [SIDE, SIDE])
    answer = helper.make_tensor_value_info("y", gives, [SIDE, SIDE])
    node = helper.make_node(kind, ["x", "w"], ["y"])
    graph = helper.make_graph(
        [node], "peak", [value], [answer], [numpy_helper.from_array(right, "w")]
    )
    opset = [helper.make_opsetid("", 17)]
    return opened(helper.make_model(graph, ir_version=8, opset_imports=opset).SerializeToString())


def multiplications(model: bytes) -> int:
    """Of all convolutions of a net that keeps its width and height until its last shuffle, per
    input pixel.
    """
    graph = onnx.load_from_string(model).graph
    sizes = {constant.name: int(np.prod(constant.dims)) for constant in graph.initializer}
    return sum(sizes[node.input[1]] for node in graph.node if node.op_type == "Conv")
