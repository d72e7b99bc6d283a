"""Nets made in code of whose files nobody knows what they are: enlargers, masks, words, vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

Sides = Sequence[int | str]


def net(nodes: list[Any], weights: dict[str, Any], sides: Sides, number: str = "float32") -> bytes:
    """A file with the nodes from x to y; x has the sides."""
    held = [numpy_helper.from_array(np.asarray(values), name) for name, values in weights.items()]
    kind = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8}[number]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, sides)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        held,
    )
    opset = helper.make_opsetid("", 17)
    data: bytes = helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()
    return data


def enlarger(times: int = 2, reach: int = 3, channels: int = 3) -> bytes:
    """Averages over what is reach pixels away, then repeats each pixel."""
    side = 2 * reach + 1
    kernel = np.full((channels, 1, side, side), 1 / side**2, np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["a"], pads=[reach] * 4, group=channels),
        helper.make_node("Resize", ["a", "", "s"], ["y"], mode="nearest"),
    ]
    scales = np.array([1, 1, times, times], np.float32)
    return net(nodes, {"k": kernel, "s": scales}, [1, channels, "h", "w"])


def halver() -> bytes:
    """A picture of the same size, by way of one of half the sides: these must be even."""
    kernel = np.full((12, 3, 2, 2), 1 / 12, np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["a"], strides=[2, 2]),
        helper.make_node("DepthToSpace", ["a"], ["b"], blocksize=2),
        helper.make_node("Add", ["x", "b"], ["y"]),
    ]
    return net(nodes, {"k": kernel}, ["n", 3, "h", "w"])


def masker(side: int = 32, channels: int = 1) -> bytes:
    """A score for each pixel, or one of ground and one of subject; far from 0..1."""
    kernel = np.full((channels, 3, 1, 1), 3.0, np.float32)
    kernel[:1] *= -1 if channels == 2 else 1
    return net([helper.make_node("Conv", ["x", "k"], ["y"])], {"k": kernel}, [1, 3, side, side])


def row(length: int = 5, *, is_share: bool = False, first: bool = True) -> bytes:
    """So many numbers for a picture of 32 x 32; shares of 1 if asked."""
    weights = np.linspace(-1, 1, 3 * length).reshape(3, length).astype(np.float32)
    sides: Sides = [1, 3, 32, 32] if first else [1, 32, 32, 3]
    axes = [2, 3] if first else [1, 2]
    last = "z" if is_share else "y"
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["a"], axes=axes, keepdims=0),
        helper.make_node("MatMul", ["a", "k"], [last]),
    ]
    if is_share:
        nodes.append(helper.make_node("Softmax", ["z"], ["y"], axis=1))
    return net(nodes, {"k": weights}, sides)


def bytes_to_bytes() -> bytes:
    """A picture of whole numbers, as it is, as fractions from 0 to 255."""
    nodes = [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)]
    return net(nodes, {}, [1, 3, "h", "w"], "uint8")


def of_no_picture() -> bytes:
    """Takes a row of numbers."""
    return net([helper.make_node("Relu", ["x"], ["y"])], {}, [1, 128])


def infinite() -> bytes:
    """Gives what is no number."""
    node = helper.make_node("Log", ["n"], ["y"])
    return net([node], {"n": np.array([-1], np.float32)}, [1, 3, 32, 32])


def enormous() -> bytes:
    """Takes pictures of nobody's size."""
    return net([helper.make_node("Relu", ["x"], ["y"])], {}, [1, 3, 90_000, 90_000])


def unmade() -> bytes:
    """Whatever comes in, its numbers do not fit the sides that the graph wants."""
    nodes = [helper.make_node("Reshape", ["x", "s"], ["y"])]
    return net(nodes, {"s": np.array([7, 13], np.int64)}, [1, 3, "h", "w"])


def lists() -> bytes:
    """Gives a list of tensors."""
    model = ModelProto.FromString(
        net([helper.make_node("SequenceConstruct", ["x"], ["y"])], {}, [1, 3, 32, 32])
    )
    kind = helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None)
    model.graph.output[0].CopyFrom(kind)
    data: bytes = model.SerializeToString()
    return data


def of_sides(count: int) -> bytes:
    """Gives the picture with so many sides."""
    node = helper.make_node("Unsqueeze", ["x", "a"], ["y"])
    return net([node], {"a": np.arange(4, count)}, [1, 3, 32, 32])


def of_moods() -> bytes:
    """Repeats the picture once, and once for each value that is not dark beside it."""
    nodes = [
        helper.make_node("Greater", ["x", "dark"], ["a"]),
        helper.make_node("Cast", ["a"], ["b"], to=TensorProto.INT64),
        helper.make_node("ReduceSum", ["b"], ["c"], keepdims=0),
        helper.make_node("Mod", ["c", "some"], ["d"]),
        helper.make_node("Add", ["d", "once"], ["times"]),
        helper.make_node("Tile", ["x", "times"], ["y"]),
    ]
    facts = {"dark": np.float32(0.05), "some": np.int64(5), "once": np.array([1, 1, 1, 1])}
    return net(nodes, facts, [1, 3, 32, 32])


def with_vast_second() -> bytes:
    """Takes gigabytes beside the picture."""
    nodes = [
        helper.make_node("ReduceSum", ["z"], ["a"], keepdims=0),
        helper.make_node("Add", ["x", "a"], ["y"]),
    ]
    model = ModelProto.FromString(net(nodes, {}, [1, 3, 32, 32]))
    more = helper.make_tensor_value_info("z", TensorProto.FLOAT, [2**20, 2**20])
    model.graph.input.append(more)
    data: bytes = model.SerializeToString()
    return data


def foreign_operator() -> bytes:
    """An operator of nobody."""
    node = helper.make_node("Guess", ["x"], ["y"], domain="nobody")
    model = helper.make_model(
        helper.make_graph(
            [node],
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("nobody", 1)],
        ir_version=8,
    )
    data: bytes = model.SerializeToString()
    return data
