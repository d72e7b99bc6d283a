"""SAFMN++ light: blocks that weigh half of their channels by a coarse look at the picture (its
greatest values in squares of eight pixels), then pixels shuffled up. Takes multiples of eight.
"""

from __future__ import annotations

from math import isqrt

from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import add, around, conv, gelu, shuffled, smooth
from safelight.models.forms.state import State

COARSE = 8


def build(graph: Graph, value: str, state: State) -> str:
    """RGB in 0..1 in and out. Raises PolicyRefused for weights of another network."""
    features = conv(graph, value, state.take("to_feat.weight"), None)
    out = features
    for place in state.places("feats."):
        name = f"feats.{place}"
        out = _weighed(graph, out, state, f"{name}.conv1")
        out = gelu(graph, conv(graph, out, state.take(f"{name}.conv2.conv.0.weight"), None))
        out = conv(graph, out, state.take(f"{name}.conv2.conv.2.weight"), None)
    last = state.take("to_img.0.weight")
    scale = isqrt(len(last) // 3)
    if not scale or 3 * scale**2 != len(last):
        raise unfit()
    return shuffled(graph, conv(graph, add(graph, out, features), last, None), scale)


def _weighed(graph: Graph, value: str, state: State, name: str) -> str:
    mixed = conv(graph, value, state.take(f"{name}.proj.weight"), None)
    first, second = graph.several("Split", [mixed], 2, axis=1)
    square = (COARSE, COARSE)
    coarse = graph.node("MaxPool", first, kernel_shape=square, strides=square)
    kernel = state.take(f"{name}.dwconv.weight")
    coarse = conv(graph, coarse, kernel, None, window=around(kernel, groups=len(kernel)))
    wide = smooth(graph, coarse, square, "linear")
    weighed = graph.node("Mul", gelu(graph, wide), first)
    both = graph.node("Concat", second, weighed, axis=1)
    return conv(graph, gelu(graph, both), state.take(f"{name}.out.weight"), None)
