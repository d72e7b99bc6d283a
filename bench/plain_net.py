"""Nets of plain convolutions with random weights, as models in a folder of their own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from safelight.models.entry import Entry

SIDE, WORDS = 224, 10
TOML = """
name = "{name}"
title = "Plain convolutions with random weights"
task = "classify"
file = "{name}.onnx"
sha256 = "{sha256}"
size_bytes = {size_bytes}
licence = "Apache-2.0"
pin = "own"
source = "made by a measurement"
card = "none"
runtime = "onnx"
precision = "fp32"
peak_bytes = {peak_bytes}

[input]
name = "x"
layout = "NCHW"
channels = 3
kind = "rgb"
range = [0.0, 1.0]
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
tile = 0
halo = 0
resize = "crop"
side = {side}
shorter = 256
kernel = "bilinear"

[output]
name = "y"
kind = "labels"
range = [-100.0, 100.0]
activation = "softmax"
labels = [{labels}]
"""


@dataclass(frozen=True)
class Net:
    """A net in a folder of models."""

    entry: Entry
    data: bytes


def net(folder: Path, channels: int, depth: int) -> Net:
    """Three convolutions that halve, so many that keep their size, the mean, a word for each."""
    draw = np.random.default_rng(5)
    nodes, weights, now = [], [], "x"
    shapes = [(3, 64, 2), (64, 128, 2), (128, channels, 2), *[(channels, channels, 1)] * depth]
    for place, (taken, given, stride) in enumerate(shapes):
        values = draw.standard_normal((given, taken, 3, 3)) * (2 / (9 * taken)) ** 0.5
        weights.append(_tensor(f"w{place}", values))
        made = {"kernel_shape": [3, 3], "pads": [1] * 4, "strides": [stride] * 2}
        nodes.append(helper.make_node("Conv", [now, f"w{place}"], [f"c{place}"], **made))
        nodes.append(helper.make_node("Relu", [f"c{place}"], [f"r{place}"]))
        now = f"r{place}"
    weights.append(_tensor("head", draw.standard_normal((channels, WORDS)) / channels))
    nodes += [
        helper.make_node("GlobalAveragePool", [now], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "head"], ["y"]),
    ]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    answer = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, WORDS])
    graph = helper.make_graph(nodes, "net", [taken], [answer], weights)
    opset = helper.make_opsetid("", 17)
    data = helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()
    return _shelved(folder, f"net-{depth}", data)


def _tensor(name: str, values: Any) -> Any:
    raw = values.astype(np.float32)
    return helper.make_tensor(name, TensorProto.FLOAT, raw.shape, raw.tobytes(), raw=True)


def _shelved(folder: Path, name: str, data: bytes) -> Net:
    facts = {
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "peak_bytes": 4 * len(data) + 50_000_000,
        "side": SIDE,
        "labels": ", ".join(f'"word {number}"' for number in range(WORDS)),
    }
    toml = TOML.format(**facts).encode()
    (folder / f"{name}.toml").write_bytes(toml)
    (folder / f"{name}.onnx").write_bytes(data)
    return Net(Entry.from_toml(toml), data)
