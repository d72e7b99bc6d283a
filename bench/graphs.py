"""Nets of published shapes with random weights, as ONNX: what they cost, not what they can do.

srvgg: SRVGGNetCompact, 64 channels, 32 convolutions, PReLU, x4 in colour: the shape of
realesr-general-x4v3 (Wang et al., Real-ESRGAN, 2021). u2netp: the small U2-Net of Qin et al. 2020,
normalisation folded into the convolutions, as runtimes deploy it.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

SEED = 2026
OPSET = 17


class Graph:
    """Nodes in the order in which they are asked for; each call names and gives its output."""

    def __init__(self) -> None:
        self._draw = np.random.default_rng(SEED)
        self._nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, *inputs: str, **facts: Any) -> str:
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **facts))
        return name

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def conv(self, x: str, sizes: tuple[int, int], *, side: int = 3, dilation: int = 1) -> str:
        """A convolution that keeps width and height; weights keep the size of what flows."""
        came, goes = sizes
        spread = (2 / (came * side * side)) ** 0.5
        weight = self._draw.normal(0, spread, (goes, came, side, side)).astype(np.float32)
        bias = self.constant(np.zeros(goes, np.float32))
        pad = dilation * (side // 2)
        facts: dict[str, Any] = {"kernel_shape": [side] * 2, "dilations": [dilation] * 2}
        return self.node("Conv", x, self.constant(weight), bias, pads=[pad] * 4, **facts)

    def enlarged(self, x: str, factor: int, *, mode: str) -> str:
        scales = self.constant(np.array([1, 1, factor, factor], np.float32))
        place = "asymmetric" if mode == "nearest" else "half_pixel"
        rounding = {"nearest_mode": "floor"} if mode == "nearest" else {}
        return self.node(
            "Resize", x, "", scales, mode=mode, coordinate_transformation_mode=place, **rounding
        )

    def parameters(self) -> int:
        """Weights, biases and slopes; not the sizes that a resize is given."""
        return sum(int(np.prod(one.dims)) for one in self.constants if list(one.dims) != [4])

    def built(self, last: str, channels: int, side: int | None) -> bytes:
        """The model with the input x and the output last."""
        shape: list[Any] = [1, channels, side or "height", side or "width"]
        given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        made = ["one", "channels", "rows", "columns"]
        answer = helper.make_tensor_value_info(last, TensorProto.FLOAT, made)
        graph = helper.make_graph(self._nodes, "random", [given], [answer], self.constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, ir_version=8, opset_imports=opset)
        onnx.checker.check_model(model)
        data: bytes = model.SerializeToString()
        return data


def srvgg(channels: int = 64, body: int = 32, scale: int = 4) -> tuple[bytes, int]:
    """The model and how many parameters it has."""
    graph = Graph()
    x, came = "x", 3
    for _ in range(body + 1):
        slope = graph.constant(np.full((channels, 1, 1), 0.1, np.float32))
        x, came = graph.node("PRelu", graph.conv(x, (came, channels)), slope), channels
    x = graph.conv(x, (channels, 3 * scale**2))
    x = graph.node("DepthToSpace", x, blocksize=scale, mode="CRD")
    last = graph.node("Add", x, graph.enlarged("x", scale, mode="nearest"))
    return graph.built(last, 3, None), graph.parameters()


def unit(graph: Graph, x: str, sizes: tuple[int, int], dilation: int = 1) -> str:
    """Convolution, folded normalisation, ReLU."""
    return graph.node("Relu", graph.conv(x, sizes, dilation=dilation))


def halved(graph: Graph, x: str) -> str:
    return graph.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)


def joined(graph: Graph, one: str, other: str) -> str:
    return graph.node("Concat", one, other, axis=1)


def doubled(graph: Graph, x: str) -> str:
    return graph.enlarged(x, 2, mode="linear")


def residual_u(graph: Graph, x: str, depth: int, sizes: tuple[int, int, int]) -> str:
    """A residual U-block of this depth: RSU-7 to RSU-4 of the paper."""
    came, middle, goes = sizes
    first = unit(graph, x, (came, goes))
    down = [unit(graph, first, (goes, middle))]
    for _ in range(depth - 2):
        down.append(unit(graph, halved(graph, down[-1]), (middle, middle)))
    up = unit(graph, down[-1], (middle, middle), dilation=2)
    for place, beside in enumerate(reversed(down)):
        width = goes if place == depth - 2 else middle
        up = unit(graph, joined(graph, up, beside), (2 * middle, width))
        if place < depth - 2:
            up = doubled(graph, up)
    return graph.node("Add", up, first)


def residual_flat(graph: Graph, x: str, sizes: tuple[int, int, int]) -> str:
    """The same without pooling, with dilations of 1, 2, 4 and 8: RSU-4F."""
    came, middle, goes = sizes
    first = unit(graph, x, (came, goes))
    one = unit(graph, first, (goes, middle))
    two = unit(graph, one, (middle, middle), 2)
    four = unit(graph, two, (middle, middle), 4)
    up = unit(graph, four, (middle, middle), 8)
    up = unit(graph, joined(graph, up, four), (2 * middle, middle), 4)
    up = unit(graph, joined(graph, up, two), (2 * middle, middle), 2)
    up = unit(graph, joined(graph, up, one), (2 * middle, goes))
    return graph.node("Add", up, first)


def u2netp(side: int = 320) -> tuple[bytes, int]:
    """The model for pictures of side x side (a multiple of 32) and how many parameters it has."""
    graph = Graph()
    narrow, wide = (64, 16, 64), (128, 16, 64)
    down = [residual_u(graph, "x", 7, (3, 16, 64))]
    for depth in (6, 5, 4):
        down.append(residual_u(graph, halved(graph, down[-1]), depth, narrow))
    down.append(residual_flat(graph, halved(graph, down[-1]), narrow))
    up = [residual_flat(graph, halved(graph, down[-1]), narrow)]
    up.append(residual_flat(graph, joined(graph, doubled(graph, up[-1]), down[4]), wide))
    for depth, beside in zip((4, 5, 6, 7), reversed(down[:4]), strict=True):
        up.append(residual_u(graph, joined(graph, doubled(graph, up[-1]), beside), depth, wide))
    maps = []
    for level, x in enumerate(reversed(up)):
        mask = graph.conv(x, (64, 1))
        maps.append(graph.enlarged(mask, 2**level, mode="linear") if level else mask)
    last = graph.conv(graph.node("Concat", *maps, axis=1), (6, 1), side=1)
    return graph.built(graph.node("Sigmoid", last), 3, side), graph.parameters()


def opened(model: bytes, *, threads: int = 1) -> Any:
    """A session as Safelight opens its own: on the processor, threads that sleep when idle."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
