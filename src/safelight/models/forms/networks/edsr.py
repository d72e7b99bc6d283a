"""EDSR, the baseline: residual blocks between two shifts by the mean colour, then pixels shuffled
up in one or two steps.
"""

from __future__ import annotations

from math import isqrt

from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import add, conv, leaky, shuffled
from safelight.models.forms.state import State


def build(graph: Graph, value: str, state: State) -> str:
    """RGB in 0..255 in and out. Raises PolicyRefused for weights of another network."""
    features = _conv(graph, _conv(graph, value, state, "sub_mean"), state, "head.0")
    out = features
    *blocks, last = state.places("body.") or (0, 0)
    for place in blocks:
        inner = leaky(graph, _conv(graph, out, state, f"body.{place}.body.0"), 0.0)
        out = add(graph, _conv(graph, inner, state, f"body.{place}.body.2"), out)
    out = add(graph, _conv(graph, out, state, f"body.{last}"), features)
    for place in state.places("tail.0."):
        wide = state.take(f"tail.0.{place}.weight")
        scale = isqrt(len(wide) // wide.shape[1])
        if not scale or scale**2 * wide.shape[1] != len(wide):
            raise unfit()
        out = shuffled(graph, _conv(graph, out, state, f"tail.0.{place}"), scale)
    return _conv(graph, _conv(graph, out, state, "tail.1"), state, "add_mean")


def _conv(graph: Graph, value: str, state: State, name: str) -> str:
    return conv(graph, value, state.take(f"{name}.weight"), state.take(f"{name}.bias"))
