"""The large upscaler of Real-ESRGAN: residual dense blocks within residual blocks, then twice twice
as large. A net for x2 or x1 looks at the picture with its pixels folded into channels first.
"""

from __future__ import annotations

from math import isqrt

from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import add, conv, leaky, nearest, scalar
from safelight.models.forms.state import State, Weights

SLOPE, SHARE, COLOURS = 0.2, 0.2, 3


def build(graph: Graph, value: str, state: State) -> str:
    """RGB in 0..1 in and out. Raises PolicyRefused for weights of another network."""
    first = state.take("conv_first.weight")
    fold = isqrt(first.shape[1] // COLOURS)
    if not fold or COLOURS * fold**2 != first.shape[1]:
        raise unfit()
    if fold > 1:
        value = graph.node("SpaceToDepth", value, blocksize=fold)
    features = conv(graph, value, _pixels_first(first, fold), state.take("conv_first.bias"))
    out = features
    for place in state.places("body."):
        inner = out
        for dense in (1, 2, 3):
            inner = _dense(graph, inner, state, f"body.{place}.rdb{dense}")
        out = _shared(graph, inner, out)
    out = add(graph, features, _named(graph, out, state, "conv_body"))
    for step in ("conv_up1", "conv_up2"):
        out = leaky(graph, _named(graph, nearest(graph, out, (2, 2)), state, step), SLOPE)
    out = leaky(graph, _named(graph, out, state, "conv_hr"), SLOPE)
    return _named(graph, out, state, "conv_last")


def _named(graph: Graph, value: str, state: State, name: str) -> str:
    return conv(graph, value, state.take(f"{name}.weight"), state.take(f"{name}.bias"))


def _shared(graph: Graph, found: str, value: str) -> str:
    return add(graph, graph.node("Mul", found, scalar(graph, SHARE)), value)


def _dense(graph: Graph, value: str, state: State, name: str) -> str:
    """Five convolutions, each of which sees what all before it gave."""
    seen = [value]
    for place in (1, 2, 3, 4):
        given = seen[0] if len(seen) == 1 else graph.node("Concat", *seen, axis=1)
        seen.append(leaky(graph, _named(graph, given, state, f"{name}.conv{place}"), SLOPE))
    last = _named(graph, graph.node("Concat", *seen, axis=1), state, f"{name}.conv5")
    return _shared(graph, last, value)


def _pixels_first(weight: Weights, fold: int) -> Weights:
    """Torch folds colour by colour, ONNX pixel by pixel."""
    out, _, rows, columns = weight.shape
    parts = weight.reshape(out, COLOURS, fold**2, rows, columns)
    return parts.swapaxes(1, 2).reshape(weight.shape)
