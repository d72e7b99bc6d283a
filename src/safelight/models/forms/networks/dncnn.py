"""DnCNN without batch normalisation: a chain of convolutions that gives the noise, taken away."""

from __future__ import annotations

from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import conv, leaky
from safelight.models.forms.state import State


def build(graph: Graph, value: str, state: State) -> str:
    """Grey or RGB in 0..1 in and out. Raises PolicyRefused for weights of another network."""
    out, places = value, state.places("model.")
    for place in places:
        name = f"model.{place}"
        out = conv(graph, out, state.take(f"{name}.weight"), state.take(f"{name}.bias"))
        if place != places[-1]:
            out = leaky(graph, out, 0.0)
    return graph.node("Sub", value, out)
