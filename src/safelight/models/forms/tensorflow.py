"""Form tensorflow: a frozen graph, nodes and their constants in one file.

Its pictures have their channels last, ours have them first: each tensor is kept in our order, and
turned at the ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from safelight.models.entry import Entry
from safelight.models.forms.faults import damaged, unknown
from safelight.models.forms.files import Files
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import Window, conv
from safelight.models.forms.messages import Message
from safelight.models.session import names_of

Constant = NDArray[np.float32]
# A tensor of the graph by its name, or a constant that is not in it yet.
Held = str | Constant
FLOAT = 1
TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: its kind, the names that it takes, and its settings."""

    kind: str
    takes: tuple[str, ...]
    settings: dict[str, Message]

    def numbers(self, name: str, usual: tuple[int, ...]) -> tuple[int, ...]:
        """A setting that is a list of whole numbers."""
        return tuple(self.settings[name].only(1).numbers(3)) if name in self.settings else usual

    def word(self, name: str) -> str:
        return self.settings[name].text(2)

    def require_last(self) -> None:
        """Raises PolicyRefused if the channels are not last."""
        if "data_format" in self.settings and self.word("data_format") != "NHWC":
            raise unknown()


def build(entry: Entry, files: Files, graph: Graph) -> dict[str, str]:
    """The nodes that the entry names, and what leads to them.

    Raises PolicyRefused for a node that is not known.
    """
    nodes: dict[str, Node] = {}
    for one in Message(files.first).inner(1):
        settings = {pair.text(1): pair.only(2) for pair in one.inner(5)}
        takes = tuple(name.partition(":")[0] for name in one.texts(3) if name[:1] != "^")
        nodes[one.text(1)] = Node(one.text(2), takes, settings)
    making = _Making(entry, graph, nodes)
    return {name: making.output(name) for name in names_of(entry.output)}


@dataclass(slots=True)
class _Making:
    entry: Entry
    graph: Graph
    nodes: dict[str, Node]
    held: dict[str, Held] = field(default_factory=dict)

    def output(self, name: str) -> str:
        value = self.tensor(self.of(name))
        if self.entry.input.layout == "NCHW":
            return value
        return self.graph.node("Transpose", value, perm=TO_LAST)

    def of(self, name: str) -> Held:
        """The node of this name, after those that it takes. Not by recursion: graphs are deep."""
        todo, asked = [name], set[str]()
        while todo:
            last = todo[-1]
            if last in self.held:
                todo.pop()
                continue
            node = self.nodes[last]
            missing = [one for one in node.takes if one not in self.held]
            if not missing:
                self.held[last] = self._made(last, node)
                continue
            if last in asked:
                raise damaged()
            asked.add(last)
            todo += missing
        return self.held[name]

    def tensor(self, held: Held) -> str:
        if isinstance(held, str):
            return held
        if held.ndim > 1:
            raise unknown()
        return self.graph.constant(held.reshape(-1, 1, 1) if held.ndim else held)

    def _made(self, name: str, node: Node) -> Held:
        if node.kind == "Placeholder":
            return self._picture(name)
        if node.kind == "Const":
            return _constant(node.settings["value"].only(8))
        given = [self.held[one] for one in node.takes]
        if node.kind == "Identity":
            return given[0]
        if node.kind == "Conv2D":
            return self._conv(node, given)
        if node.kind == "DepthToSpace":
            node.require_last()
            times = node.settings["block_size"].number(3)
            return self.graph.node("DepthToSpace", self.tensor(given[0]), blocksize=times)
        if node.kind in PLAIN:
            node.require_last()
            return self.graph.node(PLAIN[node.kind], *map(self.tensor, given))
        raise unknown()

    def _picture(self, name: str) -> str:
        if name != self.entry.input.name:
            raise damaged()
        if self.entry.input.layout == "NCHW":
            return name
        return self.graph.node("Transpose", name, perm=TO_FIRST)

    def _conv(self, node: Node, given: list[Held]) -> str:
        node.require_last()
        value, weight = given
        if isinstance(weight, str) or weight.ndim != 4:
            raise unknown()
        steps, spread = node.numbers("strides", (1,) * 4), node.numbers("dilations", (1,) * 4)
        pads = {"SAME": None, "VALID": (0, 0, 0, 0)}[node.word("padding")]
        window = Window((steps[1], steps[2]), (spread[1], spread[2]), pads)
        return conv(
            self.graph, self.tensor(value), weight.transpose(3, 2, 0, 1), None, window=window
        )


# Kinds that mean the same in both, and take tensors of the same order.
PLAIN = {
    **dict.fromkeys(("Add", "AddV2", "BiasAdd"), "Add"),
    **{kind: kind for kind in ("Sub", "Mul", "Abs", "Relu", "Tanh", "Sigmoid")},
}


def _constant(tensor: Message) -> Constant:
    """Fractions alone; whole numbers are for kinds that are not known here."""
    if tensor.number(1) != FLOAT:
        raise unknown()
    sides = tuple(one.number(1) for one in tensor.only(2).inner(2))
    values = np.frombuffer(tensor.raw(4) or tensor.raw(5), "<f4").astype(np.float32)
    if min((0, *sides)) < 0 or len(values) != math.prod(sides):
        raise damaged()
    return values.reshape(sides)
