"""Form ncnn: a graph as text (.param), and its numbers in the order of the layers (.bin)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from safelight.models.entry import Entry
from safelight.models.forms.faults import damaged, unknown
from safelight.models.forms.files import Files
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import padded
from safelight.models.forms.ncnn_facts import Blob, Facts
from safelight.models.forms.ncnn_layers import LAYERS
from safelight.models.session import names_of

MAGIC = "7767517"
MAX_LAYERS = 10_000
# What stands before the numbers of a kernel: 32 bits of fraction, or 16.
WHOLE, HALF = 0, 0x01306B47
# From here on keys stand for lists.
LISTS = -23_300


@dataclass(frozen=True, slots=True)
class Layer:
    """One line: what it is, which blobs it takes and gives, and its settings by their number."""

    kind: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    settings: dict[int, tuple[float, ...]]


@dataclass(slots=True)
class Numbers:
    """The file of numbers, read from its start."""

    data: memoryview
    place: int = field(default=0)

    def plain(self, count: int) -> NDArray[np.float32]:
        """So many numbers as they are."""
        return np.frombuffer(self._take(count * 4), "<f4").astype(np.float32)

    def kernel(self, count: int) -> NDArray[np.float32]:
        """So many numbers, behind a word that says how they are kept."""
        flag = int.from_bytes(self._take(4), "little")
        if flag == WHOLE:
            return self.plain(count)
        if flag != HALF:
            raise unknown()
        narrow = np.frombuffer(self._take(count * 2), "<f2")
        self._take(-count * 2 % 4)
        return narrow.astype(np.float32)

    def _take(self, count: int) -> memoryview:
        if not 0 <= count <= len(self.data) - self.place:
            raise damaged()
        self.place += count
        return self.data[self.place - count : self.place]


def build(entry: Entry, files: Files, graph: Graph) -> dict[str, str]:
    """The blobs that the entry names. The parameter around repeats so many pixels at each edge of
    the picture first, for a net that gives less than it takes.

    Raises PolicyRefused for a layer that is not known, or numbers that are too few or too many.
    """
    numbers = Numbers(files.only_weights)
    around = int((entry.network.parameters if entry.network else {}).get("around", 0))
    blobs: dict[str, Blob] = {}
    for layer in layers(bytes(files.first).decode("ascii")):
        if layer.kind == "Input":
            value = entry.input.name
            if around:
                value = padded(graph, value, (around,) * 4, "edge")
            blobs[layer.gives[0]] = Blob(value, entry.input.channels)
            continue
        if layer.kind not in LAYERS:
            raise unknown()
        given = [blobs[name] for name in layer.takes]
        made = LAYERS[layer.kind](graph, given, Facts(layer.settings, len(layer.gives), numbers))
        blobs |= dict(zip(layer.gives, made, strict=True))
    if numbers.place != len(numbers.data):
        raise damaged()
    return {name: blobs[name].value for name in names_of(entry.output)}


def layers(text: str) -> list[Layer]:
    """The lines of the graph. Raises PolicyRefused for another magic, ValueError for other text."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or lines[0] != [MAGIC] or len(lines) > MAX_LAYERS:
        raise damaged()
    if int(lines[1][0]) != len(lines) - 2:
        raise damaged()
    return [_layer(words) for words in lines[2:]]


def _layer(words: list[str]) -> Layer:
    kind, _name, takes, gives = words[0], words[1], int(words[2]), int(words[3])
    if min(takes, gives) < 0 or len(words) < 4 + takes + gives:
        raise damaged()
    names, rest = words[4 : 4 + takes + gives], words[4 + takes + gives :]
    settings: dict[int, tuple[float, ...]] = {}
    for one in rest:
        key, _, value = one.partition("=")
        values = tuple(float(part) for part in value.split(","))
        if int(key) <= LISTS:
            settings[LISTS - int(key)] = values[1:]
        else:
            settings[int(key)] = values
    return Layer(kind, tuple(names[:takes]), tuple(names[takes:]), settings)
