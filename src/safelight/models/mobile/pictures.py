"""Pictures: operators that look at a pixel and those around it, with the channels last."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from safelight.models.forms.faults import unknown
from safelight.models.mobile.folding import MOVES, moved, whole
from safelight.models.mobile.net import Node, Numbers
from safelight.models.mobile.walk import Value, Walk

Make = Callable[[Walk, Node], Value | None]
# How a window stands at the edge: what is missing is nought, or it does not reach beyond.
SAME, VALID = 0, 1


def _conv(walk: Walk, node: Node) -> Value:
    value, weights = walk.last(walk.value(node.inputs[0])), walk.constant_of(node.inputs[1])
    groups, (count, _, rows, columns) = node.facts.get("group", 1), weights.shape
    bias = walk.constant_of(node.input(2)) if node.input(2) else np.zeros(count, np.float32)
    if set(node.facts.get("dilations", [1])) != {1} or "auto_pad" in node.facts:
        raise unknown()
    value, padding, sides = _windowed(walk, node, value, (rows, columns))
    across = {"strideH": node.facts["strides"][0], "strideW": node.facts["strides"][1]}
    if groups == 1:
        kind, weights = "CONV_2D", weights.transpose(0, 2, 3, 1)
    elif groups == value.shape[1] == count // max(count // groups, 1):
        kind, weights = "DEPTHWISE_CONV_2D", weights.transpose(1, 2, 3, 0)
        across["depthMultiplier"] = count // groups
    else:
        raise unknown()
    inputs = [walk.tensor(value), walk.file.constant(np.ascontiguousarray(weights))]
    inputs.append(walk.file.constant(bias))
    made = walk.file.operator(kind, inputs, (value.shape[0], *sides, count), padding=padding,
                              **across)  # fmt: skip
    return Value(made, (value.shape[0], count, *sides), is_last=True)


def _windowed(
    walk: Walk, node: Node, value: Value, window: tuple[int, int]
) -> tuple[Value, int, tuple[int, int]]:
    """The value with the edge that ONNX asks for, how the window stands, and the sides that come
    out. TFLite has only two ways of its own; any other edge is put around the picture first.
    """
    top, left, bottom, right = node.facts.get("pads", [0] * 4)
    strides = node.facts["strides"]
    given = (value.shape[2] + top + bottom, value.shape[3] + left + right)
    rows, columns = (
        (side - reach) // stride + 1
        for side, reach, stride in zip(given, window, strides, strict=True)
    )
    if not any((top, left, bottom, right)):
        return value, VALID, (rows, columns)
    around = tuple((reach - 1) // 2 for reach in window)
    is_even = (top, left) == (bottom, right) == around
    if is_even and set(strides) == {1} and all(reach % 2 for reach in window):
        return value, SAME, (rows, columns)
    return _padded(walk, value, [(0, 0), (0, 0), (top, bottom), (left, right)]), VALID, (
        rows, columns,
    )  # fmt: skip


def _padded(walk: Walk, value: Value, edges: list[tuple[int, int]]) -> Value:
    """Noughts around a value, by ONNX's sides."""
    shape = tuple(side + sum(edge) for side, edge in zip(value.shape, edges, strict=True))
    made = Value(0, shape, value.is_last)
    laid = [edges[axis] for axis in sorted(range(len(shape)), key=value.axis)]
    inputs = [walk.tensor(value), walk.file.constant(np.array(laid, np.int32))]
    return Value(walk.file.operator("PAD", inputs, made.laid), shape, value.is_last)


def _pad(walk: Walk, node: Node) -> Value:
    value, edges = walk.value(node.inputs[0]), whole(walk.constant_of(node.inputs[1]))
    filled = walk.constant_of(node.input(2)) if node.input(2) else np.zeros(1)
    is_cut = len(edges) != 2 * len(value.shape) or min(edges) < 0
    if is_cut or filled.any() or node.facts.get("mode", "constant") != "constant":
        raise unknown()
    half = len(value.shape)
    return _padded(walk, value, list(zip(edges[:half], edges[half:], strict=True)))


def _slice(walk: Walk, node: Node) -> Value:
    value = walk.value(node.inputs[0])
    starts, ends, axes, steps = (whole(walk.constant_of(name)) for name in node.inputs[1:5])
    if set(steps) != {1}:
        raise unknown()
    cut = dict(zip(axes, zip(starts, ends, strict=True), strict=True))
    parts = [
        slice(*cut.get(axis, (0, side))).indices(side) for axis, side in enumerate(value.shape)
    ]
    shape = tuple(end - start for start, end, _ in parts)
    made = Value(0, shape, value.is_last)
    begins = [parts[axis][0] for axis in sorted(range(len(shape)), key=value.axis)]
    inputs = [walk.tensor(value), walk.sides(*begins), walk.sides(*made.laid)]
    return Value(walk.file.operator("SLICE", inputs, made.laid), shape, value.is_last)


def _resize(walk: Walk, node: Node) -> Value:
    value = walk.last(walk.value(node.inputs[0]))
    asked = {"coordinate_transformation_mode": "asymmetric", "mode": "nearest",
             "nearest_mode": "floor"}  # fmt: skip
    if any(node.facts.get(name) != wanted for name, wanted in asked.items()):
        raise unknown()
    scales = walk.constant_of(node.input(2)).tolist()
    if scales[:2] != [1, 1] or any(scale % 1 for scale in scales):
        raise unknown()
    rows, columns = (int(side * s) for side, s in zip(value.shape[2:], scales[2:], strict=True))
    shape = (*value.shape[:2], rows, columns)
    inputs = [walk.tensor(value), walk.sides(rows, columns)]
    laid = Value(0, shape, is_last=True).laid
    made = walk.file.operator("RESIZE_NEAREST_NEIGHBOR", inputs, laid)
    return Value(made, shape, is_last=True)


def _average_pool(walk: Walk, node: Node) -> Value:
    value, window = walk.last(walk.value(node.inputs[0])), tuple(node.facts["kernel_shape"])
    if any(node.facts.get("pads", ())) or node.facts.get("ceil_mode"):
        raise unknown()
    _, padding, sides = _windowed(walk, node, value, window)
    shape = (*value.shape[:2], *sides)
    high, wide = node.facts["strides"]
    made = walk.file.operator(
        "AVERAGE_POOL_2D",
        [walk.tensor(value)],
        Value(0, shape, is_last=True).laid,
        padding=padding,
        filterHeight=window[0],
        filterWidth=window[1],
        strideH=high,
        strideW=wide,
    )
    return Value(made, shape, is_last=True)


def _depth_to_space(walk: Walk, node: Node) -> Value:
    """TFLite takes the channels of a picture together for each place of a block; ONNX, in the mode
    of our nets, the places of a block together for each channel.
    """
    value, block = walk.value(node.inputs[0]), node.facts["blocksize"]
    batch, count, rows, columns = value.shape
    places, colours = block * block, count // (block * block)
    if node.facts.get("mode", "DCR") == "CRD":
        order = np.arange(count).reshape(colours, places).T.ravel().tolist()
        value = walk.arranged(value, order)
    value = walk.last(value)
    shape = (batch, colours, rows * block, columns * block)
    laid = Value(0, shape, is_last=True).laid
    made = walk.file.operator("DEPTH_TO_SPACE", [walk.tensor(value)], laid, blockSize=block)
    return Value(made, shape, is_last=True)


def _moved(walk: Walk, node: Node) -> Value | None:
    """Numbers that only go elsewhere. Several such nodes that together take a picture apart into
    blocks are one operator, done at the last of them.
    """
    value, chain = walk.value(node.inputs[0]), _chain(walk, node)
    places: Numbers = np.arange(math.prod(value.shape)).reshape(value.shape)
    for one in chain:
        places = moved(one, places, walk.known)
    block = _block(value, places)
    if block:
        walk.values[chain[-1].output] = _apart(walk, value, block)
        walk.done |= {one.output for one in chain}
        return None
    value = walk.plain(value)
    shape = moved(node, np.empty(value.shape, np.int8), walk.known).shape
    if node.kind != "Transpose":
        return Value(value.tensor, shape)
    inputs = [walk.tensor(value), walk.sides(*node.facts["perm"])]
    return Value(walk.file.operator("TRANSPOSE", inputs, shape), shape)


def _chain(walk: Walk, node: Node) -> list[Node]:
    chain = [node]
    while (after := walk.following(chain[-1], tuple(MOVES))) is not None:
        chain.append(after)
    return chain


def _block(value: Value, places: Numbers) -> int:
    """The side of the blocks that a picture was taken apart into; 0 if that is not what was done.
    places says for each number where it was.
    """
    if len(value.shape) != 4 or places.ndim != 4 or not value.is_last:
        return 0
    batch, colours, rows, columns = value.shape
    block = rows // places.shape[2]
    if block < 2 or (rows % block, columns % block) != (0, 0):
        return 0
    before = np.arange(places.size).reshape(
        batch, colours, rows // block, block, columns // block, block
    )
    apart = before.transpose(0, 1, 3, 5, 2, 4)
    sides = (batch, colours * block * block, rows // block, columns // block)
    return block if np.array_equal(apart.reshape(sides), places) else 0


def _apart(walk: Walk, value: Value, block: int) -> Value:
    batch, colours, rows, columns = value.shape
    places = block * block
    shape = (batch, colours * places, rows // block, columns // block)
    laid = Value(0, shape, is_last=True).laid
    made = walk.file.operator("SPACE_TO_DEPTH", [walk.tensor(value)], laid, blockSize=block)
    order = np.arange(colours * places).reshape(places, colours).T.ravel().tolist()
    return walk.arranged(Value(made, shape, is_last=True), order)


MAKERS: dict[str, Make] = {
    **dict.fromkeys(MOVES, _moved),
    "AveragePool": _average_pool,
    "Conv": _conv,
    "DepthToSpace": _depth_to_space,
    "Pad": _pad,
    "Resize": _resize,
    "Slice": _slice,
}
