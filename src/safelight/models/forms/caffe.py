"""Form caffe: a graph as text (.prototxt), and the numbers of its layers by name (.caffemodel)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from safelight.models.entry import Entry
from safelight.models.forms.faults import damaged, unknown
from safelight.models.forms.files import Files
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import Window, conv
from safelight.models.forms.messages import Message
from safelight.models.forms.plain_text import Fields, fields_of
from safelight.models.session import names_of

Blobs = tuple[NDArray[np.float32], ...]
# Fields of a layer that say nothing of what it does.
PLAIN = {"name", "type", "bottom", "top"}


def build(entry: Entry, files: Files, graph: Graph) -> dict[str, str]:
    """The blobs that the entry names. Raises PolicyRefused for a layer that is not known."""
    saved = {one.text(1): _blobs(one) for one in Message(files.only_weights).inner(100)}
    held: dict[str, str] = {}
    for layer in fields_of(bytes(files.first).decode()).get("layer", []):
        kind, (top,) = layer["type"][0], layer["top"]
        if kind == "Input":
            held[top] = entry.input.name
            continue
        if kind not in LAYERS:
            raise unknown()
        name, make = LAYERS[kind]
        if not set(layer) <= PLAIN | {name}:
            raise unknown()
        given = [held[one] for one in layer["bottom"]]
        settings = layer[name][0] if name in layer else {}
        held[top] = make(graph, given, settings, saved.get(layer["name"][0], ()))
    return {name: held[name] for name in names_of(entry.output)}


def _blobs(layer: Message) -> Blobs:
    return tuple(_blob(one) for one in layer.inner(7))


def _blob(blob: Message) -> NDArray[np.float32]:
    sides = blob.only(7).numbers(1) or [blob.number(field, 1) for field in (1, 2, 3, 4)]
    values = np.frombuffer(blob.raw(5), "<f4").astype(np.float32)
    if min((0, *sides)) < 0 or len(values) != math.prod(sides):
        raise damaged()
    return values.reshape(sides)


def _only(settings: Fields, *names: str) -> None:
    if not set(settings) <= set(names):
        raise unknown()


def _number(settings: Fields, *names: str, usual: int) -> int:
    """The first of these settings that is there."""
    for name in names:
        if name in settings:
            return int(settings[name][0])
    return usual


def convolution(graph: Graph, given: Sequence[str], settings: Fields, blobs: Blobs) -> str:
    sides = [f"{name}_{side}" for name in ("pad", "kernel", "stride") for side in "hw"]
    _only(
        settings,
        *("num_output", "bias_term", "group", "pad", "kernel_size", "stride", "dilation"),
        *(*sides, "weight_filler", "bias_filler"),
    )

    def pair(name: str, whole: str, usual: int) -> tuple[int, int]:
        down = _number(settings, f"{name}_h", whole, usual=usual)
        return down, _number(settings, f"{name}_w", whole, usual=usual)

    has_bias = settings.get("bias_term", ["true"])[0] == "true"
    if len(blobs) != 1 + has_bias:
        raise damaged()
    down, across = pair("pad", "pad", 0)
    spread = _number(settings, "dilation", usual=1)
    groups = _number(settings, "group", usual=1)
    steps = pair("stride", "stride", 1)
    window = Window(steps, (spread, spread), (down, across, down, across), groups)
    bias = blobs[1].reshape(-1) if has_bias else None
    return conv(graph, given[0], blobs[0], bias, window=window)


def rectified(graph: Graph, given: Sequence[str], settings: Fields, _blobs: Blobs) -> str:
    _only(settings)
    return graph.node("Relu", given[0])


def turned(graph: Graph, given: Sequence[str], settings: Fields, _blobs: Blobs) -> str:
    _only(settings, "order")
    return graph.node("Transpose", given[0], perm=[int(one) for one in settings["order"]])


def reshaped(graph: Graph, given: Sequence[str], settings: Fields, _blobs: Blobs) -> str:
    _only(settings, "shape")
    sides = graph.numbers(*(int(one) for one in settings["shape"][0]["dim"]))
    return graph.node("Reshape", given[0], sides)


def joined(graph: Graph, given: Sequence[str], settings: Fields, _blobs: Blobs) -> str:
    _only(settings, "axis")
    return graph.node("Concat", *given, axis=_number(settings, "axis", usual=1))


def summed(graph: Graph, given: Sequence[str], settings: Fields, _blobs: Blobs) -> str:
    _only(settings, "operation", "coeff")
    plain = settings.get("operation", ["SUM"])[0] == "SUM"
    if not plain or {float(one) for one in settings.get("coeff", ())} - {1.0}:
        raise unknown()
    return graph.node("Sum", *given)


def shares(graph: Graph, given: Sequence[str], settings: Fields, _blobs: Blobs) -> str:
    _only(settings, "axis")
    return graph.node("Softmax", given[0], axis=_number(settings, "axis", usual=1))


Make = Callable[[Graph, Sequence[str], Fields, Blobs], str]
# By its type: where a layer has its settings, and what makes it.
LAYERS: dict[str, tuple[str, Make]] = {
    "Concat": ("concat_param", joined),
    "Convolution": ("convolution_param", convolution),
    "Eltwise": ("eltwise_param", summed),
    "Permute": ("permute_param", turned),
    "ReLU": ("relu_param", rectified),
    "Reshape": ("reshape_param", reshaped),
    "Softmax": ("softmax_param", shares),
}
