"""Net: the graph of one of our own ONNX files, as values.

For files that are pinned in this package: of others it says what is wrong, but it is no wall.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.models.forms.faults import damaged, unknown
from safelight.models.forms.messages import Message

Numbers = NDArray[Any]
# The numbers that a tensor of ONNX is made of.
KINDS: dict[int, type[np.generic]] = {
    1: np.float32,
    6: np.int32,
    7: np.int64,
    10: np.float16,
    11: np.float64,
}
A_FLOAT, AN_INT, A_STRING, A_TENSOR, FLOATS, INTS = 1, 2, 3, 4, 6, 7


@dataclass(frozen=True, slots=True)
class Node:
    """One operator: what it takes by name (an empty one is left out), and what it gives."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def input(self, place: int) -> str:
        """The name of an input; empty where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else ""


@dataclass(frozen=True)
class Net:
    """Nodes in an order in which they can be worked off, and the constants that they take."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Numbers]
    output: str

    @cached_property
    def uses(self) -> Counter[str]:
        """How many nodes take each value; what the net gives counts as taken."""
        return Counter([*(name for node in self.nodes for name in node.inputs), self.output])

    @cached_property
    def makers(self) -> dict[str, Node]:
        """The node that gives each value."""
        return {node.output: node for node in self.nodes}

    @cached_property
    def takers(self) -> dict[str, Node]:
        """A node that takes each value."""
        return {name: node for node in self.nodes for name in node.inputs}


def net_of(data: bytes | memoryview) -> Net:
    """The graph of an ONNX file that gives one tensor. Raises PolicyRefused for what is no such."""
    try:
        graph = Message(memoryview(data)).only(7)
        nodes = tuple(_node(one) for one in graph.inner(1))
        constants = {one.text(8): _tensor(one) for one in graph.inner(5)}
        outputs = [one.text(1) for one in graph.inner(12)]
    except (LookupError, ValueError, struct.error) as error:
        raise damaged() from error
    if len(outputs) != 1:
        raise unknown()
    return Net(nodes, constants, outputs[0])


def _node(message: Message) -> Node:
    outputs = message.texts(2)
    if len(outputs) != 1:
        raise unknown()
    facts = {one.text(1): _fact(one) for one in message.inner(5)}
    return Node(message.text(4), tuple(message.texts(1)), outputs[0], facts)


def _fact(message: Message) -> Any:
    kind = message.number(20)
    if kind == A_FLOAT:
        return float(struct.unpack("<f", message.raw(2))[0])
    if kind == AN_INT:
        return message.number(3)
    if kind == A_STRING:
        return message.text(4)
    if kind == A_TENSOR:
        return _tensor(message.only(5))
    if kind == FLOATS:
        return np.frombuffer(message.raw(7), "<f4").tolist()
    if kind == INTS:
        return message.numbers(8)
    raise unknown()


def _tensor(message: Message) -> Numbers:
    values = np.frombuffer(message.raw(9), KINDS[message.number(2)])
    return values.reshape(message.numbers(1))
