"""Walk: a net node by node, each value as a tensor of the TFLite file.

ONNX has the channels of a picture before its rows, TFLite behind its columns. A value keeps the
sides that ONNX gives it, and says in which of the two orders its numbers lie; they are put in the
other order only where an operator needs that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safelight.models.forms.faults import unknown
from safelight.models.mobile.file import File, Shape
from safelight.models.mobile.folding import folded
from safelight.models.mobile.net import Net, Node, Numbers

# Where each side of a picture stands in the other order, and the way back.
LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor and the sides that it has in ONNX. is_last: four sides, and the channels lie last.

    The tensor itself may have other sides, as long as its numbers lie in the same order.
    """

    tensor: int
    shape: Shape
    is_last: bool = False

    @property
    def laid(self) -> Shape:
        """The sides in the order in which the numbers lie."""
        return tuple(self.shape[side] for side in LAST) if self.is_last else self.shape

    def axis(self, axis: int) -> int:
        """Where a side of ONNX stands in laid."""
        axis %= len(self.shape)
        return LAST.index(axis) if self.is_last else axis


class Walk:
    """What is known on the way: the file in the making, values and constants by name."""

    def __init__(self, net: Net, name: str, shape: Shape) -> None:
        """name and shape are those of the picture that goes in, as ONNX has it."""
        self.net, self.file = net, File()
        self.known: dict[str, Numbers] = folded(net)
        laid = tuple(shape[side] for side in LAST)
        self.values = {name: Value(self.file.tensor(name, laid), shape, is_last=True)}
        # Nodes that one before has taken along.
        self.done: set[str] = set()

    def value(self, name: str) -> Value:
        """A value by name; of a constant, the tensor that holds it."""
        if name in self.values:
            return self.values[name]
        return self.constant(self.constant_of(name))

    def constant(self, values: Numbers) -> Value:
        """A constant as a value."""
        return Value(self.file.constant(values.astype(np.float32)), values.shape)

    def constant_of(self, name: str) -> Numbers:
        """A constant by name. Raises PolicyRefused for what is none."""
        if name not in self.known:
            raise unknown()
        return self.known[name]

    def sides(self, *numbers: int) -> int:
        """Whole numbers as a tensor, such as a shape."""
        return self.file.constant(np.array(numbers, np.int32))

    def tensor(self, value: Value, shape: Shape | None = None) -> int:
        """The value's tensor, in these sides or in those that it has as it lies."""
        wanted = value.laid if shape is None else shape
        if self.file.shape(value.tensor) == wanted:
            return value.tensor
        inputs = [value.tensor, self.sides(*wanted)]
        return self.file.operator("RESHAPE", inputs, wanted, newShape=list(wanted))

    def plain(self, value: Value) -> Value:
        """The value with its numbers in the order of ONNX."""
        if not value.is_last or _is_one_way(value.shape):
            return Value(value.tensor, value.shape)
        inputs = [self.tensor(value), self.sides(*FIRST)]
        return Value(self.file.operator("TRANSPOSE", inputs, value.shape), value.shape)

    def last(self, value: Value) -> Value:
        """The value of four sides with its channels last."""
        turned = Value(value.tensor, value.shape, is_last=True)
        if value.is_last or _is_one_way(value.shape):
            return turned
        inputs = [self.tensor(value), self.sides(*LAST)]
        made = self.file.operator("TRANSPOSE", inputs, turned.laid)
        return Value(made, value.shape, is_last=True)

    def elementwise(self, kind: str, value: Value) -> Value:
        """An operator that looks at one number at a time."""
        made = self.file.operator(kind, [value.tensor], self.file.shape(value.tensor))
        return Value(made, value.shape, value.is_last)

    def arranged(self, value: Value, order: Sequence[int]) -> Value:
        """The channels in another order: each is the one of this number.

        It is a convolution of ones and zeros, which every phone is quick at, and which changes no
        value; gathering is neither.
        """
        count = len(order)
        if list(order) == list(range(count)):
            return value
        weights = np.zeros((count, 1, 1, count), np.float32)
        weights[np.arange(count), 0, 0, list(order)] = 1
        return self.convolved(self.last(value), weights, np.zeros(count, np.float32))

    def convolved(self, value: Value, weights: Numbers, bias: Numbers) -> Value:
        """Each pixel by a matrix: weights [channels, 1, 1, channels that go in]."""
        shape = (value.shape[0], len(weights), *value.shape[2:])
        inputs = [self.tensor(value), self.file.constant(weights), self.file.constant(bias)]
        turned = Value(0, shape, is_last=True)
        made = self.file.operator("CONV_2D", inputs, turned.laid, padding=1, strideW=1, strideH=1)
        return Value(made, shape, is_last=True)

    def is_alone(self, name: str, kinds: Sequence[str]) -> bool:
        """Whether a node of these kinds gives the value, and one node takes it."""
        maker = self.net.makers.get(name)
        return maker is not None and maker.kind in kinds and self.net.uses[name] == 1

    def following(self, node: Node, kinds: Sequence[str]) -> Node | None:
        """The only node that takes what this one gives, if it is of these kinds."""
        taker = self.net.takers.get(node.output)
        if taker is None or self.net.uses[node.output] != 1 or taker.kind not in kinds:
            return None
        return taker if taker.input(0) == node.output else None


def _is_one_way(shape: Shape) -> bool:
    """Whether numbers of these four sides lie the same way in both orders."""
    return shape[1] == 1 or math.prod(shape[2:]) == 1
