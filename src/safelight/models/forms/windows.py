"""Windows: attention among the pixels of squares of a picture, as the Swin transformers have it.

Pictures are [1, channels, rows, columns] with sides that are multiples of the window's; what is in
windows is [windows, places, channels].
"""

from __future__ import annotations

import math

import numpy as np

from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import Weights, add, dense, scalar

SIDE, SHIFT = 8, 4
PLACES = SIDE * SIDE
# What keeps pixels apart that only a shift has brought together.
APART = -100.0
TO_THE_END = 2**62


def split(graph: Graph, value: str, channels: int) -> str:
    """A picture in windows."""
    folded = graph.node("SpaceToDepth", value, blocksize=SIDE)
    listed = graph.node("Reshape", folded, graph.numbers(PLACES, channels, -1))
    return graph.node("Transpose", listed, perm=(2, 0, 1))


def joined(graph: Graph, value: str, channels: int, pattern: str) -> str:
    """The picture again, of the size of the pattern."""
    listed = graph.node("Transpose", value, perm=(1, 2, 0))
    across = graph.node("Div", graph.node("Shape", pattern, start=2, end=4), graph.numbers(SIDE))
    shape = graph.node("Concat", graph.numbers(1, PLACES * channels), across, axis=0)
    return graph.node("DepthToSpace", graph.node("Reshape", listed, shape), blocksize=SIDE)


def shifted(graph: Graph, value: str, by: int) -> str:
    """A picture moved up and to the left by so many pixels, round its edge; below 0, back."""
    for axis in (2, 3):
        edge, where = graph.numbers(by), graph.numbers(axis)
        rest = graph.node("Slice", value, edge, graph.numbers(TO_THE_END), where)
        first = graph.node("Slice", value, graph.numbers(0), edge, where)
        value = graph.node("Concat", rest, first, axis=axis)
    return value


def apart(graph: Graph, pattern: str) -> str:
    """What is added to the attention in a shifted picture of this size: [windows, 1, places,
    places], far below zero for two pixels that are no neighbours.
    """
    sides = []
    for axis in (2, 3):
        side = graph.node("Shape", pattern, start=axis, end=axis + 1)
        inner = graph.node("ConstantOfShape", graph.node("Sub", side, graph.numbers(SIDE)))
        edge = graph.constant(np.array([1] * (SIDE - SHIFT) + [2] * SHIFT, np.float32))
        place = graph.node("Concat", inner, edge, axis=0)
        shape = graph.numbers(1, 1, *((-1, 1) if axis == 2 else (1, -1)))
        sides.append(graph.node("Reshape", place, shape))
    rows = graph.node("Mul", sides[0], scalar(graph, 3.0))
    parts = split(graph, add(graph, rows, sides[1]), 1)
    same = graph.node("Equal", parts, graph.node("Transpose", parts, perm=(0, 2, 1)))
    added = graph.node("Where", same, scalar(graph, 0.0), scalar(graph, APART))
    return graph.node("Reshape", added, graph.numbers(-1, 1, PLACES, PLACES))


def nearness(table: Weights) -> Weights:
    """[1, heads, places, places]: what each pair of places adds, by how they lie to each other."""
    wide = 2 * SIDE - 1
    if table.ndim != 2 or len(table) != wide * wide:
        raise unfit()
    rows, columns = np.divmod(np.arange(PLACES), SIDE)
    down = rows[:, None] - rows[None] + SIDE - 1
    across = columns[:, None] - columns[None] + SIDE - 1
    found = table[down * wide + across].transpose(2, 0, 1)[None]
    return np.ascontiguousarray(found, np.float32)


def attention(graph: Graph, value: str, weights: dict[str, Weights], *, added: str | None) -> str:
    """Each place as a mix of the places of its window. weights by the names of torch."""
    near = nearness(weights["relative_position_bias_table"])
    heads, channels = near.shape[1], weights["proj.bias"].size
    if not heads or channels % heads:
        raise unfit()
    asked = dense(graph, value, weights["qkv.weight"].T, weights["qkv.bias"])
    parts = graph.numbers(-1, PLACES, 3, heads, channels // heads)
    asked = graph.node("Transpose", graph.node("Reshape", asked, parts), perm=(2, 0, 3, 1, 4))
    shape = graph.numbers(-1, heads, PLACES, channels // heads)
    query, key, given = (
        graph.node("Reshape", one, shape) for one in graph.several("Split", [asked], 3, axis=0)
    )
    query = graph.node("Mul", query, scalar(graph, 1 / math.sqrt(channels // heads)))
    fit = graph.node("MatMul", query, graph.node("Transpose", key, perm=(0, 1, 3, 2)))
    fit = add(graph, fit, graph.constant(near))
    if added is not None:
        fit = add(graph, fit, added)
    mixed = graph.node("MatMul", graph.node("Softmax", fit, axis=-1), given)
    mixed = graph.node("Transpose", mixed, perm=(0, 2, 1, 3))
    mixed = graph.node("Reshape", mixed, graph.numbers(-1, PLACES, channels))
    return dense(graph, mixed, weights["proj.weight"].T, weights["proj.bias"])
