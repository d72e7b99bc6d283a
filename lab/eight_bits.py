"""The 8-bit form of a float32 ONNX file: convolutions in bytes, calibrated on drawn inputs.

Weights get 7 bits, a step for each output channel, and activations 8 unsigned bits: then no sum of
two products overflows 16 bits, as it would on processors without the newer integer instructions.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from onnxruntime import quantization

Inputs = Sequence[NDArray[np.float32]]
Ranges = Mapping[str, tuple[float, float]]

# The operations between convolutions are taken along, or each would cost a way to float and back.
OPERATIONS = ("Conv", "Relu", "Add", "Concat", "MaxPool", "Resize", "GlobalAveragePool", "Gemm")


class Drawn(quantization.CalibrationDataReader):
    """Hands the calibrator one drawn input after the other."""

    def __init__(self, name: str, inputs: Inputs) -> None:
        self._feeds = iter([{name: value} for value in inputs])

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next feed, or None after the last."""
        return next(self._feeds, None)


def eight_bits(
    model: onnx.ModelProto,
    inputs: Inputs,
    *,
    kept_float: Sequence[str],
    ranges: Ranges,
) -> onnx.ModelProto:
    """The model with its convolutions in 8 bits, but those whose path is in kept_float.

    `ranges` says what enters a convolution, by its path; the calibrator takes the least and the
    largest value of the rest.
    """
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    with tempfile.TemporaryDirectory(prefix="eight-bits-") as folder:
        target = Path(folder, "small.onnx")
        quantization.quantize_static(
            whole,
            target,
            Drawn(model.graph.input[0].name, inputs),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=list(OPERATIONS),
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=float_nodes(model, kept_float),
            calibrate_method=quantization.CalibrationMethod.MinMax,
            extra_options={"TensorQuantOverrides": _overrides(model, ranges)},
        )
        return onnx.load(target)


def _overrides(model: onnx.ModelProto, ranges: Ranges) -> dict[str, Any]:
    """The known ranges, by the tensor that they are of."""
    entering = {path_of(node): node.input[0] for node in model.graph.node if node.op_type == "Conv"}
    return {
        entering[path]: [{"rmin": np.float32(low), "rmax": np.float32(high)}]
        for path, (low, high) in ranges.items()
    }


def rounded_paths(model: onnx.ModelProto, kept_float: Sequence[str]) -> list[str]:
    """The convolutions whose input comes in 8 bits: all in 8 bits, and what reads from these."""
    left = set(float_nodes(model, kept_float))
    makers = {output: node for node in model.graph.node for output in node.output}
    found = []
    for node in model.graph.node:
        maker = makers.get(node.input[0]) if node.input else None
        reads_bytes = maker is not None and maker.op_type in OPERATIONS and maker.name not in left
        if node.op_type == "Conv" and (node.name not in left or reads_bytes):
            found.append(path_of(node))
    return found


def float_nodes(model: onnx.ModelProto, kept_float: Sequence[str]) -> list[str]:
    """The nodes that stay in float32: the named convolutions and all that only follow them.

    What follows: an element-wise node none of whose inputs comes from an 8-bit convolution.
    """
    kept = tuple(kept_float)
    makers = {output: node for node in model.graph.node for output in node.output}
    constants = {constant.name for constant in model.graph.initializer}
    names = []
    for node in model.graph.node:
        if node.op_type in ("Conv", "Gemm"):
            if _is_below(path_of(node), kept):
                names.append(node.name)
            continue
        sources = [name for name in node.input if name and name not in constants]
        sources_float = [name not in makers or makers[name].name in names for name in sources]
        if node.op_type in OPERATIONS and any(sources_float):
            names.append(node.name)
    return names


def _is_below(path: str, kept: tuple[str, ...]) -> bool:
    return any(path == name or path.startswith(name + ".") for name in kept)


def path_of(node: onnx.NodeProto) -> str:
    """The path of the module that a convolution was: `body.3`."""
    return str(node.input[1]).removesuffix(".weight")
