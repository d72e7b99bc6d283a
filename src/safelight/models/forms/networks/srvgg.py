"""The compact upscaler of Real-ESRGAN: a chain of convolutions with learnt slopes at the picture's
own size, pixels shuffled up at its end, added to the picture itself with its pixels repeated.
"""

from __future__ import annotations

from math import isqrt

from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import add, conv, nearest, prelu, shuffled
from safelight.models.forms.state import State


def build(graph: Graph, value: str, state: State) -> str:
    """RGB in 0..1 in and out. Raises PolicyRefused for weights of another network."""
    out, channels = value, 0
    for place in state.places("body."):
        weight = state.take(f"body.{place}.weight")
        if weight.ndim == 1:
            out = prelu(graph, out, weight)
        else:
            out = conv(graph, out, weight, state.take(f"body.{place}.bias"))
            channels = len(weight)
    scale = isqrt(channels // 3)
    if not scale or 3 * scale**2 != channels:
        raise unfit()
    return add(graph, shuffled(graph, out, scale), nearest(graph, value, (scale, scale)))
