"""BSRN: blocks that set half of their channels aside at each step and weigh what they gather by a
coarse look at the picture, then pixels shuffled up. Takes sides of fifteen pixels and more.
"""

from __future__ import annotations

from math import isqrt

from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import Window, add, around, as_large_as, conv, gelu, shuffled
from safelight.models.forms.state import State, Weights

COLOURS, COPIES = 3, 4
UPSAMPLER = "upsampler.upsampleOneStep.0"


def build(graph: Graph, value: str, state: State) -> str:
    """RGB in 0..1 in and out. Raises PolicyRefused for weights of another network."""
    # The net looks at four copies of the picture side by side: one, with the sum of their weights.
    point = state.take("fea_conv.pw.weight")
    if point.shape[1:] != (COLOURS * COPIES,):
        raise unfit()
    once = point.reshape(len(point), COPIES, COLOURS).sum(axis=1)
    features = _deep(
        graph, _dot(graph, value, once, state.take("fea_conv.pw.bias")), state, "fea_conv.dw"
    )
    out, outs = features, []
    for place in state.places("B"):
        out = _block(graph, out, state, f"B{place}")
        outs.append(out)
    gathered = _flat(graph, graph.node("Concat", *outs, axis=1), state, "c1")
    out = add(graph, _blueprint(graph, gelu(graph, gathered), state, "c2"), features)
    last = state.take(f"{UPSAMPLER}.weight")
    scale = isqrt(len(last) // COLOURS)
    if not scale or COLOURS * scale**2 != len(last):
        raise unfit()
    return shuffled(graph, conv(graph, out, last, state.take(f"{UPSAMPLER}.bias")), scale)


def _block(graph: Graph, value: str, state: State, name: str) -> str:
    aside, out = [], value
    for step in (1, 2, 3):
        aside.append(gelu(graph, _flat(graph, out, state, f"{name}.c{step}_d")))
        out = gelu(graph, add(graph, _blueprint(graph, out, state, f"{name}.c{step}_r"), out))
    aside.append(gelu(graph, _blueprint(graph, out, state, f"{name}.c4")))
    out = _flat(graph, graph.node("Concat", *aside, axis=1), state, f"{name}.c5")
    out = _attended(graph, out, state, f"{name}.esa")
    # The weight of each channel is part of the convolution that follows.
    weight = state.take(f"{name}.conv_out.weight") * state.take(f"{name}.cw")
    return add(graph, _dot(graph, out, weight, state.take(f"{name}.conv_out.bias")), value)


def _attended(graph: Graph, value: str, state: State, name: str) -> str:
    narrow = _flat(graph, value, state, f"{name}.conv1")
    weight, bias = state.take(f"{name}.conv2.weight"), state.take(f"{name}.conv2.bias")
    coarse = conv(graph, narrow, weight, bias, window=Window(step=(2, 2)))
    coarse = graph.node("MaxPool", coarse, kernel_shape=(7, 7), strides=(3, 3))
    for step in ("conv_max", "conv3"):
        coarse = gelu(graph, _blueprint(graph, coarse, state, f"{name}.{step}"))
    coarse = _blueprint(graph, coarse, state, f"{name}.conv3_")
    wide = as_large_as(graph, coarse, value)
    both = add(graph, wide, _flat(graph, narrow, state, f"{name}.conv_f"))
    shares = graph.node("Sigmoid", _flat(graph, both, state, f"{name}.conv4"))
    return graph.node("Mul", value, shares)


def _blueprint(graph: Graph, value: str, state: State, name: str) -> str:
    """Across channels first, then each channel alone."""
    return _deep(graph, _flat(graph, value, state, f"{name}.pw"), state, f"{name}.dw")


def _flat(graph: Graph, value: str, state: State, name: str) -> str:
    return _dot(graph, value, state.take(f"{name}.weight"), state.take(f"{name}.bias"))


def _dot(graph: Graph, value: str, weight: Weights, bias: Weights) -> str:
    return conv(graph, value, weight.reshape(*weight.shape, 1, 1), bias)


def _deep(graph: Graph, value: str, state: State, name: str) -> str:
    kernel, bias = state.take(f"{name}.weight"), state.take(f"{name}.bias")
    return conv(graph, value, kernel, bias, window=around(kernel, groups=len(kernel)))
