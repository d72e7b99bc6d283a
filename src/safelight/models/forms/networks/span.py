"""SPAN: blocks of three convolutions whose answer weighs itself, then pixels shuffled up. In the
file each convolution is the several that it was trained as, with a shortcut; they become one.
"""

from __future__ import annotations

from math import isqrt

import numpy as np

from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import add, conv, scalar, shuffled
from safelight.models.forms.state import State, Weights

MEAN, RANGE, COLOURS = (0.4488, 0.4371, 0.4040), 255.0, 3
# In files of nets that take the picture as it is.
PLAIN = "no_norm"


def build(graph: Graph, value: str, state: State) -> str:
    """RGB in 0..1 in and out. Raises PolicyRefused for weights of another network."""
    if PLAIN in state:
        state.take(PLAIN)
    else:
        mean = graph.constant(np.array(MEAN, np.float32).reshape(COLOURS, 1, 1))
        value = graph.node("Mul", graph.node("Sub", value, mean), scalar(graph, RANGE))
    features = _conv(graph, value, state, "conv_1")
    out, outs = features, [(features, features)]
    for place in state.places("block_"):
        out, first = _block(graph, out, state, f"block_{place}")
        outs.append((out, first))
    end = _conv(graph, out, state, "conv_2")
    # The first block's answer, and what the last one found first.
    gathered = graph.node("Concat", features, end, outs[1][0], outs[-1][1], axis=1)
    weight, bias = state.take("conv_cat.weight"), state.take("conv_cat.bias")
    out = conv(graph, gathered, weight, bias)
    last = state.take("upsampler.0.weight")
    scale = isqrt(len(last) // COLOURS)
    if not scale or COLOURS * scale**2 != len(last):
        raise unfit()
    return shuffled(graph, conv(graph, out, last, state.take("upsampler.0.bias")), scale)


def _block(graph: Graph, value: str, state: State, name: str) -> tuple[str, str]:
    """The block's answer, and what its first convolution found."""
    first = _conv(graph, value, state, f"{name}.c1_r")
    second = _conv(graph, _silu(graph, first), state, f"{name}.c2_r")
    third = _conv(graph, _silu(graph, second), state, f"{name}.c3_r")
    shares = graph.node("Sub", graph.node("Sigmoid", third), scalar(graph, 0.5))
    return graph.node("Mul", add(graph, third, value), shares), first


def _silu(graph: Graph, value: str) -> str:
    return graph.node("Mul", value, graph.node("Sigmoid", value))


def _conv(graph: Graph, value: str, state: State, name: str) -> str:
    # What it was once merged into may be older than the parts.
    for part in ("weight", "bias"):
        if f"{name}.eval_conv.{part}" in state:
            state.take(f"{name}.eval_conv.{part}")
    weight, bias = merged(state, name)
    return conv(graph, value, weight, bias)


def merged(state: State, name: str) -> tuple[Weights, Weights]:
    """One kernel and its bias: a point, a square and a point after each other, and the shortcut."""
    (first, b1), (square, b2), (last, b3) = (
        (state.take(f"{name}.conv.{place}.weight"), state.take(f"{name}.conv.{place}.bias"))
        for place in range(3)
    )
    weight = np.einsum("om,mnhw,ni->oihw", last[:, :, 0, 0], square, first[:, :, 0, 0])
    bias = last[:, :, 0, 0] @ (np.einsum("mnhw,n->m", square, b1) + b2) + b3
    weight[:, :, 1, 1] += state.take(f"{name}.sk.weight")[:, :, 0, 0]
    return np.asarray(weight, np.float32), bias + state.take(f"{name}.sk.bias")
