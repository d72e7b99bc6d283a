"""Form keras: a graph of layers as JSON, and one or more files with the numbers of all weights, as
TensorFlow.js keeps them: in 8 or 16 bits with the step and the least value of each.

Its pictures have their channels last, ours have them first: each tensor is kept in our order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.models.entry import Entry
from safelight.models.forms.faults import damaged, unknown
from safelight.models.forms.files import Files
from safelight.models.forms.graph import Graph
from safelight.models.forms.keras_layers import LAYERS, Weights
from safelight.models.session import names_of

KINDS = {"float32": "<f4", "float16": "<f2", "uint8": "u1", "uint16": "<u2"}
TO_FIRST = (0, 3, 1, 2)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its class, its name, its settings, and the layers that it takes."""

    kind: str
    name: str
    settings: dict[str, Any]
    takes: tuple[str, ...]


def build(entry: Entry, files: Files, graph: Graph) -> dict[str, str]:
    """The layers that the entry names. Raises PolicyRefused for a layer that is not known."""
    saved = json.loads(bytes(files.first))
    weights: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, values in _weights(saved["weightsManifest"], b"".join(files.weights)):
        weights.setdefault(name.partition("/")[0], {})[name.partition("/")[2]] = values
    held: dict[str, str] = {}
    for layer in layers(saved["modelTopology"]):
        if layer.kind == "InputLayer":
            value = entry.input.name
            is_last = entry.input.layout == "NHWC"
            held[layer.name] = graph.node("Transpose", value, perm=TO_FIRST) if is_last else value
            continue
        if layer.kind not in LAYERS:
            raise unknown()
        own = weights.get(layer.name, {})
        given = [held[name] for name in layer.takes]
        held[layer.name] = LAYERS[layer.kind](graph, given, Weights(layer.settings, own))
    return {name: held[name] for name in names_of(entry.output)}


def layers(topology: dict[str, Any]) -> Iterator[Layer]:
    """Every layer, in the order of the file. Raises PolicyRefused for one that is used twice."""
    for one in topology.get("model_config", topology)["config"]["layers"]:
        nodes = one["inbound_nodes"]
        if len(nodes) > 1:
            raise unknown()
        takes = tuple(str(place[0]) for place in (nodes[0] if nodes else ()))
        yield Layer(str(one["class_name"]), str(one["name"]), dict(one["config"]), takes)


def _weights(manifest: list[Any], data: bytes) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Name and numbers of each. Raises PolicyRefused where the file is too short or too long."""
    place = 0
    for one in (weight for group in manifest for weight in group["weights"]):
        how = one.get("quantization", {})
        kind = np.dtype(KINDS[how.get("dtype", one["dtype"])])
        count = math.prod(one["shape"])
        end = place + count * kind.itemsize
        if min((0, *one["shape"])) < 0 or end > len(data):
            raise damaged()
        values = np.frombuffer(data[place:end], kind).astype(np.float32)
        if kind.kind == "u":
            values = values * np.float32(how["scale"]) + np.float32(how["min"])
        place = end
        yield str(one["name"]), values.reshape(one["shape"])
    if place != len(data):
        raise damaged()
