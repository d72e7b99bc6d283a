"""Models made in code: a fake one, tiny ONNX ones, and ones that want another file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from onnx import TensorProto, helper

from safelight.models.entry import Entry

# onnxruntime folds shorter tensors while it optimises, and then asks for a path.
LENGTH = 1_024

TOML = """
name = "{name}"
title = "Repeats pixels"
task = "upscale"
aliases = {aliases}
file = "{file}"
sha256 = "{sha256}"
size_bytes = {size_bytes}
licence = "Apache-2.0"
source = "made by a test"
card = "none"
runtime = "{runtime}"
precision = "{precision}"
peak_bytes = 0

[input]
name = "x"
layout = "{layout}"
channels = {channels}
kind = {kind}
range = {input_range}
mean = {mean}
std = {std}
tile = 0
halo = 0
{input}

[output]
name = "y"
kind = {output_kind}
scale = {scale}
range = {output_range}
{output}
"""


def entry_toml(data: bytes = b"weights", **changes: Any) -> bytes:
    """A catalogue entry that pins these bytes, with some fields changed."""
    facts: dict[str, Any] = {
        "name": "twice",
        "aliases": '["plain"]',
        "file": "twice.bin",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "runtime": "fake",
        "scale": 2,
        "channels": 1,
        "kind": '"luma"',
        "input_range": "[0.0, 1.0]",
        "mean": "[0.0]",
        "std": "[1.0]",
        "input": "",
        "layout": "NCHW",
        "precision": "fp32",
        "output_kind": '"luma"',
        "output_range": "[0.0, 1.0]",
        "output": "",
    }
    return TOML.format(**facts | changes).encode()


def add_model(folder: Path, data: bytes = b"weights", **changes: Any) -> Entry:
    """Put a model and its entry into a user's folder."""
    entry = Entry.from_toml(entry_toml(data, **changes))
    (folder / f"{entry.name}.toml").write_bytes(entry_toml(data, **changes))
    (folder / entry.file).write_bytes(data)
    return entry


def plain_model() -> Any:
    """y = max(x, w), with w inside the file."""
    weights = helper.make_tensor("w", TensorProto.FLOAT, [LENGTH], [1.0] * LENGTH)
    return _model([helper.make_node("Max", ["x", "w"], ["y"])], [weights])


def _model(nodes: list[Any], initializers: list[Any]) -> Any:
    def value(name: str) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [LENGTH])

    graph = helper.make_graph(nodes, "g", [value("x")], [value("y")], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


# The numbers of onnx, by the name that an entry gives them.
NUMBERS = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "uint8": TensorProto.UINT8,
    "int8": TensorProto.INT8,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
}


def plain_inputs(number: str = "float32", shape: Sequence[int | str] = (1, 3, 4, 4)) -> Any:
    """y = x and z = x + extra, as fp32; extra is an input too, of one number."""
    nodes = [
        helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["extra"], ["more"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["y", "more"], ["z"]),
    ]
    taken = [
        helper.make_tensor_value_info("x", NUMBERS[number], shape),
        helper.make_tensor_value_info("extra", TensorProto.INT64, [1]),
    ]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "yz"]
    graph = helper.make_graph(nodes, "g", taken, given)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def external_tensor(location: str = "secret.bin") -> Any:
    """Floats that lie in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[LENGTH])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def model_with_external_initializer(location: str = "secret.bin") -> Any:
    """y = max(x, w), with w in another file: what onnxruntime would read."""
    nodes = [helper.make_node("Max", ["x", "w"], ["y"])]
    return _model(nodes, [external_tensor(location)])


def _attribute(model: Any) -> Any:
    return model.graph.node[0].attribute.add(name="a")


def _function_node(model: Any) -> Any:
    function = model.functions.add(name="f", domain="d")
    return function.node.add(op_type="Constant").attribute.add(name="value")


# Every place of the schema where a tensor can stand: put one there.
PLACES: dict[str, Callable[[Any, Any], None]] = {
    "initializer": lambda m, t: m.graph.initializer.append(t),
    "sparse initializer, values": lambda m, t: m.graph.sparse_initializer.add().values.CopyFrom(t),
    "sparse initializer, indices": lambda m, t: m.graph.sparse_initializer.add().indices.CopyFrom(
        t
    ),
    "attribute": lambda m, t: _attribute(m).t.CopyFrom(t),
    "attribute list": lambda m, t: _attribute(m).tensors.append(t),
    "attribute, sparse": lambda m, t: _attribute(m).sparse_tensor.values.CopyFrom(t),
    "attribute, sparse list": lambda m, t: _attribute(m).sparse_tensors.add().indices.CopyFrom(t),
    "subgraph": lambda m, t: _attribute(m).g.initializer.append(t),
    "subgraph list": lambda m, t: _attribute(m).graphs.add().initializer.append(t),
    "subgraph of a subgraph": lambda m, t: (
        _attribute(m).g.node.add().attribute.add().g.node.add().attribute.add().t.CopyFrom(t)
    ),
    "function": lambda m, t: _function_node(m).t.CopyFrom(t),
    "function's default": lambda m, t: (
        m.functions.add(name="f").attribute_proto.add(name="a").t.CopyFrom(t)
    ),
    "training, start": lambda m, t: m.training_info.add().initialization.initializer.append(t),
    "training, step": lambda m, t: m.training_info.add().algorithm.initializer.append(t),
}


def marks() -> dict[str, Any]:
    """Each way in which a tensor can say that its data lie elsewhere."""
    both = external_tensor()
    location_only = external_tensor()
    del location_only.external_data[:]
    data_only = external_tensor()
    data_only.ClearField("data_location")
    return {"both": both, "location alone": location_only, "external_data alone": data_only}


def to_bytes(model: Any) -> bytes:
    data: bytes = model.SerializeToString()
    return data


def enormous_head(size_bytes: int) -> tuple[bytes, bytes]:
    """What stands before and behind so many zeros that a model says are its weights."""
    sides = [size_bytes // 4]
    model = _model([helper.make_node("Max", ["x", "w"], ["y"])], [])
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=sides).SerializeToString()
    weights = tensor + b"\x4a" + _varint(size_bytes)
    graph = model.graph.SerializeToString()
    model.ClearField("graph")
    inner = graph + b"\x2a" + _varint(len(weights) + size_bytes) + weights
    return b"\x3a" + _varint(len(inner) + size_bytes) + inner, to_bytes(model)


def _varint(number: int) -> bytes:
    digits = []
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _of_pictures(nodes: list[Any], initializers: list[Any]) -> Any:
    taken = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, "h", "w"])]
    given = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "g", taken, given, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def greedy() -> Any:
    """An answer of four billion rows."""
    sides = helper.make_tensor("sides", TensorProto.INT64, [4], [2**32, 1, 1, 1])
    return _of_pictures([helper.make_node("Expand", ["x", "sides"], ["y"])], [sides])


def endless() -> Any:
    """y = x, after a loop that nobody lives to see the end of."""
    turns = helper.make_tensor("turns", TensorProto.INT64, [], [2**62])
    go_on = helper.make_tensor("go_on", TensorProto.BOOL, [], [1])
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["more"], ["still"]),
            helper.make_node("Sin", ["now"], ["next"]),
        ],
        "turn",
        [
            value("place", TensorProto.INT64, []),
            value("more", TensorProto.BOOL, []),
            value("now", TensorProto.FLOAT, None),
        ],
        [value("still", TensorProto.BOOL, []), value("next", TensorProto.FLOAT, None)],
    )
    node = helper.make_node("Loop", ["turns", "go_on", "x"], ["y"], body=body)
    return _of_pictures([node], [turns, go_on])


def picture_model() -> Any:
    """y = x, for a grey picture of any size."""
    return _of_pictures([helper.make_node("Identity", ["x"], ["y"])], [])
