"""The upscaler as an ONNX graph, written node by node so that nothing else gets in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET, IR_VERSION = 17, 8
Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Quantised:
    """Eight-bit body: the largest value of each layer's input and output, and weight bits."""

    peaks: Sequence[float]
    weight_bits: int


class Graph:
    """Nodes and constants of one net, in order."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Store a tensor under `name`."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node; returns its output's name."""
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def convolution(self, source: str, weights: Weights, name: str, output: str = "") -> str:
        """A padded convolution in float32 with the weights called `name`."""
        kernel = weights[f"{name}.weight"]
        inputs = [source, self.constant(f"{name}.weight", kernel)]
        if f"{name}.bias" in weights:
            inputs.append(self.constant(f"{name}.bias", weights[f"{name}.bias"]))
        pad = kernel.shape[2] // 2
        return self.node("Conv", inputs, output or name, pads=[pad] * 4)

    def eight_bits(self, source: str, peak: float) -> tuple[str, np.float32]:
        """`source` through 8 unsigned bits, 0..`peak`; returns its name and step."""
        step = np.float32(peak / 255)
        parts = [
            self.constant(f"{source}.step", np.array(step, np.float32)),
            self.constant(f"{source}.zero", np.array(0, np.uint8)),
        ]
        stored = self.node("QuantizeLinear", [source, *parts], f"{source}.stored")
        return self.node("DequantizeLinear", [stored, *parts], f"{source}.read"), step

    def body_layer(
        self, source: str, step: np.float32, weights: Weights, *, name: str, weight_bits: int
    ) -> str:
        """A body convolution whose kernel is kept in signed bits, a step per output channel."""
        kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        stored, steps = round_kernel(kernel, weight_bits)
        bias_steps = (steps * step).astype(np.float32)
        whole = np.rint(bias / bias_steps).astype(np.int32)
        kernel_name = self._read(f"{name}.weight", stored, steps)
        bias_name = self._read(f"{name}.bias", whole, bias_steps)
        return self.node("Conv", [source, kernel_name, bias_name], name, pads=[1, 1, 1, 1])

    def _read(self, name: str, stored: NDArray[Any], steps: NDArray[np.float32]) -> str:
        inputs = [
            self.constant(f"{name}.stored", stored),
            self.constant(f"{name}.steps", steps),
            self.constant(f"{name}.zeros", np.zeros(steps.shape, stored.dtype)),
        ]
        return self.node("DequantizeLinear", inputs, name, axis=0)


def round_kernel(
    kernel: NDArray[np.float32], weight_bits: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric integers of `weight_bits` bits and the step of each output channel."""
    limit = 2 ** (weight_bits - 1) - 1
    steps = (np.abs(kernel).max(axis=(1, 2, 3)) / limit).astype(np.float32)
    stored = np.rint(kernel / steps[:, None, None, None])
    return np.clip(stored, -limit, limit).astype(np.int8), steps


def build(weights: Weights, scale: int, quantised: Quantised | None = None) -> onnx.ModelProto:
    """The net: `luma` [1,1,H,W] in 0..1 to `luma_up` [1,1,sH,sW] in 0..1.

    `weights` are those of a folded net. With `quantised`, the body has 8-bit activations.
    """
    graph = Graph()
    value = graph.node("Relu", [graph.convolution("luma", weights, "head")], "head.out")
    layers = sum(name.startswith("body.") and name.endswith(".weight") for name in weights)
    for index in range(layers):
        name = f"body.{index}"
        if quantised is None:
            grown = graph.convolution(value, weights, name)
        else:
            read, step = graph.eight_bits(value, quantised.peaks[index])
            bits = quantised.weight_bits
            grown = graph.body_layer(read, step, weights, name=name, weight_bits=bits)
        value = graph.node("Relu", [grown], f"{name}.out")
    if quantised is not None:
        value, _ = graph.eight_bits(value, quantised.peaks[layers])
    both = [graph.convolution(value, weights, "tail"), graph.convolution("luma", weights, "skip")]
    planes = graph.node("Add", both, "planes")
    large = graph.node("DepthToSpace", [planes], "large", blocksize=scale, mode="CRD")
    limits = [graph.constant(n, np.array(v, np.float32)) for n, v in (("black", 0), ("white", 1))]
    graph.node("Clip", [large, *limits], "luma_up")
    return _model(graph)


def _model(graph: Graph) -> onnx.ModelProto:
    value = helper.make_tensor_value_info
    whole = helper.make_graph(
        graph.nodes,
        "upscale",
        [value("luma", onnx.TensorProto.FLOAT, [1, 1, "height", "width"])],
        [value("luma_up", onnx.TensorProto.FLOAT, [1, 1, "height_up", "width_up"])],
        initializer=graph.constants,
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    model.producer_name = ""
    onnx.checker.check_model(model, full_check=True)
    return model
