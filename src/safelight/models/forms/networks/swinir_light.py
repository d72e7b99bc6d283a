"""SwinIR, the light one: attention within windows of the picture, every second time within windows
that are shifted by half, then pixels shuffled up. Takes multiples of eight.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np

from safelight.models.forms import windows
from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import add, conv, dense, gelu, shuffled
from safelight.models.forms.state import State

MEAN, COLOURS, LEAST = (0.4488, 0.4371, 0.4040), 3, 1e-5
TO_LAST, TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
WEIGHTS = ("qkv.weight", "qkv.bias", "proj.weight", "proj.bias", "relative_position_bias_table")


def build(graph: Graph, value: str, state: State) -> str:
    """RGB in 0..1 in and out. Raises PolicyRefused for weights of another network."""
    mean = graph.constant(np.array(MEAN, np.float32).reshape(COLOURS, 1, 1))
    first = _conv(graph, graph.node("Sub", value, mean), state, "conv_first")
    added = windows.apart(graph, first)
    out = _by_pixel(graph, first, state, "patch_embed.norm")
    for group in state.places("layers."):
        inner, name = out, f"layers.{group}.residual_group.blocks."
        for place in state.places(name):
            block = _Block(state, f"{name}{place}", added if place % 2 else None)
            inner = block.after(graph, inner)
        out = add(graph, _conv(graph, inner, state, f"layers.{group}.conv"), out)
    out = _by_pixel(graph, out, state, "norm")
    out = add(graph, _conv(graph, out, state, "conv_after_body"), first)
    last = state.take("upsample.0.weight")
    scale = isqrt(len(last) // COLOURS)
    if not scale or COLOURS * scale**2 != len(last):
        raise unfit()
    out = shuffled(graph, conv(graph, out, last, state.take("upsample.0.bias")), scale)
    return add(graph, out, mean)


def _conv(graph: Graph, value: str, state: State, name: str) -> str:
    return conv(graph, value, state.take(f"{name}.weight"), state.take(f"{name}.bias"))


def _normal(graph: Graph, value: str, state: State, name: str) -> str:
    """Over the channels, which are last."""
    facts = (graph.constant(state.take(f"{name}.{part}")) for part in ("weight", "bias"))
    return graph.node("LayerNormalization", value, *facts, axis=-1, epsilon=LEAST)


def _by_pixel(graph: Graph, value: str, state: State, name: str) -> str:
    turned = graph.node("Transpose", value, perm=TO_LAST)
    return graph.node("Transpose", _normal(graph, turned, state, name), perm=TO_FIRST)


@dataclass(frozen=True, slots=True)
class _Block:
    """One block of these weights; added is what a shifted one adds to its attention."""

    state: State
    name: str
    added: str | None

    def after(self, graph: Graph, value: str) -> str:
        """What the block makes of a picture. Each pixel stays where it is, so all of it is done in
        windows.
        """
        own = {part: self.state.take(f"{self.name}.attn.{part}") for part in WEIGHTS}
        for left_over in ("attn.relative_position_index", "attn_mask"):
            if f"{self.name}.{left_over}" in self.state:
                self.state.take(f"{self.name}.{left_over}")
        channels, shift = own["proj.bias"].size, windows.SHIFT if self.added else 0
        moved = windows.shifted(graph, value, shift) if shift else value
        inner = windows.split(graph, moved, channels)
        normal = _normal(graph, inner, self.state, f"{self.name}.norm1")
        inner = add(graph, inner, windows.attention(graph, normal, own, added=self.added))
        normal = _normal(graph, inner, self.state, f"{self.name}.norm2")
        wide = gelu(graph, self._dense(graph, normal, "mlp.fc1"))
        inner = add(graph, inner, self._dense(graph, wide, "mlp.fc2"))
        out = windows.joined(graph, inner, channels, value)
        return windows.shifted(graph, out, -shift) if shift else out

    def _dense(self, graph: Graph, value: str, name: str) -> str:
        weight = self.state.take(f"{self.name}.{name}.weight").T
        return dense(graph, value, weight, self.state.take(f"{self.name}.{name}.bias"))
