"""Arithmetic: operators that look at numbers, wherever they stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import groupby

import numpy as np

from safelight.models.forms.faults import unknown
from safelight.models.mobile.file import Shape
from safelight.models.mobile.folding import whole
from safelight.models.mobile.net import Node, Numbers
from safelight.models.mobile.pictures import Make
from safelight.models.mobile.walk import LAST, Value, Walk

# Phones take no more sides than a batch of pictures has.
MOST_SIDES = 4
BOTH = {"Add": "ADD", "Div": "DIV", "Mul": "MUL", "Sub": "SUB"}
EACH = {"Abs": "ABS", "Sigmoid": "LOGISTIC", "Sqrt": "SQRT"}
# Nodes whose operator can cut what is below 0 itself.
CUTTING = ("Conv", "Gemm", *BOTH)


def _both(walk: Walk, node: Node) -> Value:
    return together(walk, BOTH[node.kind], node.inputs)


def together(walk: Walk, kind: str, names: Sequence[str]) -> Value:
    """An operator on two values, or a value and a constant; the smaller is repeated."""
    there = [walk.values[name] for name in names if name in walk.values]
    shape = np.broadcast_shapes(*(_shape(walk, name) for name in names))
    is_last = any(one.is_last for one in there) and all(
        len(one.shape) == MOST_SIDES for one in there
    )
    if is_last:
        inputs = [_last(walk, name) for name in names]
        made = Value(0, shape, is_last=True)
        return Value(walk.file.operator(kind, inputs, made.laid), shape, is_last=True)
    merged = _merged([_shape(walk, name) for name in names], shape)
    inputs = [_plain(walk, name, sides) for name, sides in zip(names, merged[:-1], strict=True)]
    return Value(walk.file.operator(kind, inputs, merged[-1]), shape)


def _shape(walk: Walk, name: str) -> Shape:
    return walk.values[name].shape if name in walk.values else walk.constant_of(name).shape


def _last(walk: Walk, name: str) -> int:
    if name in walk.values:
        return walk.tensor(walk.last(walk.values[name]))
    numbers = _fractions(walk.constant_of(name))
    if numbers.size == 1:
        return walk.file.constant(numbers.reshape(()))
    full = numbers.reshape((1,) * (MOST_SIDES - numbers.ndim) + numbers.shape)
    return walk.file.constant(np.ascontiguousarray(full.transpose(LAST)))


def _plain(walk: Walk, name: str, sides: Shape) -> int:
    if name in walk.values:
        return walk.tensor(walk.plain(walk.values[name]), sides)
    return walk.file.constant(_fractions(walk.constant_of(name)).reshape(sides))


def _fractions(numbers: Numbers) -> Numbers:
    return numbers.astype(np.float32)


def _merged(given: Sequence[Shape], shape: Shape) -> list[Shape]:
    """The sides of what goes in and of what comes out; where these are more than a batch of
    pictures has, neighbours that are repeated alike are one.
    """
    if len(shape) <= MOST_SIDES:
        return [*given, shape]
    full = [(1,) * (len(shape) - len(one)) + one for one in given] + [shape]
    axes = [axis for axis, side in enumerate(shape) if side > 1]
    alike = groupby(axes, key=lambda axis: tuple(one[axis] == 1 for one in full))
    groups = [list(group) for _, group in alike]
    return [tuple(math.prod(one[axis] for axis in group) for group in groups) for one in full]


def _each(walk: Walk, node: Node) -> Value:
    return walk.elementwise(EACH[node.kind], walk.value(node.inputs[0]))


def _positive(walk: Walk, node: Node) -> Value:
    name = node.inputs[0]
    value = walk.value(name)
    if walk.is_alone(name, CUTTING) and walk.file.only_positive(value.tensor):
        return value
    return walk.elementwise("RELU", value)


def _clip(walk: Walk, node: Node) -> Value:
    ends = [walk.constant_of(name) if name else None for name in (node.input(1), node.input(2))]
    if ends[0] is not None and ends[1] is None and not ends[0].any():
        return _positive(walk, node)
    value = walk.value(node.inputs[0])
    for kind, end in zip(("MAXIMUM", "MINIMUM"), ends, strict=True):
        if end is not None:
            limit = walk.file.constant(_fractions(end).reshape(()))
            shape = walk.file.shape(value.tensor)
            made = walk.file.operator(kind, [value.tensor, limit], shape)
            value = Value(made, value.shape, value.is_last)
    return value


def _reduce(kind: str, walk: Walk, node: Node) -> Value:
    return _over(walk, kind, walk.value(node.inputs[0]), node)


def _length(walk: Walk, node: Node) -> Value:
    squares = together(walk, "MUL", (node.inputs[0], node.inputs[0]))
    return walk.elementwise("SQRT", _over(walk, "SUM", squares, node))


def _over(walk: Walk, kind: str, value: Value, node: Node) -> Value:
    """A sum or mean over some sides."""
    asked = walk.constant_of(node.input(1)) if node.input(1) else np.array(node.facts["axes"])
    axes = sorted(axis % len(value.shape) for axis in whole(asked))
    kept = [side for side in range(len(value.shape)) if side not in axes]
    has_all = bool(node.facts.get("keepdims", 1))
    if has_all:
        shape = tuple(1 if side in axes else n for side, n in enumerate(value.shape))
    else:
        shape = tuple(value.shape[side] for side in kept)
    # Without the sides that go, the others lie as in ONNX if no picture's side is among them.
    is_last = value.is_last and (has_all or len([side for side in kept if side > 0]) < 2)
    value = value if is_last else walk.plain(value)
    is_last = is_last and has_all
    places, sides = sorted(value.axis(axis) for axis in axes), value.laid
    if len(sides) > MOST_SIDES:
        places, sides = _three(places, sides)
    inputs = [walk.tensor(value, sides), walk.sides(*places)]
    laid = Value(0, shape, is_last).laid if len(value.shape) <= MOST_SIDES else sides[::2]
    keep = has_all and len(value.shape) <= MOST_SIDES
    return Value(walk.file.operator(kind, inputs, laid, keepDims=keep), shape, is_last)


def _three(axes: Sequence[int], sides: Shape) -> tuple[list[int], Shape]:
    """Neighbours that go as the middle of three sides."""
    first, end = axes[0], axes[-1] + 1
    if end - first != len(axes):
        raise unknown()
    return [1], (math.prod(sides[:first]), math.prod(sides[first:end]), math.prod(sides[end:]))


def _gemm(walk: Walk, node: Node) -> Value:
    value, weights = walk.plain(walk.value(node.inputs[0])), walk.constant_of(node.inputs[1])
    usual = {"alpha": 1.0, "beta": 1.0, "transA": 0}
    if any(node.facts.get(name, wanted) != wanted for name, wanted in usual.items()):
        raise unknown()
    if not node.facts.get("transB", 0):
        weights = weights.T
    bias = walk.constant_of(node.inputs[2])
    inputs = [walk.tensor(value), walk.file.constant(np.ascontiguousarray(weights))]
    inputs.append(walk.file.constant(bias))
    shape = (value.shape[0], len(weights))
    return Value(walk.file.operator("FULLY_CONNECTED", inputs, shape), shape)


def _gather(walk: Walk, node: Node) -> Value:
    """One part of a value, by its number."""
    value, chosen = walk.plain(walk.value(node.inputs[0])), walk.constant_of(node.inputs[1])
    if chosen.ndim:
        raise unknown()
    axis = node.facts.get("axis", 0) % len(value.shape)
    _, sides = _three([axis], value.shape)
    part = (sides[0], 1, sides[2])
    inputs = [walk.tensor(value, sides), walk.sides(0, int(chosen) % sides[1], 0)]
    made = walk.file.operator("SLICE", [*inputs, walk.sides(*part)], part)
    return Value(made, value.shape[:axis] + value.shape[axis + 1 :])


def _shape_of(walk: Walk, node: Node) -> None:
    walk.known[node.output] = np.array(_shape(walk, node.inputs[0]), np.int64)


def _expand(walk: Walk, node: Node) -> Value:
    value = walk.plain(walk.value(node.inputs[0]))
    asked = tuple(whole(walk.constant_of(node.inputs[1])))
    shape = np.broadcast_shapes(value.shape, asked)
    inputs = [walk.tensor(value), walk.sides(*shape)]
    return Value(walk.file.operator("BROADCAST_TO", inputs, shape), shape)


MAKERS: dict[str, Make] = {
    **dict.fromkeys(BOTH, _both),
    **dict.fromkeys(EACH, _each),
    "Clip": _clip,
    "Expand": _expand,
    "Gather": _gather,
    "Gemm": _gemm,
    "ReduceL2": _length,
    "ReduceMean": partial(_reduce, "MEAN"),
    "ReduceSum": partial(_reduce, "SUM"),
    "Relu": _positive,
    "Shape": _shape_of,
}
